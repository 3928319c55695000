"""Make the Python environments that the Makefile's targets run in, from hash-locked files.

Usage: python3 scripts/setup.py build | reports | test | duckdb2

`build`, `reports` and `test` fill `.venv` (each lock holds the one before it and more, at the same
versions, so a finished `test` serves the others as well); `duckdb2` puts the second DuckDB version
into `.venv-duckdb2`, a folder to set before the others on PYTHONPATH.

An environment is up to date when its stamp equals a hash of the lock files, the Python that made
it and the folder it lies in. Only the standard library is used, and this file must parse on an
old Python, so that it can say in one line which one is needed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator, List

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_DUCKDB2 = ROOT / ".venv-duckdb2"
PYTHON = VENV / "bin" / "python"
INSTALLER_LOCK = "requirements-installer.txt"
LOCKS = {
    "build": "requirements.txt",
    "reports": "requirements-reports.txt",
    "test": "requirements-test.txt",
    "duckdb2": "requirements-duckdb2.txt",
}
# What .venv can hold; each holds the ones before it.
NESTED = ("build", "reports", "test")
MINIMUM = (3, 11)
# The environment variable by which uv takes what pip calls so.
PIP_OPTIONS = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX"}


class SetupError(Exception):
    """A set-up that cannot be finished; its text is one line for the user."""


def fingerprint(*locks: str) -> str:
    """Return a hash of this Python, of the project's folder and of the lock files named.

    Args:
        locks: names of lock files in the project's folder; none stands for an empty environment.
    """
    parts = [sys.version, os.path.realpath(sys.executable), str(ROOT)]
    parts += [(ROOT / lock).read_text() for lock in locks]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def stamp_path(target: str) -> Path:
    """Return the file that holds the stamp of `target`."""
    folder = VENV_DUCKDB2 if target == "duckdb2" else VENV
    return folder / ".stamp-{}".format(target)


def is_current(target: str) -> bool:
    """Tell whether the environment for `target` is there and made from today's lock files."""
    try:
        stamp = stamp_path(target).read_text()
    except OSError:
        return False
    return PYTHON.exists() and stamp == fingerprint(INSTALLER_LOCK, LOCKS[target])


@contextmanager
def locked() -> Iterator[None]:
    """Let one process at a time change the environments; the others wait."""
    with open(ROOT / ".venv.lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def environment() -> Dict[str, str]:
    """Return the environment for the installers.

    Bytecode is compiled whatever PYTHONDONTWRITEBYTECODE says: dbt starts in half the time. pip's
    own index settings are handed on to uv, unless uv has its own. Every file is checked against
    its hash, so it does not matter which index serves it.
    """
    result = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result.pop("PYTHONDONTWRITEBYTECODE", None)
    result.pop("VIRTUAL_ENV", None)
    result["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    result.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    if not any(name in result for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX")):
        result.update(pip_indexes(result))
    return result


def pip_indexes(variables: Dict[str, str]) -> Dict[str, str]:
    """Return pip's index settings as the variables by which uv takes them."""
    listing = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found: Dict[str, str] = {}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        variable = PIP_OPTIONS.get(name.rpartition(".")[2])
        urls = [url for url in value.strip("'\"").split() if not is_missing_folder(url)]
        if variable and urls:
            found[variable] = " ".join(urls)
    return found


def is_missing_folder(url: str) -> bool:
    """Tell whether `url` is a folder of this machine that does not exist."""
    return url.startswith("file://") and not Path(url[len("file://") :]).is_dir()


def run(command: List[str], message: str, **options: object) -> None:
    """Run a command, its output hidden unless it fails.

    Raises:
        SetupError: with `message`, when the command fails.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        raise SetupError(message)


def make_venv() -> None:
    """Make an empty `.venv`, unless one by this Python for this folder is there to build on."""
    made_by = VENV / ".stamp-python"
    if PYTHON.exists() and made_by.exists() and made_by.read_text() == fingerprint():
        return
    print("set-up: making .venv with Python " + sys.version.split()[0], flush=True)
    run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        "set-up: `python3 -m venv` failed (above): install your system's venv package, "
        "on Debian and Ubuntu python3-venv",
    )
    made_by.write_text(fingerprint())


def install(target: str) -> None:
    """Install the packages of one lock file: by uv, or by pip where uv fails.

    Args:
        target: one of LOCKS.

    Raises:
        SetupError: neither installer could do it.
    """
    make_venv()
    for name in NESTED if target in NESTED else (target,):
        if stamp_path(name).exists():
            stamp_path(name).unlink()
    lock = ROOT / LOCKS[target]
    print("set-up: installing {} ...".format(lock.name), flush=True)
    into = []
    if target == "duckdb2":
        shutil.rmtree(VENV_DUCKDB2, ignore_errors=True)
        into = ["--target", str(VENV_DUCKDB2)]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
    variables = environment()
    uv = subprocess.run(
        pip + ["-r", str(ROOT / INSTALLER_LOCK)], env=variables, capture_output=True, check=False
    )
    if uv.returncode == 0:
        action = ["install", "--no-deps"] if into else ["sync"]
        uv = subprocess.run(
            [str(VENV / "bin" / "uv"), "pip", *action, "--quiet", "--require-hashes"]
            + ["--compile-bytecode", "--python", str(PYTHON), *into]
            + (["-r"] if into else [])
            + [str(lock)],
            env=variables,
            capture_output=True,
            check=False,
        )
    if uv.returncode:
        print("set-up: uv could not, trying pip (slower) ...", flush=True)
        run(
            pip + ["--compile", *into, "-r", str(lock)],
            "set-up: {} could not be installed (above): check the network or pip's index "
            "settings, then run the same command again".format(lock.name),
            env=variables,
        )
    held = NESTED[: NESTED.index(target) + 1] if target in NESTED else (target,)
    for name in held:
        write_stamp(name)


def write_stamp(target: str) -> None:
    """Record that `target` is complete; a reader sees the whole stamp or none."""
    path = stamp_path(target)
    partial = path.with_name(path.name + ".partial")
    partial.write_text(fingerprint(INSTALLER_LOCK, LOCKS[target]))
    partial.replace(path)


def main(arguments: List[str]) -> int:
    """Bring the named environment up to date and return the exit code."""
    if sys.version_info < MINIMUM:
        found = "{}.{}.{}".format(*sys.version_info[:3])
        print(
            "set-up: Python {}.{} or newer is needed, {} is {}: name another one, as in "
            "`make build PYTHON=python3.12`".format(*MINIMUM, sys.executable, found),
            file=sys.stderr,
        )
        return 1
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print("usage: setup.py " + " | ".join(LOCKS), file=sys.stderr)
        return 2
    try:
        # DuckDB makes a file but no folder: plain dbt would stop at its first connection.
        (ROOT / "warehouse").mkdir(exist_ok=True)
        if not is_current(arguments[0]):
            with locked():
                if not is_current(arguments[0]):
                    install(arguments[0])
    except (SetupError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
