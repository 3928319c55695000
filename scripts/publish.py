"""Put the public tables of a finished build where readers find them, all at once.

Readers open `published.duckdb` only. It is written beside its place and renamed over it: who has
the old file open goes on reading the old tables, who opens it now sees the new ones, nobody a
mixture.

A public view stays a view. The tables that it reads come along: in their own schema, and of those
that are not public themselves only the columns that a view names.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb

PUBLIC_SCHEMA = "marts"
# Files of this version open in DuckDB 1.5 too when 2.0 has written them.
STORAGE_VERSION = "v1.5.0"

Relation = tuple[str, str]


def publish(warehouse: Path, published: Path, relations: Sequence[Relation]) -> int:
    """Copy tables and views into a new file and rename it over the published one.

    Args:
        warehouse: DuckDB file of the build; nothing else may be writing it.
        published: file that readers open.
        relations: schema and name of each table or view, in the order in which they are written.

    Returns:
        Rows written.

    Raises:
        duckdb.Error, OSError: a table is missing or the disk is full; the published file is as
            before.
    """
    fresh = published.with_name(f".{published.name}.{os.getpid()}.new")
    _remove(published, "*")
    try:
        with duckdb.connect(":memory:") as connection:
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
            connection.execute("detach fresh")
        _sync(fresh)
        fresh.replace(published)
        _sync(published.parent)
    finally:
        _remove(published, str(os.getpid()))
    return rows


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


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _sync(path: Path) -> None:
    """Make a file or a rename in a folder survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
