"""Which published tables the SQL of a board in charts/ reads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

PROJECT_DIR = Path(__file__).resolve().parents[2]
MARTS = {path.stem for path in (PROJECT_DIR / "models" / "marts").glob("*.sql")}
READ = re.compile(r"\b(?:from|join)\s+(?:marts\.)?(\w+)", re.IGNORECASE)
USED = re.compile(r"\bqueries\.(\w+)")


def tables_of_board(path: Path) -> list[str]:
    """Return the names of the marts that the board's queries read, those of its partials too.

    Queries count that a chart, a filter or another query of them uses.
    """
    board = _merged(path)
    queries = {
        name: one if isinstance(one, str) else str(one.get("sql", ""))
        for name, one in board.pop("queries", {}).items()
    }
    waiting = {name for name in _texts(board) if name in queries}
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        used.add(name)
        waiting |= (set(USED.findall(queries[name])) & set(queries)) - used
    found = {table for name in used for table in READ.findall(queries[name])}
    return sorted(found & MARTS)


def _merged(path: Path) -> dict[str, Any]:
    """The board with what it extends, queries and variables of both."""
    own = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    extended = own.pop("extends", [])
    merged: dict[str, Any] = {}
    for name in [extended] if isinstance(extended, str) else extended:
        for key, value in _merged((path.parent / name).resolve()).items():
            is_mapping = isinstance(value, dict)
            merged[key] = {**merged.get(key, {}), **value} if is_mapping else value
    for key, value in own.items():
        is_mapping = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if is_mapping else value
    return merged


def _texts(value: Any) -> set[str]:
    """Every text in a value of YAML, and the names of queries inside them."""
    if isinstance(value, dict):
        return set().union(*map(_texts, value.values()))
    if isinstance(value, list):
        return set().union(*map(_texts, value))
    text = str(value)
    return {text, *USED.findall(text)}
