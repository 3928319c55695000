"""scripts/build.py: its exit codes, its one-line causes, and what a person sees."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from raw_shop import AS_OF, write_shop
from warehouse import PROJECT_DIR, build_environment, read, run_build

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

from refresh_lock import only_build_in  # noqa: E402

PUBLISHED_BEFORE = b"as before"
ESCAPE = "\x1b"
# What git keeps, as far as a build needs it.
PROJECT_PARTS = (
    "dbt_project.yml", "vars.yml", "gx", "macros", "models", "profiles", "scripts", "seeds",
    "tests/generic", "tests/singular",
)  # fmt: skip


@pytest.fixture(scope="session")
def shop(made_once: Callable[..., Path]) -> Path:
    return made_once("raw_shop", lambda folder: write_shop(folder) and None)


@pytest.fixture
def warehouse_dir(tmp_path: Path) -> Path:
    """Folder with a published file that no failing build may touch."""
    folder = tmp_path / "warehouse"
    folder.mkdir()
    (folder / "published.duckdb").write_bytes(PUBLISHED_BEFORE)
    return folder


def assert_fails(
    result: subprocess.CompletedProcess[str], warehouse_dir: Path, code: int, *parts: str
) -> None:
    assert result.returncode == code, result.stderr + result.stdout
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("failed: "), result.stderr
    for part in parts:
        assert part in lines[0], lines[0]
    assert "Traceback" not in result.stdout
    assert (warehouse_dir / "published.duckdb").read_bytes() == PUBLISHED_BEFORE


@pytest.mark.parametrize(
    ("env", "parts"),
    [
        ({"AS_OF": "2026-02-30"}, ("AS_OF", "2026-02-30", "YYYY-MM-DD")),
        ({"AS_OF": "yesterday"}, ("AS_OF", "yesterday", "YYYY-MM-DD")),
        ({"TIMEZONE": "Warsaw"}, ("TIMEZONE", "Warsaw", "Europe/Warsaw")),
        ({"TIMEZONE": "../UTC"}, ("TIMEZONE", "../UTC")),
        ({"TIMEZONE": "Europe"}, ("TIMEZONE", "Europe")),
        ({"VARS": "{timezone: UTC"}, ("VARS", "cannot be read as YAML")),
        ({"VARS": "just text"}, ("VARS", "names with values")),
        ({"VARS": "[1, 2]"}, ("VARS", "names with values")),
        ({"VARS": "{timezone: UTC, timezone: CET}"}, ("VARS", "key 'timezone' stands twice")),
        ({"VARS": "{as_of_date: soon}"}, ("as_of_date", "soon")),
        ({"VARS": "{as_of_date: 2026-02-30}"}, ("VARS", "cannot be read as YAML")),
        ({"VARS": "{lifecycle_churn_days: 9}"}, ("VARS", "did you mean lifecycle_churned_days?")),
        ({"VARS": "{value_tier_a_share: 1.8}"}, ("value_tier_a_share", "found 1.8", "up to 1")),
        ({"AS_OF": "2026-W05"}, ("AS_OF", "2026-W05", "YYYY-MM-DD")),
        ({"SEGMENTS": "nowhere.yml"}, ("SEGMENTS", "nowhere.yml")),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_wrong_settings(
    shop: Path, warehouse_dir: Path, env: dict[str, str], parts: tuple[str, ...]
) -> None:
    assert_fails(run_build(shop, warehouse_dir, env), warehouse_dir, 2, *parts)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("segments: [", ("SEGMENTS", "cannot be read as YAML")),
        ("- name: a", ("SEGMENTS", "names with values")),
        ("groups: []", ("SEGMENTS", "segments")),
        ("segments: []\nsegment_list: {}", ("SEGMENTS", "key 'segment_list'", "segment_lists")),
        ("segments: []\nsegments: []", ("SEGMENTS", "key 'segments' stands twice", "line 2")),
        ("segments: []\nsegment_lists: [a]", ("segment_lists", "found", "mapping")),
    ],
)
def test_wrong_catalogue_file(
    shop: Path, warehouse_dir: Path, tmp_path: Path, content: str, parts: tuple[str, ...]
) -> None:
    catalogue = tmp_path / "catalogue.yml"
    catalogue.write_text(content)
    result = run_build(shop, warehouse_dir, {"SEGMENTS": str(catalogue)})
    assert_fails(result, warehouse_dir, 2, *parts)


def test_catalogue_that_is_no_text(shop: Path, warehouse_dir: Path, tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.yml"
    catalogue.write_bytes(b"\xff\xfe\x00segments")
    result = run_build(shop, warehouse_dir, {"SEGMENTS": str(catalogue)})
    assert_fails(result, warehouse_dir, 2, "SEGMENTS", str(catalogue))


def test_a_second_build_in_the_folder_gives_up(shop: Path, warehouse_dir: Path) -> None:
    with only_build_in(warehouse_dir):
        result = run_build(shop, warehouse_dir)
    assert_fails(result, warehouse_dir, 1, "another build is under way", str(warehouse_dir))


def test_dates_without_quotes_reach_the_rules(shop: Path, warehouse_dir: Path, tmp_path: Path):
    catalogue = tmp_path / "catalogue.yml"
    catalogue.write_text(
        "segments:\n- name: early\n  description: Came before a day\n  layer: micro\n"
        "  rule: {field: created_date, before: 2031-01-01}\n"
    )
    result = run_build(shop, warehouse_dir, {"SEGMENTS": str(catalogue)})
    assert result.returncode == 0, result.stderr
    database = warehouse_dir / "published.duckdb"
    (rule,) = read(database, "select rule_text from marts.segments")[0]
    assert "2031-01-01" in rule


def test_absent_raw_dir(warehouse_dir: Path, tmp_path: Path) -> None:
    result = run_build(tmp_path / "nowhere", warehouse_dir)
    assert_fails(result, warehouse_dir, 2, "RAW_DIR", str(tmp_path / "nowhere"), "make demo-data")


def test_warehouse_dir_that_cannot_be_made(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "a_file").write_text("")
    result = run_build(shop, tmp_path / "a_file" / "warehouse")
    assert result.returncode == 2
    assert result.stderr.startswith("failed: WAREHOUSE_DIR: ") and result.stderr.count("\n") == 1


def test_unknown_field_of_a_segment(shop: Path, warehouse_dir: Path, tmp_path: Path) -> None:
    """The mistake stops the build and is named with its segment, place and what is allowed."""
    catalogue = tmp_path / "catalogue.yml"
    rule = "{field: favourite_colour, eq: red}"
    catalogue.write_text(
        "segments:\n- {name: reds, description: Like red, layer: micro, goal: growth, owner: crm,"
        f" rule: {rule}}}\n"
    )
    result = run_build(shop, warehouse_dir, {"SEGMENTS": str(catalogue), "AS_OF": AS_OF})
    assert_fails(result, warehouse_dir, 2, "reds", "favourite_colour")


def test_failing_data_test_publishes_nothing(
    shop: Path, warehouse_dir: Path, tmp_path: Path
) -> None:
    project_dir = tmp_path / "project"
    for part in PROJECT_PARTS:
        source, target = PROJECT_DIR / part, project_dir / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, target)
    test = project_dir / "tests" / "singular" / "nobody_is_a_customer.sql"
    test.write_text("select customer_id from {{ ref('customers') }}\n")
    result = run_build(shop, warehouse_dir, {"AS_OF": AS_OF}, project_dir)
    assert_fails(result, warehouse_dir, 1, "nobody_is_a_customer", "3 results", "dbt.log")


def test_vars_segments_and_zone_reach_dbt(shop: Path, tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.yml"
    catalogue.write_text(
        "segments:\n- {name: euro_spenders, description: More than ten, layer: micro, goal: growth,"
        " owner: crm, rule: {field: monetary, gt: 10}}\n"
    )
    env = {
        "AS_OF": AS_OF,
        "TIMEZONE": "America/New_York",
        "SEGMENTS": str(catalogue),
        "VARS": "{expose_pii: true, reporting_currency: EUR}",
    }
    result = run_build(shop, tmp_path / "warehouse", env)
    assert result.returncode == 0, result.stderr
    assert "as of 2026-03-01 (America/New_York)" in result.stdout
    published = tmp_path / "warehouse" / "published.duckdb"
    sql = """
        select customer_id, email, first_name, cast(last_order_date as varchar), as_of_date::varchar
        from marts.customers order by customer_id
    """
    assert read(published, sql) == [
        ("1", "anna@example.com", 'Anna, "Ania"', "2026-02-05", AS_OF),
        ("2", "jan@example.com", "Jan\nMaria", "2026-02-27", AS_OF),
        ("3", None, "Zażółć", None, AS_OF),
    ]
    assert read(published, "select segment from marts.segments") == [("euro_spenders",)]
    [(monetary,)] = read(published, "select monetary from marts.customers where customer_id = '1'")
    assert 20 < monetary < 60


def test_output_that_is_no_terminal_is_plain_lines(demo_build: Path) -> None:
    output = (demo_build / "output.txt").read_text()
    assert (demo_build / "errors.txt").read_text() == ""
    assert ESCAPE not in output and "\r" not in output
    assert re.search(r"^input checks: \d+ done, \d+ warnings$", output, re.MULTILINE)
    steps = re.findall(r"^build: (\d+) of (\d+) nodes$", output, re.MULTILINE)
    assert len(steps) == 4 and steps[-1][0] == steps[-1][1]
    assert re.search(r"^│ everybody +│ +1000 │ +[\d,]+ │ +100\.0% │ +[\d,]+ │", output, re.M)
    assert re.search(r"^published [\d,]+ rows in .*published\.duckdb \(\d+ s\)$", output, re.M)


def test_table_of_rejected_rows_has_a_line_for_each_reason(demo_build: Path) -> None:
    output = (demo_build / "output.txt").read_text()
    lines = [line.split("│") for line in output.split("Rejected rows")[1].splitlines()]
    shown = {cells[1].strip(): int(cells[-2].replace(",", "")) for cells in lines if len(cells) > 3}
    sql = """
        select reason_codes, count(*) from marts.rejected_rows group by reason_codes
        union all select 'rejected rows', count(*) from marts.rejected_rows
    """
    assert shown == dict(read(demo_build / "published.duckdb", sql))


def test_terminal_shows_bar_and_tables(shop: Path, tmp_path: Path) -> None:
    """On a pseudo-terminal, 120 columns wide, as a person sees it."""
    env = build_environment(
        shop, tmp_path / "warehouse", {"AS_OF": AS_OF, "TERM": "xterm-256color"}
    )
    for name in ("NO_COLOR", "CI"):
        env.pop(name, None)
    env["COLUMNS"], env["LINES"] = "120", "50"
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, str(PROJECT_DIR / "scripts" / "build.py")],
        cwd=PROJECT_DIR, env=env, stdin=slave, stdout=slave, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    output = b""
    try:
        while chunk := os.read(master, 65536):
            output += chunk
    except OSError:
        pass  # The other end is closed: Linux says so by an error.
    finally:
        os.close(master)
    text = output.decode()
    assert process.wait(timeout=60) == 0, text
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    assert re.search(r"build [━╸╺ ]+ +\d+/\d+ ", plain), plain[-3000:]
    assert re.search(r" sql (table|view) model marts", plain), plain[-3000:]
    assert "nodes" not in plain
    assert re.search(r"│ everybody +│ +1000 │ +3 │", plain)
    assert "Rejected rows: none" in plain
    assert "published" in plain.splitlines()[-1]
