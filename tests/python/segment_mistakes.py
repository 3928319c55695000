# ruff: noqa: E501 - a case is one line, as its message is.
"""Catalogues with one mistake each and what the message says, and values that try to be SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

P = "Segment sample, rule.all[1]"
NESTED: dict[str, Any] = {"field": "plan", "eq": "a"}
for _ in range(25):
    NESTED = {"not": NESTED}


def twice(catalogue: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the catalogue with its segment declared twice."""
    return catalogue * 2


def without(key: str) -> Any:
    """Return a change that takes a key away."""
    return lambda catalogue: [{k: v for k, v in catalogue[0].items() if k != key}]


# (name of the case, keys that replace the valid segment's, or a leaf as rule.all[1], or a function
# of the catalogue; text that the message must hold)
MISTAKES: list[tuple[str, Any, str]] = [
    ("catalogue is no list", lambda _: {"a": 1}, "Segment catalogue, segments: found a mapping (a)"),
    ("segment is no mapping", lambda _: ["vip"], "Segment #1, segment: found 'vip' (text)"),
    ("unknown key", {"ownr": "x"}, "Segment sample, segment: found key 'ownr'; allowed: name, label, description, layer, goal, owner, priority, reach, size, holdout, rule. Did you mean owner?"),
    ("no name", without("name"), "Segment #1, segment: found no name;"),
    ("no description", without("description"), "Segment sample, segment: found no description;"),
    ("no layer", without("layer"), "Segment sample, segment: found no layer;"),
    ("no rule", without("rule"), "Segment sample, segment: found no rule;"),
    ("bad name", {"name": "Big Spenders"}, "Segment #1, name: found 'Big Spenders' (text); allowed: snake_case"),
    ("name is SQL", {"name": "a; drop table x"}, "Segment #1, name: found 'a; drop table x' (text)"),
    ("name ends in a line break", {"name": "vip\n"}, "Segment #1, name: found 'vip ' (text)"),
    ("duplicate name", twice, "Segment sample, name: found a second segment of this name; allowed: each name once."),
    ("bad layer", {"layer": "strategy"}, "Segment sample, layer: found 'strategy' (text); allowed: strategic, derived, micro. Did you mean strategic?"),
    ("bad goal", {"goal": "winback"}, "Did you mean win_back?"),
    ("bad reach", {"reach": "fax"}, "Segment sample, reach: found 'fax' (text); allowed: email, sms, push, ads."),
    ("blank description", {"description": "  "}, "Segment sample, description: found '  ' (text); allowed: a text that is not blank"),
    ("priority is text", {"priority": "1"}, "Segment sample, priority: found '1' (text); allowed: a whole number"),
    ("priority is true", {"priority": True}, "Segment sample, priority: found true (a boolean"),
    ("size share above one", {"size": {"max_share": 40}}, "Segment sample, size.max_share: found 40 (a number); allowed: a share above 0 and at most 1."),
    ("size key", {"size": {"minimum": 4}}, "Segment sample, size: found key 'minimum'; allowed: min, max_share."),
    ("holdout without salt", {"holdout": {"percent": 5}}, "Segment sample, holdout.salt: found nothing (null)"),
    ("holdout percent", {"holdout": {"percent": 100, "salt": "x"}}, "Segment sample, holdout.percent: found 100 (a number)"),
    ("later key", {"for_each": {"plan": ["a"]}}, "Segment sample, for_each: found a key that is not supported yet"),
    ("rule is text", {"rule": "region = 'a'"}, "Segment sample, rule: found 'region = 'a'' (text); allowed: a mapping with one of all, any, not, field."),
    ("rule is empty", {"rule": {}}, "Segment sample, rule: found an empty mapping"),
    ("rule of two kinds", {"rule": {"all": [NESTED], "any": [NESTED]}}, "Segment sample, rule: found keys all, any; allowed: exactly one of all, any, not, field"),
    ("rule kind misspelt", {"rule": {"al": []}}, "Segment sample, rule: found keys al; allowed: exactly one of all, any, not, field (operators stand beside field). Did you mean all?"),
    ("too deep", {"rule": NESTED}, "found a rule more than 20 levels deep"),
    ("empty all", {"rule": {"all": []}}, "Segment sample, rule.all: found a list of 0; allowed: a list of at least one condition."),
    ("any is a mapping", {"rule": {"any": {"field": "plan", "eq": "a"}}}, "Segment sample, rule.any: found a mapping (field, eq)"),
    ("not is a list", {"not": [{"field": "plan", "eq": "a"}]}, f"{P}.not: found a list of 1; allowed: a mapping"),
    ("event leaf", {"rule": {"event": "order_placed"}}, "Segment sample, rule.event: found a condition that is not supported yet; allowed: all, any, not, field."),
    ("segment leaf", {"rule": {"not": {"segment": "vip"}}}, "Segment sample, rule.not.segment: found a condition that is not supported yet"),
    ("list leaf", {"rule": {"list": "staff"}}, "rule.list: found a condition that is not supported yet"),
    ("sample leaf", {"rule": {"sample": {"percent": 5}}}, "rule.sample: found a condition that is not supported yet"),
    ("unknown field", {"field": "regoin", "eq": "a"}, f"{P}.field: found 'regoin' (text); allowed: a column of customers (see models/marts/customers.yml) or attributes.x. Did you mean region?"),
    ("field is SQL", {"field": "region) or (1=1", "eq": "a"}, f"{P}.field: found 'region) or (1=1' (text)"),
    ("primary_segment", {"field": "primary_segment", "eq": "a"}, f"{P}.field: found primary_segment"),
    ("bare attributes", {"field": "attributes", "eq": "a"}, f"{P}.field: found 'attributes' (text); allowed: attributes.x"),
    ("attribute path is SQL", {"field": "attributes.x') --", "eq": "a"}, f"{P}.field: found 'attributes.x') --' (text)"),
    ("no operator", {"field": "region"}, f"{P}: found no operator; allowed: eq, neq"),
    ("unknown operator", {"field": "region", "equals": "a"}, f"{P}: found operator 'equals'; allowed: eq, neq"),
    ("synonym", {"field": "monetary", ">=": 5}, "Did you mean gte?"),
    ("later operator", {"field": "region", "has_any": ["a"]}, f"{P}.has_any: found an operator that is not supported yet"),
    ("operator on text", {"field": "region", "gt": "a"}, f"{P}.gt: found gt on region (text); allowed: eq, neq, in, not_in, contains"),
    ("operator on number", {"field": "monetary", "contains": "5"}, f"{P}.contains: found contains on monetary (number); allowed: eq, neq, lt"),
    ("operator on boolean", {"field": "email_consent", "in": [True]}, f"{P}.in: found in on email_consent (boolean); allowed: eq, neq, is_null, is_not_null."),
    ("operator on date", {"field": "last_order_date", "is_blank": True}, f"{P}.is_blank: found is_blank on last_order_date (date)"),
    ("text for a number", {"field": "monetary", "gt": "5000"}, f"{P}.gt: found '5000' (text); allowed: a number (no quotes"),
    ("boolean for a number", {"field": "monetary", "eq": True}, f"{P}.eq: found true (a boolean"),
    ("infinite number", {"field": "monetary", "lt": float("inf")}, f"{P}.lt: found inf (a number)"),
    ("not a number", {"field": "monetary", "lt": float("nan")}, f"{P}.lt: found nan (a number)"),
    ("number too long", {"field": "monetary", "lt": 10**15}, f"{P}.lt: found 1000000000000000 (a number)"),
    ("number too fine", {"field": "monetary", "lt": 1 / 3}, f"{P}.lt: found 0.3333333333333333 (a number)"),
    ("Norway as a boolean", {"field": "country_code", "eq": False}, f"{P}.eq: found false (a boolean; words such as no, yes, on and off need quotes)"),
    ("number for a text", {"field": "postal_code", "eq": 950}, f"{P}.eq: found 950 (a number); allowed: a text (in quotes)."),
    ("number for a date", {"field": "last_order_date", "before": 2026}, f"{P}.before: found 2026 (a number); allowed: a calendar date YYYY-MM-DD"),
    ("impossible date", {"field": "last_order_date", "on": "2026-02-30"}, f"{P}.on: found '2026-02-30' (text); allowed: a calendar date"),
    ("date with SQL", {"field": "last_order_date", "on": "2026-02-01' --"}, f"{P}.on: found '2026-02-01' --' (text)"),
    ("date with a time", {"field": "created_at", "after": datetime(2026, 1, 1, 5)}, f"{P}.after: found 2026-01-01T05:00:00 (a time)"),
    ("text for a boolean", {"field": "email_consent", "eq": "true"}, f"{P}.eq: found 'true' (text); allowed: true or false (no quotes)."),
    ("list for a scalar", {"field": "region", "eq": ["a"]}, f"{P}.eq: found a list of 1; allowed: a text"),
    ("scalar for a list", {"field": "region", "in": "a"}, f"{P}.in: found 'a' (text); allowed: a list of at least one value"),
    ("empty list", {"field": "region", "in": []}, f"{P}.in: found a list of 0; allowed: a list of at least one value: [a, b]."),
    ("null in a list", {"field": "region", "not_in": ["a", None]}, f"{P}.not_in[1]: found nothing (null)"),
    ("null value", {"field": "region", "eq": None}, f"{P}.eq: found nothing (null); allowed: a value (for a missing one write is_null: true)."),
    ("between reversed", {"field": "age_years", "between": [29, 18]}, f"{P}.between: found 29 before 18; allowed: two values, the lower first"),
    ("between of three", {"field": "age_years", "between": [1, 2, 3]}, f"{P}.between: found a list of 3"),
    ("between dates reversed", {"field": "last_order_date", "between": ["2026-02-01", "2026-01-01"]}, f"{P}.between: found 2026-02-01 before 2026-01-01"),
    ("empty text", {"field": "region", "contains": ""}, f"{P}.contains: found an empty text"),
    ("NUL in a text", {"field": "region", "eq": "a\0b"}, f"{P}.eq: found 'a b' (text); allowed: a text of at most 4000 characters without NUL"),
    ("very long text", {"field": "region", "eq": "x" * 4001}, f"{P}.eq: found 'xxx"),
    ("is_null false", {"field": "region", "is_null": False}, f"{P}.is_null: found false (a boolean"),
    ("unknown period", {"field": "last_order_date", "in_last": "6 fortnights"}, f"{P}.in_last: found '6 fortnights' (text); allowed: a period"),
    ("period of nothing", {"field": "last_order_date", "in_last": "0 days"}, f"{P}.in_last: found '0 days' (text)"),
    ("period without unit", {"field": "last_order_date", "in_last": 30}, f"{P}.in_last: found 30 (a number)"),
    ("period too long", {"field": "last_order_date", "more_than_ago": "101 years"}, f"{P}.more_than_ago: found '101 years' (text)"),
    ("case misspelt", {"field": "region", "contains": "a", "case": "exact"}, f"{P}.case: found 'exact' (text); allowed: sensitive"),
    ("case beside eq", {"field": "region", "eq": "a", "case": "sensitive"}, f"{P}.case: found case beside eq"),
    ("on_null is text", {"field": "region", "neq": "a", "on_null": "yes"}, f"{P}.on_null: found 'yes' (text)"),
    ("on_null beside is_null", {"field": "region", "is_null": True, "on_null": True}, f"{P}.on_null: found on_null beside is_null"),
    ("pattern open bracket", {"field": "region", "matches": "(a"}, f"{P}.matches: found a '(' without its ')'"),
    ("pattern close bracket", {"field": "region", "matches": "a)"}, f"{P}.matches: found a ')' without its '('"),
    ("pattern repeat", {"field": "region", "matches": "a|*"}, f"{P}.matches: found '*' with nothing to repeat"),
    ("pattern double repeat", {"field": "region", "matches": "a{2}{3}"}, "found '{3}' with nothing to repeat"),
    ("pattern large repeat", {"field": "region", "matches": "(a{100}){100}"}, "reversed or above 1000 in all"),
    ("pattern class", {"field": "region", "matches": "[z-a]"}, f"{P}.matches: found a reversed range 'z-a'"),
    ("pattern look-ahead", {"field": "region", "matches": "a(?=b)"}, f"{P}.matches: found '?' with nothing to repeat"),
    ("pattern escape", {"field": "region", "matches": "\\d+"}, f"{P}.matches: found"),
]  # fmt: skip

HOSTILE: list[str] = [
    "'; drop table x; --", "' or '1'='1", "\\", "\\'", "'", "''", '"', "--", "/* */", "*/ select 1 /*",
    "{{ 1 + 1 }}", "{% raw %}", "{# note #}", "${HOME}", "%s", "%(x)s", "a\nb; select 1", "a\rb", "tab\there",
    "\u2019; drop", "\u02bc or 1", "\uff07 or 1", "zażółć", "😀", "\u202edesrever", "\u200b", "\u2028line",
    "$$", "$tag$", "E'\\x27'", ";", "null", "NULL", "true", "1e309", "@v", "@c", "@d", "x" * 4000,
    "2026-01-01' as date) --", "in_everybody", "? ?", ":name", "`", "[1]", "\u0301",
]  # fmt: skip
