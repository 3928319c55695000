"""Raw tables with many rows that no source should send, in three forms; the same for one seed."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import duckdb

DEEP = '{"a":' * 500 + "1" + "}" * 500
HOSTILE = (
    # nothing, or what stands for it
    "", " ", "\t", "\u00a0", "\u200b", "NULL", "null", "None", "N/A", "-",
    # numbers
    "nan", "-inf", "Infinity", "-0", "0", "0.0000", "-1", "0x10", "1e400", "1e-400",
    "1e18", "9" * 40,
    "99999999999999.9999", "100000000000000", "9223372036854775808", "1.5", "1,5",
    "1 000", "1_000",
    "12.345678", "+5", "５", "½", "1.", ".5", "--1", "0.00001", "9999999999.9999",
    # truth
    "true", "TRUE", "t", "yes", "2", "nein",
    # time
    "1970-01-01", "0000-00-00", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "2026-02-30",
    "2026-13-01 10:00:00", "294247-01-10", "-infinity", "infinity", "epoch", "now", "today",
    "20261121", "2026-11-21T10:00:00Z", "2026-11-21 10:00:00+14:00", "2026-11-21 10:00:00+99:99",
    "2026-11-21 10:00:00 Europe/Warsaw", "2026-11-21 24:00:00", "2026-11-21 10:00:60",
    "1900-01-01 00:00:00", "1899-12-31 23:59:59", "2199-12-31 23:59:59.999999", "1763719200",
    "2026-10-25 02:30:00", "2026-03-29 02:30:00", "0044-03-15 (BC) 10:00:00",
    # text that is code somewhere
    "'; drop table contacts; --", '"', "'", "''", "{{ 1 / 0 }}", "{% raw %}", "{0}",
    "${HOME}", "\\", "\\N",
    "%s", "%", "=1+1", "@SUM(A1)", "<script>", "$$", "/*", "--", "\\x00",
    # characters
    "\x00", "a\x00b", "\x01\x1f", "\ufeff", "\u202e", "e\u0301", "İ", "ß", "😀" * 50, "\U0010ffff",
    "a\nb", "a\rb", "a\r\nb", "x;y", "x,y", "x\ty", "x" * 200_000,
    # JSON
    "{", "{}", "[]", '"x"', '{"a":1e999}', '{"a":1,"a":2}', '{"a":null}', '{"a":NaN}',
    "{'a':1}", DEEP,
    '{"\\u0000":"\\u0000"}', '{"\\ud800":1}', '{"device":["a"],"size":{"x":[1]}}',
    '{"a":' + "9" * 400 + "}",
    '{"":""}', '{"a.b":1,"$":2}',
    # addresses and numbers of telephones
    "a@b", "a@b.c", "A@B.CO ", "ü@ü.de", "@", "a" * 300 + "@b.co", "+", "00", "+1234567",
    "123", "1234567890123456",
    "１２３４５６７８", "+48 600-100.200",
    # words of the contract
    "order", "refund", "REFUND", "Rechnung", "PLN", "pln", "XXX", "EUR ", "cancelled",
    "email_clicked",
    "product_purchased", "Email Clicked",
)  # fmt: skip
# What a column of a type of its own can hold and should not.
NATIVE = {
    "double": ("'nan'", "'inf'", "'-inf'", "1e308", "-1e308", "5e-324", "-0.0", "99999999999999.9"),
    "timestamp": (
        "'infinity'", "'-infinity'", "'epoch'", "'0001-01-01'", "'9999-12-31 23:59:59.999999'",
        "'290309-12-22 (BC)'", "'294247-01-10 04:00:54.775806'", "'1900-01-01'", "'2199-12-31'",
    ),
}  # fmt: skip
TABLES = ("contacts", "orders", "order_lines", "products", "events")
FORMS = ("text_parquet", "csv", "native_parquet")
CATALOGUE = """
segments:
  - name: buyers
    description: Bought lately, by phone, or said something odd
    layer: strategic
    goal: growth
    owner: sales
    rule:
      any:
        - {field: frequency, gte: 1}
        - {field: attributes.device, eq: phone}
        - {event: order_placed, sum: net_amount, gt: 100, in_last: 6 months}
        - {event: page_viewed, where: [{field: properties.page, contains: sale}]}
"""
Rows = list[list[str | None]]


def columns_and_rows(file: Path) -> tuple[list[str], Rows]:
    """Return the columns of a Parquet file and its rows as text."""
    with duckdb.connect() as connection:
        cursor = connection.execute("select columns(*)::varchar from read_parquet($1)", [str(file)])
        names = [column[0] for column in cursor.description]
        return names, [list(row) for row in cursor.fetchall()]


def mutated_rows(rows: Rows, number: int, chance: random.Random) -> Rows:
    """Return rows that each have one to four values of no good; some repeat an id, or a whole row.

    Args:
        rows: rows to start from.
        number: how many to return.
        chance: source of every choice.
    """
    found = []
    for index in range(number):
        row = list(chance.choice(rows))
        # A row of its own in three of four; of the others the id is one that exists.
        if chance.random() < 0.75:
            row[0] = f"fuzz-{index}"
        if chance.random() < 0.97:
            for place in chance.sample(range(len(row)), chance.randint(1, min(4, len(row)))):
                row[place] = hostile_value(row[place], rows, place, chance)
        found.append(row)
    return found


def hostile_value(value: str | None, rows: Rows, place: int, chance: random.Random) -> str | None:
    """Return something else than a value: one of HOSTILE, another row's, or the value spoilt."""
    kind = chance.random()
    if kind < 0.7:
        return chance.choice(HOSTILE)
    if kind < 0.75 or value is None:
        return None
    if kind < 0.85:
        return chance.choice(rows)[place]
    spoilt = (f" {value} ", value.upper(), value[: len(value) // 2], value + value, f"{value}\x00")
    return chance.choice(spoilt)


def write_table(folder: Path, table: str, names: list[str], rows: Rows, form: str) -> int:
    """Write a table in one of FORMS and return how many rows there are in the file."""
    if form == "csv":
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            # So that a value with a line end of either kind is quoted.
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(names)
            # A CSV of one value that is blank is a blank line; ours have more columns.
            writer.writerows([value or "" for value in row] for row in rows)
        return len(rows)
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} varchar" for name in names)
        connection.execute(f"create table {table} ({columns})")
        connection.executemany(f"insert into {table} values ({', '.join('?' * len(names))})", rows)
        query = f"select * from {table}"
        if form == "native_parquet":
            query = _native(connection, table, names)
        target = str(folder / f"{table}.parquet").replace("'", "''")
        connection.execute(f"copy ({query}) to '{target}' (format parquet)")
        return connection.execute(f"select count(*) from read_parquet('{target}')").fetchone()[0]


def _native(connection: duckdb.DuckDBPyConnection, table: str, names: list[str]) -> str:
    """Return a query with amounts as DOUBLE and times as TIMESTAMP, their worst values included."""
    kinds = {
        name: "timestamp" if name.endswith("_at") else "double"
        for name in names
        if name.endswith("_at")
        or name in ("net_amount", "discount_amount", "quantity", "unit_price", "unit_cost", "value")
        or name in ("latitude", "longitude", "company_annual_revenue")
    }
    typed = [
        f"try_cast({name} as {kinds[name]}) as {name}" if name in kinds else name for name in names
    ]
    queries = [f"select {', '.join(typed)} from {table}"]
    for name, kind in kinds.items():
        for number, value in enumerate(NATIVE[kind]):
            columns = [
                f"cast({value} as {kind}) as {one}" if one == name
                else f"'native-{name}-{number}' as {one}" if one == names[0]
                else one
                for one in names
            ]  # fmt: skip
            queries.append(f"(select {', '.join(columns)} from ({queries[0]}) limit 1)")
    return " union all by name ".join(queries)


def write_fuzzed(source: Path, folder: Path, number: int, seed: int) -> dict[str, int]:
    """Write the tables of a data set with mutated rows among the others.

    Args:
        source: folder of Parquet files, one for each table.
        folder: where to write; made when missing.
        number: mutated rows, shared out evenly.
        seed: of every choice; it also turns the forms of the tables.

    Returns:
        Rows by table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    counts = {}
    for place, table in enumerate(TABLES):
        names, rows = columns_and_rows(source / f"{table}.parquet")
        rows = rows + mutated_rows(rows, -(-number // len(TABLES)), chance)
        form = FORMS[(place + seed) % len(FORMS)]
        counts[table] = write_table(folder, table, names, rows, form)
    return counts
