"""Fixtures that several test modules share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT_DIR = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the reference data: SHARED_DATA, or ../shared/data beside the project."""
    folder = Path(os.environ.get("SHARED_DATA", PROJECT_DIR / ".." / "shared" / "data")).resolve()
    if not (folder / "online_retail" / "lines.parquet").exists():
        pytest.skip(f"no reference data in {folder}: set SHARED_DATA to a folder that holds it")
    return folder
