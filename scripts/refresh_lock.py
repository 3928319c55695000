"""One writer at a time in a WAREHOUSE_DIR: builds, refreshes, restores and erasures share a lock.

The lock is flock on a file, and goes with the process however that ends: a stale one cannot be.
What the holder writes into the file is for people, and tells the next run that one was killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

LOCK_FILE = ".build.lock"
POLL_SECONDS = 0.5
HEARTBEAT_SECONDS = 30
# On a shared folder whose locks reach no other host, a holder that was heard of so lately lives.
SILENT_SECONDS = 180


class AnotherBuild(Exception):
    """A build is under way in the same folder; the text is one line."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lock: process, host, since when (UTC), doing what."""

    pid: int
    host: str
    since: str
    command: str
    run_id: str = ""
    step: str = ""

    def __str__(self) -> str:
        """Say it for a person."""
        doing = f"`make {self.command}`" + (f" at step {self.step}" if self.step else "")
        return f"{doing}, process {self.pid} on {self.host}, since {self.since}"


class Lock:
    """The lock while it is held."""

    def __init__(self, file: IO[str], holder: Holder, former: Holder | None) -> None:
        """Take the locked file, who holds it, and who ended without giving it back."""
        self._file, self._holder, self.former = file, holder, former
        self._ended = threading.Event()
        self._write(holder)
        threading.Thread(target=self._beat, daemon=True).start()

    def note(self, **what: str) -> None:
        """Write down the run_id or the step that the holder is at."""
        self._holder = Holder(**{**asdict(self._holder), **what})
        self._write(self._holder)

    def release(self) -> None:
        """Say that the holder came to its end; closing the file unlocks it."""
        self._ended.set()
        self._write(None)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            try:
                os.utime(self._file.fileno())
            except (OSError, ValueError):
                return

    def _write(self, holder: Holder | None) -> None:
        """Replace what stands in the file; a full disk must not stop a run here."""
        try:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(json.dumps(asdict(holder)) if holder else "")
            self._file.flush()
        except OSError:
            return


@contextmanager
def only_build_in(
    warehouse_dir: Path,
    command: str = "build",
    wait_seconds: float = 0,
    say: Callable[[str], None] | None = None,
) -> Iterator[Lock]:
    """Keep other builds out of a folder.

    Args:
        warehouse_dir: the folder.
        command: target of the command line, for the messages of others.
        wait_seconds: how long to wait for another one to end.
        say: takes the line that says what is waited for.

    Raises:
        AnotherBuild: one is under way there, after the wait.
        OSError: the folder cannot be written.
    """
    path = warehouse_dir / LOCK_FILE
    deadline = time.monotonic() + wait_seconds
    # Open for appending: to open it must not empty what the holder wrote.
    with path.open("a+", encoding="utf-8") as file:
        has_said = False
        while (other := _obstacle(file)) is not None:
            if time.monotonic() >= deadline:
                raise AnotherBuild(
                    f"another build is under way in {warehouse_dir}: {other or 'just started'}; "
                    "wait for it (WAIT_FOR_LOCK=seconds), or name another WAREHOUSE_DIR"
                )
            if say and not has_said:
                say(f"waiting up to {wait_seconds:.0f} s for {other or 'another build'}")
                has_said = True
            time.sleep(min(POLL_SECONDS, max(0.0, deadline - time.monotonic())))
        holder = Holder(
            os.getpid(), socket.gethostname(), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ}", command
        )
        lock = Lock(file, holder, _read(file))
        try:
            yield lock
        finally:
            lock.release()


def _obstacle(file: IO[str]) -> Holder | str | None:
    """Lock the file; returns who is in the way, "" if that is not known, None once it is locked."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(file) or ""
    former = _read(file)
    if former is None or former.host == socket.gethostname():
        return None
    if time.time() - os.fstat(file.fileno()).st_mtime > SILENT_SECONDS:
        return None
    fcntl.flock(file, fcntl.LOCK_UN)
    return former


def _read(file: IO[str]) -> Holder | None:
    """Return who wrote the file; None where it is empty or half written."""
    try:
        file.seek(0)
        found = json.loads(file.read())
        known = {field.name for field in fields(Holder)}
        return Holder(**{name: value for name, value in found.items() if name in known})
    except (ValueError, TypeError, AttributeError, OSError):
        return None
