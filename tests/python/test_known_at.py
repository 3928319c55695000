"""KNOWN_AT: a build knows the rows loaded by a moment, and answers as if the files ended there."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from content_hash import content_hashes
from raw_shop import AS_OF, CSV, write_shop
from warehouse import build_warehouse, read, run_build, run_dbt

TABLES = ("contacts", "orders", "order_lines", "products", "events")
MOMENT = "2026-09-15 12:00:00"
# When the rows of the raw shop were loaded, by id; a row that is not named was loaded before all.
LOADED = {
    "contacts": {"2": "2026-02-20 03:00:00", "3": "2026-02-28 03:00:01"},
    "orders": {"10": None, "11": "soon", "12": "2026-02-28T05:00:00+02:00", "13": "2026-03-02"},
    "order_lines": {"101": "2026-02-28 03:00:00.5", "102": None},
    "products": {"8": "2026-02-28 03:00:00"},
    "events": {"201": "2026-03-01 00:00:00"},
}
KNOWN_AT = "2026-02-28T03:00:00Z"
KNOWN = {
    "contacts": [("1", None), ("2", None)],
    # A broken loaded_at is there, with the reason against it.
    "orders": [("10", None), ("11", "unparsable_time"), ("12", None)],
    "order_lines": [("100", None), ("102", "unknown_order")],
    "products": [("7", None), ("8", None)],
    "events": [("200", None)],
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Raw shop as CSV in which every table has a loaded_at; contact 2 was corrected later."""
    changed = {}
    for table, loaded in LOADED.items():
        row_id = f"{table.removesuffix('s')}_id"
        times = " ".join(
            f"when '{key}' then {'null' if time is None else repr(time)}"
            for key, time in loaded.items()
        )
        case = f"case {row_id} {times} else '2026-02-28 02:00:00' end as loaded_at"
        changed[table] = f"select *, {case} from ({{rows}})"
    changed["contacts"] += (
        " union all select * replace ('later@example.com' as email), '2026-03-01 00:00:00'"
        " from ({rows}) where contact_id = '2'"
    )
    return write_shop(tmp_path_factory.mktemp("known") / "raw", CSV, changed)


def test_build_of_what_was_known_equals_a_build_of_files_cut_there(
    demo: Path, demo_build: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut"
    cut.mkdir()
    later = 0
    with duckdb.connect() as connection:
        for table in TABLES:
            rows = f"read_parquet('{demo / table}.parquet')"
            known = f"loaded_at is null or loaded_at <= timestamp '{MOMENT}'"
            connection.execute(
                f"copy (from {rows} where {known}) to '{cut / table}.parquet' (format parquet)"
            )
            later += connection.execute(
                f"select count(*) from {rows} where not ({known})"
            ).fetchone()[0]
    assert later > 1000
    variables = {"as_of_date": "2026-11-21"}
    expected = content_hashes(build_warehouse(cut, tmp_path / "a", variables, data_tests=False))
    # Over the tables of a build that knew every row: nothing of it may be left.
    (tmp_path / "b").mkdir()
    shutil.copy(demo_build / "warehouse.duckdb", tmp_path / "b")
    variables["known_at"] = f"{MOMENT}Z"
    found = build_warehouse(demo, tmp_path / "b", variables, data_tests=False)
    hashes = content_hashes(found)
    assert hashes == expected
    before = content_hashes(demo_build / "warehouse.duckdb")
    for mart in ("customers", "rejected_rows", "rfm_scores", "segment_memberships"):
        assert hashes[mart] != before[mart]


def typed_rows(database: Path, table: str) -> list[tuple[str, str | None]]:
    row_id = f"{table.removesuffix('s')}_id"
    return read(
        database,
        f"select {row_id}, reason_codes from marts_staging.base_{table}__typed order by 1",
    )


def test_rows_of_each_table_by_the_moment_they_were_loaded(shop: Path, tmp_path: Path) -> None:
    """At the very moment counts; no loaded_at was always there; an offset is turned into UTC."""
    env = {"AS_OF": AS_OF, "KNOWN_AT": KNOWN_AT}
    result = run_build(shop, tmp_path, env)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"as of {AS_OF} (UTC), rows loaded by {KNOWN_AT}, input" in result.stdout
    database = tmp_path / "warehouse.duckdb"
    assert {table: typed_rows(database, table) for table in TABLES} == KNOWN
    rejected = "select row_id from marts.rejected_rows order by row_id"
    assert read(database, rejected) == [("102",), ("11",)]
    email = "select email from marts_intermediate.int_customers__merged where customer_id = '2'"
    assert read(database, email) == [("jan@example.com",)]
    # The input checks judge the files as delivered.
    profiles = tmp_path / "input_checks" / "profiles.duckdb"
    with duckdb.connect(str(profiles), read_only=True) as connection:
        (rows,) = connection.execute("select row_count from contacts").fetchone()
    assert rows == 4


@pytest.mark.parametrize(
    "moment",
    ["2026-02-28T04:00:00+01:00", "2026-02-28 03:00", "2026-02-27T22:00:00.000000-05:00"],
)
def test_ways_to_write_the_moment(shop: Path, tmp_path: Path, moment: str) -> None:
    """With another offset, without seconds, with microseconds; here by dbt's own vars."""
    selection = [f"+stg_{table}" for table in TABLES]
    arguments = ["build", "--exclude-resource-type", "unit_test", "test", "--select", *selection]
    variables = {"as_of_date": AS_OF, "known_at": moment}
    done = run_dbt(*arguments, raw_dir=shop, warehouse_dir=tmp_path, variables=variables)
    assert done.returncode == 0, done.stdout
    found = {table: typed_rows(tmp_path / "warehouse.duckdb", table) for table in TABLES}
    assert found == KNOWN


def test_moment_before_everything(shop: Path, tmp_path: Path) -> None:
    """Rows without a time alone: an empty shop, not a failure."""
    result = run_build(shop, tmp_path, {"AS_OF": AS_OF, "KNOWN_AT": "2020-01-01T00:00:00Z"})
    assert result.returncode == 0, result.stdout + result.stderr
    assert read(tmp_path / "published.duckdb", "select count(*) from marts.customers") == [(0,)]


WRONG = [
    "2026-03-01", "yesterday", "2026-02-30T04:00:00Z", "2026-03-01T25:00:00Z", "2026-W05-1T04:00",
    "2026-03-01T04:00:00 CET", "2026-03-01T04", "2026-03-01T04:00:00+99:00", "１２３４-03-01T04:00",
]  # fmt: skip


@pytest.mark.parametrize("moment", WRONG)
def test_what_is_no_moment(shop: Path, tmp_path: Path, moment: str) -> None:
    for env, name in (
        ({"KNOWN_AT": moment}, "KNOWN_AT"),
        ({"VARS": f"{{known_at: '{moment}'}}"}, "VARS known_at"),
    ):
        result = run_build(shop, tmp_path, env)
        assert result.returncode == 2
        assert result.stderr == (
            f"failed: {name}: '{moment}' is not a moment; write YYYY-MM-DDTHH:MM:SSZ in UTC.\n"
        )


@pytest.mark.parametrize("moment", ["2026-03-01", "2026-03-01T04:00:00+99:00", "1026-03-01T04:00"])
def test_what_is_no_moment_to_dbt(shop: Path, tmp_path: Path, moment: str) -> None:
    """The macro checks it too, for who calls dbt alone."""
    arguments = ["run-operation", "check_configuration", "--target", "lint"]
    done = run_dbt(*arguments, raw_dir=shop, warehouse_dir=tmp_path, variables={"known_at": moment})
    assert done.returncode != 0
    assert f"known_at: '{moment}' is not a moment; write YYYY-MM-DDTHH:MM:SSZ" in done.stdout
