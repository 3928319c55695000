"""The ledger of event conditions fills only what is new or changed, and always equals a new one."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segment_workshop import Workshop, messages, segment

AS_OF = "2026-01-21"
LEDGER = "marts_intermediate.int_segment_ledger__filled"
BRAND = {"field": "product.brand", "eq": "brand 1"}
CATALOGUE = [
    segment("clicked", {"event": "email_clicked"}),
    segment("web", {"event": "email_clicked", "where": [{"field": "channel", "eq": "web"}]}),
    segment("big", {"event": "email_clicked", "where": [{"field": "properties.size", "eq": 40}]}),
    segment("spent", {"event": "order_placed", "sum": "net_amount", "gt": 10}),
    segment("mean", {"event": "order_placed", "avg": "net_amount", "gt": 10, "in_last": "9 days"}),
    segment("refunded", {"event": "order_refunded", "max": "net_amount", "gt": 10}),
    segment("last_channel", {"event": "order_placed", "last": "channel", "eq": "web"}),
    segment("viewed", {"event": "product_viewed", "where": [BRAND], "count": {"gte": 2}}),
    segment("bought", {"event": "product_purchased", "distinct": "product_id", "gte": 2}),
    segment("bought_brand", {"event": "product_purchased", "where": [BRAND]}),
    segment("path", {"sequence": ["product_viewed", "email_clicked", {"not": "order_placed"}]}),
]
# What may happen to staged rows between two builds: table, what is set, of which rows. A row set to
# nothing goes, one with a new id comes on top.
EVENTS, ORDERS, LINES = "base_events__typed", "base_orders__typed", "base_order_lines__typed"
SOME_EVENTS = "hash(event_id || '{seed}') % 50 = 0"
SOME_ORDERS = "hash(order_id || '{seed}') % 20 = 0"
CHANGES = [
    (EVENTS, "", SOME_EVENTS),
    (EVENTS, "channel = 'web'", SOME_EVENTS),
    (EVENTS, "occurred_at = occurred_at + interval 1 day", SOME_EVENTS),
    (EVENTS, "properties = '{{\"size\": 41}}'", SOME_EVENTS),
    (EVENTS, "event_id = '{seed}' || event_id", SOME_EVENTS),
    (ORDERS, "status = 'cancelled'", SOME_ORDERS),
    (ORDERS, "net_amount = net_amount + 1", SOME_ORDERS),
    (LINES, "quantity = quantity + 1", "hash(order_line_id || '{seed}') % 40 = 0"),
    ("base_products__typed", "brand = 'brand 1'", "hash(product_id || '{seed}') % 4 = 0"),
]
SHOP = {
    "contacts": """
        select 'c' || i as contact_id, timestamp '2025-01-01' as created_at from range(30) as t(i)
    """,
    "products": """
        select 'p' || i as product_id, 'brand ' || (i % 3) as brand from range(8) as t(i)
    """,
    "events": """
        select
            'e' || i as event_id, 'c' || (hash(i) % 30) as contact_id,
            case hash(i + 1000) % 3
                when 0 then 'product_viewed' when 1 then 'email_clicked' else 'page_viewed'
            end as event_type,
            timestamp '2026-01-01' + interval (hash(i + 2000) % 480) hour as occurred_at,
            case hash(i + 3000) % 3 when 0 then 'web' when 1 then 'app' end as channel,
            'p' || (hash(i + 4000) % 9) as product_id,
            case when hash(i + 5000) % 2 = 0 then '{"size": 40}' end as properties
        from range(600) as t(i)
    """,
    "orders": """
        select
            'o' || i as order_id, 'c' || (hash(i) % 30) as contact_id,
            case when i % 7 = 0 then 'refund' else 'order' end as document_type,
            timestamp '2026-01-01' + interval (hash(i + 2000) % 480) hour as ordered_at,
            (hash(i + 3000) % 5000) / 100.0 as net_amount,
            case hash(i + 4000) % 3 when 0 then 'web' when 1 then 'app' end as channel
        from range(150) as t(i)
    """,
    "order_lines": """
        select
            'l' || i as order_line_id, 'o' || (i % 150) as order_id,
            'p' || (hash(i) % 9) as product_id, 1 + i % 3 as quantity, 10.5 as unit_price
        from range(300) as t(i)
    """,
}


def write_raw(folder: Path, tables: tuple[str, ...] = tuple(SHOP)) -> None:
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        for table in tables:
            connection.execute(f"copy ({SHOP[table]}) to '{folder / table}.parquet'")


@pytest.fixture(scope="module")
def prepared(made_here: Callable[..., Path]) -> Path:
    """Folder of a warehouse with all that the ledger reads; copied, never written to."""

    def make(folder: Path) -> None:
        write_raw(folder / "raw")
        Workshop(folder, "UTC").prepare(AS_OF)

    return made_here("ledger_shop", make)


@pytest.fixture
def shop(prepared: Path, tmp_path: Path) -> Workshop:
    """A warehouse of its own for each test."""
    shutil.copytree(prepared, tmp_path / "shop")
    return Workshop(tmp_path / "shop", "UTC")


def fill(shop: Workshop, catalogue: list[dict[str, Any]], *options: str, as_of: str = AS_OF) -> Any:
    """Build the ledger and what reads it; return dbt's result."""
    variables = {"segments": catalogue, "as_of_date": as_of, "timezone": "UTC"}
    selected = ["--select", "path:models/intermediate/ledger"]
    return shop.dbt("run", *selected, *options, variables=variables)


def filled(shop: Workshop, catalogue: list[dict[str, Any]], as_of: str = AS_OF) -> dict[str, int]:
    """Fill the ledger; how many days this filled by condition, where it filled any."""
    done = fill(shop, catalogue, as_of=as_of)
    assert done.success, messages(done)
    return dict(
        shop.read(
            "select condition_id, newly_filled_days from"
            " marts_intermediate.int_segment_conditions__filled where newly_filled_days > 0"
        )
    )


def about(shop: Workshop, words: str) -> set[str]:
    """The conditions whose text holds some words."""
    rows = shop.read(
        "select condition_id from marts_intermediate.int_segment_conditions__filled"
        f" where contains(condition_text, '{words}')"
    )
    return {condition_id for (condition_id,) in rows}


def change(shop: Workshop, *statements: str) -> None:
    """Run statements on the warehouse."""
    with duckdb.connect(str(shop.folder / "warehouse.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def restage(shop: Workshop, *changes: tuple[str, str, str]) -> None:
    """Change staged rows as a run does that stages them anew."""
    for table in {EVENTS, ORDERS, LINES}:
        change(
            shop,
            f"delete from marts_staging.{table} where row_state = 'removed'",
            f"update marts_staging.{table} set row_state = 'kept'",
        )
    for table, values, where in changes:
        rows = f"marts_staging.{table} where {where}"
        if table == "base_products__typed":
            change(shop, f"update marts_staging.{table} set {values} where {where}")
            continue
        rows += " and row_state <> 'removed'"
        added = "select * replace ({} as {}, 'added' as row_state) from before"
        change(shop, f"create or replace table before as select * from {rows}")
        if not values.startswith("event_id"):
            change(shop, f"update marts_staging.{table} set row_state = 'removed' where {where}")
        if values:
            name, value = values.split(" = ", 1)
            change(shop, f"insert into marts_staging.{table} {added.format(value, name)}")


def contents(shop: Workshop) -> list[tuple[Any, ...]]:
    """The ledger's rows but for which run filled them."""
    columns = (
        "event_type, condition_id, occurred_date, contact_id, detail_value, detail_at, events,"
        " known_values, total, smallest, largest, fingerprint"
    )
    return shop.read(f"select {columns} from {LEDGER} order by all")


def days_filled(shop: Workshop) -> dict[tuple[Any, ...], str]:
    """Which run filled each condition and day from which state of the facts."""
    rows = shop.read(
        f"select condition_id, occurred_date, fingerprint, filled_by from {LEDGER}"
        " where contact_id is null"
    )
    return {(*key, fingerprint): run for *key, fingerprint, run in rows}


def test_a_build_without_changes_fills_nothing(shop: Workshop) -> None:
    first = filled(shop, CATALOGUE)
    assert len(first) >= len(CATALOGUE)
    assert set(first.values()) <= set(range(1, 21))
    before = days_filled(shop)
    rows = contents(shop)
    assert filled(shop, CATALOGUE) == {}
    assert days_filled(shop) == before and contents(shop) == rows


def test_another_as_of_date_fills_only_other_days(shop: Workshop) -> None:
    """An earlier date needs no other day, a later one the days that were still to come."""
    filled(shop, CATALOGUE)
    assert filled(shop, CATALOGUE, as_of="2026-01-10") == {}
    assert max(key[1] for key in days_filled(shop)) == date(2026, 1, 9)
    assert set(filled(shop, CATALOGUE, as_of="2026-01-11").values()) == {1}


def test_the_ledger_holds_the_days_that_some_window_asks_for(shop: Workshop) -> None:
    """Of conditions in one pass, of a sequence and of what must not follow it."""
    path = {"sequence": ["product_viewed", {"not": "page_viewed"}]}
    app = {"event": "email_clicked", "where": [{"field": "channel", "eq": "app"}]}
    filled(
        shop,
        [
            segment("web", CATALOGUE[1]["rule"] | {"in_last": "5 days"}),
            segment("web_longer", CATALOGUE[1]["rule"] | {"between_ago": ["9 days", "7 days"]}),
            segment("app", app | {"between_ago": ["12 days", "10 days"]}),
            segment("path", path | {"between_ago": ["4 days", "3 days"]}),
        ],
    )

    def days(words: str) -> tuple[set[int], set[int]]:
        """Days of January filled, and those with rows of contacts."""
        chosen = f"condition_id in ('{about(shop, words).pop()}')"
        query = f"select distinct day(occurred_date) from {LEDGER} where {chosen} and contact_id is"
        return tuple(
            {day for (day,) in shop.read(f"{query} {each}")} for each in ("null", "not null")
        )

    for words, first, last in (("web", 12, 20), ("app", 9, 10), ("page_viewed", 17, 20)):
        wanted, met = days(words)
        assert wanted == set(range(first, last + 1)), words
        assert met and met <= wanted, words
    assert days("product_viewed")[0] == {17}


def test_a_new_condition_is_filled_alone_and_a_dropped_one_goes(shop: Workshop) -> None:
    filled(shop, CATALOGUE[:4])
    before = days_filled(shop)
    new = filled(shop, [*CATALOGUE[1:4], CATALOGUE[5]]).keys()
    after = days_filled(shop)
    gone = {key[0] for key in before} - {key[0] for key in after}
    assert len(gone) == 1 and len(new) == 1
    assert all(after[key] == run for key, run in before.items() if key[0] not in gone)
    assert {key[0] for key in after.keys() - before.keys()} == new
    assert {row[1] for row in contents(shop)} == {key[0] for key in after}


def test_a_changed_day_of_a_contact_is_filled_alone(shop: Workshop) -> None:
    filled(shop, CATALOGUE)
    before = days_filled(shop)
    rows = contents(shop)
    one = (
        f"event_id = (select min(event_id) from marts_staging.{EVENTS}"
        " where event_type = 'email_clicked' and channel = 'web'"
        " and occurred_at >= timestamp '2026-01-05')"
    )
    [(contact, day)] = shop.read(
        f"select contact_id, cast(occurred_at as date) from marts_staging.{EVENTS} where {one}"
    )
    restage(shop, (EVENTS, "channel = 'changed'", one))
    assert filled(shop, CATALOGUE) == {}
    assert days_filled(shop) == before
    differing = set(rows) ^ set(contents(shop))
    assert differing
    assert {row[2:4] for row in differing} == {(day, contact)}


def test_changed_products_fill_only_what_looks_at_products(shop: Workshop) -> None:
    filled(shop, CATALOGUE)
    restage(shop, ("base_products__typed", "brand = 'brand 9'", "true"))
    assert filled(shop, CATALOGUE).keys() == about(shop, "product.brand")
    assert not about(shop, "product.brand") & {row[1] for row in contents(shop) if row[3]}


def test_after_any_changes_the_ledger_equals_a_new_one(shop: Workshop, tmp_path: Path) -> None:
    choose = random.Random(3)
    filled(shop, CATALOGUE)
    for turn in range(4):
        before = days_filled(shop)
        statements = [
            tuple(part.format(seed=turn) for part in one) for one in choose.sample(CHANGES, 3)
        ]
        restage(shop, *statements)
        catalogue = choose.sample(CATALOGUE, 8)
        filled(shop, catalogue)
        after = days_filled(shop)
        assert all(after.get(key, run) == run for key, run in before.items()), statements
        shutil.copytree(shop.folder, tmp_path / f"new_{turn}")
        new = Workshop(tmp_path / f"new_{turn}", "UTC")
        done = fill(new, catalogue, "--full-refresh")
        assert done.success, messages(done)
        assert contents(shop) == contents(new), statements


def test_without_conditions_the_ledger_is_empty(shop: Workshop) -> None:
    filled(shop, CATALOGUE[:2])
    everybody = segment("everybody", {"field": "customer_id", "is_not_null": True})
    assert filled(shop, [everybody]) == {}
    assert contents(shop) == []
    assert filled(shop, CATALOGUE[:2])


def test_a_shop_without_events_has_the_ledger_of_its_orders(tmp_path: Path) -> None:
    write_raw(tmp_path / "raw", ("contacts", "orders", "order_lines", "products"))
    shop = Workshop(tmp_path, "UTC")
    shop.prepare(AS_OF)
    filled(shop, CATALOGUE)
    events = {row[0] for row in shop.read(f"select distinct event_type from {LEDGER}")}
    assert events == {"order_placed", "order_refunded", "product_purchased"}


def test_a_fill_that_fails_leaves_the_ledger_as_it_was(shop: Workshop) -> None:
    filled(shop, CATALOGUE)
    rows = contents(shop)
    change(
        shop,
        "update marts_intermediate.int_segment_condition_days__wanted set fingerprint = 'changed'",
        "create or replace view marts_staging.stg_products as"
        " select * replace (error('broken') as brand) from marts_staging.base_products__typed",
    )
    done = fill(shop, CATALOGUE, "--exclude", "int_segment_condition_days__wanted")
    assert not done.success
    assert contents(shop) == rows
