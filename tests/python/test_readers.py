"""Readers while refreshes publish: no read fails, none sees tables of two runs.

`REFRESHES=10` is the whole measurement, by `READERS=8` processes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from refresh_workshop import Refreshed, Refreshes
from warehouse import read

REFRESHES = int(os.environ.get("REFRESHES", "1"))
READERS = int(os.environ.get("READERS", "8"))
# A process of its own each, which opens the file anew for each look and reads every table of it.
READER = """
import json, os, sys, time
sys.path.insert(0, sys.argv[3])
import duckdb
from refresh_workshop import assert_one_version

looks, tables, failed, torn, runs, is_last = 0, 0, [], [], [], False
while not is_last:
    is_last = os.path.exists(sys.argv[2])
    try:
        with duckdb.connect(sys.argv[1], read_only=True) as connection:
            before = assert_one_version(connection)
            names = connection.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
            for (name,) in names:
                connection.execute(f"select count(columns(*)) from marts.{name}").fetchall()
                tables += 1
            after = assert_one_version(connection)
            if before != after:
                torn.append([before, after])
            if before not in runs:
                runs.append(before)
    except AssertionError as error:
        torn.append(str(error))
    except Exception as error:
        failed.append(f"{type(error).__name__}: {error}")
    looks += 1
    time.sleep(0.3)
found = {"looks": looks, "tables": tables, "failed": failed, "torn": torn, "runs": runs}
print(json.dumps(found))
"""
# One that stays: it looks at the file, as the document says, and opens it anew when it is another.
FOLLOWER = """
import os, sys, duckdb

def identity(path):
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_mtime_ns

path, connection, opened = sys.argv[1], None, None
for _ in sys.stdin:
    if identity(path) != opened:
        opened = identity(path)
        if connection:
            connection.close()
        connection = duckdb.connect(path, read_only=True)
    query = "select run_id from marts.published_version"
    print(connection.execute(query).fetchone()[0], flush=True)
"""


def published_run(folder: Path) -> str:
    return read(folder / "published.duckdb", "select run_id from marts.published_version")[0][0]


@pytest.mark.slow
def test_no_read_fails_or_is_torn(
    refreshes: Refreshes, refreshed: Refreshed, tmp_path: Path
) -> None:
    folder, stop = tmp_path / "warehouse", tmp_path / "stop"
    published = folder / "published.duckdb"
    shutil.copytree(refreshed.first, folder)
    runs = [published_run(folder)]
    command = [sys.executable, "-c", READER, str(published), str(stop), str(Path(__file__).parent)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(READERS)]
    follower = subprocess.Popen(
        [sys.executable, "-c", FOLLOWER, str(published)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert follower.stdin and follower.stdout
    followed = []
    try:
        for number in range(REFRESHES + 1):
            follower.stdin.write("\n")
            follower.stdin.flush()
            followed.append(follower.stdout.readline().strip())
            if number < REFRESHES:
                code, said = refreshes.run(folder, f"2026-11-{15 + number}")
                assert code == 0, said
                runs.append(published_run(folder))
    finally:
        stop.touch()
        follower.stdin.close()
        answers = [json.loads(reader.communicate(timeout=60)[0]) for reader in readers]
        follower.wait(timeout=30)
    print(
        f"{REFRESHES} refreshes, {READERS} readers: {sum(one['looks'] for one in answers)} looks,"
        f" {sum(one['tables'] for one in answers)} tables read"
    )
    assert followed == runs
    for one in answers:
        assert one["failed"] == [] and one["torn"] == []
        assert one["runs"] == [run for run in runs if run in one["runs"]]
        assert one["runs"][-1] == runs[-1] and one["looks"] > REFRESHES
    kept = sorted(path.stem for path in (folder / "versions").iterdir())
    assert kept == runs[:-1][-3:]
