"""Hold the score break points of the last build, so that customers move only when they change.

Usage: [WAREHOUSE_DIR=...] python scripts/freeze.py

Writes the rows of score mode `frozen` in seeds/score_breaks.csv; fixed ones stay. The next build
with VARS='{score_mode: frozen}' scores by them, and the table score_drift says how far they have
come away from that day's quantiles.

Exit code 0: written; 1: the build or the seed could not be read or written; 2: there is no build.
"""

from __future__ import annotations

import csv
import os
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parent.parent
SEED = ROOT / "seeds" / "score_breaks.csv"
EXIT_DONE, EXIT_FAILED, EXIT_USAGE = 0, 1, 2
KEYS = ("score_mode", "basis", "metric", "score")
COLUMNS = (*KEYS, "from_value", "below_value", "frozen_date")
# Says what the values are, as it does beside the fixed ones.
UNITS = {
    ("orders", "recency"): "Minus the days since the last occasion",
    ("orders", "frequency"): "Occasions",
    ("orders", "monetary"): "Net revenue in the reporting currency",
    ("engagement", "recency"): "Minus the days since the last engaged day",
    ("engagement", "frequency"): "Engaged days",
    ("engagement", "monetary"): "Engagement events",
}

Row = dict[str, str]


class CannotFreeze(Exception):
    """Nothing was written; the text is one line, `code` the exit code."""

    def __init__(self, text: str, code: int = EXIT_FAILED) -> None:
        """Take the line and the exit code."""
        super().__init__(text)
        self.code = code


def measured_breaks(warehouse: Path) -> tuple[date, list[Row]]:
    """Return the as-of date and the break points of the last build, as rows of the seed.

    Args:
        warehouse: file that builds work in; opened read-only.

    Raises:
        CannotFreeze: there is no build, it is under way, or it holds no scores.
    """
    if not warehouse.is_file():
        raise CannotFreeze(f"no build in {warehouse.parent}; run `make build` first", EXIT_USAGE)
    try:
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            found = connection.execute(
                "select basis, metric, score, from_value, below_value, as_of_date"
                " from marts_intermediate.int_score_breaks__measured"
                " order by basis desc, metric desc, score"
            ).fetchall()
    except duckdb.CatalogException as error:
        raise CannotFreeze(
            f"the build in {warehouse.parent} has no break points; run `make build` again",
            EXIT_USAGE,
        ) from error
    except duckdb.Error as error:
        raise CannotFreeze(f"{warehouse}: {str(error).splitlines()[0]}") from error
    if not found:
        raise CannotFreeze(f"nobody is scored in {warehouse.parent}: there is nothing to freeze")
    rows = [
        {
            "score_mode": "frozen", "basis": basis, "metric": metric, "score": str(score),
            "from_value": _number(from_value), "below_value": _number(below_value),
            "frozen_date": as_of.isoformat(), "comment": UNITS.get((basis, metric), ""),
        }
        for basis, metric, score, from_value, below_value, as_of in found
    ]  # fmt: skip
    return found[0][-1], rows


def _number(value: Decimal | None) -> str:
    """A break point without needless zeros; empty for no bound."""
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_seed(seed: Path, frozen: list[Row]) -> list[str]:
    """Put frozen rows into the seed, in place of those of the same basis; the others stay.

    Args:
        seed: the CSV file, replaced at once or not at all.
        frozen: rows of score mode frozen.

    Returns:
        The bases whose earlier frozen rows stay because the build scores nobody there.

    Raises:
        CannotFreeze: the seed cannot be read or written, or is not laid out as expected.
    """
    try:
        with seed.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            columns = list(reader.fieldnames or [])
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CannotFreeze(f"{seed} cannot be read: {error}") from error
    missing = [name for name in COLUMNS if name not in columns and name != "frozen_date"]
    if missing or any(None in row or None in row.values() for row in rows):
        fault = f"lacks the column {missing[0]}" if missing else "has a line of another length"
        raise CannotFreeze(f"{seed} {fault}; nothing was written")
    if "frozen_date" not in columns:
        columns.insert(columns.index("below_value") + 1, "frozen_date")
    bases = {row["basis"] for row in frozen}
    kept = [row for row in rows if row["score_mode"] != "frozen" or row["basis"] not in bases]
    fresh = seed.with_name(f".{seed.name}.new")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(
                file, columns, restval="", extrasaction="ignore", lineterminator="\n"
            )
            writer.writeheader()
            writer.writerows([*kept, *frozen])
        fresh.chmod(seed.stat().st_mode)
        os.replace(fresh, seed)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise CannotFreeze(f"{seed} cannot be written: {error}") from error
    return sorted({row["basis"] for row in kept if row["score_mode"] == "frozen"})


def told(as_of: date, rows: list[Row], seed: Path, older: list[str]) -> list[str]:
    """What was written, in lines.

    Args:
        as_of: as-of date of the build.
        rows: the frozen rows.
        seed: the file they are in.
        older: bases that keep the frozen rows of an earlier build.
    """
    lines = [f"froze {len(rows)} break points as of {as_of} in {seed}"]
    pairs = list(dict.fromkeys((row["basis"], row["metric"]) for row in rows))
    for basis, metric in pairs:
        starts = [
            f"{row['score']} from {row['from_value']}"
            for row in rows
            if (row["basis"], row["metric"]) == (basis, metric) and row["from_value"]
        ]
        unit = UNITS.get((basis, metric), metric).lower()
        lines.append(f"  {basis} {metric}: {', '.join(starts)} ({unit})")
    lines += [f"  {basis}: nobody is scored, the earlier ones stay" for basis in older]
    return [*lines, "VARS='{score_mode: frozen}' scores by them; table score_drift watches them"]


def main(environment: dict[str, Any]) -> int:
    """Freeze the break points of the build that the environment names; return the exit code."""
    folder = Path(environment.get("WAREHOUSE_DIR") or ROOT / "warehouse").absolute()
    try:
        as_of, rows = measured_breaks(folder / "warehouse.duckdb")
        older = write_seed(SEED, rows)
    except CannotFreeze as error:
        print(f"failed: {error}", file=sys.stderr)
        return error.code
    print("\n".join(told(as_of, rows, SEED.relative_to(ROOT), older)))
    return EXIT_DONE


if __name__ == "__main__":
    sys.exit(main(dict(os.environ)))
