"""Measure the build against two yardsticks on the same files: a raw scan and SQL written by hand.

Usage: python scripts/bench.py S|M|segments|refresh|backfill. `segments` builds two catalogues
instead (bench_segments.py), `refresh` adds a day of rows to a warehouse (bench_refresh.py),
`backfill` fills three years of history (bench_backfill.py). Exit code 0: measured, and the script
written by hand, a full build beside the refresh, or the builds of some days beside the one pass
gave the same; 1: a table differs or a part failed, with the cause in one line.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import bench_backfill
import bench_refresh
import bench_segments
from bench_measure import ROOT
from bench_parts import BenchError, machine, measure, parts_table, provide_data, total

# Customers, and the mean of orders and of events of each; XS is for the project's own tests.
SIZES = {"XS": (1_000, 10, 50), "S": (20_000, 10, 50), "M": (1_000_000, 10, 30)}
LARGEST_RATIO = 2.0
LARGEST_MEMORY_GB = 4.0


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


def benchmark(size: str, data: Path, console: Console) -> bool:
    """Run and print everything; return whether the end tables are the same."""
    raw_dir, warehouse_dir = data / size, data / f"{size}_warehouse"
    provide_data(SIZES[size], raw_dir, console)
    (warehouse_dir / "warehouse.duckdb").unlink(missing_ok=True)
    results = {}
    for name in ("build", "yardstick", "scan", "tests", "compare"):
        console.print(f"measuring: {name}")
        results[name] = measure(name, raw_dir, warehouse_dir)
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
    others = (bench_segments, bench_refresh, bench_backfill)
    sizes = [*SIZES, *(size for other in others for size in other.SIZES)]
    parser.add_argument("size", choices=sizes)
    parser.add_argument("--data", type=Path, default=ROOT / "data" / "bench", help="folder")
    options = parser.parse_args()
    console = Console(highlight=False, soft_wrap=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=110)
    data = options.data.absolute()
    try:
        if options.size in bench_segments.SIZES:
            bench_segments.benchmark(options.size, data, console)
            return 0
        if options.size in bench_refresh.SIZES:
            counts = SIZES[bench_refresh.SIZES[options.size]]
            return 1 if bench_refresh.benchmark(options.size, counts, data, console) else 0
        if options.size in bench_backfill.SIZES:
            return 0 if bench_backfill.benchmark(options.size, data, console) else 1
        return 0 if benchmark(options.size, data, console) else 1
    except BenchError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
