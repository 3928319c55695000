"""Set-up: lock files that agree, a stamp that notices every change, one line on a wrong Python."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from scripts import setup

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = sorted(ROOT.glob("requirements*.txt"))


def pins(lock: str) -> set[str]:
    text = (ROOT / lock).read_text()
    return set(re.findall(r"^([a-z0-9._-]+==\S+)", text, flags=re.M | re.I))


@pytest.mark.parametrize("lock", LOCKS, ids=[path.name for path in LOCKS])
def test_lock_has_hashes_and_names_no_host(lock: Path) -> None:
    text = lock.read_text()
    assert "://" not in text
    for requirement in re.findall(r"^[a-z0-9][^\n]*==(?:[^\n]*\\\n)*[^\n]*", text, flags=re.M):
        assert "--hash=sha256:" in requirement


def test_each_environment_holds_the_ones_before_it() -> None:
    nested = [pins(setup.LOCKS[target]) for target in setup.NESTED]
    assert nested[0] < nested[1] < nested[2]


def test_every_named_requirement_is_locked() -> None:
    for source in ROOT.glob("requirements*.in"):
        names = re.findall(r"^([a-z0-9][a-z0-9-]*)", source.read_text(), flags=re.M)
        locked = {pin.partition("==")[0] for pin in pins(source.with_suffix(".txt").name)}
        assert set(names) <= locked


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the lock files beside an environment that counts as made."""
    for lock in LOCKS:
        (tmp_path / lock.name).write_bytes(lock.read_bytes())
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "PYTHON", tmp_path / ".venv/bin/python")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/python").touch()
    for target in setup.NESTED:
        setup.write_stamp(target)
    return tmp_path


def test_finished_environment_is_current(project: Path) -> None:
    assert all(setup.is_current(target) for target in setup.NESTED)
    assert not setup.is_current("duckdb2")


def test_changed_lock_makes_its_own_target_stale(project: Path) -> None:
    with (project / "requirements-test.txt").open("a") as lock:
        lock.write("# changed\n")
    assert setup.is_current("build")
    assert not setup.is_current("test")


def test_smaller_environment_is_current_in_a_larger_one(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "make_venv", lambda: None)
    done = subprocess.CompletedProcess([], 0, "", "")
    monkeypatch.setattr(setup.subprocess, "run", lambda *_, **__: done)
    setup.install("reports")
    assert [target for target in setup.NESTED if setup.is_current(target)] == ["build", "reports"]


def test_other_python_makes_everything_stale(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version", "3.13.0")
    assert not setup.is_current("build")


def test_moved_project_is_stale(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path_factory.mktemp("moved")
    for lock in LOCKS:
        (moved / lock.name).write_bytes(lock.read_bytes())
    monkeypatch.setattr(setup, "ROOT", moved)
    assert not setup.is_current("build")


def test_interrupted_installation_is_stale(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "make_venv", lambda: None)

    def fail(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(setup.subprocess, "run", fail)
    with pytest.raises(KeyboardInterrupt):
        setup.install("test")
    assert not any(setup.is_current(target) for target in setup.NESTED)


def test_old_python_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert setup.main(["build"]) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "Python 3.11 or newer is needed" in message
    assert "3.9.2" in message


def test_make_alone_lists_every_target() -> None:
    done = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True)
    for target in ("build", "test", "lint", "demo-data", "bench", "clean", "lock"):
        assert f"make {target} " in done.stdout


def modules(more: str, less: str) -> set[str]:
    return {pin.partition("==")[0].replace("-", "_") for pin in pins(more) - pins(less)}


def test_scripts_import_what_their_environment_has() -> None:
    """What runs behind setup-build that of the build, behind setup-reports of the reports."""
    only_reports = modules("requirements-reports.txt", "requirements.txt")
    only_tests = modules("requirements-test.txt", "requirements-reports.txt")
    assert "dbt_colibri" in only_reports and "pytest" in only_tests
    for script in (ROOT / "scripts").glob("*.py"):
        imported = set(re.findall(r"^\s*(?:from|import) (\w+)", script.read_text(), flags=re.M))
        if script.name in ("lint.py", "lock.py"):
            continue
        is_report = script.stem.split("_")[0] in ("charts", "dashboard", "docs", "query")
        assert not imported & (only_tests if is_report else only_tests | only_reports), script.name


@pytest.mark.duckdb2
def test_second_duckdb_is_found_first_on_the_path() -> None:
    folder = ROOT / ".venv-duckdb2"
    if not (folder / ".stamp-duckdb2").exists():
        pytest.skip("DuckDB 2 is not installed: python3 scripts/setup.py duckdb2")
    done = subprocess.run(
        [sys.executable, "-c", "import duckdb; print(duckdb.__version__)"],
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("2.")
