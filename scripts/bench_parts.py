"""What both benchmarks need: data of a size, parts in processes of their own, tables to print."""

from __future__ import annotations

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

SEED = 1


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


def measure(what: str, raw_dir: Path, warehouse_dir: Path, *options: str) -> dict[str, Any]:
    """Take one measurement, bench_measure.py, in a process of its own and return it."""
    words = [what, str(raw_dir), str(warehouse_dir), *options]
    return json.loads(run(["bench_measure.py", *words]).strip().splitlines()[-1])


def provide_data(counts: tuple[int, int, int], folder: Path, console: Console) -> None:
    """Generate a demo unless the folder holds that very one.

    Args:
        counts: customers, and the mean of orders and of events of each.
        folder: where its files are, or shall be.
        console: where to say so.
    """
    customers, orders, events = counts
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


def machine() -> str:
    """Return cores, memory and versions in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}, DuckDB {duckdb.__version__},"
        f" {os.environ.get('DUCKDB_THREADS', '2')} threads,"
        f" memory limit {os.environ.get('DUCKDB_MEMORY_LIMIT', '3GB')}"
    )
