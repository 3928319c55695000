"""Fill the history of segments for past dates, or repair a part of it, on the last build.

Usage: make backfill FROM=2025-01-01 TO=2026-01-01 GRAIN=week. TO is not included. GRAIN says which
dates count as recorded: each day, each Monday (week) or each first of a month. SEGMENTS_ONLY names
segments, separated by commas; all of them without it. What was recorded of them from FROM on and
before TO is replaced; what lies before and after stays, and is joined to it.

Segments on events, orders and attributes are computed in one pass over the facts; the others by a
build for each date, in a copy of the warehouse. The environment is that of scripts/build.py;
WAREHOUSE_DIR holds the last build, TIMEZONE, VARS and SEGMENTS are those that it was built with.

Exit code 0: written and published; 1: it failed, and the history is as before; 2: wrong usage, a
mistake in the configuration, or nothing is built.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

from backfill_loop import Loop
from build import (
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_USAGE,
    ROOT,
    AnotherBuild,
    Dbt,
    Settings,
    UsageError,
    _one_line,
    only_build_in,
    settings_from_environment,
    whole_number,
)
from diff_builds import DiffError, as_of_last_build
from publish import publish
from refresh_versions import KEPT_VERSIONS
from stopping import run_and_exit

GRAINS = ("day", "week", "month")


@dataclass(frozen=True)
class Request:
    """What is asked: the recorded dates of a range, and the segments; no name = all."""

    first: date
    before: date
    grain: str
    names: tuple[str, ...] = ()
    kept_versions: int = KEPT_VERSIONS


@dataclass(frozen=True)
class Plan:
    """Which way each segment goes, and the dates that count as recorded."""

    one_pass: list[str]
    looped: dict[str, str]
    dates: list[date]


def request_from_environment(environment: dict[str, str]) -> Request:
    """Read and check what is asked.

    Args:
        environment: variables by name; empty ones count as absent.

    Raises:
        UsageError: a value is missing or makes no sense.
    """
    dates = []
    for name in ("FROM", "TO"):
        text = environment.get(name, "")
        try:
            dates.append(datetime.strptime(text, "%Y-%m-%d").date())
        except ValueError as error:
            found = f"'{text}' is not a date" if text else "no date is given"
            raise UsageError(f"{name}: {found}; write {name}=YYYY-MM-DD.") from error
    if dates[0] >= dates[1]:
        raise UsageError(f"TO: {dates[1]} is not after FROM ({dates[0]}); TO is not included.")
    grain = environment.get("GRAIN") or "day"
    if grain not in GRAINS:
        raise UsageError(f"GRAIN: found '{grain}'; allowed: {', '.join(GRAINS)}.")
    names = [name.strip() for name in environment.get("SEGMENTS_ONLY", "").split(",")]
    kept = whole_number(environment, "KEEP_VERSIONS", KEPT_VERSIONS)
    return Request(dates[0], dates[1], grain, tuple(name for name in names if name), kept)


class Backfill:
    """A back-fill of one warehouse: plan it, compute it, write it."""

    def __init__(self, settings: Settings, request: Request, scratch: Path) -> None:
        """Take what is asked; nothing is read yet.

        Args:
            settings: of the last build, its date as as_of.
            request: what is asked.
            scratch: folder for tables on the way; the caller removes it.
        """
        self._settings, self._request, self._folder = settings, request, scratch
        self._tables = scratch / "backfill.duckdb"
        self._dbt = Dbt(settings)
        self._warehouse = settings.warehouse_dir / "warehouse.duckdb"

    def plan(self) -> Plan:
        """Say which segments go which way.

        Raises:
            UsageError: the configuration or the request has a mistake.
            DiffError: dbt failed.
        """
        cause = self._dbt.parse() or self._dbt.check_configuration()
        if cause:
            raise UsageError(cause)
        asked = self._request
        range_ = {"from_date": str(asked.first), "before_date": str(asked.before)}
        self._operation("backfill_plan", range_ | {"grain": asked.grain}, is_open=True)
        with duckdb.connect(str(self._tables), read_only=True) as tables:
            rows = tables.execute("select segment, reason from plan order by segment").fetchall()
            dates = tables.execute("select as_of_date from calendar order by 1").fetchall()
        reasons = dict(rows)
        for name in asked.names:
            if name not in reasons:
                near = difflib.get_close_matches(name, reasons, n=1)
                hint = f"; did you mean {near[0]}?" if near else "."
                raise UsageError(f"SEGMENTS_ONLY: there is no segment '{name}'{hint}")
        if not dates:
            raise UsageError(
                f"GRAIN: no {asked.grain} begins from {asked.first} on and before {asked.before}."
            )
        chosen = {name: reasons[name] for name in asked.names or reasons}
        return Plan(
            [name for name, reason in chosen.items() if reason is None],
            {name: reason for name, reason in chosen.items() if reason is not None},
            [day for (day,) in dates],
        )

    def compute(self, names: list[str]) -> None:
        """Compute the memberships of segments in one pass; raises DiffError."""
        self._operation("backfill_one_pass", {"segments": names}, is_open=True)

    def loop(self, names: list[str], dates: list[date], say: Any) -> None:
        """Compute the memberships of segments by a build for each date.

        Args:
            names: the segments.
            dates: the recorded dates, in order.
            say: takes a line of progress.

        Raises:
            DiffError, OSError, duckdb.Error: it failed.
        """
        loop = Loop(self._settings, self._dbt.manifest, self._folder / "loop")
        loop.prepare(self._request.first)
        for place, day in enumerate(dates, start=1):
            started = time.monotonic()
            loop.record(day)
            say(f"build {place} of {len(dates)}: {day} ({time.monotonic() - started:.1f} s)")
        loop.collect(self._tables, names, dates)

    def write(self, plan: Plan) -> int:
        """Replace what was recorded and publish; returns the stays of the segments.

        Raises:
            DiffError, OSError, duckdb.Error: it failed.
        """
        names = [*plan.one_pass, *plan.looped]
        asked = self._request
        range_ = {"from_date": str(asked.first), "before_date": str(asked.before)}
        more = {"segments": names, "is_one_pass": bool(plan.one_pass)}
        self._operation("backfill_write", range_ | more, is_open=False)
        published = self._settings.warehouse_dir / "published.duckdb"
        publish(
            self._warehouse, published, self._dbt.public_relations(),
            kept_versions=asked.kept_versions,
        )  # fmt: skip
        with duckdb.connect(str(self._warehouse), read_only=True) as connection:
            return connection.execute(
                "select count(*) from marts.segment_membership_history"
                " where list_contains(?, segment)",
                [names],
            ).fetchone()[0]

    def _operation(self, macro: str, arguments: dict[str, Any], *, is_open: bool) -> None:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        variables = self._settings.variables | {"as_of_is_open": is_open, "record_history": False}
        result = dbtRunner(manifest=self._dbt.manifest).invoke(
            ["--quiet", "--log-level", "none", "--log-level-file", "debug", "run-operation", macro,
             "--args", json.dumps(arguments | {"scratch": str(self._tables)}),
             "--project-dir", str(ROOT), "--target-path", str(self._folder / "target"),
             "--vars", yaml.safe_dump(variables, allow_unicode=True, sort_keys=False),
             "--log-path", str(self._settings.warehouse_dir / "logs")]
        )  # fmt: skip
        DuckDBConnectionManager.close_all_connections()
        if isinstance(result.exception, KeyboardInterrupt):
            raise KeyboardInterrupt
        if result.success:
            return
        said = [one.message for one in getattr(result.result, "results", None) or [] if one.message]
        cause = _one_line(said[0] if said else str(result.exception))
        raise DiffError(f"{macro}: {cause} (log: {self._settings.warehouse_dir / 'logs'})")


def settings_of_last_build(environment: dict[str, str], request: Request) -> Settings:
    """Return the settings with the as-of date of the last build.

    Args:
        environment: as for scripts/build.py.
        request: what is asked; no date of it may lie after the last build's.

    Raises:
        UsageError: nothing is built, or a value makes no sense.
        AnotherBuild, DiffError, OSError: the last build cannot be read.
    """
    settings = settings_from_environment(environment)
    as_of = as_of_last_build(settings.warehouse_dir)
    if environment.get("AS_OF") and settings.as_of != as_of:
        raise UsageError(f"AS_OF: the last build is as of {as_of}; leave AS_OF out.")
    if request.before - timedelta(days=1) > as_of:
        raise UsageError(
            f"TO: {request.before} asks for dates after the last build, which is as of {as_of};"
            f" write TO={as_of + timedelta(days=1)} at most, or run `make refresh` first."
        )
    return replace(
        settings, as_of=as_of, variables=settings.variables | {"as_of_date": as_of.isoformat()}
    )


def run(settings: Settings, request: Request, say: Any) -> None:
    """Back-fill and publish.

    Args:
        settings: of the last build.
        request: what is asked.
        say: takes a line for the person who watches.

    Raises:
        UsageError, DiffError, OSError, duckdb.Error: it failed; the history is as before.
    """
    with tempfile.TemporaryDirectory(prefix=".backfill-", dir=settings.warehouse_dir) as folder:
        backfill = Backfill(settings, request, Path(folder))
        plan = backfill.plan()
        dates = f"{plan.dates[0]} to {plan.dates[-1]}"
        say(f"{len(plan.dates)} recorded dates, {dates}, as of the build of {settings.as_of}")
        say(f"in one pass: {len(plan.one_pass)} segments")
        for name, reason in plan.looped.items():
            say(f"by a build for each date: {name}, for {reason}")
        started = time.monotonic()
        if plan.one_pass:
            backfill.compute(plan.one_pass)
            say(f"one pass: {time.monotonic() - started:.1f} s")
        if plan.looped:
            backfill.loop(list(plan.looped), plan.dates, say)
        stays = backfill.write(plan)
        segments = len(plan.one_pass) + len(plan.looped)
        say(f"history of {segments} segments written and published: {stays:,} stays")


def main() -> int:
    """Carry out what the environment asks and return the exit code."""
    environment = dict(os.environ)
    try:
        request = request_from_environment(environment)
        settings = settings_of_last_build(environment, request)
        os.environ["RAW_DIR"] = str(settings.raw_dir)
        os.environ["WAREHOUSE_DIR"] = str(settings.warehouse_dir)
        os.chdir(ROOT)
        with only_build_in(settings.warehouse_dir, "backfill"):
            run(settings, request, lambda line: print(line, flush=True))
    except UsageError as error:
        print(f"failed: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (DiffError, AnotherBuild, OSError, duckdb.Error) as error:
        print(f"failed: {str(error).splitlines()[0]}", file=sys.stderr)
        return EXIT_FAILED
    return EXIT_DONE


if __name__ == "__main__":
    # However it is stopped, the copy goes.
    run_and_exit(main, "stopped; the history is as before")
