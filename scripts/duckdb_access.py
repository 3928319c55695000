"""Open DuckDB so that it reaches only the folders that a task needs.

Nothing else of the disk, no network, and no extension that is not part of the package: whatever SQL
runs on such a connection, it cannot widen what it may reach. Links inside a folder that lead out of
it are refused; a folder itself may be a link.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb

# Files of this version open in DuckDB 1.5 too when 2.0 has written them.
STORAGE_VERSION = "v1.5.0"


def connect(
    database: str | Path = ":memory:", *, folders: Iterable[str | Path], read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a database that reaches only some folders.

    Args:
        database: file, or `:memory:`.
        folders: what SQL may read and write, with everything below; what does not fit into memory
            is spilled to the first one.
        read_only: whether the database itself may be read only.

    Raises:
        duckdb.Error: the file is not there, is being written or is no database.
    """
    connection = duckdb.connect(str(database), read_only=read_only)
    try:
        restrict(connection, folders)
    except BaseException:
        connection.close()
        raise
    return connection


def restrict(connection: duckdb.DuckDBPyConnection, folders: Iterable[str | Path]) -> None:
    """Take from an open database all but some folders, for as long as it is open.

    Args:
        connection: any connection to it; cursors and later connections are bound by it too.
        folders: what SQL may read and write, with everything below.
    """
    allowed = [Path(folder).absolute() for folder in folders]
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set allow_persistent_secrets = false")
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set autoload_known_extensions = false")
    if connection.execute("select current_setting('temp_directory')").fetchone()[0] == ".tmp":
        # The default of a database in memory: a folder wherever the process was started.
        connection.execute(f"set temp_directory = {sql_text(allowed[0] / '.tmp')}")
    listed = ", ".join(sql_text(folder) for folder in allowed)
    connection.execute(f"set allowed_directories = [{listed}]")
    connection.execute("set enable_external_access = false")


def sql_text(value: str | Path) -> str:
    """Return a text or a path as an SQL literal."""
    return "'" + str(value).replace("'", "''") + "'"


def sql_name(*parts: str) -> str:
    """Return a name, or database, schema and name, quoted for SQL."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)
