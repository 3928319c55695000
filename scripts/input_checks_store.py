"""Keep what the input checks found: the results that dbt reads and the profiles of earlier runs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from duckdb_access import connect
from input_checks_drift import FileState, Former
from input_checks_files import Batch
from input_checks_profile import Profile

KEPT_RUNS = 100
ROWS_OF_A_STATEMENT = 1000
RESULTS_FILE = "input_check_results.parquet"
PROFILES_FILE = "batch_profiles.parquet"
COLUMNS_FILE = "batch_columns.parquet"
FILES_FILE = "batch_files.parquet"
# What the next run compares with.
HISTORY_FILES = (PROFILES_FILE, COLUMNS_FILE, FILES_FILE)

RESULT_COLUMNS = (
    "run_id varchar, source varchar, check_name varchar, severity varchar, is_passed boolean,"
    " observed_value varchar, expected_value varchar, message varchar, checked_at timestamp"
)
PROFILE_COLUMNS = (
    "run_id varchar, checked_at timestamp, is_accepted boolean, source varchar, measure varchar,"
    " value double"
)
COLUMN_COLUMNS = (
    "run_id varchar, checked_at timestamp, source varchar, form varchar, column_name varchar,"
    " column_type varchar"
)
FILE_COLUMNS = (
    "run_id varchar, checked_at timestamp, source varchar, file_name varchar, size_bytes bigint,"
    " changed_ns bigint, content_hash varchar"
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


def former_batch(folder: Path) -> Former:
    """Return what is known of the last accepted batch, empty before the first one.

    A refused run is no yardstick: delivering a cut batch twice does not make it right.
    """
    former = Former()
    if not (folder / PROFILES_FILE).exists():
        return former
    with connect(folders=[folder]) as connection:
        run_id, rows = _last_accepted(connection, folder)
        for source, measure, value in rows:
            former.profiles.setdefault(source, {})[measure] = value
        for source, form, name, data_type in _rows_of_run(
            connection, folder / COLUMNS_FILE, run_id, "source, form, column_name, column_type"
        ):
            former.forms[source] = form
            former.columns.setdefault(source, {})[name] = data_type
        for name, size, changed_ns, content_hash in _rows_of_run(
            connection,
            folder / FILES_FILE,
            run_id,
            "file_name, size_bytes, changed_ns, content_hash",
        ):
            former.files[name] = (size, changed_ns, content_hash)
    return former


def _last_accepted(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[str, list[tuple]]:
    path = {"path": str(folder / PROFILES_FILE)}
    (run_id,) = connection.execute(
        "select max_by(run_id, (checked_at, run_id)) from read_parquet($path) where is_accepted",
        path,
    ).fetchone()
    rows = connection.execute(
        "select source, measure, value from read_parquet($path) where run_id = $run_id"
        " and value is not null",
        path | {"run_id": run_id},
    ).fetchall()
    return run_id, rows


def _rows_of_run(
    connection: duckdb.DuckDBPyConnection, path: Path, run_id: str, columns: str
) -> list[tuple]:
    """Return rows of the history of one run; none where it was written by an older version."""
    if not path.exists():
        return []
    query = f"select {columns} from read_parquet($1) where run_id = $2"
    return connection.execute(query, [str(path), run_id]).fetchall()


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


def save_batch(
    folder: Path, run_id: str, checked_at: datetime, batch: Batch, files: list[FileState]
) -> None:
    """Keep columns and files of an accepted batch, in place of those of the one before."""
    columns = [
        (run_id, checked_at, one.table, one.form, name, data_type)
        for one in batch.deliveries.values()
        for name, data_type in one.columns.items()
    ]
    _append(folder / COLUMNS_FILE, COLUMN_COLUMNS, columns, kept_runs=1)
    states = [
        (run_id, checked_at, one.table, one.name, one.size, one.changed_ns, one.content_hash)
        for one in files
    ]
    _append(folder / FILES_FILE, FILE_COLUMNS, states, kept_runs=1)


def forget(folder: Path) -> None:
    """Remove what the next run would compare with."""
    for name in HISTORY_FILES:
        (folder / name).unlink(missing_ok=True)


def _append(path: Path, columns: str, rows: list[tuple], kept_runs: int = KEPT_RUNS) -> None:
    """Add rows to a Parquet file, keep its last runs, and replace it in one step."""
    if not rows:
        return
    fresh = path.with_suffix(".new")
    width = len(rows[0])
    with connect(folders=[path.parent]) as connection:
        connection.execute(f"create table kept ({columns})")
        if path.exists() and kept_runs > 1:
            connection.execute("insert into kept by name from read_parquet($1)", [str(path)])
        # Many a statement: executemany would take a round trip for each row.
        for start in range(0, len(rows), ROWS_OF_A_STATEMENT):
            some = rows[start : start + ROWS_OF_A_STATEMENT]
            values = ", ".join(["(" + ", ".join("?" * width) + ")"] * len(some))
            connection.execute(
                f"insert into kept values {values}", [value for row in some for value in row]
            )
        target = str(fresh).replace("'", "''")
        connection.execute(
            "copy (from kept where run_id in (from (select run_id from kept group by run_id"
            f" order by max(checked_at) desc, run_id desc limit {kept_runs}))"
            f" order by all) to '{target}' (format parquet)"
        )
    os.replace(fresh, path)
