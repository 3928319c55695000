"""Fixtures that several test modules share."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser import Browser, started
from charts_shop import ROWS, draw, refreshed_shop
from project_process import project_server
from refresh_workshop import FIRST_DAY, LAST_DAY, NEXT_DAY, Refreshed, Refreshes, make_shop
from warehouse import run_build

PROJECT_DIR = Path(__file__).resolve().parents[2]
# Files that take more than a minute, the longest first.
DEAREST = (
    "incremental", "backfill", "charts", "same_answers", "tutorial", "build", "attribute_history",
    "refresh", "known_at", "ledger", "package", "erase", "past_dates", "input_checks",
    "bench_segments", "bench_refresh",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the dearest files, then those of few tests: no worker waits in the end."""
    tests = Counter(item.path for item in items)
    place = {f"test_{name}": at for at, name in enumerate(DEAREST)}
    items.sort(
        key=lambda item: (place.get(item.path.stem, len(place)), tests[item.path], item.path)
    )


def pytest_sessionfinish() -> None:
    """End the server here: a worker process may be ended before it can tidy up by itself."""
    if project_server.cache_info().currsize:
        project_server().close()


@pytest.fixture(scope="session", autouse=True)
def scratch_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let all that is started here keep its scratch files in pytest's folder, gone with the run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("scratch", numbered=False)))
        patch.setattr(tempfile, "tempdir", None)
        yield


@pytest.fixture(scope="module", autouse=True)
def folders_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Remove what a file made for itself alone when it is through, unless one of it failed."""
    root, session = tmp_path_factory.getbasetemp(), request.session
    before, failed = set(root.iterdir()), session.testsfailed
    yield
    if session.testsfailed == failed:
        for folder in set(root.iterdir()) - before:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the reference data: SHARED_DATA, or ../shared/data beside the project."""
    folder = Path(os.environ.get("SHARED_DATA", PROJECT_DIR / ".." / "shared" / "data")).resolve()
    if not (folder / "online_retail" / "lines.parquet").exists():
        pytest.skip(f"no reference data in {folder}: set SHARED_DATA to a folder that holds it")
    return folder


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Function (name, make) that gives a folder which `make(folder)` fills once for all workers.

    It stays to the end of the run: what one file needs alone is made by made_here.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    root = root / "once"
    root.mkdir(exist_ok=True)

    def once(name: str, make: Callable[[Path], None]) -> Path:
        folder = root / name
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (root / f"{name}.done").exists():
                folder.mkdir(exist_ok=True)
                make(folder)
                (root / f"{name}.done").touch()
        return folder

    return once


@pytest.fixture(scope="module")
def made_here(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Function (name, make) that gives a folder filled by `make(folder)`, gone with the file."""

    def made(name: str, make: Callable[[Path], None]) -> Path:
        folder = tmp_path_factory.mktemp(name)
        make(folder)
        return folder

    return made


@pytest.fixture(scope="session")
def demo(made_once: Callable[..., Path]) -> Path:
    """Folder of a demo shop of 2,000 customers that ends on 2026-11-20; never written to."""

    def make(folder: Path) -> None:
        script = PROJECT_DIR / "scripts" / "demo_data.py"
        options = ["--customers", "2000", "--end", "2026-11-21", "--output", str(folder)]
        subprocess.run([sys.executable, str(script), *options], check=True, capture_output=True)

    return made_once("demo", make)


@pytest.fixture(scope="session")
def demo_build(demo: Path, made_once: Callable[..., Path]) -> Path:
    """WAREHOUSE_DIR of the demo shop built and published as of its end; never written to.

    output.txt in it holds what the build said.
    """

    def make(folder: Path) -> None:
        result = run_build(demo, folder, {"AS_OF": "2026-11-21"})
        assert result.returncode == 0, result.stdout[-3000:] + result.stderr
        (folder / "output.txt").write_text(result.stdout)
        (folder / "errors.txt").write_text(result.stderr)

    return made_once("demo_build", make)


@pytest.fixture(scope="session")
def refreshes(made_once: Callable[..., Path]) -> Refreshes:
    """Starts refreshes over a shop of 60 customers."""
    return Refreshes(made_once("refresh_shop", lambda folder: make_shop(folder) and None))


@pytest.fixture(scope="session")
def refreshed(refreshes: Refreshes, made_once: Callable[..., Path]) -> Refreshed:
    """That shop refreshed undisturbed on three days; never written to."""

    def make(folder: Path) -> None:
        for before, day in ((None, FIRST_DAY), (FIRST_DAY, NEXT_DAY), (NEXT_DAY, LAST_DAY)):
            if before:
                shutil.copytree(folder / before, folder / day)
            code, said = refreshes.run(folder / day, day)
            assert code == 0, said

    return Refreshed(made_once("refreshed", make))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; tests that need it are skipped where there is none."""
    with started() as browser:
        yield browser


@pytest.fixture(scope="session")
def drawn(
    demo_build: Path,
    refreshed: Refreshed,
    refreshes: Refreshes,
    made_once: Callable[..., Path],
) -> Path:
    """Folder of dashboards: demo (built once), history, one_customer and empty; never written to.

    The warehouses of the last two are one_customer_shop/warehouse and empty_shop/warehouse in it.
    """

    def make(folder: Path) -> None:
        one = refreshed_shop(folder / "one_customer_shop", refreshes, ROWS)
        empty = refreshed_shop(folder / "empty_shop", refreshes, {})
        draw(
            {
                "demo": {"WAREHOUSE_DIR": str(demo_build), "SEGMENT": "at_risk"},
                "history": {
                    "WAREHOUSE_DIR": str(refreshed.first.with_name(LAST_DAY)),
                    "SEGMENT": "buyers",
                    "PICTURES": "no",
                },
                "one_customer": {
                    "WAREHOUSE_DIR": str(one),
                    "SEGMENT": "buyers",
                    "PICTURES": "no",
                },
                "empty": {"WAREHOUSE_DIR": str(empty), "SEGMENT": "buyers", "PICTURES": "no"},
            },
            folder,
        )

    return made_once("drawn", make)
