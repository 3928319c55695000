"""Resolve the lock files from the .in files, with hashes, for every supported Python.

Usage: .venv/bin/python scripts/lock.py [--upgrade]

The test lock is resolved first and binds those of the build and of the reports, so that all name
the same versions.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).parent / "uv"
LOCKS = (
    ("requirements-installer", ()),
    ("requirements-test", ("--excludes", "excludes.txt")),
    ("requirements", ("--excludes", "excludes.txt", "--constraints", "requirements-test.txt")),
    (
        "requirements-reports",
        ("--excludes", "excludes.txt", "--constraints", "requirements-test.txt"),
    ),
    ("requirements-duckdb2", ()),
    ("orchestration/requirements", ("--excludes", "excludes.txt")),
)


def main() -> int:
    """Write the lock files and return the first exit code that is not zero."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest allowed versions")
    upgrade = ["--upgrade"] if parser.parse_args().upgrade else []
    for name, options in LOCKS:
        code = subprocess.run(
            [UV, "pip", "compile", "--quiet", "--generate-hashes", "--universal", "--no-header"]
            + ["--python-version", "3.11", *options, *upgrade]
            + [f"{name}.in", "--output-file", f"{name}.txt"],
            cwd=ROOT,
            check=False,
        ).returncode
        if code:
            print(f"lock: {name}.in cannot be resolved (above)", file=sys.stderr)
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
