"""What segments cost: few of them and many on the same data, then one rule of the many changed.

This is `make bench SIZE=segments`. A figure that misses its goal is printed beside it: no failure.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from rich.console import Console
from rich.table import Table

from bench_catalogue import catalogue, edited
from bench_parts import BenchError, machine, measure, provide_data, total

LARGEST_RATIO = 3.0
LARGEST_MEMORY_GB = 8.0
DEAREST = 12


class Size(NamedTuple):
    """Customers with the mean of orders and events of each; segments and conditions, twice."""

    data: tuple[int, int, int]
    few: tuple[int, int]
    many: tuple[int, int]


# segments-XS is for the project's own tests.
SIZES = {
    "segments-XS": Size((1_000, 10, 50), (10, 10), (60, 50)),
    "segments": Size((200_000, 10, 50), (10, 10), (1_000, 300)),
}


def whole(measured: dict[str, Any], unit: str) -> float:
    """Return the seconds of a dbt run, its start-up included. unit: cpu or wall."""
    return measured["startup"][unit] + measured["total"][unit]


def write_catalogue(segments: list[dict[str, Any]], path: Path) -> Path:
    """Write a catalogue as JSON and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"segments": segments}), encoding="utf-8")
    return path


def contents(warehouse_dir: Path) -> dict[str, Any]:
    """Return the rows of the tables that segments make, and what the last build filled.

    Returns:
        tables: rows by name; sizes: members of each segment; customers: how many there are;
        conditions: by id, the days that the ledger holds and those that the last build filled.
    """
    with duckdb.connect(str(warehouse_dir / "warehouse.duckdb"), read_only=True) as connection:

        def rows(query: str) -> list[tuple]:
            return connection.execute(query).fetchall()

        tables = {
            "ledger": "marts_intermediate.int_segment_ledger__filled",
            "measures": "marts_intermediate.int_segment_measures__pivoted",
            "memberships": "marts.segment_memberships",
        }
        return {
            "tables": {
                name: rows(f"select count(*) from {table}")[0][0] for name, table in tables.items()
            },
            "sizes": [
                size
                for (size,) in rows(
                    """
                    select count(members.customer_id)
                    from marts.segments as segments
                    left join marts.segment_memberships as members using (segment)
                    group by segments.segment
                    """
                )
            ],
            "customers": rows("select count(*) from marts.customers")[0][0],
            "conditions": {
                condition: {"days": days, "filled": filled}
                for condition, days, filled in rows(
                    """
                    select condition_id, filled_days, newly_filled_days
                    from marts_intermediate.int_segment_conditions__filled
                    """
                )
            },
        }


def cost_table(size: str, results: dict[str, dict[str, Any]]) -> Table:
    """Return what each build took, with the ratio of the many to the few."""
    table = Table(title=f"make bench SIZE={size}", title_justify="left")
    table.add_column("")
    for heading in results:
        table.add_column(heading, justify="right")
    table.add_column("ratio", justify="right")
    few, many = list(results.values())[:2]

    def line(what: str, unit: str, seconds: Any) -> None:
        values = [seconds(measured) for measured in results.values()]
        ratio = f"{values[1] / values[0]:.2f}" if values[0] else ""
        table.add_row(f"{what}, {unit} s", *(f"{value:.1f}" for value in values), ratio)

    for unit in ("wall", "cpu"):
        line("dbt build", unit, lambda measured, unit=unit: whole(measured, unit))
        line("  start-up, parsing", unit, lambda measured, unit=unit: measured["startup"][unit])
        line("  the catalogue", unit, lambda measured, unit=unit: measured["catalogue"][unit])
        line("  SQL", unit, lambda measured, unit=unit: total(measured, unit))
    peaks = [measured["peak_bytes"] / 1e9 for measured in results.values()]
    ratio = f"{many['peak_bytes'] / few['peak_bytes']:.2f}"
    table.add_row("peak memory, GB", *(f"{peak:.2f}" for peak in peaks), ratio)
    return table


def dearest_table(measured: dict[str, Any], few: dict[str, Any]) -> Table:
    """Return the models that took most CPU with many segments, beside their CPU with few."""
    table = Table(title="The dearest models, CPU s", title_justify="left")
    table.add_column("model")
    for heading in ("many: in all", "of it SQL", "few: in all"):
        table.add_column(heading, justify="right")
    sql = {part["name"]: part["cpu"] for part in measured["parts"]}
    before = {node["name"]: node["cpu"] for node in few["nodes"]}
    for node in sorted(measured["nodes"], key=lambda one: -one["cpu"])[:DEAREST]:
        name = node["name"]
        table.add_row(
            name, f"{node['cpu']:.1f}", f"{sql.get(name, 0):.1f}", f"{before.get(name, 0):.1f}"
        )
    return table


def rows_table(found: dict[str, dict[str, Any]]) -> Table:
    """Return the sizes of the tables and of the segments."""
    table = Table(title="What came out", title_justify="left")
    table.add_column("")
    for heading in found:
        table.add_column(heading, justify="right")
    for name in ("ledger", "measures", "memberships"):
        table.add_row(f"rows: {name}", *(f"{one['tables'][name]:,}" for one in found.values()))
    table.add_row("event conditions", *(f"{len(one['conditions']):,}" for one in found.values()))
    for what, chosen in (
        ("smallest segment", min),
        ("mean segment", lambda sizes: sum(sizes) / len(sizes)),
        ("largest segment", max),
    ):
        shares = (chosen(one["sizes"]) / one["customers"] for one in found.values())
        table.add_row(f"{what}, share of customers", *(f"{share:.2%}" for share in shares))
    return table


def refilled_lines(segment: str, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return in words which conditions the build after an edit filled, and whether it had to."""
    filled = {name: one["filled"] for name, one in after["conditions"].items() if one["filled"]}
    new = set(after["conditions"]) - set(before["conditions"])
    gone = set(before["conditions"]) - set(after["conditions"])
    unchanged = set(filled) - new
    days = sum(one["days"] for one in after["conditions"].values())
    return [
        f"one rule changed ({segment}): {len(filled)} of {len(after['conditions'])} conditions"
        f" filled, {sum(filled.values()):,} of {days:,} days; {len(new)} new, {len(gone)} dropped",
        f"goal: no condition that did not change is filled again: {len(unchanged)}"
        + (f" ({', '.join(sorted(unchanged))})" if unchanged else ""),
    ]


def benchmark(size: str, data: Path, console: Console) -> None:
    """Run and print everything.

    Args:
        size: a key of SIZES.
        data: folder of the benchmarks' data and warehouses.
        console: where to print.

    Raises:
        BenchError: a part failed.
    """
    asked = SIZES[size]
    raw_dir = data / size
    provide_data(asked.data, raw_dir, console)
    results, found = {}, {}
    for segments, conditions in (asked.few, asked.many):
        name = f"{segments:,} segments"
        console.print(f"measuring: build with {name} over {conditions} event conditions")
        warehouse_dir = data / f"{size}_{segments}_warehouse"
        declared = catalogue(segments, conditions)
        path = write_catalogue(declared, warehouse_dir / "catalogue.json")
        (warehouse_dir / "warehouse.duckdb").unlink(missing_ok=True)
        results[name] = measure("build", raw_dir, warehouse_dir, "--segments", str(path))
        found[name] = contents(warehouse_dir)
        if len(found[name]["conditions"]) != conditions:
            raise BenchError(
                f"bench: {len(found[name]['conditions'])} event conditions instead of {conditions}"
            )
    few, many = list(results)
    console.print(f"measuring: data tests with {many}")
    tests = measure("tests", raw_dir, warehouse_dir, "--segments", str(path))
    console.print("measuring: build after one rule changed")
    changed, segment = edited(declared)
    path = write_catalogue(changed, warehouse_dir / "catalogue_edited.json")
    results["one rule changed"] = measure("build", raw_dir, warehouse_dir, "--segments", str(path))
    after = contents(warehouse_dir)
    console.print()
    console.print(dearest_table(results[many], results[few]))
    console.print(rows_table(found))
    console.print(cost_table(size, results))
    for line in refilled_lines(segment, found[many], after):
        console.print(line, soft_wrap=True)
    console.print(
        f"the data tests with {many}: {whole(tests, 'cpu'):.1f} s CPU,"
        f" {whole(tests, 'wall'):.1f} s wall, {tests['peak_bytes'] / 1e9:.2f} GB",
        soft_wrap=True,
    )
    wall, cpu = (whole(results[many], unit) / whole(results[few], unit) for unit in ("wall", "cpu"))
    peak = results[many]["peak_bytes"] / 1e9
    console.print(
        f"goal: {many} in at most {LARGEST_RATIO:g} times the time of {few}:"
        f" {wall:.2f} (wall), {cpu:.2f} (CPU); within {LARGEST_MEMORY_GB:g} GB: {peak:.2f}",
        soft_wrap=True,
    )
    console.print(machine())
