"""Shops with next to nothing in them, and the dashboards drawn of all kinds of shops."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import yaml

from refresh_workshop import LAST_DAY, Refreshes
from warehouse import PROJECT_DIR

ROWS = {
    "contacts": [
        {"contact_id": "c1", "email": "one@example.com", "country_code": "PL",
         "email_consent": "true", "created_at": "2026-09-01 10:00:00",
         "loaded_at": "2026-11-21 02:00:00"},
    ],
    "orders": [
        {"order_id": "o1", "contact_id": "c1", "ordered_at": "2026-11-02 10:00:00",
         "net_amount": "120.50", "currency": "PLN", "loaded_at": "2026-11-21 02:00:00"},
    ],
}  # fmt: skip
# Input checks that a shop of one customer, or of none, cannot pass.
ACCEPT = "not_empty"


def write_raw(folder: Path, rows: dict[str, list[dict[str, str]]]) -> Path:
    """Write raw tables as CSV: every column of the contract, and the rows given."""
    contract = yaml.safe_load((PROJECT_DIR / "models/staging/_sources.yml").read_text())
    folder.mkdir(parents=True)
    for table in contract["sources"][0]["tables"]:
        names = [column["name"] for column in table["columns"]]
        with (folder / f"{table['name']}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(rows.get(table["name"], []))
    return folder


def refreshed_shop(
    folder: Path, refreshes: Refreshes, rows: dict[str, list[dict[str, str]]]
) -> Path:
    """Refresh a shop of a few rows and return its WAREHOUSE_DIR."""
    raw = write_raw(folder / "raw", rows)
    given = {"RAW_DIR": str(raw), "ACCEPT": ACCEPT}
    code, said = refreshes.run(folder / "warehouse", LAST_DAY, env=given)
    assert code == 0, said
    return folder / "warehouse"


def draw(warehouses: dict[str, dict[str, str]], folder: Path) -> None:
    """Draw the dashboards of warehouses into folders of their names.

    Args:
        warehouses: the environment of each drawing, by name.
        folder: where they go.

    Raises:
        AssertionError: one could not be drawn.
    """
    orders = [{**given, "OUTPUT": str(folder / name)} for name, given in warehouses.items()]
    result = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("charts_drawn.py"))],
        input="".join(json.dumps(order) + "\n" for order in orders),
        capture_output=True, text=True, check=False, cwd=PROJECT_DIR,
    )  # fmt: skip
    expected = [str(folder / name / "index.html") for name in warehouses]
    assert result.stdout.splitlines() == expected, result.stdout + result.stderr[-3000:]
