"""What conditions on texts say of each other, and of a text that is known."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from segment_lint.proof import Clause, Fact


def text_verdict(fact: Fact, text: str) -> bool | None:
    """Return whether a text condition holds for a text; None where engines might differ."""
    if fact[0] == "blank":
        return text.strip(" ") == ""
    _, _, operator, value, is_sensitive = fact
    if not (text.isascii() and value.isascii() and text.isprintable()):
        return None
    if operator == "matches":
        return _matches(text, value, is_sensitive)
    if not is_sensitive:
        text, value = text.lower(), value.lower()
    if operator == "contains":
        return value in text
    if operator in ("starts_with", "ends_with"):
        return text.startswith(value) if operator == "starts_with" else text.endswith(value)
    return None


@lru_cache(maxsize=10_000)
def _matches(text: str, pattern: str, is_sensitive: bool) -> bool:
    """Whether a pattern is found in a text, by the engine that will look for it."""
    import duckdb

    pattern = pattern if is_sensitive else f"(?i){pattern}"
    row = duckdb.execute("select regexp_matches(?, ?)", [text, pattern]).fetchone()
    return bool(row and row[0])


def clauses_of_two_texts(one: Fact, other: Fact) -> Iterator[Clause]:
    """Return what two conditions on the same text say of each other."""
    for first, second in ((one, other), (other, one)):
        if _text_implies(first, second):
            yield [(first, False), (second, True)]
    if "blank" in (one[0], other[0]):
        fact = other if one[0] == "blank" else one
        if fact[0] == "text" and fact[2] != "matches" and fact[3].strip():
            yield [(one, False), (other, False)]
        return
    ends = {"starts_with": str.startswith, "ends_with": str.endswith}
    if one[2] == other[2] and one[2] in ends and one[3].isascii() and other[3].isascii():
        is_sensitive = one[4] and other[4]
        texts = sorted(
            [one[3], other[3]] if is_sensitive else [one[3].lower(), other[3].lower()], key=len
        )
        if not ends[one[2]](texts[1], texts[0]):
            yield [(one, False), (other, False)]


def _text_implies(one: Fact, other: Fact) -> bool:
    """Whether a text that meets one condition certainly meets the other."""
    if "blank" in (one[0], other[0]) or "matches" in (one[2], other[2]):
        return False
    if (other[4] and not one[4]) or not (one[3].isascii() and other[3].isascii()):
        return False
    longer, shorter = (one[3], other[3]) if other[4] else (one[3].lower(), other[3].lower())
    if other[2] == "contains":
        return shorter in longer
    if one[2] != other[2]:
        return False
    return longer.startswith(shorter) if one[2] == "starts_with" else longer.endswith(shorter)
