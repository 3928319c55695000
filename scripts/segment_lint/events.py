"""The standard names of events, and which of them a misspelt one means."""

from __future__ import annotations

import re
from functools import lru_cache

STANDARD_EVENTS = (
    "page_viewed", "product_viewed", "product_added", "checkout_started", "email_sent",
    "email_delivered", "email_opened", "email_clicked", "unsubscribed", "sms_sent", "push_sent",
    "push_opened", "app_installed", "session_started", "survey_answered", "support_ticket_opened",
    "lesson_completed", "subscription_started", "subscription_cancelled", "order_placed",
    "order_refunded", "product_purchased",
)  # fmt: skip


@lru_cache(maxsize=10_000)
def standard_event(name: str) -> str | None:
    """Return the standard event that a name is a misspelling of, or None."""
    if name in STANDARD_EVENTS:
        return None
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+", "_", name.strip()).lower()
    near = [(edits(plain, known), known) for known in STANDARD_EVENTS]
    distance, known = min(near)
    return known if distance <= (2 if len(known) >= 10 else 1) else None


def edits(one: str, other: str) -> int:
    """Return how many letters to add, drop, change or swap with a neighbour tell words apart."""
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, partner in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != partner))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == partner:
                least = min(least, last[j - 2] + 1)
            row.append(least)
    return row[-1]
