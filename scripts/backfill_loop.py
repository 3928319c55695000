"""Record segments date by date in a copy of the last build, which stays as it is.

For segments that one pass cannot compute: ranks among all customers, sequences, earlier
memberships.
"""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from build import ROOT, Settings
from diff_builds import DiffError, _failure
from erase_register import copy_register

# Everything that the date changes; staging holds the same rows for any date.
SELECTED = [
    "+int_segment_days__recorded,path:models/intermediate",
    "+int_segment_days__recorded,path:models/staging/segments",
    # They read tables only where there are some to go on with.
    "stg_former_*",
]
# What the last build left says nothing of other dates.
FORMER_MEMBERSHIPS = "marts_raw.former_memberships"
STAYS = "marts_intermediate.int_segment_stays__recorded"
DAYS = "marts_intermediate.int_segment_days__recorded"
# Recorded beside them, to tell why customers come and go.
DATED = ("int_customer_states__recorded", "int_identities__recorded")


class Loop:
    """Builds of past dates, one after the other, each with history."""

    def __init__(self, settings: Settings, manifest: Any, folder: Path) -> None:
        """Take the settings of the last build, the parsed project and a folder to be made."""
        self._settings, self._manifest, self._folder = settings, manifest, folder
        self._file = folder / "warehouse.duckdb"

    def prepare(self, first: date) -> None:
        """Copy the last build and forget in the copy what was recorded from a date on.

        Raises:
            DiffError: there is no room. OSError, duckdb.Error: copying failed.
        """
        source = self._settings.warehouse_dir / "warehouse.duckdb"
        free = shutil.disk_usage(source.parent).free
        if free < source.stat().st_size:
            raise DiffError(f"{source.parent}: no room for a copy of the last build")
        self._folder.mkdir()
        shutil.copyfile(source, self._file)
        copy_register(self._settings.warehouse_dir, self._folder)
        with duckdb.connect(str(self._file)) as connection:
            connection.execute(f"delete from {STAYS} where valid_from_date >= ?", [first])
            connection.execute(
                f"update {STAYS} set valid_to_date = null, exit_cause = null"
                " where valid_to_date >= ?",
                [first],
            )
            connection.execute(f"delete from {DAYS} where recorded_date >= ?", [first])
            # A build by an earlier version has none.
            if FORMER_MEMBERSHIPS in _tables(connection):
                connection.execute(f"update {FORMER_MEMBERSHIPS} set catalogue_hash = ''")
            for name in DATED:
                connection.execute(
                    f"delete from marts_intermediate.{name} where valid_from_date >= ?", [first]
                )

    def record(self, day: date) -> None:
        """Build and record one date in the copy; raises DiffError."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        variables = self._settings.variables | {
            "as_of_date": day.isoformat(), "record_history": True,
        }  # fmt: skip
        log_dir = self._settings.warehouse_dir / "logs"
        with _warehouse(self._folder):
            # Building leaves what it compiled in the manifest.
            result = dbtRunner(manifest=copy.deepcopy(self._manifest)).invoke(
                ["--quiet", "--log-level", "none", "--log-level-file", "info", "run",
                 "--select", *SELECTED, "--project-dir", str(ROOT),
                 "--target-path", str(self._folder / "target"), "--log-path", str(log_dir),
                 "--vars", yaml.safe_dump(variables, allow_unicode=True, sort_keys=False)]
            )  # fmt: skip
            DuckDBConnectionManager.close_all_connections()
        if isinstance(result.exception, KeyboardInterrupt):
            raise KeyboardInterrupt
        if not result.success:
            raise DiffError(f"{day}: {_failure(result)} (log: {log_dir / 'dbt.log'})")

    def collect(self, tables: Path, names: list[str], dates: list[date]) -> None:
        """Put the stays of some segments within the recorded dates in table looped_stays.

        Args:
            tables: file of the back-fill's tables.
            names: the segments.
            dates: the recorded dates, in order.

        Raises:
            duckdb.Error: it failed.
        """
        with duckdb.connect(str(tables)) as connection:
            path = str(self._file).replace("'", "''")
            connection.execute(f"attach '{path}' as warehouse (read_only)")
            connection.execute(
                f"""
                insert into looped_stays
                select
                    segment, customer_id, greatest(valid_from_date, $first),
                    coalesce(valid_to_date, date '9999-12-31'), entry_cause, exit_cause
                from warehouse.{STAYS}
                where list_contains($names, segment) and coalesce(valid_to_date > $first, true)
                """,
                {"first": dates[0], "names": names},
            )


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of the tables, with their schemas."""
    found = connection.execute("select schema_name || '.' || table_name from duckdb_tables()")
    return {name for (name,) in found.fetchall()}


@contextmanager
def _warehouse(folder: Path) -> Iterator[None]:
    """Let dbt build in a folder while the block runs."""
    kept = os.environ["WAREHOUSE_DIR"]
    os.environ["WAREHOUSE_DIR"] = str(folder)
    try:
        yield
    finally:
        os.environ["WAREHOUSE_DIR"] = kept
