"""Remember who was erased, by salted hashes, so that a row of theirs that is sent again stays out.

WAREHOUSE_DIR/privacy/erased_identifiers.parquet outlives a full refresh and the loss of the
warehouse file. Macro erased_hash makes the same hashes of the raw rows.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from duckdb_access import connect, sql_text

REGISTER = Path("privacy", "erased_identifiers.parquet")
COLUMNS = "kind varchar, key_hash varchar, salt varchar, erased_at timestamp"


def remember(warehouse_dir: Path, identifiers: Iterable[tuple[str, str]], now: datetime) -> int:
    """Add people to the register, all at once; return how many identifiers are new in it.

    Args:
        warehouse_dir: folder of the register.
        identifiers: kind (contact, email, phone) and normalised value of each.
        now: when they were erased (UTC, without zone).
    """
    path = warehouse_dir / REGISTER
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with connect(folders=[warehouse_dir]) as connection:
        connection.execute(f"create table register ({COLUMNS}, primary key (kind, key_hash))")
        if path.exists():
            connection.execute(f"insert into register by name from read_parquet({sql_text(path)})")
        (salt,) = connection.execute("select max(salt) from register").fetchone()
        salt = salt or secrets.token_hex(32)
        (before,) = connection.execute("select count(*) from register").fetchone()
        for kind, value in identifiers:
            connection.execute(
                "insert or ignore into register values (?, ?, ?, ?)",
                [kind, hashed(salt, kind, value), salt, now],
            )
        (after,) = connection.execute("select count(*) from register").fetchone()
        connection.execute(
            f"copy (from register order by all) to {sql_text(fresh)} (format parquet)"
        )
    fresh.chmod(0o600)
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(fresh, path)
    return after - before


def hashed(salt: str, kind: str, value: str) -> str:
    """Return the hash by which a value is remembered."""
    return hashlib.sha256(f"{salt}:{kind}:{value}".encode()).hexdigest()


def copy_register(warehouse_dir: Path, folder: Path) -> None:
    """Let a build in a copy of the warehouse leave out the same people.

    Args:
        warehouse_dir: folder of the register; there may be none.
        folder: folder of the copied warehouse.
    """
    if (warehouse_dir / REGISTER).exists():
        (folder / REGISTER).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(warehouse_dir / REGISTER, folder / REGISTER)
