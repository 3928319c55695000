"""Small refreshes for tests, and what a reader sees of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from content_hash import content_hashes
from project_process import Command, project_server
from warehouse import PROJECT_DIR, build_environment

FIRST_DAY, NEXT_DAY, LAST_DAY = "2026-11-14", "2026-11-21", "2026-11-22"
SEGMENTS = """
segments:
- name: everybody
  description: All customers
  layer: strategic
  priority: 90
  rule: {not: {field: customer_id, is_null: true}}
- name: buyers
  description: Bought within a month
  layer: derived
  priority: 10
  rule: {event: order_placed, count: {gte: 1}, in_last: 30 days}
- name: new_buyers
  description: Became buyers within two weeks
  layer: micro
  rule: {all: [{segment: buyers}, {segment: buyers, entered_within: 14 days}]}
"""
# Tables of the warehouse that outlive a refresh: what a run that was killed must not spoil.
RECORDS = ("int_segment_stays__recorded", "int_segment_days__recorded")


def make_shop(folder: Path, customers: int = 60) -> Path:
    """Write raw files: `next` as a generated shop, `first` what of it was loaded a week before."""
    following, first = folder / "next", folder / "first"
    command = [sys.executable, str(PROJECT_DIR / "scripts" / "demo_data.py")]
    options = ["--customers", str(customers), "--end", "2026-11-20", "--output", str(following)]
    subprocess.run([*command, *options], check=True, capture_output=True)
    first.mkdir()
    with duckdb.connect() as connection:
        for path in following.glob("*.parquet"):
            columns = connection.execute(f"describe from '{path}'").fetchall()
            is_table = path.stem != "products" and "loaded_at" in {name for name, *_ in columns}
            known = f"where coalesce(loaded_at < '{FIRST_DAY}', true)" if is_table else ""
            connection.execute(
                f"copy (from '{path}' {known}) to '{first / path.name}' (format parquet)"
            )
    (folder / "segments.yml").write_text(SEGMENTS)
    return folder


class Refreshes:
    """Starts refreshes over a shop, each a process of its own."""

    def __init__(self, shop: Path) -> None:
        """Take the shop, one of make_shop."""
        self.shop = shop
        self._last: Command | None = None

    def environment(self, warehouse_dir: Path, as_of: str) -> dict[str, str]:
        """Return the environment of a refresh as of a date."""
        raw = self.shop / ("first" if as_of <= FIRST_DAY else "next")
        given = {
            "AS_OF": as_of,
            "SEGMENTS": str(self.shop / "segments.yml"),
            "DBT_TARGET_PATH": str(project_server().scratch / "target"),
        }
        return build_environment(raw, warehouse_dir, given)

    def start(
        self,
        warehouse_dir: Path,
        as_of: str,
        env: Mapping[str, str] | None = None,
        **patches: list[str],
    ) -> int:
        """Start a refresh and return its process id, which is that of its group."""
        environment = self.environment(warehouse_dir, as_of) | dict(env or {})
        patch = {"without_data_tests": [], **patches}
        self._last = project_server().start(["refresh"], environment, patch, is_one_output=True)
        return self._last.pid

    def wait(self) -> int:
        """Return the exit code of the last one, negative for a signal."""
        assert self._last
        return self._last.wait()

    def run(self, warehouse_dir: Path, as_of: str, **more: Any) -> tuple[int, str]:
        """Refresh to the end; returns exit code and what it said."""
        self.start(warehouse_dir, as_of, **more)
        return self.wait(), self._last.output()

    def run_and_kill(
        self, warehouse_dir: Path, as_of: str, after_seconds: float, step: str = ""
    ) -> bool:
        """Kill a refresh a while after its start, or a step's; returns whether it was still on."""
        pid = self.start(warehouse_dir, as_of)
        lock = warehouse_dir / ".build.lock"
        while step and f'"step": "{step}"' not in lock.read_text() and is_alive(pid):
            time.sleep(0.005)
        time.sleep(after_seconds)
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        return self.wait() == -signal.SIGKILL


def is_alive(pid: int) -> bool:
    """Whether a process is still at work; one that nobody has waited for yet is not."""
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state != "Z"


class Refreshed:
    """What undisturbed refreshes made, by day."""

    def __init__(self, folder: Path) -> None:
        """Read it; the folder has one of each day."""
        self.first = folder / FIRST_DAY
        self.seen = {day: seen(folder / day) for day in (FIRST_DAY, NEXT_DAY, LAST_DAY)}
        self.records = {day: records(folder / day) for day in self.seen}
        self.files = {day: files(folder / day) for day in self.seen}
        self.bytes = sum(path.stat().st_size for path in (folder / NEXT_DAY).rglob("*.duckdb"))
        line = (folder / NEXT_DAY / "logs" / "refresh.jsonl").read_text().splitlines()[-1]
        self.seconds: float = json.loads(line)["total_seconds"]


def seen(warehouse_dir: Path) -> dict[str, str]:
    """Return a hash of every published table, read as a reader would; logs of runs left out.

    Raises:
        AssertionError: tables are of several runs.
    """
    published = warehouse_dir / "published.duckdb"
    with duckdb.connect(str(published), read_only=True) as connection:
        assert_one_version(connection)
    return content_hashes(published)


def assert_one_version(connection: duckdb.DuckDBPyConnection) -> str:
    """Check that tables agree on the version that they are of, and return the id of its run."""
    run_id, as_of = connection.execute(
        "select run_id, as_of_date from marts.published_version"
    ).fetchone()
    (logged,) = connection.execute(
        "select max(run_id) from marts.refresh_runs where command = 'refresh' and outcome = 'done'"
    ).fetchone()
    assert logged == run_id
    for table in ("customers", "rfm_scores", "cohort_retention", "segment_metrics"):
        (found,) = connection.execute(f"select max(as_of_date) from marts.{table}").fetchone()
        assert found == as_of, f"{table} is as of {found}, the version as of {as_of}"
    return run_id


def records(warehouse_dir: Path) -> dict[str, str]:
    """Return a hash of what a warehouse recorded for good."""
    hashes = content_hashes(warehouse_dir / "warehouse.duckdb", "marts_intermediate")
    return {name: hashes[name] for name in RECORDS}


def files(warehouse_dir: Path) -> set[str]:
    """Return the files of a folder, without the names that each run gives anew."""
    found = {path.relative_to(warehouse_dir).as_posix() for path in warehouse_dir.rglob("*")}
    return {
        name for name in found if "/data_docs/" not in name and not name.startswith("versions/")
    }
