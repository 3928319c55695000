"""The examples of schedules: each is well formed, and what it runs is run."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from fuzz_rows import CATALOGUE
from raw_shop import AS_OF, write_shop
from warehouse import PROJECT_DIR
from webhook_server import webhook

EXAMPLES = PROJECT_DIR / "examples" / "schedules"
INSTALLED, DATA, SETTINGS = (
    "/srv/customer-segmentation",
    "/srv/customer-segmentation-data",
    "/etc/customer-segmentation.env",
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Folder that stands for the root of a machine on which the project is installed."""
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "project").symlink_to(PROJECT_DIR)
    text = localised("customer-segmentation.env", tmp_path)
    (tmp_path / "settings.env").write_text(text + f"AS_OF={AS_OF}\n")
    return tmp_path


def localised(name: str, place: Path) -> str:
    """Return an example with its paths turned to those of a place."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    for path, own in ((DATA, "data"), (SETTINGS, "settings.env"), (INSTALLED, "project")):
        text = text.replace(path, str(place / own))
    return text


def unit(name: str, place: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True, delimiters=("=",))
    parser.optionxform = str
    parser.read_string(localised(name, place))
    return parser


def environment_of(place: Path, **more: str) -> dict[str, str]:
    """Return what systemd gives a service: its file and next to nothing else."""
    lines = (place / "settings.env").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **settings, **more}


@pytest.mark.slow
def test_service_refreshes_from_its_environment_file_alone(place: Path) -> None:
    write_shop(place / "data" / "raw")
    (place / "segments.yml").write_text(CATALOGUE)
    service = unit("customer-segmentation.service", place)["Service"]
    result = subprocess.run(
        service["ExecStart"].split(),
        cwd=service["WorkingDirectory"],
        env=environment_of(place, SEGMENTS=str(place / "segments.yml")),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    assert (place / "data" / "warehouse" / "published.duckdb").exists()
    assert (place / "data" / "target" / "manifest.json").exists()


@pytest.mark.parametrize(("ended_by", "is_told"), [("oom-kill", True), ("exit-code", False)])
def test_service_tells_when_the_system_ended_it(place: Path, ended_by: str, is_told: bool) -> None:
    service = unit("customer-segmentation.service", place)["Service"]
    with webhook() as server:
        result = subprocess.run(
            service["ExecStopPost"],
            shell=True,
            cwd=service["WorkingDirectory"],
            env=environment_of(place, SERVICE_RESULT=ended_by, NOTIFY_WEBHOOK_URL=server.url),
            capture_output=True,
            text=True,
            check=False,
        )
    assert (result.returncode, result.stderr) == (0, "")
    assert [body["message"] for body in server.bodies] == (
        [f"the refresh was ended by the system: {ended_by}"] if is_told else []
    )


def test_cron_line_takes_its_settings_from_the_file(place: Path) -> None:
    (line,) = [
        line for line in localised("crontab", place).splitlines() if line and line[0] not in "#"
    ]
    *times, command = line.split(maxsplit=5)
    assert times == ["0", "4", "*", "*", "*"]
    # cron would end the command at a percent sign.
    assert "%" not in command
    shutil.rmtree(place / "data" / "raw")
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    result = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert f"RAW_DIR: no folder '{place / 'data' / 'raw'}'" in result.stderr


def test_systemd_takes_the_units(place: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not on this machine: the units are only parsed")
    names = ("customer-segmentation.service", "customer-segmentation.timer")
    for name in names:
        (place / name).write_text(localised(name, place))
    result = subprocess.run(
        ["systemd-analyze", "verify", *(str(place / name) for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_units_belong_together(place: Path) -> None:
    timer = unit("customer-segmentation.timer", place)
    service = unit("customer-segmentation.service", place)["Service"]
    assert timer["Timer"]["OnCalendar"].startswith("*-*-* 04:00:00")
    assert service["Type"] == "oneshot"
    assert service["EnvironmentFile"] == str(place / "settings.env")
    settings = environment_of(place)
    written = [settings[name] for name in ("WAREHOUSE_DIR", "DBT_TARGET_PATH")]
    assert all(path.startswith(service["ReadWritePaths"]) for path in written)


def test_workflow_runs_the_refresh_one_at_a_time_and_names_no_secret() -> None:
    text = (EXAMPLES / "github-actions.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    # YAML 1.1 reads `on` as true.
    assert workflow[True]["schedule"] == [{"cron": "0 3 * * *"}]
    assert workflow["concurrency"] == {"group": "refresh", "cancel-in-progress": False}
    assert workflow["permissions"] == {"contents": "read"}
    (step,) = [one for one in workflow["jobs"]["refresh"]["steps"] if "run" in one]
    scripts = [word for word in step["run"].split() if word.startswith("scripts/")]
    assert [(PROJECT_DIR / script).is_file() for script in scripts] == [True, True]
    assert step["env"]["NOTIFY_WEBHOOK_URL"] == "${{ secrets.NOTIFY_WEBHOOK_URL }}"
