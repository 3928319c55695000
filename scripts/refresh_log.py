"""The log of runs: a Parquet store that dbt reads, and one JSON line a run for log collectors.

A run writes its row when it starts and again when it ends. A row that still says `running` when the
next run holds the lock is of a process that was killed.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb

import duckdb_access
from refresh_versions import replace

KEPT_RUNS = 1000
RUNS, INPUTS = "refresh_runs", "refresh_run_inputs"
JSON_FILE = "refresh.jsonl"
# Two files of this size stay; a line has about 1.5 kB.
JSON_BYTES = 1_000_000

RUN_COLUMNS = {
    "run_id": "varchar", "command": "varchar", "started_at": "timestamp", "ended_at": "timestamp",
    "as_of_date": "date", "known_at": "timestamp", "outcome": "varchar", "exit_code": "integer",
    "last_step": "varchar", "message": "varchar", "retries": "integer",
    "critical_alerts": "integer", "published_rows": "bigint", "input_check_seconds": "double",
    "build_seconds": "double", "data_test_seconds": "double", "publish_seconds": "double",
    "total_seconds": "double", "project_version": "varchar", "dbt_version": "varchar",
    "duckdb_version": "varchar", "git_commit": "varchar", "catalogue_hash": "varchar",
}  # fmt: skip
INPUT_COLUMNS = {
    "run_id": "varchar", "source": "varchar", "delivered_rows": "bigint",
    "accepted_rows": "bigint", "rejected_rows": "bigint",
}  # fmt: skip


@dataclass
class Inputs:
    """Rows of one raw table in a run; None where the run did not come so far."""

    delivered_rows: int | None = None
    accepted_rows: int | None = None
    rejected_rows: int | None = None


@dataclass
class RunRecord:
    """What is known of one run; times in UTC without a zone, texts without personal values."""

    run_id: str
    command: str
    started_at: datetime
    ended_at: datetime | None = None
    as_of_date: date | None = None
    known_at: datetime | None = None
    outcome: str = "running"
    exit_code: int | None = None
    last_step: str = "start"
    message: str | None = None
    retries: int = 0
    critical_alerts: int | None = None
    published_rows: int | None = None
    input_check_seconds: float | None = None
    build_seconds: float | None = None
    data_test_seconds: float | None = None
    publish_seconds: float | None = None
    total_seconds: float | None = None
    project_version: str | None = None
    dbt_version: str | None = None
    duckdb_version: str | None = None
    git_commit: str | None = None
    catalogue_hash: str | None = None
    inputs: dict[str, Inputs] = field(default_factory=dict)

    def rows(self) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        """Return the row of the run and those of its inputs, in the order of the columns."""
        run = tuple(getattr(self, name) for name in RUN_COLUMNS)
        inputs = [
            (self.run_id, source, one.delivered_rows, one.accepted_rows, one.rejected_rows)
            for source, one in sorted(self.inputs.items())
        ]
        return run, inputs

    def as_json(self) -> str:
        """Return the run as one line."""
        found: dict[str, Any] = {"event": "run_ended"}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name == "inputs":
                value = {source: vars(rows) for source, rows in sorted(value.items())}
            elif isinstance(value, datetime):
                value = value.isoformat(timespec="seconds") + "Z"
            elif isinstance(value, date):
                value = value.isoformat()
            found[one.name] = value
        return json.dumps(found, ensure_ascii=False)


def utc_now() -> datetime:
    """Return the time in UTC, without a zone, as the log holds it."""
    return datetime.now(UTC).replace(tzinfo=None)


@cache
def versions_in_use(root: Path) -> dict[str, str | None]:
    """Return what a run is made by, as columns of the log: project, tools, commit.

    The commit comes from GIT_COMMIT where no repository is at hand, as in a container.
    """
    import yaml

    project = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    commit = os.environ.get("GIT_COMMIT")
    if not commit and (root / ".git").exists():
        command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40"]
        try:
            done = subprocess.run(
                [*command, "--exclude", "*"], capture_output=True, text=True, timeout=20,
                check=True, env=os.environ | {"GIT_OPTIONAL_LOCKS": "0"},
            )  # fmt: skip
            commit = done.stdout.strip()
        except (OSError, subprocess.SubprocessError):
            commit = None
    return {
        "project_version": str(project["version"]),
        "dbt_version": version("dbt-core"),
        "duckdb_version": duckdb.__version__,
        "git_commit": commit or None,
    }


class RunLog:
    """The log of a WAREHOUSE_DIR; only who holds the lock writes the store."""

    def __init__(self, warehouse_dir: Path) -> None:
        """Take the folder."""
        self._warehouse_dir = warehouse_dir
        self._folder = warehouse_dir / "input_checks"

    def begin(self, record: RunRecord, former_step: str | None = None) -> list[str]:
        """Write that a run started, and of earlier ones without an end that they were killed.

        Args:
            record: the run.
            former_step: step that the last one was at, where that is known.

        Returns:
            Ids of the runs that were killed.

        Raises:
            OSError, duckdb.Error: the store cannot be written.
        """
        with self._connected() as connection:
            self._load(connection)
            killed = connection.execute(
                f"update {RUNS} set outcome = 'killed', last_step = coalesce($1, last_step),"
                " message = 'ended without a word: killed, out of memory or a loss of power'"
                f" where outcome = 'running' returning {', '.join(RUN_COLUMNS)}",
                [former_step],
            ).fetchall()
            self._put(connection, record)
            self._store(connection)
        for row in killed:
            self.line(RunRecord(**dict(zip(RUN_COLUMNS, row, strict=True))))
        return [row[0] for row in killed]

    def end(self, record: RunRecord) -> None:
        """Write how a run ended, to the store and as a line.

        Raises:
            OSError, duckdb.Error: one of them cannot be written.
        """
        self.line(record)
        with self._connected() as connection:
            self._load(connection)
            self._put(connection, record)
            self._store(connection)

    def line(self, record: RunRecord) -> None:
        """Append the JSON line of a run; it is written at once, so that lines never mix."""
        path = self._warehouse_dir / "logs" / JSON_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > JSON_BYTES:
            path.replace(path.with_name(f"{JSON_FILE}.1"))
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(descriptor, f"{record.as_json()}\n".encode())
        finally:
            os.close(descriptor)

    def write_to(self, warehouse: Path, record: RunRecord) -> None:
        """Bring the tables of the log in a build up to date, this run as one that is done.

        Args:
            warehouse: DuckDB file of the build, which holds them.
            record: the run.

        Raises:
            OSError, duckdb.Error: it cannot be written.
        """
        with duckdb_access.connect(warehouse, folders=[self._warehouse_dir]) as connection:
            connection.execute("begin")
            for table in (RUNS, INPUTS):
                connection.execute(f"delete from marts.{table}")
                path = duckdb_access.sql_text(self._folder / f"{table}.parquet")
                connection.execute(
                    f"insert into marts.{table} by name from read_parquet({path})"
                    " where run_id <> $1",
                    [record.run_id],
                )
            self._put(connection, record, "marts.")
            connection.execute("commit")

    def _connected(self) -> duckdb.DuckDBPyConnection:
        return duckdb_access.connect(folders=[self._warehouse_dir])

    def _load(self, connection: duckdb.DuckDBPyConnection) -> None:
        for table, columns in ((RUNS, RUN_COLUMNS), (INPUTS, INPUT_COLUMNS)):
            declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            connection.execute(f"create table {table} ({declared})")
            path = self._folder / f"{table}.parquet"
            if not path.exists():
                continue
            source = f"read_parquet({duckdb_access.sql_text(path)})"
            try:
                there = connection.execute(f"describe select * from {source}").fetchall()
                names = ", ".join(name for name, *_ in there if name in columns)
                connection.execute(f"insert into {table} by name select {names} from {source}")
            except duckdb.Error:
                # A log that a loss of power broke must not stop the runs after it.
                path.replace(path.with_suffix(".broken"))

    def _put(
        self, connection: duckdb.DuckDBPyConnection, record: RunRecord, schema: str = ""
    ) -> None:
        run, inputs = record.rows()
        for table, columns, rows in ((RUNS, RUN_COLUMNS, [run]), (INPUTS, INPUT_COLUMNS, inputs)):
            connection.execute(f"delete from {schema}{table} where run_id = $1", [record.run_id])
            places = ", ".join("?" * len(columns))
            for row in rows:
                connection.execute(
                    f"insert into {schema}{table} ({', '.join(columns)}) values ({places})", row
                )

    def _store(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Replace both files; who reads them in between sees the inputs of one run more or less."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for table in (INPUTS, RUNS):
            fresh = self._folder / f"{table}.new"
            connection.execute(
                f"copy (from {table} where run_id in"
                f" (select run_id from {RUNS} order by run_id desc limit {KEPT_RUNS})"
                f" order by all) to {duckdb_access.sql_text(fresh)} (format parquet)"
            )
            replace(fresh, self._folder / f"{table}.parquet")
