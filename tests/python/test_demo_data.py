"""The demo shop: same rows for a seed, the dirt that its list promises, and the looks of a shop."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import demo_data

KEYS = {
    "contacts": "contact_id",
    "orders": "order_id",
    "order_lines": "order_line_id",
    "products": "product_id",
    "events": "event_id",
}
# the first order of the shop with seed 7 and 300 people
EXPECTED_FIRST_ORDER = ("o0000000512", "c00000001", "2026-06-13 07:11:38", "175.98")
TIMES = {"contacts": "created_at", "orders": "ordered_at", "events": "occurred_at"}


def make_shop(output: Path, *arguments: str) -> Path:
    """Generate a shop into ``output`` with the given command-line words; return the directory."""
    demo_data.generate(demo_data.parse_arguments(["--output", str(output), *arguments]))
    return output


def content_hashes(shop: Path) -> dict[str, tuple[int, ...]]:
    """Return rows and a hash of the rows of each file that does not depend on their order."""
    connection = duckdb.connect()
    return {
        name: connection.execute(
            "select count(*), sum(cast(hash(cast(t as varchar)) as hugeint))"
            f" from read_parquet('{shop / name}.parquet') as t"
        ).fetchone()
        for name in (*KEYS, "planted_dirt")
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of 5,000 people."""
    return make_shop(tmp_path_factory.mktemp("shop"), "--customers", "5000")


@pytest.fixture(scope="module")
def tables(shop: Path) -> duckdb.DuckDBPyConnection:
    """The shop's tables; ``clean_<table>`` leaves the planted extra rows out."""
    connection = duckdb.connect()
    for name in (*KEYS, "planted_dirt"):
        connection.execute(f"create table {name} as from read_parquet('{shop / name}.parquet')")
    for name, key in KEYS.items():
        connection.execute(
            f"create view clean_{name} as select * from {name} as t where coalesce({key}, '') <> ''"
            " and not exists (select 1 from planted_dirt as d"
            f" where d.source = '{name}' and d.row_id = t.{key} and d.loaded_at = t.loaded_at"
            " and d.raw_row is not null)"
        )
    return connection


def value(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """Return the one value of a query."""
    row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_same_seed_gives_same_rows_at_any_thread_count(tmp_path: Path) -> None:
    one = make_shop(tmp_path / "one", "--customers", "400", "--threads", "1")
    four = make_shop(tmp_path / "four", "--customers", "400", "--threads", "4")
    assert content_hashes(one) == content_hashes(four)
    for name in ("manifest.json", "planted_dirt.json"):
        assert (one / name).read_bytes() == (four / name).read_bytes()


def test_many_row_groups_give_same_rows_at_any_thread_count(tmp_path: Path) -> None:
    words = ("--customers", "20000", "--orders-per-customer", "1", "--events-per-customer", "5")
    one = make_shop(tmp_path / "one", *words, "--threads", "1")
    four = make_shop(tmp_path / "four", *words, "--threads", "4")
    assert content_hashes(one) == content_hashes(four)


def test_rows_of_a_seed_are_these(tmp_path: Path) -> None:
    """Any engine and any later version must give this shop for seed 7, or raise the version."""
    shop = make_shop(tmp_path, "--customers", "300", "--seed", "7")
    row = duckdb.execute(
        "select order_id, contact_id, ordered_at, cast(net_amount as varchar)"
        f" from read_parquet('{shop / 'orders.parquet'}')"
        " where order_id like 'o00%' order by order_id limit 1"
    ).fetchone()
    assert demo_data.GENERATOR_VERSION == 3
    assert row == EXPECTED_FIRST_ORDER


def test_another_seed_gives_another_shop(tmp_path: Path) -> None:
    one = content_hashes(make_shop(tmp_path / "one", "--customers", "300"))
    two = content_hashes(make_shop(tmp_path / "two", "--customers", "300", "--seed", "2"))
    assert all(one[name] != two[name] for name in KEYS)


def test_counts_agree_with_the_files(shop: Path, tables: duckdb.DuckDBPyConnection) -> None:
    manifest = json.loads((shop / "manifest.json").read_text(encoding="utf-8"))
    planted = json.loads((shop / "planted_dirt.json").read_text(encoding="utf-8"))
    for name in KEYS:
        assert value(tables, f"select count(*) from {name}") == manifest["rows"][name]
        clean = value(tables, f"select count(*) from clean_{name}")
        assert clean == manifest["rows"][name] - manifest["dirty_rows"][name]
        extra = 0
        for kind, entry in planted[name].items():
            condition = f"source = '{name}' and kind = '{kind}'"
            rows = value(tables, f"select count(*) from planted_dirt where {condition}")
            assert rows == entry["rows"] > 0
            if kind not in ("late_arrival", "identity_link"):
                extra += rows
        assert extra == manifest["dirty_rows"][name]


@pytest.mark.parametrize("name", KEYS)
def test_one_to_two_per_cent_is_dirt(shop: Path, name: str) -> None:
    manifest = json.loads((shop / "manifest.json").read_text(encoding="utf-8"))
    assert 0.01 <= manifest["dirty_rows"][name] / manifest["rows"][name] <= 0.02


@pytest.mark.parametrize("name", KEYS)
def test_every_planted_row_is_in_its_table(tables: duckdb.DuckDBPyConnection, name: str) -> None:
    missing = (
        "select count(*) from planted_dirt as d where d.source = '{0}' and not exists (select 1"
        " from {0} as t where t.loaded_at = d.loaded_at and t.{1} is not distinct from d.row_id)"
    )
    assert value(tables, missing.format(name, KEYS[name])) == 0


def test_clean_rows_are_clean(tables: duckdb.DuckDBPyConnection) -> None:
    for name, key in KEYS.items():
        assert value(tables, f"select count(*) - count(distinct {key}) from clean_{name}") == 0
        assert value(tables, f"select max(length({key})) from {name}") <= 12
    for name, time in TIMES.items():
        late = f"not coalesce(try_cast({time} as timestamp) <= loaded_at, false)"
        assert value(tables, f"select count(*) from clean_{name} where {late}") == 0
    orphans = "select count(*) from clean_{0} where {1} not in (select {1} from clean_{2})"
    assert value(tables, orphans.format("orders", "contact_id", "contacts")) == 0
    assert value(tables, orphans.format("events", "contact_id", "contacts")) == 0
    assert value(tables, orphans.format("order_lines", "order_id", "orders")) == 0
    assert value(tables, orphans.format("order_lines", "product_id", "products")) == 0
    for name in ("orders", "events"):
        assert (
            value(
                tables,
                f"select count(*) from clean_{name} as t"
                " inner join clean_contacts using (contact_id)"
                f" where t.{TIMES[name]} < created_at",
            )
            == 0
        )


def test_net_amount_is_lines_less_discount(tables: duckdb.DuckDBPyConnection) -> None:
    different = value(
        tables,
        """
        with summed as (
            select order_id, sum(quantity * unit_price) as gross
            from clean_order_lines group by order_id
        )
        select count(*) from clean_orders left join summed using (order_id)
        where net_amount is distinct from gross - discount_amount
        """,
    )
    assert different == 0


def test_refunds_follow_their_orders(tables: duckdb.DuckDBPyConnection) -> None:
    refunds, wrong, partial = tables.execute(
        """
        select count(*), count(*) filter (where o.order_id is null or o.currency <> r.currency
            or o.net_amount < r.net_amount or o.ordered_at >= r.ordered_at),
            count(*) filter (where r.net_amount < o.net_amount)
        from clean_orders as r left join clean_orders as o on r.original_order_id = o.order_id
        where r.document_type = 'refund'
        """
    ).fetchone()
    assert wrong == 0
    assert 0 < partial < refunds
    assert 0.03 < refunds / value(tables, "select count(*) from clean_orders") < 0.05


def test_identity_links_are_the_shared_identifiers(tables: duckdb.DuckDBPyConnection) -> None:
    """No e-mail or phone is shared by two to five ids but within one planted person."""
    shared = """
        with identifiers as (
            select contact_id, lower(email) as identifier
            from clean_contacts where email is not null
            union all
            select contact_id, replace(phone, ' ', '') from clean_contacts where phone is not null
        ),
        people as (
            select row_id as contact_id, customer_id from planted_dirt where kind = 'identity_link'
        )
        select count(*) as contacts, count(distinct coalesce(customer_id, contact_id)) as people
        from identifiers left join people using (contact_id)
        group by identifier having count(*) > 1
    """
    groups = tables.execute(shared).fetchall()
    assert {people for contacts, people in groups if contacts <= 5} == {1}
    assert any(contacts > 5 for contacts, _ in groups)
    assert (
        value(
            tables,
            "select max(ids) from (select count(*) as ids from planted_dirt"
            " where kind = 'identity_link' group by customer_id)",
        )
        == 4
    )


def test_it_looks_like_a_shop(tables: duckdb.DuckDBPyConnection) -> None:
    assert value(tables, "select count(*) from clean_orders") / 5000 == pytest.approx(10, rel=0.1)
    assert value(tables, "select count(*) from clean_events") / 5000 == pytest.approx(50, rel=0.1)
    monthly = "select ordered_at[:7] from clean_orders where ordered_at like '{0}%' group by 1"
    monthly += " order by count(*) desc limit 1"
    assert value(tables, monthly.format(2025)) == "2025-11"
    assert value(tables, "select count(distinct ordered_at[:7]) from clean_orders") == 37
    assert value(tables, "select min(ordered_at) from clean_orders") < "2023-12-15"
    assert value(tables, "select max(ordered_at) from clean_orders") < "2026-11-21"
    share = """
        with spent as (
            select contact_id, sum(net_amount * case currency when 'EUR' then 1 when 'GBP' then 1.17
                when 'CZK' then 0.04 else 0.235 end) as revenue
            from clean_orders where document_type = 'order' group by contact_id
        ),
        ranked as (select revenue, percent_rank() over (order by revenue desc) as place from spent)
        select sum(revenue) filter (where place <= 0.2) / sum(revenue) from ranked
    """
    assert value(tables, share) > 0.5
    regions = "select count(distinct region) from clean_contacts where country_code = 'PL'"
    assert value(tables, regions) == 16
    assert value(tables, "select count(distinct country_code) from clean_contacts") >= 5
    prospects = "select count(*) from clean_contacts"
    prospects += " where contact_id not in (select contact_id from clean_orders)"
    assert 0.13 < value(tables, prospects) / 5000 < 0.22
    funnel = tables.execute(
        "select event_type, count(*) from clean_events where event_type like 'email%'"
        " group by 1 order by 2 desc"
    ).fetchall()
    assert [row[0] for row in funnel] == [
        "email_sent",
        "email_delivered",
        "email_opened",
        "email_clicked",
    ]


def test_events_carry_what_segments_ask_for(tables: duckdb.DuckDBPyConnection) -> None:
    """Sizes in clicks, one topic a survey, courses that some finish and few continue."""

    def shares(expression: str, event_type: str) -> dict[str, float]:
        """Return the share of the events of a type by the values of an expression."""
        rows = tables.execute(
            f"select {expression} as answer, count(*) / sum(count(*)) over () from clean_events"
            f" where event_type = '{event_type}' and answer is not null group by answer"
        ).fetchall()
        return {answer: share for answer, share in rows}

    sizes = shares("properties ->> 'size'", "email_clicked")
    assert set(sizes) == {"S", "M", "L", "XL"}
    assert sizes["M"] > sizes["XL"] > 0.1
    surveys = shares("properties ->> 'survey'", "survey_answered")
    assert set(surveys) == {"nps", "delivery", "city", "lifestyle"}
    assert min(surveys.values()) > 0.2
    assert len(shares("cast(json_keys(properties) as varchar)", "survey_answered")) == 4
    assert len(shares("properties ->> '$.values[0]'", "survey_answered")) == 5
    students, graduates, advanced = tables.execute(
        """
        with progress as (
            select contact_id,
                max(cast(properties ->> 'progress' as int)) filter (
                    where properties ->> 'course' = 'beginner'
                ) as beginner,
                bool_or(properties ->> 'course' = 'advanced') as is_advanced
            from clean_events where event_type = 'lesson_completed' group by contact_id
        )
        select count(*), count(*) filter (where beginner > 90 and not is_advanced),
            count(*) filter (where is_advanced)
        from progress
        """
    ).fetchone()
    assert 0.05 < graduates / students < 0.4
    assert 0.1 < advanced / students < 0.4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--customers", "5"], "cannot be numbered"),
        (["--customers", "100000000"], "cannot be numbered"),
        (["--orders-per-customer", "0"], "at least 1 order"),
        (["--seed", "-1"], "is negative"),
    ],
)
def test_impossible_arguments_stop_with_one_line(
    tmp_path: Path, words: list[str], message: str
) -> None:
    with pytest.raises(demo_data.DemoDataError, match=message):
        make_shop(tmp_path, *words)
    assert not list(tmp_path.iterdir())
