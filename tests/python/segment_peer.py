"""A second reading of the segment language: one rule, one customer at a time, in plain Python.

Written from docs/segments.md and never from the macros, so that the two can disagree. A condition
is True or False; on an unknown value it is its `on_null`, as the NULL rule says. Slow on purpose.
"""

from __future__ import annotations

import calendar
import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

UTC = ZoneInfo("UTC")
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
PATTERN_OPERATORS = {"matches", "not_matches"}
LIST_OPERATORS = {"has_any", "has_all", "has_none"}
DATE_OPERATORS = {"before", "after", "on", "in_last", "in_next", "more_than_ago", "between_ago"}
DATE_OPERATORS |= {"this", "last", "next", "anniversary_in"}
PRESENCE_OPERATORS = {"is_null", "is_not_null", "is_blank"}
NOT_OPERATORS = {"field", "case", "on_null"}
AGGREGATES = ("count", "days_since", "sum", "avg", "min", "max", "distinct", "first", "last")
PATTERNS = ("first_time", "stopped", "restarted", "regularly")
BESIDE = {"eq", "neq", "lt", "lte", "gt", "gte", "in", "not_in"} | TEXT_OPERATORS
BESIDE |= PATTERN_OPERATORS
EARLIEST = date(1, 1, 1)


@dataclass
class Customer:
    """What is known of one customer; facts by event name, each with its columns, by time."""

    customer_id: str
    fields: Row
    facts: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    contacts: frozenset[str] = frozenset()
    # By segment: (first day, day after the last or None) of each stay with a known beginning, and
    # the same of stays that were there when recording began, with None as their first day.
    stays: Mapping[str, Sequence[tuple[date | None, date | None]]] = field(default_factory=dict)


def period(text: str) -> tuple[int, str]:
    """Return the count and the unit of a period such as `6 months`."""
    return int(text.split()[0]), text.split()[1].rstrip("s")


@cache
def shift(day: date, text: str, sign: int) -> date:
    """Return the date a number of periods (sign, negative: before) from a day.

    `sign` counts whole periods at once: two times one month is two months.
    """
    count, unit = period(text)
    count *= sign
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return day.replace(year=year, month=month + 1, day=min(day.day, last))


def calendar_period(day: date, unit: str) -> tuple[date, date]:
    """Return the first day of the calendar period that holds a day, and that of the next one."""
    if unit == "day":
        return day, day + timedelta(days=1)
    if unit == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    start = (day.year * 12 + day.month - 1) // months * months
    first, after = (divmod(one, 12) for one in (start, start + months))
    return date(first[0], first[1] + 1, 1), date(after[0], after[1] + 1, 1)


def has_anniversary(born: date, day: date, until: date) -> bool:
    """Return whether an anniversary of a date lies in [day, until); 29 February may be 1 March."""
    if born >= day:
        return False
    for year in range(max(born.year + 1, day.year), until.year + 1):
        is_leap_day = (born.month, born.day) == (2, 29) and not calendar.isleap(year)
        if day <= (date(year, 3, 1) if is_leap_day else born.replace(year=year)) < until:
            return True
    return False


def distance_km(
    latitude: float, longitude: float, to_latitude: float, to_longitude: float
) -> float:
    """Return the distance of two places in degrees on a sphere of the Earth's mean radius."""
    ends = [(latitude, longitude), (to_latitude, to_longitude)]
    points = []
    for north, east in ends:
        phi, theta = math.radians(north), math.radians(east)
        flat = math.cos(phi)
        points.append((flat * math.cos(theta), flat * math.sin(theta), math.sin(phi)))
    chord = math.dist(*points)
    return 2 * 6371.0088 * math.asin(min(1.0, chord / 2))


def json_value(text: str | None, path: str) -> Any:
    """Return what stands at a path of a JSON text; None where nothing does."""
    found: Any = json.loads(text, parse_float=Decimal) if text is not None else None
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def as_kind(found: Any, kind: str) -> Any:
    """Return a JSON value as a kind; one that cannot be read so is None."""
    if found is None:
        return None
    if kind == "list":
        return [one for one in (found if isinstance(found, list) else [found]) if one is not None]
    plain = str(found) if isinstance(found, Decimal) else None
    text = found if isinstance(found, str) else plain or json.dumps(found)
    if kind == "boolean":
        return {"true": True, "false": False}.get(text)
    if kind == "number":
        try:
            number = Decimal(text)
        except InvalidOperation:
            return None
        return number if number.is_finite() else None
    if kind == "date":
        try:
            return date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            return None
    return text


def as_day(value: Any) -> date | None:
    """Return a date, or a text that is one; None otherwise."""
    if isinstance(value, str) and len(value) == 10 and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return date.fromisoformat(value)
    return value if isinstance(value, date) else None


def kind_asked(operator: str, value: Any) -> str:
    """Return the kind that an operator and its value compare an attribute as."""
    if operator in LIST_OPERATORS:
        return "list"
    if operator in DATE_OPERATORS:
        return "date"
    if operator in TEXT_OPERATORS | PATTERN_OPERATORS | PRESENCE_OPERATORS:
        return "text"
    sample = value[0] if isinstance(value, list) else value
    if isinstance(sample, bool):
        return "boolean"
    if isinstance(sample, int | float | Decimal):
        return "number"
    return "date" if as_day(sample) else "text"


def operand(value: Any, observed: Any) -> Any:
    """Return a rule's value as the type of the observed one."""
    if isinstance(value, list):
        return [operand(one, observed) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(observed, float):
            return float(value)
        exact = Decimal(str(value))
        return Fraction(exact) if isinstance(observed, Fraction) else exact
    return as_day(value) if isinstance(observed, date) else value


class Peer:
    """The language as of a day in a time zone, over a catalogue and its static lists."""

    def __init__(
        self,
        day: date,
        zone: str,
        catalogue: Iterable[Mapping[str, Any]] = (),
        lists: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Expand the catalogue; lists are contact ids by name."""
        self.day, self.zone, self.lists = day, ZoneInfo(zone), lists or {}
        self.segments = {one["name"]: one for raw in catalogue for one in expanded(raw)}
        self.known: dict[tuple[str, str], bool] = {}

    def is_member(self, name: str, customer: Customer) -> bool:
        """Return whether a customer is in a segment of the catalogue."""
        place = (name, customer.customer_id)
        if place not in self.known:
            one = self.segments[name]
            excluded = [self.holds(part, customer) for part in one.get("exclude", [])]
            self.known[place] = self.holds(one["rule"], customer) and not any(excluded)
        return self.known[place]

    def holds(self, rule: Row, customer: Customer) -> bool:
        """Return whether a customer satisfies a rule."""
        if "all" in rule:
            return all(self.holds(part, customer) for part in rule["all"])
        if "any" in rule:
            return any(self.holds(part, customer) for part in rule["any"])
        if "not" in rule:
            return not self.holds(rule["not"], customer)
        if "field" in rule:
            return self.field_holds(rule, customer.fields)
        if "event" in rule:
            return self.event_holds(rule, customer)
        if "sequence" in rule:
            return self.sequence_holds(rule, customer)
        if "segment" in rule:
            return self.segment_holds(rule, customer)
        if "list" in rule:
            return bool(customer.contacts & set(self.lists[rule["list"]]))
        salted = f"{customer.customer_id}:{rule['sample']['salt']}"
        drawn = int(hashlib.md5(salted.encode()).hexdigest()[:7], 16)
        return drawn < rule["sample"]["percent"] * 2684354.56

    # --- field conditions -------------------------------------------------------------------------

    def field_holds(self, leaf: Row, row: Row) -> bool:
        """Return whether every operator of a field condition holds for a row."""
        for operator, value in leaf.items():
            if operator not in NOT_OPERATORS:
                observed = self.observed(row, leaf["field"], kind_asked(operator, value))
                if not self.is_met(leaf, operator, observed):
                    return False
        return True

    def observed(self, row: Row, name: str, kind: str) -> Any:
        """Return a column of a row; a timestamp as its local date, free JSON as a kind."""
        if name == "location":
            place = (row["latitude"], row["longitude"])
            return None if None in place else place
        source, _, path = name.partition(".")
        if source in ("attributes", "properties"):
            return as_kind(json_value(row[source], path), kind)
        value = (row["product"] or {}).get(path) if source == "product" else row[name]
        return self.local_date(value) if isinstance(value, datetime) else value

    def local_date(self, time: datetime) -> date:
        """Return the local date of a UTC time."""
        return time.replace(tzinfo=UTC).astimezone(self.zone).date()

    def is_met(self, leaf: Row, operator: str, observed: Any) -> bool:
        """Return whether one operator holds for a value."""
        value = leaf[operator]
        if operator in ("is_null", "is_not_null"):
            return (observed is None) == (operator == "is_null")
        if operator == "is_blank":
            return observed is None or observed.strip(" ") == ""
        if observed is None:
            return bool(leaf.get("on_null", False))
        if operator == "within_km":
            return distance_km(*observed, value["latitude"], value["longitude"]) <= value["km"]
        if operator in LIST_OPERATORS:
            found = [one in observed for one in value]
            return {"any": any(found), "all": all(found), "none": not any(found)}[operator[4:]]
        if operator in DATE_OPERATORS - {"before", "after", "on"} and not isinstance(value, bool):
            return self.is_dated(operator, value, observed)
        sensitive = leaf.get("case") == "sensitive"
        if operator in PATTERN_OPERATORS:
            found = re.search(value, observed, 0 if sensitive else re.IGNORECASE)
            return (found is not None) == (operator == "matches")
        if operator in TEXT_OPERATORS and not sensitive:
            return COMPARE[operator](observed.lower(), value.lower())
        return COMPARE[operator](observed, operand(value, observed))

    def is_dated(self, operator: str, value: Any, observed: date) -> bool:
        """Return whether a date lies where an operator relative to the as-of date says."""
        day = self.day
        if operator == "in_last":
            return shift(day, value, -1) <= observed < day
        if operator == "in_next":
            return day <= observed < shift(day, value, 1)
        if operator == "more_than_ago":
            return observed < shift(day, value, -1)
        if operator == "between_ago":
            return shift(day, value[0], -1) <= observed < shift(day, value[1], -1)
        if operator == "anniversary_in":
            return has_anniversary(observed, day, shift(day, value, 1))
        first, after = calendar_period(day, value)
        if operator == "last":
            first, after = calendar_period(first - timedelta(days=1), value)
        elif operator == "next":
            first, after = calendar_period(after, value)
        return first <= observed < after

    # --- events -----------------------------------------------------------------------------------

    def window(self, leaf: Row) -> tuple[date, date]:
        """Return the first day of a leaf's window and the day after its last; at most D."""
        first, after = EARLIEST, self.day
        if "in_last" in leaf:
            first = shift(self.day, leaf["in_last"], -1)
        if "between_ago" in leaf:
            first, after = (shift(self.day, one, -1) for one in leaf["between_ago"])
        if "between" in leaf:
            first, after = (as_day(one) or EARLIEST for one in leaf["between"])
        if "after" in leaf:
            first = (as_day(leaf["after"]) or EARLIEST) + timedelta(days=1)
        if "before" in leaf:
            after = as_day(leaf["before"]) or EARLIEST
        return first, min(after, self.day)

    def facts(self, step: Any, customer: Customer) -> list[Row]:
        """Return a customer's facts that satisfy an event and its `where`, in order of time."""
        step = {"event": step} if isinstance(step, str) else step
        found = list(customer.facts.get(step["event"], []))
        for one in step.get("where", []):
            found = [fact for fact in found if self.field_holds(one, fact)]
        return found

    def day_of(self, fact: Row) -> date:
        """Return the local date of a fact."""
        return fact["occurred_date"]

    def event_holds(self, leaf: Row, customer: Customer) -> bool:
        """Return whether an event leaf holds."""
        known = [one for one in self.facts(leaf, customer) if self.day_of(one) < self.day]
        for pattern in PATTERNS:
            if pattern in leaf:
                days = [self.day_of(one) for one in known]
                return self.pattern_holds(pattern, leaf[pattern], days)
        first, after = self.window(leaf)
        found = [one for one in known if first <= self.day_of(one) < after]
        if "never" in leaf:
            return not found
        aggregate = next((one for one in AGGREGATES if one in leaf), None)
        if aggregate is None:
            return bool(found)
        if aggregate in ("count", "days_since"):
            value: Any = len(found)
            if aggregate == "days_since":
                value = (self.day - self.day_of(found[-1])).days if found else None
            comparison = {"on_null": leaf.get("on_null", False), **leaf[aggregate]}
            return all([self.is_met(comparison, one, value) for one in leaf[aggregate]])
        met = []
        for operator in [one for one in leaf if one in BESIDE]:
            value = self.aggregated(aggregate, leaf, operator, found)
            met.append(self.is_met(leaf, operator, value))
        return all(met)

    def aggregated(self, aggregate: str, leaf: Row, operator: str, found: Sequence[Row]) -> Any:
        """Return an aggregate of a column over facts; None where nothing is known."""
        name, kind = leaf[aggregate], kind_asked(operator, leaf[operator])
        if aggregate in ("sum", "avg") or (aggregate in ("min", "max") and kind != "date"):
            kind = "number"
        if aggregate == "distinct":
            kind = "text"
        if aggregate in ("first", "last"):
            if not found:
                return None
            end = found[0 if aggregate == "first" else -1]["occurred_at"]
            found = [one for one in found if one["occurred_at"] == end]
        seen = [self.observed(one, name, kind) for one in found]
        values = [exact(one) for one in seen if one is not None]
        if aggregate == "distinct":
            return len(set(values))
        if not values:
            return None
        if aggregate in ("min", "first"):
            return min(values)
        if aggregate in ("max", "last"):
            return max(values)
        return sum(values) if aggregate == "sum" else Fraction(sum(values)) / len(values)

    def pattern_holds(self, pattern: str, asked: Any, days: Sequence[date]) -> bool:
        """Return whether events on these days, in order and all before D, make a pattern."""
        if pattern == "regularly":
            asked = asked if isinstance(asked, Mapping) else {"every": asked}
            every, times = asked["every"], asked.get("times", 1)
            counts = []
            for place in range(asked.get("periods", 3)):
                first = shift(self.day, every, -(place + 1))
                after = shift(self.day, every, -place)
                counts.append(len([day for day in days if first <= day < after]))
            return all(count >= times for count in counts)
        start = shift(self.day, asked, -1)
        earlier = [day for day in days if day < start]
        lately = [day for day in days if day >= start]
        if pattern == "first_time":
            return bool(lately) and not earlier
        if pattern == "stopped":
            return bool(earlier) and not lately
        return bool(earlier and lately) and max(earlier) <= shift(min(lately), asked, -1)

    # --- sequences --------------------------------------------------------------------------------

    def sequence_holds(self, leaf: Row, customer: Customer) -> bool:
        """Return whether any start of a sequence completes and, asked so, is not followed."""
        first, after = self.window(leaf)
        steps, unwanted = list(leaf["sequence"]), None
        if isinstance(steps[-1], Mapping) and "not" in steps[-1]:
            unwanted = steps.pop()["not"]
        known = []
        for step in steps:
            facts = self.facts(step, customer)
            known.append([one for one in facts if first <= self.day_of(one) < after])
        stops = [
            one
            for one in (self.facts(unwanted, customer) if unwanted is not None else [])
            if self.day_of(one) < self.day
        ]
        for start in known[0]:
            value = self.same_value(leaf, start)
            if "same" in leaf and value is None:
                continue
            last = start["occurred_at"]
            latest = shift(last, leaf["within"], 1) if "within" in leaf else datetime.max
            is_complete = True
            for facts in known[1:]:
                later = [
                    one["occurred_at"]
                    for one in facts
                    if last < one["occurred_at"] <= latest and self.same_value(leaf, one) == value
                ]
                is_complete = bool(later)
                if not later:
                    break
                last = later[0]
            stopped = [
                one
                for one in stops
                if last < one["occurred_at"] <= latest and self.same_value(leaf, one) == value
            ]
            if is_complete and not stopped:
                return True
        return False

    def same_value(self, leaf: Row, fact: Row) -> Any:
        """Return the value that all steps must share; None where none is asked for, or unknown."""
        return self.observed(fact, leaf["same"], "text") if "same" in leaf else None

    # --- segments ---------------------------------------------------------------------------------

    def segment_holds(self, leaf: Row, customer: Customer) -> bool:
        """Return whether a segment leaf holds, by the recorded stays where it asks for them."""
        is_in = self.is_member(leaf["segment"], customer)
        stays = customer.stays.get(leaf["segment"], [])
        if "entered_within" in leaf:
            earliest = shift(self.day, leaf["entered_within"], -1)
            began = [first for first, after in stays if after is None]
            return is_in and bool(began) and began[0] is not None and began[0] >= earliest
        if "exited_within" in leaf:
            earliest = shift(self.day, leaf["exited_within"], -1)
            ended = [after for _, after in stays if after is not None]
            return not is_in and bool(ended) and max(ended) >= earliest
        return is_in


def exact(value: Any) -> Any:
    """Return a number so that sums and averages are exact; anything else as it is."""
    is_number = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return Fraction(value) if is_number else value


def expanded(one: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the segments that a declaration makes: one, or one per combination of `for_each`."""
    if "for_each" not in one:
        return [dict(one)]
    rest = {key: value for key, value in one.items() if key != "for_each"}
    keys = list(one["for_each"])
    made = []
    for combination in product(*one["for_each"].values()):
        values = dict(zip(keys, combination, strict=True))
        words = {
            key: re.sub("[^a-z0-9]+", "_", str(value).lower()).strip("_")
            for key, value in values.items()
        }
        made.append({**filled(rest, values), "name": filled(one["name"], words)})
    return made


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """Return a value with its {placeholders} filled in; a whole one takes the value's type."""
    if isinstance(value, Mapping):
        return {key: filled(inner, values) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, values) for inner in value]
    if not isinstance(value, str):
        return value
    if value[:1] == "{" and value[-1:] == "}" and value[1:-1] in values:
        return values[value[1:-1]]
    for key, one in values.items():
        value = value.replace("{" + key + "}", str(one))
    return value


def holds(rule: Row, row: Row, day: date, zone: str) -> bool:
    """Return whether a row of customers satisfies a rule without events as of a day."""
    return Peer(day, zone).holds(rule, Customer(row["customer_id"], row))
