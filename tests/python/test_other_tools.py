"""The published tables as Parquet, and every snippet of docs/other_tools.md as it stands there."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

PROJECT_DIR = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import publish  # noqa: E402
import published_parquet  # noqa: E402

PAGE = (PROJECT_DIR / "docs" / "other_tools.md").read_text()
SNIPPETS = re.findall(r"```(sh|python|r)\n(.*?)```", PAGE, re.DOTALL)
Read = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def folder(demo_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the snippets find warehouse/published.duckdb and its Parquet files."""
    folder = tmp_path_factory.mktemp("tools")
    (folder / "warehouse").mkdir()
    shutil.copy(demo_build / "published.duckdb", folder / "warehouse")
    published_parquet.write(folder / "warehouse" / "published.duckdb")
    return folder


@pytest.fixture(scope="module")
def read(folder: Path) -> Read:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        path = folder / "warehouse" / "published.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    return rows


def run(folder: Path, *command: str) -> str:
    """Run a snippet where it stands; returns what it prints."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    return done.stdout


def test_the_page_has_a_snippet_for_each_tool() -> None:
    assert [language for language, _ in SNIPPETS] == ["sh", "python", "python", "r", "python", "sh"]


def test_pandas_and_polars_give_the_figures_of_sql(folder: Path, read: Read) -> None:
    by_pandas, by_polars, by_parquet = (
        run(folder, sys.executable, "-c", text)
        for language, text in SNIPPETS
        if language == "python"
    )
    for segment, customers, _ in read(
        "select rfm_segment, count(*), sum(monetary) from marts.customers group by 1"
    ):
        assert re.search(rf"^{segment} +{customers} ", by_pandas, re.MULTILINE), by_pandas
    first = read("select segment, count(*) from marts.segment_memberships group by 1 order by 1")[0]
    assert re.search(rf"│ {first[0]} +┆ {first[1]} ", by_polars), by_polars
    ((as_of, segment, customers),) = read(
        """select as_of_date, segment, customers from marts.segment_metrics
        order by segment limit 1"""
    )
    assert by_parquet.startswith(str(as_of))
    assert re.search(rf"│ {segment} +┆ {customers} ", by_parquet), by_parquet


@pytest.mark.parametrize("place", [0, 1])
def test_the_command_line_of_duckdb(place: int, folder: Path) -> None:
    text = [text for language, text in SNIPPETS if language == "sh"][place].strip()
    if shutil.which("duckdb"):
        run(folder, "bash", "-c", text)
        return
    # Without the program, its SQL at least.
    sql = re.search(r'"(select .*)"', text)[1].replace("'warehouse/", f"'{folder}/warehouse/")
    with duckdb.connect(str(folder / "warehouse" / "published.duckdb"), read_only=True) as one:
        assert one.execute(sql).fetchall()
    pytest.skip("no duckdb on PATH: its SQL was run from Python")


def test_r(folder: Path, read: Read) -> None:
    if not shutil.which("Rscript"):
        pytest.skip("no Rscript on PATH")
    if subprocess.run(["Rscript", "-e", "library(duckdb)"], capture_output=True).returncode:
        pytest.skip("R has no package duckdb")
    (text,) = [text for language, text in SNIPPETS if language == "r"]
    said = run(folder, "Rscript", "-e", text)
    for tier, customers in read("select value_tier, count(*) from marts.customers group by 1"):
        assert re.search(rf"{tier} +{customers}", said), said


def test_the_manifest_tells_what_is_in_the_files(folder: Path, read: Read) -> None:
    parquet = folder / "warehouse" / "parquet"
    manifest = json.loads((parquet / "manifest.json").read_text())
    assert [(manifest["run_id"], manifest["as_of_date"])] == read(
        "select run_id, cast(as_of_date as varchar) from marts.published_version"
    )
    tables = read(
        """select table_name, table_type from information_schema.tables
        where table_schema = 'marts' and table_name <> 'published_version' order by 1"""
    )
    assert [one["table"] for one in manifest["tables"]] == [
        name for name, kind in tables if kind == "BASE TABLE"
    ]
    assert manifest["left_out"] == [name for name, kind in tables if kind == "VIEW"]
    current = parquet / manifest["folder"]
    assert {path.name for path in current.iterdir()} == {one["file"] for one in manifest["tables"]}
    for one in manifest["tables"]:
        content = (current / one["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])
        copied, table = f"read_parquet('{current / one['file']}')", f"marts.{one['table']}"
        assert read(f"select count(*) from {copied}") == [(one["rows"],)]
        assert read(f"(from {copied} except from {table}) union all"
                    f" (from {table} except from {copied})") == []  # fmt: skip
        described = [(name, kind) for name, kind, *_ in read(f"describe {table}")]
        assert [(column["name"], column["type"]) for column in one["columns"]] == described
        assert [(name, kind) for name, kind, *_ in read(f"describe from {copied}")] == described


def publish_again(folder: Path, run_id: str) -> Path:
    """Stamp a copied file as another run, as publishing would."""
    published = folder / "published.duckdb"
    with duckdb.connect(str(published)) as connection:
        connection.execute(
            f"update marts.published_version set run_id = '{run_id}', "
            "published_at = published_at + interval 1 day"
        )
    return published


def test_a_version_follows_another_whole(folder: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    published = Path(shutil.copy(folder / "warehouse" / "published.duckdb", tmp_path))
    parquet = tmp_path / "parquet"
    publish.follow(published)
    assert not parquet.exists(), "not asked for"
    monkeypatch.setenv("PUBLISH_PARQUET", "yes")
    publish.follow(published)
    first = published_parquet.read_manifest(parquet)
    written = (parquet / "manifest.json").stat().st_mtime_ns
    assert published_parquet.write(published) == first
    assert (parquet / "manifest.json").stat().st_mtime_ns == written, "the same version"
    publish.follow(publish_again(tmp_path, "B"))
    assert {path.name for path in parquet.iterdir()} == {"manifest.json", first["folder"], "B"}
    # What fails leaves the version before, and the published tables in any case.
    publish_again(tmp_path, "C")
    with monkeypatch.context() as broken:
        broken.setattr(published_parquet, "_free_name", lambda *_: "B")
        publish.follow(published)
    assert "warning: no Parquet files: " in capsys.readouterr().err
    assert published_parquet.read_manifest(parquet)["folder"] == "B"
    publish.follow(published)
    assert {path.name for path in parquet.iterdir()} == {"manifest.json", "B", "C"}
    # What an erasure writes anew has the run of before: another name, so that nothing is mixed.
    assert published_parquet.remove(tmp_path) and not parquet.exists()
    assert published_parquet.write(published)["folder"] == "C"


def test_nothing_published_is_said_in_a_line(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("WAREHOUSE_DIR", str(tmp_path))
    assert published_parquet.main() == 2
    said = capsys.readouterr().err
    assert said == f"nothing is published in {tmp_path}; run `make build` first\n"
