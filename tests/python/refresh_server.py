"""Starts refreshes that share one start-up: what they import and the project they read.

Usage: python refresh_server.py, with one JSON object a line on standard input: `env` (variables of
the refresh), `output` (file that takes what it says) and `patch` (see PATCHES). Each is a process,
and a process group, of its own, as scripts/refresh.py would be; its id comes back, and its exit
code for the line `wait`.
"""

from __future__ import annotations

import copy
import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import dbt.cli.main as dbt_main  # noqa: E402

import build  # noqa: E402
import refresh_run  # noqa: E402
from input_checks_validation import load_great_expectations  # noqa: E402

parse_project = build.Dbt.parse


def without_data_tests() -> None:
    """Leave out data tests, half of a small refresh, which write nothing, and files about dbt."""
    invoke = dbt_main.dbtRunner.invoke

    def short(self: Any, arguments: list[str], **more: Any) -> Any:
        if "build" in arguments and "--select" not in arguments:
            arguments = [*arguments, "--exclude", "test_type:generic", "test_type:singular"]
            arguments += ["--no-write-json"]
        return invoke(self, arguments, **more)

    dbt_main.dbtRunner.invoke = short


def failing_once(model: str, sql: str) -> None:
    """Let a model fail the first time that it is built."""
    build_nodes = build.Dbt.build

    def flaky(self: Any, on_event: Any, former: Any = None) -> Any:
        if former is None:
            node = self.manifest.nodes[f"model.customer_segmentation.{model}"]
            node.raw_code = sql
        return build_nodes(self, on_event, former)

    build.Dbt.build = flaky


def failing_publish() -> None:
    """Let publishing fail, as on a disk that has filled up."""

    def publish(*_: Any) -> int:
        raise OSError(28, "No space left on device", "published.duckdb")

    refresh_run.publish = publish


def limited_files(size: str) -> None:
    """Let no file grow beyond a size in bytes, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))


PATCHES: dict[str, Callable[..., None]] = {
    "without_data_tests": without_data_tests,
    "failing_once": failing_once,
    "failing_publish": failing_publish,
    "limited_files": limited_files,
}


def child(order: dict[str, Any], manifest: Any) -> None:
    """Become a refresh."""
    os.setsid()
    os.environ.update(order["env"])
    descriptor = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)

    def parse(self: Any) -> None:
        # Not read again: the threads by which dbt reads models do not live on in a fork.
        self.manifest = copy.deepcopy(manifest) if "failing_once" in order["patch"] else manifest

    build.Dbt.parse = parse
    for name, arguments in order["patch"].items():
        PATCHES[name](*arguments)
    code = refresh_run.run_command("refresh", {"record_history": True})
    sys.stdout.flush()
    os._exit(code)


def main() -> None:
    """Serve until standard input ends."""
    load_great_expectations()
    settings = build.settings_from_environment(dict(os.environ))
    dbt = build.Dbt(settings)
    os.chdir(SCRIPTS.parent)
    cause = parse_project(dbt)
    assert cause is None, cause
    print("ready", flush=True)
    pid = 0
    for line in sys.stdin:
        if line.strip() == "wait":
            _, status = os.waitpid(pid, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            child(order, dbt.manifest)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
