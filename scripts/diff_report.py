"""A comparison of two catalogues in words: for the terminal, and as Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from rich import box
from rich.table import Table

from diff_compare import Change, Comparison, Movement

HEADINGS = (
    "segment", "change", "before", "after", "staying", "entering", "leaving", "revenue in",
    "revenue out", "reach in", "reach out",
)  # fmt: skip
NUMBERS_FROM = 2
TEXT_WIDTH = 104


def heading(before: str, after: str, as_of: Any) -> str:
    """Return what is compared, in a line."""
    return f"Segments of {after} against {before}, both as of {as_of}"


def summary(found: Comparison) -> str:
    """Return the sums, in a line."""
    if not found.changes:
        return f"No segment differs: {found.unchanged} are the same in both."
    return (
        f"{len(found.changes)} of {len(found.changes) + found.unchanged} segments differ;"
        f" {found.primary:,} of {found.customers:,} customers get another primary segment."
    )


def table(found: Comparison) -> Table:
    """Return the figures of each segment that differs."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for place, name in enumerate(HEADINGS):
        made.add_column(
            name,
            justify="right" if place >= NUMBERS_FROM else "left",
            overflow="fold",
        )
    for change in found.changes:
        made.add_row(*_cells(change))
    return made


def details(found: Comparison) -> Iterator[str]:
    """Yield lines about each segment that differs: rules and examples."""
    for change in found.changes:
        yield ""
        yield f"{change.segment}: {change.kind}"
        for name, text in _rules(change):
            yield from _wrapped(f"  {name:<7} {text}")
        for text in change.settings:
            yield from _wrapped(f"  setting {text}")
        for name, movement in _movements(change):
            for example in movement.examples:
                reasons = "; ".join(example.reasons)
                yield from _wrapped(f"  {name:<8} {example.customer_id}  {reasons}")


def markdown(before: str, after: str, as_of: Any, found: Comparison) -> str:
    """Return all of it as Markdown, for a pull request.

    Args:
        before: what the first version is called.
        after: what the second one is called.
        as_of: date of both.
        found: what differs.
    """
    lines = [f"## {_escaped(heading(before, after, as_of))}", "", summary(found)]
    if found.changes:
        aligned = ["---"] * NUMBERS_FROM + ["---:"] * (len(HEADINGS) - NUMBERS_FROM)
        lines += ["", _row(HEADINGS), _row(aligned)]
        for change in found.changes:
            name, *figures = _cells(change)
            lines.append(_row([_code(name), *map(_escaped, figures)]))
        lines += [
            "",
            "Revenue: net, of those who move. Reach: of them, how many the segment's channel may"
            " reach.",
        ]
    for change in found.changes:
        lines += ["", f"### {_code(change.segment)}: {change.kind}", ""]
        lines += [f"- {name}: {_code(text)}" for name, text in _rules(change)]
        lines += [f"- setting {_escaped(text)}" for text in change.settings]
        for name, movement in _movements(change):
            for example in movement.examples:
                reasons = "; ".join(map(_code, example.reasons))
                lines.append(f"- {name} {_code(example.customer_id)}: {reasons}")
    return "\n".join(lines) + "\n"


def _cells(change: Change) -> list[str]:
    counts = (
        change.before, change.after, change.staying,
        change.entering.customers, change.leaving.customers,
    )  # fmt: skip
    moved = (change.entering, change.leaving)
    return [
        change.segment, change.kind, *(f"{count:,}" for count in counts),
        *(f"{movement.revenue:,.0f}" for movement in moved),
        *("-" if one.reachable is None else f"{one.reachable:,}" for one in moved),
    ]  # fmt: skip


def _rules(change: Change) -> list[tuple[str, str]]:
    """The rule in words: once where both versions say the same."""
    if change.rule_before == change.rule_after:
        return [("rule", change.rule_after or "")]
    rules = (("before", change.rule_before), ("after", change.rule_after))
    return [(name, rule) for name, rule in rules if rule is not None]


def _movements(change: Change) -> tuple[tuple[str, Movement], ...]:
    return (("entering", change.entering), ("leaving", change.leaving))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, TEXT_WIDTH, subsequent_indent=" " * 10, break_on_hyphens=False,
        drop_whitespace=True,
    )  # fmt: skip


def _row(cells: Any) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """A text that Markdown shows as it is."""
    for character in "\\`*_<>|[]":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())


def _code(text: str) -> str:
    """A text as code, whatever quotes of code stand in it."""
    plain = " ".join(text.split())
    fence = "`" * (max((len(run) for run in _runs(plain)), default=0) + 1)
    padding = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{padding}{plain}{padding}{fence}"


def _runs(text: str) -> list[str]:
    """The runs of backticks in a text."""
    return [run for run in "".join(c if c == "`" else " " for c in text).split() if run]
