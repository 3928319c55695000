"""The benchmark of many segments: its catalogues are what they claim, its output is true."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse import PROJECT_DIR

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import bench_catalogue  # noqa: E402
import bench_segments  # noqa: E402


def asked_events(node: dict) -> Iterator[str]:
    """Yield what a rule asks of events: each leaf and each step, without thresholds and windows."""
    steps = [step.get("not", step) for step in node.get("sequence", [])]
    for step in steps:
        yield json.dumps(["step", step["event"], step["where"], node.get("same")])
    if "event" in node:
        taken = {
            name: node[name]
            for name in ("sum", "avg", "max", "distinct", "first", "last")
            if name in node
        }
        yield json.dumps([node["event"], node["where"], taken])
    negated = [node["not"]] if "not" in node else []
    for part in (*node.get("all", []), *node.get("any", []), *negated):
        yield from asked_events(part)


@pytest.mark.parametrize(("segments", "conditions"), [(10, 10), (60, 50), (1_000, 300)])
def test_a_catalogue_has_so_many_segments_and_conditions(segments, conditions):
    made = bench_catalogue.catalogue(segments, conditions)
    assert len({segment["name"] for segment in made}) == segments
    asked = {text for segment in made for text in asked_events(segment["rule"])}
    assert len(asked) == conditions


def test_the_same_numbers_give_the_same_catalogue():
    assert bench_catalogue.catalogue(60, 50) == bench_catalogue.catalogue(60, 50)
    assert bench_catalogue.catalogue(60, 50) != bench_catalogue.catalogue(60, 50, seed=2)


def test_an_edit_changes_one_number_of_one_rule():
    made = bench_catalogue.catalogue(60, 50)
    kept = copy.deepcopy(made)
    changed, name = bench_catalogue.edited(made)
    assert made == kept
    different = [
        (json.dumps(one), json.dumps(other))
        for one, other in zip(made, changed, strict=True)
        if one != other
    ]
    assert len(different) == 1
    before, after = (re.findall(r"[0-9.]+", text) for text in different[0])
    assert f'"{name}"' in different[0][1]
    assert sum(one != other for one, other in zip(before, after, strict=True)) == 1


def test_too_few_segments_for_the_conditions_are_refused():
    with pytest.raises(ValueError, match="3 segments do not use 300 conditions"):
        bench_catalogue.catalogue(3, 300)


def test_a_condition_that_is_filled_again_for_nothing_is_named():
    before = {"conditions": {"a": {"days": 5, "filled": 5}, "b": {"days": 7, "filled": 7}}}
    after = {
        "conditions": {
            "a": {"days": 5, "filled": 2},
            "b": {"days": 7, "filled": 0},
            "c": {"days": 4, "filled": 4},
        }
    }
    first, second = bench_segments.refilled_lines("s", before, after)
    assert "2 of 3 conditions filled, 6 of 16 days; 1 new, 0 dropped" in first
    assert second.endswith("is filled again: 1 (a)")


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """Folder and process of the benchmark with 1,000 customers, 10 and 60 segments."""
    folder = tmp_path_factory.mktemp("bench")
    done = subprocess.run(
        [sys.executable, "scripts/bench.py", "segments-XS", "--data", str(folder)],
        cwd=PROJECT_DIR, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return folder, done


def counted(warehouse_dir: Path, query: str) -> tuple[int, ...]:
    """Return the one row of a query on a warehouse."""
    path = str(warehouse_dir / "warehouse.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(query).fetchone()


@pytest.mark.slow
def test_every_figure_is_printed(bench):
    _, done = bench
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    for words in (
        "dbt build, wall s",
        "dbt build, cpu s",
        "start-up, parsing, cpu s",
        "the catalogue, cpu s",
        "peak memory, GB",
        "The dearest models, CPU s",
        "the data tests with 60 segments",
        "goal: 60 segments in at most 3 times the time of 10 segments",
        "within 8 GB",
    ):
        assert words in done.stdout, done.stdout


@pytest.mark.slow
def test_the_rows_printed_are_those_of_the_tables(bench):
    folder, done = bench
    for name, table in (
        ("ledger", "marts_intermediate.int_segment_ledger__filled"),
        ("measures", "marts_intermediate.int_segment_measures__pivoted"),
        ("memberships", "marts.segment_memberships"),
    ):
        line = re.search(rf"rows: {name}\W+([0-9,]+)", done.stdout)
        assert line, done.stdout
        (rows,) = counted(folder / "segments-XS_10_warehouse", f"select count(*) from {table}")
        assert int(line[1].replace(",", "")) == rows > 0
    assert re.search(r"event conditions\W+10\W+50\W", done.stdout), done.stdout


@pytest.mark.slow
def test_the_changed_condition_alone_is_filled_again(bench):
    folder, done = bench
    warehouse_dir = folder / "segments-XS_60_warehouse"
    results = json.loads((warehouse_dir / "target" / "run_results.json").read_text())
    conditions, days = counted(
        warehouse_dir,
        "select count(distinct condition_id), count(*)"
        " from marts_intermediate.int_segment_ledger__filled"
        f" where filled_by = '{results['metadata']['invocation_id']}'",
    )
    assert conditions == 1
    assert days > 0
    line = re.search(r"\): 1 of ([0-9]+) conditions filled, ([0-9,]+) of", done.stdout)
    assert line, done.stdout
    assert int(line[2].replace(",", "")) == days
    assert "no condition that did not change is filled again: 0" in done.stdout
