"""A shop whose contacts link, part and go while history is filled, and rules of every kind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb

from warehouse import PROJECT_DIR

ZONE = "Europe/Warsaw"
LAST = "2026-11-20"

Node = dict[str, Any]


def write_shop(folder: Path) -> None:
    """Write a demo of 500 customers, with more that changes over the last year.

    Nine contacts come to share an e-mail, which links five at most; one goes again. Two contacts
    are linked by phone to a third. Orders are refunded later, in parts, by another contact, and
    twice; some happen minutes before and after midnight and around changes of the clock.
    """
    script = PROJECT_DIR / "scripts" / "demo_data.py"
    options = ["--customers", "500", "--end", LAST, "--output", str(folder)]
    subprocess.run([sys.executable, str(script), *options], check=True, capture_output=True)
    with duckdb.connect() as connection:
        for table in ("contacts", "orders", "events"):
            path = folder / f"{table}.parquet"
            connection.execute(f"create table {table} as from '{path}'")
        connection.execute(CONTACTS)
        connection.execute(REFUNDS)
        connection.execute(TIMES)
        for table in ("contacts", "orders", "events"):
            connection.execute(f"copy {table} to '{folder / table}.parquet' (format parquet)")


CONTACTS = """
create table numbered as
select contact_id, cast(row_number() over (order by contact_id) as int) as number
from contacts where try_cast(created_at as timestamp) < timestamp '2025-06-01'
    and email is not null and deleted_at is null
group by contact_id;

update contacts set
    email = 'family@example.com',
    loaded_at = null,
    created_at =
        strftime(timestamp '2025-12-20 22:30:00' + to_days(24 * numbered.number), '%Y-%m-%d %X')
from numbered where contacts.contact_id = numbered.contact_id and numbered.number between 1 and 9;

update contacts set loaded_at = null, deleted_at = '2026-07-31 23:30:00'
from numbered where contacts.contact_id = numbered.contact_id and numbered.number in (2, 40);

update contacts set
    phone = '+48600700800',
    loaded_at = null,
    created_at =
        strftime(timestamp '2025-04-16 12:00:00' + to_days(30 * numbered.number), '%Y-%m-%d %X')
from numbered where contacts.contact_id = numbered.contact_id and numbered.number in (10, 11, 5);

-- Forty contacts have said something else before: once, or twice.
create table former as
select contacts.*, cast(numbered.number as int) as number
from contacts inner join numbered on contacts.contact_id = numbered.contact_id
where numbered.number between 8 and 47;

update contacts set
    loaded_at = null,
    updated_at =
        strftime(timestamp '2025-10-15 23:30:00' + to_days(9 * former.number), '%Y-%m-%d %X')
from former where contacts.contact_id = former.contact_id;

insert into contacts by name
select
    former.* exclude (number, plan, city, phone, email_consent, updated_at, loaded_at),
    case when former.plan = 'Premium' then 'Basic' else 'Premium' end as plan,
    'Gdynia' as city,
    case when former.number % 4 = 0 then '+48600900100' else former.phone end as phone,
    not coalesce(former.email_consent, false) as email_consent,
    strftime(timestamp '2025-10-20 12:00:00' + to_days(4 * number * part), '%Y-%m-%d %X')
        as updated_at
from former, (values (1), (2)) as parts(part)
where former.number % 3 > 0 or part = 1;
"""

REFUNDS = """
create table chosen as
select order_id, contact_id, net_amount, currency, ordered_at,
    cast(row_number() over (order by order_id) as int) as number
from orders
where coalesce(document_type, 'order') = 'order' and try_cast(net_amount as decimal(18, 4)) > 10
    and try_cast(ordered_at as timestamp) between timestamp '2025-10-01' and timestamp '2026-09-01';

insert into orders by name
select
    'refund-' || number || '-' || part as order_id, contact_id, 'refund' as document_type,
    order_id as original_order_id,
    cast(try_cast(ordered_at as timestamp) + to_days(cast(20 + 25 * part as int)) as varchar)
        as ordered_at,
    currency, cast(cast(net_amount as decimal(18, 4)) / 2 as varchar) as net_amount
from chosen, range(1, 3) as parts(part)
where number % 9 = 0;

update orders set contact_id = others.contact_id
from chosen, (select contact_id from numbered where number = 30) as others
where orders.original_order_id = chosen.order_id and chosen.number % 54 = 0;

insert into orders by name
select
    'again-' || number as order_id, contact_id, 'order' as document_type,
    ordered_at, currency, net_amount
from chosen where number % 7 = 0;
"""

TIMES = """
update events set loaded_at = null,
    occurred_at = strftime(try_cast(occurred_at as timestamp), '%Y-%m-%d 22:30:00')
where try_cast(occurred_at as timestamp) is not null and hash(event_id) % 5 = 0;

update events set loaded_at = null, occurred_at = '2026-03-29 00:59:59'
where hash(event_id) % 40 = 1;

update events set loaded_at = null, occurred_at = '2025-10-26 22:59:59'
where hash(event_id) % 40 = 2;
"""


def shop(**more: Any) -> Node:
    """Return a condition on orders."""
    return {"event": "order_placed", **more}


def field(name: str, operator: str, value: Any, **more: Any) -> Node:
    """Return a condition on a field."""
    return {"field": name, operator: value, **more}


WEB = [field("channel", "eq", "web")]

# By name; each is one that a single pass computes.
RULES: dict[str, Node] = {
    "bought": shop(),
    "bought_lately": shop(in_last="30 days"),
    "bought_often": shop(count={"gte": 3}, in_last="1 year"),
    "bought_two_to_four": shop(count={"between": [2, 4]}, in_last="6 months"),
    "bought_seldom": shop(count={"lte": 1}, in_last="3 months"),
    "spent_much": shop(sum="net_amount", gt=500, in_last="6 months"),
    "spent_little_or_unknown": shop(sum="net_amount", lt=300, in_last="2 months", on_null=True),
    "dear_baskets": shop(avg="net_amount", gte=150, in_last="1 year"),
    "large_order": shop(max="net_amount", gte=300, in_last="3 months"),
    "small_order": shop(min="net_amount", lt=60),
    "never_bought": shop(never=True),
    "none_of_late": shop(never=True, in_last="1 month"),
    "silent": shop(days_since={"gte": 90}),
    "silent_or_new": shop(days_since={"gte": 120}, on_null=True),
    "began_in_store": shop(first="channel", eq="store"),
    "last_on_web": shop(last="channel", eq="web", in_last="1 year"),
    "last_amount": shop(last="net_amount", gt=100),
    "web_twice": shop(where=WEB, count={"gte": 2}, between_ago=["1 year", "1 month"]),
    "bought_in_winter": shop(between=["2025-12-01", "2026-03-01"]),
    "bought_before": shop(before="2026-02-15", count={"gte": 2}),
    "bought_after": shop(after="2026-01-31", before="2026-05-01"),
    "refunded": {"event": "order_refunded", "sum": "net_amount", "gt": 20, "in_last": "4 months"},
    "bag_buyers": {"event": "product_purchased",
                   "where": [field("product.category", "in", ["bags", "shoes"])],
                   "sum": "quantity", "gte": 2, "in_last": "1 year"},
    "first_order": shop(first_time="2 months"),
    "stopped": {"event": "session_started", "stopped": "3 weeks"},
    "restarted": {"event": "session_started", "restarted": "1 month"},
    "regular": {"event": "session_started",
                "regularly": {"every": "1 month", "periods": 3, "times": 1}},
    "clickers": {"event": "email_clicked", "count": {"gte": 2}, "in_last": "60 days"},
    "openers": {"event": "email_opened", "days_since": {"lte": 10}, "in_last": "3 months"},
    "wide_browsers": {"event": "product_viewed", "distinct": "product_id", "gte": 4,
                      "in_last": "90 days"},
    "few_brands": {"event": "product_viewed", "distinct": "product.brand", "lte": 1,
                   "in_last": "1 month"},
    "course_progress": {"event": "lesson_completed", "max": "properties.progress", "gt": 50},
    "last_course": {"event": "lesson_completed", "last": "properties.course", "contains": "a"},
    "mobile_sessions": {"event": "session_started",
                        "where": [field("properties.device", "eq", "mobile")],
                        "count": {"gte": 1}, "in_last": "2 weeks"},
    "views_of_late": {"event": "product_viewed", "after": "2026-01-01", "count": {"gte": 5}},
    "latest_view": {"event": "product_viewed", "max": "occurred_at", "gte": "2026-03-01",
                    "in_last": "2 months"},
    "frequent": field("frequency", "gte", 3),
    "rich": field("monetary", "gt", 400),
    "recent": field("recency_days", "lte", 45),
    "not_recent": field("recency_days", "gt", 45, on_null=True),
    "first_this_year": field("first_order_date", "this", "year"),
    "last_month": field("last_order_date", "last", "month"),
    "last_between": field("last_order_date", "between_ago", ["6 months", "2 months"]),
    "never_known": field("last_order_date", "is_null", True),
    "average": field("average_order_value", "gte", 120),
    "several_orders": field("orders", "gte", 3),
    "repeat": field("repeat_frequency", "gte", 1),
    "tenure": field("tenure_days", "between", [100, 400]),
    "span": field("recency_age_days", "gte", 180),
    "stage": field("lifecycle_stage", "in", ["new", "reactivated", "lapsing"]),
    "stage_not": field("lifecycle_stage", "not_in", ["churned", "prospect"]),
    "engaged": field("engagement_frequency", "gte", 2),
    "engaged_lately": field("engagement_recency_days", "lt", 60),
    "plan": field("plan", "eq", "Premium"),
    "region": field("region", "in", ["mazowieckie", "slaskie"]),
    "device": field("attributes.device", "neq", "mobile", on_null=True),
    "interests": field("attributes.interests", "has_any", ["travel", "sport"]),
    "review": field("attributes.next_review_date", "in_next", "3 weeks"),
    "age": field("age_years", "between", [30, 50]),
    "birthday": field("birth_date", "anniversary_in", "10 days"),
    "birthday_month": field("birth_date", "anniversary_in", "2 months"),
    "signed_up": field("created_date", "more_than_ago", "6 months"),
    "signed_up_quarter": field("created_at", "last", "quarter"),
    "updated": field("updated_at", "in_last", "3 months"),
    "contacts": field("contact_count", "gte", 2),
    "reachable": field("is_email_reachable", "eq", True),
    "near": field("location", "within_km", {"latitude": 52.23, "longitude": 21.01, "km": 30}),
    "listed": {"list": "staff"},
    "sampled": {"sample": {"percent": 30, "salt": "fill"}},
    "everybody": field("customer_id", "is_not_null", True),
    "nested": {"all": [{"any": [field("frequency", "gte", 2), {"list": "staff"}]},
                       {"not": shop(in_last="1 month")}]},
    "referring": {"all": [{"segment": "rich"}, {"not": {"segment": "recent"}}]},
    "referring_again": {"any": [{"segment": "referring"}, {"segment": "sampled"}]},
    "nobody_but": {"not": {"segment": "bought"}},
}  # fmt: skip

# Those need a build for each date.
LOOPED: dict[str, Node] = {
    "champions": field("rfm_segment", "eq", "champions"),
    "left_cart": {"sequence": ["product_added", {"not": "order_placed"}], "within": "1 day",
                  "between_ago": ["30 days", "1 day"]},
    "of_champions": {"all": [{"segment": "champions"}, {"segment": "rich"}]},
    "new_champions": {"segment": "champions", "entered_within": "20 days"},
}  # fmt: skip


def catalogue(rules: dict[str, Node]) -> list[Node]:
    """Return rules as segments."""
    header = {"description": "Test.", "layer": "micro"}
    return [{"name": name, **header, "rule": rule} for name, rule in rules.items()]
