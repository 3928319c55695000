"""The project as MetricFlow reads it, parsed once for all tests that ask for metrics."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[2]
PARTS = (
    "dbt_project.yml",
    "vars.yml",
    "analyses",
    "macros",
    "models",
    "profiles",
    "seeds",
    "tests",
)


def parse_into(folder: Path) -> None:
    """Make a folder that stands for the project, with what `dbt parse` writes in its target/."""
    for name in PARTS:
        if (PROJECT_DIR / name).exists():
            (folder / name).symlink_to(PROJECT_DIR / name)
    call = "import sys, pathlib, query; query.parse_project(*map(pathlib.Path, sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", call, str(folder / "target"), str(folder)],
        cwd=PROJECT_DIR / "scripts",
        env=environment(folder),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "target" / "semantic_manifest.json").exists(), done.stdout + done.stderr


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of a dbt or mf command over published.duckdb in a folder."""
    return {
        **os.environ,
        "WAREHOUSE_DIR": str(folder),
        "DBT_PROFILES_DIR": str(PROJECT_DIR / "profiles"),
        "DBT_TARGET": "published",
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DO_NOT_TRACK": "1",
    }
