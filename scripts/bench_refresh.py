"""What a daily refresh costs beside a full build: a day of new rows on a warehouse that is there.

This is `make bench SIZE=refresh`. A figure that misses its goal is printed beside it: no failure.
The refreshed tables must be those of a full build over the same files.

Run as a script, it takes one measurement in a process of its own, like bench_measure.py.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

import bench_measure
from bench_measure import AS_OF, RAW_TABLES, quoted
from bench_parts import machine, provide_data, run, total

# The data of which size of bench.py; refresh-XS is for the project's own tests.
SIZES = {"refresh-XS": "XS", "refresh-S": "S", "refresh": "M"}
LARGEST_SHARE = 0.10
NEW_SHARE = 0.001
DEAREST = 20
NEXT_DAY = (date.fromisoformat(AS_OF) + timedelta(days=1)).isoformat()
# A log of runs.
NOT_COMPARED = ("input_check_results",)
# The last week stands in a file of its own, as loaders that rewrite recent days leave it.
WEEK_BEGIN = (date.fromisoformat(AS_OF) - timedelta(days=7)).isoformat()
MOMENTS = {"contacts": "created_at", "orders": "ordered_at", "events": "occurred_at"}
CORRECTED = {
    "contacts": "'premium' as plan, timestamp '{as_of} 08:00:00' as updated_at",
    "orders": "cast(net_amount * 1.1 + 1 as decimal(18, 2)) as net_amount",
    "events": "'corrected' as campaign_id",
}
ID = {"contacts": "contact_id", "orders": "order_id", "events": "event_id"}
# Beside so many new rows one of the last week is corrected, one repeated and one deleted.
NEW_TO_CHANGED = 100


def split(source: Path, raw_dir: Path) -> None:
    """Lay the files out as loaders do: a folder per table, its base and its last week.

    Args:
        source: folder of the generated files, read only.
        raw_dir: made when missing; a base that is there stays.
    """
    connection = bench_measure.connect()
    for table in RAW_TABLES:
        folder = raw_dir / table
        folder.mkdir(parents=True, exist_ok=True)
        rows = f"read_parquet({quoted(source / f'{table}.parquet')})"
        is_week = f"coalesce(loaded_at >= timestamp '{WEEK_BEGIN}', false)"
        if table == "products":
            shutil.copy(source / "products.parquet", folder / "base.parquet")
            continue
        base, week = folder / "base.parquet", folder / "last_week.parquet"
        if not base.exists():
            unfinished = folder / "base.unfinished"
            write(connection, f"from {rows} where not {is_week}", unfinished)
            unfinished.rename(base)
        write(connection, f"from {rows} where {is_week} order by all", week)
        (folder / f"{AS_OF}.parquet").unlink(missing_ok=True)
    connection.close()
    # As in life: files lie there for a while, so that a refresh trusts their time of change.
    before = time.time() - 3600
    for path in raw_dir.glob("*/*.parquet"):
        os.utime(path, (before, before))


def write(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write the rows of a query to a Parquet file."""
    connection.execute(f"copy ({query}) to {quoted(path)} (format parquet)")


def add_day(raw_dir: Path) -> dict[str, dict[str, int]]:
    """Add the files of a day's load; what was deleted leaves the file of the last week.

    New rows are copies of others with ids of their own: 95 of 100 happened on the day, the others
    within the 30 days before. Some rows of the last week come again, with another value or as they
    were, and some are gone; so do their order lines. The same files give the same day.

    Returns:
        By table, the number of rows that are new, corrected, repeated and deleted.
    """
    connection = bench_measure.connect()
    made: dict[str, dict[str, int]] = {}
    for table in ("contacts", "orders", "events"):
        folder, key, moment = raw_dir / table, ID[table], MOMENTS[table]
        rows = f"read_parquet({quoted(folder / '*.parquet')})"
        week = f"read_parquet({quoted(folder / 'last_week.parquet')})"
        (count,) = connection.execute(f"select count(*) from {rows}").fetchone() or (0,)
        asked = max(round(count * NEW_SHARE), 10)
        changed = max(asked // NEW_TO_CHANGED, 2)
        time = f"try_cast({moment} as timestamp)"
        # A shuffle that depends on the id alone.
        connection.execute(
            f"create temp table fresh as select *, row_number() over (order by md5({key})) as place"
            f" from {rows} where {key} is not null and {time} between '2000-01-01' and '{AS_OF}'"
            f" order by md5({key}) limit {asked}"
        )
        back = "case when place % 20 = 0 then cast(1 + place // 20 % 30 as int) else 0 end"
        at = f"cast('{AS_OF}' as date) - {back} + cast({time} as time)"  # the same time of day
        (kind,) = connection.execute(f"select typeof({moment}) from {rows} limit 1").fetchone() or (
            "",
        )
        people = "'n' || contact_id" if table == "contacts" else "contact_id"
        replaced = {
            key: f"'n' || {key}",
            "contact_id": people,
            moment: f"cast({at} as {kind})",
            "loaded_at": f"timestamp '{NEXT_DAY} 02:00:00'",
        }
        if table == "contacts":
            replaced |= {"email": "'n' || email", "phone": "null", "deleted_at": "null"}
            replaced["updated_at"] = f"cast({at} as timestamp)"
        named = ", ".join(f"{value} as {name}" for name, value in replaced.items())
        kept = (
            f"select row_number() over (order by md5({key} || 'x')) as place, *"
            f" from {week} where {key} is not null and {time} < '{AS_OF}'"
        )
        loaded = f"timestamp '{NEXT_DAY} 02:00:00' as loaded_at"
        correction = CORRECTED[table].format(as_of=AS_OF)
        write(
            connection,
            f"select * exclude (place) replace ({named}) from fresh union all by name"
            f" select * exclude (place) replace ({correction}, {loaded}) from ({kept})"
            f" where place <= {changed} union all by name"
            f" select * exclude (place) replace ({loaded}) from ({kept})"
            f" where place > {changed} and place <= 2 * {changed}",
            folder / f"{AS_OF}.parquet",
        )
        connection.execute(
            f"create or replace temp table gone as select {key} as id from ({kept})"
            f" where place > 2 * {changed} and place <= 3 * {changed}"
        )
        deleted = 0
        if table != "contacts":
            deleted = leave_out(connection, folder / "last_week.parquet", key)
        made[table] = {
            "new": asked, "corrected": changed, "repeated": changed, "deleted": deleted,
        }  # fmt: skip
        if table == "orders":
            made["order_lines"] = add_lines(connection, raw_dir / "order_lines")
        connection.execute("drop table fresh")
    connection.close()
    return made


def leave_out(connection: duckdb.DuckDBPyConnection, path: Path, key: str) -> int:
    """Write a file again without the rows whose key stands in table gone; return their number."""
    rows = f"read_parquet({quoted(path)})"
    query = f"select count(*) from {rows} where {key} in (select id from gone)"
    (count,) = connection.execute(query).fetchone() or (0,)
    rewritten = path.with_suffix(".unfinished")
    condition = f"coalesce({key} not in (select id from gone), true)"
    write(connection, f"from {rows} where {condition}", rewritten)
    rewritten.replace(path)
    return count


def add_lines(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Add the lines of the new orders, table fresh, and drop those of deleted ones, table gone."""
    rows = f"read_parquet({quoted(folder / '*.parquet')})"
    new = f"from {rows} where order_id in (select order_id from fresh)"
    (count,) = connection.execute(f"select count(*) {new}").fetchone() or (0,)
    named = "'n' || order_line_id as order_line_id, 'n' || order_id as order_id"
    loaded = f"timestamp '{NEXT_DAY} 02:00:00' as loaded_at"
    # Materialised first: the file that is written lies in the folder that is read.
    connection.execute(f"create or replace temp table lines as {new}")
    write(
        connection, f"select * replace ({named}, {loaded}) from lines",
        folder / f"{AS_OF}.parquet",
    )  # fmt: skip
    deleted = leave_out(connection, folder / "last_week.parquet", "order_id")
    return {"new": count, "corrected": 0, "repeated": 0, "deleted": deleted}


def measure(what: str, raw_dir: Path, warehouse_dir: Path, as_of: str) -> dict[str, Any]:
    """Take one measurement, this file as a script, in a process of its own.

    Args:
        what: build, full_refresh or tests.
        raw_dir: folder of the contract's tables.
        warehouse_dir: folder of warehouse.duckdb.
        as_of: the as-of date; who is in which segment is recorded for it.
    """
    words = ["bench_refresh.py", what, str(raw_dir), str(warehouse_dir), as_of]
    return json.loads(run(words).strip().splitlines()[-1])


def measured_here(what: str, raw_dir: Path, warehouse_dir: Path, as_of: str) -> dict[str, Any]:
    """Run dbt in this process and return what it took (see bench_measure.dbt)."""
    variables = warehouse_dir / "variables.json"
    warehouse_dir.mkdir(parents=True, exist_ok=True)
    variables.write_text(json.dumps({"as_of_date": as_of, "record_history": True}))
    commands = {
        "build": ["build", "--exclude-resource-type", "test", "unit_test"],
        "full_refresh": ["build", "--full-refresh", "--exclude-resource-type", "test", "unit_test"],
        "tests": ["test", "--exclude-resource-type", "unit_test"],
    }
    measured = bench_measure.dbt(commands[what], raw_dir, warehouse_dir, variables)
    measured["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return measured


def differences(refreshed: Path, rebuilt: Path) -> dict[str, str]:
    """Compare the public tables of two warehouses.

    Args:
        refreshed: folder of the warehouse that was refreshed.
        rebuilt: folder of the one that was built anew.

    Returns:
        By table that differs, how: its rows in both.
    """
    contents: list[dict[str, tuple[Any, ...]]] = []
    for folder in (refreshed, rebuilt):
        found: dict[str, tuple[Any, ...]] = {}
        with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
            connection.execute("set memory_limit = '3GB'")
            # Views are read from the same tables, and the explanations are millions of rows long.
            tables = connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'marts' order by all"
            ).fetchall()
            tables.append(("segment_membership_history",))
            for (table,) in tables:
                if table not in NOT_COMPARED:
                    query = "select count(*), sum(cast(hash(whole) as hugeint)) from {} as whole"
                    content = connection.execute(query.format(f"marts.{table}")).fetchone()
                    columns = connection.execute(f"describe marts.{table}").fetchall()
                    found[table] = (*(content or ()), *(column[:2] for column in columns))
        contents.append(found)
    ours, theirs = contents
    missing = (0,)
    return {
        table: f"{ours.get(table, missing)[0]:,} rows refreshed,"
        f" {theirs.get(table, missing)[0]:,} rebuilt, other contents"
        for table in sorted(ours.keys() | theirs.keys())
        if ours.get(table) != theirs.get(table)
    }


def dearest_table(results: dict[str, dict[str, Any]]) -> Table:
    """Return the parts of the refresh that took most SQL CPU, beside those of the full build."""
    table = Table(title="The dearest models, SQL CPU s", title_justify="left")
    table.add_column("part")
    for heading in ("refresh", "full build", "share"):
        table.add_column(heading, justify="right")
    refresh, full = (
        {part["name"]: part["cpu"] for part in results[name]["parts"]}
        for name in ("refresh", "full")
    )
    names = sorted(refresh.keys() | full.keys(), key=lambda name: -refresh.get(name, 0.0))
    dear = set(sorted(full, key=lambda name: -full[name])[: DEAREST // 2])
    shown = names[:DEAREST] + [name for name in names[DEAREST:] if name in dear]
    for name in shown:
        one, other = refresh.get(name, 0.0), full.get(name, 0.0)
        share = f"{one / other:.0%}" if other >= 0.005 else ""
        table.add_row(name, f"{one:.2f}", f"{other:.2f}", share)
    rest = [name for name in names if name not in set(shown)]
    one, other = (sum(of.get(name, 0.0) for name in rest) for of in (refresh, full))
    table.add_row(f"{len(rest)} others", f"{one:.2f}", f"{other:.2f}", "")
    return table


def summary_table(size: str, results: dict[str, dict[str, Any]]) -> Table:
    """Return what each run took, in all."""
    table = Table(title=f"make bench SIZE={size}", title_justify="left")
    table.add_column("")
    headings = ("SQL CPU s", "to full", "SQL wall s", "start-up CPU s", "around SQL CPU s", "GB")
    for heading in headings:
        table.add_column(heading, justify="right")
    base = total(results["full"], "cpu")
    for name, what in (
        ("base", f"full build, as of {AS_OF}"),
        ("refresh", f"refresh, as of {NEXT_DAY}"),
        ("full", f"full build, as of {NEXT_DAY}"),
        ("tests", "data tests after the refresh"),
    ):
        one = results[name]
        cpu = total(one, "cpu")
        table.add_row(
            what, f"{cpu:.1f}", f"{cpu / base:.1%}", f"{total(one, 'wall'):.1f}",
            f"{one['startup']['cpu']:.1f}", f"{one['total']['cpu'] - cpu:.1f}",
            f"{one['peak_bytes'] / 1e9:.2f}",
        )  # fmt: skip
    return table


def rows_table(made: dict[str, dict[str, int]]) -> Table:
    """Return what the day's load held."""
    table = Table(title=f"The load of {AS_OF}, rows", title_justify="left")
    table.add_column("table")
    for heading in ("new", "corrected", "repeated", "deleted"):
        table.add_column(heading, justify="right")
    for name, counts in made.items():
        table.add_row(name, *(f"{count:,}" for count in counts.values()))
    return table


def benchmark(
    size: str, counts: tuple[int, int, int], data: Path, console: Console
) -> dict[str, str]:
    """Run and print everything; return the tables that differ from those of a full build.

    Args:
        size: a key of SIZES.
        counts: customers, and the mean of orders and of events of each.
        data: folder of the benchmarks' data and warehouses.
        console: where to print.

    Raises:
        BenchError: a part failed.
    """
    provide_data(counts, data / SIZES[size], console)
    folder = data / size
    raw_dir, refreshed, rebuilt = folder / "raw", folder / "refreshed", folder / "rebuilt"
    for warehouse_dir in (refreshed, rebuilt):
        shutil.rmtree(warehouse_dir, ignore_errors=True)
        warehouse_dir.mkdir(parents=True)
    split(data / SIZES[size], raw_dir)
    results = {}
    console.print(f"measuring: full build as of {AS_OF}")
    results["base"] = measure("build", raw_dir, refreshed, AS_OF)
    made = add_day(raw_dir)
    # What was recorded at the date before is recorded in both.
    shutil.copy(refreshed / "warehouse.duckdb", rebuilt)
    console.print(f"measuring: refresh as of {NEXT_DAY}")
    results["refresh"] = measure("build", raw_dir, refreshed, NEXT_DAY)
    console.print(f"measuring: full build as of {NEXT_DAY}")
    results["full"] = measure("full_refresh", raw_dir, rebuilt, NEXT_DAY)
    console.print("measuring: data tests")
    results["tests"] = measure("tests", raw_dir, refreshed, NEXT_DAY)
    console.print()
    console.print(dearest_table(results))
    console.print(rows_table(made))
    console.print(summary_table(size, results))
    share = total(results["refresh"], "cpu") / total(results["full"], "cpu")
    console.print(
        f"goal: a refresh in at most {LARGEST_SHARE:.0%} of the full build's SQL CPU: {share:.1%}"
    )
    console.print(machine())
    found = differences(refreshed, rebuilt)
    console.print(f"same tables: {'no' if found else 'yes'}")
    for table, difference in found.items():
        console.print(f"  {table}: {difference}", soft_wrap=True)
    return found


def main() -> None:
    """Take one measurement and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("build", "full_refresh", "tests"))
    parser.add_argument("raw_dir", type=Path)
    parser.add_argument("warehouse_dir", type=Path)
    parser.add_argument("as_of")
    options = parser.parse_args()
    print(
        json.dumps(
            measured_here(options.what, options.raw_dir, options.warehouse_dir, options.as_of)
        )
    )


if __name__ == "__main__":
    main()
