"""Compare the segments of two builds on the same data: who enters, who leaves, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb

from diff_examples import missed, rules_as_met

EXAMPLES = 5
SIDES = ("before", "after")
# Columns of the declaration that are no part of the rule.
SETTINGS = (
    "declared_name", "label", "description", "layer", "goal", "owner", "priority", "reach",
    "min_customers", "max_share", "holdout_salt", "holdout_below",
)  # fmt: skip

Connection = duckdb.DuckDBPyConnection


@dataclass
class Movement:
    """Customers who enter a segment, or leave it.

    revenue: net, in the reporting currency. reachable: None where the segment names no channel.
    """

    customers: int = 0
    revenue: Decimal = Decimal(0)
    reachable: int | None = None
    examples: list[Example] = field(default_factory=list)


@dataclass
class Example:
    """A customer who moves, and the conditions that decide it, in words."""

    customer_id: str
    reasons: list[str]


@dataclass
class Change:
    """How a segment differs. A rule is None where that version has no such segment.

    former: the name in the first version, which is another one after renaming. settings: one text
    each for what differs beside the rule, such as 'priority: 10 -> 20'.
    """

    segment: str
    former: str
    kind: str
    before: int
    after: int
    rule_before: str | None
    rule_after: str | None
    settings: list[str]
    entering: Movement
    leaving: Movement

    @property
    def staying(self) -> int:
        """Customers in both versions."""
        return self.after - self.entering.customers


@dataclass
class Comparison:
    """What differs; primary: customers whose primary segment is another one."""

    changes: list[Change]
    unchanged: int
    customers: int
    primary: int


def compare(builds: dict[str, Path], scratch: Path, *, same_lists: bool) -> Comparison:
    """Compare two builds.

    Args:
        builds: file of each of SIDES; each was built under the name that it has.
        scratch: file for tables in between; made here.
        same_lists: both catalogues bring the same static lists. Then a segment whose rule, and
            those it refers to, mean the same has the same members, and is not looked at further.

    Raises:
        duckdb.Error: a table is missing, or the disk is full.
    """
    with duckdb.connect(str(scratch)) as connection:
        for side in SIDES:
            with _attached(connection, builds[side]) as name:
                _copy_declarations(connection, name, side)
        former = _renamed(connection)
        connection.execute(_PAIRS)
        if not same_lists:
            connection.execute("update pairs set may_differ = true")
        for side in SIDES:
            with _attached(connection, builds[side]) as name:
                _copy_members(connection, name, side)
        connection.execute(_MOVES)
        changes = list(_changes(connection, former))
        # Who enters did not meet the rule as it was; who leaves does not meet it as it is now.
        for side, movement in (("before", "entering"), ("after", "leaving")):
            _explain(connection, builds[side], changes, movement)
        (pairs,) = connection.execute("select count(*) from pairs").fetchone()
        (customers,) = connection.execute("select count(*) from after_customers").fetchone()
        (primary,) = connection.execute(
            "select count(*) from before_customers as b inner join after_customers as a"
            " using (customer_id) where a.primary_segment is distinct from b.primary_segment"
        ).fetchone()
    return Comparison(changes, pairs - len(changes), customers, primary)


@contextmanager
def _attached(connection: Connection, build: Path) -> Iterator[str]:
    """Attach a build by the name that it had while it was built: its views name their tables so."""
    path, name = str(build).replace("'", "''"), f'"{build.stem}"'
    connection.execute(f"attach '{path}' as {name} (read_only)")
    try:
        yield f"{name}.marts_intermediate"
    finally:
        connection.execute(f"detach {name}")


def _copy_declarations(connection: Connection, schema: str, side: str) -> None:
    connection.execute(
        f"create table {side}_segments as select declared.*, segment as declared_name,"
        " coalesce(members.customers, 0) as customers"
        f" from {schema}.int_segments__declared as declared left join"
        f" (select segment, count(*) as customers from {schema}.int_segment_members__listed"
        " group by segment) as members using (segment)"
    )
    connection.execute(
        f"create table {side}_customers as select customer_id, primary_segment"
        f" from {schema}.int_customers__enriched left join"
        f" {schema}.int_primary_segments__chosen using (customer_id)"
    )


def _copy_members(connection: Connection, schema: str, side: str) -> None:
    """Copy the members of the segments that may differ; a renamed one by its new name."""
    connection.execute(
        f"create table {side}_members as select pairs.segment, customer_id, is_reachable, monetary"
        f" from {schema}.int_segment_members__listed as members"
        f" inner join pairs on members.segment = pairs.{side}_name where pairs.may_differ"
    )


def _renamed(connection: Connection) -> dict[str, str]:
    """Give segments that were only renamed their new name; returns the former one by it."""
    pairs = connection.execute(_RENAMED).fetchall()
    for former, name in pairs:
        for column in ("segments set segment", "customers set primary_segment"):
            connection.execute(
                f"update before_{column} = ? where {column.split()[-1]} = ?", [name, former]
            )
    return {name: former for former, name in pairs}


# One segment went and one came that mean the same, and no other does.
_RENAMED = """
with gone as (
    select min(segment) as segment, rule_hash from before_segments
    where segment not in (select segment from after_segments)
    group by rule_hash having count(*) = 1
),
come as (
    select min(segment) as segment, rule_hash from after_segments
    where segment not in (select segment from before_segments)
    group by rule_hash having count(*) = 1
)
select gone.segment, come.segment from gone inner join come on gone.rule_hash = come.rule_hash
"""

_PAIRS = """
create table pairs as
select
    coalesce(b.segment, a.segment) as segment,
    b.declared_name as before_name,
    a.declared_name as after_name,
    a.rule_hash is distinct from b.rule_hash or a.customers <> b.customers as may_differ
from before_segments as b
full outer join after_segments as a on b.segment = a.segment
"""

_MOVES = """
create table moves as
select
    coalesce(b.segment, a.segment) as segment,
    case when b.segment is null then 'entering' else 'leaving' end as movement,
    coalesce(b.customer_id, a.customer_id) as customer_id,
    coalesce(a.is_reachable, b.is_reachable) as is_reachable,
    coalesce(a.monetary, b.monetary) as monetary
from before_members as b
full outer join after_members as a on b.segment = a.segment and b.customer_id = a.customer_id
where b.segment is null or a.segment is null
"""


def _changes(connection: Connection, former: dict[str, str]) -> Iterator[Change]:
    """The segments that differ, by name; examples without reasons yet. former: of the renamed."""
    movements: dict[tuple[str, str], Movement] = {}
    for segment, movement, *numbers in connection.execute(
        "select segment, movement, count(*), sum(monetary),"
        " count(is_reachable) filter (where is_reachable) from moves group by all"
    ).fetchall():
        movements[segment, movement] = Movement(*numbers)
    for segment, movement, customer_id in connection.execute(
        "with ranked as (select *, row_number() over (partition by segment, movement"
        " order by monetary desc nulls last, customer_id) as place from moves)"
        " select segment, movement, customer_id from ranked where place <= ?"
        " order by segment, movement, place",
        [EXAMPLES],
    ).fetchall():
        movements[segment, movement].examples.append(Example(customer_id, []))
    declared = {side: _declarations(connection, side) for side in SIDES}
    edited = _edited(*declared.values())
    for segment in sorted(set().union(*declared.values())):
        before, after = (declared[side].get(segment) for side in SIDES)
        moved = [movements.get((segment, name), Movement()) for name in ("entering", "leaving")]
        settings = _settings(before, after)
        kind = _kind(before, after, edited)
        if kind is None:
            if segment in former:
                kind = "renamed"
            elif moved[0].customers or moved[1].customers:
                kind = "other members"
            elif settings:
                kind = "settings edited"
            else:
                continue
        # Entering counts by the channel as it is now, leaving by the one that was.
        for movement, version in zip(moved, (after, before), strict=True):
            if version is None or version["reach"] is None:
                movement.reachable = None
            elif movement.reachable is None:
                movement.reachable = 0
        yield Change(
            segment, former.get(segment, segment), kind,
            before["customers"] if before else 0, after["customers"] if after else 0,
            before["rule_text"] if before else None, after["rule_text"] if after else None,
            settings, *moved,
        )  # fmt: skip


def _declarations(connection: Connection, side: str) -> dict[str, dict]:
    found = connection.execute(f"select * from {side}_segments")
    columns = [column[0] for column in found.description]
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    return {row["segment"]: row for row in rows}


def _edited(before: dict[str, dict], after: dict[str, dict]) -> set[str]:
    """Names of the segments in both versions that mean something else now."""
    return {
        name
        for name in before.keys() & after.keys()
        if before[name]["rule_hash"] != after[name]["rule_hash"]
    }


def _kind(before: dict | None, after: dict | None, edited: set[str]) -> str | None:
    """What kind of change of the rule, if any. edited: names of the segments with one."""
    if before is None:
        return "added"
    if after is None:
        return "dropped"
    if before["rule_hash"] == after["rule_hash"]:
        return None
    # The hash covers the rules of the segments that this one refers to.
    referred = edited & set(re.findall(r"\w+", after["rule_text"])) - {after["segment"]}
    if before["rule_text"] == after["rule_text"] and referred:
        return "refers to an edited one"
    return "rule edited"


def _settings(before: dict | None, after: dict | None) -> list[str]:
    if before is None or after is None:
        return []
    return [
        f"{name.removeprefix('declared_')}: {_shown(before[name])} -> {_shown(after[name])}"
        for name in SETTINGS
        if before[name] != after[name]
    ]


def _shown(value: object) -> str:
    return "none" if value is None else str(value)


def _explain(connection: Connection, build: Path, changes: list[Change], movement: str) -> None:
    """Say of the examples of one movement which parts of the rule in a build they do not meet."""
    was = movement == "entering"
    asked: dict[tuple[str, str], Example] = {}
    for change in changes:
        name = change.former if was else change.segment
        for example in getattr(change, movement).examples:
            if (change.rule_before if was else change.rule_after) is None:
                example.reasons.append("segment added" if was else "segment dropped")
            else:
                asked[name, example.customer_id] = example
    with _attached(connection, build):
        trees = rules_as_met(connection, f'"{build.stem}"', list(asked))
    for pair, example in asked.items():
        example.reasons.extend(missed(trees[pair]))
