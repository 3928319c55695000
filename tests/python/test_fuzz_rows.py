"""Rows that no source should send: each is accepted or set aside with a reason, none is lost.

FUZZ_ROWS (default 600) mutated rows, FUZZ_SEED (default 1); a build takes up to 2,500 of them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz_rows import CATALOGUE, write_fuzzed
from warehouse import PROJECT_DIR, read, run_build

ROWS = int(os.environ.get("FUZZ_ROWS", "600"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
ROWS_OF_A_BUILD = 2500
ROUNDS = -(-ROWS // ROWS_OF_A_BUILD)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    script = PROJECT_DIR / "scripts" / "demo_data.py"
    options = ["--customers", "150", "--end", "2026-11-20", "--output", str(folder)]
    subprocess.run([sys.executable, str(script), *options], check=True, capture_output=True)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(ROUNDS))
def test_every_row_is_accepted_or_set_aside(source: Path, tmp_path: Path, turn: int) -> None:
    number = min(ROWS_OF_A_BUILD, ROWS - turn * ROWS_OF_A_BUILD)
    delivered = write_fuzzed(source, tmp_path / "raw", number, SEED + turn)
    (tmp_path / "segments.yml").write_text(CATALOGUE)
    settings = {"AS_OF": "2026-11-21", "SEGMENTS": str(tmp_path / "segments.yml")}
    result = run_build(tmp_path / "raw", tmp_path / "warehouse", settings)
    said = result.stdout[-3000:] + result.stderr
    assert "Traceback" not in said
    assert result.returncode == 0, said
    database = tmp_path / "warehouse" / "warehouse.duckdb"
    accepted = {
        table: read(database, f"select count(*) from marts_staging.stg_{table}")[0][0]
        for table in delivered
    }
    rejected = dict(read(database, "select source, count(*) from marts.rejected_rows group by 1"))
    accounted = {table: accepted[table] + rejected.get(table, 0) for table in delivered}
    assert accounted == delivered
    # Mutations spoil something: without any rejection this would test nothing.
    assert min(rejected.get(table, 0) for table in delivered) > 0
    assert read(
        database, "select count(*) from marts.rejected_rows where reason_codes is null"
    ) == [(0,)]
