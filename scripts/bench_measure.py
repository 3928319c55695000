"""Take one measurement of the benchmark, in a process of its own, and print it as JSON.

CPU seconds and peak memory are those of this process: nothing else may run in it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parent.parent
AS_OF = "2026-11-21"
RAW_TABLES = ("contacts", "orders", "order_lines", "products", "events")
# Not compared: tables that hold the catalogue's own words, and input_check_results, a log of runs.
END_TABLES = (
    "customers",
    "rfm_scores",
    "value_tiers",
    "cohort_retention",
    "segment_memberships",
    "segment_overlaps",
    "rejected_rows",
)


class Clock:
    """CPU seconds of this process and seconds on the wall since it was made."""

    def __init__(self) -> None:
        """Start."""
        self._started = time.perf_counter()
        self._cpu = self._cpu_now()

    @staticmethod
    def _cpu_now() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    def read(self) -> dict[str, float]:
        """Return cpu and wall, both in seconds."""
        return {"cpu": self._cpu_now() - self._cpu, "wall": time.perf_counter() - self._started}


def add(sums: dict[str, float], clock: Clock) -> None:
    """Add what a clock says to sums of cpu and wall."""
    for name, value in clock.read().items():
        sums[name] += value


def connect(database: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """Open DuckDB with the settings that the project's profile has by default."""
    options = {} if database == ":memory:" else {"storage_compatibility_version": "v1.5.0"}
    connection = duckdb.connect(database, config=options)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set threads = {int(os.environ.get('DUCKDB_THREADS', '2'))}")
    limit = os.environ.get("DUCKDB_MEMORY_LIMIT", "3GB").replace("'", "''")
    connection.execute(f"set memory_limit = '{limit}'")
    connection.execute("set preserve_insertion_order = false")
    return connection


def quoted(path: Path) -> str:
    """Return a path as an SQL string literal."""
    return "'" + path.as_posix().replace("'", "''") + "'"


def scan(raw_dir: Path) -> dict[str, Any]:
    """Read and decode every column of every raw file once."""
    connection = connect()
    parts = []
    for table in RAW_TABLES:
        source = f"read_parquet({quoted(raw_dir / table)[:-1]}.parquet')"
        columns = connection.execute(f"describe select * from {source}").fetchall()
        # A hash needs the value itself: statistics of the file could answer max() or count().
        reads = ", ".join(f'bit_xor(hash("{name}"))' for name, *_ in columns)
        clock = Clock()
        connection.execute(f"select {reads} from {source}").fetchall()
        parts.append({"name": table, **clock.read()})
    return {"parts": parts}


def yardstick(raw_dir: Path, database: Path) -> dict[str, Any]:
    """Run the hand-written script, scripts/bench/*.sql, into a new database file."""
    database.parent.mkdir(parents=True, exist_ok=True)
    database.unlink(missing_ok=True)
    connection = connect(str(database))
    connection.execute(f"set variable raw_dir = {quoted(raw_dir)}")
    parts = []
    for path in sorted((ROOT / "scripts" / "bench").glob("*.sql")):
        clock = Clock()
        connection.execute(path.read_text(encoding="utf-8"))
        parts.append({"name": path.stem, **clock.read()})
    clock = Clock()
    connection.close()
    parts.append({"name": "writing the file's end", **clock.read()})
    return {"parts": parts}


OUTSIDE_NODES = "on-run-start and dbt's look-ups"


class DbtMeter:
    """CPU and wall seconds of a dbt run: its SQL by node, the whole of each node, the catalogue."""

    def __init__(self) -> None:
        """Listen to every statement of dbt-duckdb's cursors; dbt must run one thread."""
        from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper
        from dbt.clients.jinja import MacroGenerator

        self.node = OUTSIDE_NODES
        self.sql: dict[str, dict[str, float]] = defaultdict(lambda: {"cpu": 0.0, "wall": 0.0})
        self.nodes: dict[str, dict[str, float]] = {}
        self.catalogue = {"cpu": 0.0, "wall": 0.0}
        self._node_clock = Clock()
        execute, call_macro = DuckDBCursorWrapper.execute, MacroGenerator.call_macro

        def measured(cursor: Any, *arguments: Any, **options: Any) -> Any:
            clock = Clock()
            try:
                return execute(cursor, *arguments, **options)
            finally:
                add(self.sql[self.node], clock)

        def measured_macro(macro: Any, *arguments: Any, **options: Any) -> Any:
            if macro.get_name() != "segment_catalogue":
                return call_macro(macro, *arguments, **options)
            clock = Clock()
            try:
                return call_macro(macro, *arguments, **options)
            finally:
                add(self.catalogue, clock)

        DuckDBCursorWrapper.execute = measured
        MacroGenerator.call_macro = measured_macro

    def on_event(self, event: Any) -> None:
        """Follow dbt from node to node."""
        if event.info.name == "NodeStart":
            self.node = event.data.node_info.node_name
            self._node_clock = Clock()
        elif event.info.name == "NodeFinished":
            self.nodes[self.node] = self._node_clock.read()
            self.node = OUTSIDE_NODES


def dbt(
    command: list[str], raw_dir: Path, warehouse_dir: Path, catalogue: Path | None
) -> dict[str, Any]:
    """Run one dbt command.

    Args:
        command: words after `dbt`, without paths and vars.
        raw_dir: folder of the contract's tables.
        warehouse_dir: folder of warehouse.duckdb, of dbt's target and its logs.
        catalogue: JSON file with the segments; None = those of vars.yml.

    Returns:
        parts: the SQL of each node; nodes: each node with the work around its SQL; catalogue: its
        compilation, which is in the first of them; startup and total, which is all but the startup.

    Raises:
        SystemExit: dbt failed; the message is dbt's.
    """
    os.environ.update(
        DBT_PROFILES_DIR=str(ROOT / "profiles"), RAW_DIR=str(raw_dir),
        WAREHOUSE_DIR=str(warehouse_dir), DBT_THREADS="1", DO_NOT_TRACK="1",
        DBT_SEND_ANONYMOUS_USAGE_STATS="false",
    )  # fmt: skip
    os.chdir(ROOT)
    warehouse_dir.mkdir(parents=True, exist_ok=True)
    variables = {"as_of_date": AS_OF, "timezone": "UTC"}
    if catalogue:
        variables |= json.loads(catalogue.read_text(encoding="utf-8"))
    paths = [
        "--target-path", str(warehouse_dir / "target"), "--log-path", str(warehouse_dir / "logs"),
    ]  # fmt: skip
    clock = Clock()
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    from build import lasting_variables

    quiet = ["--quiet", "--log-level", "none"]
    lasting = json.dumps(lasting_variables(variables))
    parsed = dbtRunner().invoke([*quiet, "parse", "--vars", lasting, *paths])
    if not parsed.success:
        raise SystemExit(str(parsed.exception))
    startup = clock.read()
    meter = DbtMeter()
    clock = Clock()
    runner = dbtRunner(manifest=parsed.result, callbacks=[meter.on_event])
    outcome = runner.invoke([*quiet, *command, "--vars", json.dumps(variables), *paths])
    closing = Clock()
    DuckDBConnectionManager.close_all_connections()
    add(meter.sql["writing the file's end"], closing)
    total = clock.read()
    if not outcome.success:
        failed = [
            f"{result.node.name}: {result.message}"
            for result in getattr(outcome.result, "results", None) or []
            if str(result.status) not in ("success", "pass", "skipped")
        ]
        raise SystemExit("\n".join(failed) or str(outcome.exception))
    return {
        "startup": startup,
        "total": total,
        "catalogue": meter.catalogue,
        "parts": [{"name": name, **spent} for name, spent in meter.sql.items()],
        "nodes": [{"name": name, **spent} for name, spent in meter.nodes.items()],
    }


def compare(warehouse: Path, database: Path) -> dict[str, Any]:
    """Compare each end table of the project with the yardstick's, row for row.

    Returns:
        Under differences, by table: what differs, in words.
    """
    connection = connect()
    connection.execute(f"attach {quoted(warehouse)} as project (read_only)")
    connection.execute(f"attach {quoted(database)} as yardstick (read_only)")
    differences = {}
    for table in END_TABLES:
        ours, theirs = f"project.marts.{table}", f"yardstick.main.{table}"
        columns = [
            [row[:2] for row in connection.execute(f"describe {name}").fetchall()]
            for name in (ours, theirs)
        ]
        if columns[0] != columns[1]:
            strange = {name for name, _ in set(columns[0]) ^ set(columns[1])}
            differences[table] = f"columns {', '.join(sorted(strange)) or 'in another order'}"
            continue
        # The sum of the rows' hashes does not see their order and does see a row that comes twice.
        contents = [
            connection.execute(
                f"select count(*), sum(cast(hash(whole) as hugeint)) from {name} as whole"
            ).fetchone()
            for name in (ours, theirs)
        ]
        if contents[0] != contents[1]:
            only = [
                connection.execute(
                    f"select count(*) from (from {one} except all from {other})"
                ).fetchone()[0]
                for one, other in ((ours, theirs), (theirs, ours))
            ]
            differences[table] = f"{only[0]} rows only in the project, {only[1]} in the yardstick"
    return {"differences": differences}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("build", "tests", "scan", "yardstick", "compare"))
    parser.add_argument("raw_dir", type=Path)
    parser.add_argument("warehouse_dir", type=Path)
    parser.add_argument("--segments", type=Path, help="JSON file with a catalogue")
    options = parser.parse_args()
    database = options.warehouse_dir / "yardstick" / "by_hand.duckdb"
    if options.what == "build":
        excluded = ["--exclude-resource-type", "test", "unit_test"]
        measured = dbt(
            ["build", *excluded], options.raw_dir, options.warehouse_dir, options.segments
        )
    elif options.what == "tests":
        command = ["test", "--exclude-resource-type", "unit_test"]
        measured = dbt(command, options.raw_dir, options.warehouse_dir, options.segments)
    elif options.what == "scan":
        measured = scan(options.raw_dir)
    elif options.what == "yardstick":
        measured = yardstick(options.raw_dir, database)
    else:
        measured = compare(options.warehouse_dir / "warehouse.duckdb", database)
    measured["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
