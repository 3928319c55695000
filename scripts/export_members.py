"""Who of a segment may be told by a channel, and what changed since it was told last.

The members are those of the published tables, which a refresh has approved; addresses, consents and
refusals are the newest that the warehouse knows (model int_customer_channels__permitted).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from duckdb_access import connect, sql_text
from erase_register import REGISTER

# What each channel needs of a person, and no more: columns and the SQL that gives them.
IDENTIFIERS = {
    "email": {"email": "permitted.address"},
    "sms": {"phone": "permitted.address"},
    "push": {"contact_ids": "contacts.contact_ids"},
    "ads": {
        "email_sha256": "sha256(customers.email)",
        "phone_sha256": "case when customers.phone like '+%' then sha256(customers.phone) end",
    },
}
KINDS = ("all", "entered", "exited")


@dataclass(frozen=True)
class Segment:
    """A published segment."""

    name: str
    label: str
    rule_hash: str
    as_of_date: str
    run_id: str | None


@contextmanager
def opened(warehouse_dir: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the published tables and the warehouse, both read-only, as `published` and `warehouse`.

    Raises:
        duckdb.Error: a file is not there, or cannot be read.
    """
    with connect(folders=[warehouse_dir]) as connection:
        for name in ("published", "warehouse"):
            path = sql_text(warehouse_dir / f"{name}.duckdb")
            connection.execute(f"attach {path} as {name} (read_only)")
        yield connection


def segment_names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the names of the published segments."""
    rows = connection.execute("select segment from published.marts.segments order by 1").fetchall()
    return [name for (name,) in rows]


def published_segment(connection: duckdb.DuckDBPyConnection, name: str) -> Segment:
    """Return what is published of a segment that there is."""
    label, rule_hash = connection.execute(
        "select label, rule_hash from published.marts.segments where segment = ?", [name]
    ).fetchone()
    (as_of_date,) = connection.execute(
        "select max(as_of_date) from published.marts.customers"
    ).fetchone()
    try:
        (run_id,) = connection.execute(
            "select max(run_id) from published.marts.published_version"
        ).fetchone()
    except duckdb.CatalogException:
        run_id = None
    return Segment(name, label, rule_hash, str(as_of_date), run_id)


def judge_members(
    connection: duckdb.DuckDBPyConnection, warehouse_dir: Path, segment: str, channel: str
) -> None:
    """Make table `judged`: one row per member, what identifies it, and why it is left out or NULL.

    Raises:
        duckdb.Error: the last build did not finish.
    """
    identifiers = ", ".join(f"{sql} as {name}" for name, sql in IDENTIFIERS[channel].items())
    connection.execute(
        f"""
        create table judged as
        with members as (
            select customer_id, in_holdout
            from published.marts.segment_memberships
            where segment = $segment
        ),
        permitted as (
            select *
            from warehouse.marts_intermediate.int_customer_channels__permitted
            where channel = $channel
        ),
        contacts as (
            select
                identities.customer_id,
                string_agg(contact_id, ' ' order by contact_id) as contact_ids,
                bool_or({_is_erased(warehouse_dir, "contact_id")}) as is_erased
            from warehouse.marts_intermediate.int_identities__resolved as identities
            inner join members using (customer_id)
            group by identities.customer_id
        ),
        reasoned as (
            select
                members.customer_id,
                {identifiers},
                permitted.address,
                case
                    when contacts.is_erased then 'erased'
                    when permitted.customer_id is null then 'unknown'
                    when permitted.refusal in ('deleted', 'do_not_contact') then permitted.refusal
                    when members.in_holdout then 'holdout'
                    else permitted.refusal
                end as reason
            from members
            left join permitted using (customer_id)
            left join contacts using (customer_id)
            left join warehouse.marts_intermediate.int_customers__enriched as customers
                using (customer_id)
        )
        select
            * exclude (address, reason),
            case
                when reason is null and address is not null and row_number() over (
                    partition by address, reason is null order by customer_id
                ) > 1 then 'same_address'
                else reason
            end as reason
        from reasoned
        """,
        {"segment": segment, "channel": channel},
    )


def choose_members(
    connection: duckdb.DuckDBPyConnection, channel: str, kind: str, former: Path | None
) -> None:
    """Make tables `chosen`, the rows to export, and `told`, what the channel knows with them.

    Args:
        connection: connection with table judged.
        channel: channel of the export.
        kind: all, entered or exited.
        former: Parquet file of what the channel knew before; None for nothing.
    """
    columns = ", ".join(["customer_id", *IDENTIFIERS[channel]])
    source = f"read_parquet({sql_text(former)})" if former else "judged where false"
    connection.execute(f"create table former as select {columns} from {source}")
    connection.execute(
        f"""
        create view present as select {columns} from judged where reason is null;
        create table entered as (from present except from former);
        create table exited as (from former except from present);
        """
    )
    source, told = {
        "all": ("present", "from present"),
        "entered": ("entered", "from former union from entered"),
        "exited": ("exited", "from former except from exited"),
    }[kind]
    change = "member" if kind == "all" else kind
    connection.execute(
        f"create table chosen as select {columns}, '{change}' as change from {source}"
        f" order by {columns}; create table told as select * from ({told}) order by {columns}"
    )


def counts(connection: duckdb.DuckDBPyConnection) -> tuple[int, dict[str, int], dict[str, int]]:
    """Return members, members left out by reason, and rows of chosen, entered and exited."""
    reasons = dict(
        connection.execute(
            "select reason, count(*) from judged where reason is not null group by 1 order by 1"
        ).fetchall()
    )
    (members,) = connection.execute("select count(*) from judged").fetchone()
    sizes = {
        table: connection.execute(f"select count(*) from {table}").fetchone()[0]
        for table in ("chosen", "entered", "exited")
    }
    return members, reasons, sizes


def _is_erased(warehouse_dir: Path, column: str) -> str:
    """SQL of whether a contact was erased, for the time between an erasure and the next refresh."""
    register = warehouse_dir / REGISTER
    if not register.exists():
        return "false"
    source = f"read_parquet({sql_text(register)})"
    return (
        f"sha256((select max(salt) from {source}) || ':contact:' || {column})"
        f" in (select key_hash from {source} where kind = 'contact')"
    )
