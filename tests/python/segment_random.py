"""Random catalogues over the demo data: every construct of the language, mixed."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

Draw = random.Random
Rule = dict[str, Any]
PERIODS = ["1 day", "3 days", "10 days", "30 days", "2 weeks", "1 month", "6 months", "13 months"]
PERIODS += ["1 year", "2 years"]
UNITS = ["day", "week", "month", "quarter", "year"]
TEXT_FIELDS = {
    "region": ["mazowieckie", "slaskie", "lodzkie", "Berlin"],
    "plan": ["Basic", "Premium", "premium"],
    "language": ["pl", "de", "en"],
    "lifecycle_stage": ["churned", "active", "prospect"],
    "company_industry": ["retail", "education"],
    "attributes.device": ["mobile", "desktop", "tablet"],
}
NUMBER_FIELDS = {
    "monetary": [0, 100, 999.99, 5000],
    "frequency": [0, 1, 2, 5],
    "age_years": [18, 30, 44.5, 65],
    "latitude": [50, 52.2297],
    "attributes.loyalty_points": [27, 500, 1000.5],
}
DATE_FIELDS = ["created_at", "created_date", "last_order_date", "birth_date"]
DATE_FIELDS += ["attributes.next_review_date"]
BOOLEAN_FIELDS = ["email_consent", "is_sms_reachable"]
LIST_FIELDS = {"attributes.interests": ["music", "sport", "travel"], "attributes.values": ["price"]}
# Columns of every kind of event that the demo fills, with values to compare them with.
EVENT_TEXTS: dict[str, dict[str, list[str]]] = {
    "product_viewed": {
        "category": ["bags", "books", "toys"], "channel": ["web", "app"],
        "product.brand": ["Tatra", "tatra", "Kora"], "product.category": ["bags", "shoes"],
        "product.product_name": ["Eco", "bag"],
    },
    "product_added": {"channel": ["web", "app"], "product.brand": ["Lumen", "Mewa"]},
    "email_sent": {"campaign_id": ["camp_0150", "camp_0101"], "channel": ["email"]},
    "email_clicked": {"properties.link": ["offer", "blog", "BLOG"]},
    "session_started": {"properties.device": ["mobile", "desktop"], "channel": ["web"]},
    "support_ticket_opened": {"properties.topic": ["refund", "delivery"]},
    "lesson_completed": {"properties.course": ["beginner", "advanced"], "category": ["courses"]},
    "survey_answered": {"properties.survey": ["nps", "city"]},
    "subscription_started": {"properties.plan": ["Basic", "Premium"]},
    "order_placed": {"channel": ["web", "app", "store"], "status": ["completed", "pending"],
                     "coupon_code": ["BLACKFRIDAY10", "save10"]},
    "order_refunded": {"channel": ["web", "store"]},
    "product_purchased": {"category": ["bags", "books"], "product.brand": ["Tatra", "Orzel"],
                          "coupon_code": ["SAVE10"]},
}  # fmt: skip
EVENT_NUMBERS: dict[str, dict[str, list[Any]]] = {
    "product_viewed": {"product.unit_price": [50, 99.99, 400], "days_until_restock": [0, 30]},
    "product_added": {"value": [50, 227.59, 1000], "product.unit_cost": [20, 80]},
    "lesson_completed": {"value": [50, 90], "properties.progress": [50, 99.5]},
    "survey_answered": {"value": [3, 8], "properties.city_rating": [5, 8]},
    "subscription_started": {"value": [49]},
    "order_placed": {"net_amount": [50, 300, 2000], "discount_amount": [0, 20], "value": [500]},
    "order_refunded": {"net_amount": [50, 300], "value": [100]},
    "product_purchased": {"quantity": [1, 2], "unit_price": [50, 200], "value": [100, 999.99],
                          "product.unit_price": [99.99], "unit_cost": [40]},
}  # fmt: skip
EVENT_DATES = ["occurred_at", "product.restocked_at"]


def any_period(draw: Draw) -> str:
    """Return a period."""
    return draw.choice(PERIODS)


def two_days(draw: Draw, day: date) -> list[str]:
    """Return two different days of the history, the earlier first."""
    places = sorted(draw.sample(range(1, 700), 2), reverse=True)
    return [(day - timedelta(days=place)).isoformat() for place in places]


def two_periods(draw: Draw) -> list[str]:
    """Return two periods, the longer first on every day of the calendar."""
    return draw.choice(
        [
            ["30 days", "3 days"],
            ["2 years", "6 months"],
            ["1 year", "1 month"],
            ["3 weeks", "1 day"],
        ]
    )


def with_on_null(draw: Draw, leaf: Rule) -> Rule:
    """Return a leaf, sometimes with on_null."""
    return {**leaf, "on_null": draw.random() < 0.8} if draw.random() < 0.3 else leaf


def text_comparison(draw: Draw, values: list[str]) -> Rule:
    """Return a comparison of a text."""
    value = draw.choice(values)
    operator = draw.choice(
        ["eq", "neq", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with"]
        + ["matches", "not_matches"]
    )
    if operator in ("in", "not_in"):
        return {operator: draw.sample(values, draw.randint(1, len(values)))}
    if operator in ("eq", "neq"):
        return {operator: value}
    part = {"starts_with": value[:2], "ends_with": value[-2:]}.get(operator, value[1:4] or value)
    if operator in ("matches", "not_matches"):
        part = draw.choice([f"^{value[:1]}", "[aeiou]{2}", f"({value[-2:]}|x)$", "^.{3,6}$"])
    return {operator: part} | ({"case": "sensitive"} if draw.random() < 0.4 else {})


def number_comparison(draw: Draw, values: list[Any], *, is_beside: bool = False) -> Rule:
    """Return a comparison of a number; beside an aggregate `between` would be a window."""
    low, high = sorted(draw.choices(values, k=2))
    operators: dict[str, Any] = dict.fromkeys(("eq", "neq", "lt", "lte", "gt", "gte"), low)
    operators |= {"in": values, "not_in": [low]}
    if not is_beside:
        operators["between"] = [low, high]
    operator = draw.choice(list(operators))
    found = {operator: operators[operator]}
    return found | {"lte": high + 100} if operator == "gte" and draw.random() < 0.4 else found


def date_comparison(draw: Draw, day: date) -> Rule:
    """Return a comparison of a date."""
    low, high = two_days(draw, day)
    operators: dict[str, Any] = dict.fromkeys(("before", "after", "lt", "gte", "on", "neq"), low)
    operators |= {"between": [low, high], "in": [low, high], "not_in": [low, high]}
    operators |= dict.fromkeys(("in_last", "in_next", "more_than_ago"), any_period(draw))
    operators |= dict.fromkeys(("this", "last", "next"), draw.choice(UNITS))
    operators |= {"between_ago": two_periods(draw)}
    operators |= {"anniversary_in": draw.choice(["1 day", "10 days", "2 months", "1 year"])}
    operator = draw.choice(list(operators))
    return {operator: operators[operator]}


def field_leaf(draw: Draw, day: date) -> Rule:
    """Return a condition on a field."""
    kind = draw.choice(["text", "number", "date", "boolean", "list", "presence", "place"])
    if kind == "place":
        centre = {"latitude": 52.2297, "longitude": 21.0122, "km": draw.choice([1, 15.5, 250])}
        return with_on_null(draw, {"field": "location", "within_km": centre})
    if kind == "text":
        name = draw.choice(list(TEXT_FIELDS))
        return with_on_null(draw, {"field": name, **text_comparison(draw, TEXT_FIELDS[name])})
    if kind == "number":
        name = draw.choice(list(NUMBER_FIELDS))
        return with_on_null(draw, {"field": name, **number_comparison(draw, NUMBER_FIELDS[name])})
    if kind == "date":
        return with_on_null(draw, {"field": draw.choice(DATE_FIELDS), **date_comparison(draw, day)})
    if kind == "boolean":
        operator, name = draw.choice(["eq", "neq"]), draw.choice(BOOLEAN_FIELDS)
        return with_on_null(draw, {"field": name, operator: draw.random() < 0.5})
    if kind == "list":
        name = draw.choice(list(LIST_FIELDS))
        wanted = draw.sample(LIST_FIELDS[name], draw.randint(1, len(LIST_FIELDS[name])))
        operator = draw.choice(["has_any", "has_all", "has_none"])
        return with_on_null(draw, {"field": name, operator: wanted})
    name = draw.choice([*TEXT_FIELDS, *NUMBER_FIELDS, *DATE_FIELDS])
    return {"field": name, draw.choice(["is_null", "is_not_null"]): True}


def where(draw: Draw, event: str, day: date) -> Rule:
    """Return `where` with one or two conditions, or nothing."""
    conditions: list[Rule] = []
    for _ in range(draw.choice([0, 0, 1, 1, 2])):
        kind = draw.choice(["text", "text", "number", "date", "presence"])
        texts, numbers = EVENT_TEXTS.get(event), EVENT_NUMBERS.get(event)
        if kind == "text" and texts:
            name = draw.choice(list(texts))
            conditions.append({"field": name, **text_comparison(draw, texts[name])})
        elif kind == "number" and numbers:
            name = draw.choice(list(numbers))
            conditions.append({"field": name, **number_comparison(draw, numbers[name])})
        elif kind == "date":
            name = draw.choice(EVENT_DATES) if has_products(event) else "occurred_at"
            conditions.append({"field": name, **date_comparison(draw, day)})
        elif texts:
            name = draw.choice(list(texts))
            conditions.append({"field": name, draw.choice(["is_null", "is_not_null"]): True})
    if not conditions:
        return {}
    return {"where": [with_on_null(draw, one) if compares(one) else one for one in conditions]}


def compares(leaf: Rule) -> bool:
    """Return whether a condition may have on_null."""
    return not {"is_null", "is_not_null"} & set(leaf)


def has_products(event: str) -> bool:
    """Return whether an event has a product's columns in the demo."""
    return event in ("product_viewed", "product_added", "product_purchased")


def window(draw: Draw, day: date) -> Rule:
    """Return a window, or none."""
    low, high = two_days(draw, day)
    return draw.choice(
        [{}, {"in_last": any_period(draw)}, {"in_last": any_period(draw)}, {"before": low}]
        + [{"between": [low, high]}, {"between_ago": two_periods(draw)}, {"after": high}]
        + [{"after": low, "before": (day - timedelta(days=1)).isoformat()}]
    )


def property_aggregate(draw: Draw, event: str, day: date) -> Rule | None:
    """Return an aggregate of a column with its comparison; None where the event has none."""
    texts, numbers = EVENT_TEXTS.get(event, {}), EVENT_NUMBERS.get(event, {})
    aggregate = draw.choice(["sum", "avg", "min", "max", "distinct", "first", "last"])
    if aggregate == "distinct":
        name = draw.choice([*texts, *numbers] or ["channel"])
        return {aggregate: name, **number_comparison(draw, [0, 1, 2], is_beside=True)}
    if aggregate in ("first", "last") and texts and draw.random() < 0.7:
        name = draw.choice(list(texts))
        return {aggregate: name, **text_comparison(draw, texts[name])}
    if aggregate in ("min", "max", "first", "last") and draw.random() < 0.3:
        operator = draw.choice(["lt", "gte", "eq"])
        return {aggregate: "occurred_at", operator: two_days(draw, day)[1]}
    if not numbers:
        return None
    name = draw.choice(list(numbers))
    return {aggregate: name, **number_comparison(draw, numbers[name], is_beside=True)}


def event_leaf(draw: Draw, day: date) -> Rule:
    """Return an event leaf."""
    event = draw.choice(list(EVENT_TEXTS))
    leaf = {"event": event, **where(draw, event, day)}
    kind = draw.choice(["any", "never", "count", "days_since", "property", "property", "pattern"])
    if kind == "pattern":
        pattern = draw.choice(["first_time", "stopped", "restarted", "regularly"])
        if pattern != "regularly":
            return {**leaf, pattern: draw.choice(["10 days", "2 months", "6 months", "1 year"])}
        every = draw.choice(["6 months", "10 weeks", "40 days"])
        periods, times = draw.randint(1, 3), draw.randint(1, 2)
        regular = {"every": every, "periods": periods, "times": times}
        return {**leaf, "regularly": draw.choice([every, regular])}
    leaf |= window(draw, day)
    if kind == "never":
        return {**leaf, "never": True}
    if kind == "count":
        return {**leaf, "count": number_comparison(draw, [0, 1, 2, 4])}
    if kind == "days_since":
        comparison = number_comparison(draw, [1, 30, 90, 365])
        return with_on_null(draw, {**leaf, "days_since": comparison})
    asked = property_aggregate(draw, event, day) if kind == "property" else None
    if asked is None:
        return leaf
    return {**leaf, **asked} if "distinct" in asked else with_on_null(draw, {**leaf, **asked})


def sequence_leaf(draw: Draw, day: date) -> Rule:
    """Return a sequence leaf."""
    chains = [
        ["product_viewed", "product_added"],
        ["session_started", "product_viewed", "product_added", "checkout_started"],
        ["product_added", {"not": "order_placed"}],
        ["product_viewed", "product_viewed", "product_viewed"],
        ["email_sent", "email_opened", "email_clicked"],
        ["email_sent", {"not": "email_opened"}],
        ["order_placed", "order_refunded"],
        ["order_placed", "product_viewed", "order_placed"],
        ["checkout_started", "product_purchased", {"not": "order_refunded"}],
    ]
    steps: list[Any] = []
    for step in draw.choice(chains):
        name = step["not"] if isinstance(step, dict) else step
        more = where(draw, name, day) if draw.random() < 0.3 else {}
        one = {"event": name, **more} if more else name
        steps.append({"not": one} if isinstance(step, dict) else one)
    leaf: Rule = {"sequence": steps, **window(draw, day)}
    if draw.random() < 0.7:
        leaf["within"] = draw.choice(["1 day", "3 days", "2 weeks", "1 month", "1 year"])
    names = [one if isinstance(one, str) else one.get("event", "order_placed") for one in steps]
    if draw.random() < 0.4 and not any(name.startswith("order") for name in names):
        leaf["same"] = draw.choice(["product_id", "session_id", "channel", "product.brand"])
        if "product_purchased" in str(steps):
            leaf["same"] = "product_id" if "session_id" in leaf["same"] else leaf["same"]
    return leaf


def random_rule(draw: Draw, day: date, earlier: list[str], depth: int = 0) -> Rule:
    """Return a random rule, at most three levels deep; earlier: segments it may refer to."""
    kinds = ["field", "event", "event", "sequence", "other"]
    kinds += ["all", "any", "not", "all", "any"] if depth < 2 else []
    kind = draw.choice(kinds)
    if kind in ("all", "any"):
        parts = range(draw.randint(2, 3))
        return {kind: [random_rule(draw, day, earlier, depth + 1) for _ in parts]}
    if kind == "not":
        return {"not": random_rule(draw, day, earlier, depth + 1)}
    if kind == "field":
        return field_leaf(draw, day)
    if kind == "event":
        return event_leaf(draw, day)
    if kind == "sequence":
        return sequence_leaf(draw, day)
    choice = draw.choice(["segment", "list", "sample"])
    if choice == "segment" and earlier:
        return {"segment": draw.choice(earlier)}
    if choice == "list":
        return {"list": draw.choice(["early", "late"])}
    return {"sample": {"percent": draw.choice([5, 12.5, 50]), "salt": draw.choice("ab")}}


def random_segment(seed: int, day: date, earlier: list[str]) -> dict[str, Any]:
    """Return a random declaration named by its seed, which alone decides what it is.

    earlier: names of segments that it may refer to.
    """
    draw = random.Random(seed)
    made: dict[str, Any] = {"name": f"rule_{seed}", "description": "Random.", "layer": "micro"}
    made["rule"] = random_rule(draw, day, earlier)
    if draw.random() < 0.15:
        made["exclude"] = [random_rule(draw, day, earlier, 2) for _ in range(draw.randint(1, 2))]
    if draw.random() < 0.05:
        made["name"] += "_{brand}"
        made["for_each"] = {"brand": ["Tatra", "Kora"]}
        condition = {"field": "product.brand", "eq": "{brand}"}
        made["rule"] = {"any": [made["rule"], {"event": "product_viewed", "where": [condition]}]}
    return made
