"""Build a warehouse with dbt for a test, and read it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

from project_process import PROJECT_DIR, may_share_the_project, project_server


def run_dbt(
    *arguments: str,
    raw_dir: Path,
    warehouse_dir: Path,
    variables: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one dbt command on the project in a process of its own.

    Args:
        arguments: the command and its options, e.g. "build", "--select", "+rfm_scores".
        raw_dir: folder of the contract's tables.
        warehouse_dir: folder of warehouse.duckdb; dbt's target and logs go there too.
        variables: dbt vars over those of vars.yml.
        env: environment variables over the current ones.

    Returns:
        The finished process; its return code is not checked.
    """
    warehouse_dir.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "RAW_DIR": str(raw_dir),
        "WAREHOUSE_DIR": str(warehouse_dir),
        "DBT_PROFILES_DIR": str(PROJECT_DIR / "profiles"),
        "DO_NOT_TRACK": "1",
        **(env or {}),
    }
    given = json.dumps(dict(variables or {}))
    command = ["--no-use-colors", *arguments]
    command += ["--target-path", str(warehouse_dir / "target")]
    command += ["--log-path", str(warehouse_dir / "logs")]
    command += ["--vars", given]
    if may_share_the_project(given, env):
        return project_server().start(["dbt", *command], environment).result()
    command = [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *command]
    return subprocess.run(
        command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, check=False
    )


def build_warehouse(
    raw_dir: Path,
    warehouse_dir: Path,
    variables: Mapping[str, Any],
    select: str | None = None,
    env: Mapping[str, str] | None = None,
    *,
    data_tests: bool = True,
) -> Path:
    """Build seeds, models and data tests (unit tests left out) and return the database's path.

    Args:
        raw_dir: folder of the contract's tables.
        warehouse_dir: folder of warehouse.duckdb.
        variables: dbt vars over those of vars.yml.
        select: nodes in dbt's selection syntax, separated by spaces; None builds everything.
        env: environment variables over the current ones.
        data_tests: whether the data tests run too.

    Raises:
        AssertionError: dbt failed; the message ends with its output.
    """
    arguments = ["build", "--exclude-resource-type", "unit_test", *([] if data_tests else ["test"])]
    # The output tells what failed; the log and the files about the run take a tenth of it.
    arguments += ["--no-write-json", "--log-level-file", "none"]
    if select:
        # Cautious: no test that also reads a model left out.
        arguments += ["--indirect-selection", "cautious", "--select", *select.split()]
    result = run_dbt(
        *arguments, raw_dir=raw_dir, warehouse_dir=warehouse_dir, variables=variables, env=env
    )
    assert result.returncode == 0, (
        f"dbt build failed:\n{result.stdout[-4000:]}{result.stderr[-2000:]}"
    )
    return warehouse_dir / "warehouse.duckdb"


def read(database: Path, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """Rows of a query on a built warehouse, opened read-only."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(sql, parameters).fetchall()


def run_build(
    raw_dir: Path,
    warehouse_dir: Path,
    env: Mapping[str, str] | None = None,
    project_dir: Path = PROJECT_DIR,
) -> subprocess.CompletedProcess[str]:
    """Run scripts/build.py as `make build` does, its output no terminal.

    Args:
        raw_dir: folder of the contract's tables.
        warehouse_dir: folder of warehouse.duckdb and published.duckdb; dbt's target goes there too.
        env: AS_OF, TIMEZONE, VARS, SEGMENTS and others; of the current ones these four are dropped.
        project_dir: the project, or a copy of it.

    Returns:
        The finished process; its return code is not checked.
    """
    environment = build_environment(raw_dir, warehouse_dir, env)
    variables = environment.get("VARS", "")
    if project_dir == PROJECT_DIR and may_share_the_project(variables, env):
        return project_server().start(["build"], environment).result()
    return subprocess.run(
        [sys.executable, str(project_dir / "scripts" / "build.py")],
        cwd=project_dir,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def build_environment(
    raw_dir: Path, warehouse_dir: Path, env: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the environment of a build that shares no file with another (see run_build)."""
    dropped = (
        "AS_OF",
        "KNOWN_AT",
        "TIMEZONE",
        "VARS",
        "SEGMENTS",
        "DBT_PROFILES_DIR",
        "FORCE_COLOR",
    )
    inherited = {name: value for name, value in os.environ.items() if name not in dropped}
    return inherited | {
        "RAW_DIR": str(raw_dir),
        "WAREHOUSE_DIR": str(warehouse_dir),
        "DBT_TARGET_PATH": str(warehouse_dir / "target"),
        **(env or {}),
    }
