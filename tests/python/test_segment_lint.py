"""The linter of segments: what it says, that it keeps still, and that every claim is true."""

from __future__ import annotations

import itertools
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import segment_event_cases as event_cases
import segment_field_cases as field_cases
from segment_event_rows import EVENTS, LISTS
from segment_peer import COMPARE, Customer, Peer
from segment_warnings import SILENT, TOGETHER, WARNED
from segment_workshop import environment, segment

PROJECT_DIR = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import lint  # noqa: E402
from segment_lint.events import STANDARD_EVENTS, edits, standard_event  # noqa: E402
from segment_lint.findings import Finding, Linter  # noqa: E402
from segment_lint.meaning import Meaning  # noqa: E402
from segment_lint.proof import All, Any_, Formula, Not, Prover, Search  # noqa: E402

Print = Callable[[list[dict[str, Any]]], dict[str, Any]]
DAYS = [date(2026, 3, 31), date(2024, 2, 29), date(2025, 12, 31), date(2026, 7, 6)]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Print]:
    """Function that lets dbt print a catalogue; the project is parsed once."""
    from dbt.cli.main import dbtRunner

    folder = tmp_path_factory.mktemp("segment_lint")
    lists = {**LISTS, "staff": ["c1"], "testers": ["c2"]}
    options = ["--project-dir", str(PROJECT_DIR), "--target-path", str(folder / "target")]
    options += ["--log-path", str(folder), "--quiet", "--target", "lint"]
    options += ["--vars", json.dumps({"segment_lists": lists})]
    with environment(folder):
        manifest = dbtRunner().invoke(["parse", *options]).result

        def compiled(catalogue: list[dict[str, Any]]) -> dict[str, Any]:
            said: list[str] = []
            runner = dbtRunner(manifest=manifest, callbacks=[lambda one: said.append(one.info.msg)])
            arguments = yaml.safe_dump({"declared": catalogue}, allow_unicode=True)
            with redirect_stdout(StringIO()):
                runner.invoke(
                    ["run-operation", "segment_print_catalogue", "--args", arguments, *options]
                )
            lines = [line for line in said if line.startswith('{"')]
            assert lines, "\n".join(said)[-2000:]
            return json.loads(lines[-1])

        yield compiled


def catalogue_of(rules: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a catalogue of rules by name."""
    return [segment(name, rule) for name, rule in rules.items()]


def alone(printed: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a printed catalogue with one segment only."""
    return {**printed, "segments": [one for one in printed["segments"] if one["segment"] == name]}


# --- What it says -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def examples(printed: Print) -> dict[str, Any]:
    """The printed catalogue of all single examples."""
    return printed(catalogue_of({name: rule for name, rule, _ in WARNED} | SILENT))


@pytest.mark.parametrize("case", WARNED, ids=[case[0] for case in WARNED])
def test_warning(case: tuple[str, Any, list[str]], examples: dict[str, Any]) -> None:
    name, _, expected = case
    said = [str(one) for one in Linter(alone(examples, name)).findings()]
    today = examples["as_of_date"]
    assert said == [f"warning: Segment {name}, {one.replace('TODAY', today)}" for one in expected]


@pytest.mark.parametrize("name", SILENT)
def test_no_warning(name: str, examples: dict[str, Any]) -> None:
    assert [str(one) for one in Linter(alone(examples, name)).findings()] == []


@pytest.mark.parametrize("case", TOGETHER, ids=[case[0] for case in TOGETHER])
def test_warning_of_several_segments(
    case: tuple[str, list[dict[str, Any]], list[str]], printed: Print
) -> None:
    _, declared, expected = case
    catalogue = printed([{**segment(one["name"], one["rule"]), **one} for one in declared])
    assert [str(one) for one in Linter(catalogue).findings()] == [
        f"warning: {one}" for one in expected
    ]


def test_each_warning_is_one_line(examples: dict[str, Any]) -> None:
    for finding in Linter(examples).findings():
        assert "\n" not in str(finding)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("email_opend", "email_opened"),
        ("emial_opened", "email_opened"),
        ("Email Opened", "email_opened"),
        ("page_view", "page_viewed"),
        ("order-placed", "order_placed"),
        ("sms_send", "sms_sent"),
        ("museum_visited", None),
        ("sms_seen", None),
        ("viewed", None),
        ("order", None),
    ],
)
def test_misspelt_event(written: str, meant: str | None) -> None:
    assert standard_event(written) == meant


def test_no_standard_event_looks_like_another() -> None:
    for one, other in itertools.combinations(STANDARD_EVENTS, 2):
        assert edits(one, other) > 2 or (one, other) == ("sms_sent", "push_sent"), (one, other)


# --- Claims against members written by hand -----------------------------------------------------


def hand_written() -> dict[str, tuple[str, Any, set[str]]]:
    """Every case of the tables by name: (group, rule, members)."""
    named: dict[str, tuple[str, Any, set[str]]] = {}
    for number, (name, operators, expected) in enumerate(field_cases.CASES):
        named[f"field_{number}"] = (name, {"field": name, **operators}, set(expected))
    for number, (group, rule, expected) in enumerate(event_cases.CASES):
        named[f"event_{number}"] = (f"{group}_", rule, set(expected))
    return named


def test_claims_agree_with_the_cases(printed: Print) -> None:
    cases = hand_written()
    helpers = dict(event_cases.HELPERS)
    linter = Linter(printed(catalogue_of(helpers | {name: one[1] for name, one in cases.items()})))
    everyone = {name: set(rows) for name, rows in field_cases.ROWS.items()}
    everyone |= {f"{group}_": set(people) for group, people in EVENTS.items()}
    prover, claims = linter.meaning.prover, 0
    groups: dict[str, list[str]] = {}
    for name, (group, _, _) in cases.items():
        groups.setdefault(group, []).append(name)
    for group, names in groups.items():
        for name in names:
            formula, members = linter.rules[name].formula, cases[name][2]
            assert not prover.never(formula) or not members, cases[name]
            assert not prover.always(formula) or members == everyone[group], cases[name]
        for one, other in itertools.combinations(names, 2):
            formulas = linter.rules[one].formula, linter.rules[other].formula
            members, others = cases[one][2], cases[other][2]
            if prover.never(*formulas):
                claims += 1
                assert not members & others, (cases[one], cases[other])
            if prover.always(formulas[1], [formulas[0]]):
                claims += 1
                assert members <= others, (cases[one], cases[other])
            if prover.always(formulas[0], [formulas[1]]):
                claims += 1
                assert others <= members, (cases[one], cases[other])
    assert claims > 1000


# --- Claims against a row-by-row evaluation of random rules -------------------------------------


def random_field(draw: random.Random) -> dict[str, Any]:
    """Return a field leaf of few fields and values, so that two of them often clash."""
    numbers = sorted(draw.sample([0, 1, 2, 2.5, 3], 2))
    days = sorted(draw.sample(["2026-03-01", "2026-03-30", "2026-03-31", "2025-12-01"], 2))
    periods = ["7 days", "30 days", "1 month", "2 months", "1 year", "4 weeks"]
    period, unit = draw.choice(periods), draw.choice(["day", "week", "month", "quarter", "year"])
    texts = draw.sample(["a", "ab", "Ab", "b", " ", "x-1"], 2)
    ordered = {"eq": numbers[0], "neq": numbers[1], "lt": numbers[0], "lte": numbers[1]}
    ordered |= {"gt": numbers[0], "gte": numbers[1], "between": numbers, "in": numbers}
    ordered |= {"not_in": numbers, "is_null": True, "is_not_null": True}
    worded = {"eq": texts[0], "neq": texts[1], "in": texts, "not_in": texts, "is_blank": True}
    worded |= dict.fromkeys(("contains", "not_contains", "starts_with", "ends_with"), texts[0])
    worded |= {"is_null": True, "is_not_null": True, "matches": draw.choice(["^a", "b$", "[0-9]"])}
    dated: dict[str, Any] = {"before": days[0], "after": days[1], "on": days[0], "between": days}
    dated |= dict.fromkeys(("in_last", "in_next", "more_than_ago", "anniversary_in"), period)
    dated |= dict.fromkeys(("this", "last", "next"), unit) | {"is_null": True, "neq": days[1]}
    dated |= {"between_ago": draw.choice([["2 months", "7 days"], ["1 year", "1 month"]])}
    flag = {"eq": draw.random() < 0.5, "neq": draw.random() < 0.5, "is_null": True}
    listed = dict.fromkeys(("has_any", "has_all", "has_none"), draw.sample(["a", "b", "c"], 2))
    field, options = draw.choice(
        [("monetary", ordered), ("frequency", ordered), ("plan", worded), ("city", worded)]
        + [("last_order_date", dated), ("email_consent", flag), ("attributes.score", ordered)]
        + [("attributes.score", worded), ("attributes.likes", listed)]
    )
    operator = draw.choice(list(options))
    leaf = {"field": field, operator: options[operator]}
    if not operator.startswith("is_") and draw.random() < 0.3:
        leaf["on_null"] = True
    return leaf


def random_event(draw: random.Random) -> dict[str, Any]:
    """Return an event or sequence leaf over few events, values and windows."""
    leaf: dict[str, Any] = {"event": draw.choice(["seen", "seen", "bought"])}
    if draw.random() < 0.4:
        leaf["where"] = [{"field": "value", draw.choice(["gt", "gte", "lt"]): draw.choice([1, 2])}]
    windows = [{"in_last": one} for one in ("7 days", "30 days", "1 month", "2 months")]
    windows += [{"between_ago": ["2 months", "30 days"]}, {"after": "2026-03-10"}]
    windows += [{"before": "2026-03-20"}, {"between": ["2026-03-01", "2026-04-01"]}, {}, {}]
    window = draw.choice(windows)
    operator = draw.choice(["eq", "neq", "lt", "lte", "gt", "gte"])
    kind = draw.choice(["any", "never", "count", "days_since", "value", "value", "pattern", "then"])
    if kind == "never":
        return leaf | window | {"never": True}
    if kind == "count":
        return leaf | window | {"count": {operator: draw.randint(0, 3)}}
    if kind == "days_since":
        leaf |= {"on_null": True} if draw.random() < 0.3 else {}
        return leaf | window | {"days_since": {operator: draw.choice([0, 1, 7, 8, 30, 31, 45])}}
    if kind == "value":
        aggregate = draw.choice(["sum", "avg", "min", "max", "distinct", "first", "last"])
        on_null = {"on_null": True} if aggregate != "distinct" and draw.random() < 0.3 else {}
        return leaf | window | {aggregate: "value", operator: draw.randint(0, 3)} | on_null
    if kind == "pattern":
        period = draw.choice(["7 days", "30 days", "1 month"])
        pattern = draw.choice(["first_time", "stopped", "restarted", "regularly"])
        return leaf | {pattern: period}
    if kind == "then":
        steps = draw.choice([["seen", "bought"], ["seen", "seen"], ["seen", {"not": "bought"}]])
        return {"sequence": steps, "within": draw.choice(["1 day", "7 days"])} | window
    return leaf | window


def random_tree(draw: random.Random, depth: int = 0) -> dict[str, Any]:
    """Return a rule of fields and events."""
    kind = draw.choice(["leaf", "all", "any", "not"]) if depth < 3 else "leaf"
    if kind == "leaf":
        return (random_field if draw.random() < 0.6 else random_event)(draw)
    if kind == "not":
        return {"not": random_tree(draw, depth + 1)}
    return {kind: [random_tree(draw, depth + 1) for _ in range(draw.randint(2, 3))]}


def random_customers(draw: random.Random, day: date, count: int) -> list[Customer]:
    """Return customers with values and histories near a day."""
    aside = (-400, -59, -31, -30, -29, -28, -8, -7, -1, 0, 1, 40)
    dates: list[date | None] = [day + timedelta(days=days) for days in aside]
    dates += [None, date(2026, 3, 30), date(2026, 3, 1), date(2025, 12, 1)]
    numbers = [
        None,
        *[Decimal(one) for one in ("-1", "0", "0.5", "1", "2", "2.5", "2.7", "3", "9")],
    ]
    texts = [None, "", " ", "a", "A", "ab", "Ab", "b", "x-1", "zab", "q"]
    scores: list[Any] = [None, 0, 1, 2.5, 3, "a", "2", " ", "Ab", True, "x-1"]
    customers = []
    for number in range(count):
        attributes = {"score": draw.choice(scores)}
        attributes["likes"] = draw.choice([None, [], ["a"], ["a", "b"], "b", ["c", None], ["q"]])
        fields = {
            "monetary": draw.choice(numbers),
            "frequency": draw.choice([None, -1, 0, 1, 2, 3, 4]),
            "plan": draw.choice(texts),
            "city": draw.choice(texts),
            "last_order_date": draw.choice(dates),
            "email_consent": draw.choice([None, True, False]),
            "attributes": draw.choice([None, *[json.dumps(attributes)] * 5]),
        }
        facts: dict[str, list[dict[str, Any]]] = {"seen": [], "bought": []}
        for _ in range(draw.choice([0, 1, 1, 2, 3, 5])):
            ago = draw.choice(
                [-1, 0, 1, 1, 2, 6, 7, 8, 20, 28, 29, 30, 31, 32, 45, 59, 62, 90, 400]
            )
            happened = day - timedelta(days=ago)
            fact = {"occurred_at": datetime(happened.year, happened.month, happened.day, 10)}
            fact["occurred_at"] += timedelta(seconds=draw.randrange(10_000))
            fact |= {"occurred_date": happened, "product": None, "properties": None}
            fact["value"] = draw.choice(numbers)
            facts[draw.choice(list(facts))].append(fact)
        for found in facts.values():
            found.sort(key=lambda fact: fact["occurred_at"])
        customers.append(Customer(f"c{number}", fields, facts))
    return customers


AGO = (-1, 0, 1, 1, 2, 6, 7, 8, 20, 28, 29, 30, 31, 32, 45, 59, 62, 90, 400)


class Truth:
    """Who satisfies rules, out of random customers on several days: one bit for each."""

    def __init__(self, seed: int) -> None:
        """Draw the customers."""
        draw = random.Random(seed)
        self.rows = [
            (Peer(day, "UTC"), customer)
            for day in DAYS
            for customer in random_customers(draw, day, 60)
        ]
        self.everyone = (1 << len(self.rows)) - 1

    def of(self, rule: Mapping[str, Any]) -> int:
        return sum(
            peer.holds(rule, customer) << place for place, (peer, customer) in enumerate(self.rows)
        )


def sorted_numbers(numbers: list[str]) -> list[str]:
    return sorted(numbers, key=Fraction)


SEED = int(os.environ.get("SEGMENT_SEED", "3"))


def test_claims_about_random_leaves_are_true(printed: Print) -> None:
    draw = random.Random(SEED)
    rules = {f"field_{n}": random_field(draw) for n in range(110)}
    rules |= {f"event_{n}": random_event(draw) for n in range(110)}
    linter, truth = Linter(printed(catalogue_of(rules))), Truth(SEED)
    prover, claims = linter.meaning.prover, 0
    met = {name: truth.of(rule) for name, rule in rules.items()}
    for one, other in itertools.combinations_with_replacement(rules, 2):
        if one[:5] != other[:5]:
            continue
        first, second = linter.rules[one].formula, linter.rules[other].formula
        for formulas, found in (
            ((first, second), met[one] & met[other]),
            ((first, Not(second)), met[one] & ~met[other]),
            ((Not(first), second), ~met[one] & met[other]),
            ((Not(first), Not(second)), truth.everyone & ~(met[one] | met[other])),
        ):
            if (one != other or formulas[0] == formulas[1]) and prover.never(*formulas):
                claims += 1
                assert not found, (SEED, rules[one], rules[other], formulas)
    assert claims > 500


def test_warnings_about_random_rules_are_true(printed: Print) -> None:
    draw = random.Random(SEED)
    rules = {f"rule_{n}": random_tree(draw) for n in range(250)}
    catalogue, truth = printed(catalogue_of(rules)), Truth(SEED)
    met = {name: truth.of(rule) for name, rule in rules.items()}
    findings = Linter(catalogue).findings()
    for finding in findings:
        shown = (SEED, str(finding), rules[finding.segment])
        members = met[finding.segment]
        if finding.what.endswith("nobody can be in the segment"):
            assert not members, shown
        elif finding.what.endswith("everyone is in the segment"):
            assert members == truth.everyone, shown
        elif finding.kind == "equal":
            assert members == met[finding.others[0]], shown
        elif finding.kind == "idle" or changes_nothing(finding):
            assert members == truth.of(without(rules[finding.segment], finding.path)), shown
    assert len(findings) > 50
    assert {"idle", "never", "always"} <= {finding.kind for finding in findings}


def changes_nothing(finding: Finding) -> bool:
    """Whether a dead part of an `any` or a certain part of an `all` may simply be left out."""
    place = finding.path.rpartition("[")[0]
    return not finding.others and "not" not in finding.path and (
        (finding.kind == "never" and place.endswith(".any"))
        or (finding.kind == "always" and place.endswith(".all"))
    )  # fmt: skip


def without(rule: dict[str, Any], path: str) -> dict[str, Any]:
    """Return a rule without the part at a path of the linter."""
    copy = json.loads(json.dumps(rule))
    steps = [one for step in path.split(".")[1:] for one in step.rstrip("]").split("[")]
    node, holder = copy, None
    for step in steps:
        if isinstance(node, list):
            holder = (node, int(step))
            node = node[int(step)]
        elif step in node and step in ("all", "any", "not"):
            node = node[step]
    assert holder is not None, path
    del holder[0][holder[1]]
    return copy


# --- Claims that are complete -------------------------------------------------------------------

NUMBERS = st.sampled_from(["-1", "0", "1", "1.5", "2"])
COMPARISONS = st.one_of(
    st.tuples(st.sampled_from(["eq", "neq", "lt", "lte", "gt", "gte"]), NUMBERS),
    st.tuples(
        st.sampled_from(["in", "not_in"]), st.lists(NUMBERS, min_size=1, max_size=3, unique=True)
    ),
    st.tuples(st.just("between"), st.lists(NUMBERS, min_size=2, max_size=2).map(sorted_numbers)),
    st.tuples(st.sampled_from(["is_null", "is_not_null"]), st.just(True)),
)
DENSE = [Fraction(n, 4) for n in range(-8, 16)]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(COMPARISONS, st.booleans(), st.booleans()), min_size=1, max_size=4),
    st.sampled_from(["int", "decimal(18,4)"]),
)
def test_numbers_are_proven_exactly_when_no_value_fits(
    asked: list[tuple[tuple[str, Any], bool, bool]], data_type: str
) -> None:
    meaning = Meaning({"monetary": {"data_type": data_type}})
    values: list[Fraction | None] = [None]
    values += [one for one in DENSE if data_type != "int" or one.denominator == 1]
    formulas = []
    for (operator, value), on_null, is_opposite in asked:
        formula = meaning.condition(["monetary", operator, "number", value, False, on_null])
        formulas.append(Not(formula) if is_opposite else formula)
        values = [one for one in values if is_met(operator, value, one, on_null) is not is_opposite]
    assert meaning.prover.never(*formulas) == (not values)


def is_met(operator: str, value: Any, observed: Fraction | None, on_null: bool) -> bool:
    if operator in ("is_null", "is_not_null"):
        return (observed is None) == (operator == "is_null")
    if observed is None:
        return on_null
    wanted = [Fraction(one) for one in value] if isinstance(value, list) else Fraction(value)
    return COMPARE[operator](observed, wanted)


# --- The search itself --------------------------------------------------------------------------

FACTS = [("other", letter) for letter in "abcde"]
FORMULAS = st.recursive(
    st.sampled_from([*FACTS, True, False]),
    lambda parts: (
        parts.map(Not)
        | st.lists(parts, min_size=1, max_size=4).map(lambda found: All(tuple(found)))
        | st.lists(parts, min_size=1, max_size=4).map(lambda found: Any_(tuple(found)))
    ),
    max_leaves=25,
)


def value_of(formula: Formula, values: Mapping[Any, bool]) -> bool:
    if isinstance(formula, bool):
        return formula
    if isinstance(formula, tuple):
        return values[formula]
    if isinstance(formula, Not):
        return not value_of(formula.part, values)
    found = [value_of(part, values) for part in formula.parts]
    return all(found) if isinstance(formula, All) else any(found)


@settings(max_examples=400, deadline=None)
@given(
    FORMULAS,
    st.lists(st.lists(st.tuples(st.sampled_from(FACTS), st.booleans()), max_size=3), max_size=6),
)
def test_search_finds_what_a_truth_table_finds(
    formula: Formula, clauses: list[list[tuple[Any, bool]]]
) -> None:
    search = Search()
    search.require(formula)
    search.learn(clauses)
    cases = [
        dict(zip(FACTS, values, strict=True))
        for values in itertools.product([False, True], repeat=len(FACTS))
    ]
    is_possible = any(
        value_of(formula, case)
        and all(any(case[fact] == value for fact, value in clause) for clause in clauses)
        for case in cases
    )
    assert search.succeeds() == is_possible


def test_too_hard_a_question_proves_nothing() -> None:
    holes, pigeons = range(9), range(10)
    everyone_sits = All(
        tuple(Any_(tuple(("other", one, hole) for hole in holes)) for one in pigeons)
    )
    pairs = [
        [(("other", one, hole), False), (("other", other, hole), False)]
        for hole in holes
        for one, other in itertools.combinations(pigeons, 2)
    ]
    assert not Prover(lambda facts: pairs).never(everyone_sits)


# --- The command --------------------------------------------------------------------------------


def test_warnings_do_not_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [f"warning: {n}" for n in range(2)]
    monkeypatch.setattr(lint, "run", lambda *command: (0, "\n".join(said)))
    assert lint.lint_segments() == said
    assert lint.main(["segments"]) == 0
    monkeypatch.setattr(lint, "run", lambda *command: (1, "\n".join([*said, "Segment a: no"])))
    assert lint.main(["segments"]) == 1
    monkeypatch.setattr(lint, "run", lambda *command: (1, ""))
    assert lint.main(["segments"]) == 1


def test_file_of_ones_own_is_linted(tmp_path: Path) -> None:
    catalogue = catalogue_of({"clash": {"field": "monetary", "gt": 5, "lt": 3}})
    catalogue[0]["holdout"] = {"percent": 5}
    path = tmp_path / "mine.yml"
    path.write_text(yaml.safe_dump({"segments": catalogue}))
    done = subprocess.run(
        [sys.executable, "scripts/lint_segments.py"],
        cwd=PROJECT_DIR, env={**os.environ, "SEGMENTS": str(path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "Segment clash, holdout.salt: found nothing (null); allowed: a text; it stays the same "
        "for as long as the holdout does.",
        "mine.yml, segments[0].holdout: found no salt; allowed: with percent, salt",
    ]
