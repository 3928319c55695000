# ruff: noqa: E501 - a row is one line.
"""A small shop for the event cases: who did what when, in local time of Europe/Warsaw.

Contacts are <group>_<letter>; a case speaks of one group. As of 2026-03-31, so `30 days` is
[2026-03-01, 2026-03-31), and a month before it is 2026-02-28.
"""

from __future__ import annotations

from typing import Any

# (event, local time, columns; properties as a mapping)
Event = tuple[str, str, dict[str, Any]]


def at(event: str, *times: str) -> list[Event]:
    """Return events without columns at local times of 2026, such as `03-10 10:00:00`."""
    return [(event, f"2026-{time}" if len(time) < 19 else time, {}) for time in times]


def pay(*amounts: Any) -> list[Event]:
    """Return payments of these values on 2026-03-05 and each 5th day after it, at noon."""
    return [
        (
            "pay",
            f"2026-03-{5 + 5 * place:02d} 12:00:00",
            {"value": amount, "properties": {"score": amount}},
        )
        for place, amount in enumerate(amounts)
    ]


def tint(*colours: tuple[str, Any]) -> list[Event]:
    """Return events with a colour at local times of 2026."""
    return [
        ("tint", f"2026-{time}", {"category": colour, "properties": {"colour": colour}})
        for time, colour in colours
    ]


def cart(step: str, time: str, **columns: Any) -> Event:
    """Return a step of a sequence at a local time of 2026."""
    return (step, f"2026-{time}", columns)


EVENTS: dict[str, dict[str, list[Event]]] = {
    # Boundaries of windows: the day before 30 days, its first and last moment, D itself and later.
    "edge": {
        "a": at("edge", "02-28 23:59:59"),
        "b": at("edge", "03-01 00:00:00"),
        "c": at("edge", "03-30 23:59:59"),
        "d": at("edge", "03-31 00:00:00"),
        "e": at("edge", "04-01 12:00:00"),
        "f": [],
        "g": at("edge", "03-01 00:00:00", "03-30 23:59:59"),
        "h": at("edge", "02-28 23:59:59", "03-31 00:00:00"),
        "i": at("edge", "2025-03-31 00:00:00"),
        "j": at("edge", "2025-03-30 23:59:59"),
        "k": at("other", "03-10 12:00:00"),
    },
    # Values: three, an unknown one, unknown among known, none, fractions, signs, before the window.
    "pay": {
        "a": pay(10, 20, 30),
        "b": pay(None),
        "c": pay(10, None, 10),
        "d": [],
        "e": pay(0.1, 0.2),
        "f": pay(-5, 5),
        "g": [("pay", "2026-02-15 12:00:00", {"value": 100, "properties": {"score": 100}}), ("pay", "2026-03-20 12:00:00", {"value": 1, "properties": {"score": 1}})],
        "h": [("pay", "2026-03-10 12:00:00", {"value": 9, "properties": {"score": 9}}), ("pay", "2026-03-10 12:00:00", {"value": 7, "properties": {"score": 7}})],
        "i": [("pay", "2026-03-10 12:00:00", {"value": None}), ("pay", "2026-03-10 12:00:00", {"value": 5, "properties": {"score": 5}})],
        "j": pay(None, 5),
        "k": pay(5, None),
    },
    # Ties in time between numbers that texts would order otherwise.
    "tie": {
        "a": [("pay", "2026-03-10 12:00:00", {"value": 10, "properties": {"score": 10}}), ("pay", "2026-03-10 12:00:00", {"value": 9, "properties": {"score": 9}})],
        "b": [("pay", "2026-03-10 12:00:00", {"value": -1, "properties": {"score": -1}}), ("pay", "2026-03-10 12:00:00", {"value": -2, "properties": {"score": -2}})],
        "c": [("pay", "2026-03-10 12:00:00", {"value": 100, "properties": {"score": 100}}), ("pay", "2026-03-10 12:00:00", {"value": 20.5, "properties": {"score": 20.5}})],
    },
    # Texts: the same day, ties in time, unknown first and last, before the window.
    "tint": {
        "a": tint(("03-05 10:00:00", "red"), ("03-05 11:00:00", "green"), ("03-05 12:00:00", "blue")),
        "b": tint(("03-05 10:00:00", None)),
        "c": tint(("03-05 10:00:00", "red"), ("03-06 10:00:00", None), ("03-07 10:00:00", "Red")),
        "d": [],
        "e": tint(("03-05 10:00:00", "b"), ("03-05 10:00:00", "a")),
        "f": tint(("03-05 10:00:00", None), ("03-06 10:00:00", "red")),
        "g": tint(("03-05 10:00:00", "red"), ("03-06 10:00:00", None)),
        "h": tint(("02-10 10:00:00", "blue"), ("03-06 10:00:00", "red")),
        "i": tint(("03-05 10:00:00", None), ("03-05 10:00:00", "red")),
    },
    # Other kinds of properties: dates, booleans, numbers as texts, unreadable ones.
    "kind": {
        "a": [("kind", "2026-03-05 10:00:00", {"properties": {"due": "2026-03-20", "ok": True, "n": "40", "deep": {"x": "y"}}})],
        "b": [("kind", "2026-03-05 10:00:00", {"properties": {"due": "soon", "ok": False, "n": "forty"}})],
        "c": [("kind", "2026-03-05 10:00:00", {"properties": None})],
        "d": [("kind", "2026-03-05 10:00:00", {"properties": {"due": "2026-01-02", "n": 41}}), ("kind", "2026-03-06 10:00:00", {"properties": {"due": "2026-02-02", "n": 1}})],
        "e": [],
        "f": [("kind", "2026-03-05 10:00:00", {"properties": {"ok": "1"}})],
        "g": [("kind", "2026-03-05 10:00:00", {"properties": {"ok": "yes"}})],
    },
    # Columns in where.
    "view": {
        "a": [("view", "2026-03-10 12:00:00", {"channel": "web", "campaign_id": "c1", "message_id": "m1", "session_id": "s1", "product_id": "P1", "category": "bags", "value": 10, "properties": {"size": 40, "colour": "Red", "tags": ["x", "y"], "ok": True, "due": "2026-03-20"}})],
        "b": [("view", "2026-03-10 12:00:00", {"channel": "WEB"})],
        "c": [("view", "2026-03-10 12:00:00", {})],
        "d": [("view", "2026-03-10 12:00:00", {"channel": "app", "product_id": "P2", "value": 20, "properties": {"size": "41", "tags": "x"}})],
        "e": [("view", "2026-03-10 12:00:00", {"channel": "web", "value": 5, "product_id": "P3"}), ("view", "2026-03-11 12:00:00", {"channel": "app", "value": 50, "product_id": "P1"})],
        "f": [("view", "2026-03-10 12:00:00", {"product_id": "P9"})],
        "g": [],
        "h": [("view", "2026-03-10 12:00:00", {"product_id": "P4", "properties": {"size": "big", "tags": []}})],
    },
    # Patterns over 30 days.
    "beat": {
        "a": at("beat", "03-10 12:00:00"),
        "b": at("beat", "02-15 12:00:00"),
        "c": at("beat", "02-15 12:00:00", "03-10 12:00:00"),
        "d": at("beat", "02-08 23:59:59", "03-10 00:00:00"),
        "e": at("beat", "02-09 00:00:00", "03-10 23:59:59"),
        "f": at("beat", "02-28 23:59:59", "03-30 00:00:00"),
        "g": at("beat", "03-01 00:00:00"),
        "h": at("beat", "02-28 23:59:59"),
        "i": [],
        "j": at("beat", "03-30 23:59:59"),
        "k": at("beat", "03-31 00:00:00"),
        "l": at("beat", "2025-01-01 12:00:00", "03-10 12:00:00"),
        "m": at("beat", "02-20 12:00:00", "03-05 12:00:00", "03-20 12:00:00"),
        "n": at("beat", "01-01 12:00:00", "03-05 12:00:00", "03-20 12:00:00"),
        "o": at("beat", "2025-12-31 00:00:00", "01-30 00:00:00", "03-01 00:00:00"),
        "p": at("beat", "01-29 23:59:59", "02-28 23:59:59", "03-30 23:59:59"),
        "q": at("beat", "2025-12-30 23:59:59", "02-28 12:00:00", "03-30 12:00:00"),
        "r": at("beat", "02-10 12:00:00", "02-11 12:00:00", "03-10 12:00:00", "03-10 12:00:00"),
    },
    # Sequences of A, B, C.
    "step": {
        "a": [cart("A", "03-10 10:00:00"), cart("B", "03-10 10:00:00")],
        "b": [cart("A", "03-10 10:00:00"), cart("B", "03-10 10:00:01")],
        "c": [cart("B", "03-10 10:00:00"), cart("A", "03-10 10:00:01")],
        "d": [cart("A", "03-10 10:00:00"), cart("B", "03-11 10:00:00")],
        "e": [cart("A", "03-10 10:00:00"), cart("B", "03-11 10:00:01")],
        "f": [cart("A", "03-02 10:00:00"), cart("A", "03-10 09:00:00"), cart("B", "03-10 20:00:00")],
        "g": [cart("A", "03-10 10:00:00")],
        "h": [cart("B", "03-10 10:00:00")],
        "i": [],
        # The night that is an hour shorter: 24 hours are 13:00 of the next day.
        "j": [cart("A", "03-28 12:00:00"), cart("B", "03-29 13:00:00")],
        "k": [cart("A", "03-28 12:00:00"), cart("B", "03-29 13:00:01")],
        "l": [cart("A", "02-28 23:30:00"), cart("B", "03-01 00:30:00")],
        "m": [cart("A", "03-30 23:30:00"), cart("B", "03-31 00:30:00")],
        "n": [cart("A", "01-31 10:00:00"), cart("B", "02-28 10:00:00")],
        "o": [cart("A", "01-31 10:00:00"), cart("B", "02-28 10:00:01")],
        "p": [cart("A", "03-10 10:00:00"), cart("B", "03-10 11:00:00"), cart("C", "03-10 12:00:00")],
        "q": [cart("A", "03-10 10:00:00"), cart("C", "03-10 11:00:00"), cart("B", "03-10 12:00:00")],
        "r": [cart("A", "03-10 10:00:00"), cart("A", "03-10 11:00:00")],
    },
    # The same value on every step.
    "same": {
        "a": [cart("A", "03-10 10:00:00", session_id="s", value=1), cart("B", "03-10 11:00:00", session_id="s", value=1)],
        "b": [cart("A", "03-10 10:00:00", session_id="s", value=1), cart("B", "03-10 11:00:00", session_id="t", value=2)],
        "c": [cart("A", "03-10 10:00:00"), cart("B", "03-10 11:00:00")],
        "d": [cart("A", "03-10 10:00:00", session_id="s"), cart("B", "03-10 11:00:00", session_id="t"), cart("B", "03-10 12:00:00", session_id="s")],
        "e": [cart("A", "03-10 10:00:00", session_id="s"), cart("B", "03-10 11:00:00", session_id="S")],
        "f": [cart("A", "03-10 10:00:00", properties={"cart": "7"}, product_id="P1"), cart("B", "03-10 11:00:00", properties={"cart": "7"}, product_id="P5")],
        "g": [cart("A", "03-10 10:00:00", properties={"cart": "7"}, product_id="P1"), cart("B", "03-10 11:00:00", properties={"cart": "8"}, product_id="P3")],
        "h": [cart("A", "03-10 10:00:00", session_id="s"), cart("B", "03-10 11:00:00", session_id="s"), cart("C", "03-10 12:00:00", session_id="t")],
        "i": [cart("A", "03-10 10:00:00", session_id="s"), cart("B", "03-10 11:00:00", session_id="s"), cart("C", "03-10 12:00:00", session_id="s")],
        "j": [cart("A", "03-10 10:00:00", session_id="s"), cart("B", "03-10 11:00:00", session_id="s"), cart("C", "03-10 12:00:00")],
    },
    # Sequences that end in what did not happen.
    "left": {
        "a": [cart("A", "03-10 10:00:00"), cart("B", "03-10 11:00:00")],
        "b": [cart("A", "03-10 10:00:00"), cart("B", "03-10 11:00:00"), cart("C", "03-10 12:00:00")],
        "c": [cart("A", "03-10 10:00:00"), cart("B", "03-10 11:00:00"), cart("C", "03-11 10:00:01")],
        "d": [cart("A", "03-10 10:00:00"), cart("B", "03-10 11:00:00"), cart("C", "03-11 10:00:00")],
        "e": [cart("A", "03-10 10:00:00"), cart("B", "03-10 11:00:00"), cart("C", "03-10 11:00:00")],
        "f": [cart("A", "03-10 10:00:00"), cart("C", "03-10 10:30:00"), cart("B", "03-10 11:00:00")],
        "g": [cart("A", "03-02 10:00:00"), cart("B", "03-02 11:00:00"), cart("C", "03-02 12:00:00"), cart("A", "03-10 10:00:00"), cart("B", "03-10 11:00:00")],
        "h": [cart("A", "03-10 10:00:00"), cart("B", "03-10 11:00:00"), cart("C", "03-10 12:00:00"), cart("B", "03-10 13:00:00")],
        "i": [cart("A", "03-30 10:00:00"), cart("B", "03-30 11:00:00"), cart("C", "03-31 00:00:00")],
        "j": [cart("A", "03-09 10:00:00"), cart("B", "03-09 11:00:00"), cart("C", "03-10 09:00:00")],
        "k": [cart("B", "03-10 11:00:00")],
        "l": [],
    },
    "order": {letter: [] for letter in "abcdefghijklmnop"} | {"g": at("order_placed", "03-10 12:00:00"), "o": at("order_refunded", "03-10 12:00:00") + at("product_purchased", "03-10 12:00:00")},
    "line": {letter: [] for letter in "abcdefgh"},
    # b and bz are one customer by e-mail, b; c and d share nothing.
    "merged": {
        "a": [cart("A", "03-10 10:00:00", value=1)],
        "b": [cart("A", "03-10 10:00:00", value=10)],
        "bz": [cart("B", "03-10 11:00:00", value=30), cart("A", "03-12 11:00:00", value=20)],
        "c": [cart("A", "03-10 10:00:00", value=10)],
        "d": [cart("B", "03-10 11:00:00", value=30)],
    },
}  # fmt: skip

# (order, contact, document type, original order, local time, status, currency, net, discount, channel, coupon, test)
ORDERS: list[tuple[Any, ...]] = [
    ("oa", "order_a", "order", None, "2026-03-05 12:00:00", "completed", "PLN", 100, 10, "web", "SPRING", False),
    ("ob", "order_b", "order", None, "2026-03-05 12:00:00", "cancelled", "PLN", 100, 0, "web", None, False),
    ("oc", "order_c", "order", None, "2026-03-05 12:00:00", "completed", "PLN", 100, 0, "web", None, True),
    ("od", "order_d", "order", None, "2026-03-05 12:00:00", "completed", "PLN", 50, 0, "web", None, False),
    ("odr", "order_d", "refund", "od", "2026-03-07 12:00:00", "completed", "PLN", 50, 0, "web", None, False),
    ("oer", "order_e", "refund", None, "2026-03-07 12:00:00", None, "PLN", 30, 0, "phone", None, False),
    # 10 euros are 42.5532 zloty at 0.235.
    ("of", "order_f", "order", None, "2026-03-05 12:00:00", "completed", "EUR", 10, 1, "app", None, False),
    ("oh", "order_h", "order", None, "2026-03-05 12:00:00", "voided", "PLN", 80, 0, "web", None, False),
    ("ohr", "order_h", "refund", "oh", "2026-03-07 12:00:00", "completed", "PLN", 80, 0, "web", None, False),
    ("oi1", "order_i", "order", None, "2026-03-05 09:00:00", "completed", "PLN", 20, None, "web", None, False),
    ("oi2", "order_i", "order", None, "2026-03-05 18:00:00", "completed", "PLN", 30, None, "app", "SPRING", False),
    ("oj", "order_j", "order", None, "2026-03-31 00:00:00", "completed", "PLN", 100, 0, "web", None, False),
    ("ok", "order_k", "order", None, "2026-03-30 23:59:59", None, None, 100, 0, None, None, None),
    ("ol", "order_l", None, None, "2026-02-28 23:59:59", "Completed", "PLN", 70, 0, "web", "spring", False),
    ("om", "order_m", "order", None, "2026-03-05 12:00:00", "completed", "PLN", 0, 0, "web", None, False),
    ("onr", "order_n", "refund", None, "2026-03-07 12:00:00", "failed", "PLN", 30, 0, "web", None, False),
    ("la", "line_a", "order", None, "2026-03-05 12:00:00", "completed", "PLN", 200, 0, "web", "SPRING", False),
    ("lb", "line_b", "order", None, "2026-03-05 12:00:00", "cancelled", "PLN", 200, 0, "web", None, False),
    ("lc", "line_c", "order", None, "2026-03-05 12:00:00", "completed", "PLN", 30, 0, "web", None, False),
    ("ld", "line_d", "order", None, "2026-03-05 12:00:00", "completed", "PLN", 40, 0, "app", None, False),
    ("lf", "line_f", "order", None, "2026-02-10 12:00:00", "completed", "PLN", 40, 0, "web", None, False),
    ("lgr", "line_g", "refund", None, "2026-03-07 12:00:00", "completed", "PLN", 40, 0, "web", None, False),
    ("lh", "line_h", "order", None, "2026-03-05 12:00:00", "completed", "PLN", 40, 0, "web", None, True),
]  # fmt: skip
# (line, order, product, quantity, unit price, unit cost)
LINES: list[tuple[Any, ...]] = [
    ("la1", "la", "P1", 2, 90, 40),
    ("la2", "la", "P3", 1, 20, None),
    ("lb1", "lb", "P1", 2, 100, 40),
    ("lc1", "lc", "P9", 3, 10, 1),
    ("ld1", "ld", "P1", 0.5, 80, 30),
    ("lf1", "lf", "P3", 2, 20, 5),
    ("lg1", "lgr", "P1", 1, 40, 5),
    ("lh1", "lh", "P1", 1, 40, 5),
]
# (product, name, category, brand, unit price, unit cost, in stock, UTC time of its return to stock)
PRODUCTS: list[tuple[Any, ...]] = [
    ("P1", "Boots", "shoes", "Tatra", 100, 40, True, "2026-03-12 11:00:00"),
    ("P2", None, None, None, None, None, None, None),
    ("P3", "Bag", "bags", "tatra", 20, 5, False, "2026-03-01 11:00:00"),
    # Local time: half past midnight of the 13th.
    ("P4", "Hat", "hats", "O'Hara", 30.5, 30.5, True, "2026-03-12 23:30:00"),
    ("P5", "Shoe", "shoes", "Tatra", 55, 5, True, None),
]  # fmt: skip
LISTS: dict[str, list[str]] = {
    "staff": ["edge_a", "merged_bz"],
    "nobody": ["no_such_contact"],
    "two": ["edge_b", "edge_b"],
}
