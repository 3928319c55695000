# ruff: noqa: E501 - a case is one line, as its warning is.
"""Segments with what the linter warns of, and such as are close to that and mean something."""

from __future__ import annotations

from typing import Any


def field(name: str, **operators: Any) -> dict[str, Any]:
    """Return a condition on a field."""
    return {"field": name, **operators}


def event(name: str, **more: Any) -> dict[str, Any]:
    """Return a condition on events."""
    return {"event": name, **more}


def every(*parts: Any) -> dict[str, Any]:
    """Return an `all`."""
    return {"all": list(parts)}


def some(*parts: Any) -> dict[str, Any]:
    """Return an `any`."""
    return {"any": list(parts)}


NOBODY, EVERYONE = ", so nobody can be in the segment", ", so everyone is in the segment"
BOTH, ONE, MEANT = (
    "; change or remove one",
    "; change or remove it",
    "; if `all` was meant, write it",
)
KNOWN = "; if `all` or not_in was meant, write it; if not, is_not_null: true says it"
BASIC = field("plan", eq="Basic")
CATCH_ALL = field("customer_id", is_not_null=True)

# (name, rule, warnings from the path on)
WARNED: list[tuple[str, Any, list[str]]] = [
    # --- one field: nobody ---------------------------------------------------------------------------
    ("numbers", every(field("monetary", gt=5), BASIC, field("monetary", lt=3)), [f'rule.all[2].lt: "monetary is under 3" cannot hold beside rule.all[0].gt "monetary is over 5"{NOBODY}{BOTH}']),
    ("numbers_at_once", field("monetary", gt=5, lt=3), [f'rule.lt: "monetary is under 3" cannot hold beside rule.gt "monetary is over 5"{NOBODY}{BOTH}']),
    ("whole_numbers", field("age_years", gt=5, lt=6), [f'rule.lt: "age_years is under 6" cannot hold beside rule.gt "age_years is over 5"{NOBODY}{BOTH}']),
    ("half_a_year", field("age_years", eq=5.5), [f'rule.eq: "age_years is 5.5" is never true{NOBODY}{ONE}']),
    ("two_values", every(field("region", eq="a"), field("region", eq="b")), [f"""rule.all[1].eq: "region is 'b'" cannot hold beside rule.all[0].eq "region is 'a'"{NOBODY}{BOTH}"""]),
    ("lists", every(field("region", **{"in": ["a", "b"]}), field("region", **{"in": ["c"]})), [f"""rule.all[1].in: "region is one of 'c'" cannot hold beside rule.all[0].in "region is one of 'a', 'b'"{NOBODY}{BOTH}"""]),
    ("list_and_not", every(field("region", **{"in": ["a", "b"]}), field("region", not_in=["b", "a"])), [f"""rule.all[1].not_in: "region is none of 'a', 'b'" cannot hold beside rule.all[0].in "region is one of 'a', 'b'"{NOBODY}{BOTH}"""]),
    ("unknown_and_equal", every(field("region", is_null=True), field("region", eq="b")), [f"""rule.all[1].eq: "region is 'b'" cannot hold beside rule.all[0].is_null "region is unknown"{NOBODY}{BOTH}"""]),
    ("unknown_and_other", every(field("region", is_null=True), field("region", neq="b")), [f"""rule.all[1].neq: "region is not 'b'" cannot hold beside rule.all[0].is_null "region is unknown"{NOBODY}{BOTH}"""]),
    ("dates", every(field("last_order_date", before="2026-01-01"), field("last_order_date", after="2026-02-01")), [f'rule.all[1].after: "last_order_date is after 2026-02-01" cannot hold beside rule.all[0].before "last_order_date is before 2026-01-01"{NOBODY}{BOTH}']),
    ("dates_between", field("last_order_date", after="2026-01-01", before="2026-01-02"), [f'rule.before: "last_order_date is before 2026-01-02" cannot hold beside rule.after "last_order_date is after 2026-01-01"{NOBODY}{BOTH}']),
    ("moving_dates", every(field("last_order_date", in_last="30 days"), field("last_order_date", more_than_ago="6 months")), [f'rule.all[1].more_than_ago: "last_order_date is longer ago than 6 months" cannot hold beside rule.all[0].in_last "last_order_date is in the last 30 days"{NOBODY}{BOTH}']),
    ("years", every(field("first_order_date", this="year"), field("first_order_date", last="month"), field("first_order_date", last="year")), [f'rule.all[2].last: "first_order_date is in the last calendar year" cannot hold beside rule.all[0].this "first_order_date is in this year"{NOBODY}{BOTH}']),
    ("blank", every(field("city", is_blank=True), field("city", contains="x")), [f"""rule.all[1].contains: "city contains 'x'" cannot hold beside rule.all[0].is_blank "city is unknown or blank"{NOBODY}{BOTH}"""]),
    ("text_of_value", every(BASIC, field("plan", contains="PREM")), [f"""rule.all[1].contains: "plan contains 'PREM'" cannot hold beside rule.all[0].eq "plan is 'Basic'"{NOBODY}{BOTH}"""]),
    ("pattern_of_value", every(field("postal_code", eq="31-001"), field("postal_code", matches="^00-")), [f"""rule.all[1].matches: "postal_code matches '^00-'" cannot hold beside rule.all[0].eq "postal_code is '31-001'"{NOBODY}{BOTH}"""]),
    ("case_matters", every(field("city", starts_with="war", case="sensitive"), field("city", starts_with="Wars", case="sensitive")), [f"""rule.all[1].starts_with: "city starts with 'Wars' (case matters)" cannot hold beside rule.all[0].starts_with "city starts with 'war' (case matters)"{NOBODY}{BOTH}"""]),
    ("two_starts", every(field("city", starts_with="War"), field("city", starts_with="KR")), [f"""rule.all[1].starts_with: "city starts with 'KR'" cannot hold beside rule.all[0].starts_with "city starts with 'War'"{NOBODY}{BOTH}"""]),
    ("list_attribute", every(field("attributes.likes", has_any=["a", "b"]), field("attributes.likes", has_none=["a", "b", "c"])), [f"""rule.all[1].has_none: "attributes.likes has none of 'a', 'b', 'c'" cannot hold beside rule.all[0].has_any "attributes.likes has any of 'a', 'b'"{NOBODY}{BOTH}"""]),
    ("no_such_attribute", every(field("attributes.score", gte=3), field("attributes.score", is_null=True)), [f'rule.all[1].is_null: "attributes.score is unknown" cannot hold beside rule.all[0].gte "attributes.score is at least 3"{NOBODY}{BOTH}']),
    ("tier_spelling", field("value_tier", eq="a"), [f"""rule.eq: "value_tier is 'a'" is never true (value_tier is one of A, B, C, none){NOBODY}{ONE}"""]),
    ("never_unknown", field("lifecycle_stage", is_null=True), [f'rule.is_null: "lifecycle_stage is unknown" is never true (lifecycle_stage is always known){NOBODY}{ONE}']),
    ("near", every(field("location", within_km={"latitude": 52, "longitude": 21, "km": 5}), field("latitude", is_null=True)), [f'rule.all[1].is_null: "latitude is unknown" cannot hold beside rule.all[0].within_km "location is within 5 km of 52, 21"{NOBODY}{BOTH}']),
    # --- one field: everyone -------------------------------------------------------------------------
    ("two_negatives", some(field("region", neq="a"), field("region", neq="b")), [f"""rule.any[1].neq: "region is not 'b'" or rule.any[0].neq "region is not 'a'" holds for everyone whose region is known{KNOWN}"""]),
    ("two_negatives_on_null", some(field("region", neq="a"), field("region", neq="b", on_null=True)), [f"""rule.any[1].neq: "region is not 'b' (or unknown)" or rule.any[0].neq "region is not 'a'" holds for everyone{EVERYONE}{MEANT}"""]),
    ("all_numbers", some(field("monetary", gt=5), field("monetary", lte=5)), [f'rule.any[1].lte: "monetary is at most 5" or rule.any[0].gt "monetary is over 5" holds for everyone whose monetary is known{KNOWN}']),
    ("all_numbers_or_none", some(field("monetary", gt=5), field("monetary", lte=5), field("monetary", is_null=True)), [f'rule.any[2].is_null: "monetary is unknown" or rule.any[0].gt "monetary is over 5" or rule.any[1].lte "monetary is at most 5" holds for everyone{EVERYONE}{MEANT}']),
    ("all_tiers", some(field("value_tier", **{"in": ["A", "B"]}), field("value_tier", **{"in": ["none", "C"]})), [f"""rule.any[1].in: "value_tier is one of 'C', 'none'" or rule.any[0].in "value_tier is one of 'A', 'B'" holds for everyone{EVERYONE}{MEANT}"""]),
    ("only_unknown", every(field("region", eq="a", on_null=True), field("region", eq="b", on_null=True)), ["""rule.all[1].eq: "region is 'b' (or unknown)" beside rule.all[0].eq "region is 'a' (or unknown)" holds only where region is unknown; if that is meant, write is_null: true"""]),
    # --- parts that change nothing -------------------------------------------------------------------
    ("implied", every(field("monetary", gt=5), field("monetary", gt=3)), [f'rule.all[1].gt: "monetary is over 3" adds nothing: it holds wherever rule.all[0].gt "monetary is over 5" does{ONE}']),
    ("implied_first", every(field("monetary", gt=3), field("monetary", gt=5)), [f'rule.all[0].gt: "monetary is over 3" adds nothing: it holds wherever rule.all[1].gt "monetary is over 5" does{ONE}']),
    ("repeated", some(field("region", eq="a"), BASIC, field("region", eq="a")), [f"""rule.any[2].eq: "region is 'a'" repeats rule.any[0].eq{ONE}"""]),
    ("covered", some(field("region", **{"in": ["a", "b"]}), field("region", eq="a")), [f"""rule.any[1].eq: "region is 'a'" adds nothing: rule.any[0].in "region is one of 'a', 'b'" holds wherever it does{ONE}"""]),
    ("absorbed", every(field("monetary", gt=5), some(field("monetary", gt=5), BASIC)), [f"""rule.all[1]: "monetary is over 5 or plan is 'Basic'" adds nothing: it holds wherever rule.all[0].gt "monetary is over 5" does{ONE}"""]),
    ("known_anyway", every(field("monetary", gt=5), field("monetary", is_not_null=True)), [f'rule.all[1].is_not_null: "monetary is known" adds nothing: it holds wherever rule.all[0].gt "monetary is over 5" does{ONE}']),
    ("starts", every(field("city", starts_with="War"), field("city", contains="ar")), [f"""rule.all[1].contains: "city contains 'ar'" adds nothing: it holds wherever rule.all[0].starts_with "city starts with 'War'" does{ONE}"""]),
    ("dead_branch", every(field("region", neq="a"), some(field("region", eq="a"), BASIC)), [f"""rule.all[1].any[0].eq: "region is 'a'" cannot hold beside rule.all[0].neq "region is not 'a'"{ONE}"""]),
    ("always_inside", every(BASIC, CATCH_ALL), [f'rule.all[1].is_not_null: "customer_id is known" is always true (customer_id is always known){ONE}']),
    # --- not ---------------------------------------------------------------------------------------------
    ("not_of_not", {"not": {"not": field("region", eq="q")}}, ["rule: not of not is neither; leave both out"]),
    ("not_itself", every(field("region", eq="a"), {"not": field("region", eq="a")}), [f"""rule.all[1].not.eq: "not (region is 'a')" cannot hold beside rule.all[0].eq "region is 'a'"{NOBODY}{BOTH}"""]),
    ("or_not_itself", some(BASIC, {"not": BASIC}), [f"""rule.any[1].not.eq: "not (plan is 'Basic')" or rule.any[0].eq "plan is 'Basic'" holds for everyone{EVERYONE}{MEANT}"""]),
    ("inside_not", {"not": every(field("monetary", gt=5), field("monetary", lt=3))}, ['rule.not.all[1].lt: "monetary is under 3" cannot hold beside rule.not.all[0].gt "monetary is over 5"; change or remove one', "rule: everyone is in the segment; if that is meant, write {field: customer_id, is_not_null: true}"]),
    # --- events ------------------------------------------------------------------------------------------
    ("count_zero", event("email_sent", count={"gte": 0}), [f'rule.count.gte: "number of email_sent is at least 0" is always true{EVERYONE}{ONE}']),
    ("count_under_zero", event("email_sent", count={"lt": 0}), [f'rule.count.lt: "number of email_sent is under 0" is never true{NOBODY}{ONE}']),
    ("days_since_none", event("email_sent", days_since={"eq": 0}), [f'rule.days_since.eq: "days since the last email_sent is 0" is never true{NOBODY}{ONE}']),
    ("days_since_window", event("email_sent", days_since={"gt": 30}, in_last="30 days"), [f'rule.days_since.gt: "days since the last email_sent in the last 30 days is over 30" is never true{NOBODY}{ONE}']),
    ("mailed_or_not", every(event("email_sent", in_last="7 days"), event("email_sent", days_since={"gte": 30})), [f'rule.all[1].days_since.gte: "days since the last email_sent is at least 30" cannot hold beside rule.all[0] "at least one email_sent in the last 7 days"{NOBODY}{BOTH}']),
    ("nested_windows", every(event("email_sent", in_last="7 days"), event("email_sent", in_last="30 days")), [f'rule.all[1]: "at least one email_sent in the last 30 days" adds nothing: it holds wherever rule.all[0] "at least one email_sent in the last 7 days" does{ONE}']),
    ("narrower_where", every(event("order_placed", where=[field("net_amount", gt=100)], in_last="1 week"), event("order_placed", never=True)), [f'rule.all[1]: "no order_placed" cannot hold beside rule.all[0] "at least one order_placed where net_amount is over 100 in the last 1 week"{NOBODY}{BOTH}']),
    ("never_and_since", every(event("email_clicked", never=True), event("email_clicked", days_since={"gte": 3})), [f'rule.all[1].days_since.gte: "days since the last email_clicked is at least 3" cannot hold beside rule.all[0] "no email_clicked"{NOBODY}{BOTH}']),
    ("stopped_lately", every(event("email_clicked", stopped="90 days"), event("email_clicked", in_last="30 days")), [f'rule.all[1]: "at least one email_clicked in the last 30 days" cannot hold beside rule.all[0].stopped "once email_clicked but none in the last 90 days"{NOBODY}{BOTH}']),
    ("first_and_before", every(event("order_placed", first_time="30 days"), event("order_placed", between_ago=["90 days", "60 days"])), [f'rule.all[1]: "at least one order_placed between 90 days and 60 days ago" cannot hold beside rule.all[0].first_time "first order_placed in the last 30 days"{NOBODY}{BOTH}']),
    ("smallest_over_largest", every(event("order_placed", min="net_amount", gt=100), event("order_placed", max="net_amount", lt=50)), [f'rule.all[1].lt: "largest net_amount of order_placed is under 50" cannot hold beside rule.all[0].gt "smallest net_amount of order_placed is over 100"{NOBODY}{BOTH}']),
    ("sequence_without", every({"sequence": ["product_added", {"not": "order_placed"}], "within": "1 day"}, event("product_added", never=True)), [f'rule.all[1]: "no product_added" cannot hold beside rule.all[0] "(product_added, then not order_placed within 1 day)"{NOBODY}{BOTH}']),
    ("where_clash", event("page_viewed", where=[field("value", gt=5, lt=3)]), [f'rule: "at least one page_viewed where value is over 5 and value is under 3" is never true (no event can meet "value gt 5" and "value lt 3"){NOBODY}{ONE}']),
    ("where_idle", event("page_viewed", where=[field("value", gt=5), field("value", gt=3)]), ['rule.where: "value gt 3" adds nothing to the conditions beside it; change or remove it']),
    ("future_window", event("page_viewed", after="2999-01-01"), ["rule: the window begins on 2999-01-02 and the as-of date is TODAY: it is empty; it fills from 2999-01-02 on; move it if that is late"]),
    ("misspelt_event", every(event("email_opend"), event("ProductViewed")), ["rule.all[0]: no standard event is called 'email_opend'; did you mean email_opened?", "rule.all[1]: no standard event is called 'ProductViewed'; did you mean product_viewed?"]),
    # --- samples and lists -------------------------------------------------------------------------------
    ("samples", every({"sample": {"percent": 10, "salt": "x"}}, {"sample": {"percent": 20, "salt": "x"}}), [f'rule.all[1].sample: "in a sample of 20 percent by x" adds nothing: it holds wherever rule.all[0].sample "in a sample of 10 percent by x" does{ONE}']),
    ("not_the_list", every({"list": "staff"}, {"not": {"list": "staff"}}), [f'rule.all[1].not.list: "not (in list staff)" cannot hold beside rule.all[0].list "in list staff"{NOBODY}{BOTH}']),
]  # fmt: skip

# Rules that resemble those and say something: the linter must keep still.
SILENT: dict[str, Any] = {
    "open_interval": field("monetary", gt=5, lt=6),
    "negatives_of_all": every(field("region", neq="a"), field("region", neq="b")),
    "negatives_of_two": some(field("region", neq="a"), field("plan", neq="b")),
    "unknown_is_fine": some(field("region", eq="b"), field("region", is_null=True)),
    "month_or_thirty_days": every(field("last_order_date", in_last="1 month"), field("last_order_date", in_last="30 days")),
    "fixed_and_moving": every(field("last_order_date", in_last="30 days"), field("last_order_date", before="2020-01-01")),
    "cases": every(field("city", contains="war", case="sensitive"), field("city", contains="WAR", case="sensitive")),
    "letters_of_two_alphabets": every(field("city", contains="Ł"), field("city", contains="ł", case="sensitive")),
    "attribute_of_two_kinds": every(field("attributes.score", gt=5), field("attributes.score", neq="6")),
    "flag_neither": every(field("attributes.flag", neq=True), field("attributes.flag", neq=False)),
    "list_of_two": every(field("attributes.likes", has_any=["a", "b"]), field("attributes.likes", has_none=["b"])),
    "month_week": every(field("created_date", this="week"), field("created_date", last="month")),
    "birthday_soon": every(field("birth_date", anniversary_in="7 days"), field("birth_date", before="2000-01-01")),
    "not_lately": every(event("email_sent"), {"not": event("email_sent", in_last="7 days")}),
    "since_a_month": every(event("email_sent", days_since={"gte": 30}), event("email_sent", in_last="1 month")),
    "since_thirty": every(event("email_sent", days_since={"gte": 30}), event("email_sent", in_last="30 days")),
    "two_wheres": every(event("page_viewed", where=[field("category", eq="bags")]), {"not": event("page_viewed", where=[field("category", eq="shoes")])}),
    "sum_under_zero": event("order_placed", sum="net_amount", lt=0),
    "first_and_last": every(event("page_viewed", first="category", eq="bags"), event("page_viewed", last="category", eq="shoes")),
    "own_event": event("museum_visited", count={"gte": 2}),
    "past_window": event("order_placed", between=["2025-11-24", "2025-12-02"]),
    "other_list": every({"list": "staff"}, {"not": {"list": "testers"}}),
    "other_sample": every({"sample": {"percent": 10, "salt": "x"}}, {"sample": {"percent": 20, "salt": "y"}}),
}  # fmt: skip


def member(name: str, **more: Any) -> dict[str, Any]:
    """Return a condition on membership."""
    return {"segment": name, **more}


# Catalogues of their own: (name, segments without header, warnings of each).
TOGETHER: list[tuple[str, list[dict[str, Any]], list[str]]] = [
    (
        "references",
        [
            {"name": "basic", "rule": BASIC},
            {"name": "basic_too", "rule": member("basic")},
            {"name": "premium", "rule": every(member("basic"), field("plan", eq="Premium"))},
            {"name": "stays", "rule": every(member("basic", entered_within="7 days"), member("basic", entered_within="30 days"))},
            {"name": "gone", "rule": every(member("basic"), member("basic", exited_within="30 days"))},
        ],
        [
            "Segment basic_too, rule: it has the same members as segment basic, whatever the data; keep one, or say how they differ",
            f"""Segment gone, rule.all[1].exited_within: "left basic within 30 days" cannot hold beside rule.all[0].segment "in segment basic"{NOBODY}{BOTH}""",
            f"""Segment premium, rule.all[1].eq: "plan is 'Premium'" cannot hold beside rule.all[0].segment "in segment basic"{NOBODY}{BOTH}""",
            f"""Segment stays, rule.all[1].entered_within: "entered basic within 30 days" adds nothing: it holds wherever rule.all[0].entered_within "entered basic within 7 days" does{ONE}""",
        ],
    ),
    (
        "exclusions",
        [
            {"name": "basic", "rule": BASIC},
            {"name": "idle", "rule": field("plan", eq="B"), "exclude": [member("basic"), field("monetary", lt=3)]},
            {"name": "nobody", "rule": field("plan", eq="B"), "exclude": [field("plan", **{"in": ["B", "C"]})]},
        ],
        [
            f"""Segment idle, exclude[0].segment: "in segment basic" excludes nobody whom rule.eq "plan is 'B'" lets in{ONE}""",
            f"""Segment nobody, exclude[0].in: "plan is one of 'B', 'C'" excludes everyone whom rule.eq "plan is 'B'" lets in{NOBODY}{BOTH}""",
        ],
    ),
    (
        "primary",
        [
            {"name": "a_first", "rule": BASIC, "priority": 1},
            {"name": "b_same_number", "rule": field("monetary", gt=3), "priority": 1},
            {"name": "c_apart", "rule": field("plan", eq="Premium"), "priority": 2},
            {"name": "d_apart", "rule": BASIC, "priority": 2, "exclude": [field("city", eq="x")]},
            {"name": "e_all", "rule": CATCH_ALL, "priority": 5},
            {"name": "f_late", "rule": field("plan", eq="Pro"), "priority": 6},
        ],
        [
            "Segment b_same_number, priority: segment a_first has priority 1 too: the name decides; give each its own",
            "Segment d_apart, priority: it is nobody's primary segment: a_first comes first; give it a lower number, or no priority",
            "Segment f_late, priority: it is nobody's primary segment: e_all comes first; give it a lower number, or no priority",
        ],
    ),
    (
        "holdouts",
        [
            {"name": "one", "rule": field("monetary", gt=3), "holdout": {"percent": 10, "salt": "s"}},
            {"name": "other", "rule": field("city", eq="x"), "holdout": {"percent": 10, "salt": "s"}},
            {"name": "apart", "rule": BASIC, "holdout": {"percent": 5, "salt": "t"}},
            {"name": "apart_too", "rule": field("plan", eq="Pro"), "holdout": {"percent": 5, "salt": "t"}},
            {"name": "everyone_out", "rule": {"sample": {"percent": 10, "salt": "u"}}, "holdout": {"percent": 10, "salt": "u"}},
        ],
        [
            "Segment everyone_out, holdout.salt: every member is held out: the rule draws by the same salt; give the holdout its own salt",
            "Segment one, holdout.salt: salt 's' is also that of other: the same customers are held out; give each its own, unless that is meant",
        ],
    ),
    (
        "expanded",
        [
            {"name": "likes_{what}", "rule": field("plan", eq="{what}"), "for_each": {"what": ["bags", "shoes"]}, "priority": 3},
            {"name": "worth_{least}", "rule": event("order_placed", count={"gte": "{least}"}), "for_each": {"least": [0, 1]}},
        ],
        [f'Segment worth_0, rule.count.gte: "number of order_placed is at least 0" is always true{EVERYONE}{ONE}'],
    ),
]  # fmt: skip
