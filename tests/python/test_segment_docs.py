"""docs/segments.md tells the truth: its examples compile, and its messages are what is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from segment_workshop import PROJECT_DIR, Workshop, messages, segment

PAGE = (PROJECT_DIR / "docs" / "segments.md").read_text(encoding="utf-8")
BASE = [
    segment("vip", {"field": "plan", "eq": "a"}),
    segment("mailed_this_week", {"event": "email_sent", "in_last": "7 days"}),
]
LEAF = {"field": "plan", "eq": "a"}
PLACED: dict[str, Any] = {"event": "order_placed"}
# What brings each message of the page's table, by the first words of the message.
MISTAKES: dict[str, Any] = {
    "rule.all[1].field:": {"all": [LEAF, {"field": "regoin", "eq": "a"}]},
    "rule.contains:": {"field": "age_years", "contains": "1"},
    "rule.gt:": {"field": "monetary", "gt": "5000"},
    "rule.eq:": {"field": "country_code", "eq": False},
    "rule: found keys": {"all": [LEAF], "any": [LEAF]},
    "rule.gte:": {**PLACED, "gte": 2},
    "rule.where[0].field:": {**PLACED, "where": [{"field": "product.brand", "eq": "a"}]},
    "rule.between:": {**PLACED, "sum": "net_amount", "between": [100, 200]},
    "rule: found in_last": {**PLACED, "in_last": "30 days", "before": "2026-01-01"},
    "rule.on_null:": {**PLACED, "count": {"gte": 2}, "on_null": True},
    "rule.sequence[1]:": {"sequence": ["product_added", {"not": "order_placed"}, "email_sent"]},
    "rule.segment:": [segment("vip", {"segment": "loyal"}), segment("loyal", {"segment": "vip"})],
    "rule.list:": {"list": "staf"},
    "name:": [segment("browsing", LEAF, for_each={"category": ["bags"]})],
}


def examples() -> list[dict[str, Any]]:
    """Return every declaration and every whole condition of the page as segments."""
    found: list[dict[str, Any]] = []
    for block in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL):
        value = yaml.safe_load(block)
        if isinstance(value, dict) and "segments" in value:
            value = value["segments"]
        if isinstance(value, dict):
            value = [segment("", value)]
        found += value or []
    kinds = "field|event|sequence|segment|list|sample"
    for inline in re.findall(rf"`(\{{(?:{kinds}): [^`]*\}})`", PAGE):
        found.append(segment("", yaml.safe_load(inline)))
    for number, one in enumerate(found):
        one["name"] = one["name"] or f"example_{number}"
    return found


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """An empty warehouse: checking asks no database."""
    return Workshop(tmp_path_factory.mktemp("segment_docs"))


def said(workshop: Workshop, catalogue: list[dict[str, Any]]) -> str | None:
    """Check a catalogue: its error as one line, or None."""
    arguments = yaml.safe_dump({"declared": catalogue}, allow_unicode=True, sort_keys=False)
    variables = {"as_of_date": "2026-03-31"}
    done = workshop.dbt("run-operation", "segment_check", "--args", arguments, variables=variables)
    if done.success:
        return None
    lines = [line.strip() for line in messages(done).splitlines()]
    return next(line for line in lines if line.startswith("Segment "))


def test_examples_compile(workshop: Workshop) -> None:
    found = examples()
    assert len(found) > 40
    assert said(workshop, BASE + found) is None


def test_every_message_of_the_page_has_its_mistake() -> None:
    table = PAGE.split("| message | remedy |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| `(.*?)` \| ", table, re.MULTILINE)
    starts = [start for row in rows for start in MISTAKES if row.startswith(start)]
    assert len(starts) == len(rows) == len(MISTAKES)


@pytest.mark.parametrize("start", MISTAKES)
def test_messages_are_said(start: str, workshop: Workshop) -> None:
    mistake = MISTAKES[start]
    catalogue = mistake if isinstance(mistake, list) else [segment("vip", mistake)]
    message = said(workshop, catalogue)
    assert message is not None, "the mistake went through"
    assert f"`{message.split(', ', 1)[1]}`" in PAGE


def test_page_names_every_model_that_exists() -> None:
    """The models of the page exist, but for none that was renamed."""
    names = set(re.findall(r"`(int_segments?_[a-z_]+|int_primary_[a-z_]+)`", PAGE))
    models = {path.stem for path in Path(PROJECT_DIR / "models").rglob("*.sql")}
    assert not names - models
