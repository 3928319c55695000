"""Put the public tables of a finished build where readers find them, all at once.

Readers open `published.duckdb` only. It is written beside its place and renamed over it: who has
the old file open goes on reading the old tables, who opens it now sees the new ones, nobody a
mixture.

Every file says which run it is of (table published_version), and what it replaces is kept as
refresh_versions.py says.

A public view stays a view. The tables that it reads come along: in their own schema, and of those
that are not public themselves only the columns that a view names.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb

import duckdb_access
import published_parquet
from duckdb_access import STORAGE_VERSION
from duckdb_access import sql_text as _text
from refresh_versions import (
    KEPT_VERSIONS,
    Stamp,
    as_of_date,
    catalogue_hash,
    forget_old,
    keep_current,
    new_run_id,
    replace,
    write_stamp,
)

PUBLIC_SCHEMA = "marts"

Relation = tuple[str, str]


def publish(
    warehouse: Path,
    published: Path,
    relations: Sequence[Relation],
    run_id: str | None = None,
    kept_versions: int = KEPT_VERSIONS,
) -> int:
    """Copy tables and views into a new file and rename it over the published one.

    Args:
        warehouse: DuckDB file of the build; nothing else may be writing it.
        published: file that readers open.
        relations: schema and name of each table or view, in the order in which they are written.
        run_id: run that made the tables; by default a new one.
        kept_versions: former files that stay.

    Returns:
        Rows written.

    Raises:
        duckdb.Error, OSError: a table is missing or the disk is full; the published file is as
            before.
    """
    fresh = published.with_name(f".{published.name}.{os.getpid()}.new")
    _remove(published, "*")
    try:
        folders = {warehouse.parent: None, published.parent: None}
        with duckdb_access.connect(folders=folders) as connection:
            limit = os.environ.get("DUCKDB_MEMORY_LIMIT") or "3GB"
            connection.execute(f"set memory_limit = {_text(limit)}")
            connection.execute("set preserve_insertion_order = false")
            # By the name that it had while it was built: its views name their tables so.
            name = warehouse.stem
            connection.execute(f'attach {_text(warehouse)} as "{name}" (read_only)')
            connection.execute(
                f"attach {_text(fresh)} as fresh (storage_version '{STORAGE_VERSION}')"
            )
            views, reads = _views(connection, name, relations)
            connection.execute(f"create schema fresh.{PUBLIC_SCHEMA}")
            rows = 0
            for relation in relations:
                if relation not in views:
                    rows += _copy(connection, name, relation, PUBLIC_SCHEMA)
            words = set(re.findall(r"\w+", " ".join(views.values())))
            for relation in sorted(set().union(*reads.values()) - set(relations)):
                rows += _copy(connection, name, relation, relation[0], words)
            _create_views(connection, views, reads)
            stamp = Stamp(
                run_id or new_run_id(),
                as_of_date(connection, f'"{name}"'),
                datetime.now(UTC).replace(tzinfo=None),
                catalogue_hash(connection, f'"{name}"'),
            )
            write_stamp(connection, f"fresh.{PUBLIC_SCHEMA}", stamp)
            connection.execute("detach fresh")
        keep_current(published)
        replace(fresh, published)
    finally:
        _remove(published, str(os.getpid()))
    # What stays too long goes with the next version.
    with suppress(OSError, duckdb.Error):
        forget_old(published, kept_versions)
    follow(published)
    return rows


def follow(published: Path) -> None:
    """Write the Parquet files too where they are asked for; the published file stands anyway."""
    if not published_parquet.is_asked_for(os.environ):
        return
    try:
        published_parquet.write(published)
    except (OSError, duckdb.Error) as error:
        told = str(error).splitlines()[0]
        print(f"warning: no Parquet files: {told}; `make parquet` writes them", file=sys.stderr)


def _copy(
    connection: duckdb.DuckDBPyConnection,
    database: str,
    relation: Relation,
    schema: str,
    words: Iterable[str] | None = None,
) -> int:
    """Copy a table from the build to a schema of the fresh file and return its rows.

    Args:
        connection: connection to both.
        database: name of the build's.
        relation: schema and name in the build; a view is written as the table that it gives.
        schema: schema in the fresh file.
        words: only columns of these names; None takes all.
    """
    source = f'"{database}"."{relation[0]}"."{relation[1]}"'
    columns = "*"
    if words is not None:
        described = connection.execute(f"describe {source}").fetchall()
        columns = ", ".join(f'"{column[0]}"' for column in described if column[0] in set(words))
    connection.execute(f'create schema if not exists fresh."{schema}"')
    return connection.execute(
        f'create table fresh."{schema}"."{relation[1]}" as select {columns} from {source}'
    ).fetchone()[0]


def _views(
    connection: duckdb.DuckDBPyConnection, database: str, relations: Sequence[Relation]
) -> tuple[dict[Relation, str], dict[Relation, set[Relation]]]:
    """Queries of the views among some relations, and what each of them reads.

    A query comes without the name that the build's database had: so it finds its tables whatever
    name a reader attaches the published file by.
    """
    name = re.escape(database)
    word = r'(?:"[^"]+"|\w+)'
    pattern = rf"""'(?:[^']|'')*'|(?<![\w".])(?:{name}|"{name}")\.({word})\.({word})"""
    found = connection.execute(
        "select schema_name, view_name, sql from duckdb_views() where database_name = ?", [database]
    ).fetchall()
    views: dict[Relation, str] = {}
    reads: dict[Relation, set[Relation]] = {}
    for schema, view, sql in found:
        if (schema, view) not in relations:
            continue
        tables = reads[schema, view] = set()

        def without_database(part: re.Match[str], tables: set[Relation] = tables) -> str:
            if part.group()[0] == "'":
                return part.group()
            tables.add((part.group(1).strip('"'), part.group(2).strip('"')))
            return f"{part.group(1)}.{part.group(2)}"

        query = re.sub(r"(?is)^\s*create\s+view\s.*?\sas\s", "", sql, count=1).rstrip("; \n")
        views[schema, view] = re.sub(pattern, without_database, query)
    return views, reads


def _create_views(
    connection: duckdb.DuckDBPyConnection,
    views: dict[Relation, str],
    reads: dict[Relation, set[Relation]],
) -> None:
    """Create the views in the fresh file, those that others read first."""
    connection.execute("use fresh")
    waiting = dict(views)
    while waiting:
        for relation in [one for one in waiting if not reads[one] & set(waiting)]:
            query = waiting.pop(relation)
            connection.execute(f'create view {PUBLIC_SCHEMA}."{relation[1]}" as {query}')
    connection.execute("use memory")


def _remove(published: Path, process: str) -> None:
    """Remove what unfinished publishing left, its write-ahead log too. process: id, * for any."""
    for leftover in published.parent.glob(f".{published.name}.{process}.new*"):
        leftover.unlink(missing_ok=True)
