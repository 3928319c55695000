"""The Dagster project loads, holds one writer, and materialises the tables of a small shop.

Runs where Dagster is installed, in `.venv-dagster` or in the environment that DAGSTER_PYTHON names.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from fuzz_rows import CATALOGUE
from raw_shop import AS_OF, write_shop
from warehouse import PROJECT_DIR, read

PYTHON = Path(os.environ.get("DAGSTER_PYTHON") or PROJECT_DIR / ".venv-dagster" / "bin" / "python")
ORCHESTRATION = PROJECT_DIR / "orchestration"
# What is asked of the definitions is said by them, as JSON on the last line.
DESCRIBE = """
import json, datetime, definitions as d, dagster as dg
job = d.defs.resolve_job_def("refresh_job")
moment = datetime.datetime(2026, 3, 1, 4)
night = dg.build_schedule_context(scheduled_execution_time=moment)
asked = d.nightly(night)
print(json.dumps({
    "tables": [spec.key.to_user_string() for spec in d.SPECS],
    "checks": [f"{spec.asset_key.path[-1]}.{spec.name}" for spec in d.check_specs()],
    "pools": [d.refresh.op.pool, d.back_filled.op.pool],
    "retries": d.refresh.op.retry_policy.max_retries,
    "schedule": [d.nightly.cron_schedule, d.nightly.execution_timezone],
    "night": [asked.run_key, asked.tags["as_of_date"]],
    "partitions": [
        type(d.back_filled.partitions_def).__name__, str(d.back_filled.backfill_policy.policy_type),
    ],
}))
"""
MATERIALISE = """
import collections, json, definitions as d, dagster as dg
with dg.DagsterInstance.ephemeral() as instance:
    done = d.defs.resolve_job_def("refresh_job").execute_in_process(
        instance=instance, raise_on_error=False, tags={"as_of_date": "2026-03-01"}
    )
events = [event.event_type_value for event in done.all_events]
failed = [
    [event.event_specific_data.asset_key.path[-1], event.event_specific_data.check_name,
     event.event_specific_data.severity.value]
    for event in done.all_events
    if event.event_type_value == "ASSET_CHECK_EVALUATION" and not event.event_specific_data.passed
]
causes = [event.event_specific_data.error.message for event in done.all_events
          if event.event_type_value == "STEP_FAILURE"]
print(json.dumps({"is_done": done.success, "events": collections.Counter(events),
                  "failed": failed, "causes": causes}))
"""


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Function (script) that runs Python with the definitions and returns what it says."""
    if not PYTHON.exists():
        pytest.skip(f"Dagster is optional: make {PYTHON.parent.parent} as docs/schedules.md says")
    (tmp_path / "segments.yml").write_text(CATALOGUE)
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "dagster.yaml").write_bytes((ORCHESTRATION / "dagster.yaml").read_bytes())

    def run(script: str) -> dict[str, Any]:
        environment = {
            **os.environ,
            "RAW_DIR": str(tmp_path / "raw"),
            "WAREHOUSE_DIR": str(tmp_path / "warehouse"),
            "SEGMENTS": str(tmp_path / "segments.yml"),
            "DAGSTER_HOME": str(tmp_path / "home"),
            "TIMEZONE": "Europe/Warsaw",
            "PYTHONPATH": str(ORCHESTRATION),
        }
        environment.pop("AS_OF", None)
        result = subprocess.run(
            [str(PYTHON), "-W", "ignore", "-c", script],
            cwd=ORCHESTRATION,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr[-3000:]
        return json.loads(result.stdout.splitlines()[-1])

    return run


@pytest.mark.slow
def test_definitions_have_a_table_each_and_every_input_check(ask) -> None:
    found = ask(DESCRIBE)
    assert {"customers", "segment_memberships", "raw/contacts"} <= set(found["tables"])
    assert len(found["tables"]) > 120
    suites = {
        path.stem: yaml.safe_load(path.read_text()) for path in (PROJECT_DIR / "gx").glob("*")
    }
    expected = {
        f"{table}.{one['meta']['check_name']}"
        for table, suite in suites.items()
        for one in suite["expectations"]
    }
    assert set(found["checks"]) == expected | {f"{table}.readable" for table in suites}
    assert found["pools"] == ["warehouse", "warehouse"]
    assert found["retries"] == 2
    assert found["schedule"] == ["0 4 * * *", "Europe/Warsaw"]
    assert found["night"] == ["2026-03-01", "2026-03-01"]
    assert found["partitions"] == ["DailyPartitionsDefinition", "BackfillPolicyType.SINGLE_RUN"]


@pytest.mark.slow
def test_job_materialises_every_table_and_a_refused_batch_none(ask, tmp_path: Path) -> None:
    raw = write_shop(tmp_path / "raw")
    done = ask(MATERIALISE)
    assert done["is_done"], done
    assert done["causes"] == []
    assert done["events"]["ASSET_MATERIALIZATION"] > 120
    assert done["events"]["ASSET_CHECK_EVALUATION"] > 100
    published = tmp_path / "warehouse" / "published.duckdb"
    assert read(published, "select count(*) > 0 from marts.customers") == [(True,)]
    # Another batch, which cannot be read: its check fails, nothing is tried again or made.
    (raw / "events.parquet").write_bytes(b"PAR1 broken")
    refused = ask(MATERIALISE)
    assert not refused["is_done"]
    assert ["events", "readable", "ERROR"] in refused["failed"]
    assert "inputs refused" in refused["causes"][0]
    assert "ASSET_MATERIALIZATION" not in refused["events"]
    assert "STEP_UP_FOR_RETRY" not in refused["events"]


def test_instance_has_one_writer_and_calls_nobody() -> None:
    settings = yaml.safe_load((ORCHESTRATION / "dagster.yaml").read_text())
    assert settings["concurrency"]["pools"] == {"granularity": "run", "default_limit": 1}
    assert settings["telemetry"] == {"enabled": False}
    assert AS_OF == "2026-03-01"
