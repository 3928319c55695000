"""Put the public tables of a finished build where readers find them, all at once.

Readers open `published.duckdb` only. It is written beside its place and renamed over it: who has
the old file open goes on reading the old tables, who opens it now sees the new ones, nobody a
mixture.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import duckdb

PUBLIC_SCHEMA = "marts"
# Files of this version open in DuckDB 1.5 too when 2.0 has written them.
STORAGE_VERSION = "v1.5.0"


def publish(warehouse: Path, published: Path, relations: Sequence[tuple[str, str]]) -> int:
    """Copy tables into a new file and rename it over the published one.

    Args:
        warehouse: DuckDB file of the build; nothing else may be writing it.
        published: file that readers open.
        relations: schema and name of each table, in the order in which they are written.

    Returns:
        Rows written.

    Raises:
        duckdb.Error, OSError: a table is missing or the disk is full; the published file is as
            before.
    """
    fresh = published.with_name(f".{published.name}.{os.getpid()}.new")
    _remove(published, "*")
    rows = 0
    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(f"attach {_text(warehouse)} as build (read_only)")
            connection.execute(
                f"attach {_text(fresh)} as fresh (storage_version '{STORAGE_VERSION}')"
            )
            connection.execute(f"create schema fresh.{PUBLIC_SCHEMA}")
            for schema, name in relations:
                rows += connection.execute(
                    f'create table fresh.{PUBLIC_SCHEMA}."{name}" as from build."{schema}"."{name}"'
                ).fetchone()[0]
            connection.execute("detach fresh")
        _sync(fresh)
        fresh.replace(published)
        _sync(published.parent)
    finally:
        _remove(published, str(os.getpid()))
    return rows


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
