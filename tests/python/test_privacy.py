"""Nobody's values leave the warehouse file: not by tables, logs, pages or messages."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from privacy_shop import CONTACTS, SHOP, contact, details, refreshed, run, told_values, write_raw
from warehouse import PROJECT_DIR, read, run_dbt

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

from duckdb_access import connect  # noqa: E402

# What holds personal values on purpose.
PERSONAL_FILES = {"warehouse.duckdb"}
VALUES = set().union(*(told_values(number) for number in range(1, CONTACTS + 1)))


@pytest.fixture(scope="module")
def built(made_once: Callable[..., Path]) -> Path:
    """Folder of the refreshed shop; never written to."""
    return made_once(SHOP, refreshed)


def test_the_published_tables_say_who_nobody_is(built: Path) -> None:
    """Every value of every table and view, reasons, quarantine and evidence included."""
    published = built / "warehouse" / "published.duckdb"
    names = read(published, "select table_schema, table_name from information_schema.tables")
    assert len(names) > 20
    for schema, name in names:
        for (row,) in read(published, f'select cast(one as varchar) from "{schema}"."{name}" one'):
            assert not [value for value in VALUES if value in row], f"{schema}.{name}: {row}"
    assert read(published, "select count(*) from marts.rejected_rows") == [(6,)]
    assert read(published, "select count(*) from marts.segment_explanations") != [(0,)]


def test_no_other_file_says_it_either(built: Path) -> None:
    """Byte by byte: published file, logs, input checks, their pages, run log, what dbt compiled."""
    pattern = re.compile("|".join(map(re.escape, VALUES)).encode())
    files = [
        path
        for folder in ("warehouse", "target")
        for path in (built / folder).rglob("*")
        if path.is_file() and path.name not in PERSONAL_FILES
    ]
    assert {"published.duckdb", "dbt.log", "index.html", "input_check_results.parquet"} <= {
        path.name for path in files
    }
    for path in files:
        found = pattern.search(path.read_bytes())
        assert not found, f"{path}: {found.group()}"
    assert pattern.search((built / "warehouse" / "warehouse.duckdb").read_bytes())


def test_a_shifted_row_is_masked_as_a_whole(built: Path) -> None:
    """A birth date that stands in the column of genders is no gender."""
    sql = "select raw_row from marts.rejected_rows where row_id like '%-shifted'"
    ((row,),) = read(built / "warehouse" / "published.duckdb", sql)
    shown = {key: value for key, value in yaml.safe_load(row).items() if value is not None}
    assert shown.pop("contact_id") == f"{contact(5)}-shifted"
    times = {"created_at": "2025-01-01 00:00:00", "loaded_at": "2026-03-09 00:00:00"}
    assert {key: shown.pop(key) for key in times} == times
    assert all(re.fullmatch("[0-9a-f]{32}", value) for value in shown.values()), shown


def test_dbt_opens_a_warehouse_that_reaches_two_folders(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the plugin of the profile; the cursors of its threads are bound by it too."""
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from dbt.adapters.duckdb.environments.local import LocalEnvironment

    profile = yaml.safe_load((PROJECT_DIR / "profiles" / "profiles.yml").read_text())
    target = profile["customer_segmentation"]["outputs"]["duckdb"]
    (tmp_path / "outside.csv").write_text("x\n1\n")
    folder = tmp_path / "warehouse"
    folder.mkdir()
    monkeypatch.setenv("WAREHOUSE_DIR", str(folder))
    monkeypatch.setenv("RAW_DIR", str(built / "raw"))
    credentials = DuckDBCredentials.from_dict(
        {
            "path": str(folder / "warehouse.duckdb"),
            "database": "warehouse",
            "schema": "marts",
            "plugins": target["plugins"],
            "settings": {"autoinstall_known_extensions": False, "TimeZone": "UTC"},
        }
    )
    environment = LocalEnvironment(credentials)
    for _ in range(2):
        cursor = environment.handle().cursor()
        cursor.execute(f"from read_parquet($${built}/raw/contacts.parquet$$)")
        for refused in (f"from read_csv($${tmp_path}/outside.csv$$)", "install httpfs"):
            with pytest.raises(duckdb.PermissionException):
                cursor.execute(refused)
    environment.close()


def test_logs_of_dbt_quote_no_value_and_the_salt_comes_from_the_environment(
    built: Path, tmp_path: Path
) -> None:
    """An error of DuckDB quotes what it could not read, dbt logs it in four places."""
    shutil.copyfile(built / "warehouse" / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    shutil.copytree(built / "target", tmp_path / "target")
    done = run_dbt(
        "show", "--inline",
        "select '{{ pii_salt() }}', cast(email as int) from {{ source('raw', 'contacts') }}",
        raw_dir=built / "raw", warehouse_dir=tmp_path, variables={"segments": []},
        env={"PII_SALT": "a secret"},
    )  # fmt: skip
    log = (tmp_path / "logs" / "dbt.log").read_text()
    for text in (done.stdout, log):
        assert "Conversion Error: Could not convert string '...'" in text
        assert not [value for value in VALUES if value in text]
    assert "select 'a secret'" in log


def test_every_target_on_a_file_is_restricted() -> None:
    profile = yaml.safe_load((PROJECT_DIR / "profiles" / "profiles.yml").read_text())
    for name, target in profile["customer_segmentation"]["outputs"].items():
        if target["type"] == "duckdb" and target["path"] != ":memory:":
            assert target["plugins"] == [{"module": "dbt_duckdb_access"}], name


def test_no_target_names_a_secret() -> None:
    """Whatever opens a warehouse comes from the environment."""
    text = (PROJECT_DIR / "profiles" / "profiles.yml").read_text()
    for line in text.splitlines():
        key, _, value = line.strip().partition(":")
        if re.search("password|token|secret|user$|key$", key):
            assert "env_var(" in value, line


def test_a_connection_reaches_its_folders_alone(tmp_path: Path) -> None:
    inside, outside = tmp_path / "it's «in» é", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "rows.csv").write_text("x\n1\n")
    (inside / "link.csv").symlink_to(outside / "rows.csv")
    (tmp_path / "linked").symlink_to(inside)
    with connect(inside / "base.duckdb", folders=[inside]) as connection:
        assert connection.sql(f"from read_csv($${inside}/rows.csv$$)").fetchall() == [(1,)]
        for refused in (
            f"from read_csv($${outside}/rows.csv$$)",
            f"from read_csv($${inside}/link.csv$$)",
            f"from read_csv($${inside}/../out/rows.csv$$)",
            f"copy (select 1) to $${outside}/new.csv$$",
            f"attach $${outside}/new.duckdb$$",
            "install httpfs",
            "load httpfs",
            "set enable_external_access = true",
            f"set allowed_directories = [$${outside}$$]",
            f"set temp_directory = $${outside}$$",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(refused)
        connection.cursor().execute("select 1")
        with pytest.raises(duckdb.Error):
            connection.cursor().execute(f"from read_csv($${outside}/rows.csv$$)")
    with connect(folders=[tmp_path / "linked"]) as connection:
        assert connection.sql(f"from read_csv($${tmp_path}/linked/rows.csv$$)").fetchall()
        spilled = connection.sql("select current_setting('temp_directory')").fetchone()[0]
        assert spilled == str(tmp_path / "linked" / ".tmp")
    assert os.listdir(outside) == ["rows.csv"]


def test_a_link_out_of_the_raw_folder_is_refused_in_a_line(built: Path, tmp_path: Path) -> None:
    write_raw(tmp_path / "raw")
    secret = tmp_path / "elsewhere.parquet"
    (tmp_path / "raw" / "events.parquet").rename(secret)
    (tmp_path / "raw" / "events.parquet").symlink_to(secret)
    shutil.copytree(built / "target", tmp_path / "target")
    (tmp_path / "warehouse").mkdir()
    done = run("build.py", tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "events" in done.stderr and "Traceback" not in done.stderr + done.stdout


def test_the_published_file_opens_read_only(built: Path) -> None:
    published = built / "warehouse" / "published.duckdb"
    with connect(published, folders=[built / "warehouse"], read_only=True) as connection:
        assert connection.sql("select count(*) from marts.customers").fetchone()
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("delete from marts.customers")
    assert details(1)["email"] not in published.read_bytes().decode("latin-1")
