"""Keep what the input checks found: the results that dbt reads and the profiles of earlier runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from input_checks_profile import Profile

KEPT_RUNS = 100
RESULTS_FILE = "input_check_results.parquet"
PROFILES_FILE = "batch_profiles.parquet"

RESULT_COLUMNS = (
    "run_id varchar, source varchar, check_name varchar, severity varchar, is_passed boolean,"
    " observed_value varchar, expected_value varchar, message varchar, checked_at timestamp"
)
PROFILE_COLUMNS = (
    "run_id varchar, checked_at timestamp, is_accepted boolean, source varchar, measure varchar,"
    " value double"
)


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check; `message` is one line for the user and holds no personal value."""

    source: str
    check_name: str
    severity: str
    is_passed: bool
    observed_value: str | None
    expected_value: str
    message: str
    measure: str = ""


def previous_profiles(folder: Path) -> dict[str, dict[str, float]]:
    """Return the measures of the last accepted run by table, empty before the first one.

    A refused run is no yardstick: delivering a cut batch twice does not make it right.
    """
    path = folder / PROFILES_FILE
    if not path.exists():
        return {}
    profiles: dict[str, dict[str, float]] = {}
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select source, measure, value from read_parquet($path) where run_id ="
            " (select max_by(run_id, (checked_at, run_id)) from read_parquet($path)"
            " where is_accepted) and value is not null",
            {"path": str(path)},
        ).fetchall()
    for source, measure, value in rows:
        profiles.setdefault(source, {})[measure] = value
    return profiles


def save_results(
    folder: Path, run_id: str, checked_at: datetime, results: list[CheckResult]
) -> None:
    """Append the results of a run to the file that the dbt source `checks` reads."""
    rows = [
        (
            run_id,
            result.source,
            result.check_name,
            result.severity,
            result.is_passed,
            result.observed_value,
            result.expected_value,
            result.message,
            checked_at,
        )
        for result in results
    ]
    _append(folder / RESULTS_FILE, RESULT_COLUMNS, rows)


def save_profiles(
    folder: Path, run_id: str, checked_at: datetime, is_accepted: bool, profiles: dict[str, Profile]
) -> None:
    """Append the measures of a run to the history that the next run compares with."""
    rows = [
        (run_id, checked_at, is_accepted, source, name, measure.value)
        for source, profile in profiles.items()
        for name, measure in profile.items()
        if measure.value is not None
    ]
    _append(folder / PROFILES_FILE, PROFILE_COLUMNS, rows)


def _append(path: Path, columns: str, rows: list[tuple]) -> None:
    """Add rows to a Parquet file, keep its last KEPT_RUNS runs, and replace it in one step."""
    if not rows:
        return
    fresh = path.with_suffix(".new")
    width = len(rows[0])
    with duckdb.connect() as connection:
        connection.execute(f"create table kept ({columns})")
        if path.exists():
            connection.execute("insert into kept by name from read_parquet($1)", [str(path)])
        # One statement: executemany would take a round trip for each row.
        values = ", ".join(["(" + ", ".join("?" * width) + ")"] * len(rows))
        connection.execute(
            f"insert into kept values {values}", [value for row in rows for value in row]
        )
        target = str(fresh).replace("'", "''")
        connection.execute(
            "copy (from kept where run_id in (from (select run_id from kept group by run_id"
            f" order by max(checked_at) desc, run_id desc limit {KEPT_RUNS}))"
            f" order by all) to '{target}' (format parquet)"
        )
    os.replace(fresh, path)
