# ruff: noqa: E501 - a case is one line, as its message is.
"""Catalogues with one mistake each and what the message says, and values that try to be SQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
# of the catalogue; the message)
MISTAKES: list[tuple[str, Any, str]] = [
    ("catalogue is no list", lambda _: {"a": 1}, "Segment catalogue, segments: found a mapping (a); allowed: a list of segments."),
    ("segment is no mapping", lambda _: ["vip"], "Segment #1, segment: found 'vip' (text); allowed: a mapping with name, description, layer and rule."),
    ("unknown key", {"ownr": "x"}, "Segment sample, segment: found key 'ownr'; allowed: name, label, description, layer, goal, owner, priority, reach, size, holdout, exclude, for_each, rule. Did you mean owner?"),
    ("no name", without("name"), "Segment #1, segment: found no name; allowed: every segment has name, description, layer and rule."),
    ("no description", without("description"), "Segment sample, segment: found no description; allowed: every segment has name, description, layer and rule."),
    ("no layer", without("layer"), "Segment sample, segment: found no layer; allowed: every segment has name, description, layer and rule."),
    ("no rule", without("rule"), "Segment sample, segment: found no rule; allowed: every segment has name, description, layer and rule."),
    ("bad name", {"name": "Big Spenders"}, "Segment #1, name: found 'Big Spenders' (text); allowed: snake_case: small letters, digits and single _, a letter first, at most 60."),
    ("name is SQL", {"name": "a; drop table x"}, "Segment #1, name: found 'a; drop table x' (text); allowed: snake_case: small letters, digits and single _, a letter first, at most 60."),
    ("name ends in a line break", {"name": "vip\n"}, "Segment #1, name: found 'vip ' (text); allowed: snake_case: small letters, digits and single _, a letter first, at most 60."),
    ("duplicate name", twice, "Segment sample, name: found a second segment of this name; allowed: each name once."),
    ("bad layer", {"layer": "strategy"}, "Segment sample, layer: found 'strategy' (text); allowed: strategic, derived, micro. Did you mean strategic?"),
    ("bad goal", {"goal": "winback"}, "Segment sample, goal: found 'winback' (text); allowed: acquisition, conversion, growth, retention, win_back, research. Did you mean win_back?"),
    ("bad reach", {"reach": "fax"}, "Segment sample, reach: found 'fax' (text); allowed: email, sms, push, ads."),
    ("blank description", {"description": "  "}, "Segment sample, description: found '  ' (text); allowed: a text that is not blank."),
    ("priority is text", {"priority": "1"}, "Segment sample, priority: found '1' (text); allowed: a whole number from 0 to 1000000 (lowest wins; equal ones go by name)."),
    ("priority is true", {"priority": True}, "Segment sample, priority: found true (a boolean; words such as no, yes, on and off need quotes); allowed: a whole number from 0 to 1000000 (lowest wins; equal ones go by name)."),
    ("size share above one", {"size": {"max_share": 40}}, "Segment sample, size.max_share: found 40 (a number); allowed: a share above 0 and at most 1."),
    ("size key", {"size": {"minimum": 4}}, "Segment sample, size: found key 'minimum'; allowed: min, max_share."),
    ("holdout without salt", {"holdout": {"percent": 5}}, "Segment sample, holdout.salt: found nothing (null); allowed: a text; it stays the same for as long as the holdout does."),
    ("holdout percent", {"holdout": {"percent": 100, "salt": "x"}}, "Segment sample, holdout.percent: found 100 (a number); allowed: a number above 0 and below 100."),
    ("rule is text", {"rule": "region = 'a'"}, "Segment sample, rule: found 'region = 'a'' (text); allowed: a mapping with one of all, any, not, field, event, sequence, segment, list, sample."),
    ("rule is empty", {"rule": {}}, "Segment sample, rule: found an empty mapping; allowed: a mapping with one of all, any, not, field, event, sequence, segment, list, sample."),
    ("rule of two kinds", {"rule": {"all": [NESTED], "any": [NESTED]}}, "Segment sample, rule: found keys all, any; allowed: exactly one of all, any, not, field, event, sequence, segment, list, sample (operators stand beside field)."),
    ("rule kind misspelt", {"rule": {"al": []}}, "Segment sample, rule: found keys al; allowed: exactly one of all, any, not, field, event, sequence, segment, list, sample (operators stand beside field). Did you mean all?"),
    ("too deep", {"rule": NESTED}, "Segment sample, rule.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not.not: found a rule more than 20 levels deep; allowed: at most 20."),
    ("empty all", {"rule": {"all": []}}, "Segment sample, rule.all: found a list of 0; allowed: a list of at least one condition."),
    ("any is a mapping", {"rule": {"any": {"field": "plan", "eq": "a"}}}, "Segment sample, rule.any: found a mapping (field, eq); allowed: a list of at least one condition."),
    ("not is a list", {"not": [{"field": "plan", "eq": "a"}]}, "Segment sample, rule.all[1].not: found a list of 1; allowed: a mapping with one of all, any, not, field, event, sequence, segment, list, sample."),
    ("unknown field", {"field": "regoin", "eq": "a"}, "Segment sample, rule.all[1].field: found 'regoin' (text); allowed: a column of customers (see models/marts/customers.yml), location or attributes.x. Did you mean region?"),
    ("field is SQL", {"field": "region) or (1=1", "eq": "a"}, "Segment sample, rule.all[1].field: found 'region) or (1=1' (text); allowed: a column of customers (see models/marts/customers.yml), location or attributes.x."),
    ("primary_segment", {"field": "primary_segment", "eq": "a"}, "Segment sample, rule.all[1].field: found primary_segment; allowed: any other column of customers (this one is computed from the segments)."),
    ("bare attributes", {"field": "attributes", "eq": "a"}, "Segment sample, rule.all[1].field: found 'attributes' (text); allowed: attributes.x, where x is letters, digits and _ (a.b for a nested key)."),
    ("attribute path is SQL", {"field": "attributes.x') --", "eq": "a"}, "Segment sample, rule.all[1].field: found 'attributes.x') --' (text); allowed: attributes.x, where x is letters, digits and _ (a.b for a nested key)."),
    ("no operator", {"field": "region"}, "Segment sample, rule.all[1]: found no operator; allowed: eq, neq, lt, lte, gt, gte, between, in, not_in, contains, not_contains, starts_with, ends_with, matches, not_matches, has_any, has_all, has_none, is_null, is_not_null, is_blank, before, after, on, in_last, in_next, more_than_ago, between_ago, this, last, next, anniversary_in, within_km."),
    ("unknown operator", {"field": "region", "equals": "a"}, "Segment sample, rule.all[1]: found operator 'equals'; allowed: eq, neq, lt, lte, gt, gte, between, in, not_in, contains, not_contains, starts_with, ends_with, matches, not_matches, has_any, has_all, has_none, is_null, is_not_null, is_blank, before, after, on, in_last, in_next, more_than_ago, between_ago, this, last, next, anniversary_in, within_km. Did you mean eq?"),
    ("synonym", {"field": "monetary", ">=": 5}, "Segment sample, rule.all[1]: found operator '>='; allowed: eq, neq, lt, lte, gt, gte, between, in, not_in, contains, not_contains, starts_with, ends_with, matches, not_matches, has_any, has_all, has_none, is_null, is_not_null, is_blank, before, after, on, in_last, in_next, more_than_ago, between_ago, this, last, next, anniversary_in, within_km. Did you mean gte?"),
    ("operator on text", {"field": "region", "gt": "a"}, "Segment sample, rule.all[1].gt: found gt on region (text); allowed: eq, neq, in, not_in, contains, not_contains, starts_with, ends_with, matches, not_matches, is_null, is_not_null, is_blank."),
    ("operator on number", {"field": "monetary", "contains": "5"}, "Segment sample, rule.all[1].contains: found contains on monetary (number); allowed: eq, neq, lt, lte, gt, gte, between, in, not_in, is_null, is_not_null."),
    ("operator on boolean", {"field": "email_consent", "in": [True]}, "Segment sample, rule.all[1].in: found in on email_consent (boolean); allowed: eq, neq, is_null, is_not_null."),
    ("operator on date", {"field": "last_order_date", "is_blank": True}, "Segment sample, rule.all[1].is_blank: found is_blank on last_order_date (date); allowed: eq, neq, lt, lte, gt, gte, between, in, not_in, is_null, is_not_null, before, after, on, in_last, in_next, more_than_ago, between_ago, this, last, next, anniversary_in."),
    ("text for a number", {"field": "monetary", "gt": "5000"}, "Segment sample, rule.all[1].gt: found '5000' (text); allowed: a number (no quotes; at most 15 digits before the point and 10 after it)."),
    ("boolean for a number", {"field": "monetary", "eq": True}, "Segment sample, rule.all[1].eq: found true (a boolean; words such as no, yes, on and off need quotes); allowed: a number (no quotes; at most 15 digits before the point and 10 after it)."),
    ("infinite number", {"field": "monetary", "lt": float("inf")}, "Segment sample, rule.all[1].lt: found inf (a number); allowed: a number (no quotes; at most 15 digits before the point and 10 after it)."),
    ("not a number", {"field": "monetary", "lt": float("nan")}, "Segment sample, rule.all[1].lt: found nan (a number); allowed: a number (no quotes; at most 15 digits before the point and 10 after it)."),
    ("number too long", {"field": "monetary", "lt": 10**15}, "Segment sample, rule.all[1].lt: found 1000000000000000 (a number); allowed: a number (no quotes; at most 15 digits before the point and 10 after it)."),
    ("number too fine", {"field": "monetary", "lt": 1 / 3}, "Segment sample, rule.all[1].lt: found 0.3333333333333333 (a number); allowed: a number (no quotes; at most 15 digits before the point and 10 after it)."),
    ("Norway as a boolean", {"field": "country_code", "eq": False}, "Segment sample, rule.all[1].eq: found false (a boolean; words such as no, yes, on and off need quotes); allowed: a text (in quotes)."),
    ("number for a text", {"field": "postal_code", "eq": 950}, "Segment sample, rule.all[1].eq: found 950 (a number); allowed: a text (in quotes)."),
    ("number for a date", {"field": "last_order_date", "before": 2026}, "Segment sample, rule.all[1].before: found 2026 (a number); allowed: a calendar date YYYY-MM-DD without a time."),
    ("impossible date", {"field": "last_order_date", "on": "2026-02-30"}, "Segment sample, rule.all[1].on: found '2026-02-30' (text); allowed: a calendar date YYYY-MM-DD without a time."),
    ("date with SQL", {"field": "last_order_date", "on": "2026-02-01' --"}, "Segment sample, rule.all[1].on: found '2026-02-01' --' (text); allowed: a calendar date YYYY-MM-DD without a time."),
    ("date with a time", {"field": "created_at", "after": datetime(2026, 1, 1, 5)}, "Segment sample, rule.all[1].after: found 2026-01-01T05:00:00 (a time); allowed: a calendar date YYYY-MM-DD without a time."),
    ("text for a boolean", {"field": "email_consent", "eq": "true"}, "Segment sample, rule.all[1].eq: found 'true' (text); allowed: true or false (no quotes)."),
    ("list for a scalar", {"field": "region", "eq": ["a"]}, "Segment sample, rule.all[1].eq: found a list of 1; allowed: a text (in quotes)."),
    ("scalar for a list", {"field": "region", "in": "a"}, "Segment sample, rule.all[1].in: found 'a' (text); allowed: a list of at least one value: [a, b]."),
    ("empty list", {"field": "region", "in": []}, "Segment sample, rule.all[1].in: found a list of 0; allowed: a list of at least one value: [a, b]."),
    ("null in a list", {"field": "region", "not_in": ["a", None]}, "Segment sample, rule.all[1].not_in[1]: found nothing (null); allowed: a text (in quotes)."),
    ("null value", {"field": "region", "eq": None}, "Segment sample, rule.all[1].eq: found nothing (null); allowed: a value (for a missing one write is_null: true)."),
    ("between reversed", {"field": "age_years", "between": [29, 18]}, "Segment sample, rule.all[1].between: found 29 before 18; allowed: two values, the lower first: [low, high]."),
    ("between of three", {"field": "age_years", "between": [1, 2, 3]}, "Segment sample, rule.all[1].between: found a list of 3; allowed: two values, the lower first: [low, high]."),
    ("between dates reversed", {"field": "last_order_date", "between": ["2026-02-01", "2026-01-01"]}, "Segment sample, rule.all[1].between: found 2026-02-01 before 2026-01-01; allowed: two values, the lower first: [low, high]."),
    ("empty text", {"field": "region", "contains": ""}, "Segment sample, rule.all[1].contains: found an empty text; allowed: at least one character (for a blank field write is_blank: true)."),
    ("NUL in a text", {"field": "region", "eq": "a\0b"}, "Segment sample, rule.all[1].eq: found 'a b' (text); allowed: a text of at most 4000 characters without NUL or half a surrogate pair."),
    ("very long text", {"field": "region", "eq": "x" * 4001}, "Segment sample, rule.all[1].eq: found 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' (text); allowed: a text of at most 4000 characters without NUL or half a surrogate pair."),
    ("is_null false", {"field": "region", "is_null": False}, "Segment sample, rule.all[1].is_null: found false (a boolean; words such as no, yes, on and off need quotes); allowed: true (for the opposite use not:)."),
    ("unknown period", {"field": "last_order_date", "in_last": "6 fortnights"}, "Segment sample, rule.all[1].in_last: found '6 fortnights' (text); allowed: a period of at most 100 years, such as 30 days, 2 weeks, 6 months, 1 year."),
    ("period of nothing", {"field": "last_order_date", "in_last": "0 days"}, "Segment sample, rule.all[1].in_last: found '0 days' (text); allowed: a period of at most 100 years, such as 30 days, 2 weeks, 6 months, 1 year."),
    ("period without unit", {"field": "last_order_date", "in_last": 30}, "Segment sample, rule.all[1].in_last: found 30 (a number); allowed: a period of at most 100 years, such as 30 days, 2 weeks, 6 months, 1 year."),
    ("period too long", {"field": "last_order_date", "more_than_ago": "101 years"}, "Segment sample, rule.all[1].more_than_ago: found '101 years' (text); allowed: a period of at most 100 years, such as 30 days, 2 weeks, 6 months, 1 year."),
    ("case misspelt", {"field": "region", "contains": "a", "case": "exact"}, "Segment sample, rule.all[1].case: found 'exact' (text); allowed: sensitive or insensitive (the default)."),
    ("case beside eq", {"field": "region", "eq": "a", "case": "sensitive"}, "Segment sample, rule.all[1].case: found case beside eq; allowed: case beside contains, not_contains, starts_with, ends_with, matches, not_matches."),
    ("on_null is text", {"field": "region", "neq": "a", "on_null": "yes"}, "Segment sample, rule.all[1].on_null: found 'yes' (text); allowed: true or false."),
    ("on_null beside is_null", {"field": "region", "is_null": True, "on_null": True}, "Segment sample, rule.all[1].on_null: found on_null beside is_null; allowed: on_null beside a comparison with what may be unknown."),
    ("pattern open bracket", {"field": "region", "matches": "(a"}, "Segment sample, rule.all[1].matches: found a '(' without its ')'; allowed: a pattern of letters . ^ $ | ( ) [a-z] * + ? {2,5} and \\ before punctuation (no \\d, look-around or back references)."),
    ("pattern close bracket", {"field": "region", "matches": "a)"}, "Segment sample, rule.all[1].matches: found a ')' without its '('; allowed: a pattern of letters . ^ $ | ( ) [a-z] * + ? {2,5} and \\ before punctuation (no \\d, look-around or back references)."),
    ("pattern repeat", {"field": "region", "matches": "a|*"}, "Segment sample, rule.all[1].matches: found '*' with nothing to repeat; allowed: a pattern of letters . ^ $ | ( ) [a-z] * + ? {2,5} and \\ before punctuation (no \\d, look-around or back references)."),
    ("pattern double repeat", {"field": "region", "matches": "a{2}{3}"}, "Segment sample, rule.all[1].matches: found '{3}' with nothing to repeat; allowed: a pattern of letters . ^ $ | ( ) [a-z] * + ? {2,5} and \\ before punctuation (no \\d, look-around or back references)."),
    ("pattern large repeat", {"field": "region", "matches": "(a{100}){100}"}, "Segment sample, rule.all[1].matches: found a repeat '{100}' reversed or above 1000 in all; allowed: a pattern of letters . ^ $ | ( ) [a-z] * + ? {2,5} and \\ before punctuation (no \\d, look-around or back references)."),
    ("pattern class", {"field": "region", "matches": "[z-a]"}, "Segment sample, rule.all[1].matches: found a reversed range 'z-a'; allowed: a pattern of letters . ^ $ | ( ) [a-z] * + ? {2,5} and \\ before punctuation (no \\d, look-around or back references)."),
    ("pattern look-ahead", {"field": "region", "matches": "a(?=b)"}, "Segment sample, rule.all[1].matches: found '?' with nothing to repeat; allowed: a pattern of letters . ^ $ | ( ) [a-z] * + ? {2,5} and \\ before punctuation (no \\d, look-around or back references)."),
    ("pattern escape", {"field": "region", "matches": "\\d+"}, "Segment sample, rule.all[1].matches: found '\\d+' (text); allowed: a pattern of letters . ^ $ | ( ) [a-z] * + ? {2,5} and \\ before punctuation (no \\d, look-around or back references)."),
]  # fmt: skip

HOSTILE: list[str] = [
    "'; drop table x; --", "' or '1'='1", "\\", "\\'", "'", "''", '"', "--", "/* */", "*/ select 1 /*",
    "{{ 1 + 1 }}", "{% raw %}", "{# note #}", "${HOME}", "%s", "%(x)s", "a\nb; select 1", "a\rb", "tab\there",
    "\u2019; drop", "\u02bc or 1", "\uff07 or 1", "zażółć", "😀", "\u202edesrever", "\u200b", "\u2028line",
    "$$", "$tag$", "E'\\x27'", ";", "null", "NULL", "true", "1e309", "@v", "@c", "@d", "x" * 4000,
    "2026-01-01' as date) --", "in_everybody", "? ?", ":name", "`", "[1]", "\u0301",
    "@f and @u", "{{ var('segments') }}", "{%- do exit() -%}", "}}", "{a}", "\\n", "\\u0027", "a'||'b", "U&'\\0027'",
    "x'27'", "') or (1=1", "\x01\x1f\x7f", "\ufeff", "\u00a0", "K\u212a", "ß SS", "İi", "café cafe\u0301",
    "../../etc/passwd", "<script>alert(1)</script>", "true) --", "facts.value", "customers.customer_id", "0x27", "-", "1", "\U0001f1f5\U0001f1f1",
]  # fmt: skip
