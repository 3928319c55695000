"""Published versions: each file says which run it is of, and the last ones are kept.

A version that is replaced stays in WAREHOUSE_DIR/versions under the id of its run, as a second name
of the same file (a copy where the file system has no hard links), so that it can be put back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

FOLDER = "versions"
STAMP_TABLE = "published_version"
KEPT_VERSIONS = 3


class VersionError(Exception):
    """A version that is not there or cannot be put back; the text is one line."""


@dataclass(frozen=True)
class Stamp:
    """What a published file says of itself; as_of_date and catalogue_hash may be unknown."""

    run_id: str
    as_of_date: str | None
    published_at: datetime
    catalogue_hash: str | None = None


@dataclass(frozen=True)
class Version:
    """A published file that is kept."""

    path: Path
    stamp: Stamp
    is_current: bool


def new_run_id() -> str:
    """Return the id of a run that starts now; ids sort by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}"


def write_stamp(connection: duckdb.DuckDBPyConnection, schema: str, stamp: Stamp) -> None:
    """Write the table of one row that says which run a file is of.

    Args:
        connection: connection to the file.
        schema: schema, with its database, in SQL.
        stamp: what is written.
    """
    connection.execute(
        f"create table {schema}.{STAMP_TABLE} as select cast($1 as varchar) as run_id,"
        " cast($2 as date) as as_of_date, cast($3 as timestamp) as published_at,"
        " cast($4 as varchar) as catalogue_hash",
        [stamp.run_id, stamp.as_of_date, stamp.published_at, stamp.catalogue_hash],
    )


def read_stamp(path: Path) -> Stamp:
    """Return what a published file says of itself; one from before there were stamps, its time.

    Raises:
        duckdb.Error, OSError: the file cannot be read.
    """
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            row = connection.execute(
                "select run_id, cast(as_of_date as varchar), published_at, catalogue_hash"
                f" from marts.{STAMP_TABLE}"
            ).fetchone()
            return Stamp(*row)
    except duckdb.CatalogException:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
        return Stamp(f"{written:%Y%m%dT%H%M%S%fZ}", None, written)


def keep_current(published: Path) -> None:
    """Give the published file its second name, before another takes its place.

    Raises:
        duckdb.Error, OSError: it cannot be read, or there is no room.
    """
    run_id = _current(published)
    if run_id is None:
        return
    kept = published.parent / FOLDER / f"{run_id}.duckdb"
    kept.parent.mkdir(exist_ok=True)
    if not kept.exists():
        _second_name(published, kept)


def forget_old(published: Path, kept: int = KEPT_VERSIONS) -> None:
    """Remove the second name of the published file and all but the latest of the others.

    Args:
        published: file that readers open.
        kept: how many stay beside it.
    """
    current = _current(published)
    others = []
    for path in _files(published):
        if path.stem == current:
            path.unlink(missing_ok=True)
        else:
            others.append(path)
    for path in others[kept:]:
        path.unlink(missing_ok=True)


def versions(published: Path) -> list[Version]:
    """Return the published file and the versions kept, the latest first."""
    current = _current(published)
    found = [] if current is None else [Version(published, read_stamp(published), True)]
    for path in _files(published):
        try:
            if path.stem != current:
                found.append(Version(path, read_stamp(path), False))
        except duckdb.Error:
            continue
    return sorted(found, key=lambda one: one.stamp.run_id, reverse=True)


def restore(published: Path, run_id: str) -> Stamp:
    """Put a kept version in the place of the published one, which is kept in turn.

    Args:
        published: file that readers open.
        run_id: of the version.

    Returns:
        The stamp of what readers see now.

    Raises:
        VersionError: there is no such version, or it is no whole file.
        duckdb.Error, OSError: it cannot be read or there is no room; readers see what they saw.
    """
    known = {one.stamp.run_id: one for one in versions(published)}
    if run_id not in known:
        names = ", ".join(known) or "none"
        raise VersionError(f"VERSION: no version '{run_id}'; kept are: {names}.")
    chosen = known[run_id]
    if chosen.is_current:
        return chosen.stamp
    fresh = published.with_name(f".{published.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    try:
        _second_name(chosen.path, fresh)
        keep_current(published)
        replace(fresh, published)
    finally:
        fresh.unlink(missing_ok=True)
    chosen.path.unlink(missing_ok=True)
    return chosen.stamp


def replace(fresh: Path, published: Path) -> None:
    """Put a whole file in the place of another; a loss of power leaves the one or the other."""
    sync(fresh)
    fresh.replace(published)
    sync(published.parent)


def sync(path: Path) -> None:
    """Make a file or a rename in a folder survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def catalogue_hash(connection: duckdb.DuckDBPyConnection, database: str) -> str | None:
    """Return a hash over the rules of all segments of a build; None where it has none.

    Args:
        connection: connection to which the build is attached.
        database: its name, quoted for SQL.
    """
    try:
        return connection.execute(
            "select md5(string_agg(segment || ' ' || rule_hash, ',' order by segment))"
            f" from {database}.marts.segments"
        ).fetchone()[0]
    except (duckdb.CatalogException, duckdb.BinderException):
        return None


def as_of_date(connection: duckdb.DuckDBPyConnection, database: str) -> str | None:
    """Return the as-of date of a build; None where it says none. Arguments as catalogue_hash."""
    try:
        return connection.execute(
            "select cast(max(as_of_date) as varchar)"
            f" from {database}.marts_intermediate.int_rows__known"
        ).fetchone()[0]
    except (duckdb.CatalogException, duckdb.BinderException):
        return None


def _files(published: Path) -> list[Path]:
    """Return the files of the versions kept, the latest first."""
    return sorted((published.parent / FOLDER).glob("*.duckdb"), reverse=True)


def _current(published: Path) -> str | None:
    """Return the run that the published file is of; None where there is none that can be read."""
    try:
        return read_stamp(published).run_id if published.exists() else None
    except duckdb.IOException:
        # No DuckDB file: nothing that anybody could want back.
        return None


def _second_name(path: Path, name: Path) -> None:
    """Give a file a second name; a copy, written beside and renamed, where that cannot be."""
    try:
        os.link(path, name)
        return
    except FileExistsError:
        return
    except OSError:
        beside = name.with_name(f".{name.name}.{os.getpid()}.new")
    try:
        shutil.copyfile(path, beside)
        replace(beside, name)
    finally:
        beside.unlink(missing_ok=True)


def listing(found: Iterable[Version]) -> list[str]:
    """Return a line for each version."""
    return [
        f"{one.stamp.run_id}  as of {one.stamp.as_of_date or 'unknown'}, published"
        f" {one.stamp.published_at:%Y-%m-%d %H:%M:%SZ}{'  <- published now' * one.is_current}"
        for one in found
    ]
