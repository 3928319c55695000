"""What the dashboards must know of the published tables before they are drawn."""

from __future__ import annotations

import difflib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from build import ROOT, UsageError
from duckdb_access import connect


@dataclass(frozen=True)
class Segment:
    """A segment of the published catalogue."""

    name: str
    label: str
    layer: str
    priority: int | None


@dataclass(frozen=True)
class Published:
    """A published file: where it is, and what can be chosen in it.

    as_of_dates holds the dates on record, oldest first; segments are in order of priority.
    """

    path: Path
    as_of_date: str
    run_id: str
    currency: str
    as_of_dates: list[str]
    countries: list[str]
    layers: list[str]
    segments: list[Segment]
    tables: frozenset[str]

    def nearest_segment(self, name: str) -> str:
        """Say which segment may have been meant."""
        names = [segment.name for segment in self.segments]
        near = difflib.get_close_matches(name.lower().replace(" ", "_"), names, n=1)
        return f"did you mean {near[0]}?" if near else "marts.segments lists them all."


def read_published(path: Path) -> Published:
    """Read what can be chosen in a published file.

    Args:
        path: published.duckdb.

    Raises:
        UsageError: it is not there, cannot be read or is of an older version.
    """
    if not path.is_file():
        raise UsageError(
            f"WAREHOUSE_DIR: nothing is published in '{path.parent}'; run `make build` first."
        )
    try:
        with connect(path, folders=[path.parent], read_only=True) as connection:
            connection.execute("use marts")
            return _read(connection, path)
    except duckdb.CatalogException as error:
        raise UsageError(f"{path} is of an older version; run `make build` again.") from error
    except duckdb.Error as error:
        raise UsageError(f"{path}: {str(error).splitlines()[0]}") from error


def _read(connection: duckdb.DuckDBPyConnection, path: Path) -> Published:
    def column(sql: str) -> list[str]:
        return [row[0] for row in connection.execute(sql).fetchall()]

    run_id, as_of = connection.execute(
        "select run_id, as_of_date from published_version"
    ).fetchone()
    (currency,) = connection.execute(
        "select value from settings where setting = 'reporting_currency'"
    ).fetchone()
    segments = connection.execute(
        "select segment, label, layer, priority from segments order by priority nulls last, segment"
    ).fetchall()
    as_of_date = str(as_of)
    dates = column(
        "select cast(as_of_date as varchar) from segment_metrics"
        " union select cast(valid_from_date as varchar) from segment_membership_history"
        " union select cast(valid_to_date as varchar) from segment_membership_history"
        " where valid_to_date is not null"
    )
    return Published(
        path=path,
        as_of_date=as_of_date,
        run_id=run_id,
        currency=currency,
        as_of_dates=sorted({*dates, as_of_date}),
        countries=column(
            "select distinct country_code from customers where country_code is not null order by 1"
        ),
        layers=column("select distinct layer from segments order by 1"),
        segments=[Segment(*row) for row in segments],
        tables=frozenset(
            column("select table_name from information_schema.tables where table_schema = 'marts'")
        ),
    )


def members(published: Published, as_of_date: str) -> dict[str, int]:
    """Return the customers in each segment at a date on record."""
    with connect(published.path, folders=[published.path.parent], read_only=True) as connection:
        rows = connection.execute(
            "select segment, customers from marts.segment_metrics where as_of_date = ?",
            [as_of_date],
        ).fetchall()
    return dict(rows)


def check_tables(published: Published, boards: dict[str, str]) -> None:
    """Check that the file holds the tables that the boards read.

    Args:
        published: the file.
        boards: the text of each board, partials included.

    Raises:
        UsageError: a public table that a board names is not in it.
    """
    public = {path.stem for path in (ROOT / "models" / "marts").glob("*.sql")}
    for name, text in boards.items():
        missing = sorted((public & set(re.findall(r"\w+", text))) - published.tables)
        if missing:
            raise UsageError(
                f"{published.path} has no table {missing[0]}, which the board {name} reads: it is"
                " of an older version; run `make build` again."
            )


def snapshot(path: Path, place: Path) -> Path:
    """Give a published file a second name, so that one drawing reads one version of it.

    Raises:
        OSError: there is no room.
    """
    try:
        os.link(path, place)
    except OSError:
        shutil.copyfile(path, place)
    return place
