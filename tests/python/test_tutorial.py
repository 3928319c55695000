"""docs/tutorial.md is true: its commands, run in their order, say what the page says they do."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from shell_page import Step, copy_project, difference, run, steps

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
STEPS = list(steps(PAGE.read_text(encoding="utf-8")))
# Other tests have run these two already, with the same settings.
DEMO = "make demo-data CUSTOMERS=2000 END=2026-11-21\n"
BUILD = "make build AS_OF=2026-11-21\n"


def test_steps_are_found() -> None:
    """The page holds no block that looks like a step and is none."""
    page = PAGE.read_text(encoding="utf-8")
    assert len(STEPS) == page.count("```sh") >= 10
    assert page.count("```text") == sum(step.output is not None for step in STEPS)
    assert [step.commands for step in STEPS[:2]] == [DEMO, BUILD]


def test_differences_are_found() -> None:
    """The comparison can fail: another line, a missing one, one too many."""
    said = "a 1.2 s\nb\nc\nd\n"
    assert difference("a 3 s\nb\nc\nd\n", said) is None
    assert difference("a 3 s\n...\nd\n", said) is None
    assert difference("...\nc\n...\n", said) is None
    assert difference("a 3 s\nb\nx\nd\n", said) == "page: 'x'; said: 'c'"
    assert difference("a 3 s\nb\nc\n", said) == "the page does not show: 'd'"
    assert difference("a 3 s\n...\nx\n", said) == "page: 'x'; said: '(the end)'"
    assert difference("a 3 s\nb\nc\nd\ne\n", said) == "page: 'e'; said: '(the end)'"


@pytest.fixture(scope="module")
def project(demo: Path, demo_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project as it is after the first two steps."""
    folder = copy_project(tmp_path_factory.mktemp("tutorial"))
    shutil.copytree(demo, folder / "data" / "demo")
    shutil.copytree(demo_build, folder / "warehouse")
    return folder


def test_first_steps_say_what_the_page_says(demo: Path, demo_build: Path) -> None:
    said = (demo_build / "output.txt").read_text(encoding="utf-8")
    said = said.replace(f"{demo_build}/", "warehouse/").replace(str(demo), "data/demo")
    assert difference(STEPS[1].output or "", said) is None
    rows = re.findall(r"^(\w+): ([\d,]+) rows", STEPS[0].output or "", re.MULTILINE)
    with duckdb.connect() as connection:
        for table, count in rows:
            (found,) = connection.sql(
                f"select count(*) from '{demo / table}.parquet'"
            ).fetchone() or (None,)
            assert found == int(count.replace(",", "")), table
    assert len(rows) == 5


@pytest.mark.slow
def test_commands_say_what_the_page_says(project: Path) -> None:
    """Each step in its turn, for each rests on the ones before it."""
    for step in STEPS[2:]:
        code, said = run(step, project)
        place = f"{PAGE.name}, line {step.line}"
        assert code == step.code, f"{place}: exit code {code}\n{said[-3000:]}"
        found = difference(step.output, said) if step.output is not None else None
        assert found is None, f"{place}: {found}\n{said[-3000:]}"
        CHECKS.get(step.commands.split("\n")[0], lambda *_: None)(project, step)


@pytest.mark.slow
def test_back_fill_by_builds_after_a_refresh_that_went_on(project: Path) -> None:
    """A segment on ranks is built date by date in a copy, whose ledger may not be gone on with."""
    (project / "tier.yml").write_text(
        "segments: [{name: tier_a, description: Tier A., layer: strategic, rule: "
        "{all: [{field: value_tier, eq: A}, {event: order_placed, in_last: 1 year}]}}]",
        encoding="utf-8",
    )
    command = "make backfill FROM=2026-11-16 TO=2026-11-17 SEGMENTS=tier.yml"
    code, said = run(Step(command, 0, None, 0), project)
    assert code == 0, said
    assert "by a build for each date: tier_a" in said and "history of 1 segments" in said


def only_the_new_catalogue_counts(project: Path, step: Step) -> None:
    """What the first catalogue recorded and raised on the same date is taken back."""
    with duckdb.connect(str(project / "warehouse/published.duckdb"), read_only=True) as connection:
        found = connection.sql(
            "select distinct segment from marts.segment_membership_history"
            " union select segment from marts.segment_metrics"
            " union select segment from marts.segment_alerts"
        ).fetchall()
    assert sorted(found) == [("everybody_else",), ("slipping_regulars",)]


def on_a_page_of_its_own(project: Path, step: Step) -> None:
    """The segment has a page among the charts, which shows how many members it has."""
    page = (project / "target/charts/segments/slipping_regulars.html").read_text("utf-8")
    with duckdb.connect(str(project / "warehouse/published.duckdb"), read_only=True) as connection:
        members = connection.sql(
            "select count(*) from marts.segment_memberships where segment = 'slipping_regulars'"
        ).fetchone()
    assert members and f">{members[0]}<" in page
    assert "Slipping regulars" in page


def as_many_addresses_as_said(project: Path, step: Step) -> None:
    """The file of the export has as many lines as the page says."""
    (written,) = (project / "warehouse" / "exports").rglob("*.csv")
    lines = written.read_text(encoding="utf-8").splitlines()
    assert f": {len(lines) - 1} customers" in (step.output or "")


CHECKS: dict[str, Callable[[Path, Step], None]] = {
    "sed -i.bak 's/contry_code/country_code/' my_segments.yml": only_the_new_catalogue_counts,
    "make charts SEGMENTS=my_segments.yml": on_a_page_of_its_own,
    "make export SEGMENT=slipping_regulars CHANNEL=email": as_many_addresses_as_said,
}
