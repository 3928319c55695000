"""Values that try to be SQL: each is matched to the letter, or refused with a named error."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segment_mistakes import HOSTILE
from segment_workshop import Workshop, segment, write_rows

AS_OF = "2026-03-31"
EVENTS = [text for text in HOSTILE if text.strip() and len(text) <= 200]
LETTERS = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,59}([.][A-Za-z_][A-Za-z0-9_]{0,59}){0,4}")
CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]+"
# What a rule means for a text, by the end of the segment's name; `wanted` is the rule's value.
MEANS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda text, wanted: text == wanted,
    "neq": lambda text, wanted: text != wanted,
    "in": lambda text, wanted: text == wanted,
    "not_in": lambda text, wanted: text != wanted,
    "contains": lambda text, wanted: wanted.lower() in text.lower(),
    "not_contains": lambda text, wanted: wanted.lower() not in text.lower(),
    "starts_with": lambda text, wanted: text.lower().startswith(wanted.lower()),
    "ends_with": lambda text, wanted: text.lower().endswith(wanted.lower()),
    "matches": lambda text, wanted: wanted in text,
    "has_any": lambda text, wanted: text == wanted,
    "has_all": lambda text, wanted: text == wanted,
    "has_none": lambda text, wanted: text != wanted,
    "where": lambda text, wanted: text == wanted,
    "last": lambda text, wanted: text == wanted,
    "first": lambda text, wanted: wanted.lower() in text.lower(),
    "event": lambda text, wanted: text == wanted,
    "sequence": lambda text, wanted: text == wanted,
    "each": lambda text, wanted: text == wanted,
}  # fmt: skip


def escaped(text: str) -> str:
    """Return a pattern that matches a text and nothing else."""
    return re.sub(r"[\\.^$*+?()\[\]{}|/-]", lambda found: "\\" + found.group(), text)


def rules(text: str) -> dict[str, dict[str, Any]]:
    """Return a rule per place that takes any text."""
    spoken = {"event": "say", "where": [{"field": "properties.t", "eq": text}]}
    return {
        **{name: {"field": "region", name: text} for name in ("eq", "neq", "contains")},
        **{name: {"field": "region", name: text} for name in ("starts_with", "ends_with")},
        "not_contains": {"field": "region", "not_contains": text},
        "in": {"field": "region", "in": [text, "no such region"]},
        "not_in": {"field": "region", "not_in": [text]},
        "matches": {"field": "region", "matches": escaped(text), "case": "sensitive"},
        **{name: {"field": "attributes.tags", name: [text]} for name in ("has_any", "has_none")},
        "has_all": {"field": "attributes.tags", "has_all": [text, text]},
        "where": spoken,
        "last": {"event": "say", "last": "properties.t", "eq": text},
        "first": {"event": "say", "first": "properties.t", "contains": text},
    } | (
        {"event": {"event": text}, "sequence": {"sequence": [text, {"event": "end"}]}}
        if text in EVENTS
        else {}
    )


def catalogue() -> list[dict[str, Any]]:
    """Return a segment per text and place, the text in its header too."""
    made = []
    for number, text in enumerate(HOSTILE):
        more: dict[str, Any] = {"holdout": {"percent": 5, "salt": text}}
        if text.strip():
            more |= {"description": text, "owner": text, "label": text}
        made += [segment(f"h{number}_{name}", rule, **more) for name, rule in rules(text).items()]
        made.append(segment(f"h{number}_sample", {"sample": {"percent": 50, "salt": text}}))
        one = {"field": "region", "eq": "{v}"}
        declared = segment(f"h{number}_each" + "_{v}", one, for_each={"v": [text]})
        if re.search("[a-z0-9]", text.lower()) and len(text) < 40:
            made.append(declared)
    return made + [segment("listed", {"list": "odd"})]


@pytest.fixture(scope="module")
def workshop(made_here: Callable[..., Path]) -> Workshop:
    """Customers h0, h1, ... who have one text each in every place, the catalogue built."""

    def make(folder: Path) -> None:
        raw = folder / "raw"
        contacts = [(f"h{number}", datetime(2019, 1, 1)) for number in range(len(HOSTILE))]
        contacts += [(f"id {text}", datetime(2019, 1, 1)) for text in HOSTILE]
        write_rows(raw, "contacts", "contact_id varchar, created_at timestamp", contacts)
        events = []
        for number, text in enumerate(HOSTILE):
            spoken = ("say", json.dumps({"t": text}))
            for event, properties in [spoken, (text, None), ("end", None)]:
                at = datetime(2026, 3, 1, 12, len(events) % 3)
                events.append((f"e{len(events)}", f"h{number}", event, at, properties))
        columns = "event_id varchar, contact_id varchar, event_type varchar, "
        columns += "occurred_at timestamp, properties varchar"
        write_rows(raw, "events", columns, events)
        columns = "order_id varchar, contact_id varchar, ordered_at timestamp, net_amount decimal"
        write_rows(raw, "orders", columns, [])
        made = Workshop(folder)
        made.prepare(AS_OF)
        with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
            connection.executemany(
                "update marts_intermediate.int_customers__enriched set region = ?, attributes = ? "
                "where customer_id = ?",
                [
                    (text, json.dumps({"tags": [text]}), f"h{number}")
                    for number, text in enumerate(HOSTILE)
                ],
            )
        ids = [f"id {text}" for text in HOSTILE[::2]]
        found = made.build(catalogue(), AS_OF, {"odd": ids})
        (folder / "members.json").write_text(
            json.dumps({name: sorted(members) for name, members in found.items()})
        )

    return Workshop(made_here("segment_values", make))


@pytest.mark.parametrize("place", MEANS)
def test_texts_are_matched_to_the_letter(place: str, workshop: Workshop) -> None:
    """Each of the texts, in each place that takes a text, finds what holds it and nothing else."""
    found = json.loads((workshop.folder / "members.json").read_text())
    tried = 0
    for number, wanted in enumerate(HOSTILE):
        name = next((one for one in found if re.match(f"h{number}_{place}(_|$)", one)), None)
        if place in ("event", "sequence", "each") and name is None:
            continue
        expected = {f"h{n}" for n, text in enumerate(HOSTILE) if MEANS[place](text, wanted)}
        members = {one for one in found[name or ""] if one.startswith("h")}
        assert members == expected, (place, wanted)
        tried += 1
    assert tried >= 25


def test_salts_and_lists_are_literal(workshop: Workshop) -> None:
    """A salt goes into the hash as it is; a list's rows are the contacts of exactly these ids."""
    found = json.loads((workshop.folder / "members.json").read_text())
    everyone = workshop.read("select customer_id from marts_intermediate.int_customers__enriched")
    for number, text in enumerate(HOSTILE):
        expected = {
            one
            for (one,) in everyone
            if int(hashlib.md5(f"{one}:{text}".encode()).hexdigest()[:7], 16) < 50 * 2684354.56
        }
        assert set(found[f"h{number}_sample"]) == expected, text
    assert set(found["listed"]) == {f"id {text}" for text in HOSTILE[::2]}


def test_headers_reach_the_tables(workshop: Workshop) -> None:
    """Salts arrive unchanged; words for people without line breaks and control characters."""
    declared = workshop.read(
        "select segment, label, description, owner, holdout_salt "
        "from marts_intermediate.int_segments__declared where segment like 'h%\\_eq' escape '\\'"
    )
    rows = {name: rest for name, *rest in declared}
    for number, text in enumerate(HOSTILE):
        label, description, owner, salt = rows[f"h{number}_eq"]
        assert salt == text
        if text.strip():
            plain = re.sub(CONTROL, " ", text).strip()
            assert [label, description, owner] == [plain] * 3


def field(**operators: Any) -> Callable[[str], dict[str, Any]]:
    """Return a maker of a segment with a condition; TEXT stands for the hostile value."""

    def made(text: str) -> dict[str, Any]:
        filled = {key: put(value, text) for key, value in operators.items()}
        return segment("sample", filled)

    return made


def put(value: Any, text: str) -> Any:
    """Return a value with TEXT replaced by the text."""
    if isinstance(value, dict):
        return {put(key, text): put(inner, text) for key, inner in value.items()}
    if isinstance(value, list):
        return [put(inner, text) for inner in value]
    return value.replace("TEXT", text) if isinstance(value, str) else value


VIEWED = "product_viewed"
# Places that take no free text: each refuses every value of HOSTILE that is no such name.
REFUSING: dict[str, Callable[[str], dict[str, Any]]] = {
    "name": lambda text: {**segment("x", {"field": "region", "eq": "a"}), "name": text},
    "layer": lambda text: {**segment("sample", {"field": "region", "eq": "a"}), "layer": text},
    "header key": lambda text: {**segment("sample", {"field": "region", "eq": "a"}), text: 1},
    "field": field(field="TEXT", eq="a"),
    "attribute": field(field="attributes.TEXT", eq="a"),
    "operator": field(field="region", TEXT="a"),
    "number": field(field="monetary", gt="TEXT"),
    "boolean": field(field="email_consent", eq="TEXT"),
    "date": field(field="birth_date", on="TEXT"),
    "dates": field(field="birth_date", between=["2026-01-01", "TEXT"]),
    "period": field(field="birth_date", in_last="TEXT"),
    "periods": field(field="birth_date", between_ago=["TEXT", "1 day"]),
    "unit": field(field="birth_date", this="TEXT"),
    "distance": field(field="location", within_km={"latitude": 1, "longitude": 1, "km": "TEXT"}),
    "where field": field(event=VIEWED, where=[{"field": "TEXT", "eq": "a"}]),
    "property": field(event=VIEWED, where=[{"field": "properties.TEXT", "eq": "a"}]),
    "product": field(event=VIEWED, where=[{"field": "product.TEXT", "eq": "a"}]),
    "aggregate": field(event=VIEWED, sum="TEXT", gt=1),
    "aggregated property": field(event=VIEWED, max="properties.TEXT", gt=1),
    "sum": field(event=VIEWED, sum="value", gt="TEXT"),
    "count": field(event=VIEWED, count={"gte": "TEXT"}),
    "window": field(event=VIEWED, before="TEXT"),
    "pattern": field(event=VIEWED, regularly={"every": "TEXT"}),
    "same": field(sequence=[VIEWED, VIEWED], same="TEXT"),
    "within": field(sequence=[VIEWED, VIEWED], within="TEXT"),
    "segment": field(segment="TEXT"),
    "entered": field(segment="other", entered_within="TEXT"),
    "list": field(list="TEXT"),
    "percent": field(sample={"percent": "TEXT", "salt": "a"}),
    "for_each key": lambda text: {
        **segment("x_{" + text + "}", {"field": "region", "eq": "a"}), "for_each": {text: ["a"]}
    },
}  # fmt: skip
TAKES_NAMES = dict.fromkeys(("attribute", "property", "aggregated property", "name"), LETTERS)
TAKES_NAMES |= {"for_each key": re.compile("[a-z][a-z0-9_]*")}


def test_no_other_place_takes_them(workshop: Workshop) -> None:
    """Everywhere else they are refused with the named error, in one line."""
    tried = [(place, text) for place in REFUSING for text in HOSTILE]
    other = segment("other", {"field": "region", "eq": "a"})
    said = workshop.complaints([REFUSING[place](text), other] for place, text in tried)
    for (place, text), message in zip(tried, said, strict=True):
        if place in TAKES_NAMES and TAKES_NAMES[place].fullmatch(text):
            continue
        assert message is not None, (place, text)
        assert re.fullmatch(r"Segment [^\n]+: found [^\n]+; allowed: [^\n]+", message), message
