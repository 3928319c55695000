"""Judge the raw batch before anything is built: Great Expectations suites over one pass of SQL.

Usage: RAW_DIR=... [WAREHOUSE_DIR=...] [AS_OF=...] [ACCEPT=...] python scripts/check_inputs.py
       [--reset-history]

Exit code 0: inputs are fit (warnings are listed), 3: inputs are refused, 2: wrong usage.
Results land in WAREHOUSE_DIR/input_checks; docs/input_checks.md explains the checks.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import yaml

from duckdb_access import restrict
from input_checks_docs import make_readable_offline
from input_checks_drift import BATCH, FileState, Former, batch_profile
from input_checks_files import Batch, InputsRefused, fault, find_batch, refused
from input_checks_profile import (
    Profile,
    RawTable,
    add_comparisons,
    measure_table,
    tables_from_manifest,
)
from input_checks_store import (
    CheckResult,
    forget,
    former_batch,
    save_batch,
    save_profiles,
    save_results,
)
from input_checks_validation import (
    load_great_expectations,
    load_suites,
    measures_asked,
    validate,
    write_profiles,
)
from scrub import scrub

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

ROOT = Path(__file__).resolve().parent.parent
EXIT_FIT, EXIT_USAGE, EXIT_REFUSED = 0, 2, 3


class UsageError(ValueError):
    """A call that cannot be carried out as given; its text is one line."""


@dataclass
class InputCheckResult:
    """What the checks of one batch found."""

    run_id: str
    checks: list[CheckResult] = field(default_factory=list)

    @property
    def critical_failures(self) -> list[CheckResult]:
        """Failed checks that stop the build."""
        return [check for check in self.checks if check.severity == "critical" and _failed(check)]

    @property
    def warnings(self) -> list[CheckResult]:
        """Failed checks that are only reported, without those that a critical one says already."""
        told = {(check.source, check.measure) for check in self.critical_failures}
        return [
            check
            for check in self.checks
            if check.severity == "warning"
            and _failed(check)
            and (check.source, check.measure) not in told
        ]


def _failed(check: CheckResult) -> bool:
    return not check.is_passed


def run(
    raw_dir: str | Path,
    warehouse_dir: str | Path,
    as_of: date | str | None = None,
    timezone: str = "UTC",
    progress: Callable[[str], None] | None = None,
    *,
    manifest: Manifest | None = None,
    variables: Mapping[str, Any] | None = None,
    run_id: str | None = None,
    reset_history: bool = False,
    accept: str | None = None,
) -> InputCheckResult:
    """Check the raw tables and write results, history and Data Docs.

    Args:
        raw_dir: folder of the raw tables.
        warehouse_dir: results go to its folder `input_checks`, made when missing.
        as_of: local date that freshness counts back from; None leaves freshness unjudged.
        timezone: IANA name of the zone of `as_of`.
        progress: called with a line at the start of each step.
        manifest: parsed dbt manifest of this project; without it the project is parsed here.
        variables: dbt vars of the build.
        run_id: name of the run in the results; default: the time in UTC.
        reset_history: compare with no earlier run, and make this one the new yardstick.
        accept: critical checks that may fail this once, as `check` or `table.check`, with commas
            between; default: ACCEPT of the environment.

    Returns:
        The checks. Inputs that cannot be read at all are one critical failure.

    Raises:
        UsageError: `raw_dir`, `as_of`, `timezone` or `accept` makes no sense.
        RuntimeError: the project or a suite is at fault, not the inputs.
    """
    raw_dir, as_of, zone = _parse_arguments(raw_dir, as_of, timezone)
    suites = load_suites()
    accepted = _accepted(os.environ.get("ACCEPT", "") if accept is None else accept, suites)
    folder = Path(warehouse_dir).resolve() / "input_checks"
    folder.mkdir(parents=True, exist_ok=True)
    checked_at = datetime.now(UTC).replace(tzinfo=None)
    result = InputCheckResult(run_id or checked_at.strftime("%Y%m%dT%H%M%S%fZ"))
    report = progress or (lambda line: None)
    profiles: dict[str, Profile] = {}
    files: list[FileState] = []
    batch = Batch(raw_dir)
    # Its import takes seconds; DuckDB works meanwhile.
    importing = threading.Thread(target=load_great_expectations, daemon=True)
    try:
        report("input checks: find the tables")
        database = folder / "checks.duckdb"
        tables, batch = _register(raw_dir, folder, database, manifest, variables or {})
        importing.start()
        former = Former() if reset_history else former_batch(folder)
        profiles = _profile_tables(database, folder, tables, suites, as_of, zone, batch, report)
        for source, profile in profiles.items():
            asked = measures_asked(suites[source])
            add_comparisons(profile, former.profiles.get(source, {}), asked)
        contract = {name: table.column_types for name, table in tables.items()}
        profiles[BATCH], files = batch_profile(batch, former, contract, profiles, as_of)
        judged = folder / "profiles.duckdb"
        write_profiles(judged, profiles, suites)
        report("input checks: judge")
        importing.join()
        fresh_docs = folder / "data_docs.new"
        shutil.rmtree(fresh_docs, ignore_errors=True)
        checks = validate(judged, profiles, suites, fresh_docs)
        is_recorded = bool((variables or {}).get("record_history"))
        result.checks = [_let_pass(check, accepted, is_recorded) for check in checks]
        make_readable_offline(fresh_docs, result.run_id, result.checks, _notes(suites))
        shutil.rmtree(folder / "data_docs", ignore_errors=True)
        fresh_docs.rename(folder / "data_docs")
    except InputsRefused as refusal:
        result.checks = [_unreadable(refusal.table, str(refusal))]
        if importing.is_alive():
            importing.join()
    save_results(folder, result.run_id, checked_at, result.checks)
    if reset_history:
        forget(folder)
    is_accepted = not result.critical_failures
    save_profiles(folder, result.run_id, checked_at, is_accepted, profiles)
    if is_accepted:
        save_batch(folder, result.run_id, checked_at, batch, files)
    return result


def _accepted(text: str, suites: Mapping[str, dict[str, Any]]) -> set[str]:
    """Return the names of checks in ACCEPT.

    Raises:
        UsageError: there is no such critical check.
    """
    names = {name.strip() for name in text.split(",") if name.strip()}
    known = {
        name
        for table, suite in suites.items()
        for expectation in suite["expectations"]
        if expectation["severity"] == "critical"
        for check in [expectation["meta"]["check_name"]]
        for name in (check, f"{table}.{check}")
    }
    for name in sorted(names - known):
        near = difflib.get_close_matches(name, sorted(known), n=1)
        hint = f"did you mean {near[0]}?" if near else "docs/input_checks.md lists them."
        raise UsageError(f"ACCEPT: there is no critical check '{name}'; {hint}")
    return names


def _let_pass(check: CheckResult, accepted: set[str], is_recorded: bool) -> CheckResult:
    """Make a warning of a failed critical check that was accepted, or that only a refresh minds."""
    if check.is_passed or check.severity != "critical":
        return check
    if accepted & {check.check_name, f"{check.source}.{check.check_name}"}:
        return replace(check, severity="warning", message=f"{check.message} Accepted by ACCEPT.")
    if check.check_name == "stale" and not is_recorded:
        return replace(check, severity="warning")
    hint = f" If it is meant to be so: ACCEPT={check.source}.{check.check_name}."
    return replace(check, message=check.message + hint)


def _notes(suites: Mapping[str, dict[str, Any]]) -> dict[tuple[str, str], str]:
    return {
        (table, expectation["meta"]["check_name"]): expectation["meta"]["notes"]
        for table, suite in suites.items()
        for expectation in suite["expectations"]
    }


def _parse_arguments(
    raw_dir: str | Path, as_of: date | str | None, timezone: str
) -> tuple[Path, date | None, str]:
    folder = Path(raw_dir).resolve()
    if not folder.is_dir():
        raise UsageError(f"RAW_DIR: no folder '{raw_dir}'; set it to the folder of your files.")
    try:
        day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError:
        raise UsageError(f"AS_OF: '{as_of}' is no date; write it as 2026-03-01.") from None
    try:
        ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):
        raise UsageError(
            f"TIMEZONE: '{timezone}' is no zone; write an IANA name such as Europe/Warsaw."
        ) from None
    return folder, day, timezone


def _unreadable(source: str, message: str) -> CheckResult:
    return CheckResult(
        source=source,
        check_name="readable",
        severity="critical",
        is_passed=False,
        observed_value="unreadable",
        expected_value="readable",
        message=message,
    )


def _register(
    raw_dir: Path,
    folder: Path,
    database: Path,
    manifest: Manifest | None,
    variables: Mapping[str, Any],
) -> tuple[dict[str, RawTable], Batch]:
    """Look at the files, and make the raw views in the scratch database with the project's macros.

    Raises:
        InputsRefused: a required table or column is missing, or a file cannot be read.
        RuntimeError: the project cannot be parsed.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    database.unlink(missing_ok=True)
    # A folder of its own: another target in the common one would spoil the build's parse cache.
    options = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "profiles")]
    options += ["--target", "checks", "--target-path", str(folder / "dbt")]
    options += ["--log-path", str(folder / "dbt"), "--log-level", "none", "--quiet"]
    options += [
        "--no-send-anonymous-usage-stats",
        "--vars",
        yaml.safe_dump(dict(variables), allow_unicode=True, sort_keys=False),
    ]
    with _environment(RAW_DIR=str(raw_dir), WAREHOUSE_DIR=str(folder.parent)):
        if manifest is None:
            parsed = dbtRunner().invoke(["parse", *options])
            if not parsed.success:
                raise RuntimeError(f"dbt cannot parse the project: {_one_line(parsed.exception)}")
            manifest = parsed.result
        tables = tables_from_manifest(manifest)
        batch = find_batch(raw_dir, {name: one.column_types for name, one in tables.items()})
        done = dbtRunner(manifest=manifest).invoke(
            ["run-operation", "register_raw_tables", *options]
        )
        # Otherwise the file stays locked for everyone after us.
        DuckDBConnectionManager.close_all_connections()
    if not done.success:
        raise _refusal(_operation_error(done), batch)
    return tables, batch


def _operation_error(done: dbtRunnerResult) -> str:
    if done.exception is not None:
        return str(done.exception)
    messages = [result.message for result in getattr(done.result, "results", []) if result.message]
    return "\n".join(messages) or "cause unknown"


def _one_line(cause: object) -> str:
    return " ".join(str(cause).split())


def _refusal(cause: str, batch: Batch) -> InputsRefused:
    """Return the refusal whose line tells the user what is wrong with the inputs."""
    named = [line.strip() for line in cause.splitlines() if line.strip().startswith("Input:")]
    if named:
        message = scrub(named[0].removeprefix("Input:").strip())
        table = next((name for name in load_suites() if f" {name} " in f" {message} "), BATCH)
        beside = [name for name in batch.unread if name.lower().startswith(table)]
        if message.startswith("no ") and beside:
            message += f" There is {scrub(', '.join(beside))}, which is not read."
        return InputsRefused(message, table)
    table = next((name for name in batch.deliveries if f"{batch.raw_dir}/{name}" in cause), BATCH)
    return refused(table, fault(batch, table, cause))


def _profile_tables(
    database: Path,
    folder: Path,
    tables: dict[str, RawTable],
    suites: dict[str, dict[str, Any]],
    as_of: date | None,
    timezone: str,
    batch: Batch,
    report: Callable[[str], None],
) -> dict[str, Profile]:
    profiles = {}

    with _scratch(database, folder, batch.raw_dir) as connection:
        row_counts = {}
        for name, table in tables.items():
            try:
                (row_counts[name],) = connection.execute(
                    f"select count(*) from {table.relation}"
                ).fetchone()
            except duckdb.Error as error:
                raise refused(name, fault(batch, name, str(error))) from error
        for name, table in tables.items():
            report(f"input checks: {name}, {row_counts[name]:,} rows")
            measures = suites[name].get("measures", {})
            try:
                profiles[name] = measure_table(
                    connection, table, tables, measures, row_counts, as_of, timezone
                )
            except duckdb.Error as error:
                raise refused(name, fault(batch, name, str(error))) from error
    return profiles


@contextmanager
def _scratch(database: Path, folder: Path, raw_dir: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the scratch database with bounded memory, the raw files in reach and no others."""
    config = {
        "memory_limit": "1GB",
        "threads": int(os.environ.get("DUCKDB_THREADS", "2")),
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": False,
    }
    connection = duckdb.connect(str(database), config=config)
    try:
        # The raw views leave out erased people, whom WAREHOUSE_DIR/privacy names.
        restrict(connection, [folder, raw_dir, folder.parent / "privacy"])
        yield connection
    finally:
        connection.close()
        shutil.rmtree(folder / "spill", ignore_errors=True)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """Set environment variables for the time of a block."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def main(arguments: list[str] | None = None) -> int:
    """Check the inputs that the environment names and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--reset-history",
        action="store_true",
        help="take this batch as it is as the yardstick of the next ones",
    )
    options = parser.parse_args(arguments)
    timezone = os.environ.get("TIMEZONE") or "UTC"
    try:
        variables = yaml.safe_load(os.environ.get("VARS") or "{}")
        result = run(
            os.environ.get("RAW_DIR") or ROOT / "data" / "demo",
            os.environ.get("WAREHOUSE_DIR") or ROOT / "warehouse",
            as_of=os.environ.get("AS_OF") or _today(timezone),
            timezone=timezone,
            progress=lambda line: print(line, flush=True),
            variables=variables,
            reset_history=options.reset_history,
        )
    except UsageError as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    except (RuntimeError, yaml.YAMLError) as error:
        print(f"input checks: {_one_line(error)}", file=sys.stderr)
        return 1
    for check in result.warnings:
        print(f"warning: {check.message}")
    for check in result.critical_failures:
        print(f"critical: {check.message}", file=sys.stderr)
    if result.critical_failures:
        print("Inputs refused; nothing was built.", file=sys.stderr)
        return EXIT_REFUSED
    print(
        f"input checks: {len(result.checks)} checks, {len(result.warnings)} warnings, fit to build"
    )
    return EXIT_FIT


def _today(timezone: str) -> date | None:
    try:
        return datetime.now(ZoneInfo(timezone)).date()
    except (ValueError, OSError, KeyError):
        return None


if __name__ == "__main__":
    sys.exit(main())
