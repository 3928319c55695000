"""Check the project's conventions; every part runs, and one finding in any makes the exit code 1.

Usage: .venv/bin/python scripts/lint.py [PART ...], of the parts:

python: ruff. portability: scripts/check_portability.py. project: dbt reads the project and warns
of nothing, and every key of its YAML is one that dbt knows. conventions: dbt-bouncer.yml over the
manifest. segments: scripts/lint_segments.py over the catalogue (its warnings fail nothing). sql:
sqlfluff over what the models compile to; a file it skips is a finding.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jsonschema import ValidationError

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PROPERTY_FOLDERS = ("models", "seeds", "macros", "tests", "analyses", "snapshots")
# The linters' own target: in memory, with its own artifacts, so that it disturbs no build.
ENVIRONMENT = {
    **os.environ,
    "DBT_PROFILES_DIR": "profiles",
    "DBT_TARGET": "lint",
    "DBT_TARGET_PATH": "target/lint",
    "DBT_LOG_PATH": "target/lint/logs",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DBT_USE_COLORS": "false",
    "DO_NOT_TRACK": "1",
    "NO_COLOR": "1",
}


def run(*command: str | Path) -> tuple[int, str]:
    """Run a command in the project's folder and return its exit code and all its output."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.strip()


def lint_python() -> list[str]:
    """Return ruff's findings, in the rules and in the layout."""
    folders = [name for name in ("scripts", "tests", "gx", "examples") if (ROOT / name).is_dir()]
    code, output = run(BIN / "ruff", "check", "--quiet", "--output-format", "concise", *folders)
    findings = output.splitlines() if code else []
    layout = ("format", "--check", "--output-format", "concise")
    code, output = run(BIN / "ruff", *layout, *folders)
    if code:
        findings += [f"{line} -> run `ruff format`" for line in output.splitlines()[:-1]] or [
            output
        ]
    return findings


def lint_portability() -> list[str]:
    """Return the constructs that another engine reads differently."""
    code, output = run(sys.executable, "scripts/check_portability.py")
    return output.splitlines() if code else []


def lint_project() -> list[str]:
    """Return what dbt warns of, and the YAML keys it does not know."""
    code, output = run(BIN / "dbt", "--quiet", "--warn-error-options", '{"error": "all"}', "parse")
    return ([output] if code else []) + unknown_keys(ROOT)


def unknown_keys(root: Path) -> list[str]:
    """Return the keys and values in the dbt YAML below `root` that dbt's own schemas refuse.

    dbt carries the schemas but applies them for some warehouses only, DuckDB not among them.
    """
    import yaml
    from dbt.jsonschemas.jsonschemas import (
        CustomDraft7Validator,
        error_path_to_string,
        project_schema,
        resources_schema,
    )

    resources = CustomDraft7Validator(resources_schema())
    files = [(root / "dbt_project.yml", CustomDraft7Validator(project_schema()))]
    for folder in PROPERTY_FOLDERS:
        files += [(path, resources) for path in sorted((root / folder).rglob("*.yml"))]
    findings = []
    for path, validator in files:
        content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        # dbt's schemas know metrics in the newer form only, which a package cannot have yet
        # (docs/decisions.md); dbt itself refuses keys that the older form does not have.
        if path.parent.name == "semantic":
            content.pop("metrics", None)
        for error in validator.iter_errors(content):
            cause = deepest_cause(error)
            message = re.sub(r"\s+", " ", cause.message)[:200]
            place = error_path_to_string(error) or "top level"
            findings.append(f"{path.relative_to(root)}: {place}: {message}")
    return findings


def deepest_cause(error: ValidationError) -> ValidationError:
    """Return the error inside an "any of these" that lies deepest, which is the telling one."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


def lint_conventions() -> list[str]:
    """Return what dbt-bouncer finds in the manifest that the part `project` has written."""
    if not (ROOT / "target/lint/manifest.json").exists():
        return ["target/lint/manifest.json is missing -> run the part `project` first"]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = ("run", "--config-file", "dbt-bouncer.yml", "--output-file", report)
        code, output = run(BIN / "dbt-bouncer", *command)
        if code == 0:
            return []
        if not report.exists():
            return output.splitlines()
        results = json.loads(report.read_text(encoding="utf-8"))
    return sorted(
        f"{result['file_path'] or 'project'}: {' '.join(result['failure_message'].split())}"
        for result in results
        if result["outcome"] == "failed"
    )


class Warned(str):
    """A finding that does not fail the part."""


def lint_segments() -> list[str]:
    """Return the mistakes of the segments (vars.yml, or the file in SEGMENTS), and warnings."""
    code, output = run(sys.executable, "scripts/lint_segments.py")
    lines = output.splitlines()
    found = [Warned(line) if line.startswith("warning: ") else line for line in lines]
    return found + (["lint_segments.py failed and said nothing"] if code and not lines else [])


def lint_sql() -> list[str]:
    """Return sqlfluff's findings; what it skips or cannot read counts."""
    paths = [name for name in ("models", "tests/singular", "analyses") if (ROOT / name).is_dir()]
    command = ("lint", "--processes", "2", "--disable-progress-bar", *paths)
    return sql_findings(*run(BIN / "sqlfluff", *command))


def sql_findings(code: int, output: str) -> list[str]:
    """Return the lines of sqlfluff's output that tell of findings.

    Args:
        code: exit code; sqlfluff leaves it 0 when it skips a file.
        output: everything printed.
    """
    lines = [line for line in output.splitlines() if line and not line.startswith(("===", "All "))]
    has_skipped = any(
        "skipped file" in line.lower() or "skipping" in line.lower() for line in lines
    )
    return lines or ["sqlfluff failed and said nothing"] if code or has_skipped else []


PARTS: dict[str, Callable[[], list[str]]] = {
    "python": lint_python,
    "portability": lint_portability,
    "project": lint_project,
    "conventions": lint_conventions,
    "segments": lint_segments,
    "sql": lint_sql,
}


def timed(name: str) -> tuple[str, list[str], float]:
    """Run one part and return its name, its findings and the seconds it took."""
    start = time.monotonic()
    findings = PARTS[name]()
    return name, findings, time.monotonic() - start


def main(names: list[str]) -> int:
    """Run the parts named, or all, print a line for each and return the exit code."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        print(f"lint: no part {unknown[0]!r}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    chosen = [name for name in PARTS if not names or name in names]
    # One chain writes the manifest and reads it, the other compiles: dbt cannot share a folder.
    chains = [
        [name for name in chosen if name != "sql"],
        [name for name in chosen if name == "sql"],
    ]
    with ThreadPoolExecutor(max_workers=2) as pool:
        results = pool.map(lambda chain: [timed(name) for name in chain], chains)
        failed = 0
        for name, findings, seconds in (result for chain in results for result in chain):
            is_failed = any(not isinstance(finding, Warned) for finding in findings)
            failed += is_failed
            print(f"lint {name}: {'FAILED' if is_failed else 'ok'} ({seconds:.1f} s)", flush=True)
            for finding in findings:
                print(f"  {finding}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
