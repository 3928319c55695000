"""The warehouse answers as lifetimes, pandas and the known counts do on public data.

The files under SHARED_DATA/<set>/reference say what other tools answer on the clean orders.
Each comparison is exact but for the rounding named beside it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from examples.map import run_map

from warehouse import build_warehouse, read

# Four builds of the warehouse.
pytestmark = pytest.mark.slow

PUBLIC_TABLES = "+rfm_scores +value_tiers +cohort_retention +rejected_rows"
HALF_A_CENT = 0.005
# Folder, currency and the day after the last order of the clean orders.
CLEAN_SETS = {
    "online_retail": ("GBP", "2011-12-10"),
    "cdnow_sample": ("USD", "1998-07-01"),
}
# Clean orders have no document number of their own in every set: the row is the document.
CLEAN_ORDERS = """
    select cast(row_number() over (order by customer_id, order_ts, amount) as varchar) as order_id,
        customer_id as contact_id, order_ts as ordered_at,
        cast(round(amount, 4) as decimal(18, 4)) as net_amount
    from read_parquet('{file}')
"""
CLEAN_CONTACTS = """
    select customer_id as contact_id, min(order_ts) as created_at
    from read_parquet('{file}') group by customer_id
"""
# What the dirty lines say without the warehouse: per customer, from the source file alone.
EXPECTED_NET = """
    select customer_id::varchar as customer_id,
        count(distinct invoice_ts::date) filter (where quantity > 0) as frequency,
        max(invoice_ts::date) filter (where quantity > 0) as last_date,
        sum(quantity * unit_price::decimal(18, 4)) as net
    from read_parquet('{file}')
    where customer_id is not null and unit_price > 0
        and (quantity > 0 or invoice_no like 'C%')
    group by customer_id
"""


@pytest.fixture(scope="module", params=CLEAN_SETS)
def clean_set(
    request: pytest.FixtureRequest, shared_data: Path, made_here: Callable[..., Path]
) -> tuple[str, Path]:
    """Name of a set, and the warehouse built from its clean orders."""
    name = request.param
    currency, as_of_date = CLEAN_SETS[name]

    def make(folder: Path) -> None:
        source = shared_data / name / "clean_orders.parquet"
        for table, query in (("orders", CLEAN_ORDERS), ("contacts", CLEAN_CONTACTS)):
            sql = query.format(file=source)
            duckdb.sql(f"copy ({sql}) to '{folder}/{table}.parquet' (format parquet)")
        variables = {
            "as_of_date": as_of_date,
            "reporting_currency": currency,
            "occasions_require_revenue": False,
        }
        build_warehouse(folder, folder / "built", variables, PUBLIC_TABLES)

    return name, made_here(f"clean_{name}", make) / "built" / "warehouse.duckdb"


def reference(shared_data: Path, name: str, file: str) -> duckdb.DuckDBPyRelation:
    """A reference CSV, customer numbers as text (some start with 0)."""
    path = shared_data / name / "reference" / file
    header = path.open().readline().strip().split(",")
    types = {column: "varchar" for column in header if column in ("customer_id", "cohort_month")}
    return duckdb.read_csv(str(path), dtype=types)


def test_repeat_figures_equal_lifetimes(clean_set: tuple[str, Path], shared_data: Path) -> None:
    """frequency, recency and T of lifetimes 0.11.3 exactly; its monetary_value to half a cent."""
    name, database = clean_set
    expected = {
        row[0]: row[1:]
        for row in reference(shared_data, name, "a_lifetimes_summary.csv")
        .select("customer_id, frequency, recency, T, monetary_value")
        .fetchall()
    }
    sql = """
        select customer_id, repeat_frequency, recency_age_days, tenure_days,
            cast(repeat_monetary as double)
        from marts.rfm_scores where basis = 'orders'
    """
    found = {row[0]: row[1:] for row in read(database, sql)}
    assert found.keys() == expected.keys()
    assert {key: row[:3] for key, row in found.items()} == {
        key: row[:3] for key, row in expected.items()
    }
    differences = {key: abs(row[3] - expected[key][3]) for key, row in found.items()}
    assert max(differences.values()) <= HALF_A_CENT


def test_cohorts_equal_pandas_where_complete(
    clean_set: tuple[str, Path], shared_data: Path
) -> None:
    """Every complete cell equals the reference; a month that D cuts short is NULL, not less."""
    name, database = clean_set
    as_of_month = CLEAN_SETS[name][1][:7]
    cut_short = not CLEAN_SETS[name][1].endswith("-01")
    sql = """
        select strftime(cohort_period, '%Y-%m'), period_index, cohort_size, active_customers,
            retention, cast(revenue as double),
            strftime(cohort_period + to_months(period_index), '%Y-%m')
        from marts.cohort_retention
        where cohort_kind = 'first_order' and period_grain = 'month'
    """
    found = {row[:2]: row[2:] for row in read(database, sql)}
    expected = (
        reference(shared_data, name, "d_cohort_retention.csv")
        .select("cohort_month, months_since, cohort_size, active_customers, retention, revenue")
        .fetchall()
    )
    incomplete = 0
    for cohort, index, size, active, retention, revenue in expected:
        found_size, *measures, month = found.pop((cohort, index))
        assert found_size == size, (cohort, index)
        if cut_short and month == as_of_month:
            incomplete += 1
            assert measures == [None, None, None], (cohort, index)
            continue
        assert measures[0] == active, (cohort, index)
        assert measures[1] == pytest.approx(retention, abs=1e-9), (cohort, index)
        assert measures[2] == pytest.approx(revenue, abs=0.01), (cohort, index)
    assert incomplete == (13 if name == "online_retail" else 0)
    # Nothing beyond the reference's triangle but cells that are not complete either.
    assert all(row[1:4] == (None, None, None) for row in found.values()), found


def test_value_deciles_equal_ntile_but_for_ties(
    clean_set: tuple[str, Path], shared_data: Path
) -> None:
    """The reference breaks ties by customer number; here equal values share the best position."""
    name, database = clean_set
    expected = {
        row[0]: row[1:]
        for row in reference(shared_data, name, "e_value_deciles_customers.csv")
        .select("customer_id, value_decile, cast(round(amount, 4) as decimal(18, 4))")
        .fetchall()
    }
    best_decile: dict[object, int] = {}
    for decile, amount in expected.values():
        best_decile[amount] = min(decile, best_decile.get(amount, 10))
    sql = "select customer_id, value_decile, net_revenue from marts.value_tiers"
    found = {row[0]: row[1:] for row in read(database, sql)}
    assert found.keys() == expected.keys()
    assert {key: row[1] for key, row in found.items()} == {
        key: row[1] for key, row in expected.items()
    }
    assert {key: row[0] for key, row in found.items()} == {
        key: best_decile[amount] for key, (_, amount) in expected.items()
    }
    differ = [key for key in found if found[key][0] != expected[key][0]]
    assert len(differ) == {"online_retail": 1, "cdnow_sample": 37}[name]


def test_pareto_shares_equal_pandas(clean_set: tuple[str, Path], shared_data: Path) -> None:
    """Shares of the top customers, and the customers who bring 80 % of revenue: tier A."""
    name, database = clean_set
    expected = json.loads((shared_data / name / "reference" / "e_pareto.json").read_text())
    sql = """
        select cast(net_revenue as double), value_tier, cumulative_share
        from marts.value_tiers order by net_revenue desc
    """
    tiers = read(database, sql)
    revenue = [row[0] for row in tiers]
    assert len(tiers) == expected["customers"]
    assert math.fsum(revenue) == pytest.approx(expected["revenue"], abs=0.01)
    for percent in (1, 5, 10, 20, 30, 50):
        top = revenue[: math.ceil(len(revenue) * percent / 100)]
        share = math.fsum(top) / math.fsum(revenue)
        assert share == pytest.approx(expected[f"top_{percent}pct_share"], abs=1e-9)
    assert sum(tier == "A" for _, tier, _ in tiers) == expected["customers_for_80pct"]
    running = 0.0
    for amount, _, share in tiers[: expected["customers_for_80pct"]]:
        running += amount / math.fsum(revenue)
        # A tie group carries the share at its end.
        assert share >= running - 1e-9


DIRTY_VARIABLES = {"as_of_date": "2011-12-10", "reporting_currency": "GBP"}


@pytest.fixture(scope="module")
def dirty_input(shared_data: Path, made_here: Callable[..., Path]) -> Path:
    """All 541,909 lines, mapped as examples/online_retail does."""
    source = shared_data / "online_retail" / "lines.parquet"
    return made_here("dirty_lines", lambda folder: run_map("online_retail", source, folder))


@pytest.fixture(scope="module")
def dirty(dirty_input: Path, made_here: Callable[..., Path]) -> Path:
    """Warehouse of the dirty lines."""

    def make(folder: Path) -> None:
        select = f"{PUBLIC_TABLES} +stg_order_lines"
        build_warehouse(dirty_input, folder, DIRTY_VARIABLES, select)

    return made_here("dirty_built", make) / "warehouse.duckdb"


@pytest.fixture(scope="module")
def dirty_without_refunds(dirty_input: Path, made_here: Callable[..., Path]) -> Path:
    """Warehouse of the same documents as if no credit note had been written."""

    def make(folder: Path) -> None:
        duckdb.sql(f"""
            copy (from '{dirty_input}/orders.parquet' where document_type = 'order')
            to '{folder}/orders.parquet' (format parquet)
        """)
        duckdb.sql(f"copy (from '{dirty_input}/contacts.parquet') to '{folder}/contacts.parquet'")
        build_warehouse(folder, folder / "built", DIRTY_VARIABLES, PUBLIC_TABLES)

    return made_here("dirty_without_refunds", make) / "built" / "warehouse.duckdb"


def test_every_line_is_accounted_for(dirty: Path) -> None:
    accepted = read(dirty, "select order_line_id from marts_staging.stg_order_lines")
    sql = "select row_id, reason_codes from marts.rejected_rows where source = 'order_lines'"
    rejected = read(dirty, sql)
    line_ids = [row[0] for row in accepted] + [row[0] for row in rejected]
    assert len(line_ids) == 541_909
    assert set(line_ids) == {str(number) for number in range(1, 541_910)}
    reasons: dict[str, int] = {}
    for _, codes in rejected:
        reasons[codes] = reasons.get(codes, 0) + 1
    # All lines without a customer, the 1,336 stock corrections and 2 negative prices among them.
    assert reasons == {"unknown_order": 133_742, "negative_amount,unknown_order": 1_338}


def test_every_document_is_accounted_for(dirty: Path) -> None:
    sql = """
        select reason_codes, count(*) from marts.rejected_rows
        where source = 'orders' group by reason_codes
    """
    assert read(dirty, sql) == [("missing_contact_id", 3_710)]
    assert read(dirty, "select count(*) from marts_staging.stg_orders") == [(22_190,)]


def test_only_sold_lines_of_known_customers_reach_a_score(dirty: Path, shared_data: Path) -> None:
    """Scores rest on the lines with a customer and a price above 0, and on no other line."""
    file = shared_data / "online_retail" / "lines.parquet"
    expected = {row[0]: row[1:] for row in duckdb.sql(EXPECTED_NET.format(file=file)).fetchall()}
    sql = """
        select customer_id, frequency, as_of_date - recency_days, monetary
        from marts.rfm_scores where basis = 'orders'
    """
    found = {row[0]: row[1:] for row in read(dirty, sql)}
    assert found == {key: row[:3] for key, row in expected.items() if row[0] > 0}
    assert len(found) == 4_338


def test_cancellations_lower_monetary_and_nothing_else(
    dirty: Path, dirty_without_refunds: Path, shared_data: Path
) -> None:
    sql = """
        select customer_id, recency_days, frequency, r_score, f_score, repeat_frequency,
            recency_age_days, tenure_days, repeat_monetary, rfm_segment, monetary
        from marts.rfm_scores where basis = 'orders'
    """
    with_refunds = {row[0]: row[1:] for row in read(dirty, sql)}
    without_refunds = {row[0]: row[1:] for row in read(dirty_without_refunds, sql)}
    assert {key: row[:-1] for key, row in with_refunds.items()} == {
        key: row[:-1] for key, row in without_refunds.items()
    }
    net = {
        row[0]: tuple(round(value, 4) for value in row[1:])
        for row in reference(shared_data, "online_retail", "f_net_per_customer.csv")
        .select("customer_id, gross, refund, net")
        .fetchall()
    }
    for key, row in with_refunds.items():
        gross, refund, remaining = net[key]
        assert float(without_refunds[key][-1]) == pytest.approx(gross, abs=HALF_A_CENT), key
        assert float(row[-1]) == pytest.approx(remaining, abs=HALF_A_CENT), key
        assert (row[-1] < without_refunds[key][-1]) == (refund < 0), key
    refunded = sum(refund < 0 for _, refund, _ in net.values())
    assert refunded == 1_589


def test_customers_with_credit_notes_alone_have_no_score(dirty: Path, shared_data: Path) -> None:
    """34 customers never bought at a price: no score, and a net revenue of 0 or less."""
    never_bought = {
        row[0]: round(row[1], 4)
        for row in reference(shared_data, "online_retail", "f_net_per_customer.csv")
        .filter("gross = 0")
        .select("customer_id, net")
        .fetchall()
    }
    sql = """
        select tiers.customer_id, cast(tiers.net_revenue as double), tiers.value_tier
        from marts.value_tiers as tiers
        anti join marts.rfm_scores as scores
            on tiers.customer_id = scores.customer_id and scores.basis = 'orders'
    """
    unscored = read(dirty, sql)
    assert {row[0]: row[1] for row in unscored} == pytest.approx(never_bought, abs=1e-6)
    assert {row[2] for row in unscored} == {"none"}
    assert len(unscored) == 34
