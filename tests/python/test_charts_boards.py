"""The figures of the boards rfm, segment, cohorts and movement against queries of their own.

Printed texts are read from the drawing, chart by chart; what is drawn without a number, from the
rows that the chart was drawn from.
"""

from __future__ import annotations

import json
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from contextlib import closing
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from charts_project import write_project
from charts_published import read_published
from warehouse import PROJECT_DIR

SEGMENT = "at_risk"
# What a shop has that was refreshed for three months: each third of the members came on one of the
# dates; some that are regulars now were at risk; every cause occurs; the scores are frozen.
PAST = """
delete from marts_intermediate.int_segment_stays__recorded;
insert into marts_intermediate.int_segment_stays__recorded by name
with members as (
    select *, row_number() over (partition by segment order by customer_id) as place
    from marts.segment_memberships where segment in ('at_risk', 'regulars', 'cart_abandoned')
)
select
    segment, customer_id, date '2026-09-01' + interval (place % 3) month as valid_from_date,
    null as valid_to_date, place % 3 > 0 as is_start_known, 'a' as rule_hash,
    case when place % 5 = 0 then 'rule_edited' else 'customer_changed' end as entry_cause,
    null as exit_cause
from members
union all
select
    'at_risk', customer_id, date '2026-09-01', date '2026-10-01', false, 'a', 'customer_changed',
    case when place % 4 = 0 then 'threshold_moved' else 'customer_changed' end
from members where segment = 'regulars' and place % 6 = 0;

delete from marts.segment_migrations;
insert into marts.segment_migrations by name
with positions as (
    select
        unnest(['primary', 'rfm']) as scheme,
        unnest([coalesce(primary_segment, 'none'), rfm_segment]) as to_segment,
        row_number() over (order by customer_id) as place
    from marts.customers
),
moved as (
    select
        scheme, months.start as from_date, months.start + interval 1 month as to_date, to_segment,
        case when place % (7 + months.number) = 0 then 'none'
            when place % 5 = 0 then case scheme when 'rfm' then 'loyal' else 'regulars' end
            else to_segment end as from_segment
    from positions
    cross join (values (0, date '2026-09-01'), (1, date '2026-10-01')) as months (number, start)
)
select scheme, from_segment, to_segment, from_date, to_date, count(*) as customers,
    count(*) / sum(count(*)) over (partition by scheme, from_segment, from_date) as share
from moved group by scheme, from_segment, to_segment, from_date, to_date;

update marts.score_drift set frozen_date = date '2026-06-01', moved_customers = 123,
    stability_index = 0.1234, stability_level = 'watch' where basis = 'orders';
create table marts.purchase_predictions as
select customer_id, 90 as horizon_days, 0.25 as purchase_probability, 0.5 as expected_orders,
    100.0 as expected_value, 0.75 as churn_risk
from marts.customers;
"""
DRAWN: list[tuple[str, str, dict[str, str]]] = [
    ("rfm", "rfm", {}),
    ("rfm_de", "rfm", {"country": "DE"}),
    ("segment", "segment", {"segment": SEGMENT}),
    ("cohorts", "cohorts", {}),
    ("sign_up", "cohorts", {"cohort": "Sign up"}),
    ("movement", "movement", {}),
    ("movement_then", "movement", {"as_of_date": "2026-10-05", "layer": "micro"}),
]
Texts = dict[str, list[str]]


class Drawn:
    """What was drawn: the texts of each chart, and the rows of each query."""

    def __init__(self, folder: Path) -> None:
        """Open the folder and the published file of it."""
        self._folder = folder
        self._sql = duckdb.connect(str(folder / "published.duckdb"), read_only=True)
        self._sql.execute("use marts")

    def texts(self, name: str) -> Texts:
        root = ElementTree.fromstring((self._folder / f"{name}.svg").read_text())
        return {
            chart.get("data-chart-id", ""): [
                text
                for element in chart.iter()
                if element.tag.endswith("}text")
                and (text := " ".join("".join(element.itertext()).split()))
            ]
            for chart in root.iter()
            if "dbt-chart" in (chart.get("class") or "").split()
        }

    def page(self, name: str) -> str:
        root = ElementTree.fromstring((self._folder / f"{name}.svg").read_text())
        return " ".join(" ".join(root.itertext()).split())

    def rows(self, name: str, query: str) -> list[dict[str, Any]]:
        data = json.loads((self._folder / f"{name}.json").read_text())
        return data["queries"][query]["rows"]

    def sql(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._sql.execute(query, values).fetchall()


def rounded(value: Any, digits: int = 0) -> str:
    """Print a number as the boards do: thousands by commas, halves up."""
    step = Decimal(1).scaleb(-digits)
    return f"{Decimal(str(value)).quantize(step, ROUND_HALF_UP):,}"


def short(value: Decimal) -> str:
    """Print money as the boards do where there is little room: three digits and the currency."""
    number, unit = next(
        (
            (value / size, unit)
            for size, unit in ((Decimal(10**6), "M"), (Decimal(10**3), "k"))
            if value >= size
        ),
        (value, ""),
    )
    digits = rounded(number, max(0, 3 - len(str(int(number)))))
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) + unit + " PLN"


def percent(value: float, digits: int = 0) -> str:
    return rounded(100 * Decimal(str(value)), digits) + "%"


def follows(texts: list[str], *words: str) -> bool:
    """Whether the words stand there one after the other."""
    return any(tuple(texts[at : at + len(words)]) == words for at in range(len(texts)))


@pytest.fixture(scope="module")
def drawn(demo_build: Path, made_here: Callable[..., Path]) -> Drawn:
    """The boards over the demo shop with a past, and over one without customers."""

    def make(folder: Path) -> None:
        from charts_render import Renderer  # noqa: PLC0415

        past, empty = folder / "published.duckdb", folder / "empty" / "published.duckdb"
        shutil.copyfile(demo_build / "published.duckdb", past)
        with duckdb.connect(str(past)) as connection:
            connection.execute(PAST)
        empty.parent.mkdir()
        shutil.copyfile(demo_build / "published.duckdb", empty)
        with duckdb.connect(str(empty)) as connection:
            for table in (
                "marts.customers", "marts.rfm_scores", "marts.value_tiers",
                "marts.cohort_retention", "marts.segment_memberships", "marts.segment_overlaps",
                "marts.segment_waterfalls", "marts.segment_metrics", "marts.segments",
                "marts_intermediate.int_segment_stays__recorded",
            ):  # fmt: skip
                connection.execute(f"delete from {table}")
        with closing(Renderer(write_project(folder / "project", read_published(past)))) as renderer:
            for name, board, variables in DRAWN:
                (folder / f"{name}.svg").write_text(renderer.svg(board, variables))
                data = renderer._render(board, variables, "data", standalone=False)
                (folder / f"{name}.json").write_text(json.dumps(data, default=str))
        with closing(
            Renderer(write_project(folder / "nothing", read_published(empty)))
        ) as renderer:
            for board in ("rfm", "segment", "cohorts", "movement"):
                (folder / f"empty_{board}.svg").write_text(renderer.svg(board, {}))

    return Drawn(made_here("charts_boards", make))


@pytest.mark.parametrize(("name", "country"), [("rfm", None), ("rfm_de", "DE")])
def test_each_cell_of_the_map_says_customers_revenue_and_segment(
    drawn: Drawn, name: str, country: str | None
) -> None:
    texts = drawn.texts(name)["map"]
    cells = drawn.sql(
        "select r_score, f_score, count(*), sum(monetary), min(rfm_segment) from customers"
        " where frequency > 0 and coalesce(country_code = $1, $1 is null) group by all",
        country,
    )
    assert len(cells) > 15
    for _, _, customers, revenue, segment in cells:
        words = segment.replace("_", " ").capitalize().replace("Cant", "Can't")
        assert follows(texts, rounded(customers), short(revenue), words), segment
    assert sum(row["customers"] for row in drawn.rows(name, "cells")) == sum(
        cell[2] for cell in cells
    )


def test_rfm_totals_shares_and_tiers(drawn: Drawn) -> None:
    texts = drawn.texts("rfm")
    ((buyers, everybody, revenue),) = drawn.sql(
        "select count(*) filter (where frequency > 0), count(*), sum(monetary) from customers"
    )
    assert rounded(buyers) in texts["buyers"]
    assert any(text.startswith(rounded(revenue)) for text in texts["revenue"])
    assert percent(buyers / everybody, 1) in "".join(texts["buyer_share"]).replace(" ", "")
    for segment, customers in drawn.sql("select rfm_segment, count(*) from customers group by 1"):
        assert rounded(customers) in texts["customers_by_segment"], segment
    shares = {
        (row["measure"], row["value_tier"]): row["share"] for row in drawn.rows("rfm", "tiers")
    }
    for tier, customers, net in drawn.sql(
        "select value_tier, count(*), sum(greatest(net_revenue, 0)) from value_tiers group by 1"
    ):
        key = "None" if tier == "none" else tier
        assert shares["Customers", key] == pytest.approx(customers / everybody)
        total = drawn.sql("select sum(greatest(net_revenue, 0)) from value_tiers")[0][0]
        assert shares["Net revenue", key] == pytest.approx(float(net / total))


def test_the_curve_marks_the_customers_who_bring_eighty_per_cent(drawn: Drawn) -> None:
    spent = [row[0] for row in drawn.sql(
        "select net_revenue from value_tiers where net_revenue > 0 order by 1 desc"
    )]  # fmt: skip
    so_far, needed = Decimal(0), 0
    while so_far < sum(spent) * Decimal("0.8"):
        so_far += spent[needed]
        needed += 1
    said = f"{rounded(100 * needed / len(spent))} % of the customers with revenue bring 80 %"
    assert said in " ".join(drawn.texts("rfm")["pareto"])
    curve = drawn.rows("rfm", "pareto")
    assert [curve[0]["revenue_share"], curve[-1]["revenue_share"]] == [0, 1]
    tenth = sum(spent[: len(spent) // 10]) / sum(spent)
    assert curve[10]["revenue_share"] == pytest.approx(float(tenth), abs=0.01)


def test_segment_page_says_what_it_is_and_who_is_in_it(drawn: Drawn) -> None:
    texts, page = drawn.texts("segment"), drawn.page("segment")
    ((label, description, rule, owner),) = drawn.sql(
        "select label, description, rule_text, owner from segments where segment = $1", SEGMENT
    )
    for words in (label, description.split(";")[0], owner, "by e-mail", "State at the start of"):
        assert words in page
    assert rule.replace("_", " ").split(" and ")[0] in page
    members, everybody, reachable, held, revenue = drawn.sql(
        "select count(*), (select count(*) from customers), avg(is_reachable::int),"
        " avg(in_holdout::int), sum(monetary)"
        " from segment_memberships join customers using (customer_id) where segment = $1", SEGMENT
    )[0]  # fmt: skip
    assert rounded(members) in texts["customers"]
    assert percent(reachable, 1) in "".join(texts["reachable"])
    for chart, value in (("share", members / everybody), ("holdout", held)):
        assert percent(value, 1) in "".join(texts[chart]).replace(" ", ""), chart
    assert any(text.startswith(rounded(revenue)) for text in texts["revenue"])


def test_segment_page_compares_members_with_everybody(drawn: Drawn) -> None:
    texts = drawn.texts("segment")["measures"]
    assert "Index 100 is the value of all customers" in " ".join(texts)
    here, all_of_them = (
        drawn.sql(
            "select avg(monetary), avg((frequency >= 2)::int) filter (where frequency > 0)"
            f" from customers where customer_id in (select customer_id from {members})"
        )[0]
        for members in (f"segment_memberships where segment = '{SEGMENT}'", "customers")
    )
    at = texts.index("Buyers who bought again")
    assert texts[at + 1 : at + 3] == [percent(here[1], 1), percent(all_of_them[1], 1)]
    at = texts.index("Revenue per customer")
    assert texts[at + 1].startswith(rounded(here[0]))
    assert texts[at + 3] == rounded(100 * here[0] / all_of_them[0])
    printed = drawn.texts("segment")["channels"]
    for channel in ("email", "sms", "push", "ads"):
        ((share,),) = drawn.sql(
            f"select avg(is_{channel}_reachable::int) from customers where customer_id in"
            " (select customer_id from segment_memberships where segment = $1)", SEGMENT
        )  # fmt: skip
        assert percent(share) in printed, channel


def test_segment_page_shows_steps_and_neighbours(drawn: Drawn) -> None:
    texts = " ".join(drawn.texts("segment")["waterfall"])
    ((buyers_twice, lately, everybody),) = drawn.sql(
        "select count(*) filter (where frequency >= 2),"
        " count(*) filter (where frequency >= 2 and recency_days >= 90 and recency_days < 365),"
        " count(*) from customers"
    )
    assert f"every customer {rounded(everybody)} left" in texts
    dropped = everybody - buyers_twice
    assert f"{rounded(buyers_twice)} left, {rounded(dropped)} drop out" in texts
    assert f"{rounded(lately)} left, {rounded(buyers_twice - lately)} drop out" in texts
    alike = drawn.rows("segment", "alike")
    assert len(alike) == 8 and "Everybody" not in {row["other_segment"] for row in alike}
    label, shared, members = alike[0]["other_segment"], *drawn.sql(
        "select (select count(*) from segment_memberships as a join segment_memberships as b"
        "  using (customer_id) where a.segment = $1 and b.segment ="
        "  (select segment from segments where label = $2)),"
        " (select count(*) from segment_memberships where segment = $1)",
        SEGMENT, alike[0]["other_segment"],
    )[0]  # fmt: skip
    assert alike[0]["share"] == pytest.approx(shared / members)
    assert percent(shared / members) in drawn.texts("segment")["overlaps"]
    assert label in " ".join(drawn.texts("segment")["overlaps"])


def test_size_over_time_counts_the_stays(drawn: Drawn) -> None:
    sizes = {row["as_of_date"][:10]: row["customers"] for row in drawn.rows("segment", "sizes")}
    assert set(sizes) == {"2026-09-01", "2026-10-01", "2026-11-01", "2026-11-21"}
    for day, customers in sizes.items():
        ((stays,),) = drawn.sql(
            "select count(*) from segment_membership_history where segment = $1"
            " and valid_from_date <= $2 and coalesce(valid_to_date > $2, true)", SEGMENT, day
        )  # fmt: skip
        assert customers == stays, day
    turnover = {
        (row["month"][:10], row["direction"]): row["customers"]
        for row in drawn.rows("segment", "turnover")
    }
    october = sizes["2026-10-01"] - sizes["2026-09-01"]
    assert turnover["2026-10-01", "Entered"] + turnover["2026-10-01", "Exited"] == october
    assert turnover["2026-11-01", "Entered"] == sizes["2026-11-01"] - sizes["2026-10-01"]


def test_predictions_are_shown_when_there_are_any(drawn: Drawn) -> None:
    texts = drawn.texts("segment")
    ((members,),) = drawn.sql(
        "select count(*) from segment_memberships where segment = $1", SEGMENT
    )
    assert any(text.startswith(rounded(100 * members)) for text in texts["expected_value"])
    assert "expected_value" not in drawn.texts("empty_segment")


def test_the_triangle_is_the_share_of_a_cohort_that_buys(drawn: Drawn) -> None:
    texts = drawn.texts("cohorts")["retention"]
    cohorts: dict[str, list[str]] = {}
    for label, size, _, active in drawn.sql(
        "select strftime(cohort_period, '%b %Y'), cohort_size, period_index, active_customers"
        " from cohort_retention where period_grain = 'month' and cohort_kind = 'first_order'"
        " and cohort_period >= date '2025-10-01' and period_index <= 12"
        " and active_customers is not null order by cohort_period, period_index"
    ):
        head = f"{label} ({rounded(size)})"
        cohorts.setdefault(head, [head]).append(rounded(100 * active / size))
    assert len(cohorts) == 13
    for cells in cohorts.values():
        assert follows(texts, *cells), cells[0]
    # the month that is not over has no cell
    assert "Nov 2026" not in " ".join(texts)
    ((buyers,),) = drawn.sql(
        "select count(*) from customers where first_order_date >= '2025-10-01'"
        " and first_order_date < '2025-11-01'"
    )
    assert f"Oct 2025 ({buyers})" in texts


def test_revenue_retention_compares_with_month_0(drawn: Drawn) -> None:
    texts = drawn.texts("cohorts")["revenue_retention"]
    (first, second) = (
        row[0]
        for row in drawn.sql(
            "select revenue from cohort_retention where period_grain = 'month'"
            " and cohort_kind = 'first_order' and cohort_period = '2026-02-01'"
            " and period_index < 2 order by period_index"
        )
    )
    at = next(at for at, text in enumerate(texts) if text.startswith("Feb 2026"))
    assert texts[at + 1 : at + 3] == ["100", rounded(100 * second / first)]
    sizes = {row["cohort"].split("(")[1] for row in drawn.rows("sign_up", "triangle")}
    assert sizes != {row["cohort"].split("(")[1] for row in drawn.rows("cohorts", "triangle")}


def test_new_customers_of_a_campaign_are_compared_with_those_around_it(drawn: Drawn) -> None:
    """The demo's own story: who comes on Black Friday leaves sooner."""
    shares = {
        (row["campaign"], row["won"]): row["rolling_retention"]
        for row in drawn.rows("cohorts", "thirteen_weeks")
    }
    weeks = {week: (size, active) for week, size, active in drawn.sql(
        "select cohort_period::varchar, cohort_size, rolling_retention * cohort_size"
        " from cohort_retention where period_grain = 'week' and cohort_kind = 'first_order'"
        " and period_index = 13"
    )}  # fmt: skip
    campaign = "2025-11-24"
    others = [
        weeks[week] for week in weeks if week != campaign and "2025-10-13" <= week <= "2026-01-05"
    ]
    assert shares["Black Friday 2025", "In the campaign"] == pytest.approx(
        weeks[campaign][1] / weeks[campaign][0]
    )
    assert shares["Black Friday 2025", "Weeks around it"] == pytest.approx(
        sum(active for _, active in others) / sum(size for size, _ in others)
    )
    left = shares["Black Friday 2025", "In the campaign"]
    assert left < 0.8 * shares["Black Friday 2025", "Weeks around it"]
    assert "Black Friday 2025 against others" in " ".join(drawn.texts("cohorts")["campaign_curve"])


@pytest.mark.parametrize(
    ("name", "start", "titles"),
    [
        ("movement", "2026-10-01", ["1 Oct 2026", "1 Nov 2026"]),
        ("movement_then", "2026-09-01", ["1 Sep 2026", "1 Oct 2026"]),
    ],
)
def test_flows_are_the_last_pair_of_periods_at_the_date(
    drawn: Drawn, name: str, start: str, titles: list[str]
) -> None:
    ((everybody,),) = drawn.sql("select count(*) from customers")
    for scheme in ("primary", "rfm"):
        chart, matrix = drawn.texts(name)[f"{scheme}_sankey"], drawn.texts(name)[f"{scheme}_matrix"]
        assert all(title in chart for title in titles)
        flows = drawn.rows(name, f"{scheme}_flows")
        assert sum(flow["customers"] for flow in flows) == everybody
        # flows lie within the height, and groups do not overlap
        assert max(flow["top_left"] + flow["share"] for flow in flows) <= 1.0001
        assert sum(flow["share"] for flow in flows) == pytest.approx(0.85)
        ((group, size),) = drawn.sql(
            "select from_segment, sum(customers) from segment_migrations where scheme = $1"
            " and from_date = $2 and from_segment <> 'none' group by 1 order by 2 desc limit 1",
            scheme, start,
        )  # fmt: skip
        assert rounded(size) in chart
        ((stayed,),) = drawn.sql(
            "select share from segment_migrations where scheme = $1 and from_date = $2"
            " and from_segment = $3 and to_segment = $3", scheme, start, group
        )  # fmt: skip
        at = next(at for at, text in enumerate(matrix) if text.endswith(f"({rounded(size)})"))
        assert rounded(100 * stayed) in matrix[at + 1 : at + 13]


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("movement", "true"),
        ("movement_then", "layer = 'micro' and transition_date <= date '2026-10-05'"),
    ],
)
def test_entries_and_exits_by_cause_follow_the_filters(drawn: Drawn, name: str, where: str) -> None:
    counted = drawn.sql(
        "select strftime(transition_date, '%b %Y'), cause, count(*) from segment_transitions"
        f" join segments using (segment) where {where} group by 1, 2"
    )
    shown = {
        (row["month"], row["cause"].lower().replace(" ", "_")): row["transitions"]
        for row in drawn.rows(name, "causes")
    }
    assert {key: value for key, value in shown.items() if value} == {
        (month, cause): count for month, cause, count in counted
    }
    assert counted and {rounded(count) for _, _, count in counted} <= set(
        drawn.texts(name)["causes"]
    )
    entered, exited = (
        sum(row["transitions"] for row in drawn.rows(name, "directions") if row["direction"] == way)
        for way in ("Entered", "Exited")
    )
    assert entered - exited == sum(count for _, _, count in counted)


def test_shares_over_time_and_drift(drawn: Drawn) -> None:
    mix = drawn.rows("movement", "rfm_mix")
    for day, label in (("2026-09-01", "1 Sep 2026"), ("2026-11-01", "1 Nov 2026")):
        side = "from" if day == "2026-09-01" else "to"
        counted = dict(drawn.sql(
            f"select {side}_segment, sum(customers) from segment_migrations"
            f" where scheme = 'rfm' and {side}_date = $1 and {side}_segment <> 'none' group by 1",
            day,
        ))  # fmt: skip
        shown = {row["rfm_segment"]: row["share"] for row in mix if row["recorded"] == label}
        assert shown["Champions"] == pytest.approx(counted["champions"] / sum(counted.values()))
        assert sum(shown.values()) == pytest.approx(1)
    drift = drawn.texts("movement")["drift"]
    assert {"0.123", "watch", "123"} <= set(drift) and "no_drift" not in drawn.texts("movement")


def test_boards_without_rows_say_so_in_words(drawn: Drawn) -> None:
    assert list(drawn.texts("empty_rfm")) == ["nobody"]
    assert "State at the start of 2026-11-21" in drawn.page("empty_rfm")
    assert {"nothing", "no_campaign"} <= set(drawn.texts("empty_cohorts"))
    movement = drawn.texts("empty_movement")
    assert list(movement) == ["no_moves", "no_transitions", "no_drift"]
    assert "make refresh" in " ".join(movement["no_moves"])
    segment = drawn.texts("empty_segment")
    assert {"nobody", "no_sizes", "no_overlaps"} <= set(segment)
    assert "No segments" in drawn.page("empty_segment")


def test_every_template_is_used() -> None:
    boards = "".join(path.read_text() for path in (PROJECT_DIR / "charts").glob("*.yml"))
    for template in (PROJECT_DIR / "templates").glob("*.svg.j2"):
        assert f"template: {template.name.removesuffix('.svg.j2')}\n" in boards
