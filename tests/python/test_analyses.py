"""Every worked question compiles, answers from the published tables, and its answer holds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from semantic import PROJECT_DIR, environment, parse_into

BIN = Path(sys.executable).parent
NAMES = sorted(path.stem for path in (PROJECT_DIR / "analyses").glob("*.sql"))
Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def parsed(made_once: Callable[..., Path]) -> Path:
    return made_once("semantic_project", parse_into)


@pytest.fixture(scope="session")
def answers(
    parsed: Path, demo_build: Path, made_once: Callable[..., Path]
) -> Callable[[str], Rows]:
    """Function that answers a question by name."""

    def make(folder: Path) -> None:
        # Read-only, beside readers: to compile a question changes nothing.
        settings = environment(demo_build) | {"DBT_LOG_PATH": str(folder)}
        command = ["--quiet", "compile", "--select", "path:analyses", "--project-dir", parsed]
        done = subprocess.run(
            [BIN / "dbt", *command, "--target-path", folder],
            cwd=parsed, env=settings, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        compiled = folder / "compiled" / "customer_segmentation" / "analyses"
        with duckdb.connect(str(demo_build / "published.duckdb"), read_only=True) as connection:
            for name in NAMES:
                found = connection.execute((compiled / f"{name}.sql").read_text())
                columns = [column[0] for column in found.description]
                rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
                (folder / f"{name}.json").write_text(json.dumps(rows, default=float_or_text))

    folder = made_once("analyses", make)
    return lambda name: json.loads((folder / f"{name}.json").read_text())


def float_or_text(value: Any) -> float | str:
    """Return a decimal as a number and a date as text, as JSON has them."""
    return float(value) if hasattr(value, "as_tuple") else str(value)


@pytest.fixture(scope="module")
def read(demo_build: Path) -> Callable[[str], list[tuple[Any, ...]]]:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(demo_build / "published.duckdb"), read_only=True) as connection:
            connection.execute("use marts")
            return connection.execute(sql).fetchall()

    return rows


@pytest.mark.parametrize("name", NAMES)
def test_each_question_says_how_to_read_its_answer_and_has_one(
    name: str, answers: Callable[[str], Rows]
) -> None:
    text = (PROJECT_DIR / "analyses" / f"{name}.sql").read_text()
    lines = [line for line in text.splitlines() if line.startswith("-- ")]
    assert lines[0].endswith("?") and lines[1].startswith("-- Read: "), text
    assert answers(name)


def test_there_are_a_dozen_and_all_are_described() -> None:
    described = yaml.safe_load((PROJECT_DIR / "analyses" / "analyses.yml").read_text())["analyses"]
    assert [one["name"] for one in described] == NAMES
    assert len(NAMES) >= 12
    assert os.environ.get("DBT_TARGET") is None


def test_what_the_answers_say(answers: Callable[[str], Rows], read: Any) -> None:
    """One fact of each, from another query."""
    tiers = {row["value_tier"]: row for row in answers("who_brings_most_revenue")}
    ((count, share),) = read(
        "select count(*), sum(net_revenue) / (select sum(net_revenue) from value_tiers"
        " where net_revenue > 0) from value_tiers where value_tier = 'A'"
    )
    assert tiers["A"]["buyers"] == count
    assert tiers["A"]["revenue_share"] == pytest.approx(float(share))
    assert 0.8 <= tiers["A"]["revenue_share"] < 0.82

    risk = {row["rfm_segment"]: row["buyers"] for row in answers("revenue_at_risk")}
    assert risk == dict(
        read(
            """select rfm_segment, count(*) from rfm_scores where basis = 'orders'
            and rfm_segment in ('cant_lose', 'at_risk', 'need_attention') group by 1"""
        )
    )

    months = answers("when_do_buyers_return")
    assert [row["months_since_first_order"] for row in months] == list(range(13))
    assert months[0]["retention"] == months[0]["rolling_retention"] == 1
    assert all(row["retention"] <= row["rolling_retention"] <= 1 for row in months)

    for row in answers("do_campaign_buyers_stay"):
        found = read(
            f"""select retention from cohort_retention where cohort_kind = '{row["cohort_kind"]}'
            and period_grain = 'month' and period_index = {row["months_since"]}
            and cohort_period = '{row["cohort_period"]}'"""
        )
        assert found == [(row["retention"],)]
        assert row["difference"] == pytest.approx(
            100 * (row["retention"] - row["retention_of_all_new_buyers"])
        )

    waiting = answers("how_long_to_wait_for_a_second_purchase")
    assert [(sum(row["one_time_buyers"] for row in waiting),)] == read(
        "select count(*) from rfm_scores where basis = 'orders' and frequency = 1"
    )

    countries = answers("which_countries_are_worth_it")
    buyers = sum(row["buyers"] for row in countries)
    assert sum(row["value_index"] * row["buyers"] for row in countries) / buyers == pytest.approx(
        100
    )
    for row in countries:
        assert row["orders_index"] * row["order_value_index"] == pytest.approx(
            100 * row["value_index"]
        )

    unreached = answers("whom_can_we_not_reach")
    assert [(sum(row["unreachable"] for row in unreached),)] == read(
        """select count(*) from customers where not is_email_reachable and not is_sms_reachable
        and not is_push_reachable and not is_ads_reachable"""
    )

    pairs = answers("which_segments_are_the_same_people")
    assert [(len(pairs),)] == read("select count(*) / 2 from segment_overlaps where jaccard >= 0.5")
    assert all(0 < row["part_of_first"] <= 1 for row in pairs)

    held = answers("how_many_segments_hold_a_customer")
    assert [(sum(row["segments"] * row["customers"] for row in held),)] == read(
        "select count(*) from segment_memberships"
    )

    narrow = {row["segment"]: row for row in answers("which_condition_narrows_a_segment")}
    assert [(len(narrow),)] == read("select count(*) from segments")
    assert [(narrow["vip"]["condition_text"],)] == read(
        """select condition_text from segment_waterfalls where segment = 'vip' and step_number > 0
        order by customers_dropped / (customers_left + customers_dropped) desc limit 1"""
    )

    missing = {row["condition_text"]: row["customers"] for row in answers("who_nearly_qualifies")}
    (almost,) = [count for text, count in missing.items() if text.startswith("value_tier")]
    assert [(almost,)] == read(
        """select count(*) from customers where value_tier <> 'A'
        and rfm_segment in ('champions', 'loyal') and customer_id not in (
            select customer_id from segment_explanations
            where segment = 'vip' and condition_text = 'in list staff' and is_met)"""
    )

    groups = {row["segment"]: row for row in answers("do_campaigns_work")}
    assert [(groups["at_risk"]["held_out"], groups["at_risk"]["addressed"])] == read(
        """select count(*) filter (where in_holdout), count(*) filter (where not in_holdout)
        from segment_memberships where segment = 'at_risk'"""
    )
    assert groups["at_risk"]["difference"] == 0, "nobody at risk has bought in the last 30 days"

    changes = answers("why_did_members_change")
    assert [(len(changes),)] == read("select count(*) from segments")
    counted = ("entered", "exited", "by_rank_alone", "by_our_doing")
    assert [(sum(row[name] for row in changes for name in counted),)] == read(
        """select count(*) from segment_transitions
        where transition_date > (select max(as_of_date) - 90 from customers)"""
    )

    wrong = answers("what_is_wrong_with_the_input")
    assert [(sum(row["raw_rows"] for row in wrong),)] == read("select count(*) from rejected_rows")
    assert wrong[0]["raw_rows"] == max(row["raw_rows"] for row in wrong)
