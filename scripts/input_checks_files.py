"""Look at the files of a batch before they are read: which there are, their columns, their faults.

What is wrong with a file is said with its name and, in CSV, the line. Files that look like a
delivery of a table and are not read as one are found, so that no table is missing in silence.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from duckdb_access import connect, sql_text
from scrub import scrub

HEADER_BYTES = 1_000_000
# What tables are delivered in, in any case of letters; other files may lie beside them.
DATA_ENDING = re.compile(
    r"(?i)[.](csv|tsv|txt|psv|parquet|parq|pq|json|jsonl|ndjson|avro|orc|feather|arrow|xlsx?)"
    r"([.](gz|gzip|bz2|xz|zst|zip|lz4|snappy))?$|[.](gz|gzip|bz2|xz|zst|zip|7z|tar|tgz|rar)$"
)
SIGNATURES = {
    b"\x1f\x8b": "it is compressed (gzip)",
    b"PK\x03\x04": "it is a ZIP archive or a spreadsheet",
    b"BZh": "it is compressed (bzip2)",
    b"\x28\xb5\x2f\xfd": "it is compressed (zstd)",
    b"PAR1": "it is a Parquet file under the name of a CSV",
    b"\xff\xfe": "it is in UTF-16",
    b"\xfe\xff": "it is in UTF-16",
    b"\x00\x00\xfe\xff": "it is in UTF-32",
    b"<!DOCTYPE": "it is a web page",
    b"<html": "it is a web page",
}
CSV_OPTIONS = (
    "header = true, all_varchar = true, auto_detect = false, delim = ',', quote = '\"',"
    " escape = '\"', skip = 0, comment = ''"
)
ADVICE = "Deliver Parquet, or CSV in UTF-8 with commas and a header."


class InputsRefused(Exception):
    """Inputs that cannot even be read; its text is one line that names the table."""

    def __init__(self, message: str, table: str) -> None:
        """Take the line and the table that it is about."""
        super().__init__(message)
        self.table = table


@dataclass(frozen=True)
class Delivery:
    """The files of one table: form `csv`, `file` or `folder` (both Parquet), and their columns.

    `columns` has the types by lower-case name, those of CSV being VARCHAR.
    """

    table: str
    form: str
    files: tuple[Path, ...]
    columns: Mapping[str, str]


@dataclass
class Batch:
    """What lies in RAW_DIR: deliveries by table, and names that are read as none."""

    raw_dir: Path
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def find_batch(raw_dir: Path, contract: Mapping[str, Iterable[str]]) -> Batch:
    """Find the deliveries and look at the head of each.

    Args:
        raw_dir: folder of the raw tables.
        contract: columns of the input contract by table.

    Raises:
        InputsRefused: a file cannot be read as what its name says, or names a column twice.
    """
    batch = Batch(raw_dir)
    for table, names in contract.items():
        files = _files(raw_dir, table)
        batch.unread += [
            str(path.relative_to(raw_dir)) for path in _look_alikes(raw_dir, table, set(files))
        ]
        if not files:
            continue
        try:
            if files[0].suffix == ".csv":
                form, columns = "csv", dict.fromkeys(_csv_columns(files[0], table), "VARCHAR")
            else:
                form = "folder" if files[0].parent != raw_dir else "file"
                columns = _parquet_columns(raw_dir, table, files, set(names))
        except OSError as error:
            raise refused(table, f"{files[0].name}: {error.strerror}") from error
        batch.deliveries[table] = Delivery(table, form, tuple(files), columns)
    return batch


def refused(table: str, cause: str) -> InputsRefused:
    """Return the refusal of a table that cannot be read, with what to deliver."""
    return InputsRefused(f"{table} cannot be read: {cause.rstrip('.')}. {ADVICE}", table)


def _files(raw_dir: Path, table: str) -> list[Path]:
    """Return the files that are read for a table; several forms of one are left to the reader."""
    for name in (f"{table}.csv", f"{table}.parquet"):
        if (raw_dir / name).is_file():
            return [raw_dir / name]
    parts = (raw_dir / table).rglob("*.parquet") if (raw_dir / table).is_dir() else ()
    return sorted(part for part in parts if part.is_file())


def _look_alikes(raw_dir: Path, table: str, read: set[Path]) -> Iterator[Path]:
    """Yield what bears a table's name, or lies in its folder, and is read as nothing."""
    for path in sorted(raw_dir.iterdir()):
        if path in read or path.name.partition(".")[0].lower() != table:
            continue
        if path.name == table and path.is_dir():
            parts = sorted(path.rglob("*"))
            if not any(part.is_file() for part in parts):
                yield path
            for part in parts:
                # Spark writes into such folders first: what is left there is unfinished.
                is_unfinished = any(name[0] in "._" for name in part.relative_to(path).parts[:-1])
                is_data = DATA_ENDING.search(part.name) and part.name[0] not in "._"
                if part.is_file() and is_data and (part not in read or is_unfinished):
                    yield part
        elif path.is_dir() or DATA_ENDING.search(path.name):
            yield path


def _csv_columns(file: Path, table: str) -> list[str]:
    with file.open("rb") as handle:
        head = handle.read(HEADER_BYTES)
    for signature, meaning in SIGNATURES.items():
        if head.startswith(signature):
            raise refused(table, f"{file.name}: {meaning}")
    first = head.removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
    if not first or not first[0].strip():
        what = "its first line is blank, the header must stand there" if head else "it is empty"
        raise refused(table, f"{file.name}: {what}")
    if b"\x00" in first[0]:
        raise refused(table, f"{file.name}: its header holds NUL bytes, as text in UTF-16 does")
    # Of a line break in a quoted name, and of a file's last line, the rest is read too.
    text = head.decode("utf-8-sig", "replace")
    try:
        header = next(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (csv.Error, StopIteration) as error:
        raise refused(table, f"{file.name}: the quotes of its header do not close") from error
    names = [name.strip().lower() for name in header]
    if any("\ufffd" in name for name in names):
        raise refused(table, f"{file.name}: its header is not in UTF-8")
    other = next((mark for mark in (";", "\t", "|") if mark in names[0]), None)
    if len(names) == 1 and other:
        shown = "tabs" if other == "\t" else f"'{other}'"
        raise refused(table, f"{file.name}: its values stand between {shown}, not commas")
    _check_names(table, file.name, names)
    # As DuckDB calls a column without a name.
    return [name or f"column{place}" for place, name in enumerate(names)]


def _check_names(table: str, file: str, names: Iterable[str]) -> None:
    twice = sorted(name for name, count in Counter(names).items() if name and count > 1)
    if twice:
        raise InputsRefused(
            f"{table}: {scrub(file)} names the column(s) {scrub(', '.join(twice))} twice; which of"
            " them counts would be a guess. Deliver each once.",
            table,
        )


def _parquet_columns(
    raw_dir: Path, table: str, files: list[Path], contract: set[str]
) -> dict[str, str]:
    is_folder = files[0].parent != raw_dir
    listed = "[" + ", ".join(sql_text(file) for file in files) + "]"
    options = f"union_by_name = true, hive_partitioning = {str(is_folder).lower()}"
    scan = f"read_parquet({listed}, {options})"
    with connect(folders=[raw_dir]) as connection:
        try:
            described = connection.execute(f"describe select * from {scan}").fetchall()
            nodes = connection.execute(
                f"select file_name, name, coalesce(num_children, 0) from parquet_schema({listed})"
            ).fetchall()
        except duckdb.Error as error:
            raise refused(table, _parquet_fault(str(error), files, raw_dir)) from error
    for file, names in _top_level(nodes).items():
        _check_names(table, str(Path(file).relative_to(raw_dir)), names)
        folders = {part.partition("=")[0].lower() for part in Path(file).parts[:-1] if "=" in part}
        both = sorted(folders & set(names) & contract)
        if both:
            raise InputsRefused(
                f"{table}: {', '.join(both)} stands in the rows and in a folder's name of"
                f" {scrub(Path(file).relative_to(raw_dir))}; leave it out of one of them.",
                table,
            )
    return {row[0].lower(): row[1].upper() for row in described}


def _parquet_fault(
    error: str, files: Sequence[Path], raw_dir: Path, names: Iterable[str] = ()
) -> str:
    """Name the file where the engine does, or where it is the only one."""
    named = [file for file in files if str(file) in error] or (files if len(files) == 1 else [])
    where = f"{named[0].relative_to(raw_dir)}: " if named else ""
    line = next((line for line in error.splitlines() if "Error:" in line), error.splitlines()[0])
    words = scrub(line, is_foreign=True, names=names)
    return where + words.removeprefix("Invalid Input Error: ")


def fault(batch: Batch, table: str, error: str) -> str:
    """Say in a line why the engine could not read a table, without the values that it quotes."""
    delivery = batch.deliveries.get(table)
    if delivery is None:
        return _parquet_fault(error, [], batch.raw_dir)
    if delivery.form != "csv":
        return _parquet_fault(error, delivery.files, batch.raw_dir, delivery.columns)
    found = csv_fault(delivery)
    if not found and "sniff" in error:
        return f"{delivery.files[0].name}: its lines are not those of a CSV"
    return found or _parquet_fault(error, delivery.files, batch.raw_dir, delivery.columns)


def _top_level(nodes: Iterable[tuple[str, str, int]]) -> dict[str, list[str]]:
    """Return the columns of each file from the flattened trees of their schemas, root first."""
    found: dict[str, list[str]] = {}
    open_children: list[int] = []
    for file, name, children in nodes:
        if file not in found:
            found[file], open_children = [], [children]
            continue
        while open_children and open_children[-1] == 0:
            open_children.pop()
        if len(open_children) == 1:
            found[file].append(name.strip().lower())
        if open_children:
            open_children[-1] -= 1
        open_children.append(children)
    return found


def csv_fault(delivery: Delivery) -> str | None:
    """Find the first line of a CSV that cannot be read and say why; None where all can be."""
    file = delivery.files[0]
    columns = ", ".join(f"{sql_text(name)}: 'VARCHAR'" for name in delivery.columns)
    query = f"from read_csv({sql_text(file)}, {CSV_OPTIONS}, columns = {{{columns}}})"
    with connect(folders=[file.parent]) as connection:
        try:
            connection.execute(f"select count(columns(*)) {query}").fetchall()
        except duckdb.Error as error:
            return f"{file.name}: {_csv_cause(str(error))}"
    return None


def _csv_cause(error: str) -> str:
    found = re.search(r"CSV Error on Line: ([0-9]+)", error)
    where = f"line {int(found.group(1)):,} " if found else "a line "
    widths = re.search(r"Expected Number of Columns: ([0-9]+) Found: ([0-9]+)", error)
    if widths:
        return f"{where}has {widths.group(2)} values, the header {widths.group(1)}"
    causes = {
        "unterminated quote": "opens a quote that does not close, or has text behind it",
        "aximum line size": "is longer than 2,000,000 bytes",
        "nicode": "is not in UTF-8",
        "utf-8": "is not in UTF-8",
        "state machine": "ends otherwise than the first, or holds a lone carriage return",
    }
    for words, cause in causes.items():
        if words in error:
            return where + cause
    return f"{where}cannot be read: {scrub(error.splitlines()[0], is_foreign=True)}"


def content_hashes(batch: Batch, known: Mapping[str, tuple[int, int, str]]) -> dict[str, tuple]:
    """Hash every file of a batch.

    Args:
        batch: the batch.
        known: size, time of change and hash by path under RAW_DIR, of a former run; a file whose
            size and time are as they were is not read again.

    Returns:
        Table, size in bytes, time of change in nanoseconds and hash, by path under RAW_DIR.
    """
    found = {}
    for delivery in batch.deliveries.values():
        for file in delivery.files:
            name = str(file.relative_to(batch.raw_dir))
            state = file.stat()
            former = known.get(name)
            if former and former[:2] == (state.st_size, state.st_mtime_ns):
                digest = former[2]
            else:
                with file.open("rb") as handle:
                    digest = hashlib.file_digest(handle, "blake2b").hexdigest()[:32]
            found[name] = (delivery.table, state.st_size, state.st_mtime_ns, digest)
    return found


def rows_of(batch: Batch, names: Iterable[str]) -> int:
    """Count the rows of some Parquet files by their footers; names: paths under RAW_DIR."""
    listed = ", ".join(sql_text(batch.raw_dir / name) for name in names)
    with connect(folders=[batch.raw_dir]) as connection:
        return connection.execute(
            f"select sum(num_rows) from parquet_file_metadata([{listed}])"
        ).fetchone()[0]
