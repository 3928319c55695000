"""Catalogues of any size for the benchmark: the same numbers give the same segments, for ever.

Usage: python scripts/bench_catalogue.py SEGMENTS CONDITIONS > catalogue.yml. As a file for
`make build SEGMENTS=catalogue.yml` it is JSON, which YAML reads.
"""

from __future__ import annotations

import argparse
import copy
import itertools
import json
import random
import sys
from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]

SEED = 1
# With a step of prices: four steps are about what the half of its products cost.
CATEGORIES = (
    ("bags", 30), ("shoes", 45), ("electronics", 80), ("home", 20),
    ("beauty", 12), ("books", 8), ("courses", 50), ("toys", 15),
)  # fmt: skip
BRANDS = (
    "Sosna", "Orzel", "Bursztyn", "Iskra", "Lumen", "Polana",
    "Wisla", "Kora", "Mewa", "Bryza", "Zefir", "Tatra",
)  # fmt: skip
CHANNELS = ("web", "app", "store", "phone")
DEVICES = ("mobile", "tablet", "desktop")
REGIONS = ("mazowieckie", "slaskie", "malopolskie", "wielkopolskie", "dolnoslaskie", "pomorskie")
SURVEYS = (("city", "city_rating"), ("delivery", "delivery_rating"))
WINDOWS = (
    {"in_last": "30 days"}, {"in_last": "90 days"}, {"in_last": "6 months"}, {"in_last": "1 year"},
    {"in_last": "1 year"}, {"between_ago": ["1 year", "3 months"]},
)  # fmt: skip
# Conditions come in tens: eight that are counted or summed, then the two steps of a sequence.
TEN, STEPS = 10, (8, 9)


def field(name: str, operator: str, value: object) -> Node:
    """Return a leaf on a column."""
    return {"field": name, operator: value}


def condition(place: int) -> Node:
    """Return a distinct event condition.

    Args:
        place: its number, from 0 on; every number gives another condition.

    Returns:
        event, where, and under use what is taken of each event: an aggregate and its column.
    """
    ten, kind = divmod(place, TEN)
    category, step = CATEGORIES[ten % len(CATEGORIES)]
    brand = BRANDS[ten % len(BRANDS)]
    price = step * (ten // len(CATEGORIES)) + 1
    if kind == 0:
        return {"event": "order_placed",
                "where": [field("channel", "eq", CHANNELS[ten % len(CHANNELS)]),
                          field("net_amount", "gte", 50 + 100 * (ten // len(CHANNELS)))],
                "use": ("sum", "net_amount") if ten // 4 % 2 else ("count", None)}  # fmt: skip
    if kind == 1:
        return {"event": "product_viewed",
                "where": [field("product.category", "eq", category),
                          field("product.unit_price", "gt", price)],
                "use": ("count", None)}  # fmt: skip
    if kind == 2:
        return {"event": "product_purchased",
                "where": [field("product.brand", "eq", brand),
                          field("unit_price", "gt", 5 * (1 + ten))],
                "use": ("sum", "quantity") if ten % 2 else ("count", None)}  # fmt: skip
    if kind == 3:
        # A campaign goes out each week; these are of the last year.
        campaigns = [f"camp_{104 + (3 * ten + 9 * other) % 53:04d}" for other in range(5)]
        if ten % 3 == 2:
            campaign, link = campaigns[0], ("offer", "product")[ten % 2]
            return {"event": "email_clicked",
                    "where": [field("properties.link", "eq", link),
                              field("campaign_id", "neq", campaign)],
                    "use": ("count", None)}  # fmt: skip
        return {"event": ("email_opened", "email_delivered")[ten % 3],
                "where": [field("campaign_id", "in", sorted(campaigns))],
                "use": ("count", None)}  # fmt: skip
    if kind == 4:
        (survey, rating), answers = SURVEYS[ten % 2], ten // 2
        return {"event": "survey_answered",
                "where": [field("properties.survey", "eq", survey),
                          field("value", "gte", 1 + answers % 6),
                          field("occurred_at", "after", f"202{4 - answers // 6 % 4}-06-30")],
                "use": ("avg", f"properties.{rating}")}  # fmt: skip
    if kind == 5:
        return {"event": "session_started",
                "where": [field("properties.device", "eq", DEVICES[ten % len(DEVICES)]),
                          field("channel", "eq", ("web", "app")[ten // 3 % 2]),
                          field("occurred_at", "after", f"2024-{1 + ten // 6 % 12:02d}-01")],
                "use": ("count", None) if ten % 2 else ("last_date", None)}  # fmt: skip
    if kind == 6:
        return {"event": "lesson_completed",
                "where": [field("properties.progress", "gte", 1 + 2 * ten)],
                "use": (("max", "value"), ("last", "properties.course"))[ten % 2]}  # fmt: skip
    where = [field("category", "eq", category), field("value", "gte", price)]
    if kind == 7:
        return {"event": "product_added", "where": where,
                "use": (("distinct", "product_id"), ("max", "value"))[ten % 2]}  # fmt: skip
    if kind == 8:
        return {"event": "product_added", "where": where, "use": ("step",)}
    return {"event": ("product_viewed", "checkout_started")[ten % 2],
            "where": [field("category", "eq", category),
                      field("product.unit_price", "gt", price)], "use": ("step",)}  # fmt: skip


def compared(one: Node, draw: random.Random) -> Node:
    """Return a leaf on a condition, with a comparison and a window."""
    leaf: Node = {"event": one["event"], "where": copy.deepcopy(one["where"])}
    aggregate, column = one["use"]
    is_rare = one["event"] in ("lesson_completed", "survey_answered") or "in" in one["where"][0]
    window = copy.deepcopy(draw.choice(WINDOWS[3:] if is_rare else WINDOWS))
    if aggregate == "count":
        chosen = draw.random()
        if chosen < 0.4:
            leaf["count"] = {"gte": draw.randint(2, 2 if "email" in one["event"] else 3)}
            window = {"in_last": draw.choice(["6 months", "1 year", "2 years"])}
        elif chosen < 0.45:
            return leaf | {"regularly": {"every": "3 months", "periods": 2}}
    elif aggregate == "last_date":
        if draw.random() < 0.3:
            return leaf | {"stopped": draw.choice(["60 days", "90 days", "6 months"])}
        leaf["days_since"] = {"lte": draw.randint(20, 120)}
        window = {"in_last": "1 year"}
    elif aggregate == "sum":
        leaf |= {"sum": column, "gt": draw.randint(1, 4) * (300 if column == "net_amount" else 1)}
    elif aggregate == "avg":
        leaf |= {"avg": column, "gte": draw.randint(5, 8)}
    elif aggregate == "max":
        leaf |= {"max": column, "gte": draw.randint(40, 90)}
    elif aggregate == "distinct":
        leaf |= {"distinct": column, "gte": draw.randint(1, 2)}
    else:
        leaf |= {aggregate: column, "eq": draw.choice(["beginner", "advanced"])}
    return leaf | window


def sequence(first: Node, second: Node, ten: int, draw: random.Random) -> Node:
    """Return a sequence of two steps; ten decides what they share, the same for each pair."""
    steps: list[Node] = [
        {"event": one["event"], "where": copy.deepcopy(one["where"])} for one in (first, second)
    ]
    if draw.random() < 0.5:
        steps[1] = {"not": steps[1]}
    leaf = {"sequence": steps, "within": draw.choice(["1 day", "3 days", "7 days"])}
    if ten % 2:
        leaf["same"] = "product_id"
    return leaf | copy.deepcopy(draw.choice(WINDOWS[:4]))


def event_leaves(conditions: int, draw: random.Random) -> Iterator[Node]:
    """Yield leaves without end, in rounds: the first one uses each of the conditions."""
    pool = [condition(place) for place in range(conditions)]
    for leaf_round in itertools.count():
        for place in draw.sample(range(conditions), conditions):
            ten, kind = divmod(place, TEN)
            # People write fewer sequences than counts.
            if kind == STEPS[0] and (leaf_round == 0 or draw.random() < 0.3):
                yield sequence(pool[place], pool[place + 1], ten, draw)
            elif kind not in STEPS:
                yield compared(pool[place], draw)


def field_leaf(draw: random.Random) -> Node:
    """Return a condition on a customer."""
    age = draw.randint(20, 50)
    return draw.choice([
        field("country_code", "eq", "PL"),
        field("region", "in", draw.sample(REGIONS, 2)),
        field("value_tier", "in", ["A", "B"]),
        field("rfm_segment", "in", draw.sample(["champions", "loyal", "at_risk", "new"], 2)),
        field("age_years", "between", [age, age + draw.randint(5, 20)]),
        field("monetary", "gt", 100 * draw.randint(1, 60)),
        field("last_order_date", "in_last", draw.choice(["90 days", "6 months"])),
        field("plan", "eq", draw.choice(["Basic", "Premium"])),
        field("attributes.device", "eq", draw.choice(["mobile", "desktop"])),
        field("attributes.interests", "has_any", [draw.choice(["travel", "sport", "cooking"])]),
        field("email_consent", "eq", True),
    ])  # fmt: skip


def rule_of(leaves: list[Node], earlier: list[str], draw: random.Random) -> Node:
    """Return a rule over all the leaves and, now and then, an earlier segment or a sample."""
    chosen = draw.random()
    whole = leaves[0] if len(leaves) == 1 else {"any": leaves}
    if chosen < 0.1 and earlier:
        other: Node = {"segment": draw.choice(earlier)}
        return {"all": [whole, {"not": other} if draw.random() < 0.7 else other]}
    if chosen < 0.2 and len(leaves) > 1:
        return {"all": [field_leaf(draw), leaves[0], {"not": {"any": leaves[1:]}}]}
    if chosen < 0.25 and len(leaves) > 1:
        return {"all": [leaves[0], {"any": leaves[1:]}]}
    if chosen < 0.35:
        return {"all": [whole, {"sample": {"percent": 50, "salt": f"half-{draw.randint(1, 9)}"}}]}
    return {"all": [field_leaf(draw), whole]} if chosen < 0.8 or len(leaves) > 1 else whole


def catalogue(segments: int, conditions: int, seed: int = SEED) -> list[Node]:
    """Return that many segments over that many distinct event conditions, each of which is used.

    Args:
        segments: how many.
        conditions: how many, a multiple of ten.
        seed: another one gives another mix of the same conditions.

    Raises:
        ValueError: too few segments for the conditions, or no multiple of ten.
    """
    draw = random.Random(seed)
    leaves = event_leaves(conditions, draw)
    made: list[Node] = []
    asked = 0
    for number in range(segments):
        taken = [next(leaves) for _ in range(draw.choice([1, 1, 1, 2, 2, 3]))]
        asked += len(taken)
        segment = {
            "name": f"bench_{number:04d}", "description": f"Segment {number} of the benchmark.",
            "layer": "micro", "goal": "research",
            "reach": draw.choice(["email", "sms", "push", "ads"]),
            "rule": rule_of(taken, [one["name"] for one in made[-50:]], draw),
        }  # fmt: skip
        if number % 20 == 0:
            segment["priority"] = 10 + number
        if number % 25 == 1:
            segment["exclude"] = [{"segment": made[-1]["name"]}]
        made.append(segment)
    if conditions % TEN or asked < conditions:
        raise ValueError(f"{segments} segments do not use {conditions} conditions (tens of them)")
    return made


def edited(segments: list[Node]) -> tuple[list[Node], str]:
    """Change one number in one event condition of one segment.

    Returns:
        The new catalogue, and the name of the segment.
    """
    changed = copy.deepcopy(segments)
    for segment in changed[len(changed) // 2 :]:
        for leaf in leaves_of(segment["rule"]):
            for one in leaf.get("where", []):
                for operator in ("gte", "gt"):
                    if operator in one:
                        # No condition of the generator has a half.
                        one[operator] += 0.5
                        return changed, segment["name"]
    raise ValueError("no segment compares a number of an event")


def leaves_of(node: Node) -> Iterator[Node]:
    """Yield the event leaves of a rule, in order."""
    if "event" in node:
        yield node
    negated = [node["not"]] if "not" in node else []
    for part in (*node.get("all", []), *node.get("any", []), *negated):
        yield from leaves_of(part)


def main() -> None:
    """Print a catalogue."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("segments", type=int)
    parser.add_argument("conditions", type=int, help="a multiple of ten")
    options = parser.parse_args()
    json.dump({"segments": catalogue(options.segments, options.conditions)}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
