"""Judge the raw batch before anything is built: Great Expectations suites over one pass of SQL.

Usage: RAW_DIR=... [WAREHOUSE_DIR=...] [AS_OF=...] python scripts/check_inputs.py [--reset-history]

Exit code 0: inputs are fit (warnings are listed), 3: inputs are refused, 2: wrong usage.
Results land in WAREHOUSE_DIR/input_checks; docs/input_checks.md explains the checks.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import yaml

from input_checks_docs import make_readable_offline
from input_checks_profile import (
    Profile,
    RawTable,
    add_comparisons,
    measure_table,
    tables_from_manifest,
)
from input_checks_store import (
    PROFILES_FILE,
    CheckResult,
    previous_profiles,
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

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

ROOT = Path(__file__).resolve().parent.parent
EXIT_FIT, EXIT_USAGE, EXIT_REFUSED = 0, 2, 3


class UsageError(ValueError):
    """A call that cannot be carried out as given; its text is one line."""


class InputsRefused(Exception):
    """Inputs that cannot even be read; its text is one line that names the table."""


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

    Returns:
        The checks. Inputs that cannot be read at all are one critical failure.

    Raises:
        UsageError: `raw_dir`, `as_of` or `timezone` makes no sense.
        RuntimeError: the project or a suite is at fault, not the inputs.
    """
    raw_dir, as_of, zone = _parse_arguments(raw_dir, as_of, timezone)
    folder = Path(warehouse_dir).resolve() / "input_checks"
    folder.mkdir(parents=True, exist_ok=True)
    checked_at = datetime.now(UTC).replace(tzinfo=None)
    result = InputCheckResult(run_id or checked_at.strftime("%Y%m%dT%H%M%S%fZ"))
    report = progress or (lambda line: None)
    profiles: dict[str, Profile] = {}
    # Its import takes seconds; DuckDB works meanwhile.
    importing = threading.Thread(target=load_great_expectations, daemon=True)
    try:
        report("input checks: find the tables")
        database = folder / "checks.duckdb"
        tables = _register(raw_dir, folder, database, manifest, variables or {})
        importing.start()
        suites = load_suites()
        previous = {} if reset_history else previous_profiles(folder)
        profiles = _profile_tables(database, folder, tables, suites, as_of, zone, report)
        for source, profile in profiles.items():
            asked = measures_asked(suites[source])
            add_comparisons(profile, previous.get(source, {}), asked)
        judged = folder / "profiles.duckdb"
        write_profiles(judged, profiles, suites)
        report("input checks: judge")
        importing.join()
        fresh_docs = folder / "data_docs.new"
        shutil.rmtree(fresh_docs, ignore_errors=True)
        result.checks = validate(judged, profiles, suites, fresh_docs)
        make_readable_offline(fresh_docs, result.run_id, result.checks, _notes(suites))
        shutil.rmtree(folder / "data_docs", ignore_errors=True)
        fresh_docs.rename(folder / "data_docs")
    except InputsRefused as refusal:
        words = re.findall(r"\w+", str(refusal))
        source = next((word for word in words if word in load_suites()), "raw")
        result.checks = [_unreadable(source, str(refusal))]
        if importing.is_alive():
            importing.join()
    save_results(folder, result.run_id, checked_at, result.checks)
    if reset_history:
        (folder / PROFILES_FILE).unlink(missing_ok=True)
    save_profiles(folder, result.run_id, checked_at, not result.critical_failures, profiles)
    return result


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
) -> dict[str, RawTable]:
    """Make the raw views in the scratch database with the project's own macros.

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
        done = dbtRunner(manifest=manifest).invoke(
            ["run-operation", "register_raw_tables", *options]
        )
        # Otherwise the file stays locked for everyone after us.
        DuckDBConnectionManager.close_all_connections()
    if not done.success:
        cause = _operation_error(done)
        raise InputsRefused(_input_message(cause, raw_dir))
    return tables_from_manifest(manifest)


def _operation_error(done: dbtRunnerResult) -> str:
    if done.exception is not None:
        return str(done.exception)
    messages = [result.message for result in getattr(done.result, "results", []) if result.message]
    return "\n".join(messages) or "cause unknown"


def _one_line(cause: object) -> str:
    return " ".join(str(cause).split())


def _input_message(cause: str, raw_dir: Path) -> str:
    """Return the one line of an error that tells the user what is wrong with the inputs."""
    named = [line.strip() for line in cause.splitlines() if line.strip().startswith("Input:")]
    if named:
        return named[0].removeprefix("Input:").strip()
    detail = next((line for line in cause.splitlines() if "Error:" in line), cause)
    table = next((name for name in load_suites() if f"{raw_dir}/{name}" in cause), None)
    return _cannot_be_read(table or "a table", detail)


def _cannot_be_read(table: str, detail: str) -> str:
    cause = _one_line(detail).removeprefix("Invalid Input Error: ").rstrip(".")[:300]
    return (
        f"{table} cannot be read: {cause}. Deliver Parquet, or CSV in UTF-8 with commas and a "
        "header."
    )


def _profile_tables(
    database: Path,
    folder: Path,
    tables: dict[str, RawTable],
    suites: dict[str, dict[str, Any]],
    as_of: date | None,
    timezone: str,
    report: Callable[[str], None],
) -> dict[str, Profile]:
    profiles = {}
    with _scratch(database, folder) as connection:
        row_counts = {name: _count(connection, table) for name, table in tables.items()}
        for name, suite in suites.items():
            report(f"input checks: {name}, {row_counts[name]:,} rows")
            measures = suite.get("measures", {})
            try:
                profiles[name] = measure_table(
                    connection, tables[name], tables, measures, row_counts, as_of, timezone
                )
            except duckdb.Error as error:
                raise InputsRefused(_cannot_be_read(name, str(error).splitlines()[0])) from error
    return profiles


def _count(connection: duckdb.DuckDBPyConnection, table: RawTable) -> int:
    try:
        return connection.execute(f"select count(*) from {table.relation}").fetchone()[0]
    except duckdb.Error as error:
        raise InputsRefused(_cannot_be_read(table.name, str(error).splitlines()[0])) from error


@contextmanager
def _scratch(database: Path, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the scratch database within a bounded memory."""
    config = {
        "memory_limit": "1GB",
        "threads": int(os.environ.get("DUCKDB_THREADS", "2")),
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": False,
    }
    connection = duckdb.connect(str(database), config=config)
    try:
        connection.execute("set TimeZone = 'UTC'")
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
