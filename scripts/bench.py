"""Measure the build against two yardsticks on the same files: a raw scan and SQL written by hand.

Usage: python scripts/bench.py S|M. Exit code 0: measured, and the script written by hand gave the
same end tables; 1: a table differs or a part failed, with the cause in one line.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from bench_measure import AS_OF, ROOT
from demo_data import GENERATOR_VERSION

# Customers, and the mean of orders and of events of each; XS is for the project's own tests.
SIZES = {"XS": (1_000, 10, 50), "S": (20_000, 10, 50), "M": (1_000_000, 10, 30)}
SEED = 1
LARGEST_RATIO = 2.0
LARGEST_MEMORY_GB = 4.0


class BenchError(Exception):
    """A part of the benchmark failed; the message is one line."""


def run(command: list[str]) -> str:
    """Run one of the project's scripts and return what it printed.

    Raises:
        BenchError: it failed.
    """
    script = str(ROOT / "scripts" / command[0])
    environment = {name: value for name, value in os.environ.items() if name != "DBT_TARGET"}
    done = subprocess.run(
        [sys.executable, script, *command[1:]],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
        raise BenchError(f"bench: {' '.join(command[:2])} failed: {lines[-1]}")
    return done.stdout


def provide_data(size: str, folder: Path, console: Console) -> None:
    """Generate the demo of a size unless the folder holds that very one."""
    customers, orders, events = SIZES[size]
    wanted = {
        "generator_version": GENERATOR_VERSION, "customers": customers, "seed": SEED,
        "end_date": AS_OF, "orders_per_customer": orders, "events_per_customer": events,
    }  # fmt: skip
    manifest = folder / "manifest.json"
    if manifest.exists():
        found = json.loads(manifest.read_text(encoding="utf-8"))
        if all(found.get(name) == value for name, value in wanted.items()):
            return
    console.print(f"generating {customers:,} customers in {folder}")
    run(
        ["demo_data.py", "--customers", str(customers), "--seed", str(SEED), "--end", AS_OF,
         "--orders-per-customer", str(orders), "--events-per-customer", str(events),
         "--output", str(folder)]
    )  # fmt: skip


def total(measured: dict[str, Any], unit: str) -> float:
    """Return the seconds of all parts. unit: cpu or wall."""
    return sum(part[unit] for part in measured["parts"])


def parts_table(title: str, measured: dict[str, Any], at_least: float) -> Table:
    """Return the parts of a measurement, the dearest first.

    Args:
        title: heading.
        measured: what bench_measure.py printed.
        at_least: parts that took less CPU (seconds) are summed up in one line.
    """
    table = Table("part", "CPU s", "wall s", title=title, title_justify="left")
    table.columns[1].justify = table.columns[2].justify = "right"
    parts = sorted(measured["parts"], key=lambda part: -part["cpu"])
    small = [part for part in parts if part["cpu"] < at_least]
    for part in parts[: len(parts) - len(small)]:
        table.add_row(part["name"], f"{part['cpu']:.2f}", f"{part['wall']:.2f}")
    if small:
        cpu, wall = (sum(part[unit] for part in small) for unit in ("cpu", "wall"))
        table.add_row(f"{len(small)} others", f"{cpu:.2f}", f"{wall:.2f}")
    return table


def summary_table(size: str, results: dict[str, dict[str, Any]]) -> Table:
    """Return the one table at the end."""
    table = Table(title=f"make bench SIZE={size}", title_justify="left")
    table.add_column("")
    for heading in ("SQL CPU s", "to the yardstick", "SQL wall s", "peak memory GB"):
        table.add_column(heading, justify="right")
    base = total(results["yardstick"], "cpu")
    for name, what in (
        ("build", "the project (dbt build, without tests)"),
        ("yardstick", "yardstick: SQL by hand, same end tables"),
        ("scan", "yardstick: raw scan, every column once"),
        ("tests", "the project's data tests"),
    ):
        measured = results[name]
        table.add_row(
            what, f"{total(measured, 'cpu'):.1f}", f"{total(measured, 'cpu') / base:.2f}",
            f"{total(measured, 'wall'):.1f}", f"{measured['peak_bytes'] / 1e9:.2f}",
        )  # fmt: skip
    return table


def machine() -> str:
    """Return cores, memory and versions in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, DuckDB {duckdb.__version__},"
        f" {os.environ.get('DUCKDB_THREADS', '2')} threads,"
        f" memory limit {os.environ.get('DUCKDB_MEMORY_LIMIT', '3GB')}"
    )


def benchmark(size: str, data: Path, console: Console) -> bool:
    """Run and print everything; return whether the end tables are the same."""
    raw_dir, warehouse_dir = data / size, data / f"{size}_warehouse"
    provide_data(size, raw_dir, console)
    (warehouse_dir / "warehouse.duckdb").unlink(missing_ok=True)
    results = {}
    for name in ("build", "yardstick", "scan", "tests", "compare"):
        console.print(f"measuring: {name}")
        output = run(["bench_measure.py", name, str(raw_dir), str(warehouse_dir)])
        results[name] = json.loads(output.strip().splitlines()[-1])
    least = total(results["build"], "cpu") / 200
    console.print()
    console.print(parts_table("The project, SQL by model", results["build"], least))
    console.print(parts_table("The yardstick, SQL by file", results["yardstick"], 0))
    console.print(summary_table(size, results))
    startup, whole = results["build"]["startup"], results["build"]["total"]
    own = whole["cpu"] - total(results["build"], "cpu")
    console.print(
        f"dbt itself: start-up and parsing {startup['cpu']:.1f} s CPU ({startup['wall']:.1f} s),"
        f" work around the SQL {own:.1f} s CPU"
    )
    ratio = total(results["build"], "cpu") / total(results["yardstick"], "cpu")
    peak = results["build"]["peak_bytes"] / 1e9
    console.print(
        f"goal: at most {LARGEST_RATIO:g} times the yardstick's CPU: {ratio:.2f};"
        f" within {LARGEST_MEMORY_GB:g} GB: {peak:.2f}"
    )
    console.print(machine())
    differences = results["compare"]["differences"]
    console.print(f"same tables: {'no' if differences else 'yes'}")
    for table, difference in differences.items():
        console.print(f"  {table}: {difference}")
    return not differences


def main() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "bench", help="folder")
    options = parser.parse_args()
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=110)
    try:
        return 0 if benchmark(options.size, options.data.absolute(), console) else 1
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
