"""Segments: named errors, rules that mean what they say, and what a catalogue is known by."""

from __future__ import annotations

import copy
import json
import random
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from segment_event_mistakes import EVENT_MISTAKES
from segment_field_cases import AS_OF
from segment_mistakes import HOSTILE, MISTAKES
from segment_peer import holds
from segment_rows import DAY, VALUES, ZONE, edge_rows, random_rule
from segment_workshop import Workshop, copied, letters, prepared_shop, segment
from warehouse import run_build

PROJECT_DIR = Path(__file__).resolve().parents[2]
SAMPLE = {"name": "sample", "description": "Sample.", "layer": "micro", "goal": "growth"}
CASES = {name: (change, message) for name, change, message in [*MISTAKES, *EVENT_MISTAKES]}
LEAVES = {"field", "event", "sequence", "segment", "list", "sample", "all", "any", "not"}
REGION = {"field": "region", "eq": "a"}


@pytest.fixture(scope="module")
def shop(made_once: Callable[..., Path]) -> Path:
    """Folder of the prepared shop of the cases; never written to."""
    return made_once("segment_shop", prepared_shop)


@pytest.fixture(scope="module")
def workshop(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A copy of the prepared shop, free to be built in."""
    return copied(shop, tmp_path_factory.mktemp("segments") / "shop")


def mistaken(change: Any) -> Any:
    """Return a catalogue with one mistake (see segment_mistakes)."""
    valid = {**SAMPLE, "rule": REGION}
    if callable(change):
        return change([copy.deepcopy(valid)])
    if {"rule", "name"} & set(change) or not (LEAVES | {"entered_within"}) & set(change):
        return [{**valid, **change}]
    return [{**valid, "rule": {"all": [{"field": "plan", "eq": "a"}, change]}}]


@pytest.fixture(scope="module")
def said(made_once: Callable[..., Path]) -> dict[str, str | None]:
    """What is said about each mistake; no warehouse comes into being by asking."""

    def make(folder: Path) -> None:
        checked = Workshop(folder).complaints(mistaken(change) for change, _ in CASES.values())
        assert not list(folder.rglob("*.duckdb")), "the check touched a database"
        (folder / "said.json").write_text(json.dumps(dict(zip(CASES, checked, strict=True))))

    return json.loads((made_once("segment_mistakes", make) / "said.json").read_text())


@pytest.mark.parametrize("name", CASES)
def test_mistake_is_named(name: str, said: dict[str, str | None]) -> None:
    """Every mistake is one line: segment, path, what was found, what is allowed."""
    assert said[name] == CASES[name][1]


def test_mistakes_are_many() -> None:
    """No name stands twice, so that no case hides another."""
    assert len(CASES) == len(MISTAKES) + len(EVENT_MISTAKES) >= 200


def test_mistake_touches_nothing(shop: Path, workshop: Workshop, tmp_path: Path) -> None:
    """A build stops at it with exit code 2, and dbt itself before it makes or changes a table."""
    mistake = {"event": "order_placed", "sum": "channel", "gt": 5}
    catalogue = [segment("odd", {"field": "region", "in": HOSTILE}), {**SAMPLE, "rule": mistake}]
    message = "Segment sample, rule.sum: found sum of channel (text); allowed: sum of a number."
    (tmp_path / "segments.yml").write_text(yaml.safe_dump({"segments": catalogue}))
    done = run_build(shop / "raw", tmp_path / "new", {"SEGMENTS": str(tmp_path / "segments.yml")})
    assert done.returncode == 2
    assert message in done.stdout + done.stderr
    assert not list((tmp_path / "new").rglob("*.duckdb"))

    tables = "select table_name, column_count, estimated_size from duckdb_tables() order by all"
    before = workshop.read(tables)
    variables = {"segments": catalogue, "as_of_date": AS_OF, "timezone": ZONE}
    assert not workshop.dbt("build", variables=variables).success
    assert workshop.read(tables) == before


@pytest.mark.parametrize("lists", [["a"], {"Staff": ["a"]}, {"staff": "a"}, {"staff": [1]}])
def test_lists_of_the_vars_are_checked(lists: Any, workshop: Workshop) -> None:
    """Var segment_lists is a mapping of names to lists of contact ids."""
    done = workshop.dbt(
        "run-operation", "segment_check", "--target", "lint", variables={"segment_lists": lists}
    )
    allowed = "a mapping of snake_case names to lists of contact ids in quotes, such as "
    allowed += '{staff: ["C0000001"]}'
    found = json.dumps(lists)
    assert f"Var segment_lists: found {found}; allowed: {allowed}." in str(
        done.exception or done.result.results[0].message
    )


def test_valid_catalogue_passes(workshop: Workshop) -> None:
    """The project's own catalogue and an empty one have no mistake."""
    own = yaml.safe_load((PROJECT_DIR / "vars.yml").read_text())["vars"]["segments"]
    assert len(own) >= 12
    assert workshop.complaints([own, []]) == [None, None]


def insert_rows(workshop: Workshop, rows: list[dict[str, Any]]) -> None:
    """Add rows of segment_rows to the customers."""
    names = ", ".join(["customer_id", *VALUES])
    with duckdb.connect(str(workshop.folder / "warehouse.duckdb")) as connection:
        connection.executemany(
            f"insert into marts_intermediate.int_customers__enriched ({names}) "
            f"values ({', '.join('?' * (len(VALUES) + 1))})",
            [list(row.values()) for row in rows],
        )


def test_rules_mean_what_they_say(workshop: Workshop) -> None:
    """200 random rules over edge rows: the compiled SQL and the Python peer agree on every row."""
    draw = random.Random(20260331)
    rules = {f"rule_{number}": random_rule(draw) for number in range(200)}
    rows = edge_rows()
    insert_rows(workshop, rows)
    found = workshop.build([segment(*one) for one in rules.items()], DAY.isoformat())
    for name, rule in rules.items():
        expected = {row["customer_id"] for row in rows if holds(rule, row, DAY, ZONE)}
        wrong = [row for row in rows if (row["customer_id"] in expected) != (
            row["customer_id"] in found[name]
        )]  # fmt: skip
        assert not wrong, f"{rule} disagrees on {wrong[:3]}"


WHERE = [{"field": "value", "gte": 5, "lt": 9}, {"field": "channel", "in": ["b", "a"]}]
PLACED = {"event": "order_placed", "sum": "net_amount", "gt": 5, "before": date(2026, 1, 1)}
STEPS = ["product_viewed", {"event": "order_placed", "where": [{"field": "value", "gt": 1}]}]
# Rules of one meaning, whatever their form and order.
SAME: dict[str, list[dict[str, Any]]] = {
    "fields": [
        {"all": [
            {"field": "region", "in": ["b", "a"]}, {"field": "monetary", "gte": 5, "lt": 9},
            {"field": "last_order_date", "before": "2026-01-01"},
        ]},
        {"all": [
            {"before": date(2026, 1, 1), "field": "last_order_date"},
            {"in": ["a", "b", "a"], "field": "region"}, {"field": "region", "in": ["b", "a"]},
            {"all": [{"lt": 9.0, "field": "monetary"}, {"gte": 5.0, "field": "monetary"}]},
        ]},
    ],
    "lists of texts": [
        {"field": "attributes.tags", "has_any": ["b", "a"]},
        {"has_any": ["a", "b", "b"], "field": "attributes.tags"},
    ],
    "where": [
        {"event": "page_viewed", "where": WHERE, "in_last": "30 days"},
        {"in_last": "30 day", "where": [
            {"in": ["a", "b"], "field": "channel"}, {"field": "value", "lt": 9},
            {"gte": 5.0, "field": "value"},
        ], "event": "page_viewed"},
    ],
    "comparisons": [PLACED, {**dict(reversed(PLACED.items())), "before": "2026-01-01", "gt": 5.0}],
    "counts": [
        {"event": "order_placed", "count": {"gte": 2, "lt": 5}},
        {"all": [
            {"event": "order_placed", "count": {"lt": 5}},
            {"event": "order_placed", "count": {"gte": 2}},
        ]},
    ],
    "regularly": [
        {"event": "order_placed", "regularly": "30 days"},
        {"event": "order_placed", "regularly": {"times": 1, "periods": 3, "every": "30 days"}},
    ],
    "sequences": [
        {"sequence": STEPS, "within": "1 day"},
        {"within": "1 days", "sequence": [{"event": "product_viewed"}, STEPS[1]]},
    ],
    "samples": [
        {"sample": {"percent": 10, "salt": "x"}}, {"sample": {"salt": "x", "percent": 10.0}},
    ],
}  # fmt: skip
# Rules of as many meanings: none may be taken for another.
OTHER: list[dict[str, Any]] = [
    *[{"event": "order_placed", **more} for more in (
        {}, {"never": True}, {"count": {"gte": 2}}, {"count": {"gt": 2}}, {"days_since": {"gt": 2}},
        {"in_last": "30 days"}, {"in_last": "31 days"}, {"in_last": "1 month"},
        {"before": "2026-01-01"}, {"after": "2026-01-01"}, {"after": "2026-01-02"},
        {"between": ["2026-01-01", "2026-02-01"]}, {"between_ago": ["2 months", "1 month"]},
        {"sum": "net_amount", "gt": 5}, {"sum": "discount_amount", "gt": 5},
        {"sum": "net_amount", "gte": 5}, {"sum": "net_amount", "gt": 5.1},
        {"sum": "net_amount", "gt": 5, "on_null": True}, {"avg": "net_amount", "gt": 5},
        {"max": "net_amount", "gt": 5}, {"distinct": "channel", "gt": 5},
        {"first": "channel", "eq": "5"}, {"last": "channel", "eq": "5"},
        {"last": "channel", "contains": "5"},
        {"last": "channel", "contains": "5", "case": "sensitive"},
        {"first_time": "1 month"}, {"stopped": "1 month"}, {"restarted": "1 month"},
        {"regularly": "1 month"}, {"regularly": {"every": "1 month", "periods": 2}},
        {"regularly": {"every": "1 month", "times": 2}},
        {"where": [{"field": "channel", "eq": "web"}]},
        {"where": [{"field": "channel", "eq": "web", "on_null": True}]},
        {"where": [{"field": "channel", "eq": "Web"}]},
        {"where": [{"field": "channel", "eq": "web"}, {"field": "value", "gt": 5}]},
    )],
    {"event": "order_placed "}, {"event": "Order_placed"},
    {"not": {"event": "order_placed"}},
    {"sequence": ["a", "b"]}, {"sequence": ["b", "a"]}, {"sequence": ["a", {"not": "b"}]},
    {"sequence": ["a", "b"], "within": "1 day"}, {"sequence": ["a", "b"], "same": "channel"},
    {"sequence": ["a", "b"], "in_last": "1 day"}, {"sequence": ["a", "b", "b"]},
    {"segment": "base"}, {"segment": "second"}, {"segment": "base", "entered_within": "1 day"},
    {"segment": "base", "exited_within": "1 day"}, {"list": "one"}, {"list": "two"},
    {"sample": {"percent": 10, "salt": "x"}}, {"sample": {"percent": 11, "salt": "x"}},
    {"sample": {"percent": 10, "salt": "y"}},
    *[{"field": "attributes.x", name: ["a", "b"]} for name in ("has_any", "has_all", "has_none")],
    {"field": "attributes.x", "has_any": ["a,b"]},
    {"field": "created_at", "this": "week"}, {"field": "created_at", "last": "week"},
    {"field": "created_at", "this": "month"}, {"field": "created_at", "anniversary_in": "7 days"},
    {"field": "attributes.x", "eq": 5}, {"field": "attributes.x", "eq": "5"},
    {"field": "attributes.x", "eq": True}, {"field": "attributes.x", "eq": "true"},
    {"all": [REGION, {"event": "a"}]}, {"any": [REGION, {"event": "a"}]},
]  # fmt: skip


def test_hash_is_of_the_meaning(workshop: Workshop) -> None:
    """Form and order do not change the hash of a rule; whatever changes its meaning does."""
    catalogue = [segment("base", REGION), segment("second", {"field": "region", "eq": "b"})]
    for group, rules in SAME.items():
        for number, rule in enumerate(rules):
            catalogue.append(segment(f"same_{list(SAME).index(group)}_{number}", rule))
    catalogue += [segment(f"other_{number}", rule) for number, rule in enumerate(OTHER)]
    excluding = segment("excluding", REGION, exclude=[{"event": "a"}])
    written = segment("written", {"all": [REGION, {"not": {"event": "a"}}]})
    workshop.build([*catalogue, excluding, written], AS_OF, {"one": ["a"], "two": ["a"]})
    hashes = dict(
        workshop.read("select segment, rule_hash from marts_intermediate.int_segments__declared")
    )
    for group in SAME:
        place = list(SAME).index(group)
        assert hashes[f"same_{place}_0"] == hashes[f"same_{place}_1"], group
    assert hashes["excluding"] == hashes["written"] != hashes["base"]
    different = {hashes[f"other_{number}"]: rule for number, rule in enumerate(OTHER)}
    assert len(different) == len(OTHER)


def test_hash_follows_what_a_rule_refers_to(workshop: Workshop) -> None:
    """A segment means something else when one that it refers to does."""
    hashes = []
    for value in ("a", "b"):
        base = segment("base", {"field": "region", "eq": value})
        top = segment("top", {"not": {"segment": "base"}})
        workshop.build([base, top, segment("alone", REGION)], AS_OF)
        rows = workshop.read(
            "select segment, rule_hash from marts_intermediate.int_segments__declared"
        )
        hashes.append(dict(rows))
    assert hashes[0]["top"] != hashes[1]["top"]
    assert hashes[0]["alone"] == hashes[1]["alone"]


def test_entered_and_exited(workshop: Workshop) -> None:
    """A stay begins on the day it is first recorded and ends on the day it no longer is.

    Recent are, as of 02-28 none, as of 03-02 a, b, g, h, as of 03-31 b, c, g; early are i and j,
    who were there when recording began.
    """
    recent, early = {"segment": "recent"}, {"segment": "early"}
    catalogue = [
        segment("recent", {"event": "edge", "in_last": "30 days"}),
        segment("early", {"event": "edge", "before": "2026-01-01"}),
        segment("within_28", {**recent, "entered_within": "28 days"}),
        segment("within_29", {**recent, "entered_within": "29 days"}),
        segment("left_1", {**recent, "exited_within": "1 day"}),
        segment("entered_early", {**early, "entered_within": "10 years"}),
        segment("left_early", {**early, "exited_within": "10 years"}),
        segment("not_entered", {"all": [recent, {"not": {**recent, "entered_within": "1 day"}}]}),
    ]
    expected = {
        "2026-02-28": ("", "ij", "", "", "", "", "", ""),
        "2026-03-02": ("abgh", "ij", "abgh", "abgh", "", "", "", ""),
        "2026-03-31": ("bcg", "ij", "c", "bcg", "ah", "", "", "bg"),
    }
    for as_of, members in expected.items():
        for _ in range(2 if as_of == "2026-03-31" else 1):
            found = workshop.build(catalogue, as_of)
            seen = tuple(letters(found[one["name"]], "edge_") for one in catalogue)
            assert seen == members, as_of


def test_primary_is_lowest_priority_then_name(workshop: Workshop) -> None:
    """The lowest number wins; equal numbers go by name; no priority takes no part."""
    everyone = {"field": "customer_id", "is_not_null": True}
    catalogue = [
        segment("a_without", everyone),
        segment("c_second", everyone, priority=10),
        segment("b_first", {"event": "edge"}, priority=10),
        segment("a_last", everyone, priority=100),
    ]
    found = workshop.build(catalogue, AS_OF)
    chosen = workshop.read("select * from marts_intermediate.int_primary_segments__chosen")
    assert dict(chosen) == {
        one: "b_first" if one in found["b_first"] else "c_second" for one in found["a_last"]
    }


def test_three_hundred_segments_compile_soon(workshop: Workshop) -> None:
    """300 segments of about ten conditions are checked in seconds of CPU time."""
    draw = random.Random(3)
    rules = [{"all": [random_rule(draw) for _ in range(3)]} for _ in range(300)]
    catalogue = [segment(f"rule_{number}", rule) for number, rule in enumerate(rules)]
    assert workshop.complaints([[]]) == [None]
    started = time.process_time()
    assert workshop.complaints([catalogue]) == [None]
    assert time.process_time() - started < 15
