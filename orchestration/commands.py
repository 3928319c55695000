"""Run the project's own scripts for Dagster, in the project's own environment."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PYTHON = Path(os.environ.get("PROJECT_PYTHON") or ROOT / ".venv" / "bin" / "python")
WAREHOUSE_DIR = Path(os.environ.get("WAREHOUSE_DIR") or ROOT / "warehouse").absolute()
TARGET_DIR = WAREHOUSE_DIR / "dagster_target"
# What the manifest is made of.
SOURCES = ("models", "macros", "seeds", "tests", "dbt_project.yml", "vars.yml")


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with some settings, for a script of the project."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return inherited | {
        "WAREHOUSE_DIR": str(WAREHOUSE_DIR),
        "DBT_TARGET_PATH": str(TARGET_DIR),
        "DBT_PROFILES_DIR": str(ROOT / "profiles"),
        "DO_NOT_TRACK": "1",
        **settings,
    }


def run_script(name: str, say: Callable[[str], None], **settings: str) -> tuple[int, str]:
    """Run scripts/<name> and hand on what it says, line by line.

    Args:
        name: file in scripts/.
        say: takes each line.
        settings: environment variables over those of this process.

    Returns:
        The exit code and the last line.
    """
    process = subprocess.Popen(
        [str(PYTHON), str(ROOT / "scripts" / name)],
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    last = ""
    try:
        for line in process.stdout or ():
            if line.strip():
                last = line.strip()
                say(last)
        return process.wait(), last
    finally:
        # Dagster ends a run by an exception here; the lock must not stay with an orphan.
        if process.poll() is None:
            process.terminate()
            process.wait()


def manifest_path() -> Path:
    """Return the manifest of the dbt project, made anew where the project is newer.

    Raises:
        RuntimeError: dbt cannot read the project; the text is one line.
    """
    path = TARGET_DIR / "manifest.json"
    files = [
        file
        for name in SOURCES
        for file in ((ROOT / name).rglob("*") if (ROOT / name).is_dir() else [ROOT / name])
        if file.is_file()
    ]
    if path.exists() and path.stat().st_mtime > max(file.stat().st_mtime for file in files):
        return path
    TARGET_DIR.mkdir(parents=True, exist_ok=True)
    command = [str(PYTHON), "-c", "from dbt.cli.main import cli; cli()", "--quiet", "parse"]
    command += ["--target", "lint", "--log-path", str(TARGET_DIR)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment({}), capture_output=True, text=True, check=False
    )
    if done.returncode or not path.exists():
        raise RuntimeError(
            "dbt parse failed: " + " ".join((done.stdout + done.stderr).split())[-500:]
        )
    os.utime(path)
    return path


def seconds_by_node() -> dict[str, float]:
    """Return seconds by unique id of the nodes of the last dbt command; empty without one."""
    try:
        results: dict[str, Any] = json.loads((TARGET_DIR / "run_results.json").read_text())
    except (OSError, ValueError):
        return {}
    return {one["unique_id"]: one["execution_time"] for one in results["results"]}
