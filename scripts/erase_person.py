"""Find everything by which a person who is to be erased is known.

A person is a customer: all contacts that are one by their e-mails and phones go together. The
values are needed twice, to remember their hashes and to search for what was overlooked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from duckdb_access import connect, sql_text

# Shorter texts stand in rows of others by chance: such ids are looked for in columns of ids alone.
SHORTEST = 6
RAW_TABLES = ("contacts", "orders", "order_lines", "events")


@dataclass
class Person:
    """Who is erased: ids by kind (person, order, order_line, event), and values to search for."""

    ids: dict[str, set[str]] = field(default_factory=dict)
    emails: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def add(self, other: Person) -> None:
        """Take over what is known of another person."""
        for kind, ids in other.ids.items():
            self.ids.setdefault(kind, set()).update(ids)
        self.emails |= other.emails
        self.phones |= other.phones
        self.texts |= other.texts

    def identifiers(self) -> list[tuple[str, str]]:
        """Return kind and normalised value of what the register remembers."""
        kinds = {"contact": self.ids["person"], "email": self.emails, "phone": self.phones}
        return [(kind, value) for kind, values in kinds.items() for value in sorted(values)]


def find(warehouse_dir: Path, asked: Iterable[str], raw_dir: Path) -> Person:
    """Find a person in the warehouse, and how the raw files spell it.

    Args:
        warehouse_dir: folder of warehouse.duckdb; without that file only the ids are known.
        asked: contact ids.
        raw_dir: folder of the raw files.

    Raises:
        duckdb.Error: the warehouse cannot be read.
    """
    person = Person({"person": set(asked), "order": set(), "order_line": set(), "event": set()})
    warehouse = warehouse_dir / "warehouse.duckdb"
    with connect(folders=[warehouse_dir, raw_dir]) as connection:
        if warehouse.exists():
            connection.execute(f"attach {sql_text(warehouse)} as warehouse (read_only)")
            _whole_customer(connection, person)
            _documents(connection, person)
            _values(connection, person)
        _raw_values(connection, person, raw_dir)
    person.texts = {text for text in person.texts if len(text) >= SHORTEST}
    return person


def raw_rows(raw_dir: Path, person: Person) -> dict[str, int]:
    """Return how many rows of a person each raw file still holds; the files are their owner's."""
    found: dict[str, int] = {}
    with connect(folders=[raw_dir]) as connection:
        list_ids(connection, person)
        for table in RAW_TABLES:
            key, kind = (
                ("order_id", "order") if table == "order_lines" else ("contact_id", "person")
            )
            for scan in _raw_scans(raw_dir, table):
                try:
                    rows = connection.execute(
                        f"select filename, count(*) from {scan} where {_trimmed(key)} in"
                        f" (select id from ids where kind = '{kind}') group by filename"
                    ).fetchall()
                except duckdb.Error:
                    continue
                for name, count in rows:
                    relative = str(Path(name).relative_to(raw_dir))
                    found[relative] = found.get(relative, 0) + count
    return dict(sorted(found.items()))


def _whole_customer(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Add the customer's other contacts: those of today, and deleted ones by e-mail or phone."""
    list_ids(connection, person)
    person.ids["person"] |= _texts(
        connection,
        """
        with identities as (
            select contact_id, customer_id
            from warehouse.marts_intermediate.int_identities__resolved
        )
        select contact_id from identities where customer_id in (
            select customer_id from identities
            where contact_id in (from chosen) or customer_id in (from chosen)
        )
        """,
        "int_identities__resolved",
    )
    list_ids(connection, person)
    person.ids["person"] |= _texts(
        connection,
        """
        with contacts as (
            select contact_id, email, phone from warehouse.marts_staging.base_contacts__typed
        ),
        mine as (select * from contacts where contact_id in (from chosen))
        select contact_id
        from contacts
        where
            contact_id not in (
                select contact_id from warehouse.marts_intermediate.int_identities__resolved
            )
            and (email in (select email from mine) or phone in (select phone from mine))
        """,
        "base_contacts__typed",
    )
    list_ids(connection, person)


def _documents(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Add the ids of orders, lines and events; an order that somebody else has too is not meant."""
    person.ids["order"] |= _texts(
        connection,
        "select order_id from warehouse.marts_staging.base_orders__typed where order_id is not null"
        " group by order_id having bool_and(coalesce(contact_id in (from chosen), false))",
        "base_orders__typed",
    )
    list_ids(connection, person)
    person.ids["order_line"] |= _texts(
        connection,
        "select order_line_id from warehouse.marts_staging.base_order_lines__typed"
        " where order_line_id is not null group by order_line_id having"
        " bool_and(coalesce(order_id in (select id from ids where kind = 'order'), false))",
        "base_order_lines__typed",
    )
    person.ids["event"] |= _texts(
        connection,
        "select event_id from warehouse.marts_staging.base_events__typed where event_id is not null"
        " group by event_id having bool_and(coalesce(contact_id in (from chosen), false))",
        "base_events__typed",
    )
    list_ids(connection, person)


def _values(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Add e-mails and phones, and texts that nobody else's row has."""
    for column, values in (("email", person.emails), ("phone", person.phones)):
        values |= _own_values(connection, column)
    person.texts |= person.emails | person.phones | _telling_ids(connection, person)
    person.texts |= {text for text in _own_values(connection, "attributes") if len(text) > 40}


def _telling_ids(connection: duckdb.DuckDBPyConnection, person: Person) -> set[str]:
    """Contact ids that stand for nothing else: not digits alone, and in no other contact's id."""
    ids = {one for one in person.ids["person"] if not one.isdecimal()}
    taken = _texts(
        connection,
        """
        with others as (
            select distinct contact_id
            from warehouse.marts_staging.base_contacts__typed
            where contact_id not in (from chosen)
        ),
        short as (
            select id from chosen where length(id) < (select max(length(contact_id)) from others)
        )
        select short.id from short inner join others on contains(others.contact_id, short.id)
        """,
        "base_contacts__typed",
    )
    return ids - taken


def _own_values(connection: duckdb.DuckDBPyConnection, column: str) -> set[str]:
    """Values of a column of contacts, now and before, that only rows of the person have."""
    rows = " union all ".join(
        f"select contact_id, {column} as value from warehouse.{table}"
        for table in (
            "marts_staging.base_contacts__typed",
            "marts_intermediate.int_contact_versions__recorded",
        )
        if _exists(connection, table)
    )
    if not rows:
        return set()
    return _texts(
        connection,
        f"with known as ({rows}), others as (select value from known"
        " where contact_id is null or contact_id not in (from chosen))"
        " select value from known where contact_id in (from chosen)"
        " and value not in (select value from others where value is not null)",
        "base_contacts__typed",
    )


def _raw_values(connection: duckdb.DuckDBPyConnection, person: Person, raw_dir: Path) -> None:
    """Add e-mails and phones as the files spell them, where nobody else's row does."""
    list_ids(connection, person)
    for scan in _raw_scans(raw_dir, "contacts"):
        for column in ("email", "phone"):
            try:
                person.texts |= _texts(
                    connection,
                    f"with known as (select {_trimmed('contact_id')} as contact_id,"
                    f" {_trimmed(column)} as value from {scan}), others as (select value from known"
                    " where contact_id is null or contact_id not in (from chosen))"
                    " select value from known where contact_id in (from chosen)"
                    " and value not in (select value from others where value is not null)",
                )
            except duckdb.Error:
                # No such column, or a file that cannot be read: the owner's, and told by the build.
                continue


def _raw_scans(raw_dir: Path, table: str) -> list[str]:
    """SQL of the files of a raw table, with column filename."""
    scans = []
    for pattern, reader in (
        (f"{table}.parquet", "read_parquet({}, filename = true)"),
        (f"{table}/**/*.parquet", "read_parquet({}, filename = true, union_by_name = true)"),
        (f"{table}.csv", "read_csv({}, filename = true, header = true, all_varchar = true)"),
    ):
        if next(raw_dir.glob(pattern), None):
            scans.append(reader.format(sql_text(raw_dir / pattern)))
    return scans


def _trimmed(column: str) -> str:
    return f"nullif(trim(cast({column} as varchar)), '')"


def list_ids(connection: duckdb.DuckDBPyConnection, person: Person) -> None:
    """Make table ids (kind, id) and view chosen of the contact ids."""
    connection.execute("create or replace table ids (kind varchar, id varchar)")
    rows = [(kind, one) for kind, ids in person.ids.items() for one in ids]
    for start in range(0, len(rows), 1000):
        part = rows[start : start + 1000]
        marks = ", ".join(["(?, ?)"] * len(part))
        connection.execute(
            f"insert into ids values {marks}", [value for row in part for value in row]
        )
    connection.execute("create or replace view chosen as select id from ids where kind = 'person'")


def _texts(
    connection: duckdb.DuckDBPyConnection, query: str, needed: str | None = None
) -> set[str]:
    """First column of a query without NULL; nothing where a table that it needs is not there."""
    try:
        return {str(row[0]) for row in connection.execute(query).fetchall() if row[0] is not None}
    except duckdb.CatalogException:
        if needed:
            return set()
        raise


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    schema, name = table.split(".")
    return bool(
        connection.execute(
            "select 1 from duckdb_tables() where database_name = 'warehouse'"
            " and schema_name = ? and table_name = ?",
            [schema, name],
        ).fetchall()
    )
