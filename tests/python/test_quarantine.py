"""Every planted row of dirt is found with its reason, and no clean row is rejected."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from warehouse import build_warehouse, read

TABLES = {
    "contacts": "contact_id",
    "orders": "order_id",
    "order_lines": "order_line_id",
    "products": "product_id",
    "events": "event_id",
}
PERSONAL = ("email", "phone", "first_name", "last_name", "birth_date", "latitude", "longitude")
NO_REJECTION = ("identity_link", "accepted")
# Which of two equal rows is kept is no matter: their load times are left out of the comparison.
LOADED_AT = "case when {reason} <> 'exact_duplicate' then loaded_at end"


@pytest.fixture(scope="module")
def warehouse(demo_build: Path) -> Path:
    return demo_build / "warehouse.duckdb"


@pytest.fixture(scope="module")
def warehouse_in_clear(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Staging alone, with personal values as they were delivered."""
    variables = {"as_of_date": "2026-11-21", "expose_pii": True}
    folder = tmp_path_factory.mktemp("in_clear")
    return build_warehouse(
        demo, folder, variables, "models/staging exchange_rates rejection_reasons", data_tests=False
    )


def planted(demo: Path, columns: str, condition: str) -> list[tuple]:
    file = demo / "planted_dirt.parquet"
    return duckdb.sql(f"select {columns} from '{file}' where {condition}").fetchall()


def test_rejected_rows_are_the_planted_ones(demo: Path, warehouse: Path) -> None:
    """Same rows, same reasons, same number of times; so no clean row is among them."""
    expected = planted(
        demo,
        f"source, nullif(row_id, ''), reason_code, {LOADED_AT.format(reason='reason_code')}",
        f"reason_code not in {NO_REJECTION}",
    )
    columns = f"source, row_id, reason_codes, {LOADED_AT.format(reason='reason_codes')}"
    found = read(warehouse, f"select {columns} from marts.rejected_rows")
    assert Counter(found) - Counter(expected) == Counter(), "clean rows were rejected"
    assert Counter(expected) - Counter(found) == Counter(), "planted rows were not rejected"
    assert len({(source, reason) for source, _, reason, _ in expected}) >= 40


@pytest.mark.parametrize("table", TABLES)
def test_rejected_rows_keep_what_was_delivered(
    demo: Path, warehouse_in_clear: Path, table: str
) -> None:
    """Inside the warehouse the rejected row is the planted one, value for value."""
    is_unlike_duplicate = f"source = '{table}' and reason_code not in {NO_REJECTION}"
    is_unlike_duplicate += " and reason_code <> 'exact_duplicate'"
    expected = planted(demo, "raw_row", is_unlike_duplicate)
    sql = f"""
        select raw_row from marts_staging.base_{table}
        where reason_codes is not null and reason_codes <> 'exact_duplicate'
    """
    assert Counter(values(expected)) == Counter(values(read(warehouse_in_clear, sql)))


def values(rows: list[tuple]) -> list[tuple]:
    """Key and text of each value that is there, sorted by key, of rows of one JSON text.

    Zeros at the end of a fraction are dropped: JSON numbers do not have them, decimals do.
    """
    with duckdb.connect() as connection:
        connection.execute("create table texts as select unnest(?) as row", [[r[0] for r in rows]])
        query = """
            select list_sort(list_transform(json_keys(row), lambda key: [
                key, nullif(trim(json_extract_string(row, '$.' || key)), '')
            ])) from texts
        """
        found = connection.execute(query).fetchall()
    return [
        tuple((key, re.sub(r"^(-?\d+)\.(\d*?)0+$", r"\1.\2", text)) for key, text in row if text)
        for (row,) in found
    ]


@pytest.mark.parametrize(("table", "row_id"), TABLES.items())
def test_accepted_and_rejected_rows_add_up(
    demo: Path, warehouse: Path, table: str, row_id: str
) -> None:
    (raw,) = duckdb.sql(f"select count(*) from '{demo}/{table}.parquet'").fetchone()
    sql = f"""
        select
            (select count(*) from marts_staging.stg_{table}),
            (select count(distinct {row_id}) from marts_staging.stg_{table}),
            (select count(*) from marts.rejected_rows where source = '{table}')
    """
    [(accepted, distinct_ids, rejected)] = read(warehouse, sql)
    assert accepted + rejected == raw
    assert accepted == distinct_ids


@pytest.mark.parametrize("table", ["orders", "order_lines", "events"])
def test_late_arrivals_are_accepted(demo: Path, warehouse: Path, table: str) -> None:
    condition = f"source = '{table}' and reason_code = 'accepted'"
    late = {row_id for (row_id,) in planted(demo, "row_id", condition)}
    sql = f"select {TABLES[table]} from marts_staging.stg_{table}"
    assert late and late <= {row_id for (row_id,) in read(warehouse, sql)}


def test_people_known_under_several_ids_are_one_customer(demo: Path, warehouse: Path) -> None:
    """Each planted link is found, and nobody else is linked to anybody."""
    expected = dict(planted(demo, "contact_id, customer_id", "reason_code = 'identity_link'"))
    sql = "select contact_id, customer_id from marts_intermediate.int_identities__resolved"
    resolved = dict(read(warehouse, sql))
    absent = expected.keys() - resolved.keys()
    deleted = "select contact_id from marts_staging.stg_contacts where deleted_at is not null"
    assert absent <= {contact_id for (contact_id,) in read(warehouse, deleted)}
    assert {key: resolved[key] for key in expected.keys() - absent} == {
        key: customer_id for key, customer_id in expected.items() if key not in absent
    }
    alone = {key: customer_id for key, customer_id in resolved.items() if key not in expected}
    assert all(key == customer_id for key, customer_id in alone.items())


def test_rejected_rows_hold_no_personal_value_in_clear(demo: Path, demo_build: Path) -> None:
    columns = ", ".join(f"cast({name} as varchar)" for name in (*PERSONAL, "attributes"))
    contacts = duckdb.sql(f"select {columns} from '{demo}/contacts.parquet'").fetchall()
    personal = {value.strip() for row in contacts for value in row if value and value.strip()}
    assert len(personal) > 5_000
    published = demo_build / "published.duckdb"
    rows = read(published, "select raw_row from marts.rejected_rows where source = 'contacts'")
    shown = {text for row in values(rows) for key, text in row}
    assert len(rows) == 31 and not shown & personal
    # Contact details could stand inside other values too.
    everything = "\n".join(
        text for (text,) in read(published, "select raw_row from marts.rejected_rows")
    )
    for value in personal:
        if "@" in value or value.startswith("+"):
            assert value not in everything, value
