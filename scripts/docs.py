"""Make the documentation as one folder of pages that need no network.

Usage: make docs (WAREHOUSE_DIR OUTPUT, and the TIMEZONE, VARS and SEGMENTS of the last build, which
is only read). OUTPUT defaults to target/docs; CHARTS names the folder of `make charts`, by default
target/charts, whose pages come along where they are.

In it: the pages of docs/ and the files they name, the settings with their meaning, dbt's
documentation of every table and column, the lineage of columns, the last input checks; index.html
leads to all. A link that leads nowhere stops it.

Exit code 0: made; 1: it failed and what was there stands; 2: wrong usage, or nothing is built.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from build import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_USAGE,
    ROOT,
    AnotherBuild,
    Settings,
    UsageError,
    settings_from_environment,
)
from diff_builds import DiffError, as_of_last_build
from docs_dbt import DocsError, write_dbt_docs, write_lineage
from docs_links import dead_links
from docs_pages import write_pages
from docs_settings import write_settings
from docs_site import Part, write_index
from stopping import run_and_exit


def make(settings: Settings, folder: Path, artifacts: Path, charts: Path) -> None:
    """Write the whole site into an empty folder.

    Args:
        settings: of the last build.
        folder: where the pages go.
        artifacts: a new folder for what dbt writes.
        charts: folder of `make charts`.

    Raises:
        DocsError: a page cannot be made, or a link leads nowhere; the text is one line.
        AnotherBuild, OSError, duckdb.Error: the last build cannot be read.
    """
    manifest = write_dbt_docs(settings, folder / "dbt", artifacts)
    write_lineage(artifacts, folder / "lineage")
    checks = settings.warehouse_dir / "input_checks" / "data_docs"
    parts = [
        Part(
            "dbt/index.html", "Tables and columns", "Every table, column, macro and test, by dbt."
        ),
        Part("lineage/index.html", "Lineage of columns", "Which columns each column is made of."),
        Part("settings.html", "Settings", "Every var of vars.yml: its default and what it means."),
        Part(
            "input_checks/index.html" if _copy(checks, folder / "input_checks") else None,
            "Input checks",
            "The last raw batch, as Great Expectations judged it.",
            "`make build` writes them",
        ),
        Part(
            "charts/index.html" if _copy(charts, folder / "charts") else None,
            "Dashboards",
            "The charts, as `make charts` last made them.",
            "`make charts`, then `make docs` again",
        ),
    ]
    write_settings(folder / "settings.html")
    write_pages(folder)
    write_index(folder, parts, manifest, settings.as_of)
    dead = dead_links(folder, manifest)
    if dead:
        raise DocsError(f"{len(dead)} links lead nowhere; the first: {dead[0]}")


def _copy(source: Path, target: Path) -> bool:
    """Copy a folder of pages, if it has an index; tells whether it has."""
    if not (source / "index.html").is_file():
        return False
    shutil.copytree(source, target)
    return True


def put_in_place(fresh: Path, output: Path) -> None:
    """Let a finished folder take the place of the former one."""
    former = output.with_name(f".{output.name}.{os.getpid()}.former")
    with suppress(FileNotFoundError):
        output.rename(former)
    fresh.rename(output)
    shutil.rmtree(former, ignore_errors=True)


def run() -> Path:
    """Make what the environment asks for and return where it is.

    Raises:
        UsageError: wrong usage, or nothing is built.
        DocsError, DiffError, AnotherBuild, OSError, duckdb.Error: it failed.
    """
    settings = settings_from_environment(dict(os.environ))
    output = Path(os.environ.get("OUTPUT") or ROOT / "target" / "docs").absolute()
    charts = Path(os.environ.get("CHARTS") or ROOT / "target" / "charts").absolute()
    if output.exists() and not (output / "dbt" / "index.html").is_file() and any(output.iterdir()):
        raise UsageError(f"OUTPUT: '{output}' holds other files; name a folder of its own.")
    os.chdir(ROOT)
    os.environ["RAW_DIR"] = str(settings.raw_dir)
    os.environ["WAREHOUSE_DIR"] = str(settings.warehouse_dir)
    as_of = as_of_last_build(settings.warehouse_dir)
    variables = settings.variables | {"as_of_date": as_of.isoformat()}
    settings = replace(settings, as_of=as_of, variables=variables)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as scratch:
        fresh = Path(scratch) / "docs"
        fresh.mkdir()
        make(settings, fresh, Path(scratch) / "dbt", charts)
        put_in_place(fresh, output)
    return output


def main() -> int:
    """Make the pages, say where they are and return the exit code."""
    started = time.monotonic()
    try:
        output = run()
    except UsageError as error:
        print(f"failed: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (DocsError, DiffError, AnotherBuild, OSError, duckdb.Error) as error:
        print(f"failed: {str(error).splitlines()[0]}", file=sys.stderr)
        return EXIT_FAILED
    print(f"documentation: {output / 'index.html'} ({time.monotonic() - started:.0f} s)")
    return EXIT_DONE


if __name__ == "__main__":
    run_and_exit(main, "stopped; the former documentation stands")
