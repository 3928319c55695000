"""Run the commands of a page of docs/ in a copy of the project, and compare what they say.

A block ```sh holds commands, run by bash in one go; `exit=2` behind the word says how they end. The
block ```text after it, if there is one, is what they say, both streams together: every line
exactly, but for seconds, run ids, how many rows were published and Make's own line numbers. A line
`...` stands for any lines.

`.venv/bin/python tests/python/shell_page.py docs/tutorial.md` writes the blocks of a page anew from
what is said; look at the difference before you commit it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"```sh(?: exit=(\d+))?\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.DOTALL)
# What differs from run to run.
VOLATILE = (
    (re.compile(r"\b\d+(\.\d+)? s\b"), "N s"),
    (re.compile(r"\b\d{8}T\d{6,}Z"), "RUN"),
    (re.compile(r"\[Makefile:\d+: "), "[Makefile:N: "),
    # A new public table, or column with a row of its own, is no reason to mend a page.
    (re.compile(r"^published [\d,]+ rows "), "published N rows "),
)
COPIED = ("models", "macros", "seeds", "tests", "profiles", "scripts", "gx", "charts", "templates",
          "schemas", "analyses", "docs", "examples", "Makefile", "vars.yml", "dbt_project.yml",
          "dbt_charts.yml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")  # fmt: skip
SETTINGS = ("AS_OF", "KNOWN_AT", "TIMEZONE", "VARS", "SEGMENTS", "DBT_PROFILES_DIR", "RAW_DIR",
            "WAREHOUSE_DIR", "OUTPUT", "FORCE_COLOR", "MAKEFLAGS", "MAKELEVEL")  # fmt: skip


@dataclass
class Step:
    """Commands of a page, and what it says of them."""

    commands: str
    code: int
    output: str | None
    line: int


def steps(page: str) -> Iterator[Step]:
    """Give the steps of a page in their order.

    Args:
        page: Markdown.
    """
    for found in BLOCK.finditer(page):
        line = page[: found.start()].count("\n") + 1
        yield Step(found.group(2), int(found.group(1) or 0), found.group(3), line)


def copy_project(folder: Path) -> Path:
    """Copy the project into a folder, with the environment of this one, and return the copy.

    Its set-up does nothing: test_setup.py tests that.
    """
    copy = folder / "customer-segmentation"
    copy.mkdir()
    for name in COPIED:
        source = PROJECT_DIR / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "python")
            shutil.copytree(source, copy / name, ignore=ignored)
        elif source.is_file():
            shutil.copyfile(source, copy / name)
    (copy / ".venv").symlink_to(PROJECT_DIR / ".venv")
    (copy / "scripts" / "setup.py").write_text('"""Nothing to do."""\n', encoding="utf-8")
    return copy


def run(step: Step, folder: Path) -> tuple[int, str]:
    """Run a step's commands in a folder and return their exit code and all they say.

    Charts are drawn as pages alone, which halves the time.
    """
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", step.commands],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name not in SETTINGS}
        | {"PYTHONUNBUFFERED": "1", "PICTURES": "no"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    said = done.stdout.replace(f"{folder}/", "")
    lines = [line.rstrip() for line in said.strip().splitlines()]
    return done.returncode, "".join(f"{line}\n" for line in lines)


def difference(expected: str, said: str) -> str | None:
    """Return the first line of a page that was not said, in its place; empty ones do not count.

    Args:
        expected: the page's block.
        said: what the commands said.
    """
    lines = [_steady(line) for line in said.splitlines() if line.strip()]
    place, is_gap = 0, False
    for line in filter(str.strip, expected.splitlines()):
        if line.strip() == "...":
            is_gap = True
            continue
        wanted = _steady(line)
        if is_gap:
            while place < len(lines) and lines[place] != wanted:
                place += 1
        if place >= len(lines) or lines[place] != wanted:
            heard = lines[place] if place < len(lines) else "(the end)"
            return f"page: {line!r}; said: {heard!r}"
        place, is_gap = place + 1, False
    if place < len(lines) and not is_gap:
        return f"the page does not show: {lines[place]!r}"
    return None


def _steady(line: str) -> str:
    for pattern, word in VOLATILE:
        line = pattern.sub(word, line)
    return " ".join(line.split())


def rewritten(page: str, folder: Path) -> str:
    """Return a page with the outputs of its steps as they are now; lines left out stay so.

    Args:
        page: Markdown.
        folder: copy of the project to run in.
    """
    for step in steps(page):
        code, said = run(step, folder)
        print(f"{step.commands}exit code {code}\n{said}", flush=True)
        is_empty = step.output is not None and step.output.strip() in ("", "...")
        if step.output is None or not is_empty and difference(step.output, said) is None:
            continue
        if not is_empty and re.search(r"^\.\.\.$", step.output, re.MULTILINE):
            print("^^^ differs, and has lines left out: mend it by hand\n", flush=True)
            continue
        before = f"{step.commands}```\n\n```text\n"
        page = page.replace(before + step.output + "```", before + said + "```", 1)
    return page


if __name__ == "__main__":
    path = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as scratch:
        project = copy_project(Path(scratch))
        path.write_text(rewritten(path.read_text("utf-8"), project), encoding="utf-8")
