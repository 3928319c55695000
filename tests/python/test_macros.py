"""What the macros mean, value by value, and what the whole project makes of an empty shop.

Unit tests beside the models (models/**/_*_unit_tests.yml) prove the definitions on a few rows;
here are the expressions that a fixture row cannot reach, and the comparisons that need many.
"""

from __future__ import annotations

import csv
import json
import math
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner, dbtRunnerResult
from dbt.contracts.graph.manifest import Manifest

from warehouse import PROJECT_DIR, read, run_dbt

# Expressions over the columns named in them, compiled in one go.
EXPRESSIONS = {
    "utc_text": "timestamp_text_in_utc('v')",
    "timestamp": "to_timestamp('v')",
    "amount": "to_amount('v')",
    "email": "to_email('v')",
    "phone": "to_phone('v')",
    "is_json": "is_json('v')",
    "literal": 'sql_string("it\'s -- not SQL; drop table x")',
    "days": "days_between('earlier', 'later')",
    "age": "age_in_years('earlier', 'later')",
    "month": "period_of('v', 'month')",
    "week": "period_of('v', 'week')",
    "decile": "decile_of_position('above', 'all_customers')",
    "second": "second_largest('v', 'counts')",
    "components": "connected_components('edges')",
    "scores": "scored_values('inputs', 'frequency', 'frequency')",
    "stability": "population_stability_index('now', 'before')",
    "level": "stability_level('v')",
    "decayed": "decayed_score('weight', 'age', 30)",
    "converted": "to_reporting_currency('amount', 'rate')",
}

Compile = Callable[..., str]


@pytest.fixture(scope="module")
def compile_text(tmp_path_factory: pytest.TempPathFactory) -> Compile:
    """Function (jinja, vars) that gives what the jinja renders to, or raises dbt's error."""
    folder = tmp_path_factory.mktemp("macros")
    settings = {
        "WAREHOUSE_DIR": str(folder),
        "DBT_PROFILES_DIR": str(PROJECT_DIR / "profiles"),
        "DBT_TARGET": "lint",
        "DO_NOT_TRACK": "1",
    }
    options = ["--project-dir", str(PROJECT_DIR), "--target-path", str(folder / "target")]
    options += ["--log-path", str(folder), "--quiet", "--log-level-file", "none"]

    def invoke(*arguments: str, manifest: Manifest | None = None) -> dbtRunnerResult:
        with pytest.MonkeyPatch.context() as patch:
            for name, setting in settings.items():
                patch.setenv(name, setting)
            return dbtRunner(manifest=manifest).invoke([*arguments, *options])

    parsed = invoke("parse")
    assert parsed.success, parsed.exception

    def compiled(jinja: str, **variables: Any) -> str:
        given = yaml.safe_dump(variables)
        arguments = ["compile", "--inline", jinja, "--no-introspect", "--vars", given]
        done = invoke(*arguments, manifest=parsed.result)
        if not done.success:
            # dbt prints the cause and raises a sentence that leaves it out.
            raise ValueError(str(done.exception.__context__ or done.exception))
        return done.result.results[0].node.compiled_code

    return compiled


@pytest.fixture(scope="module")
def sql(compile_text: Compile) -> dict[str, str]:
    """SQL of every expression, by name; Warsaw's time zone."""
    parts = [f"@@{name}@@{{{{ {call} }}}}" for name, call in EXPRESSIONS.items()]
    pieces = compile_text("\n".join(parts), timezone="Europe/Warsaw").split("@@")[1:]
    return {name: text.strip() for name, text in zip(pieces[::2], pieces[1::2], strict=True)}


@pytest.fixture
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory with the session's settings of the profile."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def value(database: duckdb.DuckDBPyConnection, expression: str, given: Any) -> Any:
    """Value of an expression over column v, which holds one given value."""
    return database.execute(f"select {expression} from (select $given as v)", {"given": given}
                            ).fetchone()[0]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2025-03-30T03:00:00+02:00", "2025-03-30 01:00:00"),
        ("2025-03-30T01:59:59+01:00", "2025-03-30 00:59:59"),
        ("2025-10-26 02:30:00+02", "2025-10-26 00:30:00"),
        ("2025-10-26 02:30:00 +0100", "2025-10-26 01:30:00"),
        ("2024-02-29T23:30:00.250-05:00", "2024-03-01 04:30:00.25"),
        ("2025-01-01T00:30:00+05:45", "2024-12-31 18:45:00"),
    ],
)
def test_a_timestamp_with_an_offset_becomes_utc(sql, database, text, utc) -> None:
    in_utc = value(database, sql["utc_text"], text)
    assert in_utc == utc
    assert value(database, sql["timestamp"], in_utc) == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    "text", ["2025-01-01 10:00:00 Europe/Warsaw", "2025-01-01T10:00:00 EST", "2025-01-01 10:00 CET"]
)
def test_a_zone_by_name_is_refused_by_every_engine(sql, database, text) -> None:
    in_utc = value(database, sql["utc_text"], text)
    assert in_utc.endswith(text)
    assert value(database, sql["timestamp"], in_utc) is None


@pytest.mark.parametrize("text", ["2025-01-01 10:00:00Z", "2025-01-01T10:00:00 UTC"])
def test_utc_by_name_is_read(sql, database, text) -> None:
    in_utc = value(database, sql["utc_text"], text)
    assert value(database, sql["timestamp"], in_utc) == datetime(2025, 1, 1, 10)


@pytest.mark.parametrize(
    "text",
    ["2025-03-30 01:00:00", "2025-03-30", "2025-03-30T01:00:00.123", "10:00+02:00", "soon", ""],
)
def test_text_without_time_and_offset_stays(sql, database, text) -> None:
    assert value(database, sql["utc_text"], text) == text


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("2024-02-29 12:00:00", datetime(2024, 2, 29, 12)),
        ("2024-02-29", datetime(2024, 2, 29)),
        ("2025-03-30T02:30:00", datetime(2025, 3, 30, 2, 30)),
        ("1900-01-01 00:00:00", datetime(1900, 1, 1)),
        ("2199-12-31 23:59:59", datetime(2199, 12, 31, 23, 59, 59)),
        ("2025-02-29 12:00:00", None),
        ("1899-12-31 23:59:59", None),
        ("2200-01-01 00:00:00", None),
        ("infinity", None),
        ("31/12/2025", None),
        ("yesterday", None),
    ],
)
def test_timestamps_are_read_or_null(sql, database, text, read_as) -> None:
    assert value(database, sql["timestamp"], text) == read_as


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+48 601-234-567", "+48601234567"),
        ("0048 (601) 234.567", "+48601234567"),
        ("601/234/567", "601234567"),
        ("1234567", "1234567"),
        ("+123456789012345", "+123456789012345"),
        ("123456", None),
        ("+1234567890123456", None),
        ("601 234 567 ext 8", None),
        ("48+601234567", None),
    ],
)
def test_phones_are_normalised_or_null(sql, database, text, phone) -> None:
    assert value(database, sql["phone"], text) == phone


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Anna.NOWAK+shop@Sklep.Example.COM", "anna.nowak+shop@sklep.example.com"),
        ("o'neil@example.com", "o'neil@example.com"),
        ("anna@example", None),
        ("anna@@example.com", None),
        ("anna@example..com", None),
        ("anna nowak@example.com", None),
        ("anna@example.com,ola@example.com", None),
        ("@example.com", None),
    ],
)
def test_emails_are_lower_case_or_null(sql, database, text, email) -> None:
    assert value(database, sql["email"], text) == email


def test_a_text_stays_a_literal(sql, database) -> None:
    literal = database.execute(f"select {sql['literal']}").fetchone()[0]
    assert literal == "it's -- not SQL; drop table x"


@pytest.mark.parametrize(
    ("amount", "rate", "converted"),
    [
        ("9000000", 0.0025 / 1.17, "19230.7692"),
        ("300000", 1 / 0.235, "1276595.7447"),
        ("9999999999.9999", None, "9999999999.9999"),
        ("10000000000", None, None),
        ("5000000000", 4.0, None),
    ],
)
def test_conversion_keeps_its_digits_and_has_a_ceiling(sql, database, amount, rate, converted):
    """A document of a million and more converts; one beyond any business is refused, not summed."""
    found = database.execute(
        f"select {sql['converted']}"
        " from (select cast(? as decimal(18, 4)) as amount, cast(? as double) as rate)",
        [amount, rate],
    ).fetchone()
    assert found == (None if converted is None else Decimal(converted),)


def test_amounts_keep_four_decimals(sql, database) -> None:
    read_as = [str(value(database, sql["amount"], text)) for text in ("12.34565", "1e3", "12,5")]
    assert read_as == ["12.3457", "1000.0000", "None"]
    rows = "(values (100::decimal(18,4), 4.25531915::decimal(18,8)), (100, null)) t(amount, rate)"
    found = database.execute(f"select {sql['converted']} from {rows}").fetchall()
    assert [str(amount) for (amount,) in found] == ["425.5319", "100.0000"]


def test_local_dates_are_those_of_the_time_zone_database(compile_text, database) -> None:
    """Every half hour of the years with their switches, against Python's own zone rules."""
    zones = ("UTC", "Europe/Warsaw", "America/Sao_Paulo", "Asia/Kathmandu")
    moments = [datetime(2024, 1, 1) + timedelta(minutes=30 * step) for step in range(2 * 17_544)]
    database.execute("create table moments as select unnest($m) as v", {"m": moments})
    for zone in zones:
        expression = compile_text("{{ local_date('v') }}", timezone=zone)
        found = database.execute(f"select v, {expression} from moments").fetchall()
        assert found == [
            (moment, moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date())
            for moment in moments
        ]


def test_days_ages_and_periods_are_pythons(sql, database) -> None:
    """Every third day from 2019 to 2028 with a birthday of each kind, leap days included."""
    births = [date(2000, 2, 28), date(2000, 2, 29), date(2000, 3, 1), date(1999, 12, 31)]
    days = [date(2019, 1, 1) + timedelta(days=step) for step in range(3_653)]
    database.execute("create table days as select unnest($d)::date as v", {"d": days})
    query = f"select v, {sql['days']}, {sql['age']}, {sql['month']}, {sql['week']} from (" + (
        "select v, $birth::date as earlier, v as later from days)"
    )
    for birth in births:
        assert database.execute(query, {"birth": birth}).fetchall() == [
            (
                day,
                (day - birth).days,
                day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day)),
                day.replace(day=1),
                day - timedelta(days=day.weekday()),
            )
            for day in days
        ]


def test_as_of_date_is_a_date_in_the_calendar(compile_text) -> None:
    assert compile_text("{{ as_of_date() }}", as_of_date="2024-02-29") == (
        "cast('2024-02-29' as date)"
    )
    for wrong in ("2025-02-29", "1900-02-29", "2025-13-01", "2025-04-31", "1 March", "2025-3-1"):
        with pytest.raises(ValueError, match=f"as_of_date: '{wrong}' is not a date; write YYYY"):
            compile_text("{{ as_of_date() }}", as_of_date=wrong)


def test_without_as_of_date_d_is_the_local_date_of_the_run(compile_text) -> None:
    """The two zones are 26 hours apart: their dates always differ."""
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        before = datetime.now(ZoneInfo(zone)).date()
        day = date.fromisoformat(compile_text("{{ as_of_day() }}", timezone=zone))
        assert before <= day <= datetime.now(ZoneInfo(zone)).date()


@pytest.mark.parametrize(
    ("jinja", "variables", "message"),
    [
        ("{{ local_date('v') }}", {"timezone": "Mars/Olympus"}, "timezone: 'Mars/Olympus' is not"),
        ("{{ check_vars() }}", {"score_mode": "best"},
         'Var score_mode: found "best"; allowed: quantile, fixed, frozen'),
        ("{{ check_vars() }}", {"expose_pii": "false"}, 'expose_pii: found "false"; allowed: true'),
        ("{{ check_vars() }}", {"lifecycle_new_days": 0}, "allowed: a whole number from 1"),
        ("{{ check_vars() }}", {"lifecycle_lapsing_days": 180}, "allowed: fewer days than"),
        ("{{ check_vars() }}", {"value_tier_b_share": 95}, "found 95; allowed: a share above 0"),
        ("{{ check_vars() }}", {"value_tier_a_share": 0.96}, "allowed: at most value_tier_b_share"),
        ("{{ check_vars() }}", {"cancelled_statuses": "void"}, "allowed: a list of texts"),
        ("{{ counted_event_types() }}", {"engagement_event_types": 5}, "found 5; allowed: a list"),
        ("{{ check_vars() }}", {"campaign_cohorts": [
            {"name": "sale", "from_date": "2025-02-01", "before_date": "2025-02-01"}]},
         "Var campaign_cohorts"),
        ("{{ reason_codes({'missing_id': 'true'}) }}", {"accept_with_null": ["missing_id"]},
         "accept_with_null: 'missing_id' can not be accepted; allowed: invalid_email"),
    ],
)  # fmt: skip
def test_wrong_vars_are_named(compile_text, jinja, variables, message) -> None:
    with pytest.raises(ValueError, match=message):
        compile_text(jinja, **variables)


def test_reasons_accepted_with_null_never_reject(compile_text, database) -> None:
    reasons = (
        "{{ reason_codes({'invalid_phone': 'true', 'missing_id': 'v', 'invalid_email': 'v'})}}"
    )
    both = compile_text(reasons)
    assert value(database, both, True) == "invalid_email,invalid_phone,missing_id"
    assert value(database, both, False) == "invalid_phone"
    without = compile_text(reasons, accept_with_null=["invalid_phone"])
    assert value(database, without, True) == "invalid_email,missing_id"
    assert value(database, without, False) is None


def test_deciles_are_sized_as_ntile_sizes_them(sql, database) -> None:
    """Without ties the decile of every place is ntile's, for 1 to 120 customers."""
    differing = f"""
        select n, place from (
            select n, place, {sql["decile"]} as decile,
                ntile(10) over (partition by n order by place) as expected
            from (select n, place, place - 1 as above, n as all_customers
                from range(1, 121) sizes(n), range(1, n + 1) places(place))
        ) where decile <> expected
    """
    assert database.execute(differing).fetchall() == []


def test_the_second_largest_of_those_that_count(sql, database) -> None:
    rows = [("none", 1, False), ("one", 1, True), ("two", 1, True), ("two", 9, False)]
    rows += [("two", 5, True), ("three", 7, True), ("three", 8, True), ("three", 6, True)]
    database.execute("create table visits(k text, v int, counts boolean)")
    database.executemany("insert into visits values (?, ?, ?)", rows)
    found = database.execute(f"select k, {sql['second']} from visits group by k order by k")
    assert found.fetchall() == [("none", None), ("one", None), ("three", 7), ("two", 1)]


def test_scores_follow_the_formula(sql, database) -> None:
    """Forty random shops of 1 to 60 customers with many ties, against the definition in Python."""
    generator = random.Random(7)
    for _ in range(40):
        values = [generator.randint(1, 12) for _ in range(generator.randint(1, 60))]
        database.execute(
            "create or replace table inputs as select 'orders' as basis, unnest($v) as frequency",
            {"v": values},
        )
        found = database.execute(f"select value, score from ({sql['scores']})").fetchall()
        steps = max(len(values) - 1, 1)
        assert dict(found) == {
            one: min(5, 1 + 5 * sum(other < one for other in values) // steps)
            for one in set(values)
        }


@pytest.mark.parametrize(
    "shares",
    [
        [(0.5, 0.5), (0.5, 0.5)],
        [(0.6, 0.5), (0.4, 0.5)],
        [(1.0, 0.5), (0.0, 0.5)],
        [(0.2, 0.0), (0.8, 1.0)],
        [(None, 0.3), (1.0, 0.7)],
    ],
)
def test_stability_follows_the_formula(sql, database, shares) -> None:
    """An empty or unknown bucket counts as 0.0001 and makes the index large, not infinite."""
    database.execute("create table buckets as select unnest(?) as now, unnest(?) as before", [
        [now for now, _ in shares], [before for _, before in shares],
    ])  # fmt: skip
    (index,) = database.execute(f"select {sql['stability']} from buckets").fetchone()
    floored = [(max(now or 0, 0.0001), max(before or 0, 0.0001)) for now, before in shares]
    assert index == pytest.approx(sum((c - r) * math.log(c / r) for c, r in floored), abs=1e-9)


@pytest.mark.parametrize(
    ("index", "level"),
    [(0.0, "stable"), (0.0999, "stable"), (0.1, "watch"), (0.25, "watch"), (0.2501, "alert"),
     (None, None)],
)  # fmt: skip
def test_stability_levels(sql, database, index, level) -> None:
    assert value(database, sql["level"], index) == level


def test_a_score_halves_with_each_half_life(sql, database) -> None:
    """Facts of today count in full, of 30 days ago half, of 60 a quarter."""
    database.execute(
        "create table facts as select * from (values (8, 0), (8, 30), (8, 60)) as t(weight, age)"
    )
    assert database.execute(f"select {sql['decayed']} from facts").fetchone() == (14.0,)
    assert database.execute(f"select {sql['decayed']} from facts where false").fetchone() == (None,)


def components_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Smallest member of each node's component, by union and find."""
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        parent.setdefault(node, node)
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in pairs:
        smaller, larger = sorted((root(one), root(other)))
        parent[larger] = smaller
    return {node: root(node) for node in parent}


@pytest.mark.parametrize("shape", ["chain", "shuffled chain", "ring", "star", "random"])
def test_components_converge_on_every_shape(sql, database, shape) -> None:
    """3,000 contacts: a chain of that length, and 3,000 random links of which some are loops."""
    generator = random.Random(11)
    names = [f"c{number:05d}" for number in range(3_000)]
    if shape == "shuffled chain":
        generator.shuffle(names)
    pairs = list(zip(names, names[1:], strict=False))
    if shape == "ring":
        pairs.append((names[-1], names[0]))
    elif shape == "star":
        pairs = [(names[1_500], name) for name in names if name != names[1_500]]
    elif shape == "random":
        pairs = [tuple(generator.sample(names, 2)) for _ in range(2_000)]
    both = [*pairs, *((other, one) for one, other in pairs)]
    database.execute(
        "create table edges as select unnest($a) as node, unnest($b) as neighbour",
        {"a": [one for one, _ in both], "b": [other for _, other in both]},
    )
    found = dict(database.execute(f"select node, component from ({sql['components']})").fetchall())
    assert found == components_of(pairs)


@pytest.mark.slow
def test_an_empty_shop_builds_and_every_unit_test_passes(tmp_path: Path) -> None:
    """Header lines alone: models, data tests and unit tests succeed, and the marts are empty."""
    contract = yaml.safe_load((PROJECT_DIR / "models/staging/_sources.yml").read_text())
    raw_dir = tmp_path / "raw"
    raw_dir.mkdir()
    for table in contract["sources"][0]["tables"]:
        with (raw_dir / f"{table['name']}.csv").open("w", newline="") as file:
            csv.writer(file).writerow([column["name"] for column in table["columns"]])
    result = run_dbt("build", raw_dir=raw_dir, warehouse_dir=tmp_path / "warehouse")
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]

    results = json.loads((tmp_path / "warehouse/target/run_results.json").read_text())["results"]
    unit_tests = [one for one in results if one["unique_id"].startswith("unit_test.")]
    assert len(unit_tests) >= 80
    assert {one["status"] for one in unit_tests} == {"pass"}
    counts = " union all ".join(
        f"select '{name}', count(*) from marts.{name}"
        for name in ("customers", "rfm_scores", "value_tiers", "cohort_retention",
                     "segment_memberships", "rejected_rows")
    )  # fmt: skip
    rows = read(tmp_path / "warehouse/warehouse.duckdb", counts)
    assert {name for name, count in rows if count} == set()


def test_what_a_run_writes_again_is_taken_back_and_nothing_else(compile_text, database) -> None:
    """By 10 March, of segments written: begun goes, ended goes on, changed gives way."""
    database.execute("create table written as select 'vip' as segment")
    database.execute(
        "create table changed as select * from (values"
        " ('vip', 'leaves', date '2026-03-05', date '2026-03-10'),"
        " ('vip', 'enters', date '2026-03-10', null))"
        " as rows (segment, customer_id, valid_from_date, valid_to_date)"
    )
    database.execute(
        """
        create table stays as
        select *, case when valid_to_date is not null then 'cause' end as exit_cause
        from (values
            ('vip', 'stays', date '2026-03-01', null), ('vip', 'leaves', date '2026-03-05', null),
            ('vip', 'leaves', date '2026-03-01', date '2026-03-02'),
            ('vip', 'ended by mistake', date '2026-03-05', date '2026-03-10'),
            ('vip', 'begun by mistake', date '2026-03-10', null),
            ('vip', 'is gone', date '2026-03-01', date '2026-03-09'),
            ('other', 'leaves', date '2026-03-05', null),
            ('other', 'begun', date '2026-03-10', null),
            ('other', 'ended', date '2026-03-05', date '2026-03-10')
        ) as rows (segment, customer_id, valid_from_date, valid_to_date)
        """
    )
    database.execute(
        compile_text("{{ reopen_stays('stays', 'written', 'changed') }}", as_of_date="2026-03-10")
    )
    found = database.execute(
        "select segment, customer_id, day(valid_from_date), day(valid_to_date),"
        " exit_cause is not null from stays"
    ).fetchall()
    assert set(found) == {
        ("vip", "stays", 1, None, False), ("vip", "leaves", 1, 2, True),
        ("vip", "ended by mistake", 5, None, False), ("vip", "is gone", 1, 9, True),
        ("other", "leaves", 5, None, False), ("other", "begun", 10, None, False),
        ("other", "ended", 5, 10, True),
    }  # fmt: skip
    assert len(found) == 7
