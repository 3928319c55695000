"""Why a customer does not meet a rule, in words, for the examples of `make diff`."""

from __future__ import annotations

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from why import Part

LONGEST_VALUE = 80
PAIRS_AT_ONCE = 200


def rules_as_met(
    connection: DuckDBPyConnection, database: str, asked: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], Part]:
    """Return rules as trees, each with what was observed of a customer.

    Args:
        connection: connection to the build.
        database: its name there, quoted.
        asked: (segment, customer_id) pairs, those of a segment one after the other.
    """
    trees: dict[tuple[str, str], Part] = {}
    # Asking for one segment costs nearly as much as asking for many of them.
    for start in range(0, len(asked), PAIRS_AT_ONCE):
        pairs = asked[start : start + PAIRS_AT_ONCE]
        segments, customers = (sorted(set(names)) for names in zip(*pairs, strict=True))
        met = {
            (segment, customer, path): (observed, is_met)
            for segment, customer, path, observed, is_met in connection.execute(
                "select segment, customer_id, condition_path, observed_value, is_met"
                f" from {database}.marts.segment_explanations"
                f" where segment in ({_places(segments)})"
                f" and customer_id in ({_places(customers)})",
                [*segments, *customers],
            ).fetchall()
        }
        nodes: dict[str, list[tuple]] = {}
        for segment, *node in connection.execute(
            "select segment, condition_number, parent_number, condition_kind, condition_path,"
            f" condition_text from {database}.marts.segment_conditions"
            f" where segment in ({_places(segments)}) order by segment, condition_number",
            segments,
        ).fetchall():
            nodes.setdefault(segment, []).append(tuple(node))
        for segment, customer in pairs:
            parts: dict[int, Part] = {}
            for number, parent, kind, path, text in nodes[segment]:
                observed = met.get((segment, customer, path), (None, None))
                parts[number] = Part(kind, text, None, *observed)
                if parent is not None:
                    parts[parent].parts.append(parts[number])
            trees[segment, customer] = parts[1]
    return trees


def _places(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))


def missed(part: Part) -> list[str]:
    """Return the conditions by which a customer does not meet a part of a rule, in words."""
    if part.holds():
        return []
    if part.kind in ("all", "any"):
        return [text for inner in part.parts for text in missed(inner)]
    seen = part.parts[0] if part.kind == "not" else part
    shown = "" if seen.observed is None else f" ({' '.join(seen.observed.split())[:LONGEST_VALUE]})"
    return [f"{part.text}{shown}"]
