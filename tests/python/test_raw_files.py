"""Input in every allowed form gives the same tables; any other is named in one line."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from content_hash import content_hashes
from raw_shop import AS_OF, CSV, PARQUET, write_shop
from warehouse import build_warehouse, read, run_build, run_dbt

PUBLISHED_BEFORE = b"as before"
STAGING = "+stg_contacts +stg_orders +stg_order_lines +stg_products +stg_events"
ACCEPTED = {"contacts": 3, "orders": 4, "order_lines": 3, "products": 2, "events": 2}

# The same rows in columns of other types, as other tools write them.
OTHER_TYPES = {
    "contacts": """
        select cast(contact_id as bigint) as contact_id, email, phone, first_name,
            case when attributes is not null then struct_pack(
                device := json_extract_string(attributes, '$.device'),
                size := cast(json_extract_string(attributes, '$.size') as int)) end as attributes,
            timezone('Europe/Warsaw', timezone('UTC', created_at)) at time zone 'Europe/Warsaw'
                as created_at,
            case when email_consent then 'true' when not email_consent then 'false' end
                as email_consent,
            'more' as a_column_of_their_own
        from ({rows})
    """,
    "orders": """
        select cast(order_id as bigint) as order_id, cast(contact_id as int) as contact_id,
            cast(document_type as enum ('order', 'refund')) as document_type,
            cast(original_order_id as double) as original_order_id_unused, original_order_id,
            cast(ordered_at as timestamp_ns) as ordered_at, currency,
            cast(net_amount as double) as net_amount
        from ({rows})
    """,
    "order_lines": """
        select cast(order_line_id as hugeint)::ubigint as order_line_id,
            cast(order_id as int) as order_id, cast(product_id as smallint) as product_id,
            cast(quantity as double) as quantity, cast(unit_price as varchar) as unit_price
        from ({rows})
    """,
    "products": """
        select product_id::tinyint as product_id, product_name, category,
            cast(restocked_at as date) as restocked_at from ({rows})
    """,
    "events": """
        select event_id::int as event_id, contact_id::int as contact_id, event_type,
            occurred_at::timestamp_s as occurred_at,
            case when properties is not null then map {
                'link': json_extract_string(properties, '$.link'),
                'position': json_extract_string(properties, '$.position')} end as properties
        from ({rows})
    """,
}
# Local time with its offset, in the spellings that are met.
OFFSETS = {
    "contacts": """
        select * replace (strftime(created_at + interval 2 hour, '%Y-%m-%dT%H:%M:%S+02:00')
            as created_at) from ({rows})
    """,
    "orders": """
        select * replace (strftime(ordered_at - interval 330 minute, '%Y-%m-%d %H:%M:%S.000-05:30')
            as ordered_at) from ({rows})
    """,
    "products": """
        select * replace (strftime(restocked_at, '%Y-%m-%dT%H:%M:%SZ') as restocked_at)
        from ({rows})
    """,
    "events": """
        select * replace (strftime(occurred_at + interval 1 hour, '%Y-%m-%d %H:%M:%S+01')
            as occurred_at) from ({rows})
    """,
}
REORDERED = {
    "orders": "select 1 as extra, net_amount as Net_Amount, ordered_at as ORDERED_AT, * exclude"
    " (net_amount, ordered_at) rename (order_id as Order_ID) from ({rows})",
    "contacts": 'select created_at as "Created_At", * exclude (created_at), \'x\' as "a b"'
    " from ({rows})",
}


def dos_lines_and_mark(folder: Path) -> None:
    """CSV as a spreadsheet saves it: byte order mark, CRLF at the ends of records."""
    for path in folder.glob("*.csv"):
        text = path.read_text(encoding="utf-8").replace("\n", "\r\n").replace("Jan\r\n", "Jan\n")
        path.write_bytes(b"\xef\xbb\xbf" + text.encode())


def quoted_everywhere(folder: Path) -> None:
    """CSV whose every value, blank ones included, stands in quotes with spaces around the text."""
    for path in folder.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = list(csv.reader(file))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writerow(header)
            writer.writerows([f" {value} " for value in row] for row in rows)


def in_folders(folder: Path) -> None:
    """Each table as a folder of folders, as other tools write partitions."""
    for path in list(folder.glob("*.parquet")):
        target = folder / path.stem / "loaded=2026-02-28" / "part=0"
        target.mkdir(parents=True)
        path.rename(target / "rows.parquet")


def nothing(folder: Path) -> None:
    """Leave the files as they are."""


GOOD = {
    "csv_bom_crlf": (CSV, {}, dos_lines_and_mark),
    "csv_all_quoted_with_offsets": (CSV, OFFSETS, quoted_everywhere),
    "csv_header_case_order_extra": (CSV, REORDERED, nothing),
    "parquet_other_types": (PARQUET, OTHER_TYPES, nothing),
    "parquet_folders_header_case_order_extra": (PARQUET, REORDERED, in_folders),
}


def staged(raw_dir: Path, folder: Path) -> dict[str, str]:
    """Hash of each staging table; what is rejected shows as a difference in base_<table>."""
    variables = {"as_of_date": AS_OF}
    database = build_warehouse(raw_dir, folder, variables, STAGING, data_tests=False)
    for table, rows in ACCEPTED.items():
        accepted = read(database, f"select count(*) from marts_staging.stg_{table}")
        sql = f"select reason_codes, raw_row from marts_staging.base_{table}"
        rejected = read(database, sql + " where reason_codes is not null")
        assert (accepted, rejected) == ([(rows,)], []), table
    hashes = content_hashes(database, "marts_staging")
    return {name: value for name, value in hashes.items() if name.startswith("stg_")}


@pytest.fixture(scope="session")
def expected(made_once: Callable[..., Path]) -> dict[str, str]:
    folder = made_once("shop", lambda folder: staged(write_shop(folder / "raw"), folder) and None)
    hashes = content_hashes(folder / "warehouse.duckdb", "marts_staging")
    return {name: value for name, value in hashes.items() if name.startswith("stg_")}


@pytest.mark.parametrize("form", GOOD)
def test_forms_that_give_the_same_tables(
    expected: dict[str, str], tmp_path: Path, form: str
) -> None:
    statement, changed, then = GOOD[form]
    raw_dir = write_shop(tmp_path / "raw", statement, changed)
    then(raw_dir)
    found = staged(raw_dir, tmp_path / "built")
    assert {name: found[name] for name in expected} == expected


def test_only_what_is_required_in_a_path_with_space_and_quote(tmp_path: Path) -> None:
    """Two tables of the required columns are enough for every mart, through the input checks."""
    changed = {
        "contacts": "select contact_id, created_at from ({rows})",
        "orders": "select order_id, contact_id, ordered_at, net_amount from ({rows})",
    }
    raw_dir = write_shop(tmp_path / "it's my data", CSV, changed, tables=("contacts", "orders"))
    warehouse_dir = tmp_path / "it's my warehouse"
    result = run_build(raw_dir, warehouse_dir, {"AS_OF": AS_OF})
    assert result.returncode == 0, result.stderr + result.stdout
    published = warehouse_dir / "published.duckdb"
    sql = """
        select customer_id, frequency, monetary, lifecycle_stage, email_consent
        from marts.customers order by customer_id
    """
    assert [tuple(map(str, row)) for row in read(published, sql)] == [
        ("1", "3", "131.2500", "active", "None"),
        ("2", "1", "55.0000", "new", "None"),
        ("3", "0", "0.0000", "prospect", "None"),
    ]
    assert read(published, "select count(*) from marts.rejected_rows") == [(0,)]


def text_as_parquet(folder: Path) -> None:
    (folder / "orders.parquet").write_text("order_id,contact_id\n1,2\n")


def truncated(folder: Path) -> None:
    path = folder / "orders.parquet"
    path.write_bytes(path.read_bytes()[:-20])


def damaged_inside(folder: Path) -> None:
    """The footer is whole, the pages are not: only reading to the end shows it."""
    path = folder / "events.parquet"
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)
    path.write_bytes(content)


def zero_bytes(folder: Path) -> None:
    (folder / "orders.parquet").write_bytes(b"")


def zero_bytes_csv(folder: Path) -> None:
    (folder / "orders.parquet").unlink()
    (folder / "orders.csv").write_bytes(b"")


def two_forms(folder: Path) -> None:
    write_shop(folder, CSV, tables=("orders",))


def semicolons(folder: Path) -> None:
    (folder / "orders.parquet").unlink()
    write_shop(folder, CSV.replace("header true", "header true, delimiter ';'"), tables=("orders",))


def latin_letters(folder: Path) -> None:
    (folder / "contacts.parquet").unlink()
    text = "contact_id,first_name,created_at\n1,Zaż,2026-01-01\n"
    (folder / "contacts.csv").write_bytes(text.encode("cp1250"))


def ragged(folder: Path) -> None:
    (folder / "orders.parquet").unlink()
    rows = "order_id,contact_id,ordered_at,net_amount\n1,1,2026-01-01,5\n2,1,2026-01-02,1,5\n"
    (folder / "orders.csv").write_text(rows)


def notes_in_csv(folder: Path) -> None:
    """A line with # is no comment: leaving it out in silence would lose a row."""
    (folder / "orders.parquet").unlink()
    rows = "order_id,contact_id,ordered_at,net_amount\n#1,1,2026-01-01,5\n2,1,2026-01-02,5\n#3\n"
    (folder / "orders.csv").write_text(rows)


def bad_file_in_folder(folder: Path) -> None:
    in_folders(folder)
    (folder / "orders" / "loaded=2026-02-28" / "broken.parquet").write_text("no")


def empty_folder(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def no_orders(folder: Path) -> None:
    (folder / "orders.parquet").unlink()


def no_column(folder: Path) -> None:
    select = {"orders": "select * exclude (net_amount) from ({rows})"}
    write_shop(folder, changed=select, tables=("orders",))


def damaged_optional(folder: Path) -> None:
    (folder / "events.parquet").write_text("PAR1")


# What is done to the files, and what the line must say.
BAD: dict[Callable[[Path], None], tuple[str, ...]] = {
    no_orders: ("no orders in RAW_DIR", "orders.parquet", "orders.csv"),
    no_column: ("orders", "lacks", "net_amount"),
    truncated: ("orders cannot be read", "orders.parquet"),
    damaged_inside: ("events cannot be read",),
    zero_bytes: ("orders cannot be read", "orders.parquet"),
    zero_bytes_csv: ("orders",),
    two_forms: ("orders", "twice", "orders.csv"),
    semicolons: ("orders cannot be read", "';'", "not commas"),
    latin_letters: ("contacts cannot be read", "UTF-8"),
    ragged: ("orders cannot be read",),
    notes_in_csv: ("orders cannot be read",),
    bad_file_in_folder: ("orders cannot be read", "broken.parquet"),
    empty_folder: ("no contacts in RAW_DIR", "contacts.parquet"),
    damaged_optional: ("events cannot be read", "events.parquet"),
}


@pytest.mark.parametrize("spoil", BAD, ids=lambda spoil: spoil.__name__)
def test_bad_input_is_named_in_one_line(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    raw_dir = write_shop(tmp_path / "raw")
    spoil(raw_dir)
    warehouse_dir = tmp_path / "warehouse"
    warehouse_dir.mkdir()
    (warehouse_dir / "published.duckdb").write_bytes(PUBLISHED_BEFORE)
    result = run_build(raw_dir, warehouse_dir, {"AS_OF": AS_OF})
    assert result.returncode == 3, result.stderr + result.stdout
    lines = result.stderr.splitlines()
    assert len(lines) == 2, result.stderr
    assert lines[0].startswith("critical: ")
    for part in BAD[spoil]:
        assert part in lines[0], lines[0]
    assert lines[1].startswith("failed: inputs refused")
    assert "Traceback" not in result.stdout
    assert (warehouse_dir / "published.duckdb").read_bytes() == PUBLISHED_BEFORE
    assert not (warehouse_dir / "warehouse.duckdb").exists()


@pytest.mark.parametrize("spoil", [empty_folder, text_as_parquet], ids=["empty", "no_parquet"])
def test_plain_dbt_names_bad_input_too(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    raw_dir = write_shop(tmp_path / "raw")
    spoil(raw_dir)
    result = run_dbt("build", raw_dir=raw_dir, warehouse_dir=tmp_path / "built")
    assert result.returncode != 0
    table = "contacts" if spoil is empty_folder else "orders"
    telling = [line for line in result.stdout.splitlines() if str(raw_dir) in line]
    assert telling and table in telling[0], result.stdout
