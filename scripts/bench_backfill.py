"""What filling three years of history costs: one pass over the facts, and a build for each day.

This is `make bench SIZE=backfill`. The builds are measured on a few runs of consecutive days and
extrapolated; on these days both ways are compared. A missed goal is printed: no failure.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

import bench_segments
from backfill_loop import STAYS, Loop
from bench_measure import AS_OF, Clock
from bench_parts import BenchError, machine, measure, provide_data, run
from build import AnotherBuild, Dbt, Settings
from diff_builds import DiffError

SMALLEST_RATIO = 20.0
LAST = date.fromisoformat(AS_OF)


@dataclass(frozen=True)
class Size:
    """Data of a size of bench_segments, days of the range, runs of days and their length."""

    data: str
    days: int
    runs: int
    length: int


# backfill-XS is for the project's own tests.
SIZES = {
    "backfill-XS": Size("segments-XS", 60, 1, 2),
    "backfill": Size("segments", 1096, 3, 10),
}


def rules() -> dict[str, Any]:
    """Return the twenty rules by name: each aggregate and window, on events and on orders."""

    def shop(**more: Any) -> dict[str, Any]:
        return {"event": "order_placed", **more}

    web = [{"field": "channel", "eq": "web"}]
    bags = [{"field": "product.category", "eq": "bags"}]
    return {
        "bought_lately": shop(in_last="30 days"),
        "bought_often": shop(count={"gte": 4}, in_last="1 year"),
        "spent_much": shop(sum="net_amount", gt=2000, in_last="6 months"),
        "dear_baskets": shop(avg="net_amount", gte=250, in_last="1 year"),
        "large_order": shop(max="net_amount", gte=800, in_last="3 months"),
        "silent_buyers": shop(days_since={"gte": 90}),
        "never_bought": shop(never=True),
        "web_buyers": shop(where=web, count={"gte": 2}, in_last="6 months"),
        "began_in_store": shop(first="channel", eq="store"),
        "came_back": shop(restarted="3 months"),
        "refunded": {"event": "order_refunded", "in_last": "2 months"},
        "bag_buyers": {"event": "product_purchased", "where": bags, "in_last": "1 year"},
        "clickers": {"event": "email_clicked", "count": {"gte": 3}, "in_last": "30 days"},
        "window_shoppers": {
            "all": [
                {"event": "product_viewed", "count": {"gte": 5}, "in_last": "2 weeks"},
                shop(never=True, in_last="2 weeks"),
            ]
        },
        "wide_browsers": {"event": "product_viewed", "distinct": "product_id", "gte": 8,
                          "in_last": "90 days"},
        "stopped_visiting": {"event": "session_started", "stopped": "60 days"},
        "monthly_visitors": {"event": "session_started",
                             "regularly": {"every": "1 month", "periods": 3}},
        "last_days_of_year": {"event": "product_added", "between": ["2025-12-01", "2026-01-01"]},
        "frequent": {"field": "frequency", "gte": 5},
        "due_again": {
            "all": [{"field": "last_order_date", "between_ago": ["6 months", "1 month"]},
                    {"field": "monetary", "gt": 500}]
        },
    }  # fmt: skip


def catalogue() -> list[dict[str, Any]]:
    """Return the rules as segments."""
    header = {"description": "A rule of the benchmark.", "layer": "micro"}
    return [{"name": name, **header, "rule": rule} for name, rule in rules().items()]


def measured_days(size: Size) -> list[list[date]]:
    """Return the runs of days, spread over the range; the first of each only warms up."""
    first = LAST - timedelta(days=size.days - 1)
    step = (size.days - size.length - 1) / max(size.runs - 1, 1)
    starts = [first + timedelta(days=round(place * step)) for place in range(size.runs)]
    return [[start + timedelta(days=day) for day in range(size.length + 1)] for start in starts]


def one_pass(raw_dir: Path, warehouse_dir: Path, path: Path, first: date) -> dict[str, Any]:
    """Back-fill the range as a user does; return seconds on the wall and what was said."""
    os.environ.update(
        RAW_DIR=str(raw_dir), WAREHOUSE_DIR=str(warehouse_dir), SEGMENTS=str(path), FROM=str(first),
        TO=str(LAST + timedelta(days=1)), GRAIN="day", TIMEZONE="UTC", VARS="", AS_OF="",
    )  # fmt: skip
    clock = Clock()
    said = run(["backfill.py"])
    return {"wall": clock.read()["wall"], "said": said.strip().splitlines()}


def loop(raw_dir: Path, warehouse_dir: Path, runs: list[list[date]]) -> list[dict[str, Any]]:
    """Build the days of each run one by one; return what each took and how it compares.

    Raises:
        BenchError: a build failed.
    """
    folder = warehouse_dir / "loop"
    variables = {"as_of_date": AS_OF, "timezone": "UTC", "segments": catalogue()}
    settings = Settings(raw_dir, warehouse_dir, LAST, "UTC", variables=variables)
    dbt = Dbt(settings)
    cause = dbt.parse()
    if cause:
        raise BenchError(f"bench: {cause}")
    taken = []
    for days in runs:
        shutil.rmtree(folder, ignore_errors=True)
        builds = Loop(settings, dbt.manifest, folder)
        builds.prepare(days[0])
        for day in days:
            clock = Clock()
            builds.record(day)
            spent = clock.read()
            if day != days[0]:
                taken.append({"day": day, **spent, **compared(folder, warehouse_dir, day)})
    shutil.rmtree(folder)
    return taken


def compared(folder: Path, warehouse_dir: Path, day: date) -> dict[str, int]:
    """Return the members that the build of a day found, and those that the two ways differ in."""
    members = (
        "select segment, customer_id from {}." + STAYS + f" where valid_from_date <= '{day}'"
        f" and coalesce(valid_to_date > '{day}', true)"
    )
    with duckdb.connect() as connection:
        for name, path in (("built", folder), ("filled", warehouse_dir)):
            connection.execute(f"attach '{path / 'warehouse.duckdb'}' as {name} (read_only)")
        built, filled = members.format("built"), members.format("filled")
        (found,) = connection.execute(f"select count(*) from ({built})").fetchone()
        (differing,) = connection.execute(
            f"select count(*) from ((({built}) except ({filled}))"
            f" union all (({filled}) except ({built})))"
        ).fetchone()
    return {"members": found, "differing": differing}


def table(size: str, filled: dict[str, Any], days: list[dict[str, Any]], count: int) -> Table:
    """Return both ways beside one another."""
    mean = sum(day["wall"] for day in days) / len(days)
    shown = Table(title=f"make bench SIZE={size}", title_justify="left")
    shown.add_column("")
    for heading in ("seconds", f"{count:,} days, s", "to one pass"):
        shown.add_column(heading, justify="right")
    whole = filled["wall"]
    shown.add_row("one pass, dbt's start and publishing included", "", f"{whole:,.0f}", "1.0")
    shown.add_row(
        f"a build for each day (mean of {len(days)})", f"{mean:.1f}", f"{mean * count:,.0f}",
        f"{mean * count / whole:.1f}",
    )  # fmt: skip
    return shown


def benchmark(size: str, data: Path, console: Console) -> bool:
    """Run and print everything; return whether both ways agree on every measured day.

    Args:
        size: a key of SIZES.
        data: folder of the benchmarks' data and warehouses.
        console: where to print.

    Raises:
        BenchError: a part failed.
    """
    asked = SIZES[size]
    raw_dir, warehouse_dir = data / asked.data, data / f"{size}_warehouse"
    provide_data(bench_segments.SIZES[asked.data].data, raw_dir, console)
    path = bench_segments.write_catalogue(catalogue(), warehouse_dir / "catalogue.json")
    (warehouse_dir / "warehouse.duckdb").unlink(missing_ok=True)
    console.print(f"building: {len(rules())} rules as of {AS_OF}")
    measure("build", raw_dir, warehouse_dir, "--segments", str(path))
    first = LAST - timedelta(days=asked.days - 1)
    console.print(f"measuring: one pass from {first} to {LAST}")
    filled = one_pass(raw_dir, warehouse_dir, path, first)
    console.print(f"measuring: {asked.runs * asked.length} builds of a day")
    try:
        days = loop(raw_dir, warehouse_dir, measured_days(asked))
    except (AnotherBuild, DiffError) as error:
        raise BenchError(f"bench: {error}") from error
    console.print()
    for line in filled["said"]:
        console.print(f"  {line}", soft_wrap=True)
    console.print(table(size, filled, days, asked.days))
    mean = sum(day["wall"] for day in days) / len(days)
    console.print(
        f"goal: one pass at least {SMALLEST_RATIO:g} times faster:"
        f" {mean * asked.days / filled['wall']:.1f}",
        soft_wrap=True,
    )
    console.print(machine())
    differing = sum(day["differing"] for day in days)
    console.print(
        f"same memberships on {len(days)} days ({sum(day['members'] for day in days):,} in all):"
        f" {'yes' if not differing else f'no, {differing:,} differ'}",
        soft_wrap=True,
    )
    return not differing
