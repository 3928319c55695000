"""The JSON Schema of the segment language: what is valid passes, what it can know of fails."""

from __future__ import annotations

import copy
import itertools
import json
import random
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

import segment_event_cases as event_cases
import segment_field_cases as field_cases
from segment_event_mistakes import EVENT_MISTAKES
from segment_mistakes import MISTAKES
from segment_random import random_segment
from segment_warnings import SILENT, TOGETHER, WARNED
from segment_workshop import segment
from test_segment_lint import random_tree

PROJECT_DIR = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT_DIR / "scripts"))

from segment_lint.events import STANDARD_EVENTS  # noqa: E402
from segment_lint.schema import SCHEMA, schema_findings  # noqa: E402

CONTENT = json.loads(SCHEMA.read_text())
ALL_MISTAKES = MISTAKES + EVENT_MISTAKES
# What takes the columns' types, the other segments or arithmetic: the compiler finds these alone.
ONLY_DBT_KNOWS: set[str] = {
    "segment is the catalogue's other", "Norway as a boolean", "anniversary above a year",
    "between dates reversed", "between reversed", "between_ago equal", "between_ago on number",
    "between_ago order", "boolean for a number", "count between reversed", "cycle of three",
    "cycle of two", "cycle through exclude", "first pattern", "for_each key missing from name",
    "for_each name not snake_case", "for_each rule mistake", "for_each same names",
    "for_each too many", "for_each unknown placeholder", "list unknown",
    "max of a date with a number", "not a number", "number for a text", "number too fine",
    "operator on date", "operator on number", "pattern class", "pattern close bracket",
    "pattern double repeat", "pattern large repeat", "pattern open bracket", "pattern repeat",
    "regularly too long", "segment itself by entering", "segment itself", "segment unknown",
    "sequence not in between", "sequence same missing on a step", "text for a boolean",
    "this on text", "too deep", "unknown field", "where operator unfit",
    "window after and before empty", "window after and before reversed", "window ago equal",
    "window ago reversed", "window empty", "window reversed",
}  # fmt: skip


def findings(catalogue: Any) -> list[str]:
    """What the schema says of a list of segments."""
    return list(schema_findings({"segments": catalogue}, "mine.yml"))


def mistaken(change: Any) -> Any:
    """Return the catalogue of a case of segment_mistakes."""
    catalogue = [segment("sample", {"field": "region", "eq": "a"})]
    if callable(change):
        return change(copy.deepcopy(catalogue))
    if "rule" in change or "name" in change or not set(change) & NODES:
        return [{**catalogue[0], **change}]
    return [segment("sample", {"all": [{"field": "plan", "eq": "a"}, change]})]


NODES = {"field", "all", "any", "not", "event", "sequence", "segment", "list", "sample"}


def test_schema_is_one() -> None:
    Draft7Validator.check_schema(CONTENT)


def valid_rules() -> dict[str, Any]:
    """Every valid rule of the other tests by name."""
    rules = {f"field_{n}": {"field": one[0], **one[1]} for n, one in enumerate(field_cases.CASES)}
    rules |= {f"event_{n}": one[1] for n, one in enumerate(event_cases.CASES)}
    rules |= event_cases.HELPERS | {name: rule for name, rule, _ in WARNED} | SILENT
    draw = random.Random(7)
    return rules | {f"tree_{n}": random_tree(draw) for n in range(100)}


def test_valid_rules_pass() -> None:
    for name, rule in valid_rules().items():
        assert findings([segment(name, rule)]) == [], rule


def test_valid_segments_pass() -> None:
    declared = [more for _, more, _ in [*event_cases.EXCLUDING, *event_cases.EXPANDED]]
    declared += list(itertools.chain.from_iterable(one[1] for one in TOGETHER))
    for more in declared:
        assert findings([{**segment("sample", None), **more}]) == [], more


def test_random_segments_pass() -> None:
    day = date(2026, 3, 31)
    for seed in range(200):
        one = random_segment(seed, day, ["vip"])
        assert findings([one]) == [], one


def test_own_catalogue_passes() -> None:
    content = yaml.safe_load((PROJECT_DIR / "vars.yml").read_text())
    assert list(schema_findings(content, "vars.yml")) == []


def documented() -> list[tuple[str, Any]]:
    """The YAML of docs/segments.md: (as it stands there, as it reads)."""
    text = (PROJECT_DIR / "docs" / "segments.md").read_text()
    blocks = re.findall(r"```yaml\n(.*?)```", text, flags=re.S)
    rest = re.sub(r"```.*?```", "", text, flags=re.S)
    kinds = "|".join(sorted(NODES))
    inline = re.findall(rf"`((?:\{{(?:{kinds}): |not: \{{)[^`]*)`", rest)
    # An ellipsis is no value, and {not: order_placed} is a step.
    inline = [one for one in inline if "..." not in one and not re.match(r"\{not: \w", one)]
    found = [(one, yaml.safe_load(" ".join(one.split()))) for one in inline]
    found += [(one, yaml.safe_load(one)) for one in blocks]
    return [(one, read) for one, read in found if read is not None]


@pytest.mark.parametrize("example", documented(), ids=lambda example: example[0][:40])
def test_documented_examples_pass(example: tuple[str, Any]) -> None:
    _, read = example
    if isinstance(read, dict) and "segments" in read:
        assert list(schema_findings(read, "docs")) == []
    elif isinstance(read, list):
        assert findings(read) == []
    else:
        assert findings([segment("sample", read)]) == []


def test_documentation_has_examples() -> None:
    assert len(documented()) >= 50


@pytest.mark.parametrize("case", ALL_MISTAKES, ids=[case[0] for case in ALL_MISTAKES])
def test_mistake(case: tuple[str, Any, str]) -> None:
    name, change, _ = case
    said = findings(mistaken(change))
    assert bool(said) == (name not in ONLY_DBT_KNOWS), said
    for line in said:
        assert re.fullmatch(r"mine\.yml, segments\S*: found .+; allowed: .+", line), line


def test_exceptions_are_cases() -> None:
    names = {case[0] for case in ALL_MISTAKES}
    assert not ONLY_DBT_KNOWS - names


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"segment": []}, "top level: found keys segment; allowed: at least one of segments, vars"),
        ({"segments": [], "lists": {}}, "top level: found key lists; allowed: segments, segment_"),
        ({}, "top level: found no keys; allowed: at least one of segments, vars"),
        ({"segments": [], "segment_lists": {"staff": "c1"}}, "segment_lists.staff: found "),
        ({"vars": {"segments": {}}}, "vars.segments: found {}; allowed: A list of segments."),
    ],
)
def test_file_of_another_form_is_refused(content: Any, said: str) -> None:
    said = f"f.yml, {said}"
    assert [one[: len(said)] for one in schema_findings(content, "f.yml")] == [said]


def test_every_key_is_described() -> None:
    """An editor has something to say of every key and value."""
    definitions = CONTENT["definitions"]

    def described(schema: Any) -> bool:
        return "description" in schema or (
            "$ref" in schema and "description" in definitions[schema["$ref"].rpartition("/")[2]]
        )

    for name, schema in definitions.items():
        assert "description" in schema, name
        for key, value in schema.get("properties", {}).items():
            assert described(value), (name, key)


def test_schema_knows_every_operator() -> None:
    """The operators, event words and columns are those of the macros and of model customers."""
    macros = (PROJECT_DIR / "macros" / "segments" / "segment_operators.sql").read_text()
    operators = set(re.findall(r"^      '(\w+)': \{'kinds'", macros, flags=re.M))
    definitions = CONTENT["definitions"]
    assert operators == set(definitions["field"]["properties"]) - {"field", "on_null", "case"}
    macros = (PROJECT_DIR / "macros" / "segments" / "segment_event.sql").read_text()
    words = re.findall(r"^      '\w+': \[(.*)\],$", macros, flags=re.M)
    assert len(words) == 6
    for word in re.findall(r"\w+", " ".join(words)):
        assert word in definitions["event"]["properties"]
    models = yaml.safe_load((PROJECT_DIR / "models" / "marts" / "customers.yml").read_text())
    columns = {one["name"] for one in models["models"][0]["columns"]}
    columns -= {"attributes", "primary_segment"}
    assert columns | {"location"} == set(definitions["customer_field"]["anyOf"][0]["enum"])
    assert list(STANDARD_EVENTS) == definitions["event_name"]["anyOf"][0]["enum"]
