"""Draw the dashboards of several warehouses in one process, as scripts/charts.py draws one.

Usage: python charts_drawn.py, with one JSON object a line on standard input: the environment of a
drawing (PICTURES=no: pages alone). Each is answered by a line: the index page, or what went wrong.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import charts  # noqa: E402

for line in sys.stdin:
    try:
        given = json.loads(line)
        pictures = given.pop("PICTURES", "yes") == "yes"
        print(charts.draw(charts.request_from_environment(given), pictures=pictures), flush=True)
    except Exception as error:
        print(f"failed: {error}", flush=True)
