"""Search every file of WAREHOUSE_DIR for a person who was erased.

Tables are searched column by column, for DuckDB compresses what it writes; then every file is
searched byte by byte.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from duckdb_access import connect, sql_name, sql_text
from erase_files import KEYS, databases, files_below, tables_of, values_in
from erase_person import Person, list_ids

# Values that one regular expression looks for at a time.
AT_ONCE = 500


@dataclass
class Proof:
    """What was searched, and where something was found."""

    files: int = 0
    tables: int = 0
    columns: int = 0
    found: list[str] = field(default_factory=list)


def search(folder: Path, person: Person, left_out: set[Path]) -> Proof:
    """Search tables and bytes of every file below a folder.

    Args:
        folder: where to look.
        person: ids and values to look for.
        left_out: files that are meant to hold them still.

    Raises:
        duckdb.Error, OSError: a file cannot be read.
    """
    proof = Proof()
    for names in databases(folder):
        _search_database(names[0], person, folder, proof)
    for path in sorted(folder.rglob("*.parquet")):
        if path not in left_out:
            _search_parquet(path, person, folder, proof)
    for path in files_below(folder):
        if path in left_out:
            continue
        proof.files += 1
        if values_in(path, person):
            proof.found.append(f"{path.relative_to(folder)} (bytes)")
    return proof


def _search_database(path: Path, person: Person, folder: Path, proof: Proof) -> None:
    with connect(folders=[folder]) as connection:
        list_ids(connection, person)
        connection.execute(f"attach {sql_text(path)} as {sql_name(path.stem)} (read_only)")
        for schema, table in tables_of(connection, path.stem):
            relation = sql_name(path.stem, schema, table)
            found = _search_relation(connection, relation, person, proof)
            proof.found += [f"{path.relative_to(folder)} {schema}.{table}.{name}" for name in found]
        views = connection.execute(
            "select schema_name || '.' || view_name, sql from duckdb_views()"
            " where database_name = ? and not internal",
            [path.stem],
        ).fetchall()
        for name, sql in views:
            if any(text in sql for text in person.texts):
                proof.found.append(f"{path.relative_to(folder)} {name} (its SQL)")


def _search_parquet(path: Path, person: Person, folder: Path, proof: Proof) -> None:
    with connect(folders=[folder]) as connection:
        list_ids(connection, person)
        relation = f"read_parquet({sql_text(path)}, hive_partitioning = false)"
        found = _search_relation(connection, relation, person, proof)
        proof.found += [f"{path.relative_to(folder)} {name}" for name in found]


def _search_relation(
    connection: duckdb.DuckDBPyConnection, relation: str, person: Person, proof: Proof
) -> list[str]:
    """Columns of a relation in which something of the person stands."""
    proof.tables += 1
    described = connection.execute(f"describe select * from {relation}").fetchall()
    checks: dict[str, list[str]] = {}
    for name, kind, *_ in described:
        text = f"cast({sql_name(name)} as varchar)"
        is_key = re.fullmatch(r"(\w+_)?(contact|customer)_id", name) or name in KEYS
        if is_key:
            checks.setdefault(name, []).append(
                f"{text} in (select id from memory.ids where kind = '{KEYS.get(name, 'person')}')"
            )
        if is_key or re.search(r"VARCHAR|JSON|BLOB|UNION", kind):
            for pattern in _patterns(person):
                checks.setdefault(name, []).append(f"regexp_matches({text}, {sql_text(pattern)})")
    proof.columns += len(checks)
    if not checks:
        return []
    selected = ", ".join(
        f"coalesce(bool_or({' or '.join(conditions)}), false)" for conditions in checks.values()
    )
    answers = connection.execute(f"select {selected} from {relation}").fetchone()
    return [name for name, is_found in zip(checks, answers, strict=True) if is_found]


def _patterns(person: Person) -> list[str]:
    texts = sorted(person.texts, key=lambda text: (-len(text), text))
    parts = [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]
    return ["|".join(_escaped(text) for text in part) for part in parts]


def _escaped(text: str) -> str:
    return "".join(one if one.isalnum() else f"\\x{{{ord(one):x}}}" for one in text)
