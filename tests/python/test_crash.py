"""A refresh that is killed or runs out of disk: readers see one version, the next makes it good.

`KILLS=100` is the whole measurement, `KILL_SEED` its seed; what fails says both. With
`KILL_AT=publish` all kills are in that step.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from refresh_workshop import (
    FIRST_DAY,
    NEXT_DAY,
    Refreshed,
    Refreshes,
    files,
    records,
    seen,
)
from warehouse import read

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("KILLS", "2"))
KILL_AT = os.environ.get("KILL_AT", "")
SEED = int(os.environ.get("KILL_SEED", "1"))


def test_the_two_days_differ(refreshed: Refreshed) -> None:
    """Else no version would tell itself from the other."""
    first, following = refreshed.seen[FIRST_DAY], refreshed.seen[NEXT_DAY]
    changed = {name for name, one in following.items() if first[name] != one}
    assert {"customers", "segment_memberships", "segment_transitions"} <= changed


def test_killed_at_any_moment(
    refreshes: Refreshes, refreshed: Refreshed, tmp_path: Path, record_property: Callable
) -> None:
    """Readers see the one day or the other; the next run ends where an undisturbed one does."""
    random = Random(SEED)
    done, news, stopped_at, seconds = 0, 0, [], refreshed.seconds
    while done < KILLS:
        folder = tmp_path / f"kill_{done}"
        shutil.copytree(refreshed.first, folder)
        # The last second is where readers could be harmed: a third of the kills go there.
        step = "publish" if KILL_AT == "publish" or random.random() < 1 / 3 else ""
        after_seconds = random.uniform(0, 1 if step else seconds)
        told = f"kill {done} of seed {SEED}, {after_seconds:.3f} s after {step or 'the start'}"
        if not refreshes.run_and_kill(folder, NEXT_DAY, after_seconds, step):
            shutil.rmtree(folder)
            continue
        published = seen(folder)
        assert published in (refreshed.seen[FIRST_DAY], refreshed.seen[NEXT_DAY]), told
        news += published == refreshed.seen[NEXT_DAY]
        started = time.monotonic()
        code, said = refreshes.run(folder, NEXT_DAY)
        assert code == 0, f"{told}: {said}"
        seconds = time.monotonic() - started
        differing = {
            name for name, one in seen(folder).items() if one != refreshed.seen[NEXT_DAY][name]
        }
        assert not differing, f"{told}: {differing}"
        assert records(folder) == refreshed.records[NEXT_DAY], told
        assert files(folder) <= refreshed.files[NEXT_DAY], told
        size = sum(path.stat().st_size for path in folder.rglob("*.duckdb"))
        assert size < 2 * refreshed.bytes, told
        sql = "select last_step from marts.refresh_runs where outcome = 'killed'"
        stopped_at += [step for (step,) in read(folder / "published.duckdb", sql)] or ["lock"]
        shutil.rmtree(folder)
        done += 1
    steps = {step: stopped_at.count(step) for step in sorted(set(stopped_at))}
    record_property("killed at", str(steps))
    print(f"{done} kills of refreshes of {seconds:.1f} s: {steps}; {news} after the swap")


def assert_told_in_a_line(code: int, said: str) -> None:
    """Where the disk was too small, one line says so."""
    assert code in (0, 1) and "Traceback" not in said, said
    failures = [line for line in said.splitlines() if line.startswith("failed: ")]
    assert len(failures) == code, said


def free_again(refreshes: Refreshes, refreshed: Refreshed, folder: Path) -> None:
    """Readers see one version, and with room the next run ends where an undisturbed one does."""
    assert seen(folder) in (refreshed.seen[FIRST_DAY], refreshed.seen[NEXT_DAY])
    code, said = refreshes.run(folder, NEXT_DAY)
    assert code == 0, said
    assert (
        seen(folder) == refreshed.seen[NEXT_DAY] and records(folder) == refreshed.records[NEXT_DAY]
    )
    assert files(folder) <= refreshed.files[NEXT_DAY]


@pytest.mark.parametrize("megabytes", [1, 4, 16] if KILLS >= 100 else [4])
def test_disk_full(
    refreshes: Refreshes, refreshed: Refreshed, tmp_path: Path, megabytes: int
) -> None:
    """A small file system of its own, with so much room beside the first day."""
    place = tmp_path / "small"
    place.mkdir()
    used = sum(path.stat().st_size + 4096 for path in refreshed.first.rglob("*"))
    options = f"size={used + megabytes * 2**20}"
    with mounted(place, options) as is_mounted:
        if not is_mounted:
            files_that_cannot_grow(refreshes, refreshed, tmp_path, 8)
            return
        folder = shutil.copytree(refreshed.first, place / "warehouse")
        code, said = refreshes.run(folder, NEXT_DAY)
        assert_told_in_a_line(code, said)
        assert code == 1 or megabytes > 4, said
        subprocess.run(["mount", "-o", "remount,size=1g", str(place)], check=True)
        free_again(refreshes, refreshed, folder)


@contextmanager
def mounted(place: Path, options: str) -> Iterator[bool]:
    """Mount a file system in memory; gives whether that is allowed here."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    try:
        subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("megabytes", [1, 8, 40])
@pytest.mark.skipif(KILLS < 100, reason="part of the whole measurement, KILLS=100")
def test_files_that_cannot_grow(
    refreshes: Refreshes, refreshed: Refreshed, tmp_path: Path, megabytes: int
) -> None:
    files_that_cannot_grow(refreshes, refreshed, tmp_path, megabytes)


def files_that_cannot_grow(
    refreshes: Refreshes, refreshed: Refreshed, tmp_path: Path, megabytes: int
) -> None:
    """A disk that is full, where nothing can be mounted: no file gets beyond a size."""
    folder = shutil.copytree(refreshed.first, tmp_path / "warehouse")
    limit = str(megabytes * 2**20)
    code, said = refreshes.run(folder, NEXT_DAY, limited_files=[limit])
    assert_told_in_a_line(code, said)
    free_again(refreshes, refreshed, folder)


@pytest.mark.parametrize("limit", ["10MB", "40MB", "100MB"])
@pytest.mark.skipif(KILLS < 100, reason="part of the whole measurement, KILLS=100")
def test_out_of_memory(
    refreshes: Refreshes, refreshed: Refreshed, tmp_path: Path, limit: str
) -> None:
    folder = shutil.copytree(refreshed.first, tmp_path / "warehouse")
    code, said = refreshes.run(folder, NEXT_DAY, env={"DUCKDB_MEMORY_LIMIT": limit})
    assert_told_in_a_line(code, said)
    free_again(refreshes, refreshed, folder)
