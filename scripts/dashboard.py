"""Serve the boards of charts/ on this machine, with live filters.

Usage: make dashboard [WAREHOUSE_DIR=..] [PORT=8765]; Ctrl-C stops it. Only this machine can reach
it. A newly published file is shown at the next look, a change of a board at once. The log is
target/dashboard/dashboard.log.

Exit code 0: stopped; 1: it could not start; 2: wrong usage, or nothing is published.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

from build import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, ROOT, UsageError
from charts_project import Project, write_project
from charts_published import read_published
from stopping import stop_when_asked

HOST = "127.0.0.1"
PORT = 8765
START_SECONDS = 90
LOOK_SECONDS = 2.0


def port_from_environment(environment: dict[str, str]) -> int:
    """The port that is asked for, if it is free.

    Raises:
        UsageError: it is none, or taken.
    """
    given = (environment.get("PORT") or str(PORT)).strip()
    if not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise UsageError(f"PORT: '{given}' is no port; allowed: 1 to 65535.")
    with socket.socket() as probe:
        try:
            probe.bind((HOST, int(given)))
        except OSError as error:
            raise UsageError(
                f"PORT: {given} cannot be used ({error.strerror}); try another, such as"
                f" PORT={int(given) % 65535 + 1}."
            ) from error
    return int(given)


def command(project: Path, port: int) -> list[str]:
    """The command that serves a project."""
    code = "from dbt_charts.cli.main import app; app()"
    return [
        sys.executable, "-c", code, "serve", "--project-dir", str(project), "--host", HOST,
        "--port", str(port), "--no-cache",
    ]  # fmt: skip


def serve(environment: dict[str, str]) -> int:
    """Serve until it is stopped; return the exit code.

    Raises:
        UsageError: a setting makes no sense, or nothing is published.
    """
    published = Path(environment.get("WAREHOUSE_DIR") or ROOT / "warehouse").absolute()
    published /= "published.duckdb"
    port = port_from_environment(environment)
    logs = ROOT / "target" / "dashboard"
    logs.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="customer_segments_"))
    process = None
    try:
        project = write_project(folder, read_published(published))
        with (logs / "dashboard.log").open("w") as log:
            process = subprocess.Popen(
                command(folder, port), cwd=folder, stdout=log, stderr=subprocess.STDOUT,
                env={**environment, "DO_NOT_TRACK": "1"}, start_new_session=True,
            )  # fmt: skip
        if not _wait_until_up(process, project, port):
            print(f"failed: the dashboards did not start; see {log.name}", file=sys.stderr)
            return EXIT_FAILED
        _tell(project, port)
        seen = _state(published)
        while process.poll() is None:
            time.sleep(LOOK_SECONDS)
            if (state := _state(published)) != seen:
                seen = state
                with suppress(UsageError, OSError):
                    write_project(folder, read_published(published))
        print(f"failed: the dashboards stopped; see {log.name}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("stopped")
        return EXIT_DONE
    finally:
        if process:
            _end(process)
        shutil.rmtree(folder, ignore_errors=True)


def _state(published: Path) -> tuple[tuple[str, int], ...]:
    """When the published file and each board last changed."""
    files = [published, *(ROOT / "charts").glob("*.yml"), *(ROOT / "templates").glob("*")]
    return tuple((str(path), path.stat().st_mtime_ns) for path in files if path.exists())


def _wait_until_up(process: subprocess.Popen[bytes], project: Project, port: int) -> bool:
    first = next(iter(project.boards))
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/{first}/", timeout=60) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    return False


def _tell(project: Project, port: int) -> None:
    for board in project.boards.values():
        print(f"http://{HOST}:{port}/{board.name}/  {board.title}")
    print("on a phone: phone_ before the name. Ctrl-C stops.", flush=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def main(environment: dict[str, str]) -> int:
    """Serve what the environment asks for and return the exit code."""
    stop_when_asked()
    try:
        return serve(environment)
    except UsageError as error:
        print(f"failed: {error}", file=sys.stderr)
        return EXIT_USAGE


if __name__ == "__main__":
    sys.exit(main(dict(os.environ)))
