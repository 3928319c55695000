"""A batch of another shape than the last accepted one: named, and refused unless told otherwise."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from unittest import mock

import duckdb
import pytest

from test_input_checks import (
    AS_OF,
    CONTACTS,
    EVENTS,
    LOADED,
    ORDERS,
    PRODUCTS,
    PROJECT_DIR,
    Check,
    failures,
    warnings_of,
    write_batch,
)

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import check_inputs  # noqa: E402
import input_checks_validation  # noqa: E402
from input_checks_drift import family  # noqa: E402
from input_checks_files import InputsRefused, csv_fault, find_batch  # noqa: E402
from quick_checks import quick_checks  # noqa: E402


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory):
    with quick_checks(tmp_path_factory.mktemp("parsed")) as run:
        yield run


@pytest.fixture
def check(tmp_path, quick_run) -> Check:
    """Check tmp_path/raw into tmp_path/warehouse."""

    def run(**options) -> check_inputs.InputCheckResult:
        return quick_run(tmp_path / "raw", tmp_path / "warehouse", **({"as_of": AS_OF} | options))

    return run


def message_of(result: check_inputs.InputCheckResult, check_name: str) -> str:
    return next(found.message for found in result.checks if found.check_name == check_name)


def test_quick_judge_says_what_great_expectations_says(tmp_path, check):
    write_batch(tmp_path / "raw")
    check(run_id="first")
    changed = {
        "orders": ORDERS.replace("(i % 200)", "(i % 230)"),
        "events": EVENTS.replace("1000", "600"),
    }
    write_batch(tmp_path / "raw", **changed)
    quick = check(run_id="second", as_of="2026-03-09")
    shutil.rmtree(tmp_path / "warehouse")
    write_batch(tmp_path / "raw")
    check(run_id="first")
    write_batch(tmp_path / "raw", **changed)
    with mock.patch.object(check_inputs, "validate", input_checks_validation.validate):
        slow = check(run_id="second", as_of="2026-03-09")
    assert quick.checks == slow.checks
    assert quick.warnings


def test_new_columns_are_reported_by_name_and_the_batch_goes_on(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    more = CONTACTS.replace("'PL' as", "7 as loyalty, 'gold' as plan, 'PL' as")
    write_batch(tmp_path / "raw", contacts=more)
    result = check()
    assert failures(result) == []
    assert ("batch", "columns_new") in warnings_of(result)
    text = message_of(result, "columns_new")
    assert "contacts.loyalty (not read), contacts.plan)" in text
    assert ("batch", "columns_new") not in warnings_of(check()), "told once"


def test_removed_column_is_refused_by_name_until_accepted(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    write_batch(tmp_path / "raw", contacts=CONTACTS.replace(" 'PL' as country_code,", ""))
    for _ in range(2):
        result = check()
        assert failures(result) == [("batch", "columns_gone")]
        assert "contacts.country_code" in message_of(result, "columns_gone")
    accepted = check(accept="columns_gone")
    assert failures(accepted) == []
    assert "Accepted by ACCEPT" in message_of(accepted, "columns_gone")
    assert failures(check()) == [], "what was accepted is the new yardstick"


def test_column_outside_the_contract_may_go(tmp_path, check):
    write_batch(tmp_path / "raw", contacts=CONTACTS.replace("'PL' as", "7 as loyalty, 'PL' as"))
    check()
    write_batch(tmp_path / "raw")
    assert failures(check()) == []


def test_retyped_column_is_refused_by_name(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    text = ORDERS.replace("cast(10 + i % 90 as decimal(18,4))", "cast(10 + i % 90 as varchar)")
    write_batch(tmp_path / "raw", orders=text)
    result = check()
    assert failures(result) == [("batch", "columns_retyped")]
    assert "orders.net_amount from number to text" in message_of(result, "columns_retyped")
    assert failures(check(accept="batch.columns_retyped")) == []


def test_wider_numbers_empty_columns_and_csv_are_no_other_type(tmp_path, check):
    before = CONTACTS.replace("'PL' as", "cast(null as int) as city, 'PL' as")
    write_batch(tmp_path / "raw", contacts=before)
    check()
    raw = write_batch(
        tmp_path / "raw",
        contacts=CONTACTS.replace("'PL' as", "'Kielce' as city, 'PL' as"),
        orders=ORDERS.replace("as decimal(18,4)", "as double"),
        products=None,
    )
    duckdb.execute(f"copy ({PRODUCTS}) to '{raw / 'products.csv'}' (header)")
    result = check()
    assert failures(result) == []
    assert message_of(result, "columns_retyped").startswith("batch: columns of another type")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("INTEGER", "UBIGINT", True),
        ("DECIMAL(18,4)", "DOUBLE", True),
        ("VARCHAR", "ENUM('a', 'b')", True),
        ("TIMESTAMP", "TIMESTAMP_NS", True),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", False),
        ("DATE", "TIMESTAMP", False),
        ("BOOLEAN", "INTEGER", False),
        ("STRUCT(a INTEGER)", "VARCHAR", False),
        ("INTEGER[]", "INTEGER", False),
    ],
)
def test_kinds_of_types(one, other, is_same):
    assert (family(one) == family(other)) is is_same


def test_file_that_arrived_twice_is_refused(tmp_path, check):
    raw = write_batch(tmp_path / "raw")
    (raw / "events").mkdir()
    shutil.move(raw / "events.parquet", raw / "events" / "2026-02-28.parquet")
    check()
    shutil.copy(raw / "events" / "2026-02-28.parquet", raw / "events" / "2026-02-28 (1).parquet")
    result = check()
    assert ("batch", "files_twice") in failures(result)
    assert "events/2026-02-28.parquet = events/2026-02-28 (1).parquet" in message_of(
        result, "files_twice"
    )
    # Spark leaves such files for its empty partitions.
    (raw / "events" / "2026-02-28 (1).parquet").unlink()
    for name in ("a", "b"):
        empty = raw / "events" / f"{name}.parquet"
        duckdb.execute(f"copy (from ({EVENTS}) limit 0) to '{empty}' (format parquet)")
    assert failures(check()) == []


UNREAD = {
    "compressed": ("events.csv.gz", b"x"),
    "capitals": ("Events.CSV", b"x"),
    "archive": ("events.zip", b"x"),
    "spreadsheet": ("events.2026.xlsx", b"x"),
    "in the folder": ("events/part.csv", b"x"),
}


@pytest.mark.parametrize("case", UNREAD)
def test_file_that_would_be_left_out_in_silence_is_found(tmp_path, case):
    name, content = UNREAD[case]
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    assert find_batch(tmp_path, {"events": ["event_id"]}).unread == [name]


def test_file_that_would_be_left_out_in_silence_is_refused(tmp_path, check):
    raw = write_batch(tmp_path / "raw", events=None)
    (raw / "events.csv.gz").write_bytes(b"x")
    result = check()
    assert failures(result) == [("batch", "files_unread")]
    assert "events.csv.gz" in message_of(result, "files_unread")


def test_files_beside_the_tables_are_nobodys_business(tmp_path, check):
    raw = write_batch(tmp_path / "raw")
    for name in ("manifest.json", "planted.parquet", "orders.md5", "_SUCCESS", "README.txt"):
        (raw / name).write_text("x")
    assert failures(check()) == []


def test_export_that_stands_still_for_a_week_is_refused_by_a_refresh(tmp_path, check):
    write_batch(tmp_path / "raw")
    nightly = {"variables": {"record_history": True}}
    assert failures(check(**nightly)) == []
    later = check(as_of="2026-03-03", **nightly)
    assert failures(later) == []
    assert ("batch", "nothing_new") in warnings_of(later)
    assert failures(check(as_of="2026-03-09", **nightly)) == [("batch", "stale")]
    assert failures(check(as_of="2026-03-09")) == [], "a build is a question"
    assert failures(check(as_of="2026-03-09", accept="stale", **nightly)) == []
    newer = ORDERS.replace(LOADED, "timestamp '2026-03-08 05:00:00' as loaded_at")
    write_batch(tmp_path / "raw", orders=newer)
    assert failures(check(as_of="2026-03-09", **nightly)) == []


def test_old_data_set_may_be_built_again_and_for_former_days(tmp_path, check):
    write_batch(tmp_path / "raw")
    nightly = {"variables": {"record_history": True}}
    for as_of in ("2031-01-01", "2031-01-01", "2026-02-01", "2026-02-20", "2031-01-02"):
        assert failures(check(as_of=as_of, **nightly)) == []


def test_accept_names_checks_that_exist(tmp_path, check):
    write_batch(tmp_path / "raw")
    with pytest.raises(check_inputs.UsageError, match="did you mean volume_halved"):
        check(accept="volume_halfed")
    with pytest.raises(check_inputs.UsageError, match="no critical check 'readable'"):
        check(accept="readable")


def test_shrunken_table_is_let_pass_by_name_only(tmp_path, check):
    write_batch(tmp_path / "raw")
    check()
    write_batch(tmp_path / "raw", events=EVENTS.replace("range(1000)", "range(400)"))
    assert failures(check(accept="orders.volume_halved")) == [("events", "volume_halved")]
    assert failures(check(accept="events.volume_halved")) == []
    assert failures(check()) == []


def test_header_that_is_missing_is_refused_without_its_values(tmp_path, check):
    raw = write_batch(tmp_path / "raw", contacts=None)
    duckdb.execute(f"copy ({CONTACTS}) to '{raw / 'contacts.csv'}' (header false)")
    (refusal,) = check().critical_failures
    assert "none of the required columns contact_id, created_at" in refusal.message
    assert "person0" not in refusal.message


PRODUCT_COLUMNS = {"products": ["product_id", "category", "unit_price"]}
HEADERS = {
    "semicolons": (b"product_id;category\n1;bags\n", "its values stand between ';', not commas"),
    "a blank line": (b"\nproduct_id,category\n1,bags\n", "its first line is blank"),
    "UTF-16": ("product_id,category\n1,bags\n".encode("utf-16"), "it is in UTF-16"),
    "twice": (b"product_id,Category,category\n1,a,b\n", "names the column(s) category twice"),
    "an archive": (b"\x1f\x8b\x08\x00", "it is compressed (gzip)"),
    "nothing": (b"", "it is empty"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_head_of_a_csv_that_is_none_is_named(tmp_path, case):
    content, expected = HEADERS[case]
    (tmp_path / "products.csv").write_bytes(content)
    with pytest.raises(InputsRefused) as refusal:
        find_batch(tmp_path, PRODUCT_COLUMNS)
    assert refusal.value.table == "products"
    assert expected in str(refusal.value)


FAULTS = {
    "too many values": (b"p1,bags,1,9\n", "line 3 has 4 values, the header 3"),
    "open quote": (b'p1,"bags,1\n', "line 3 opens a quote that does not close"),
    "text behind a quote": (b'p1,"bags"x,1\n', "line 3 opens a quote that does not close, or has"),
    "another encoding": (b"p1,\xb1\xea,1\n", "line 3 is not in UTF-8"),
    "endless line": (b"p1," + b"x" * 3_000_000 + b",1\n", "line 3 is longer than 2,000,000 bytes"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_line_of_a_csv_that_cannot_be_read_is_named(tmp_path, case):
    line, expected = FAULTS[case]
    rows = b"".join(b"q%d,bags,1\n" % number for number in range(20))
    content = b"product_id,category,unit_price\nq,bags,1\n" + line + rows
    (tmp_path / "products.csv").write_bytes(content)
    delivery = find_batch(tmp_path, PRODUCT_COLUMNS).deliveries["products"]
    assert str(csv_fault(delivery)).startswith(f"products.csv: {expected}")


def test_fault_of_a_line_is_the_message_of_the_refusal(tmp_path, check):
    raw = write_batch(tmp_path / "raw", products=None)
    (raw / "products.csv").write_bytes(b"product_id,category\nq,bags\nAnna,Nowak,1\n")
    (refusal,) = check().critical_failures
    assert (refusal.source, refusal.check_name) == ("products", "readable")
    assert "products.csv: line 3 has 3 values, the header 2" in refusal.message
    assert "Nowak" not in refusal.message


def test_accept_is_taken_from_the_environment(tmp_path, check, monkeypatch):
    raw = write_batch(tmp_path / "raw")
    (raw / "products.csv.gz").write_bytes(b"x")
    monkeypatch.setenv("ACCEPT", "batch.files_unread, columns_gone")
    assert failures(check()) == []


def test_wrong_accept_is_a_mistake_of_the_user_in_one_line(tmp_path):
    environment = {**os.environ, "RAW_DIR": str(tmp_path), "ACCEPT": "everything", "AS_OF": AS_OF}
    environment["WAREHOUSE_DIR"] = str(tmp_path / "warehouse")
    command = [sys.executable, str(PROJECT_DIR / "scripts" / "check_inputs.py")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "no critical check 'everything'" in result.stderr
