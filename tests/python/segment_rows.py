"""Edge rows and random rules for the segment tests."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal
from typing import Any

DAY = date(2026, 3, 31)
ZONE = "Europe/Warsaw"
VALUES: dict[str, tuple[str, list[Any]]] = {
    "region": (
        "varchar",
        [None, "", "  ", "Mazowieckie", "mazowieckie", "MAZOWIECKIE", "O'Hara", "Łódź", "łÓDŹ"]
        + ["a\\b", "a%b_c", "x\ny", "-- x", "(a+b)", "maz", "zażółć gęślą jaźń", "日本"],
    ),
    "monetary": (
        "decimal(18,4)",
        [None]
        + [
            Decimal(x)
            for x in ["0", "0.1", "0.3", "-5", "5000", "5000.0001", "4999.9999", "1000000000000"]
        ],
    ),
    "company_employees": ("integer", [None, 0, 1, 9, 10, 11, -1, 2147483647]),
    "latitude": ("double", [None, 0.0, 0.1, 0.30000000000000004, 52.2297, -180.0]),
    "email_consent": ("boolean", [None, True, False]),
    "last_order_date": (
        "date",
        [None]
        + [date.fromisoformat(x) for x in ["2026-03-30", "2026-03-31", "2026-04-01", "2026-03-01"]]
        + [date.fromisoformat(x) for x in ["2026-02-28", "2026-02-27", "2025-03-31", "2024-02-29"]],
    ),
    "created_at": (
        "timestamp",
        [None]
        + [datetime.fromisoformat(f"2026-{x}") for x in ("03-30 21:59:59", "03-30 22:00:00")]
        + [datetime.fromisoformat(f"2026-{x}") for x in ("02-27 22:59:59", "02-27 23:00:00")],
    ),
    "attributes": (
        "varchar",
        [None, "{}", '{"score": 7}', '{"score": "abc"}', '{"score": null}', '{"score": 0.1}']
        + ['{"score": true}', '{"deep": {"city": "Łódź"}}', '{"due": "2026-03-30"}']
        + ['{"due": "soon", "score": "12"}', '{"due": "2026-04-02", "deep": {"city": ""}}']
        + ['{"tags": ["a", "b"]}', '{"tags": []}', '{"tags": "a"}', '{"tags": [null, "B"]}'],
    ),
}
DATES = ["2026-03-30", "2026-03-31", "2026-02-28", "2024-02-29"]
PERIODS = ["1 day", "30 days", "1 week", "1 month", "13 months", "1 year", "2 years"]
UNITS = ["day", "week", "month", "quarter", "year"]
PATTERNS = ["^m", "ie$", "^[a-z]+$", "(a|o)", "x.y", "^.{3}$", "\\(a\\+b\\)", "ó", "[^a-z]{2,}"]
NUMBERS = [0, 0.1, 0.3, 5000, 5000.0001, -5, 10, 9.5, 7]


def edge_rows() -> list[dict[str, Any]]:
    """Return rows with every edge value of every column in mixed company, and a row of NULLs."""
    draw = random.Random(1)
    rows: list[dict[str, Any]] = [dict.fromkeys(VALUES)]
    for column, (_, values) in VALUES.items():
        for value in values:
            rows.append({name: draw.choice(options) for name, (_, options) in VALUES.items()})
            rows[-1][column] = value
    return [{"customer_id": f"c{number:04d}", **row} for number, row in enumerate(rows)]


def random_leaf(draw: random.Random) -> dict[str, Any]:
    """Return one valid field leaf."""
    numbers = sorted(draw.sample(NUMBERS, 2))
    days = sorted(date.fromisoformat(x) for x in draw.sample(DATES, 2))
    texts = [x for x in VALUES["region"][1] if x is not None]
    ordered: dict[str, Any] = {"between": numbers, "in": numbers, "not_in": numbers}
    ordered |= dict.fromkeys(("eq", "neq", "lt", "lte", "gt", "gte"), numbers[0])
    dated: dict[str, Any] = {"between": days, "in": days, "not_in": days}
    dated |= dict.fromkeys(("eq", "neq", "lt", "gte", "before", "after", "on"), days[0])
    dated |= dict.fromkeys(("in_last", "in_next", "more_than_ago"), draw.choice(PERIODS))
    dated |= dict.fromkeys(("this", "last", "next"), draw.choice(UNITS))
    dated |= {"between_ago": ["1 year", "1 month"], "anniversary_in": draw.choice(PERIODS[:4])}
    listed: dict[str, Any] = dict.fromkeys(
        ("has_any", "has_all", "has_none"), draw.sample("abB", 2)
    )
    text = draw.choice([x for x in texts if x])
    worded: dict[str, Any] = {"in": draw.sample(texts, 3), "not_in": draw.sample(texts, 3)}
    worded |= dict.fromkeys(("eq", "neq"), draw.choice(texts)) | {"is_blank": True}
    worded |= dict.fromkeys(("contains", "not_contains", "starts_with", "ends_with"), text)
    worded |= dict.fromkeys(("matches", "not_matches"), draw.choice(PATTERNS))
    flag = dict.fromkeys(("eq", "neq"), draw.choice([True, False]))
    presence = {"is_null": True, "is_not_null": True}
    by_field = {
        "region": worded, "monetary": ordered, "company_employees": ordered, "latitude": ordered,
        "email_consent": flag, "last_order_date": dated, "created_at": dated,
        "attributes.score": draw.choice([ordered, flag]), "attributes.deep.city": worded,
        "attributes.due": dated, "attributes.tags": listed,
    }  # fmt: skip
    field = draw.choice(list(by_field))
    options = by_field[field] | presence
    operator = draw.choice(list(options))
    leaf = {"field": field, operator: options[operator]}
    if operator not in ("is_null", "is_not_null", "is_blank") and draw.random() < 0.3:
        leaf["on_null"] = True
    if operator in ("contains", "starts_with", "ends_with", "matches", "not_matches"):
        leaf |= {"case": "sensitive"} if draw.random() < 0.5 else {}
    return leaf


def random_rule(draw: random.Random, depth: int = 0) -> dict[str, Any]:
    """Return a random rule, at most four levels deep."""
    kind = draw.choice(["leaf", "all", "any", "not"]) if depth < 3 else "leaf"
    if kind == "leaf":
        return random_leaf(draw)
    if kind == "not":
        return {"not": random_rule(draw, depth + 1)}
    return {kind: [random_rule(draw, depth + 1) for _ in range(draw.randint(1, 3))]}
