"""Input checks without Great Expectations, for tests that run them many times.

The suites know one kind of expectation, a bound on a number; test_drift.py proves that both judges
say the same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

PROJECT_DIR = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import check_inputs  # noqa: E402
import input_checks_validation  # noqa: E402


def judge(
    database: Path, profiles: dict[str, Any], suites: dict[str, dict[str, Any]], docs_dir: Path
) -> list[Any]:
    """Judge every profile as input_checks_validation.validate does, and write no pages."""
    docs_dir.mkdir()
    return [
        input_checks_validation._result(
            table,
            expectation,
            measure,
            None if measure.value is None else _fits(expectation, measure),
        )
        for table, profile in profiles.items()
        for expectation in suites[table]["expectations"]
        for measure in [profile[expectation["kwargs"]["column"]]]
    ]


def _fits(expectation: dict[str, Any], measure: Any) -> bool:
    assert expectation["type"] == "expect_column_max_to_be_between"
    bounds = expectation["kwargs"]
    lowest = bounds.get("min_value", float("-inf"))
    return lowest <= measure.value <= bounds.get("max_value", float("inf"))


@contextmanager
def quick_checks(folder: Path) -> Iterator[Callable[..., check_inputs.InputCheckResult]]:
    """Parse the project once and give check_inputs.run with the quick judge.

    Args:
        folder: for what dbt writes.
    """
    from dbt.cli.main import dbtRunner

    options = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR / "profiles")]
    options += ["--target", "checks", "--target-path", str(folder), "--log-path", str(folder)]
    with (
        mock.patch.dict(os.environ, {"WAREHOUSE_DIR": str(folder)}),
        mock.patch.object(check_inputs, "validate", judge),
        mock.patch.object(check_inputs, "make_readable_offline", lambda *_: None),
        mock.patch.object(check_inputs, "load_great_expectations", lambda: None),
    ):
        parsed = dbtRunner().invoke(["parse", "--quiet", *options])
        assert parsed.success, parsed.exception

        def run(*arguments: Any, **options: Any) -> check_inputs.InputCheckResult:
            return check_inputs.run(*arguments, **{"manifest": parsed.result, **options})

        yield run
