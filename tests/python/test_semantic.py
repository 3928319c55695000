"""Metrics give the figures that SQL over the published tables gives."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from boards_read import tables_of_board
from semantic import PROJECT_DIR, environment, parse_into

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import query  # noqa: E402
from query import Answer, Metrics, Question, Unanswerable  # noqa: E402

BIN = Path(sys.executable).parent
EARLIER = "2026-10-21"
Ask = Callable[..., list[tuple[Any, ...]]]
Read = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def parsed(made_once: Callable[..., Path]) -> Path:
    return made_once("semantic_project", parse_into)


@pytest.fixture(scope="module")
def published(demo_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo as published, and the segments as they might have been a month before."""
    path = tmp_path_factory.mktemp("semantic") / "published.duckdb"
    shutil.copy(demo_build / "published.duckdb", path)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"""insert into marts.segment_metrics by name
            select * replace (
                date '{EARLIER}' as as_of_date, 2 * customers as customers,
                converted_customers // 2 as converted_customers, 3 as entered, 1 as exited
            ) from marts.segment_metrics where segment <> 'prospects'"""
        )
    return path


@pytest.fixture(scope="module")
def metrics(parsed: Path) -> Metrics:
    return Metrics(parsed / "target" / "semantic_manifest.json")


@pytest.fixture(scope="module")
def read(published: Path) -> Read:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        # Opened for each look: a file that is open here cannot be opened with fewer rights.
        with duckdb.connect(str(published), read_only=True) as connection:
            connection.execute("use marts")
            return connection.execute(sql).fetchall()

    return rows


@pytest.fixture(scope="module")
def ask(metrics: Metrics, published: Path) -> Ask:
    def answer(names: str, *group_by: str, where: str | None = None) -> list[tuple[Any, ...]]:
        question = Question(names.split(), list(group_by), where=where)
        return metrics.ask(question, published).rows

    return answer


def same(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    """Hold rows against others: exactly, but for the last digits of floating point."""
    assert expected
    rounded = [
        [
            [round(one, 12) if isinstance(one, float) else one for one in row]
            for row in sorted(rows, key=str)
        ]
        for rows in (found, expected)
    ]
    assert rounded[0] == rounded[1]


def test_customers_by_rfm_segment(ask: Ask, read: Read) -> None:
    found = ask(
        "customers buyers revenue average_order_value repeat_rate churned_share",
        "customer__rfm_segment",
    )
    same(
        found,
        read(
            """select rfm_segment, count(*), count(*) filter (where frequency >= 1),
                sum(monetary), sum(monetary)::double / nullif(sum(orders), 0),
                count(*) filter (where frequency >= 2)
                    / nullif(count(*) filter (where frequency >= 1), 0),
                count(*) filter (where lifecycle_stage = 'churned')
                    / nullif(count(*) filter (where frequency >= 1), 0)
            from customers group by 1"""
        ),
    )
    assert sum(row[3] for row in found) == read("select sum(monetary) from customers")[0][0]
    assert isinstance(found[0][3], Decimal)


def test_customers_by_country_and_tier_of_those_reachable(ask: Ask, read: Read) -> None:
    same(
        ask(
            "customers revenue_per_customer email_reachable_share reachable_share",
            "customer__country_code",
            "customer__value_tier",
            where="{{ Dimension('customer__lifecycle_stage') }} <> 'prospect'",
        ),
        read(
            """select country_code, value_tier, count(*), sum(monetary)::double / count(*),
                count(*) filter (where is_email_reachable) / count(*),
                count(*) filter (where is_email_reachable or is_sms_reachable
                    or is_push_reachable or is_ads_reachable) / count(*)
            from customers where lifecycle_stage <> 'prospect' group by all"""
        ),
    )


def test_buyers_by_month_of_their_first_order(ask: Ask, read: Read) -> None:
    found = ask("buyers active_share", "customer__first_order_date__month")
    same(
        [(str(month)[:10], *rest) for month, *rest in found],
        read(
            """select coalesce(strftime(first_order_date, '%Y-%m-01'), 'None'),
                count(*) filter (where frequency > 0),
                count(*) filter (where lifecycle_stage in ('new', 'active', 'reactivated'))
                    / nullif(count(*) filter (where frequency > 0), 0)
            from customers group by 1"""
        ),
    )


def test_members_by_what_the_segment_and_the_customer_are(ask: Ask, read: Read) -> None:
    same(
        ask("members member_reach held_out_members", "segment__layer", "customer__value_tier"),
        read(
            """select layer, value_tier, count(*),
                count(*) filter (where is_reachable) / nullif(count(is_reachable), 0),
                count(*) filter (where in_holdout)
            from segment_memberships join segments using (segment)
            join customers using (customer_id) group by all"""
        ),
    )


def test_segments_speak_as_of_the_latest_date_or_of_each(ask: Ask, read: Read) -> None:
    rates = """segment, customers, converted_customers / nullif(customers, 0),
        retained_customers / nullif(earlier_customers, 0),
        (earlier_customers - retained_customers) / nullif(earlier_customers, 0), open_rate"""
    names = "segment_customers conversion_rate retention_rate churn_rate open_rate"
    latest = ask(names, "segment")
    same(latest, read(f"select {rates} from segment_metrics where as_of_date > '{EARLIER}'"))
    both = ask("segment_customers conversion_rate", "segment", "metric_time__day")
    same(
        [(segment, str(day)[:10], *rest) for segment, day, *rest in both],
        read(
            """select segment, cast(as_of_date as varchar), customers,
                converted_customers / nullif(customers, 0) from segment_metrics"""
        ),
    )
    # What came and went adds up over dates; how many there are does not.
    assert ask("entered_members")[0][0] == read("select sum(entered) from segment_metrics")[0][0]


def test_cohorts(ask: Ask, read: Read) -> None:
    found = ask(
        "cohort_retention_rate cohort_rolling_retention_rate cohort_revenue_per_customer",
        "cohort__cohort_kind",
        "cohort__period_index",
        where="{{ Dimension('cohort__period_grain') }} = 'month'",
    )
    expected = read(
        """select cohort_kind, period_index,
            sum(active_customers) / nullif(sum(cohort_size)
                filter (where active_customers is not null), 0),
            sum(rolling_retention * cohort_size) / nullif(sum(cohort_size)
                filter (where active_customers is not null), 0),
            sum(revenue)::double / nullif(sum(cohort_size)
                filter (where active_customers is not null), 0)
        from cohort_retention where period_grain = 'month' group by all"""
    )
    for name, one, other in zip(
        "kn", sorted(found, key=str), sorted(expected, key=str), strict=False
    ):
        assert one[:2] == other[:2], name
    assert {row[:2]: row[2:] for row in found}.keys() == {row[:2] for row in expected}
    known = {row[:2]: row[2:] for row in expected}
    for *keys, retention, rolling, revenue in found:
        assert (retention, rolling, revenue) == pytest.approx(known[tuple(keys)], nan_ok=True)
    assert known["first_order", 0][0] == 1


def test_saved_queries_answer_and_one_equals_sql(
    metrics: Metrics, published: Path, read: Read
) -> None:
    names = [one.name for one in metrics.manifest.saved_queries]
    assert len(names) == 9
    answers = {name: metrics.ask(Question(saved=name), published) for name in names}
    # A single build has recorded no moves.
    assert [name for name, answer in answers.items() if not answer.rows] == ["primary_moves"]
    same(
        [(str(month)[:10], *rest) for month, *rest in answers["monthly_retention"].rows],
        read(
            """select cast(cohort_period as varchar), period_index,
                cast(active_customers as double) / nullif(cohort_size, 0)
            from cohort_retention where cohort_kind = 'first_order' and period_grain = 'month'"""
        ),
    )


def test_every_metric_answers_and_says_what_it_is(metrics: Metrics, published: Path) -> None:
    known = metrics.manifest.metrics
    assert len(known) > 60
    simple = [one.name for one in known if one.type.value == "simple"]
    with duckdb.connect(str(published), read_only=True) as connection:
        for one in known:
            assert one.description and one.description.endswith("."), one.name
            if one.type.value == "ratio":
                denominator = one.type_params.denominator.name
                assert denominator in simple
                assert f"Denominator: {denominator}" in one.description, one.name
            rows = connection.execute(metrics.sql(Question([one.name]))).fetchall()
            assert len(rows) == 1, one.name


def test_what_a_definition_reads_are_columns_of_its_table(parsed: Path) -> None:
    """A metric is no second place of a definition: thresholds and windows stay in the models."""
    manifest = json.loads((parsed / "target" / "manifest.json").read_text())
    for model in manifest["semantic_models"].values():
        (node,) = model["depends_on"]["nodes"]
        columns = set(manifest["nodes"][node]["columns"])
        assert manifest["nodes"][node]["fqn"][1] == "marts"
        for measure in model["measures"]:
            expression = re.sub(r"'[^']*'", "", measure["expr"] or measure["name"])
            words = set(re.findall(r"[a-z_]+", expression))
            words -= {"in", "or", "and", "not", "is", "null", "case", "when", "then", "end"}
            assert words <= columns, (measure["name"], words - columns)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"METRICS": "custmers"}, "METRICS: there is no metric 'custmers'; did you mean customers"),
        (
            {"METRICS": "customers", "GROUP_BY": "customer__country"},
            "GROUP_BY: there is no dimension for customers 'customer__country'; did you mean"
            " customer__country_code",
        ),
        ({"SAVED": "x"}, "SAVED: there is no saved query 'x'; SAVED=? lists them."),
        ({"SAVED": "value_by_country", "METRICS": "orders"}, "SAVED: a saved query brings its own"),
        ({"METRICS": "orders", "LIMIT": "ten"}, "LIMIT: 'ten' is no whole number"),
        ({"METRICS": "orders", "ORDER": "-revenue"}, "The order-by item '-revenue' does not match"),
        (
            {"METRICS": "orders", "WHERE": "{{ Dimension('customer__contry') }} = 'PL'"},
            "The given input does not match any of the available group-by-items",
        ),
        ({"METRICS": "orders", "WHERE": "{{ Dimension('"}, "Error parsing where filter"),
    ],
)
def test_mistakes_are_told_in_a_line(
    parsed: Path, published: Path, environment: dict[str, str], says: str, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(
        query, "parse_project", lambda _: parsed / "target" / "semantic_manifest.json"
    )
    assert query.main({"WAREHOUSE_DIR": str(published.parent), **environment}) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(says), lines[0]


def test_a_table_and_a_file_say_the_same(
    parsed: Path, published: Path, tmp_path: Path, monkeypatch, capsys
) -> None:
    monkeypatch.setattr(
        query, "parse_project", lambda _: parsed / "target" / "semantic_manifest.json"
    )
    asked = {
        "WAREHOUSE_DIR": str(published.parent),
        "METRICS": "customers,revenue",
        "GROUP_BY": "customer__value_tier",
        "ORDER": "-revenue",
        "LIMIT": "3",
    }
    assert query.main(asked) == 0
    shown = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()][2:]
    output = tmp_path / "new" / "answer.csv"
    assert query.main({**asked, "OUTPUT": str(output)}) == 0
    with output.open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["customer__value_tier", "customers", "revenue"]
    assert [row[0] for row in shown] == [row[0] for row in rows[1:]] == ["A", "B", "C"]
    assert [int(row[1].replace(",", "")) for row in shown] == [int(row[1]) for row in rows[1:]]
    assert query.main({"WAREHOUSE_DIR": str(published.parent)}) == 0
    listed = capsys.readouterr().out
    assert "  repeat_rate: Share (0-1) of buyers" in listed and "  segment_trend: " in listed


def test_what_the_page_shows_works(
    parsed: Path, published: Path, metrics: Metrics, tmp_path: Path, monkeypatch, capsys
) -> None:
    """Each `make query` of docs/metrics.md, and every name that the page gives."""
    monkeypatch.setattr(
        query, "parse_project", lambda _: parsed / "target" / "semantic_manifest.json"
    )
    monkeypatch.chdir(tmp_path)
    page = (PROJECT_DIR / "docs" / "metrics.md").read_text()
    commands = re.findall(r"^make query(.*)$", page, re.MULTILINE)
    assert len(commands) == 6
    for command in commands:
        given = dict(one.split("=", 1) for one in shlex.split(command, comments=True))
        code = query.main({"WAREHOUSE_DIR": str(published.parent), **given})
        said = capsys.readouterr()
        assert (code, said.err) == (0, ""), command
        if given.get("GROUP_BY") == "?":
            assert "customer__country_code" in said.out.splitlines()
    assert (tmp_path / "performance.csv").exists()
    named = re.search(r"saved_queries.yml\):\s(.*?)\.\n", page, re.DOTALL)[1]
    assert re.findall(r"\w+", named) == [one.name for one in metrics.manifest.saved_queries]
    known = {metric.name for metric in metrics.manifest.metrics}
    table = page[page.index("| metrics | of |") : page.index("A rate is the sum")]
    for row in table.splitlines()[2:]:
        if row.startswith("|"):
            assert set(re.findall(r"\w+", row.split("|")[1])) <= known, row


def test_nothing_published_is_said_in_a_line(metrics: Metrics, tmp_path: Path) -> None:
    with pytest.raises(Unanswerable, match="nothing is published in .*; run `make build` first"):
        metrics.ask(Question(["customers"]), tmp_path / "published.duckdb")


def test_metricflow_finds_no_mistake_and_answers_alike(
    parsed: Path, demo_build: Path, metrics: Metrics, tmp_path: Path
) -> None:
    """mf, over the published file opened read-only, as docs/metrics.md shows it."""
    settings = environment(demo_build) | {"DBT_LOG_PATH": str(tmp_path / "logs")}
    checked = subprocess.run(
        [BIN / "mf", "validate-configs"], cwd=parsed, env=settings, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout
    found = re.findall(r"ERRORS: (\d+), FUTURE_ERRORS: (\d+), WARNINGS: (\d+)", checked.stdout)
    assert len(found) >= 5 and set(found) == {("0", "0", "0")}, checked.stdout
    output = tmp_path / "answer.csv"
    asked = ["--metrics", "customers,revenue", "--group-by", "customer__rfm_segment"]
    done = subprocess.run(
        [BIN / "mf", "query", *asked, "--order", "-revenue", "--csv", output, "--quiet"],
        cwd=parsed, env=settings, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    with output.open() as file:
        rows = list(csv.reader(file))[1:]
    question = Question(["customers", "revenue"], ["customer__rfm_segment"], ["-revenue"])
    ours: Answer = metrics.ask(question, demo_build / "published.duckdb")
    assert [(row[0], int(row[1]), Decimal(row[2])) for row in rows] == ours.rows


def test_every_board_is_an_exposure_that_names_what_it_reads(parsed: Path) -> None:
    manifest = json.loads((parsed / "target" / "manifest.json").read_text())
    declared = {
        exposure["name"].removeprefix("dashboard_"): sorted(
            node.split(".")[2] for node in exposure["depends_on"]["nodes"]
        )
        for exposure in manifest["exposures"].values()
        if exposure["type"] == "dashboard"
    }
    boards = {
        path.stem: tables_of_board(path)
        for path in (PROJECT_DIR / "charts").glob("*.yml")
        if not path.name.startswith("_") and path.name != "meta.yml"
    }
    assert declared == boards
    others = {one["name"] for one in manifest["exposures"].values()} - {
        f"dashboard_{name}" for name in boards
    }
    assert others == {"explanations", "exports", "notifications"}


def test_the_time_spine_has_every_day(read: Read) -> None:
    days, first, last = read(
        "select count(*), min(calendar_date), max(calendar_date) from calendar"
    )[0]
    assert days == (last - first).days + 1
    assert (
        first == read("select least(min(created_date), min(first_order_date)) from customers")[0][0]
    )
    assert last == read("select max(as_of_date) from customers")[0][0]


def test_settings_are_published_and_no_secret(read: Read) -> None:
    settings = dict(read("select setting, value from settings"))
    declared = yaml.safe_load((PROJECT_DIR / "vars.yml").read_text())["vars"]
    assert settings["reporting_currency"] == declared["reporting_currency"]
    assert json.loads(settings["segment_metrics_days"]) == declared["segment_metrics_days"]
    assert set(settings) <= set(declared)
    assert not {"pii_salt", "segments", "segment_lists"} & set(settings)
