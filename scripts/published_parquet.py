"""Write the published tables as Parquet files, with a manifest, for tools that read files.

Usage: make parquet (WAREHOUSE_DIR). With PUBLISH_PARQUET=yes every run that publishes does it too.

WAREHOUSE_DIR/parquet/manifest.json names the folder of one version and each file in it: rows,
columns with types, bytes, SHA-256. It is replaced last and at once, so who reads it first and then
the files that it names reads one version, also while the next one is written; the version before
stays for readers in the middle. Views are left out: they are as long as segments times customers.

Exit code 0: written, or there already; 1: it failed; 2: nothing is published.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import duckdb

from duckdb_access import connect, sql_name, sql_text
from refresh_versions import STAMP_TABLE, read_stamp, replace, sync

ROOT = Path(__file__).resolve().parent.parent
EXIT_DONE, EXIT_FAILED, EXIT_USAGE = 0, 1, 2
FOLDER, MANIFEST = "parquet", "manifest.json"
SCHEMA = "marts"
FORMAT_VERSION = 1


def is_asked_for(environment: dict[str, str] | os._Environ[str]) -> bool:
    """Whether PUBLISH_PARQUET says that files go with every publishing."""
    return (environment.get("PUBLISH_PARQUET") or "no").lower() in ("yes", "true", "1")


def write(published: Path) -> dict[str, Any]:
    """Write the tables of a published file, where its version is not there already.

    Args:
        published: file that readers open; the folder goes beside it.

    Returns:
        The manifest.

    Raises:
        duckdb.Error, OSError: the disk, most often; the files of before are as they were.
    """
    folder = published.parent / FOLDER
    folder.mkdir(exist_ok=True)
    stamp = read_stamp(published)
    former = read_manifest(folder)
    if former and former["published_at"] == stamp.published_at.isoformat():
        return former
    for leftover in folder.glob(".*.new"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = folder / f".{os.getpid()}.new"
    fresh.mkdir()
    try:
        with connect(published, folders=[published.parent], read_only=True) as connection:
            limit = os.environ.get("DUCKDB_MEMORY_LIMIT") or "3GB"
            connection.execute(f"set memory_limit = {sql_text(limit)}")
            connection.execute("set preserve_insertion_order = false")
            found = connection.execute(
                "select table_name, table_type from information_schema.tables"
                f" where table_schema = '{SCHEMA}' and table_name <> '{STAMP_TABLE}' order by 1"
            ).fetchall()
            tables = [
                _write_table(connection, name, fresh) for name, kind in found if kind != "VIEW"
            ]
        chosen = _free_name(folder, stamp.run_id)
        fresh.rename(folder / chosen)
        sync(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    manifest = {
        "format_version": FORMAT_VERSION,
        "run_id": stamp.run_id,
        "as_of_date": stamp.as_of_date,
        "published_at": stamp.published_at.isoformat(),
        "catalogue_hash": stamp.catalogue_hash,
        "folder": chosen,
        "tables": tables,
        "left_out": [name for name, kind in found if kind == "VIEW"],
    }
    path = folder / f".{MANIFEST}.{os.getpid()}.new"
    path.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    replace(path, folder / MANIFEST)
    kept = {chosen, former["folder"] if former else chosen}
    for other in folder.iterdir():
        if other.is_dir() and other.name not in kept:
            shutil.rmtree(other, ignore_errors=True)
    return manifest


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest in a folder; None where there is none that can be read."""
    try:
        return json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def remove(warehouse_dir: Path) -> bool:
    """Remove the files, former versions too; returns whether there were any."""
    folder = warehouse_dir / FOLDER
    is_there = folder.exists()
    if is_there:
        shutil.rmtree(folder)
    return is_there


def _write_table(connection: duckdb.DuckDBPyConnection, name: str, folder: Path) -> dict[str, Any]:
    """Write a table and return its entry in the manifest."""
    path = folder / f"{name}.parquet"
    relation = sql_name(SCHEMA, name)
    rows = connection.execute(
        f"copy {relation} to {sql_text(path)} (format parquet, compression zstd)"
    ).fetchone()[0]
    sync(path)
    columns = connection.execute(f"describe {relation}").fetchall()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "table": name,
        "file": path.name,
        "rows": rows,
        "bytes": path.stat().st_size,
        "sha256": digest,
        "columns": [{"name": column[0], "type": column[1]} for column in columns],
    }


def _free_name(folder: Path, name: str) -> str:
    """A name that no version has: what an erasure writes anew has the run id of before."""
    number, free = 1, name
    while (folder / free).exists():
        number, free = number + 1, f"{name}-{number + 1}"
    return free


def main() -> int:
    """Write what WAREHOUSE_DIR has published and return the exit code."""
    published = Path(os.environ.get("WAREHOUSE_DIR") or ROOT / "warehouse").absolute()
    published /= "published.duckdb"
    if not published.exists():
        print(
            f"nothing is published in {published.parent}; run `make build` first", file=sys.stderr
        )
        return EXIT_USAGE
    try:
        manifest = write(published)
    except (duckdb.Error, OSError) as error:
        print(f"failed: {str(error).splitlines()[0]}; the files are as before", file=sys.stderr)
        return EXIT_FAILED
    rows = sum(table["rows"] for table in manifest["tables"])
    size = sum(table["bytes"] for table in manifest["tables"]) / 1e6
    print(
        f"{len(manifest['tables'])} tables, {rows:,} rows, {size:,.1f} MB as of"
        f" {manifest['as_of_date']}: {published.parent / FOLDER / MANIFEST}"
    )
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main())
