"""Write an export where nothing half done is ever seen, and keep a log of all of them.

WAREHOUSE_DIR/exports/<segment>/<channel>/<time>/ holds members.csv, members.parquet, told.parquet
(what the channel knows after it, the yardstick of the next one) and manifest.json. Only the owner
of the files may read them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb

from duckdb_access import connect, sql_name, sql_text
from refresh_versions import sync

FOLDER = "exports"
LOG = Path("privacy", "segment_exports.parquet")
LOG_ROWS = 10_000
MANIFEST = "manifest.json"
TOLD = "told.parquet"
MEMBERS = ("members.csv", "members.parquet")
LOG_COLUMNS = {
    "export_id": "varchar", "segment": "varchar", "channel": "varchar", "kind": "varchar",
    "as_of_date": "date", "rule_hash": "varchar", "exported_at": "timestamp",
    "exported_by": "varchar", "exported_customers": "bigint", "left_out_customers": "bigint",
}  # fmt: skip
# What a spreadsheet would run; a plain number, such as a phone with its plus sign, is harmless.
FORMULA, NUMBER = "^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]", "^[+-]?[0-9]+$"


def earlier_exports(folder: Path) -> list[Path]:
    """Return the finished exports of a segment and channel, the oldest first.

    Args:
        folder: exports/<segment>/<channel>.
    """
    return sorted(path.parent for path in folder.glob(f"[!.]*/{MANIFEST}"))


def write_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Write the tables `chosen` and `told` as the files of an export.

    Args:
        connection: connection with both tables.
        folder: made here; no one else may read it.

    Raises:
        OSError, duckdb.Error: the disk is full, for example.
    """
    folder.mkdir(mode=0o700, parents=True)
    columns = connection.execute("describe chosen").fetchall()
    cells = ", ".join(_harmless(column[0]) for column in columns)
    csv, parquet = (sql_text(folder / name) for name in MEMBERS)
    connection.execute(
        f"copy (select {cells} from chosen) to {csv} (format csv, header true, force_quote *)"
    )
    connection.execute(f"copy chosen to {parquet} (format parquet)")
    connection.execute(f"copy told to {sql_text(folder / TOLD)} (format parquet)")


def escaped_cells(connection: duckdb.DuckDBPyConnection) -> int:
    """Return how many cells of table `chosen` get an apostrophe in CSV."""
    columns = [column[0] for column in connection.execute("describe chosen").fetchall()]
    counted = " + ".join(f"count(*) filter (where {_is_formula(name)})" for name in columns)
    return connection.execute(f"select {counted} from chosen").fetchone()[0]


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest of an export, with sizes and hashes of its files, for its owner only.

    Args:
        folder: folder of the export; its files are made safe on disk.
        manifest: everything but `files`.
    """
    manifest["files"] = {}
    for name in (*MEMBERS, TOLD):
        content = (folder / name).read_bytes()
        manifest["files"][name] = {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o600)
        sync(path)
    sync(folder)


def update_log(warehouse_dir: Path) -> None:
    """Bring the log of exports up to date with the manifests, the last LOG_ROWS exports.

    An export that was killed before it got here is logged by the next one.
    """
    path = warehouse_dir / LOG
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    columns = ", ".join(f"{name} {kind}" for name, kind in LOG_COLUMNS.items())
    with connect(folders=[warehouse_dir]) as connection:
        connection.execute(f"create table log ({columns}, primary key (export_id))")
        if path.exists():
            connection.execute(f"insert into log by name from read_parquet({sql_text(path)})")
        for manifest in (warehouse_dir / FOLDER).glob(f"*/*/[!.]*/{MANIFEST}"):
            said = json.loads(manifest.read_text(encoding="utf-8"))
            said["left_out_customers"] = sum(said["left_out"].values())
            row = [said[name] for name in LOG_COLUMNS]
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert or ignore into log values ({marks})", row)
        connection.execute(
            f"copy (from log order by exported_at desc, export_id limit {LOG_ROWS})"
            f" to {sql_text(fresh)} (format parquet)"
        )
    fresh.chmod(0o600)
    os.replace(fresh, path)


def remove_old(folders: Iterable[Path], kept: int) -> int:
    """Remove all but the last exports of a segment and channel; return how many went.

    Args:
        folders: the exports, the oldest first.
        kept: how many stay.
    """
    old = list(folders)[:-kept]
    for folder in old:
        shutil.rmtree(folder)
    return len(old)


def remove_unfinished(folder: Path) -> None:
    """Remove what killed exports of a segment and channel left; nobody else may write there."""
    for leftover in folder.glob(".*.new"):
        shutil.rmtree(leftover, ignore_errors=True)


def _harmless(column: str) -> str:
    name = sql_name(column)
    return f"case when {_is_formula(column)} then '''' || {name} else {name} end as {name}"


def _is_formula(column: str) -> str:
    name = sql_name(column)
    return (
        f"coalesce(regexp_matches({name}, {sql_text(FORMULA)})"
        f" and not regexp_matches({name}, '{NUMBER}'), false)"
    )
