"""Find what is valid in a catalogue of segments and yet certainly not meant.

Usage: .venv/bin/python scripts/lint_segments.py

The catalogue is that of vars.yml, or of the file that the environment variable SEGMENTS names. One
line per finding: a mistake (exit code 1), as the JSON Schema or dbt says it, or a `warning:` (exit
code 0), which rests on a proof over all data and days and never on a look at the data.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from segment_lint.findings import Linter
from segment_lint.schema import schema_findings

ROOT = Path(__file__).resolve().parent.parent


def printed_catalogue(variables: Mapping[str, Any], target: str) -> tuple[Any, str]:
    """Let dbt, in this process, compile the catalogue.

    Args:
        variables: dbt vars; empty = those of vars.yml.
        target: folder for dbt's artifacts.

    Returns:
        The catalogue, or None; and the mistake that stopped dbt, one line.
    """
    from dbt.cli.main import dbtRunner

    from build import _one_line

    printed: list[str] = []

    def keep(event: Any) -> None:
        if event.info.name == "PrintEvent":
            printed.append(event.info.msg)

    os.environ.setdefault("DBT_PROFILES_DIR", str(ROOT / "profiles"))
    options = ["--project-dir", str(ROOT), "--target-path", target, "--log-path", f"{target}/logs"]
    options += ["--target", "lint"]
    options += ["--vars", json.dumps(variables)] if variables else []
    with contextlib.redirect_stdout(io.StringIO()):
        done = dbtRunner(callbacks=[keep]).invoke(
            ["--quiet", "run-operation", "segment_print_catalogue", *options]
        )
    if done.success and printed:
        return json.loads(printed[-1]), ""
    outcomes = getattr(done.result, "results", None) or []
    said = [one.message for one in outcomes if one.message] or [str(done.exception)]
    return None, _one_line(said[0])


def main() -> int:
    """Lint the catalogue that the environment names; return the exit code."""
    from build import UsageError, settings_from_environment

    variables: dict[str, Any] = {}
    source, target = ROOT / "vars.yml", str(ROOT / "target" / "lint")
    if os.environ.get("SEGMENTS"):
        source, target = Path(os.environ["SEGMENTS"]), f"{target}/segments"
        try:
            given = settings_from_environment({"SEGMENTS": str(source)}).variables
        except UsageError as error:
            print(error)
            return 1
        variables = {name: given[name] for name in ("segments", "segment_lists") if name in given}
    mistakes = list(
        schema_findings(yaml.safe_load(source.read_text(encoding="utf-8")), source.name)
    )
    catalogue, mistake = printed_catalogue(variables, target)
    if catalogue is None:
        # dbt names the segment and says more; the schema may know of further mistakes.
        mistakes.insert(0, mistake)
    for one in mistakes:
        print(one)
    for finding in Linter(catalogue).findings() if catalogue else ():
        print(finding)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
