"""Say why a customer is, or is not, in a segment, from the published tables.

Usage: make why CUSTOMER=c00000018 SEGMENT=vip. Without SEGMENT: every segment of the customer, and
those it misses by one part. WAREHOUSE_DIR names the folder of published.duckdb.

Exit code 0: answered; 2: no such customer or segment, or nothing is published.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from duckdb_access import connect

ROOT = Path(__file__).resolve().parent.parent
EXIT_DONE, EXIT_USAGE = 0, 2
TICK, CROSS = "✓", "✗"
HEADINGS = {"all": "all of", "any": "any of", "not": "none of"}
WIDTH = 76

Connection = duckdb.DuckDBPyConnection


class UnknownName(ValueError):
    """A question that the published tables cannot answer; its text is one line."""


@dataclass
class Part:
    """One part of a rule as a customer meets it."""

    kind: str
    text: str
    step_number: int | None
    observed: str | None = None
    is_met: bool | None = None
    parts: list[Part] = field(default_factory=list)

    def holds(self) -> bool:
        """Whether the customer meets this part."""
        if self.kind == "all":
            return all(part.holds() for part in self.parts)
        if self.kind == "any":
            return any(part.holds() for part in self.parts)
        if self.kind == "not":
            return not self.parts[0].holds()
        return bool(self.is_met)


def answer(published: Path, customer: str, segment: str | None) -> str:
    """Explain a customer's membership.

    Args:
        published: file of the published tables.
        customer: customer_id, or the id of a contact that was merged into a customer.
        segment: name of a segment; None for all of the customer's.

    Returns:
        The answer, several lines.

    Raises:
        UnknownName: nothing is published, or there is no such customer or segment.
    """
    if not published.exists():
        raise UnknownName(f"nothing is published in {published.parent}; run `make build` first")
    try:
        connection = connect(published, folders=[published.parent], read_only=True)
    except duckdb.Error as error:
        raise UnknownName(f"{published}: {str(error).splitlines()[0]}") from error
    with connection:
        tables = {
            name
            for (name,) in connection.execute(
                "select table_name from information_schema.tables"
            ).fetchall()
        }
        if "segment_transitions" not in tables:
            raise UnknownName(f"{published} is of an older version; run `make build` again")
        customer_id = _customer(connection, published, customer)
        lines = (
            [f"{customer} is a contact of customer {customer_id}"]
            if customer_id != customer
            else []
        )
        if segment is None:
            return "\n".join([*lines, *_all_segments(connection, customer_id)])
        return "\n".join(
            [*lines, *_one_segment(connection, customer_id, _segment(connection, segment))]
        )


def _customer(connection: Connection, published: Path, name: str) -> str:
    """The customer of an id; raises UnknownName."""
    asked = "select customer_id from marts.customers where customer_id = ?"
    if connection.execute(asked, [name]).fetchone():
        return name
    # Which contacts make up a customer is not published; the build knows, unless it is under way.
    try:
        folders, warehouse = [published.parent], published.with_name("warehouse.duckdb")
        with connect(warehouse, folders=folders, read_only=True) as build:
            found = build.execute(
                "select customer_id from marts_intermediate.int_identities__resolved"
                " where contact_id = ?",
                [name],
            ).fetchone()
    except duckdb.Error:
        found = None
    if found and connection.execute(asked, [found[0]]).fetchone():
        return found[0]
    near = connection.execute(
        "select customer_id from marts.customers"
        " order by levenshtein(customer_id, ?), customer_id limit 1",
        [name],
    ).fetchone()
    hint = f"; a customer_id looks like {near[0]}" if near else ""
    raise UnknownName(f"CUSTOMER: no customer '{name}' (unknown, deleted or not yet created){hint}")


def _segment(connection: Connection, name: str) -> str:
    """The name of a segment that exists; raises UnknownName."""
    names = [row[0] for row in connection.execute("select segment from marts.segments").fetchall()]
    if name in names:
        return name
    near = difflib.get_close_matches(name.lower().replace(" ", "_"), names, n=1)
    hint = f"did you mean {near[0]}?" if near else "marts.segments lists them all."
    raise UnknownName(f"SEGMENT: no segment '{name}'; {hint}")


def _one_segment(connection: Connection, customer_id: str, segment: str) -> Iterator[str]:
    label, description, reach = connection.execute(
        "select label, description, reach from marts.segments where segment = ?", [segment]
    ).fetchone()
    membership = connection.execute(
        "select is_reachable, in_holdout from marts.segment_memberships"
        " where segment = ? and customer_id = ?",
        [segment, customer_id],
    ).fetchone()
    as_of, primary_segment = connection.execute(
        "select as_of_date, primary_segment from marts.customers where customer_id = ?",
        [customer_id],
    ).fetchone()
    rule = _rule(connection, customer_id, segment)
    yield f"{customer_id} is {'' if membership else 'not '}in segment {segment} as of {as_of}"
    yield f"  {label}: {description}"
    shown = "this one" if primary_segment == segment else primary_segment or "none"
    yield f"  primary segment: {shown}"
    if membership:
        is_reachable, in_holdout = membership
        if reach:
            yield f"  reachable by {reach}: {'yes' if is_reachable else 'no'}"
        if in_holdout:
            yield "  held out of its campaigns"
    yield from _stays(connection, customer_id, segment)
    yield ""
    yield from _drawn(rule, "  ")
    if not membership:
        yield ""
        yield f"  {_distance(rule)}"


def _stays(connection: Connection, customer_id: str, segment: str) -> Iterator[str]:
    """The stays on record, with why they began and ended; nothing where none is."""
    rows = connection.execute(
        """
        select
            history.valid_from_date, history.is_start_known, history.valid_to_date,
            max(transitions.cause) filter (where transitions.direction = 'entered'),
            max(transitions.cause) filter (where transitions.direction = 'exited')
        from marts.segment_membership_history as history
        left join marts.segment_transitions as transitions
            on history.segment = transitions.segment
            and history.customer_id = transitions.customer_id
            and transitions.transition_date in (history.valid_from_date, history.valid_to_date)
        where history.segment = ? and history.customer_id = ?
        group by all
        order by history.valid_from_date
        """,
        [segment, customer_id],
    ).fetchall()
    for start, is_start_known, end, entry_cause, exit_cause in rows:
        since = f"since {start} ({entry_cause})" if is_start_known else f"since {start} or before"
        until = f" until {end} ({exit_cause})" if end else ""
        yield f"  on record: member {since}{until}"


def _rule(connection: Connection, customer_id: str, segment: str) -> Part:
    """The rule as a tree, with what was observed of the customer."""
    met = {
        path: (observed, is_met)
        for path, observed, is_met in connection.execute(
            "select condition_path, observed_value, is_met from marts.segment_explanations"
            " where segment = ? and customer_id = ?",
            [segment, customer_id],
        ).fetchall()
    }
    parts: dict[int, Part] = {}
    rows = connection.execute(
        "select condition_number, parent_number, condition_kind, condition_path, condition_text,"
        " case when is_step and parent_number is not null then step_number end"
        " from marts.segment_conditions where segment = ? order by condition_number",
        [segment],
    ).fetchall()
    for number, parent, kind, path, text, step_number in rows:
        parts[number] = Part(kind, text, step_number, *met.get(path, (None, None)))
        if parent is not None:
            parts[parent].parts.append(parts[number])
    return parts[1]


def _drawn(part: Part, indent: str) -> Iterator[str]:
    """The lines of a part of a rule: a tick or a cross, what was asked, what was observed."""
    mark = TICK if part.holds() else CROSS
    if part.kind in HEADINGS:
        yield f"{indent}{mark} {HEADINGS[part.kind]}"
        for inner in part.parts:
            yield from _drawn(inner, indent + "    ")
        return
    observed = "nothing to show" if part.observed is None else part.observed
    yield f"{indent}{mark} {part.text}".ljust(WIDTH) + f"  -> {_short(observed)}"


def _short(text: str) -> str:
    """A value in one line of bearable length."""
    plain = " ".join(text.split())
    return plain if len(plain) <= 80 else plain[:77] + "..."


def _distance(rule: Part) -> str:
    """How far a customer is from a segment, in words."""
    if rule.kind != "all":
        return "nearest miss: the rule has one part, and it is not met"
    missed = [part for part in rule.parts if not part.holds()]
    if len(missed) == 1:
        return f"nearest miss: all but one part hold; this one does not: {missed[0].text}"
    return f"not a near miss: {len(missed)} of {len(rule.parts)} parts are not met"


def _all_segments(connection: Connection, customer_id: str) -> Iterator[str]:
    memberships = connection.execute(
        "select segment, label, is_primary, reach, is_reachable, in_holdout"
        " from marts.segment_memberships inner join marts.segments using (segment)"
        " where customer_id = ? order by is_primary desc, segment",
        [customer_id],
    ).fetchall()
    yield f"{customer_id} is in {_counted(len(memberships), 'segment')}"
    width = max([len(row[0]) for row in memberships], default=0)
    for segment, label, is_primary, reach, is_reachable, in_holdout in memberships:
        notes = ["primary"] if is_primary else []
        if reach:
            notes.append(f"{'' if is_reachable else 'not '}reachable by {reach}")
        if in_holdout:
            notes.append("held out")
        yield f"  {TICK} {segment:<{width}}  {label}" + (f" ({', '.join(notes)})" if notes else "")
    misses = connection.execute(
        "select segment, condition_text from marts.segment_near_misses"
        " where customer_id = ? order by segment",
        [customer_id],
    ).fetchall()
    yield f"and misses {_counted(len(misses), 'other')} by one part"
    width = max([len(row[0]) for row in misses], default=0)
    for segment, text in misses:
        yield f"  {CROSS} {segment:<{width}}  {_short(text)}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def main(environment: dict[str, Any]) -> int:
    """Answer the question that the environment asks and return the exit code."""
    folder = Path(environment.get("WAREHOUSE_DIR") or ROOT / "warehouse")
    try:
        if not environment.get("CUSTOMER"):
            raise UnknownName("CUSTOMER: none given; write for example make why CUSTOMER=c00000018")
        sys.stdout.reconfigure(errors="replace")
        print(
            answer(
                folder / "published.duckdb",
                environment["CUSTOMER"].strip(),
                (environment.get("SEGMENT") or "").strip() or None,
            )
        )
    except UnknownName as error:
        print(f"failed: {error}", file=sys.stderr)
        return EXIT_USAGE
    return EXIT_DONE


if __name__ == "__main__":
    try:
        code = main(dict(os.environ))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as head, has seen enough; Python must not complain of it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = EXIT_DONE
    sys.exit(code)
