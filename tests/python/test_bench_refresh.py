"""The benchmark of the refresh: its day of rows is what it claims, its output is true."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from warehouse import PROJECT_DIR

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import bench_refresh  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Folder and process of a benchmark of 1,000 customers."""
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run(
        [sys.executable, "scripts/bench.py", "refresh-XS", "--data", str(folder)],
        cwd=PROJECT_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return folder / "refresh-XS", done


def test_the_refreshed_tables_equal_the_rebuilt_ones(bench):
    """With the whole catalogue and what was recorded on both days."""
    _, done = bench
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "same tables: yes" in done.stdout


def test_costs_and_the_goal_are_printed(bench):
    _, done = bench
    for words in (
        "full build, as of 2026-11-21",
        "refresh, as of 2026-11-22",
        "full build, as of 2026-11-22",
        "data tests after the refresh",
        "start-up",
        "goal: a refresh in at most 10% of the full build's SQL CPU",
    ):
        assert words in done.stdout, done.stdout


def test_a_day_of_rows(bench):
    """Most of them of the day, a few late ones, corrected, repeated and deleted ones."""
    raw_dir = bench[0] / "raw"
    with duckdb.connect() as connection:

        def one(query: str) -> tuple:
            return connection.execute(query).fetchone()

        day = f"'{raw_dir}/events/2026-11-21.parquet'"
        new, of_the_day = one(
            "select count(*), count(*) filter (where occurred_at >= '2026-11-21')"
            f" from {day} where event_id like 'n%'"
        )
        (others,) = one(
            f"select count(*) from '{raw_dir}/events/*.parquet'"
            f" where not ends_with(filename, '/2026-11-21.parquet')"
        )
        deleted = 2
        assert new == round((others + deleted) * bench_refresh.NEW_SHARE)
        assert 0.9 * new <= of_the_day < new
        again, corrected = one(
            "select count(*), count(*) filter (where campaign_id = 'corrected')"
            f" from {day} where event_id not like 'n%'"
        )
        assert (again, corrected) == (4, 2)
        orphans = one(
            f"select count(*) from '{raw_dir}/order_lines/2026-11-21.parquet' where order_id not in"
            f" (select order_id from '{raw_dir}/orders/2026-11-21.parquet')"
        )
        assert orphans == (0,)


def test_a_changed_row_is_found(bench):
    folder, _ = bench
    refreshed, rebuilt = folder / "refreshed", folder / "rebuilt"
    assert bench_refresh.differences(refreshed, rebuilt) == {}
    with duckdb.connect(str(refreshed / "warehouse.duckdb")) as connection:
        connection.execute("update marts.value_tiers set value_tier = 'Z' where value_decile = 1")
    assert set(bench_refresh.differences(refreshed, rebuilt)) == {"value_tiers"}
