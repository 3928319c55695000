"""The steps of a refresh: lock, input checks, build and data tests, alerts, publish, report.

Each step ends the run with one line and an exit code, or hands on to the next; whatever happens,
the log of runs (refresh_log.py) says where it ended, and readers see one whole version.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

import duckdb_access
from build import (
    EXIT_ALERT,
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_REFUSED,
    EXIT_USAGE,
    ROOT,
    BuildOutcome,
    Dbt,
    Settings,
    UsageError,
    _one_line,
    code_fingerprint,
    settings_from_environment,
    whole_number,
)
from publish import publish
from refresh_lock import AnotherBuild, Lock, only_build_in
from refresh_log import Inputs, RunLog, RunRecord, utc_now, versions_in_use
from refresh_versions import KEPT_VERSIONS, catalogue_hash, new_run_id
from report import Report
from scrub import scrub
from stopping import EXIT_STOPPED, is_stopped, stop_when_asked

RETRY_AFTER_SECONDS = 2
LOG_FORMATS = ("text", "json")
SOURCES = ("contacts", "orders", "order_lines", "products", "events")
PENDING_ERASURE = Path("privacy", "pending_erasure.json")
AS_BEFORE = "the published tables are as before"
# dbt hands on errors of the system as texts.
DISK = re.compile(r"\[Errno [0-9]+\]|No space left on device|File too large")
# What a process that was killed leaves; nothing else writes them while the lock is held.
LEFTOVERS = (
    ".published.duckdb.*.new*", ".tmp", "warehouse.duckdb.tmp", "published.duckdb.tmp",
    ".backfill-*", "versions/.*.new*", "input_checks/*.new", "input_checks/tmp_*",
    "input_checks/spill", "input_checks/.tmp",
)  # fmt: skip


class Ended(Exception):
    """The run ends before its last step; the text is one line."""

    def __init__(self, outcome: str, exit_code: int, cause: str) -> None:
        """Say how and why."""
        super().__init__(cause)
        self.outcome, self.exit_code = outcome, exit_code


def _ended_by_settings(cause: str) -> Ended:
    """Return the end of a run whose project or settings are wrong, or could not be read."""
    if DISK.search(cause):
        return Ended("failed", EXIT_FAILED, f"{cause}; {AS_BEFORE}")
    return Ended("misconfigured", EXIT_USAGE, cause)


@dataclass
class Options:
    """How to run, beside what to build."""

    retries: int
    wait_seconds: int
    kept_versions: int
    is_json: bool


def options_from_environment(environment: dict[str, str]) -> Options:
    """Read RETRIES, WAIT_FOR_LOCK, KEEP_VERSIONS and LOG_FORMAT, and check those of notify.py.

    Raises:
        UsageError: a value makes no sense.
    """
    import notify

    log_format = environment.get("LOG_FORMAT") or "text"
    if log_format not in LOG_FORMATS:
        raise UsageError(f"LOG_FORMAT: '{log_format}' is unknown; write text or json.")
    wrong = notify.mistakes(environment)
    if wrong:
        raise UsageError(wrong[0])
    return Options(
        whole_number(environment, "RETRIES", 1),
        whole_number(environment, "WAIT_FOR_LOCK", 0),
        whole_number(environment, "KEEP_VERSIONS", KEPT_VERSIONS),
        log_format == "json",
    )


@dataclass
class Run:
    """One run, from the lock to the report."""

    settings: Settings
    options: Options
    report: Report
    record: RunRecord
    alerts: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Name the files."""
        self.warehouse = self.settings.warehouse_dir / "warehouse.duckdb"
        self.published = self.settings.warehouse_dir / "published.duckdb"
        self.dbt = Dbt(self.settings)
        self.log = RunLog(self.settings.warehouse_dir)

    def hold(self, lock: Lock) -> None:
        """Go through the steps while the lock is held.

        Raises:
            Ended: a step ended the run. OSError, duckdb.Error: the disk, most often.
        """
        self.lock = lock
        lock.note(run_id=self.record.run_id)
        remove_leftovers(self.settings.warehouse_dir)
        former = lock.former
        if former:
            self.report.line(f"the run before ended without a word: {former}")
        if (self.settings.warehouse_dir / PENDING_ERASURE).exists():
            self.report.line(
                "warning: an erasure was not finished, tables may name people: run `make erase`"
            )
        self.log.begin(self.record, former.step if former else None)
        self.configure()
        self.check_inputs()
        self.build()
        self.raise_alerts()
        self.publish()

    def step(self, name: str) -> None:
        """Say which step begins.

        Raises:
            KeyboardInterrupt: the run was asked to end, and what ran swallowed it.
        """
        if is_stopped():
            raise KeyboardInterrupt
        self.record.last_step = name
        self.lock.note(step=name)

    def configure(self) -> None:
        """Read the project, the vars and the segments."""
        self.step("configuration")
        cause = self.dbt.parse() or self.dbt.check_configuration()
        if cause:
            raise _ended_by_settings(cause)

    def check_inputs(self) -> None:
        """Judge the batch."""
        import check_inputs

        self.step("input_checks")
        settings = self.settings
        if settings.raw_schema:
            self.report.line(
                "input checks: left out, they read files and the raw tables are in the warehouse"
            )
            return
        # Judged as delivered: a part of the files is no batch to compare the next one with.
        variables = settings.variables | {"known_at": None}
        with self.timed("input_check_seconds"):
            try:
                checks = check_inputs.run(
                    settings.raw_dir, settings.warehouse_dir, settings.as_of, settings.timezone,
                    progress=self.report.line, manifest=self.dbt.manifest, variables=variables,
                    run_id=self.record.run_id,
                )  # fmt: skip
            except (check_inputs.UsageError, RuntimeError) as error:
                raise _ended_by_settings(_one_line(str(error))) from error
        self.count_delivered()
        self.report.checks(checks)
        if checks.critical_failures:
            found = "; ".join(check.message for check in checks.critical_failures)
            self.record.message = scrub(found, is_foreign=True)
            raise Ended(
                "refused", EXIT_REFUSED, f"inputs refused; nothing was built and {AS_BEFORE}"
            )

    def build(self) -> None:
        """Build and test; what failed is built again where that may help."""
        self.step("build")
        with self.timed("build_seconds"):
            outcome: BuildOutcome | None = None
            while outcome is None or (outcome.cause and self.may_retry(outcome)):
                with self.report.progress() as on_event:
                    outcome = self.dbt.build(on_event, outcome)
                before = self.record.data_test_seconds or 0
                self.record.data_test_seconds = round(before + outcome.test_seconds, 3)
        if outcome.cause:
            if outcome.is_data_test:
                self.step("data_tests")
            log = self.settings.warehouse_dir / "logs" / "dbt.log"
            cause = scrub(outcome.cause, is_foreign=True)
            raise Ended("failed", EXIT_FAILED, f"{cause} (log: {log})")
        self.count_accepted()

    def may_retry(self, outcome: BuildOutcome) -> bool:
        """Whether to try again, and say so."""
        if self.record.retries >= self.options.retries or not outcome.may_pass_again:
            return False
        self.record.retries += 1
        again = len(outcome.selection())
        cause = scrub(outcome.cause, is_foreign=True)
        self.report.line(
            f"retry {self.record.retries} of {self.options.retries},"
            f" {f'{again} nodes' if again else 'all nodes'}: {cause}"
        )
        time.sleep(RETRY_AFTER_SECONDS)
        return True

    def raise_alerts(self) -> None:
        """Show the alerts; a critical one keeps the tables from being published."""
        self.step("alerts")
        self.alerts = self.report.alerts(self.warehouse)
        critical = [alert for alert in self.alerts if alert["severity"] == "critical"]
        self.record.critical_alerts = len(critical)
        if critical:
            told = "; ".join(f"{one['segment']} {one['alert']}" for one in critical)
            self.record.message = scrub(f"critical: {told}")
            raise Ended("alert", EXIT_ALERT, f"{len(critical)} critical; {AS_BEFORE}")

    def publish(self) -> None:
        """Put the tables where readers find them, the log of runs with this one among them."""
        self.step("publish")
        with self.timed("publish_seconds"):
            self.record.outcome, self.record.exit_code = "done", EXIT_DONE
            self.record.last_step = "done"
            self.record.ended_at = utc_now()
            self.log.write_to(self.warehouse, self.record)
            self.record.last_step = "publish"
            self.record.published_rows = publish(
                self.warehouse, self.published, self.dbt.public_relations(), self.record.run_id,
                self.options.kept_versions,
            )  # fmt: skip
        self.step("report")
        try:
            self.report.outcome(self.warehouse)
        except (OSError, duckdb.Error) as error:
            self.report.line(f"warning: no report: {scrub(error, is_foreign=True)}")
        self.record.last_step = "done"

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Write the seconds of a block into the record."""
        started = time.monotonic()
        try:
            yield
        finally:
            setattr(self.record, name, round(time.monotonic() - started, 3))

    def count_delivered(self) -> None:
        """Take over the rows of each table that the input checks counted."""
        path = self.settings.warehouse_dir / "input_checks" / "batch_profiles.parquet"
        if not path.exists():
            return
        with duckdb_access.connect(folders=[path.parent]) as connection:
            rows = connection.execute(
                "select source, cast(value as bigint) from read_parquet($1)"
                " where run_id = $2 and measure = 'row_count'",
                [str(path), self.record.run_id],
            ).fetchall()
        for source, count in rows:
            if source not in SOURCES:
                continue
            self.record.inputs.setdefault(source, Inputs()).delivered_rows = count

    def count_accepted(self) -> None:
        """Count rows that tables were built from, and rows in quarantine; note the catalogue."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            self.record.catalogue_hash = catalogue_hash(connection, '"warehouse"')
            rejected = dict(
                connection.execute(
                    "select source, count(*) from marts.rejected_rows group by source"
                ).fetchall()
            )
            for source in SOURCES:
                # A data test proves that these are the raw rows, each once.
                present = "" if source == "products" else " where row_state <> 'removed'"
                (staged,) = connection.execute(
                    f"select count(*) from marts_staging.base_{source}__typed{present}"
                ).fetchone()
                found = self.record.inputs.setdefault(source, Inputs())
                found.rejected_rows = rejected.get(source, 0)
                found.accepted_rows = staged - found.rejected_rows


def remove_leftovers(warehouse_dir: Path) -> None:
    """Remove what runs that were killed left in a folder, whose lock is held."""
    for pattern in LEFTOVERS:
        for path in warehouse_dir.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def run_command(command: str, variables: dict[str, Any] | None = None) -> int:
    """Run what the environment asks for and return the exit code.

    Args:
        command: build or refresh.
        variables: dbt vars that the command sets over those of the environment.
    """
    stop_when_asked()
    # Where the disk is full, each line that dbt.log cannot take would be a traceback.
    logging.raiseExceptions = False
    report = Report(is_json=os.environ.get("LOG_FORMAT") == "json")
    record = RunRecord(new_run_id(), command, utc_now())
    ending = Ending(report, record)
    run: Run | None = None
    try:
        settings, options = _configured(report, record, variables or {})
        run = Run(settings, options, report, record)
        ending.log = run.log
        with only_build_in(
            settings.warehouse_dir, command, options.wait_seconds, report.line
        ) as lock:
            ending.has_lock = True
            try:
                run.hold(lock)
            except (Exception, KeyboardInterrupt) as error:
                ending.write(error)
            else:
                ending.write(None)
    except (Exception, KeyboardInterrupt) as error:
        ending.write(error)
    report.json(record.as_json())
    if command == "refresh":
        _notify(run, record, report)
    if record.outcome == "done" and run:
        report.line(
            f"published {record.published_rows:,} rows in {run.published}"
            f" ({record.total_seconds:.0f} s)"
        )
    return EXIT_FAILED if record.exit_code is None else record.exit_code


def _configured(
    report: Report, record: RunRecord, variables: dict[str, Any]
) -> tuple[Settings, Options]:
    """Read the settings, note them in the record, and prepare the process for dbt.

    Raises:
        UsageError: a value makes no sense.
    """
    options = options_from_environment(dict(os.environ))
    settings = settings_from_environment(dict(os.environ))
    settings.variables |= variables
    if not settings.raw_schema and not settings.raw_dir.is_dir():
        raise UsageError(
            f"RAW_DIR: no folder '{settings.raw_dir}'; name the folder of your files, "
            "or run `make demo-data`."
        )
    try:
        settings.warehouse_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"WAREHOUSE_DIR: no folder can be made there: {error}.") from error
    os.environ["RAW_DIR"] = str(settings.raw_dir)
    os.environ["WAREHOUSE_DIR"] = str(settings.warehouse_dir)
    os.environ["CODE_FINGERPRINT"] = code_fingerprint()
    os.chdir(ROOT)
    record.as_of_date = settings.as_of
    if settings.known_at:
        record.known_at = datetime.fromisoformat(settings.known_at).replace(tzinfo=None)
    for name, value in versions_in_use(ROOT).items():
        setattr(record, name, value)
    source = f"schema {settings.raw_schema}" if settings.raw_schema else settings.raw_dir
    known = f", rows loaded by {settings.known_at}" if settings.known_at else ""
    report.line(f"as of {settings.as_of} ({settings.timezone}){known}, input {source}")
    return settings, options


@dataclass
class Ending:
    """How a run ended: said in one line, and written to the log of runs."""

    report: Report
    record: RunRecord
    log: RunLog | None = None
    has_lock: bool = False
    is_written: bool = False
    started: float = field(default_factory=time.monotonic)

    def write(self, error: BaseException | None) -> None:
        """Write down the end. error: what ended the run; None where it is done."""
        if self.is_written:
            return
        self.is_written = True
        if error and is_stopped():
            error = KeyboardInterrupt()
        record = self.record
        record.ended_at = utc_now()
        record.total_seconds = round(time.monotonic() - self.started, 3)
        record.outcome, record.exit_code, cause = self._judge(error)
        if isinstance(error, KeyboardInterrupt):
            record.message = cause
            self.report.stopped(cause)
        elif cause:
            record.message = record.message or cause
            self.report.fail(cause)
        try:
            if self.has_lock and self.log:
                self.log.end(record)
            else:
                _log_of_folder(self.log, record)
        except (OSError, duckdb.Error) as failure:
            found = _one_line(str(failure))
            self.report.line(f"warning: the log of runs could not be written: {found}")

    def _judge(self, error: BaseException | None) -> tuple[str, int, str]:
        """Return outcome, exit code and cause; of what is done there is no cause."""
        step = self.record.last_step
        if error is None:
            return "done", EXIT_DONE, ""
        if isinstance(error, Ended):
            return error.outcome, error.exit_code, str(error)
        if isinstance(error, UsageError):
            return "misconfigured", EXIT_USAGE, str(error)
        if isinstance(error, AnotherBuild):
            return "locked", EXIT_FAILED, str(error)
        stands = AS_BEFORE if self.record.published_rows is None else "the new tables are published"
        if isinstance(error, KeyboardInterrupt):
            return "stopped", EXIT_STOPPED, f"stopped at {step}; {stands}"
        found = scrub(_one_line(str(error)), is_foreign=True)
        if isinstance(error, OSError):
            # Errors of DuckDB quote values, those of the system quote paths.
            found = str(error)
        elif not isinstance(error, duckdb.Error):
            found = f"{type(error).__name__}: {found}"
            stands += _details(error)
        return "failed", EXIT_FAILED, f"{step}: {found}; {stands}"


def _details(error: BaseException) -> str:
    """Write where an error arose that nobody foresaw, over the last one; returns where that is."""
    path = Path(os.environ.get("WAREHOUSE_DIR") or "warehouse") / "logs" / "error.log"
    lines = traceback.format_tb(error.__traceback__)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines) + scrub(error, is_foreign=True) + "\n", encoding="utf-8")
    except OSError:
        return ""
    return f" (details: {path})"


def _log_of_folder(log: RunLog | None, record: RunRecord) -> None:
    """Write the line of a run that did not get the lock; without settings, where that can be."""
    folder = Path(os.environ.get("WAREHOUSE_DIR") or ROOT / "warehouse")
    if log is None and folder.is_dir():
        log = RunLog(folder)
    if log:
        log.line(record)


def _notify(run: Run | None, record: RunRecord, report: Report) -> None:
    """Tell people how it went."""
    import notify

    outcome = {
        "run_id": record.run_id,
        "as_of_date": record.as_of_date,
        "outcome": record.outcome,
        "exit_code": record.exit_code,
        "step": record.last_step,
        "message": record.message,
        "alerts": run.alerts if run else [],
        "published_rows": record.published_rows,
        "duration_seconds": record.total_seconds,
    }
    try:
        warnings = notify.tell(outcome, os.environ)
    except Exception as error:
        warnings = [f"not notified: {type(error).__name__}: {scrub(error, is_foreign=True)}"]
    for warning in warnings:
        report.line(f"warning: {warning}")
