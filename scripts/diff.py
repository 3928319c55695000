"""Preview a change of rules: who would enter and leave each segment, on the data of the last build.

Usage: make diff BASE=main. BASE is a git ref whose vars.yml has the catalogue to compare with;
BASE_SEGMENTS=file.yml takes a file instead. The other side is vars.yml as it stands, or SEGMENTS.
OUTPUT=file.md also writes it as Markdown. WAREHOUSE_DIR names the folder of the last build, which
is only read; TIMEZONE and VARS are those that it was built with.

Exit code 0: compared; 1: it failed; 2: wrong usage, a mistake in a catalogue, or nothing is built.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console

from build import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_USAGE,
    ROOT,
    AnotherBuild,
    UsageError,
)
from diff_builds import DiffError, SegmentBuilder, as_of_last_build, copy_build
from diff_catalogues import Question, question_from_environment
from diff_compare import Comparison, compare
from diff_report import details, heading, markdown, summary, table
from stopping import run_and_exit

LOG_WIDTH = 140


def answer(question: Question) -> tuple[Comparison, date]:
    """Build both catalogues beside the last build and compare them.

    Args:
        question: what is asked.

    Returns:
        What differs, and the as-of date of both.

    Raises:
        UsageError: nothing is built, built as of another date, or a catalogue has a mistake.
        DiffError, AnotherBuild, OSError, duckdb.Error: it failed.
    """
    settings = question.settings
    as_of = as_of_last_build(settings.warehouse_dir)
    if question.is_as_of_given and as_of != settings.as_of:
        raise UsageError(
            f"AS_OF: the last build in {settings.warehouse_dir} is as of {as_of}; run"
            f" `make build AS_OF={settings.as_of}` first, or leave AS_OF out."
        )
    variables = settings.variables | {"as_of_date": as_of.isoformat()}
    settings = replace(settings, as_of=as_of, variables=variables)
    builder = SegmentBuilder(settings)
    for catalogue in (question.before, question.after):
        cause = builder.check(catalogue.variables)
        if cause:
            raise UsageError(f"{catalogue.label}: {cause}")
    folder = settings.warehouse_dir
    with tempfile.TemporaryDirectory(prefix=".diff-", dir=folder) as scratch:
        folders = {side: Path(scratch) / side for side in ("before", "after")}
        copy_build(folder, list(folders.values()))
        builder.build(question.before.variables, folders["before"])
        builder.build(question.after.variables, folders["after"])
        lists = [one.variables["segment_lists"] for one in (question.before, question.after)]
        found = compare(
            {side: folders[side] / "warehouse.duckdb" for side in folders},
            Path(scratch) / "compared.duckdb",
            same_lists=lists[0] == lists[1],
        )
    return found, as_of


def main() -> int:
    """Answer what the environment asks and return the exit code."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=LOG_WIDTH)
    try:
        question = question_from_environment(os.environ)
        os.chdir(ROOT)
        found, as_of = answer(question)
        names = (question.before.label, question.after.label, as_of)
        console.print(heading(*names), markup=False, soft_wrap=True)
        console.print(summary(found), markup=False, soft_wrap=True)
        if found.changes:
            console.print(table(found))
        for line in details(found):
            console.print(line, markup=False, soft_wrap=True)
        if question.output:
            question.output.write_text(markdown(*names, found), encoding="utf-8")
            console.print(f"written: {question.output}", markup=False, soft_wrap=True)
    except UsageError as error:
        print(f"failed: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (DiffError, AnotherBuild, OSError, duckdb.Error) as error:
        print(f"failed: {str(error).splitlines()[0]}", file=sys.stderr)
        return EXIT_FAILED
    return EXIT_DONE


if __name__ == "__main__":
    # However it is stopped, the copies go.
    run_and_exit(main, "stopped; the last build is as it was")
