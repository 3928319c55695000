"""Generate the demo shop: the five contract tables as Parquet, with counted dirt.

The rows are defined by the SQL files in ``demo_data/``; this script sets their variables, runs
them in order, and writes ``manifest.json`` and the list of what was planted. Every value is a hash
of the seed and the row's number: the same arguments give the same rows at any thread count.
"""

from __future__ import annotations

import argparse
import datetime
import json
import shutil
import sys
import time
from pathlib import Path

import duckdb

GENERATOR_VERSION = 3
SQL_DIRECTORY = Path(__file__).parent / "demo_data"
TABLES = ("contacts", "products", "orders", "order_lines", "events")
# Own identifier and contact reference of each table, as far as it has them.
ROW_ID = {
    "contacts": "contact_id",
    "products": "product_id",
    "orders": "order_id",
    "order_lines": "order_line_id",
    "events": "event_id",
}
CONTACT_ID = {"contacts": "contact_id", "orders": "contact_id", "events": "contact_id"}
# The engine's hash of a known value: another value means another shop for the same seed.
KNOWN_HASH = 1924864467101078684
HISTORY_YEARS = 3
# 11-digit line and event ids and 10-digit order ids must hold every number, with room for dirt.
LARGEST_LINE_NUMBER = 90_000_000_000


class DemoDataError(Exception):
    """Arguments or an engine that cannot give the demo data; the message is one line."""


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        arguments: words after the program's name; None takes them from the process.
    """
    parser = argparse.ArgumentParser(description="Generate the demo shop as Parquet files.")
    parser.add_argument("--customers", type=int, default=20_000, help="people (default 20000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another shop")
    parser.add_argument("--output", type=Path, default=Path("data/demo"), help="directory")
    parser.add_argument(
        "--orders-per-customer", type=float, default=10, help="mean documents, refunds included"
    )
    parser.add_argument("--events-per-customer", type=float, default=50, help="mean events")
    parser.add_argument(
        "--end",
        type=datetime.date.fromisoformat,
        default=datetime.date(2026, 11, 21),
        help="all facts lie before this date (UTC); the history is three years",
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="3GB")
    return parser.parse_args(arguments)


def read_sql(name: str) -> str:
    """Return the text of one SQL file of the generator, without its last semicolon."""
    return (SQL_DIRECTORY / f"{name}.sql").read_text(encoding="utf-8").rstrip().rstrip(";")


def quoted(path: Path) -> str:
    """Return a path as the inside of a SQL string literal."""
    return path.as_posix().replace("'", "''")


def connect(options: argparse.Namespace, work: Path) -> duckdb.DuckDBPyConnection:
    """Open an in-memory engine with the generator's variables and macros.

    Args:
        options: the parsed command line.
        work: directory for what does not fit into the memory limit.

    Raises:
        DemoDataError: arguments out of range, or an engine that hashes differently.
    """
    order_slots = max(32, round(25.6 * options.orders_per_customer))
    event_slots = 8 * max(8, round(0.64 * options.events_per_customer))
    largest_number = (options.customers + 1) * max(order_slots * 2, event_slots) * 8
    if options.customers < 20 or largest_number > LARGEST_LINE_NUMBER:
        raise DemoDataError(
            f"demo data: {options.customers} customers with {options.orders_per_customer:g} orders"
            " cannot be numbered; ask for 20 to 10,000,000 customers with the default means"
        )
    if options.orders_per_customer < 1 or options.events_per_customer < 5:
        raise DemoDataError("demo data: ask for at least 1 order and 5 events per customer")
    if options.seed < 0:
        raise DemoDataError(f"demo data: seed {options.seed} is negative; give 0 or more")

    connection = duckdb.connect()
    connection.execute(f"set threads = {options.threads}")
    connection.execute(f"set memory_limit = '{options.memory_limit}'")
    connection.execute(f"set temp_directory = '{quoted(work / 'spill')}'")
    # The content is fixed, the order of the rows in a file is not: keeping it would cost memory.
    connection.execute("set preserve_insertion_order = false")
    # the small table stays on the right of each join, and memory stays small
    connection.execute("set disabled_optimizers = 'join_order,build_side_probe_side'")
    connection.execute("set TimeZone = 'UTC'")
    if connection.execute("select hash('abc')").fetchone() != (KNOWN_HASH,):
        raise DemoDataError(
            f"demo data: DuckDB {duckdb.__version__} hashes otherwise than 1.5 and 2.0;"
            " use one of these to get the same shop"
        )

    end = options.end
    # a leap day has no third anniversary
    start = end.replace(
        year=end.year - HISTORY_YEARS, day=min(end.day, 28) if end.month == 2 else end.day
    )
    epoch_start = datetime.datetime.combine(start, datetime.time(), datetime.UTC)
    variables = {
        "customers": options.customers,
        "seed": options.seed,
        "start_date": f"date '{start.isoformat()}'",
        "start_epoch": int(epoch_start.timestamp()),
        "days": (end - start).days,
        "orders_per_customer": f"cast({options.orders_per_customer} as double)",
        "events_per_customer": f"cast({options.events_per_customer} as double)",
        "order_slots": order_slots,
        "event_slots": event_slots,
        # measured on a million people: what turns the asked means into the scale of the draws
        "order_factor": f"cast({(options.orders_per_customer * 0.963 - 0.83) / 0.2904} as double)",
        "web_factor": f"cast({options.events_per_customer * 0.0935} as double)",
        "mail_factor": f"cast({options.events_per_customer * 0.43} as double)",
        "other_factor": f"cast({options.events_per_customer * 0.0935} as double)",
    }
    for name, value in variables.items():
        literal = f"cast({value} as bigint)" if isinstance(value, int) else value
        connection.execute(f"set variable {name} = {literal}")
    for name in ("prelude", "calendar", "places", "products"):
        connection.execute(read_sql(name).replace("replace macro", "replace temp macro"))
    return connection


def write_people(connection: duckdb.DuckDBPyConnection, work: Path) -> None:
    """Write the people, from whom all tables derive, to a work file; define the tables' macros."""
    people = quoted(work / "people.parquet")
    # small row groups share the work between threads without holding much of the output
    connection.execute(f"copy ({read_sql('people')}) to '{people}' (row_group_size 8192)")
    connection.execute(f"create temp view people as select * from read_parquet('{people}')")
    connection.execute(
        "create temp view people_several_ids as select * from people where aliases > 0"
    )
    names = ("contacts", "orders", "order_lines", "events_web", "events_mail", "events_other")
    for name in (*names, "events", "dirt"):
        connection.execute(read_sql(name))


def table_columns(connection: duckdb.DuckDBPyConnection, dirt: str) -> list[str]:
    """Return the contract columns of a table's file of dirt: all but the notes on the dirt."""
    described = connection.execute(f"describe select * from read_parquet('{dirt}')").fetchall()
    return [row[0] for row in described if row[0] not in ("kind", "reason_code", "person")]


def write_table(
    connection: duckdb.DuckDBPyConnection, table: str, work: Path, output: Path
) -> tuple[int, int]:
    """Write one table: the clean rows, then the dirty ones.

    Returns:
        Number of all rows, and of the dirty ones among them.
    """
    if table != "products":
        connection.execute(
            f"create temp table struck_{table} as select * from people"
            f" where person in (select person from struck_people('{table}'))"
        )
    dirt = quoted(work / f"dirt_{table}.parquet")
    connection.execute(
        f"copy (select * from ({read_sql('dirt_' + table)})"
        f" order by kind, person, {ROW_ID[table]}) to '{dirt}'"
    )
    columns = ", ".join(table_columns(connection, dirt))
    clean = "products_clean" if table == "products" else f"{table}_of('people')"
    target = quoted(output / f"{table}.parquet")
    connection.execute(
        f"copy (select {columns} from {clean}"
        f" union all select {columns} from read_parquet('{dirt}'))"
        f" to '{target}' (compression zstd)"
    )
    counts = connection.execute(
        f"select (select count(*) from read_parquet('{target}')),"
        f" (select count(*) from read_parquet('{dirt}'))"
    ).fetchone()
    assert counts is not None
    return counts


def write_planted(
    connection: duckdb.DuckDBPyConnection,
    work: Path,
    output: Path,
) -> dict[str, dict[str, dict[str, object]]]:
    """Write ``planted_dirt.parquet`` and return its counts by table and kind."""
    parts = []
    for table in TABLES:
        dirt = quoted(work / f"dirt_{table}.parquet")
        fields = ", ".join(f"{name} := {name}" for name in table_columns(connection, dirt))
        parts.append(
            f"    select '{table}' as source, kind, reason_code, {ROW_ID[table]} as row_id,"
            f" {CONTACT_ID.get(table, 'cast(null as varchar)')} as contact_id,"
            " cast(null as varchar) as customer_id, loaded_at,"
            f" cast(to_json(struct_pack({fields})) as varchar) as raw_row"
            f" from read_parquet('{dirt}')"
        )
    dirty = "\n    union all\n".join(parts)
    planted = quoted(output / "planted_dirt.parquet")
    query = read_sql("planted").format(dirty=dirty, output=quoted(output))
    connection.execute(f"copy ({query}) to '{planted}' (compression zstd)")
    counts: dict[str, dict[str, dict[str, object]]] = {table: {} for table in TABLES}
    for source, kind, reason_code, count in connection.execute(
        f"select source, kind, reason_code, count(*) from read_parquet('{planted}')"
        " group by source, kind, reason_code order by source, kind"
    ).fetchall():
        counts[source][kind] = {"reason_code": reason_code, "rows": count}
    return counts


def generate(options: argparse.Namespace) -> dict[str, object]:
    """Generate all files into ``options.output`` and return the manifest.

    The files appear together at the end: a run that fails leaves the earlier ones.
    """
    output: Path = options.output
    work = output / ".work"
    fresh = work / "fresh"
    shutil.rmtree(work, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        connection = connect(options, work)
        write_people(connection, work)
        rows: dict[str, tuple[int, int]] = {}
        for table in TABLES:
            started = time.perf_counter()
            rows[table] = write_table(connection, table, work, fresh)
            print(
                f"{table}: {rows[table][0]:,} rows, {rows[table][1]:,} of them dirty"
                f" ({time.perf_counter() - started:.1f} s)",
                flush=True,
            )
        planted = write_planted(connection, work, fresh)
        connection.close()
        manifest: dict[str, object] = {
            "generator_version": GENERATOR_VERSION,
            "customers": options.customers,
            "seed": options.seed,
            "end_date": options.end.isoformat(),
            "orders_per_customer": options.orders_per_customer,
            "events_per_customer": options.events_per_customer,
            "rows": {table: total for table, (total, _) in rows.items()},
            "dirty_rows": {table: extra for table, (_, extra) in rows.items()},
        }
        for name, content in (("planted_dirt", planted), ("manifest", manifest)):
            text = json.dumps(content, indent=2) + "\n"
            (fresh / f"{name}.json").write_text(text, encoding="utf-8")
        for path in sorted(fresh.iterdir()):
            path.replace(output / path.name)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return manifest


def main() -> int:
    """Run the command line; return the exit code."""
    try:
        generate(parse_arguments())
    except (DemoDataError, duckdb.Error, OSError) as error:
        print(str(error).splitlines()[0], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
