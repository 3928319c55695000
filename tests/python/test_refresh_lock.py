"""One writer at a time, and what the lock says of who that is or was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from warehouse import PROJECT_DIR

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

from refresh_lock import LOCK_FILE, SILENT_SECONDS, AnotherBuild, only_build_in  # noqa: E402

HOLD = """
import sys, time
from pathlib import Path
from refresh_lock import only_build_in
with only_build_in(Path(sys.argv[1]), "refresh") as lock:
    lock.note(run_id="r1", step="build")
    print("held", flush=True)
    time.sleep(60)
"""


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT_DIR / "scripts")},
    )  # fmt: skip
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


def test_the_message_names_the_holder(tmp_path: Path) -> None:
    process = holder(tmp_path)
    with pytest.raises(AnotherBuild) as caught, only_build_in(tmp_path):
        pass
    process.kill()
    process.wait()
    told = str(caught.value)
    assert "\n" not in told and str(tmp_path) in told and "WAIT_FOR_LOCK" in told
    assert f"`make refresh` at step build, process {process.pid} on " in told


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    process = holder(tmp_path)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with only_build_in(tmp_path) as lock:
        assert lock.former and (lock.former.pid, lock.former.run_id) == (process.pid, "r1")
        assert lock.former.step == "build"
    with only_build_in(tmp_path) as lock:
        assert lock.former is None


def test_waiting_ends_when_the_other_does(tmp_path: Path) -> None:
    said: list[str] = []
    release = threading.Event()

    def hold() -> None:
        with only_build_in(tmp_path, "build"):
            release.wait()

    other = threading.Thread(target=hold)
    other.start()
    time.sleep(0.2)
    threading.Timer(0.7, release.set).start()
    started = time.monotonic()
    with only_build_in(tmp_path, wait_seconds=20, say=said.append) as lock:
        assert lock.former is None
    other.join()
    assert 0.3 < time.monotonic() - started < 10
    assert len(said) == 1 and said[0].startswith("waiting up to 20 s for `make build`, process")


def test_waiting_ends_in_time(tmp_path: Path) -> None:
    with only_build_in(tmp_path):
        started = time.monotonic()
        with pytest.raises(AnotherBuild), only_build_in(tmp_path, wait_seconds=1):
            pass
    assert 0.9 < time.monotonic() - started < 5


def test_a_holder_on_another_host_counts_while_it_is_heard_of(tmp_path: Path) -> None:
    """On a shared folder whose locks do not reach other hosts."""
    path = tmp_path / LOCK_FILE
    elsewhere = {
        "pid": 7,
        "host": "elsewhere",
        "since": "2026-11-21 04:00:00Z",
        "command": "refresh",
    }
    path.write_text(json.dumps(elsewhere))
    with pytest.raises(AnotherBuild, match="process 7 on elsewhere"), only_build_in(tmp_path):
        pass
    long_ago = time.time() - SILENT_SECONDS - 1
    os.utime(path, (long_ago, long_ago))
    with only_build_in(tmp_path) as lock:
        assert lock.former and lock.former.host == "elsewhere"


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"pid": 1}', "null", "\x00\x00"])
def test_a_broken_note_is_no_holder(tmp_path: Path, text: str) -> None:
    (tmp_path / LOCK_FILE).write_text(text)
    with only_build_in(tmp_path) as lock:
        assert lock.former is None
