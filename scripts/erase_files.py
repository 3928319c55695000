"""Take a person out of the files of WAREHOUSE_DIR.

DuckDB marks rows as deleted and leaves their bytes; so each database is written anew without them,
beside its place, and renamed over it. Readers of the published file go on with the one that they
have open. Whatever is killed half way has changed nothing, or one file as a whole.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb

import export_files
from duckdb_access import STORAGE_VERSION, connect, sql_name, sql_text
from erase_person import Person, list_ids
from refresh_versions import sync

# Whose rows go, by the columns that say so.
KEYS = {"order_id": "order", "order_line_id": "order_line", "event_id": "event"}
ROW_KINDS = {
    "contacts": "person",
    "orders": "order",
    "order_lines": "order_line",
    "events": "event",
}
EVIDENCE = ("raw_row", "row_content")
REPLACEMENT = b"[erased]"
# From more values on, a file is searched by grep, where there is one.
AT_ONCE = 50
TEXT_ENDINGS = (".log", ".json", ".jsonl", ".html", ".txt", ".sql", ".yml", ".csv")


def databases(warehouse_dir: Path) -> list[list[Path]]:
    """Return the DuckDB files below a folder; names of the same file stand together."""
    by_file: dict[tuple[int, int], list[Path]] = {}
    for path in sorted(warehouse_dir.rglob("*.duckdb")):
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            by_file.setdefault((status.st_dev, status.st_ino), []).append(path)
    return list(by_file.values())


def rewrite(names: list[Path], person: Person, warehouse_dir: Path) -> dict[str, int]:
    """Write a database anew without a person.

    Args:
        names: the names of the file; afterwards they are names of the new one.
        person: whose rows go.
        warehouse_dir: folder that the connection may reach.

    Returns:
        Rows removed by table.

    Raises:
        duckdb.Error, OSError: the file is in use or damaged, or there is no room; it is as before.
    """
    path = names[0]
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    removed: dict[str, int] = {}
    _take_in_log(path, warehouse_dir)
    try:
        with connect(folders=[warehouse_dir]) as connection:
            list_ids(connection, person)
            # By the name that it had while it was built: its views name their tables so.
            old = path.stem
            connection.execute(f"attach {sql_text(path)} as {sql_name(old)} (read_only)")
            connection.execute(
                f"attach {sql_text(fresh)} as fresh (storage_version '{STORAGE_VERSION}')"
            )
            connection.execute(f"copy from database {sql_name(old)} to fresh (schema)")
            for schema, table in tables_of(connection, old):
                source = sql_name(old, schema, table)
                condition = _condition(connection, old, schema, table)
                (before,) = connection.execute(f"select count(*) from {source}").fetchone()
                (kept,) = connection.execute(
                    f"insert into {sql_name('fresh', schema, table)} from {source}"
                    + (f" where not ({condition})" if condition else "")
                ).fetchone()
                if kept < before:
                    removed[f"{schema}.{table}"] = before - kept
            connection.execute("detach fresh")
        shutil.copymode(path, fresh)
        sync(fresh)
        fresh.replace(path)
        for name in names[1:]:
            again = name.with_name(f".{name.name}.{os.getpid()}.new")
            os.link(path, again)
            again.replace(name)
        sync(path.parent)
    finally:
        for leftover in path.parent.glob(f".{path.name}.{os.getpid()}.new*"):
            leftover.unlink(missing_ok=True)
    return removed


def rewrite_exports(warehouse_dir: Path, person: Person) -> list[dict[str, object]]:
    """Take a person out of every export; return the manifests of those that held it.

    Raises:
        duckdb.Error, OSError: there is no room, for example; each file is whole.
    """
    touched = []
    root = warehouse_dir / export_files.FOLDER
    for leftover in root.glob("*/*/.*.new"):
        shutil.rmtree(leftover, ignore_errors=True)
    for path in sorted(root.glob(f"*/*/[!.]*/{export_files.MANIFEST}")):
        folder = path.parent
        manifest = json.loads(path.read_text(encoding="utf-8"))
        beside = folder / ".fresh.new"
        shutil.rmtree(beside, ignore_errors=True)
        with connect(folders=[warehouse_dir]) as connection:
            list_ids(connection, person)
            rows = 0
            for table, name in (("chosen_rows", "members.parquet"), ("told", export_files.TOLD)):
                connection.execute(
                    f"create table {table} as from read_parquet({sql_text(folder / name)})"
                )
                (gone,) = connection.execute(
                    f"delete from {table} where customer_id in (from chosen)"
                ).fetchone()
                rows = max(rows, gone)
            if not rows and not manifest.get("is_being_erased"):
                continue
            connection.execute("drop view chosen; alter table chosen_rows rename to chosen")
            if not manifest.get("is_being_erased"):
                manifest["erased_customers"] = manifest.get("erased_customers", 0) + rows
            # Killed from here on, the next erasure completes files and manifest.
            _write_text(path, json.dumps(manifest | {"is_being_erased": True}))
            export_files.write_tables(connection, beside)
        for file in beside.iterdir():
            file.chmod(0o600)
            file.replace(folder / file.name)
        beside.rmdir()
        manifest.pop("is_being_erased", None)
        export_files.write_manifest(folder, manifest)
        touched.append(manifest)
    return touched


def redact_texts(folder: Path, person: Person) -> dict[str, int]:
    """Replace what a person is known by in logs and pages below a folder.

    Returns:
        Replacements by file.
    """
    done: dict[str, int] = {}
    for path in files_below(folder):
        if not path.name.endswith(TEXT_ENDINGS) and ".log." not in path.name:
            continue
        if path.relative_to(folder).parts[0] in (export_files.FOLDER, "privacy"):
            continue
        found = values_in(path, person)
        if not found:
            continue
        pattern = re.compile(b"|".join(map(re.escape, sorted(found, key=len, reverse=True))))
        fresh, count = pattern.subn(REPLACEMENT, path.read_bytes())
        _write_bytes(path, fresh)
        done[str(path.relative_to(folder))] = count
    return done


def remove_spilled(warehouse_dir: Path) -> None:
    """Remove what killed processes left of their work; the caller holds the lock of the folder."""
    for path in [*warehouse_dir.rglob("*.duckdb.tmp"), warehouse_dir / ".tmp"]:
        shutil.rmtree(path, ignore_errors=True)
    for path in warehouse_dir.rglob("*.duckdb.*.new*"):
        path.unlink(missing_ok=True)


def values_in(path: Path, person: Person) -> set[bytes]:
    """Return the values of a person that a file holds, as bytes; of many at one place, one.

    Raises:
        OSError: the file cannot be read.
    """
    values = sorted((text.encode() for text in person.texts), key=len, reverse=True)
    if not values or not path.stat().st_size:
        return set()
    grep = shutil.which("grep") if len(values) > AT_ONCE else None
    if grep:
        # Python tries each value at each byte.
        done = subprocess.run(
            [grep, "-aoF", "-f", "-", "--", str(path)],
            input=b"\n".join(value for value in values if b"\n" not in value),
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            check=False,
        )
        if done.returncode > 1:
            raise OSError(f"grep cannot read '{path}'")
        found = set(done.stdout.splitlines())
        values = [value for value in values if b"\n" in value]
        if not values:
            return found
    else:
        found = set()
    pattern = re.compile(b"|".join(map(re.escape, values)))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        return found | {match.group() for match in pattern.finditer(view)}


def _take_in_log(path: Path, warehouse_dir: Path) -> None:
    """Let a database take in its write-ahead log, which would belong to no file afterwards."""
    if path.with_name(f"{path.name}.wal").exists():
        with connect(path, folders=[warehouse_dir]) as connection:
            connection.execute("force checkpoint")


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str, str]]:
    """Return schema and name of each table of an attached database."""
    return connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = ? and not internal order by all",
        [database],
    ).fetchall()


def _condition(
    connection: duckdb.DuckDBPyConnection, database: str, schema: str, table: str
) -> str:
    """SQL of which rows of a table are the person's; empty where it is about nobody."""
    columns = {
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns()"
            " where database_name = ? and schema_name = ? and table_name = ?",
            [database, schema, table],
        ).fetchall()
    }
    parts = []
    for column in sorted(columns):
        if re.fullmatch(r"(\w+_)?(contact|customer)_id", column):
            parts.append(_is_one("person", sql_name(column)))
        elif column in KEYS:
            parts.append(_is_one(KEYS[column], sql_name(column)))
        elif column in EVIDENCE:
            for key, kind in {"contact_id": "person", **KEYS}.items():
                parts.append(_is_one(kind, f"json_extract_string({sql_name(column)}, '$.{key}')"))
    if {"source", "row_id"} <= columns:
        for source, kind in ROW_KINDS.items():
            parts.append(f"(source = '{source}' and {_is_one(kind, 'row_id')})")
    return " or ".join(parts)


def _is_one(kind: str, expression: str) -> str:
    return (
        f"coalesce(cast({expression} as varchar) in"
        f" (select id from memory.ids where kind = '{kind}'), false)"
    )


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, by name; links are no files."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _write_text(path: Path, text: str) -> None:
    _write_bytes(path, text.encode())


def _write_bytes(path: Path, content: bytes) -> None:
    """Replace a file in one step."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    fresh.write_bytes(content)
    shutil.copymode(path, fresh)
    sync(fresh)
    fresh.replace(path)
