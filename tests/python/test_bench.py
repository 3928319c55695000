"""The benchmark's SQL written by hand gives the project's end tables, row for row."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from warehouse import PROJECT_DIR

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

from bench import SIZES, provide_data  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Folder and process of a benchmark of 1,000 customers."""
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run(
        [sys.executable, "scripts/bench.py", "XS", "--data", str(folder)],
        cwd=PROJECT_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return folder, done


def measure(what: str, folder: Path) -> dict:
    """Take one measurement of the benchmark in a folder."""
    script = str(PROJECT_DIR / "scripts" / "bench_measure.py")
    done = subprocess.run(
        [sys.executable, script, what, str(folder / "XS"), str(folder / "XS_warehouse")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_the_tables_written_by_hand_equal_the_projects(bench):
    _, done = bench
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "same tables: yes" in done.stdout


def test_both_yardsticks_the_ratio_and_the_memory_are_printed(bench):
    _, done = bench
    for words in (
        "the project (dbt build, without tests)",
        "yardstick: SQL by hand, same end tables",
        "yardstick: raw scan, every column once",
        "peak memory GB",
        "dbt itself: start-up and parsing",
        "goal: at most 2 times the yardstick's CPU",
    ):
        assert words in done.stdout, done.stdout


def test_a_changed_row_and_a_missing_column_are_found(bench):
    folder, _ = bench
    database = folder / "XS_warehouse" / "yardstick" / "by_hand.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute("update value_tiers set value_tier = 'Z' where value_decile = 1")
        connection.execute("alter table customers drop column region")
    try:
        differences = measure("compare", folder)["differences"]
    finally:
        measure("yardstick", folder)
    assert set(differences) == {"value_tiers", "customers"}
    assert differences["customers"] == "columns region"
    assert "only in the project" in differences["value_tiers"]
    assert measure("compare", folder)["differences"] == {}


def test_data_are_generated_once(bench):
    folder, _ = bench
    made = {path.name: path.stat().st_mtime_ns for path in (folder / "XS").iterdir()}
    provide_data(SIZES["XS"], folder / "XS", Console(quiet=True))
    assert {path.name: path.stat().st_mtime_ns for path in (folder / "XS").iterdir()} == made


def test_an_unknown_size_is_refused():
    done = subprocess.run(
        [sys.executable, "scripts/bench.py", "XXL"],
        cwd=PROJECT_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "'XXL'" in done.stderr
