"""The plugin by which dbt-duckdb opens the warehouse: least privilege, and logs without values.

DuckDB takes its list of folders once, before it gives up the rest of the disk, and dbt-duckdb sets
what stands under `settings` in the profile anew for each cursor; a plugin is called once for each
database and once for each cursor.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.events.event_manager_client import get_event_manager
from duckdb import DuckDBPyConnection

from duckdb_access import restrict
from scrub import scrub

# In these DuckDB quotes the value, or the line of a file, that it could not take.
ERROR = re.compile(
    r"\b(Conversion|Constraint|Invalid Input|Out of Range|Mismatch Type|Serialization|IO|Internal)"
    r" Error\b"
)


class Plugin(BasePlugin):
    """Restricts the database of a dbt target, and what its errors may say."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Give up all but the folders that the environment names."""
        warehouse_dir = os.environ.get("WAREHOUSE_DIR") or "warehouse"
        restrict(conn, [warehouse_dir, os.environ.get("RAW_DIR") or "data/demo"])

    def configure_cursor(self, cursor: Any) -> None:
        """Take values out of the errors that dbt logs from now on; each command has its loggers."""
        for logger in get_event_manager().loggers:
            if not hasattr(logger.scrubber, "of_values"):
                logger.scrubber = _without_values(logger.scrubber)


def _without_values(former: Callable[[str], str]) -> Callable[[str], str]:
    """Return a scrubber that does what the former one does, and takes values out of errors."""

    def scrubber(message: str) -> str:
        message = former(message)
        if not ERROR.search(message):
            return message
        # Which file it was stays: what is in quotes goes.
        for folder in filter(None, map(os.environ.get, ("RAW_DIR", "WAREHOUSE_DIR"))):
            message = re.sub(rf"['\"]({re.escape(folder)}[^'\"\n]*)['\"]", r"\1", message)
        return "\n".join(scrub(line, is_foreign=True) for line in message.split("\n"))

    scrubber.of_values = True
    return scrubber
