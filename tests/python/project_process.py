"""Commands of the project in processes of their own that share one start-up (project_server.py)."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[2]


class Command:
    """A command that was started."""

    def __init__(self, server: ProjectServer, pid: int, output: Path, errors: Path) -> None:
        """Take the process, which is also a process group, and the files of what it says."""
        self._server, self.pid = server, pid
        self._output, self._errors = output, errors

    def wait(self) -> int:
        """Return the exit code, negative for a signal."""
        return int(self._server.ask(f"wait {self.pid}"))

    def result(self) -> subprocess.CompletedProcess[str]:
        """Wait, and return what subprocess.run would."""
        code = self.wait()
        return subprocess.CompletedProcess([], code, self.output(), self._errors.read_text())

    def output(self) -> str:
        """Return what was said on standard output, on both where errors go there too."""
        return self._output.read_text()


class ProjectServer:
    """The server; use project_server()."""

    def __init__(self) -> None:
        """Start it."""
        self.scratch = Path(tempfile.mkdtemp(prefix="project-"))
        environment = {
            "DBT_TARGET_PATH": str(self.scratch / "target"),
            "WAREHOUSE_DIR": str(self.scratch),
            "DBT_PROFILES_DIR": str(PROJECT_DIR / "profiles"),
            "DO_NOT_TRACK": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("project_server.py"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=os.environ | environment, cwd=PROJECT_DIR,
        )  # fmt: skip
        assert self._answer() == "ready"

    def start(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        patch: Mapping[str, list[str]] | None = None,
        *,
        is_one_output: bool = False,
    ) -> Command:
        """Start a command.

        Args:
            command: `build` or `refresh`, or `dbt` and its arguments.
            environment: all of its variables.
            patch: what is otherwise than in the scripts (PATCHES of project_server.py).
            is_one_output: errors go where the rest goes.
        """
        name = str(time.monotonic_ns())
        output = self.scratch / f"{name}.txt"
        errors = output if is_one_output else self.scratch / f"{name}.errors.txt"
        order = {
            "command": list(command), "env": dict(environment), "output": str(output),
            "errors": str(errors), "patch": dict(patch or {}),
        }  # fmt: skip
        return Command(self, int(self.ask(json.dumps(order))), output, errors)

    def ask(self, line: str) -> str:
        """Return the answer to a line."""
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the server and remove its files; a second time there is nothing to do."""
        if self._process.returncode is None:
            self._process.communicate(timeout=60)
            shutil.rmtree(self.scratch)

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()


@cache
def project_server() -> ProjectServer:
    """Return this process's server, which ends with it."""
    server = ProjectServer()
    atexit.register(server.close)
    return server


def may_share_the_project(variables: str, env: Mapping[str, str] | None) -> bool:
    """Tell whether a command would start as the server did.

    Args:
        variables: dbt vars as text: score_mode decides what a model refers to.
        env: variables that the caller adds: another path is another DuckDB.
    """
    return "score_mode" not in variables and "PYTHONPATH" not in (env or {})
