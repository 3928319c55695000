"""Files that a broken export can leave, each of a kind of its own; the same for one seed.

A spoiler takes the folder of a batch, the name of a table and a source of chance, and spoils that
table's file, which is written as CSV or Parquet before.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

Spoiler = Callable[[Path, str, random.Random], None]
CSV: dict[str, Spoiler] = {}
PARQUET: dict[str, Spoiler] = {}


def _csv(change: Callable[[bytes, random.Random], bytes]) -> Callable[..., None]:
    """Register a spoiler of the bytes of a CSV file under the function's name."""

    def spoil(folder: Path, table: str, chance: random.Random) -> None:
        file = folder / f"{table}.csv"
        file.write_bytes(change(file.read_bytes(), chance))

    CSV[change.__name__] = spoil
    return spoil


def _csv_lines(change: Callable[[list[str], random.Random], list[str]]) -> Callable[..., None]:
    """Register a spoiler of the lines of a CSV file, the header being the first."""

    def spoil(folder: Path, table: str, chance: random.Random) -> None:
        file = folder / f"{table}.csv"
        lines = file.read_bytes().decode().split("\n")
        file.write_bytes("\n".join(change(lines, chance)).encode())

    CSV[change.__name__] = spoil
    return spoil


def _place(size: int, chance: random.Random) -> int:
    return chance.randrange(1, max(2, size))


@_csv
def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(len(data), chance)]


@_csv
def cut_inside_quotes(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(len(data), chance)] + b'\n"cut in the mid'


@_csv
def nul_bytes(data: bytes, chance: random.Random) -> bytes:
    places = sorted(_place(len(data), chance) for _ in range(5))
    return b"\x00".join(data[a:b] for a, b in zip([0, *places], [*places, None], strict=True))


@_csv
def block_of_nul_bytes(data: bytes, chance: random.Random) -> bytes:
    place = _place(len(data), chance)
    return data[:place] + b"\x00" * 4096 + data[place + 4096 :]


@_csv
def flipped_bytes(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(20):
        changed[_place(len(data), chance)] = chance.randrange(256)
    return bytes(changed)


@_csv
def latin_2(data: bytes, chance: random.Random) -> bytes:
    return data.decode().replace("a", "ą").encode("iso8859-2", "replace")


@_csv
def half_latin_2(data: bytes, chance: random.Random) -> bytes:
    place = data.index(b"\n", len(data) // 2)
    return data[:place] + data[place:].decode().replace("o", "ó").encode("iso8859-2", "replace")


@_csv
def utf_16(data: bytes, chance: random.Random) -> bytes:
    return data.decode().encode(chance.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32"]))


@_csv
def with_mark(data: bytes, chance: random.Random) -> bytes:
    return b"\xef\xbb\xbf" + data


@_csv
def with_two_marks(data: bytes, chance: random.Random) -> bytes:
    return b"\xef\xbb\xbf" * 2 + data


@_csv
def compressed(data: bytes, chance: random.Random) -> bytes:
    return gzip.compress(data)


@_csv
def compressed_and_cut(data: bytes, chance: random.Random) -> bytes:
    return gzip.compress(data)[:-20]


@_csv
def nothing_at_all(data: bytes, chance: random.Random) -> bytes:
    return b""


@_csv
def only_line_ends(data: bytes, chance: random.Random) -> bytes:
    return b"\n\r\n\n"


@_csv
def dos_line_ends(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b"\n", b"\r\n")


@_csv
def old_mac_line_ends(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b"\n", b"\r")


@_csv
def mixed_line_ends(data: bytes, chance: random.Random) -> bytes:
    ends = [b"\n", b"\r\n", b"\r"]
    return re.sub(b"\n", lambda _: chance.choice(ends), data)


@_csv
def other_delimiter(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b",", chance.choice([b";", b"\t", b"|"]))


@_csv
def quotes_of_another_kind(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b'"', b"'")


@_csv
def escaped_by_backslash(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b'""', b'\\"')


@_csv
def page_of_an_error(data: bytes, chance: random.Random) -> bytes:
    return b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1>,,,</body></html>\n" * 3


@_csv
def json_instead(data: bytes, chance: random.Random) -> bytes:
    return b'[{"contact_id": 1, "order_id": 2},\n {"contact_id": 2}]'


@_csv
def parquet_instead(data: bytes, chance: random.Random) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"contact_id": ["1"]}), sink)
    return sink.getvalue()


@_csv_lines
def only_header(lines: list[str], chance: random.Random) -> list[str]:
    return lines[:1]


@_csv_lines
def no_header(lines: list[str], chance: random.Random) -> list[str]:
    return lines[1:]


@_csv_lines
def header_twice(lines: list[str], chance: random.Random) -> list[str]:
    return [lines[0], *lines]


@_csv_lines
def column_named_twice(lines: list[str], chance: random.Random) -> list[str]:
    names = lines[0].split(",")
    names[-1] = chance.choice(names[:-1])
    return [",".join(names), *lines[1:]]


@_csv_lines
def column_named_twice_in_capitals(lines: list[str], chance: random.Random) -> list[str]:
    names = lines[0].split(",")
    names[-1] = names[0].upper()
    return [",".join(names), *lines[1:]]


@_csv_lines
def column_without_name(lines: list[str], chance: random.Random) -> list[str]:
    names = lines[0].split(",")
    names[_place(len(names), chance)] = chance.choice(["", " ", '""'])
    return [",".join(names), *lines[1:]]


@_csv_lines
def spaces_around_names(lines: list[str], chance: random.Random) -> list[str]:
    return [",".join(f" {name} " for name in lines[0].split(",")), *lines[1:]]


@_csv_lines
def odd_names(lines: list[str], chance: random.Random) -> list[str]:
    odd = ["a b", "select", "x'y", "{x}", "{{ 1/0 }}", "load_id", "load_file", "ż", "a" * 300]
    return [",".join([lines[0], *odd]), *(f"{line}{',1' * len(odd)}" for line in lines[1:] if line)]


@_csv_lines
def column_gone(lines: list[str], chance: random.Random) -> list[str]:
    place = chance.randrange(len(lines[0].split(",")))
    rows = list(csv.reader(lines))
    return [
        ",".join(f'"{value}"' for spot, value in enumerate(row) if spot != place) for row in rows
    ]


@_csv_lines
def row_too_long(lines: list[str], chance: random.Random) -> list[str]:
    place = _place(len(lines) - 1, chance)
    return [*lines[:place], lines[place] + ",one,more", *lines[place + 1 :]]


@_csv_lines
def row_too_short(lines: list[str], chance: random.Random) -> list[str]:
    place = _place(len(lines) - 1, chance)
    return [*lines[:place], lines[place].rpartition(",")[0], *lines[place + 1 :]]


@_csv_lines
def blank_lines(lines: list[str], chance: random.Random) -> list[str]:
    place = _place(len(lines) - 1, chance)
    return [*lines[:place], "", "   ", "", *lines[place:]]


@_csv_lines
def blank_lines_first(lines: list[str], chance: random.Random) -> list[str]:
    return ["", "", *lines]


@_csv_lines
def title_first(lines: list[str], chance: random.Random) -> list[str]:
    return [chance.choice(["# export of 2026-11-21", "sep=,", "Report", '"Report",,']), *lines]


@_csv_lines
def footer_last(lines: list[str], chance: random.Random) -> list[str]:
    return [*lines[:-1], chance.choice(["(300 rows)", "-- end", "total,300", "EOF"]), ""]


@_csv_lines
def quote_left_open(lines: list[str], chance: random.Random) -> list[str]:
    place = _place(len(lines) - 1, chance)
    return [*lines[:place], '"' + lines[place], *lines[place + 1 :]]


@_csv_lines
def quote_inside_a_value(lines: list[str], chance: random.Random) -> list[str]:
    place = _place(len(lines) - 1, chance)
    return [*lines[:place], lines[place].replace(",", ',5" pipe', 1), *lines[place + 1 :]]


@_csv_lines
def text_after_a_quote(lines: list[str], chance: random.Random) -> list[str]:
    place = _place(len(lines) - 1, chance)
    return [*lines[:place], '"a"b' + lines[place], *lines[place + 1 :]]


@_csv_lines
def value_of_megabytes(lines: list[str], chance: random.Random) -> list[str]:
    place = _place(len(lines) - 1, chance)
    head, _, tail = lines[place].rpartition(",")
    return [*lines[:place], f"{head}{'x' * 3_000_000},{tail}", *lines[place + 1 :]]


@_csv_lines
def thousand_columns(lines: list[str], chance: random.Random) -> list[str]:
    names = ",".join(f"extra_{number}" for number in range(1000))
    return [f"{lines[0]},{names}", *(f"{line}{',' * 1000}" for line in lines[1:] if line)]


@_csv_lines
def column_of_words(lines: list[str], chance: random.Random) -> list[str]:
    rows = list(csv.reader(lines))
    place = chance.randrange(len(rows[0]))
    for row in rows[1:]:
        if row:
            row[place] = "words"
    return [",".join(f'"{value}"' for value in row) for row in rows]


# Whole files and folders


def _register(kinds: dict[str, Spoiler]) -> Callable[[Spoiler], Spoiler]:
    def register(spoil: Spoiler) -> Spoiler:
        kinds[spoil.__name__] = spoil
        return spoil

    return register


@_register(CSV)
def folder_instead_of_csv(folder: Path, table: str, chance: random.Random) -> None:
    file = folder / f"{table}.csv"
    file.unlink()
    file.mkdir()


@_register(CSV)
def link_to_nowhere(folder: Path, table: str, chance: random.Random) -> None:
    file = folder / f"{table}.csv"
    file.unlink()
    file.symlink_to(folder / "nowhere")


@_register(CSV)
def compressed_by_name(folder: Path, table: str, chance: random.Random) -> None:
    file = folder / f"{table}.csv"
    (folder / f"{table}.csv.gz").write_bytes(gzip.compress(file.read_bytes()))
    file.unlink()


@_register(CSV)
def other_case_of_name(folder: Path, table: str, chance: random.Random) -> None:
    (folder / f"{table}.csv").rename(folder / f"{table.capitalize()}.CSV")


@_register(PARQUET)
def parquet_cut(folder: Path, table: str, chance: random.Random) -> None:
    file = folder / f"{table}.parquet"
    file.write_bytes(file.read_bytes()[: _place(file.stat().st_size, chance)])


@_register(PARQUET)
def parquet_flipped_bytes(folder: Path, table: str, chance: random.Random) -> None:
    file = folder / f"{table}.parquet"
    data = bytearray(file.read_bytes())
    for _ in range(chance.choice([1, 5, 200])):
        data[_place(len(data), chance)] = chance.randrange(256)
    file.write_bytes(data)


@_register(PARQUET)
def parquet_flipped_footer(folder: Path, table: str, chance: random.Random) -> None:
    file = folder / f"{table}.parquet"
    data = bytearray(file.read_bytes())
    for _ in range(5):
        data[-_place(min(400, len(data)), chance)] = chance.randrange(256)
    file.write_bytes(data)


@_register(PARQUET)
def parquet_empty_file(folder: Path, table: str, chance: random.Random) -> None:
    (folder / f"{table}.parquet").write_bytes(b"")


@_register(PARQUET)
def csv_instead(folder: Path, table: str, chance: random.Random) -> None:
    (folder / f"{table}.parquet").write_text(f"{table}_id,created_at\n1,2026-01-01\n")


@_register(PARQUET)
def folder_with_one_broken_file(folder: Path, table: str, chance: random.Random) -> None:
    _into_folder(folder, table)
    (folder / table / "part-1.parquet").write_bytes(b"PAR1 broken PAR1")


@_register(PARQUET)
def folder_of_two_schemas(folder: Path, table: str, chance: random.Random) -> None:
    file = _into_folder(folder, table)
    rows = pq.read_table(file)
    name = chance.choice(rows.column_names)
    other = rows.drop_columns([name]).append_column(name, pa.array([7] * rows.num_rows, pa.int64()))
    pq.write_table(other, folder / table / "part-1.parquet")


@_register(PARQUET)
def folder_without_files(folder: Path, table: str, chance: random.Random) -> None:
    _into_folder(folder, table).unlink()


@_register(PARQUET)
def folder_named_like_a_column(folder: Path, table: str, chance: random.Random) -> None:
    file = _into_folder(folder, table)
    name = chance.choice(pq.read_schema(file).names)
    inner = folder / table / f"{name}={chance.choice(['x', '1', '%00', 'a%2Fb', '2026-01-01'])}"
    inner.mkdir()
    shutil.move(file, inner / "part-0.parquet")


@_register(PARQUET)
def file_and_folder(folder: Path, table: str, chance: random.Random) -> None:
    (folder / table).mkdir()
    shutil.copy(folder / f"{table}.parquet", folder / table / "part-0.parquet")


def _into_folder(folder: Path, table: str) -> Path:
    (folder / table).mkdir()
    return Path(shutil.move(folder / f"{table}.parquet", folder / table / "part-0.parquet"))


def _columns(change: Callable[[pa.Table, random.Random], pa.Table]) -> Callable[..., None]:
    """Register a spoiler of the rows of a Parquet file under the function's name."""

    def spoil(folder: Path, table: str, chance: random.Random) -> None:
        file = folder / f"{table}.parquet"
        pq.write_table(change(pq.read_table(file), chance), file)

    PARQUET[change.__name__] = spoil
    return spoil


TYPES: dict[str, Callable[[int], pa.Array]] = {
    "decimal_38": lambda size: pa.array([None] * size, pa.decimal128(38, 10)),
    "decimal_76": lambda size: pa.array([10**60] * size, pa.decimal256(76, 2)),
    "timestamp_ns": lambda size: pa.array([2**62] * size, pa.timestamp("ns")),
    "timestamp_zone": lambda size: pa.array([1] * size, pa.timestamp("us", "Asia/Tokyo")),
    "timestamp_last": lambda size: pa.array([2**63 - 1] * size, pa.timestamp("us")),
    "date": lambda size: pa.array([20000] * size, pa.date32()),
    "time": lambda size: pa.array([1] * size, pa.time64("us")),
    "duration": lambda size: pa.array([1] * size, pa.duration("us")),
    "boolean": lambda size: pa.array([True] * size),
    "tiny": lambda size: pa.array([1] * size, pa.int8()),
    "unsigned": lambda size: pa.array([2**64 - 1] * size, pa.uint64()),
    "half_float": lambda size: pa.array([1.5] * size, pa.float16()),
    "not_a_number": lambda size: pa.array([float("nan")] * size),
    "binary": lambda size: pa.array([b"\xff\x00\xfe"] * size),
    "binary_16": lambda size: pa.array([b"0123456789abcdef"] * size, pa.binary(16)),
    "null": lambda size: pa.nulls(size),
    "list": lambda size: pa.array([["a", None]] * size),
    "nested": lambda size: pa.array([[{"a": [{"b": None}]}]] * size),
    "struct": lambda size: pa.array([{"a": 1, "b": "x"}] * size),
    "map": lambda size: pa.array([[("a", 1)]] * size, pa.map_(pa.string(), pa.int64())),
    "dictionary": lambda size: pa.array(["a"] * size).dictionary_encode(),
    "large_text": lambda size: pa.array(["a"] * size, pa.large_string()),
    "text_with_nul": lambda size: pa.array(["a\x00b"] * size),
}


def _retyped(name: str) -> None:
    def change(rows: pa.Table, chance: random.Random) -> pa.Table:
        place = chance.randrange(rows.num_columns)
        return rows.set_column(place, rows.column_names[place], TYPES[name](rows.num_rows))

    change.__name__ = f"column_as_{name}"
    _columns(change)


for _name in TYPES:
    _retyped(_name)


@_columns
def parquet_column_twice(rows: pa.Table, chance: random.Random) -> pa.Table:
    place = chance.randrange(rows.num_columns)
    return rows.append_column(rows.column_names[place].upper(), rows.column(place))


@_columns
def parquet_column_gone(rows: pa.Table, chance: random.Random) -> pa.Table:
    return rows.drop_columns([chance.choice(rows.column_names)])


@_columns
def parquet_without_rows(rows: pa.Table, chance: random.Random) -> pa.Table:
    return rows.slice(0, 0)


@_columns
def all_in_dictionaries(rows: pa.Table, chance: random.Random) -> pa.Table:
    columns = [
        pc.dictionary_encode(column) if pa.types.is_string(column.type) else column
        for column in rows.columns
    ]
    return pa.table(dict(zip(rows.column_names, columns, strict=True)))


@_columns
def odd_parquet_names(rows: pa.Table, chance: random.Random) -> pa.Table:
    for name in ("a b", 'x"y', "x'y", "{x}", "load_id", "load_file", "filename", "", "ż"):
        rows = rows.append_column(name, pa.array([1] * rows.num_rows))
    return rows


@_register(PARQUET)
def old_timestamps(folder: Path, table: str, chance: random.Random) -> None:
    file = folder / f"{table}.parquet"
    pq.write_table(
        pq.read_table(file),
        file,
        use_deprecated_int96_timestamps=True,
        compression=chance.choice(["gzip", "brotli", "zstd", "lz4", "none"]),
        data_page_version=chance.choice(["1.0", "2.0"]),
    )


KINDS = [("csv", name) for name in CSV] + [("parquet", name) for name in PARQUET]


def spoil(folder: Path, table: str, form: str, kind: str, seed: int) -> None:
    """Write a table of a batch in a form and spoil it.

    Args:
        folder: the batch, with a Parquet file for each table.
        table: the table to spoil.
        form: csv or parquet.
        kind: name of the spoiler.
        seed: of its choices.
    """
    file = folder / f"{table}.parquet"
    if form == "csv":
        rows = pq.read_table(file)
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(rows.column_names)
            for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
                writer.writerow(row)
        file.unlink()
    (CSV if form == "csv" else PARQUET)[kind](folder, table, random.Random(seed))


def rows_in(folder: Path, table: str) -> int | None:
    """Count the rows of a table without DuckDB; None where Python cannot read it either."""
    files = [folder / f"{table}.csv"] if (folder / f"{table}.csv").is_file() else []
    parts = [folder / f"{table}.parquet", *(folder / table).rglob("*.parquet")]
    try:
        if files:
            csv.field_size_limit(10**9)
            data = files[0].read_bytes()
            text = data.decode("utf-8-sig")
            rows = csv.reader(io.StringIO(text, newline=""), strict=True)
            return sum(1 for row in rows if row) - 1
        return sum(pq.ParquetFile(part).metadata.num_rows for part in parts if part.is_file())
    except (ValueError, csv.Error, pa.ArrowException, OSError):
        return None
