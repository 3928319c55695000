"""What conditions mean, as formulas (segment_lint.proof) over facts, for any data and any day.

A condition arrives in the canonical form that the macro segment_print_catalogue gives. The facts:

("known", view)            a value is there
("reaches", view, place)   a known value lies at or after a place on its scale
("past", view, boundary)   a known date lies on or after a day that moves with the as-of date D
("text", view, operator, value, is_sensitive), ("blank", view), ("has", view, text)
("other", ...)             anything else that is true or false of a customer

A view is one reading of a value: ("customer", "plan"), ("customer", "attributes.x", "number"), of
an event ("event", "channel"), or ("measure", Measure). Knowledge is left out where it is not
certain: then less is proven, and nothing false.
"""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, permutations
from math import ceil, floor
from typing import Any

from segment_lint.days import (
    TODAY,
    Boundary,
    Window,
    boundary,
    calendar_start,
    days_from_today,
    is_at_most,
    window_of,
)
from segment_lint.proof import Clause, Fact, Formula, Prover, both, either, facts_of, negated
from segment_lint.texts import clauses_of_two_texts, text_verdict

View = tuple[Any, ...]
# Of the same values, the first is never more than the second.
AT_MOST = (("min", "avg"), ("min", "max"), ("avg", "max"))
# Beyond so many conditions on one thing in one rule, some are not compared: that takes long.
COMPARED_AT_MOST = 60
# Stable hashes are whole numbers below this.
HASHES = 2**28


@dataclass(frozen=True)
class Measure:
    """What is measured of a customer's events of a kind, within a window."""

    event: str
    where: tuple[str, ...]
    window: Window
    aggregate: str = "count"
    column: str | None = None
    kind: str = "number"

    def __hash__(self) -> int:
        """Hash what tells most measures apart, at little cost."""
        return hash((self.event, self.where, self.aggregate, self.window.first))

    @property
    def view(self) -> View:
        """The measured value."""
        return ("measure", self)

    @property
    def exists(self) -> Fact:
        """That there is such an event."""
        return ("reaches", self.of("count").view, (1, 0))

    @property
    def has_value(self) -> Fact:
        """That a value of the column is known among them (first, last: in that event)."""
        shared = None if self.aggregate in ("first", "last") else self.window
        return (
            "known",
            (self.view, "value") if shared is None else ("measured", *_values_of(self)),
        )

    def of(self, aggregate: str, window: Window | None = None) -> Measure:
        """Return another measure of the same events."""
        return Measure(self.event, self.where, window or self.window, aggregate)


@dataclass
class Scale:
    """The values that a view can have.

    Attributes:
        kind: number, double, integer, date, text or listed.
        lowest, highest: ends included, as places on the scale; None = none known.
        values: all there are (kind listed), in order.
    """

    kind: str
    lowest: int | None = None
    highest: int | None = None
    values: list[str] = field(default_factory=list)

    def place(self, value: Any, *, after: bool) -> tuple[Any, int]:
        """Return the place before or after a value; equal places have no value between them."""
        if self.kind == "integer":
            number = Fraction(value)
            return (floor(number) + 1 if after else ceil(number), 0)
        if self.kind == "date":
            return (date.fromisoformat(value).toordinal() + after, 0)
        if self.kind == "listed":
            return ((bisect_right if after else bisect_left)(self.values, value), 0)
        if self.kind == "double":
            return (Fraction(float(value)), int(after))
        return (value if self.kind == "text" else Fraction(value), int(after))


class Meaning:
    """Turns conditions into formulas and knows what holds among their facts."""

    def __init__(self, columns: Mapping[str, Mapping[str, Any]]) -> None:
        """Take what is known of the customers' columns.

        Args:
            columns: by name: data_type, perhaps is_never_null and values (all that are accepted).
        """
        self._columns = columns
        self._scales: dict[View, Scale] = {}
        self.prover = Prover(self.known)
        self._where_formulas: dict[tuple[str, ...], Formula] = {}

    # --- Conditions -----------------------------------------------------------------------------

    def condition(self, canonical: list[Any]) -> Formula:
        """Return the formula of a condition in its canonical form."""
        head = canonical[0]
        if isinstance(head, list) and canonical[1] == head[3]:
            return self._pattern(canonical)
        if isinstance(head, list):
            return self._measured(canonical)
        if head == "sequence" and len(canonical) == 5:
            return self._sequence(canonical)
        if head == "sample" and len(canonical) == 3:
            view = ("sample", canonical[2])
            self._scales[view] = Scale("integer", 0, HASHES - 1)
            return negated(self._reaches(view, str(canonical[1])))
        if head in ("list", "entered_within", "exited_within") and len(canonical) < 4:
            return ("other", *canonical)
        return self._field(canonical, "customer")

    def where(self, conditions: tuple[str, ...]) -> Formula:
        """Return the formula over one event of its `where` conditions (canonical JSON)."""
        if conditions not in self._where_formulas:
            parts = [self._field(json.loads(one), "event") for one in conditions]
            self._where_formulas[conditions] = both(*parts)
        return self._where_formulas[conditions]

    @staticmethod
    def knowns(formula: Formula) -> dict[Fact, str]:
        """Return the facts of a formula that say that a value is there, and what it is called."""
        names = {}
        for fact in facts_of(formula):
            if fact[0] == "known" and fact[1][0] == "customer":
                names[fact] = fact[1][1]
        return names

    def _field(self, canonical: list[Any], owner: str) -> Formula:
        name, operator, kind, value, is_sensitive, on_null = canonical
        column = self._columns.get(name, {}) if owner == "customer" else {}
        view: View = (owner, name)
        known: Formula = True if column.get("is_never_null") else ("known", view)
        if name == "location" and owner == "customer":
            known = both(*[("known", (owner, one)) for one in ("latitude", "longitude")])
        elif name.split(".")[0] in ("attributes", "properties"):
            view = (owner, name, kind)
            known = both(("known", (owner, name, "text")), ("known", view))
            # Free text read as a boolean may be neither true nor false.
            self._scales.setdefault(view, Scale("text" if kind == "boolean" else kind))
        if view not in self._scales:
            self._scales[view] = self._scale_of(kind, column)
        met = self._comparison(view, operator, kind, value, is_sensitive, known)
        return self._with_unknown(met, known, operator, on_null)

    def _measured(self, canonical: list[Any]) -> Formula:
        (_, event, where, aggregate, column, window), operator, kind, value = canonical[:4]
        measure = Measure(event, tuple(where), window_of(window), aggregate, column, kind)
        if aggregate in ("count", "last_date"):
            measure = measure.of(aggregate)
        view = measure.view
        known: Formula = True
        if aggregate in ("count", "distinct"):
            self._scales[view] = Scale("integer", 0)
        elif aggregate == "last_date":
            known = measure.exists
            first, until = measure.window.first, measure.window.until
            self._scales[view] = Scale(
                "integer",
                1 if until[0] == "date" else 1 - days_from_today(until)[1],
                None if first is None or first[0] == "date" else -days_from_today(first)[0],
            )
        else:
            known = both(measure.exists, measure.has_value)
            self._scales.setdefault(view, Scale("text" if kind == "boolean" else kind))
        met = self._comparison(view, operator, kind, value, canonical[4], known)
        return self._with_unknown(met, known, operator, canonical[5])

    def _pattern(self, canonical: list[Any]) -> Formula:
        (_, event, where, *_), pattern, period, *times = canonical
        always = Measure(event, tuple(where), Window())
        edge = boundary(period, -1)
        recent, earlier = always.of("count", Window(edge)), always.of("count", Window(None, edge))
        if pattern == "first_time":
            return both(recent.exists, negated(earlier.exists))
        if pattern == "stopped":
            return both(earlier.exists, negated(recent.exists))
        other = ("other", json.dumps(canonical))
        if pattern == "restarted":
            return both(other, recent.exists, earlier.exists)
        periods, least = times
        in_all = always.of("count", Window((edge[0], edge[1] * periods)))
        return both(other, recent.exists, self._reaches(in_all.view, str(periods * least)))

    def _sequence(self, canonical: list[Any]) -> Formula:
        window = window_of(canonical[4])
        steps = [
            Measure(step[0], tuple(step[1]), window) for step in canonical[1] if step[0] != "not"
        ]
        return both(
            ("other", json.dumps(canonical)),
            *[self._reaches(step.view, str(steps.count(step))) for step in steps],
        )

    # --- Comparisons ----------------------------------------------------------------------------

    @staticmethod
    def _scale_of(kind: str, column: Mapping[str, Any]) -> Scale:
        if kind == "boolean":
            return Scale("listed", 0, 1, ["false", "true"])
        if kind == "text" and column.get("values"):
            values = sorted(column["values"])
            return Scale("listed", 0, len(values) - 1, values)
        data_type = str(column.get("data_type", "")).lower()
        if kind == "number" and data_type in ("int", "integer", "smallint", "bigint"):
            return Scale("integer")
        return Scale("double" if data_type in ("double", "float") else kind)

    @staticmethod
    def _with_unknown(met: Formula, known: Formula, operator: str, on_null: bool) -> Formula:
        if operator in ("is_null", "is_not_null", "is_blank"):
            return met
        return either(both(known, met), negated(known)) if on_null else both(known, met)

    def _reaches(self, view: View, value: Any, *, after: bool = False) -> Formula:
        scale = self._scales.setdefault(view, Scale("integer", 0))
        place = scale.place(value, after=after)
        if scale.lowest is not None and place <= (scale.lowest, 0):
            return True
        if scale.highest is not None and place > (scale.highest, 0):
            return False
        return ("reaches", view, place)

    def _within(self, view: View, low: Any, high: Any) -> Formula:
        scale = self._scales[view]
        if scale.place(low, after=False) >= scale.place(high, after=True):
            return False
        return both(self._reaches(view, low), negated(self._reaches(view, high, after=True)))

    def _comparison(
        self,
        view: View,
        operator: str,
        kind: str,
        value: Any,
        is_sensitive: bool,
        known: Formula,
    ) -> Formula:
        """Return the formula of a comparison with a known value (is_null and its like: in full)."""
        if kind == "boolean" and isinstance(value, bool):
            value = str(value).lower()
        if operator in ("is_null", "is_not_null"):
            return known if operator == "is_not_null" else negated(known)
        if operator == "is_blank":
            return either(negated(known), self._text(view, "blank", "", True))
        if operator in ("neq", "not_in", "not_contains", "not_matches", "has_none"):
            opposite = {"neq": "eq", "has_none": "has_any"}.get(operator) or operator[4:]
            return negated(self._comparison(view, opposite, kind, value, is_sensitive, known))
        if operator in ("eq", "on"):
            return self._within(view, value, value)
        if operator == "in":
            return either(*[self._within(view, one, one) for one in value])
        if operator == "between":
            return self._within(view, *value)
        if operator in ("lt", "before", "gte"):
            reached = self._reaches(view, value)
            return reached if operator == "gte" else negated(reached)
        if operator in ("gt", "after", "lte"):
            reached = self._reaches(view, value, after=True)
            return negated(reached) if operator == "lte" else reached
        if operator in ("has_any", "has_all"):
            parts = [("has", view, one) for one in value]
            return either(*parts) if operator == "has_any" else both(*parts)
        if operator == "within_km":
            place: View = ("distance", *value[:2])
            self._scales[place] = Scale("number")
            return negated(self._reaches(place, value[2], after=True))
        if kind == "text":
            return self._text(view, operator, value, is_sensitive)
        return self._moving(view, operator, value)

    def _moving(self, view: View, operator: str, value: Any) -> Formula:
        """Return the formula of a date compared with days that move with D."""
        if operator == "more_than_ago":
            return negated(("past", view, boundary(value, -1)))
        if operator == "anniversary_in":
            return both(("other", view, operator, value), negated(("past", view, TODAY)))
        if operator == "between_ago":
            ends = boundary(value[0], -1), boundary(value[1], -1)
        elif operator in ("in_last", "in_next"):
            ends = (
                (boundary(value, -1), TODAY)
                if operator == "in_last"
                else (TODAY, boundary(value, 1))
            )
        elif operator in ("this", "last", "next"):
            offset = {"last": -1, "this": 0, "next": 1}[operator]
            ends = calendar_start(value, offset), calendar_start(value, offset + 1)
        else:
            return ("other", view, operator, json.dumps(value))
        return both(("past", view, ends[0]), negated(("past", view, ends[1])))

    def _text(self, view: View, operator: str, value: str, is_sensitive: bool) -> Formula:
        if not is_sensitive and value.isascii() and operator != "matches":
            value = value.lower()
        fact = (
            ("blank", view)
            if operator == "blank"
            else ("text", view, operator, value, is_sensitive)
        )
        scale = self._scales.get(view)
        if scale and scale.kind == "listed":
            verdicts = [(one, text_verdict(fact, one)) for one in scale.values]
            if all(verdict is not None for _, verdict in verdicts):
                return either(*[self._within(view, one, one) for one, holds in verdicts if holds])
        return fact

    # --- Knowledge ------------------------------------------------------------------------------

    def known(self, facts: set[Fact]) -> Iterable[Clause]:
        """Return the clauses that certainly hold among facts; they may name further facts."""
        clauses: list[Clause] = []
        measures = {fact[1][1] for fact in facts if len(fact) > 1 and _is_measure(fact[1])}
        clauses += self._known_of_measures(facts, measures)
        facts = facts | {fact for clause in clauses for fact, _ in clause}
        places: dict[View, list[Any]] = defaultdict(list)
        boundaries: dict[View, list[Boundary]] = defaultdict(list)
        texts: dict[View, list[Fact]] = defaultdict(list)
        stays: dict[tuple[str, str], list[str]] = defaultdict(list)
        for fact in facts:
            if fact[0] == "reaches":
                places[fact[1]].append(fact[2])
            elif fact[0] == "past":
                boundaries[fact[1]].append(fact[2])
            elif fact[0] in ("text", "blank"):
                texts[fact[1]].append(fact)
            elif fact[0] == "other" and fact[1] in ("entered_within", "exited_within"):
                stays[fact[1:3]].append(fact[3])
        for view, found in places.items():
            found.sort()
            for low, high in zip(found, found[1:], strict=False):
                clauses.append([(("reaches", view, high), False), (("reaches", view, low), True)])
            clauses += self._known_of_texts(view, found, texts.get(view, []))
        for view, found in boundaries.items():
            for early, late in permutations(found, 2):
                if is_at_most(early, late):
                    clauses.append([(("past", view, late), False), (("past", view, early), True)])
        for found in texts.values():
            for one, other in combinations(found[:COMPARED_AT_MOST], 2):
                clauses += clauses_of_two_texts(one, other)
        for (key, segment), periods in stays.items():
            for short, long in permutations(periods, 2):
                if is_at_most(boundary(short, 1), boundary(long, 1)):
                    short_fact, long_fact = (("other", key, segment, one) for one in (short, long))
                    clauses.append([(short_fact, False), (long_fact, True)])
        return clauses

    def _known_of_texts(self, view: View, places: list[Any], texts: list[Fact]) -> Iterator[Clause]:
        """What texts that are compared exactly say of the other conditions on them."""
        scale = self._scales.get(view)
        if not texts or scale is None or scale.kind != "text":
            return
        for low, high in zip(places, places[1:], strict=False):
            if low[0] == high[0]:
                for fact in texts:
                    verdict = text_verdict(fact, low[0])
                    if verdict is not None:
                        yield [
                            (("reaches", view, low), False),
                            (("reaches", view, high), True),
                            (fact, verdict),
                        ]

    def _known_of_measures(self, facts: set[Fact], measures: set[Measure]) -> Iterator[Clause]:
        """What a measure says of others of the same events."""
        places: dict[Measure, list[Any]] = defaultdict(list)
        for fact in facts:
            if fact[0] == "reaches" and _is_measure(fact[1]):
                places[fact[1][1]].append(fact[2])
        for measure in measures:
            places[measure.of("count")].append((1, 0))
            if self.prover.never(self.where(measure.where)):
                yield [(measure.exists, False)]
        for one, other in permutations(list(places)[:COMPARED_AT_MOST], 2):
            if one.event != other.event:
                continue
            if one.aggregate == "last_date" == other.aggregate or not self._is_part(one, other):
                # A later last event is fewer days ago: the other way round below.
                if one.aggregate == "last_date" and self._is_part(other, one):
                    if other.aggregate == "last_date":
                        yield from _at_most(one, other, places)
                    elif other.aggregate == "count":
                        yield from self._days_and_count(one, other, places)
                continue
            kinds = (one.aggregate, other.aggregate)
            same_column = (one.column, one.kind) == (other.column, other.kind)
            if kinds in (("count", "count"), ("distinct", "count")):
                yield from _at_most(one, other, places)
                yield from self._halves(one, other, places)
            elif kinds == ("distinct", "distinct") and same_column:
                yield from _at_most(one, other, places)
            elif kinds == ("max", "max") and same_column:
                yield from _at_most(one, other, places, given=one.has_value)
            elif kinds == ("min", "min") and same_column:
                yield from _at_most(other, one, places, given=one.has_value)
            elif kinds in AT_MOST and _values_of(one) == _values_of(other):
                yield from _at_most(one, other, places, given=one.has_value)

    def _days_and_count(
        self, days: Measure, count: Measure, places: Mapping[Measure, list[Any]]
    ) -> Iterator[Clause]:
        """How long ago the last event was, and whether there was one in a window up to D."""
        first, until = count.window.first, count.window.until
        if until != TODAY or first is None or first[0] == "date":
            return
        latest = ("reaches", days.view, (1 - days_from_today(first)[0], 0))
        # An event in the window: the last one, of which it is one, is not longer ago than that.
        yield [(count.exists, False), (latest, False)]
        if days.where == count.where and first[0] == "days" and days.window == Window():
            yield [(days.exists, False), (latest, True), (count.exists, True)]

    @staticmethod
    def _halves(
        part: Measure, whole: Measure, places: Mapping[Measure, list[Any]]
    ) -> Iterator[Clause]:
        """An event of all history lies either before a day or from it on."""
        earlier = part.of("count", Window(None, part.window.first or TODAY))
        is_half = part.window.first is not None and part.window.until == TODAY
        if is_half and whole.window == Window() and part.where == whole.where and earlier in places:
            yield [(whole.exists, False), (part.exists, True), (earlier.exists, True)]

    @lru_cache(maxsize=100_000)  # noqa: B019 - one object per run
    def _is_part(self, one: Measure, other: Measure) -> bool:
        """Whether every event that `one` measures is certainly measured by the other too."""
        if one.event != other.event or not one.window.lies_in(other.window):
            return False
        if set(other.where) <= set(one.where):
            return True
        return self.prover.always(self.where(other.where), [self.where(one.where)])


def _is_measure(view: Any) -> bool:
    return isinstance(view, tuple) and len(view) == 2 and view[0] == "measure"


def _values_of(measure: Measure) -> tuple[Any, ...]:
    return (measure.event, measure.where, measure.window, measure.column, measure.kind)


def _at_most(
    one: Measure,
    other: Measure,
    places: Mapping[Measure, list[Any]],
    given: Fact | None = None,
) -> Iterator[Clause]:
    """One measure is never more than the other (where `given` holds): what it reaches, both do."""
    for place in places[one]:
        lower = [found for found in places[other] if found <= place]
        if lower:
            clause: Clause = [
                (("reaches", one.view, place), False),
                (("reaches", other.view, max(lower)), True),
            ]
            yield [(given, False), *clause] if given else clause
