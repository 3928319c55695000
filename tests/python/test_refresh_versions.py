"""Published versions are stamped, kept, and put back as a whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from warehouse import PROJECT_DIR, read

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

from publish import publish  # noqa: E402
from refresh_lock import only_build_in  # noqa: E402
from refresh_versions import KEPT_VERSIONS, VersionError, restore, versions  # noqa: E402

RELATIONS = [("marts", "customers"), ("marts", "segments")]


def publish_run(folder: Path, number: int, kept: int = KEPT_VERSIONS) -> Path:
    """Publish tables that hold the number of their run."""
    warehouse, published = folder / "warehouse.duckdb", folder / "published.duckdb"
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema marts; create schema marts_intermediate")
        connection.execute(f"create table marts.customers as select {number} as run")
        connection.execute(
            f"create table marts.segments as select 's' as segment, 'r{number}' as rule_hash"
        )
        connection.execute(
            "create table marts_intermediate.int_rows__known as"
            " select date '2026-11-21' as as_of_date"
        )
    publish(warehouse, published, RELATIONS, f"run{number}", kept)
    return published


def content(published: Path) -> tuple[int, str]:
    sql = "select run, run_id from marts.customers, marts.published_version"
    return read(published, sql)[0]


def kept(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "versions").iterdir())


def test_every_version_is_stamped(tmp_path: Path) -> None:
    published = publish_run(tmp_path, 1)
    sql = "select run_id, cast(as_of_date as varchar), catalogue_hash from marts.published_version"
    [(run_id, as_of, first)] = read(published, sql)
    assert (run_id, as_of) == ("run1", "2026-11-21")
    [(_, _, second)] = read(publish_run(tmp_path, 2), sql)
    assert first != second


def test_the_last_versions_are_kept(tmp_path: Path) -> None:
    for number in range(1, 7):
        published = publish_run(tmp_path, number)
    assert kept(tmp_path) == ["run3.duckdb", "run4.duckdb", "run5.duckdb"]
    assert [one.stamp.run_id for one in versions(published)] == ["run6", "run5", "run4", "run3"]
    publish_run(tmp_path, 7, 1)
    assert kept(tmp_path) == ["run6.duckdb"]
    publish_run(tmp_path, 8, 0)
    assert kept(tmp_path) == []


def test_a_version_is_put_back_and_forth(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        published = publish_run(tmp_path, number)
    open_reader = duckdb.connect(str(published), read_only=True)
    assert restore(published, "run1").run_id == "run1"
    assert open_reader.execute("select run from marts.customers").fetchone() == (3,)
    open_reader.close()
    assert content(published) == (1, "run1") and kept(tmp_path) == ["run2.duckdb", "run3.duckdb"]
    restore(published, "run3")
    assert content(published) == (3, "run3") and kept(tmp_path) == ["run1.duckdb", "run2.duckdb"]
    assert restore(published, "run3").run_id == "run3"
    publish_run(tmp_path, 4)
    assert kept(tmp_path) == ["run1.duckdb", "run2.duckdb", "run3.duckdb"]


def test_a_file_system_without_links_keeps_copies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    for number in (1, 2, 3):
        published = publish_run(tmp_path, number)
    restore(published, "run2")
    assert content(published) == (2, "run2")
    assert kept(tmp_path) == ["run1.duckdb", "run3.duckdb"]


def test_no_such_version(tmp_path: Path) -> None:
    published = publish_run(tmp_path, 1)
    for name in ("run9", "../published", ""):
        with pytest.raises(VersionError, match="kept are: run1"):
            restore(published, name)


def test_a_failed_publish_leaves_versions_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_run(tmp_path, 1)
    published = publish_run(tmp_path, 2)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("publish.replace", refuse)
        with pytest.raises(OSError, match="No space"):
            publish_run(tmp_path, 3)
    assert content(published) == (2, "run2")
    # The published one had got its second name already, which the next run takes away.
    assert [one.stamp.run_id for one in versions(published)] == ["run2", "run1"]
    publish_run(tmp_path, 4)
    assert kept(tmp_path) == ["run1.duckdb", "run2.duckdb"]
    assert not list(tmp_path.glob(".published*"))


def test_a_file_without_a_stamp_is_kept_by_its_time(tmp_path: Path) -> None:
    published = publish_run(tmp_path, 1)
    with duckdb.connect(str(published)) as connection:
        connection.execute("drop table marts.published_version")
    publish_run(tmp_path, 2)
    (name,) = kept(tmp_path)
    assert name.startswith("20") and name.endswith("Z.duckdb")
    restore(published, name.removesuffix(".duckdb"))
    assert read(published, "select run from marts.customers") == [(1,)]


def run_restore(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "VERSION"}
    return subprocess.run(
        [sys.executable, str(PROJECT_DIR / "scripts" / "restore.py")],
        env={**environment, "WAREHOUSE_DIR": str(folder), **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command(tmp_path: Path) -> None:
    folder = tmp_path / "it's a „folder”"
    folder.mkdir()
    for number in (1, 2):
        published = publish_run(folder, number)
    listed = run_restore(folder)
    assert listed.returncode == 0
    told = listed.stdout.splitlines()
    assert told[0].startswith("run2  as of 2026-11-21") and told[0].endswith("<- published now")
    assert told[1].startswith("run1  as of 2026-11-21, published 20")
    done = run_restore(folder, VERSION="run1")
    assert done.returncode == 0 and "restored run1" in done.stdout, done.stderr
    assert content(published) == (1, "run1")
    log = folder / "input_checks" / "refresh_runs.parquet"
    query = f"select command, outcome, message from '{str(log).replace(chr(39), chr(39) * 2)}'"
    assert duckdb.sql(query).fetchall() == [("restore", "done", "put back version run1")]
    wrong = run_restore(folder, VERSION="run9")
    assert wrong.returncode == 2 and wrong.stderr.startswith("failed: VERSION: no version 'run9'")
    with only_build_in(folder, "refresh"):
        busy = run_restore(folder, VERSION="run2")
    assert busy.returncode == 1 and "another build is under way" in busy.stderr
    nothing = run_restore(tmp_path)
    assert nothing.returncode == 2 and "nothing is published" in nothing.stderr
