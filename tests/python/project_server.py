"""Starts commands of the project that share one start-up: what they import, the project they read.

Usage: python project_server.py, with one JSON object a line on standard input: `command` (`build`
or `refresh` as the scripts of that name, or `dbt` and its arguments), `env` (all of its variables),
`output` and `errors` (files that take what it says) and `patch` (see PATCHES). Each is a process,
and a process group, of its own; its id comes back, and its exit code for the line `wait ID`.
"""

from __future__ import annotations

import copy
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

import dbt.cli.main as dbt_main  # noqa: E402

import build  # noqa: E402
import check_inputs  # noqa: E402
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


def swallowed_stop() -> None:
    """Let input checks swallow the exception by which a signal ends a run, as libraries may."""
    run = check_inputs.run

    def deaf(*arguments: Any, **more: Any) -> Any:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(1)
        return run(*arguments, **more)

    check_inputs.run = deaf


def limited_files(size: str) -> None:
    """Let no file grow beyond a size in bytes, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))


PATCHES: dict[str, Callable[..., None]] = {
    "without_data_tests": without_data_tests,
    "failing_once": failing_once,
    "failing_publish": failing_publish,
    "swallowed_stop": swallowed_stop,
    "limited_files": limited_files,
}


def child(order: dict[str, Any], manifest: Any) -> None:
    """Become a command."""
    os.setsid()
    os.environ.clear()
    os.environ.update(build.ENVIRONMENT | order["env"])
    for stream, path in ((1, order["output"]), (2, order["errors"])):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, stream)

    def parse(self: Any) -> None:
        # Not read again: the threads by which dbt reads models do not live on in a fork.
        self.manifest = copy.deepcopy(manifest) if "failing_once" in order["patch"] else manifest

    build.Dbt.parse = parse
    for name, arguments in order["patch"].items():
        PATCHES[name](*arguments)
    command, *arguments = order["command"]
    if command == "dbt":
        done = dbt_main.dbtRunner(manifest=manifest).invoke(arguments)
        code = 0 if done.success else 2 if done.exception else 1
    else:
        code = refresh_run.run_command(
            command, {"record_history": True} if command == "refresh" else None
        )
    sys.stdout.flush()
    sys.stderr.flush()
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
    for line in sys.stdin:
        word, _, pid = line.strip().partition(" ")
        if word == "wait":
            _, status = os.waitpid(int(pid), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        order = json.loads(line)
        started = os.fork()
        if started == 0:
            child(order, dbt.manifest)
        print(started, flush=True)


if __name__ == "__main__":
    main()
