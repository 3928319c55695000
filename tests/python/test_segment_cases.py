"""Every construct of the segment language, built over rows against members written by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import segment_event_cases as event_cases
import segment_field_cases as field_cases
from segment_event_rows import LISTS
from segment_peer import Peer
from segment_workshop import Workshop, copied, letters, prepared_shop, segment
from segment_world import read_customers

AS_OF = field_cases.AS_OF
Found = dict[str, list[str]]


def rules() -> dict[str, tuple[str, dict[str, Any], str]]:
    """Return every rule of the tables by a name: (prefix of the customers, rule, letters)."""
    named: dict[str, tuple[str, dict[str, Any], str]] = {}
    for number, (field, operators, expected) in enumerate(field_cases.CASES):
        named[f"field_{number}"] = (f"{field}:", {"field": field, **operators}, expected)
    for number, (field, operators, expected) in enumerate(field_cases.NEGATED):
        rule = {"not": {"field": field, **operators}}
        named[f"negated_{number}"] = (f"{field}:", rule, expected)
    for number, (group, rule, expected) in enumerate(event_cases.CASES):
        named[f"event_{number}"] = (f"{group}_", rule, expected)
    return named


CASES = rules()
EXCLUDING = {f"excluding_{n}": case for n, case in enumerate(event_cases.EXCLUDING)}
SAMPLES = [(0.5, "a"), (10, "spring"), (50, "it's"), (50, "ż"), (99.9, "a")]


def catalogue() -> list[dict[str, Any]]:
    """Return all cases as one catalogue."""
    segments = [segment(name, rule) for name, rule in event_cases.HELPERS.items()]
    segments += [segment(name, rule) for name, (_, rule, _) in CASES.items()]
    segments += [segment(name, **more) for name, (_, more, _) in EXCLUDING.items()]
    segments += [{**segment("x", None), **more} for _, more, _ in event_cases.EXPANDED]
    for number, (percent, salt) in enumerate(SAMPLES):
        rule = {"sample": {"percent": percent, "salt": salt}}
        segments.append(segment(f"sample_{number}", rule))
    return segments


@pytest.fixture(scope="module")
def shop(made_once: Callable[..., Path]) -> Path:
    """Folder of the prepared shop of the cases; never written to."""
    return made_once("segment_shop", prepared_shop)


@pytest.fixture(scope="module")
def found(shop: Path, made_once: Callable[..., Path]) -> Found:
    """Members of every segment of the one build."""

    def make(folder: Path) -> None:
        built = copied(shop, folder).build(catalogue(), AS_OF, LISTS)
        (folder / "members.json").write_text(
            json.dumps({name: sorted(members) for name, members in built.items()})
        )

    return json.loads((made_once("segment_cases", make) / "members.json").read_text())


def test_what_runs_keep_says_nothing_of_the_day(tmp_path: Path) -> None:
    """A condition on measures alone is the same SQL as of any date."""
    here, there = (
        Workshop(tmp_path).measured_leaves(catalogue(), day, LISTS)
        for day in ("2026-03-31", "2028-02-29")
    )
    assert len(here) > 100
    texts = {name: leaf["sql"] for name, leaf in here.items()}
    assert texts == {name: leaf["sql"] for name, leaf in there.items()}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str, found: Found) -> None:
    """The members are those written by hand."""
    prefix, rule, expected = CASES[name]
    assert letters(set(found[name]), prefix) == expected, rule


@pytest.mark.parametrize("name", EXCLUDING)
def test_exclusion(name: str, found: Found) -> None:
    """A member satisfies the rule and nothing of `exclude`."""
    group, more, expected = EXCLUDING[name]
    assert letters(set(found[name]), f"{group}_") == expected, more


@pytest.mark.parametrize("case", event_cases.EXPANDED, ids=lambda case: case[1]["name"])
def test_expansion(case: tuple[str, dict[str, Any], dict[str, str]], found: Found) -> None:
    """`for_each` makes one segment per combination, and none under the name itself."""
    group, more, expected = case
    for name, members in expected.items():
        assert letters(set(found[name]), f"{group}_") == members, name
    assert more["name"] not in found


def test_second_reading_agrees(shop: Path) -> None:
    """The Python peer, which judges random rules, gives the members written by hand."""
    customers = read_customers(shop, field_cases.ZONE)
    helpers = [segment(name, rule) for name, rule in event_cases.HELPERS.items()]
    expanded = [{**segment("x", None), **more} for _, more, _ in event_cases.EXPANDED]
    excluding = [segment(name, **more) for name, (_, more, _) in EXCLUDING.items()]
    cases = {name: (prefix, expected) for name, (prefix, _, expected) in CASES.items()}
    for name, (group, _, expected) in EXCLUDING.items():
        cases[name] = (f"{group}_", expected)
    for group, _, made in event_cases.EXPANDED:
        cases |= {name: (f"{group}_", expected) for name, expected in made.items()}
    single = [segment(name, rule) for name, (_, rule, _) in CASES.items()]
    day = date.fromisoformat(AS_OF)
    peer = Peer(day, field_cases.ZONE, [*helpers, *single, *excluding, *expanded], LISTS)
    for name, (prefix, expected) in cases.items():
        asked = [one for one in customers if one.customer_id.startswith(prefix)]
        members = {one.customer_id for one in asked if peer.is_member(name, one)}
        assert letters(members, prefix) == expected, peer.segments[name]


def test_sample_is_a_hash_of_customer_and_salt(shop: Path, found: Found) -> None:
    """The first seven hexadecimal digits of md5 decide, the same on every engine."""
    customers = Workshop(shop).read(
        "select customer_id from marts_intermediate.int_customers__enriched"
    )
    for number, (percent, salt) in enumerate(SAMPLES):
        expected = {
            customer
            for (customer,) in customers
            if int(hashlib.md5(f"{customer}:{salt}".encode()).hexdigest()[:7], 16)
            < percent * 2684354.56
        }
        assert set(found[f"sample_{number}"]) == expected, (percent, salt)
        assert abs(len(expected) / len(customers) - percent / 100) < 0.03


def test_periods_of_the_calendar(shop: Path, tmp_path: Path) -> None:
    """At the edges of weeks, months, quarters, years and leap years the right days are in."""
    workshop = copied(shop, tmp_path / "shop")
    days = sorted({case[0] for case in [*field_cases.PERIODS, *field_cases.ANNIVERSARIES]})
    for as_of in days:
        periods = [case[1:] for case in field_cases.PERIODS if case[0] == as_of]
        yearly = [case[1:] for case in field_cases.ANNIVERSARIES if case[0] == as_of]
        segments = [
            segment(f"period_{number}", {"field": "birth_date", **operators})
            for number, (operators, _, _) in enumerate(periods)
        ]
        segments += [
            segment(f"yearly_{number}", {"field": "birth_date", "anniversary_in": period})
            for number, (period, _) in enumerate(yearly)
        ]
        built = workshop.build(segments, as_of)
        for number, (operators, first, last) in enumerate(periods):
            dates = sorted(
                one.removeprefix("day:") for one in built[f"period_{number}"] if "day:" in one
            )
            assert (dates[0], dates[-1]) == (first, last), (as_of, operators)
            length = date.fromisoformat(last) - date.fromisoformat(first)
            assert len(dates) == length.days + 1, (as_of, operators)
        for number, (period, expected) in enumerate(yearly):
            dates = sorted(one.removeprefix("day:") for one in built[f"yearly_{number}"])
            assert [one for one in dates if ":" not in one] == sorted(expected), (as_of, period)
