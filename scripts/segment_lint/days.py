"""Days that move with the as-of date D, and which of two certainly comes first, whatever D is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil, floor
from typing import Any, TypeAlias

# ("days", 30) and ("months", -6) lie so far from D, ("quarter", 0) begins the calendar quarter that
# holds D, ("date", 739000) is a fixed day (its ordinal).
Boundary: TypeAlias = tuple[str, int]
TODAY: Boundary = ("days", 0)
UNIT_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def boundary(period: str, sign: int) -> Boundary:
    """Return the day a period such as `6 months` before (-1) or after (1) D."""
    count, unit = int(period.split()[0]), period.split()[1].rstrip("s")
    if unit in ("day", "week"):
        return ("days", sign * count * (7 if unit == "week" else 1))
    return ("months", sign * count * UNIT_MONTHS[unit])


def calendar_start(unit: str, offset: int) -> Boundary:
    """Return the first day of the calendar period that holds D, or of one `offset` away."""
    return ("days", offset) if unit == "day" else (unit, offset)


def on_day(day: str) -> Boundary:
    """Return a date as a boundary."""
    return ("date", date.fromisoformat(day).toordinal())


def days_from_today(one: Boundary) -> tuple[int, int]:
    """Return the fewest and the most days that a moving boundary can lie after D.

    The ends are generous: a month is 30.44 days, give or take what lengths and leap years do.
    """
    unit, count = one
    if unit == "days":
        return count, count
    if unit == "week":
        return 7 * count - 6, 7 * count
    months = count * UNIT_MONTHS.get(unit, 1)
    middle = months * 146097 / 4800
    low, high = floor(middle) - 5, ceil(middle) + 5
    if unit == "months":
        return (min(low, -1), min(high, -1)) if count < 0 else (max(low, 1), high)
    low -= 31 * UNIT_MONTHS[unit]
    return (low, min(high, 0)) if count <= 0 else (max(low, 1), high)


def is_at_most(one: Boundary, other: Boundary) -> bool:
    """Return whether a boundary certainly lies on or before another, whatever D is."""
    if one[0] == other[0]:
        return one[1] <= other[1]
    if "date" in (one[0], other[0]):
        return False
    sizes = list(UNIT_MONTHS)
    if one[0] in sizes and other[0] in sizes and one[1] == other[1] and one[1] in (0, 1):
        # This year begins no later than this month, and next month no later than next year.
        return (sizes.index(one[0]) > sizes.index(other[0])) == (one[1] == 0)
    return days_from_today(one)[1] <= days_from_today(other)[0]


@dataclass(frozen=True)
class Window:
    """Days from `first` on (None: no beginning), before `until`, and always before D."""

    first: Boundary | None = None
    until: Boundary = TODAY

    def lies_in(self, other: Window) -> bool:
        """Return whether it is certain that every day of it is one of the other's."""
        starts = other.first is None or (
            self.first is not None and is_at_most(other.first, self.first)
        )
        return starts and (other.until == TODAY or is_at_most(self.until, other.until))


def window_of(canonical: list[Any] | None) -> Window:
    """Return the window of an event condition."""
    if not canonical:
        return Window()
    name, *values = canonical
    if name == "in_last":
        return Window(boundary(values[0], -1))
    if name == "between_ago":
        return Window(boundary(values[0][0], -1), boundary(values[0][1], -1))
    if name == "between":
        return Window(on_day(values[0]), on_day(values[1]))
    days = dict(zip(canonical[::2], canonical[1::2], strict=True))
    after = on_day(days["after"]) if "after" in days else None
    return Window(
        ("date", after[1] + 1) if after else None,
        on_day(days["before"]) if "before" in days else TODAY,
    )
