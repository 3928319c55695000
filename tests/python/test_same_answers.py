"""The same inputs give the same tables: at any thread count, from any file form, on two engines."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from content_hash import content_hashes
from warehouse import PROJECT_DIR, build_warehouse

AS_OF = {"as_of_date": "2026-11-21"}
WARSAW = {**AS_OF, "timezone": "Europe/Warsaw"}
TABLES = ("contacts", "orders", "order_lines", "products", "events")
DUCKDB2_DIR = PROJECT_DIR / ".venv-duckdb2"
THREADS = {count: {"DUCKDB_THREADS": count, "DBT_THREADS": count} for count in ("1", "4")}

needs_duckdb2 = pytest.mark.skipif(
    not (DUCKDB2_DIR / "duckdb").is_dir(),
    reason="no second DuckDB version in .venv-duckdb2: run `make setup-duckdb2`",
)


def rewritten(source: Path, folder: Path, statement: str) -> Path:
    """Write every table anew by a COPY statement with places for {rows}, {file} and {table}."""
    folder.mkdir()
    with duckdb.connect() as connection:
        for table in TABLES:
            rows = f"read_parquet('{source / table}.parquet')"
            file = folder / table
            connection.execute(statement.format(rows=rows, file=file, table=table))
    return folder


def answers(raw_dir: Path, folder: Path, variables: dict[str, str], **env: str) -> dict[str, str]:
    """Build without the input checks and return the hash of each mart."""
    return content_hashes(build_warehouse(raw_dir, folder, variables, env=env, data_tests=False))


def answers_of_duckdb2(raw_dir: Path, folder: Path, variables: dict[str, str]) -> dict[str, str]:
    """Build and read under the second DuckDB version; 1.5 cannot open the working file."""
    path = os.pathsep.join(filter(None, [str(DUCKDB2_DIR), os.environ.get("PYTHONPATH")]))
    database = build_warehouse(
        raw_dir, folder, variables, env={"PYTHONPATH": path}, data_tests=False
    )
    script = Path(__file__).with_name("content_hash.py")
    result = subprocess.run(
        [sys.executable, str(script), str(database)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="session")
def expected(demo_build: Path) -> dict[str, str]:
    """Hash of each mart after `make build`."""
    hashes = content_hashes(demo_build / "warehouse.duckdb")
    assert "customers" in hashes and not any(" of " not in value for value in hashes.values())
    return hashes


def test_published_tables_equal_the_built_ones(demo_build: Path, expected: dict[str, str]) -> None:
    assert content_hashes(demo_build / "published.duckdb") == expected


def test_run_twice_and_plain_dbt(
    demo: Path, demo_build: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    """Plain `dbt build` over the tables of `make build` changes nothing in them."""
    shutil.copy(demo_build / "warehouse.duckdb", tmp_path)
    assert answers(demo, tmp_path, AS_OF) == expected


@pytest.mark.parametrize("count", THREADS)
def test_thread_counts(demo: Path, expected: dict[str, str], tmp_path: Path, count: str) -> None:
    assert answers(demo, tmp_path, AS_OF, **THREADS[count]) == expected


@needs_duckdb2
@pytest.mark.duckdb2
def test_second_duckdb_version(demo: Path, expected: dict[str, str], tmp_path: Path) -> None:
    assert answers_of_duckdb2(demo, tmp_path, AS_OF) == expected


def test_csv(demo: Path, expected: dict[str, str], tmp_path: Path) -> None:
    statement = "copy (from {rows}) to '{file}.csv' (header true)"
    raw_dir = rewritten(demo, tmp_path / "raw", statement)
    assert answers(raw_dir, tmp_path, AS_OF) == expected


def test_rows_in_another_order(demo: Path, expected: dict[str, str], tmp_path: Path) -> None:
    """Shuffled by a hash, so that the test is the same each time."""
    statement = (
        "copy (select * from {rows} as r order by hash('another order', cast(r as varchar)))"
        " to '{file}.parquet' (row_group_size 2048)"
    )
    raw_dir = rewritten(demo, tmp_path / "raw", statement)
    assert answers(raw_dir, tmp_path, AS_OF) == expected


def test_hive_partitions(demo: Path, expected: dict[str, str], tmp_path: Path) -> None:
    """Two levels of folders, the partition's column no column of the contract."""
    statement = (
        "copy (select *, coalesce(year(loaded_at), 0) as load_year, month(loaded_at) as load_month"
        " from {rows}) to '{file}' (format parquet, partition_by (load_year, load_month))"
    )
    raw_dir = rewritten(demo, tmp_path / "raw", statement)
    assert len(list((raw_dir / "orders").rglob("*.parquet"))) > 20
    assert answers(raw_dir, tmp_path, AS_OF) == expected


@needs_duckdb2
@pytest.mark.duckdb2
def test_local_days_of_another_time_zone(
    demo: Path, expected: dict[str, str], tmp_path: Path
) -> None:
    """Europe/Warsaw moves facts to other days, and the same ones on both engines and from CSV."""
    raw_dir = rewritten(demo, tmp_path / "raw", "copy (from {rows}) to '{file}.csv' (header true)")
    warsaw = answers(demo, tmp_path / "first", WARSAW, **THREADS["4"])
    assert warsaw["cohort_retention"] != expected["cohort_retention"]
    assert answers_of_duckdb2(raw_dir, tmp_path / "second", WARSAW) == warsaw
