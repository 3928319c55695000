"""The gate on the raw batch: what passes, what is refused, and what the user reads about it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

PROJECT_DIR = Path(__file__).resolve().parents[2]
SCRIPTS_DIR = PROJECT_DIR / "scripts"
sys.path.insert(0, str(SCRIPTS_DIR))

import check_inputs  # noqa: E402
from input_checks_profile import RawTable, profile_sql  # noqa: E402
from input_checks_validation import load_suites  # noqa: E402

AS_OF = "2026-03-01"
LOADED = "timestamp '2026-02-28 05:00:00' as loaded_at"
CONTACTS = (
    "select 'c' || i as contact_id, 'person' || i || '@example.com' as email,"
    " i % 3 > 0 as email_consent, 'PL' as country_code,"
    f" timestamp '2025-01-01 00:00:00' + interval (i) hour as created_at, {LOADED}"
    " from range(200) t(i)"
)
ORDERS = (
    "select 'o' || i as order_id, 'c' || (i % 200) as contact_id, 'order' as document_type,"
    " timestamp '2026-01-01 00:00:00' + interval (i) hour as ordered_at, 'PLN' as currency,"
    f" cast(10 + i % 90 as decimal(18,4)) as net_amount, {LOADED} from range(400) t(i)"
)
LINES = (
    "select 'l' || i as order_line_id, 'o' || i as order_id, 'p' || (i % 20) as product_id,"
    f" 1 as quantity, 20.5 as unit_price, {LOADED} from range(400) t(i)"
)
PRODUCTS = (
    "select 'p' || i as product_id, 'bags' as category, 20.5 as unit_price, true as is_in_stock,"
    f" {LOADED} from range(20) t(i)"
)
EVENTS = (
    "select 'e' || i as event_id, 'c' || (i % 200) as contact_id, 'page_viewed' as event_type,"
    f" timestamp '2026-02-01 00:00:00' + interval (i) minute as occurred_at, {LOADED}"
    " from range(1000) t(i)"
)
HEALTHY = {
    "contacts": CONTACTS,
    "orders": ORDERS,
    "order_lines": LINES,
    "products": PRODUCTS,
    "events": EVENTS,
}
Check = Callable[..., check_inputs.InputCheckResult]


def write_batch(folder: Path, **changed: str | None) -> Path:
    """Write the healthy batch with some tables changed; None leaves a table out."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, query in (HEALTHY | changed).items():
        file = folder / f"{table}.parquet"
        file.unlink(missing_ok=True)
        if query is not None:
            duckdb.execute(f"copy ({query}) to '{file}' (format parquet)")
    return folder


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """The project parsed once; every run of the module uses it."""
    from dbt.cli.main import dbtRunner

    folder = tmp_path_factory.mktemp("parsed")
    options = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR / "profiles")]
    options += ["--target", "checks", "--target-path", str(folder), "--log-path", str(folder)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WAREHOUSE_DIR", str(folder))
        parsed = dbtRunner().invoke(["parse", "--quiet", *options])
        assert parsed.success, parsed.exception
        yield parsed.result


@pytest.fixture
def check(tmp_path, manifest) -> Check:
    """Check tmp_path/raw into tmp_path/warehouse."""

    def run(**options) -> check_inputs.InputCheckResult:
        arguments = {"as_of": AS_OF, "manifest": manifest} | options
        return check_inputs.run(tmp_path / "raw", tmp_path / "warehouse", **arguments)

    return run


def failures(result: check_inputs.InputCheckResult) -> list[tuple[str, str]]:
    return [(found.source, found.check_name) for found in result.critical_failures]


def warnings_of(result: check_inputs.InputCheckResult) -> list[tuple[str, str]]:
    return [(found.source, found.check_name) for found in result.warnings]


def test_healthy_batch_passes_every_check_and_the_first_run_says_so(tmp_path, check):
    write_batch(tmp_path / "raw")
    result = check()
    assert [found.message for found in result.checks if not found.is_passed] == []
    volume = next(found for found in result.checks if found.check_name == "volume_halved")
    assert volume.observed_value is None
    assert "nothing to compare with yet" in volume.message


def test_same_batch_twice_is_compared_and_passes(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    result = check()
    assert [found.message for found in result.checks if not found.is_passed] == []
    observed = {(found.source, found.check_name): found.observed_value for found in result.checks}
    assert observed["orders", "volume_halved"] == "100% of the last run's"


def test_optional_tables_may_be_absent(tmp_path, check):
    write_batch(tmp_path / "raw", order_lines=None, products=None, events=None)
    result = check()
    assert failures(result) == []
    assert warnings_of(result) == []


def test_csv_is_judged_like_parquet(tmp_path, check):
    raw = write_batch(tmp_path / "raw", orders=None)
    duckdb.execute(f"copy ({ORDERS}) to '{raw / 'orders.csv'}' (header)")
    result = check()
    assert [found.message for found in result.checks if not found.is_passed] == []


def test_batch_cut_by_more_than_half_is_refused_however_often_it_comes(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    write_batch(
        tmp_path / "raw",
        orders=ORDERS.replace("range(400)", "range(190)"),
        order_lines=LINES.replace("'o' || i", "'o' || (i % 190)"),
    )
    for _ in range(2):
        result = check()
        assert ("orders", "volume_halved") in failures(result)
        assert ("orders", "volume_shrunk") not in warnings_of(result)
    message = next(
        found.message for found in result.critical_failures if found.check_name == "volume_halved"
    )
    assert "190 now, 400 in the last accepted run" in message
    assert "ACCEPT=orders.volume_halved" in message
    assert failures(check(reset_history=True)) == []
    assert failures(check()) == []


def test_optional_table_that_vanishes_is_refused(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    write_batch(tmp_path / "raw", events=None)
    assert failures(check()) == [("events", "volume_halved")]


def test_batch_cut_by_a_quarter_is_a_warning(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    write_batch(tmp_path / "raw", events=EVENTS.replace("range(1000)", "range(750)"))
    result = check()
    assert failures(result) == []
    assert ("events", "volume_shrunk") in warnings_of(result)


REFUSED = {
    "empty required table": (
        {"orders": f"select * from ({ORDERS}) where false"},
        ("orders", "not_empty"),
        "0, expected at least 1",
    ),
    "orphans": (
        {"orders": ORDERS.replace("'c' || (i % 200)", "'x' || i")},
        ("orders", "contact_id_known_critical"),
        "0%, expected at least 50%",
    ),
    "events without a contact": (
        {"events": EVENTS.replace("'c' || (i % 200)", "'x' || i")},
        ("events", "contact_id_known_critical"),
        "0%, expected at least 50%",
    ),
    "no time readable": (
        {"orders": ORDERS.replace("timestamp '2026-01-01 00:00:00' + interval (i) hour", "'soon'")},
        ("orders", "required_unparsable_critical"),
        "100% (column ordered_at)",
    ),
    "no amount readable": (
        {"orders": ORDERS.replace("cast(10 + i % 90 as decimal(18,4))", "'1.234,50 PLN'")},
        ("orders", "required_unparsable_critical"),
        "100% (column net_amount)",
    ),
    "id empty": (
        {"contacts": CONTACTS.replace("'c' || i", "case when i < 50 then 'c' || i else ' ' end")},
        ("contacts", "required_missing_critical"),
        "75% (column contact_id)",
    ),
    "export appended to itself": (
        {"orders": ORDERS.replace("'o' || i", "'o' || (i % 100)")},
        ("orders", "order_id_duplicate_critical"),
        "75%, expected at most 50%",
    ),
    "foreign document types": (
        {"orders": ORDERS.replace("'order'", "'Rechnung'")},
        ("orders", "document_type_values_critical"),
        "100%, expected at most 50%",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_ruined_batch_is_refused_with_one_line(tmp_path, check, case):
    changed, expected, text = REFUSED[case]
    write_batch(tmp_path / "raw", **changed)
    result = check()
    assert expected in failures(result)
    message = next(
        found.message
        for found in result.critical_failures
        if (found.source, found.check_name) == expected
    )
    assert text in message
    assert "\n" not in message
    assert message.startswith(f"{expected[0]}: ")


def test_amounts_in_another_unit_are_refused(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    write_batch(tmp_path / "raw", orders=ORDERS.replace("10 + i % 90", "(10 + i % 90) * 100"))
    assert ("orders", "net_amount_median_critical") in failures(check())


WARNED = {
    "stale": ({}, {"as_of": "2026-03-09"}, ("orders", "freshness")),
    "some orphans": (
        {"orders": ORDERS.replace("(i % 200)", "(i % 230)")},
        {},
        ("orders", "contact_id_known"),
    ),
    "free orders": (
        {"orders": ORDERS.replace("cast(10 + i % 90", "cast(i % 4")},
        {},
        ("orders", "net_amount_zero"),
    ),
    "consent in words": (
        {"contacts": CONTACTS.replace("i % 3 > 0", "'maybe'")},
        {},
        ("contacts", "email_consent_values"),
    ),
    "events in camel case": (
        {"events": EVENTS.replace("page_viewed", "PageViewed")},
        {},
        ("events", "event_type_values"),
    ),
}


@pytest.mark.parametrize("case", WARNED)
def test_doubtful_batch_is_reported_and_goes_on(tmp_path, check, case):
    changed, options, expected = WARNED[case]
    write_batch(tmp_path / "raw", **changed)
    result = check(**options)
    assert failures(result) == []
    assert expected in warnings_of(result)


def test_column_that_became_empty_is_named(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    write_batch(tmp_path / "raw", contacts=CONTACTS.replace("as country_code", "as country"))
    found = next(w for w in check().warnings if w.check_name == "columns_emptied")
    assert "country_code" in found.message


def test_impossible_times_do_not_make_a_stale_batch_fresh(tmp_path, check):
    late = ORDERS.replace(
        "interval (i) hour", "interval (case i when 7 then 9999999 else i end) hour"
    )
    late = late.replace(LOADED, "1 as ignored")
    write_batch(tmp_path / "raw", orders=late)
    assert ("orders", "freshness") in warnings_of(check())


def test_local_day_of_the_latest_row_counts(tmp_path, check):
    late = ORDERS.replace(LOADED, "timestamp '2026-02-25 23:30:00' as loaded_at")
    write_batch(tmp_path / "raw", orders=late)
    ages = {
        zone: next(
            found.observed_value
            for found in check(timezone=zone).checks
            if (found.source, found.check_name) == ("orders", "freshness")
        )
        for zone in ("UTC", "Europe/Warsaw")
    }
    assert ages == {"UTC": "4", "Europe/Warsaw": "3"}


def test_missing_required_table_is_refused(tmp_path, check):
    write_batch(tmp_path / "raw", orders=None)
    result = check()
    assert failures(result) == [("orders", "readable")]
    assert "no orders in RAW_DIR" in result.critical_failures[0].message


def test_missing_required_column_is_refused(tmp_path, check):
    write_batch(tmp_path / "raw", orders=ORDERS.replace("as net_amount", "as total"))
    result = check()
    assert failures(result) == [("orders", "readable")]
    assert "net_amount" in result.critical_failures[0].message


def test_broken_parquet_is_refused(tmp_path, check):
    raw = write_batch(tmp_path / "raw")
    (raw / "events.parquet").write_bytes(b"PAR1 this is no Parquet file PAR1")
    result = check()
    assert failures(result) == [("events", "readable")]
    assert "events cannot be read" in result.critical_failures[0].message


def test_csv_broken_in_its_middle_is_refused(tmp_path, check):
    raw = write_batch(tmp_path / "raw", orders=None)
    rows = "".join(f"o{i},c1,2026-01-01,5\n" for i in range(50_000))
    text = "order_id,contact_id,ordered_at,net_amount\n" + rows + "o1,c1,\x00,5,6,7,8\n" + rows
    (raw / "orders.csv").write_text(text)
    result = check()
    assert failures(result) == [("orders", "readable")]
    assert "\n" not in result.critical_failures[0].message


def run_script(tmp_path: Path, raw_dir: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "RAW_DIR": str(raw_dir),
        "WAREHOUSE_DIR": str(tmp_path / "warehouse"),
        "AS_OF": AS_OF,
    }
    return subprocess.run(
        [sys.executable, str(SCRIPTS_DIR / "check_inputs.py")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )


def test_script_exit_codes(tmp_path):
    write_batch(tmp_path / "raw")
    fit = run_script(tmp_path, tmp_path / "raw")
    assert fit.returncode == 0, fit.stderr
    assert fit.stderr == ""
    assert "fit to build" in fit.stdout

    (tmp_path / "empty").mkdir()
    refused = run_script(tmp_path, tmp_path / "empty")
    assert refused.returncode == 3
    assert [line for line in refused.stderr.splitlines() if line.startswith("critical: ")] == [
        refused.stderr.splitlines()[0]
    ]
    assert "no contacts in RAW_DIR" in refused.stderr

    missing = run_script(tmp_path, tmp_path / "nowhere")
    assert missing.returncode == 2
    assert missing.stderr.count("\n") == 1
    assert "RAW_DIR" in missing.stderr


@pytest.mark.parametrize("options", [{"as_of": "yesterday"}, {"timezone": "Mars/Olympus"}])
def test_senseless_arguments_are_named(tmp_path, check, options):
    write_batch(tmp_path / "raw")
    with pytest.raises(check_inputs.UsageError, match="AS_OF|TIMEZONE"):
        check(**options)


def test_results_file_keeps_every_run_and_no_personal_value(tmp_path, check):
    write_batch(tmp_path / "raw", contacts=CONTACTS.replace("'PL'", "'Poland'"))
    check(run_id="first")
    check(run_id="second")
    file = tmp_path / "warehouse" / "input_checks" / "input_check_results.parquet"
    rows = duckdb.sql(f"from '{file}'").fetchall()
    columns = dict(
        duckdb.sql(f"select column_name, column_type from (describe from '{file}')").fetchall()
    )
    assert columns == {
        "run_id": "VARCHAR",
        "source": "VARCHAR",
        "check_name": "VARCHAR",
        "severity": "VARCHAR",
        "is_passed": "BOOLEAN",
        "observed_value": "VARCHAR",
        "expected_value": "VARCHAR",
        "message": "VARCHAR",
        "checked_at": "TIMESTAMP",
    }
    suites = load_suites()
    expected = sum(len(suite["expectations"]) for suite in suites.values())
    assert len(rows) == 2 * expected
    assert {row[0] for row in rows} == {"first", "second"}
    assert {row[1] for row in rows} == {*HEALTHY, "batch"}
    assert "example.com" not in str(rows)
    assert "Poland" not in str(rows)


def test_data_docs_need_no_other_host(tmp_path, check):
    write_batch(tmp_path / "raw", orders=ORDERS.replace("'c' || (i % 200)", "'<b>' || i"))
    check()
    site = tmp_path / "warehouse" / "input_checks" / "data_docs"
    pages = list(site.rglob("*.html"))
    assert len(pages) == 1 + 2 * (len(HEALTHY) + 1)
    for page in pages:
        html = page.read_text(encoding="utf-8")
        assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", html), page
        assert not re.search(r"<script|<img|<link|@import|url\(", html), page
        assert "<style>" in html
        for link in re.findall(r'href="([^"#]+)"', html):
            assert (page.parent / link).exists(), (page, link)
    index = (site / "index.html").read_text(encoding="utf-8")
    assert "failed (critical)" in index
    assert "share of contact_id that exists in contacts" in index
    orders_page = next(site.glob("validations/orders/*/*/*.html")).read_text(encoding="utf-8")
    assert "failed" in orders_page
    assert "share of contact_id that exists in contacts, expected at least 50%" in orders_page


def test_every_check_is_named_once_explained_and_has_a_remedy():
    for table, suite in load_suites().items():
        names = [expectation["meta"]["check_name"] for expectation in suite["expectations"]]
        assert len(names) == len(set(names)), table
        for expectation in suite["expectations"]:
            assert expectation["severity"] in {"critical", "warning"}
            assert expectation["description"]
            assert all(expectation["meta"][key] for key in ("check_name", "notes", "remedy"))


def test_suites_cover_the_contract(manifest):
    tables = {node.name for node in manifest.sources.values() if node.source_name == "raw"}
    assert set(load_suites()) == {*tables, "batch"}


def test_large_tables_are_measured_on_a_share_of_their_ids():
    table = RawTable("orders", "raw.orders", True, {"order_id": "string"}, frozenset())
    query = profile_sql(table, {"orders": table}, {}, {"orders": 35_000_000}, None, "UTC")
    assert "hash(order_id) % 4 = 0" in query
