"""A second reading of the segment language: one rule, one row at a time, in plain Python.

Written from docs/segments.md and never from the macros, so that the two can disagree. A condition
is True or False; on an unknown value it is its `on_null`, as the NULL rule says.
"""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "between": lambda a, b: b[0] <= a <= b[1],
    "in": lambda a, b: a in b,
    "not_in": lambda a, b: a not in b,
    "before": lambda a, b: a < b,
    "after": lambda a, b: a > b,
    "on": lambda a, b: a == b,
    "contains": lambda a, b: b in a,
    "not_contains": lambda a, b: b not in a,
    "starts_with": lambda a, b: a.startswith(b),
    "ends_with": lambda a, b: a.endswith(b),
}
TEXT_OPERATORS = {"contains", "not_contains", "starts_with", "ends_with"}
PERIOD_OPERATORS = {"in_last", "in_next", "more_than_ago"}


def shift(day: date, period: str, sign: int) -> date:
    """Return the date a period such as `6 months` before (-1) or after (1) a day."""
    count, unit = int(period.split()[0]), period.split()[1].rstrip("s")
    if unit in ("day", "week"):
        return day + timedelta(days=sign * count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + sign * count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def attribute(row: Row, name: str, sample: Any) -> Any:
    """Return an attribute as the type of the value it is compared with."""
    found: Any = json.loads(row["attributes"]) if row["attributes"] is not None else None
    for key in name.split(".")[1:]:
        found = found.get(key) if isinstance(found, dict) else None
    if found is None:
        return None
    text = found if isinstance(found, str) else json.dumps(found)
    if isinstance(sample, bool):
        return text
    if isinstance(sample, int | float):
        try:
            return Decimal(text)
        except InvalidOperation:
            return None
    if isinstance(sample, date):
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    return text


def operand(value: Any, observed: Any) -> Any:
    """Return a rule's value as the type of the observed one."""
    if isinstance(value, list):
        return [operand(one, observed) for one in value]
    if isinstance(value, bool):
        return str(value).lower() if isinstance(observed, str) else value
    if isinstance(value, int | float):
        return float(value) if isinstance(observed, float) else Decimal(str(value))
    return value


def is_met(leaf: Mapping[str, Any], operator: str, row: Row, day: date, zone: str) -> bool:
    """Return whether one operator of a field leaf holds for a row."""
    value, name = leaf[operator], leaf["field"]
    sample = value[0] if isinstance(value, list) else value
    if operator in PERIOD_OPERATORS:
        sample = day
    observed = attribute(row, name, sample) if name.startswith("attributes.") else row[name]
    if isinstance(observed, datetime):
        utc = observed.replace(tzinfo=ZoneInfo("UTC"))
        observed = utc.astimezone(ZoneInfo(zone)).date()
    if operator in ("is_null", "is_not_null"):
        return (observed is None) == (operator == "is_null")
    if operator == "is_blank":
        return observed is None or observed.strip(" ") == ""
    if observed is None:
        return bool(leaf.get("on_null", False))
    sensitive = leaf.get("case") == "sensitive"
    if operator in ("matches", "not_matches"):
        found = re.search(value, observed, 0 if sensitive else re.IGNORECASE)
        return (found is not None) == (operator == "matches")
    if operator == "in_last":
        return shift(day, value, -1) <= observed < day
    if operator == "in_next":
        return day <= observed < shift(day, value, 1)
    if operator == "more_than_ago":
        return observed < shift(day, value, -1)
    if operator in TEXT_OPERATORS and not sensitive:
        return COMPARE[operator](observed.lower(), value.lower())
    return COMPARE[operator](observed, operand(value, observed))


def holds(rule: Mapping[str, Any], row: Row, day: date, zone: str) -> bool:
    """Return whether a row satisfies a rule as of a day, in a time zone."""
    if "all" in rule:
        return all([holds(part, row, day, zone) for part in rule["all"]])
    if "any" in rule:
        return any([holds(part, row, day, zone) for part in rule["any"]])
    if "not" in rule:
        return not holds(rule["not"], row, day, zone)
    operators = [key for key in rule if key not in ("field", "case", "on_null")]
    return all([is_met(rule, operator, row, day, zone) for operator in operators])
