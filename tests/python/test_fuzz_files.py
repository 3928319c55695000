"""Files that a broken export leaves: each is read to its last row, or refused by name.

FUZZ_FILES (default 20) files with FUZZ_SEED (default 1), the kinds of fuzz_files.py in turn; and
FUZZ_BUILDS (default none) builds, each of five files that the checks let pass.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

import fuzz_files
from fuzz_rows import CATALOGUE
from quick_checks import quick_checks
from test_input_checks import AS_OF, CONTACTS, PRODUCTS, write_batch
from warehouse import read, run_build

FILES = int(os.environ.get("FUZZ_FILES", "20"))
BUILDS = int(os.environ.get("FUZZ_BUILDS", "0"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
TABLES = ("contacts", "orders", "order_lines", "products", "events")
# Commas, quotes, line breaks and letters beyond ASCII, which CSV must carry.
NAME = "case i % 3 when 0 then 'Żółć, \"Ania\" ' || i when 1 then 'Jan' || chr(10) || i end"
BATCH = {
    "contacts": CONTACTS.replace("'PL' as", f"{NAME} as first_name, 'PL' as"),
    "products": PRODUCTS.replace("'bags' as", f"{NAME} as product_name, 'bags' as"),
}
PERSONAL = ("@example.com", "Ania", "Jan")


def cases() -> list[tuple[int, str, str, str]]:
    chance = random.Random(SEED)
    kinds = chance.sample(fuzz_files.KINDS, len(fuzz_files.KINDS))
    return [
        (SEED * 1000 + number, chance.choice(TABLES), *kinds[number % len(kinds)])
        for number in range(FILES)
    ]


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Any]]:
    with quick_checks(tmp_path_factory.mktemp("parsed")) as run:
        yield run


@pytest.mark.parametrize(("seed", "table", "form", "kind"), cases())
def test_file_is_read_to_its_last_row_or_refused_by_name(
    tmp_path: Path, check: Callable[..., Any], seed: int, table: str, form: str, kind: str
) -> None:
    raw = write_batch(tmp_path / "raw", **BATCH)
    fuzz_files.spoil(raw, table, form, kind, seed)
    result = check(raw, tmp_path / "warehouse", AS_OF)
    refusals = [f"{found.source}: {found.message}" for found in result.critical_failures]
    log(f"{seed} {table} {form} {kind}: {'; '.join(refusals) or 'accepted'}")
    for refusal in refusals:
        assert "\n" not in refusal
        assert len(refusal) < 700
        assert any(name in refusal.lower() for name in TABLES)
        assert not any(value in refusal for value in PERSONAL)
    if not refusals:
        history = tmp_path / "warehouse" / "input_checks" / "batch_profiles.parquet"
        (counted,) = duckdb.execute(
            "select value from read_parquet($1) where source = $2 and measure = 'row_count'",
            [str(history), table],
        ).fetchone()
        assert counted == fuzz_files.rows_in(raw, table)


@pytest.mark.slow
@pytest.mark.skipif(not BUILDS, reason="FUZZ_BUILDS=n builds n batches of odd files")
@pytest.mark.parametrize("turn", range(max(1, BUILDS)))
def test_odd_files_that_pass_are_built_row_for_row(
    tmp_path: Path, check: Callable[..., Any], turn: int
) -> None:
    chance = random.Random(SEED * 100 + turn)
    raw = write_batch(tmp_path / "raw", **BATCH)
    kinds = {table: spoil_until_it_passes(raw, table, check, chance) for table in TABLES}
    log(f"build {turn}: {kinds}")
    (tmp_path / "segments.yml").write_text(CATALOGUE)
    settings = {"AS_OF": AS_OF, "SEGMENTS": str(tmp_path / "segments.yml")}
    result = run_build(raw, tmp_path / "warehouse", settings)
    said = f"{kinds}\n{result.stdout[-3000:]}{result.stderr}"
    assert result.returncode == 0, said
    assert "Traceback" not in said
    database = tmp_path / "warehouse" / "warehouse.duckdb"
    rejected = dict(read(database, "select source, count(*) from marts.rejected_rows group by 1"))
    accounted = {
        table: read(database, f"select count(*) from marts_staging.stg_{table}")[0][0]
        + rejected.get(table, 0)
        for table in TABLES
    }
    # A table without rows may be absent, for Python too.
    assert accounted == {table: fuzz_files.rows_in(raw, table) for table in TABLES}, kinds


def spoil_until_it_passes(
    raw: Path, table: str, check: Callable[..., Any], chance: random.Random
) -> str:
    """Spoil a table in some way that the checks let pass, and return which."""
    while True:
        form, kind = chance.choice(fuzz_files.KINDS)
        attempt = raw.with_name("attempt")
        shutil.rmtree(attempt, ignore_errors=True)
        shutil.copytree(raw, attempt, symlinks=True)
        fuzz_files.spoil(attempt, table, form, kind, chance.randrange(1_000_000))
        warehouse = raw.with_name("attempted")
        shutil.rmtree(warehouse, ignore_errors=True)
        if not check(attempt, warehouse, AS_OF).critical_failures:
            shutil.rmtree(raw)
            attempt.rename(raw)
            return kind


def log(line: str) -> None:
    """Append to the file that FUZZ_LOG names, for a person to read."""
    if os.environ.get("FUZZ_LOG"):
        with Path(os.environ["FUZZ_LOG"]).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
