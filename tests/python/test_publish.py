"""Publishing swaps all public tables at once, or none of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
import yaml

from warehouse import PROJECT_DIR, read

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

from publish import publish  # noqa: E402

RELATIONS = [("marts", "customers"), ("marts", "segments")]
PERSONAL = ("email", "phone", "first_name", "last_name", "birth_date", "latitude", "longitude")
# A process of its own: within one process DuckDB shares an open file between connections.
READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for line in sys.stdin:
    print(connection.execute(line).fetchall(), flush=True)
"""


def build_small(folder: Path, version: int, tables: tuple[str, ...] = ("customers", "segments")):
    """Write a warehouse whose every table says which build it comes from."""
    warehouse = folder / "warehouse.duckdb"
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts; create schema marts_staging")
        connection.execute("create table marts_staging.stg_contacts as select 1 as secret")
        for table in tables:
            connection.execute(
                f"create table marts.{table} as select {version} as version from range(1000)"
            )
    return warehouse


@contextmanager
def reader(published: Path) -> Iterator[subprocess.Popen[str]]:
    """Open the published file in another process, which answers a query a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(published)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.communicate(timeout=30)
        assert process.returncode == 0


def ask(process: subprocess.Popen[str], sql: str) -> str:
    assert process.stdin and process.stdout
    process.stdin.write(sql + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_open_reader_keeps_the_old_tables_and_a_new_one_sees_the_new(tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    both = "select (select max(version) from marts.customers), max(version) from marts.segments"
    assert publish(build_small(tmp_path, 1), published, RELATIONS) == 2000
    with reader(published) as old:
        assert ask(old, "select count(*) from marts.customers") == "[(1000,)]"
        publish(build_small(tmp_path, 2), published, RELATIONS)
        # The second table was not touched before the swap.
        assert ask(old, both) == "[(1, 1)]"
        with reader(published) as new:
            assert ask(new, both) == "[(2, 2)]"
        assert ask(old, both) == "[(1, 1)]"
    assert names(tmp_path) == {"warehouse.duckdb", "published.duckdb", "versions"}


def test_failed_publish_leaves_the_old_file_and_no_leftovers(tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    publish(build_small(tmp_path, 1), published, RELATIONS)
    before = published.read_bytes()
    with pytest.raises(duckdb.Error, match="segments"):
        publish(build_small(tmp_path, 2, ("customers",)), published, RELATIONS)
    assert published.read_bytes() == before
    assert names(tmp_path) == {"warehouse.duckdb", "published.duckdb"}


def test_full_disk_leaves_the_old_file_and_no_leftovers(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    published = tmp_path / "published.duckdb"
    publish(build_small(tmp_path, 1), published, RELATIONS)
    before = published.read_bytes()
    warehouse = build_small(tmp_path, 2)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "create or replace table marts.segments as"
            " select md5(cast(i as varchar)) as text from range(500000) t(i)"
        )
    code = (
        "import resource, signal, sys, duckdb; from pathlib import Path\n"
        "from publish import publish\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))\n"
        "try:\n"
        f"    publish(Path(sys.argv[1]), Path(sys.argv[2]), {RELATIONS!r})\n"
        "except duckdb.Error as error:\n"
        "    sys.exit('refused: ' + str(error).splitlines()[0])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, str(warehouse), str(published)],
        env={**os.environ, "PYTHONPATH": str(PROJECT_DIR / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1 and result.stderr.startswith("refused: "), result.stderr
    assert published.read_bytes() == before
    assert names(tmp_path) == {"warehouse.duckdb", "published.duckdb"}


def test_leftovers_of_a_killed_publish_go_with_the_next(tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    for leftover in (".published.duckdb.1.new", ".published.duckdb.1.new.wal"):
        (tmp_path / leftover).write_text("half")
    publish(build_small(tmp_path, 1), published, RELATIONS)
    assert names(tmp_path) == {"warehouse.duckdb", "published.duckdb"}


def test_a_quote_in_the_path_is_no_sql(tmp_path: Path) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    publish(build_small(folder, 1), folder / "published.duckdb", RELATIONS)
    assert read(folder / "published.duckdb", "select max(version) from marts.segments") == [(1,)]


def build_with_views(folder: Path, name: str = "warehouse") -> Path:
    """Write a warehouse with two public views, one over the other, as dbt would."""
    warehouse = folder / f"{name}.duckdb"
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            f"""
            create schema marts; create schema marts_intermediate;
            create table marts.customers as select 'a' as customer_id, 7 as monetary;
            create table marts_intermediate.int_customers__enriched as select 'x' as email;
            create table marts_intermediate.int_leaves as
                select 'a' as customer_id, true as leaf_1, 'a@example.com' as email;
            create view marts_intermediate.int_lists as select 'a' as customer_id, true as is_staff;
            create view marts.explanations as
                with leaves as (select * from "{name}"."marts_intermediate"."int_leaves")
                select leaves.customer_id, leaves.leaf_1, customers.monetary, lists.is_staff,
                    '{name}.marts.customers' as text
                from leaves
                inner join "{name}"."marts"."customers" as customers using (customer_id)
                inner join "{name}"."marts_intermediate"."int_lists" as lists using (customer_id);
            create view marts.a_summary as
                select count(*) as customers from "{name}"."marts"."explanations";
            """
        )
    return warehouse


VIEWS = [("marts", name) for name in ("a_summary", "customers", "explanations")]


@pytest.mark.parametrize("name", ["warehouse", "my-build"])
def test_views_stay_views_under_any_name(tmp_path: Path, name: str) -> None:
    """A view comes with what it reads, and reads the published file itself, however attached."""
    published = tmp_path / "published.duckdb"
    warehouse = build_with_views(tmp_path, name)
    assert publish(warehouse, published, VIEWS) == 3
    warehouse.unlink()
    asked = "select * from {}marts.explanations, {}marts.a_summary"
    expected = [("a", True, 7, True, f"{name}.marts.customers", 1)]
    assert read(published, asked.format("", "")) == expected
    with duckdb.connect() as connection:
        connection.execute(f"attach '{published}' as shop (read_only)")
        assert connection.execute(asked.format("shop.", "shop.")).fetchall() == expected
    kinds = read(published, "select table_name, table_type from information_schema.tables")
    assert dict(kinds) == {
        "customers": "BASE TABLE", "int_leaves": "BASE TABLE", "int_lists": "BASE TABLE",
        "explanations": "VIEW", "a_summary": "VIEW", "published_version": "BASE TABLE",
    }  # fmt: skip


def test_only_what_a_view_names_leaves_the_build(tmp_path: Path) -> None:
    published = tmp_path / "published.duckdb"
    publish(build_with_views(tmp_path), published, VIEWS)
    columns = read(
        published,
        "select column_name from information_schema.columns where table_name = 'int_leaves'",
    )
    assert {name for (name,) in columns} == {"customer_id", "leaf_1"}


def test_published_file_holds_exactly_the_marts(demo_build: Path) -> None:
    """Every model under models/marts and a stamp in schema marts, and what their views read."""
    documents = [
        yaml.safe_load(path.read_text()) for path in (PROJECT_DIR / "models/marts").rglob("*.yml")
    ]
    marts = {model["name"] for document in documents for model in document.get("models", [])}
    assert marts == {path.stem for path in (PROJECT_DIR / "models/marts").rglob("*.sql")}
    sql = "select table_schema, table_name, table_type from information_schema.tables"
    found = read(demo_build / "published.duckdb", sql)
    public = {name for schema, name, _ in found if schema == "marts"}
    assert public == marts | {"published_version"}
    assert {(schema, name) for schema, name, _ in found if schema != "marts"} <= {
        ("marts_intermediate", f"int_segment_{name}")
        for name in (
            "leaves__evaluated", "lists__resolved", "measures__pivoted", "rules__resolved",
            "stays__known", "stays__recorded", "steps__resolved",
        )
    }  # fmt: skip
    views = {name for _, name, kind in found if kind == "VIEW"}
    assert views == {
        "segment_explanations", "segment_membership_history", "segment_near_misses",
        "segment_transitions",
    }  # fmt: skip
    left = {path.name for path in demo_build.iterdir() if path.name.startswith(".")}
    assert left == {".build.lock"}


def test_published_views_say_what_the_build_says(demo_build: Path) -> None:
    """Every condition of every customer, and each near miss, is the same in both files."""
    for sql in (
        "select count(*), count(observed_value), count(*) filter (where is_met)"
        " from marts.segment_explanations",
        "select segment, condition_path, count(*) from marts.segment_near_misses"
        " group by all order by all",
    ):
        answer = read(demo_build / "published.duckdb", sql)
        assert answer == read(demo_build / "warehouse.duckdb", sql)
        assert answer[0][1]


def test_published_tables_hold_no_personal_data(demo: Path, demo_build: Path) -> None:
    published = demo_build / "published.duckdb"
    counts = ", ".join(f"count({name})" for name in (*PERSONAL, "attributes"))
    assert read(published, f"select {counts} from marts.customers") == [(0,) * 8]
    sql = f"select email, phone from '{demo}/contacts.parquet'"
    # Broken ones shorter than any real one, such as '12', stand elsewhere by chance.
    rows = duckdb.sql(sql).fetchall()
    details = {value for row in rows for value in row if value and len(value) >= 7}
    texts = read(
        published,
        "select table_schema || '.' || table_name, column_name from information_schema.columns"
        " where data_type = 'VARCHAR'",
    )
    for table, column in texts:
        distinct = f"select distinct {column} from {table} where {column} is not null"
        for (text,) in read(published, distinct):
            words = {text, *re.findall(r"[^\s\"',:;{}]+", text)}
            assert not words & details, f"{table}.{column}: {text}"


def test_texts_of_event_properties_are_not_published(demo_build: Path) -> None:
    """The demo asks for the last course: whether it is met is public, the text itself is not."""
    published = demo_build / "published.duckdb"
    asked = (
        "select segment from marts.segment_conditions"
        " where condition_text like 'last properties.course of %'"
    )
    (segment,) = read(published, asked)[0]
    rows = read(
        published,
        "select observed_value, count(*) filter (where is_met) from marts.segment_explanations"
        f" where segment = '{segment}' and condition_text like 'last properties.course of %'"
        " group by observed_value",
    )
    assert [observed for observed, _ in rows] == [None]
    assert rows[0][1] > 0
