"""What a refresh says and leaves, however it ends: exit codes, lock, log of runs, retries.

`RETRIED=all` lets more models fail once than the one of a plain run.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from refresh_workshop import (
    FIRST_DAY,
    LAST_DAY,
    NEXT_DAY,
    Refreshed,
    Refreshes,
    records,
    seen,
)
from warehouse import PROJECT_DIR, build_environment, read

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

from build import BuildOutcome, Dbt, settings_from_environment  # noqa: E402
from refresh_log import JSON_BYTES, Inputs, RunLog, RunRecord, utc_now  # noqa: E402
from refresh_run import remove_leftovers  # noqa: E402

IS_WHOLE = os.environ.get("RETRIED") == "all"
WHOLE = pytest.mark.skipif(not IS_WHOLE, reason="part of the whole measurement, RETRIED=all")


@pytest.fixture
def warehouse_dir(refreshed: Refreshed, tmp_path: Path) -> Path:
    """Warehouse of the first day."""
    return shutil.copytree(refreshed.first, tmp_path / "warehouse")


def logged(warehouse_dir: Path) -> list[dict[str, Any]]:
    """Runs in the store, the earliest first."""
    path = warehouse_dir / "input_checks" / "refresh_runs.parquet"
    with duckdb.connect() as connection:
        cursor = connection.execute(f"from '{path}' order by run_id")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def lines(warehouse_dir: Path) -> list[dict[str, Any]]:
    text = (warehouse_dir / "logs" / "refresh.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def failure(said: str) -> str:
    """Return the one line that says why a run failed; nothing else may look like an error."""
    assert "Traceback" not in said
    found = [line for line in said.splitlines() if line.startswith("failed: ")]
    assert len(found) == 1, said
    return found[0]


def assert_undisturbed(warehouse_dir: Path, refreshed: Refreshed, day: str) -> None:
    """Readers see, and the record holds, what undisturbed refreshes would have left."""
    assert seen(warehouse_dir) == refreshed.seen[day]
    assert records(warehouse_dir) == refreshed.records[day]


def test_a_run_that_is_done(refreshed: Refreshed) -> None:
    first = refreshed.first
    (run,) = logged(first)
    assert (run["command"], run["outcome"], run["exit_code"]) == ("refresh", "done", 0)
    assert run["last_step"] == "done" and run["message"] is None
    assert str(run["as_of_date"]) == FIRST_DAY and run["published_rows"] > 0
    assert run["duckdb_version"] == duckdb.__version__ and run["catalogue_hash"]
    assert 0 < run["input_check_seconds"] < run["total_seconds"]
    assert 0 < run["publish_seconds"] < run["build_seconds"] < run["total_seconds"]
    published = first / "published.duckdb"
    sql = "select run_id, outcome, ended_at is null, publish_seconds from marts.refresh_runs"
    assert read(published, sql) == [(run["run_id"], "done", False, None)]
    stamp = (
        "select run_id, cast(as_of_date as varchar), catalogue_hash from marts.published_version"
    )
    assert read(published, stamp) == [(run["run_id"], FIRST_DAY, run["catalogue_hash"])]
    (line,) = lines(first)
    assert line["run_id"] == run["run_id"] and line["exit_code"] == 0
    rejected = dict(
        read(published, "select source, count(*) from marts.rejected_rows group by source")
    )
    rows = "from marts.refresh_run_inputs order by source"
    for run_id, source, delivered, accepted, bad in read(published, rows):
        assert run_id == run["run_id"]
        assert delivered == accepted + bad and bad == rejected.get(source, 0)
        assert line["inputs"][source]["delivered_rows"] == delivered > 0
    assert sorted(line["inputs"]) == ["contacts", "events", "order_lines", "orders", "products"]


@pytest.mark.slow
def test_refused_inputs(refreshes: Refreshes, warehouse_dir: Path, tmp_path: Path) -> None:
    raw = shutil.copytree(refreshes.shop / "next", tmp_path / "raw")
    (raw / "orders.parquet").unlink()
    before = seen(warehouse_dir)
    code, said = refreshes.run(warehouse_dir, NEXT_DAY, env={"RAW_DIR": str(raw)})
    assert code == 3 and "inputs refused" in failure(said)
    run = logged(warehouse_dir)[-1]
    assert (run["outcome"], run["exit_code"], run["last_step"]) == ("refused", 3, "input_checks")
    assert "orders" in run["message"] and lines(warehouse_dir)[-1]["message"] == run["message"]
    assert seen(warehouse_dir) == before


@pytest.mark.slow
def test_critical_alert(refreshes: Refreshes, warehouse_dir: Path, tmp_path: Path) -> None:
    catalogue = tmp_path / "segments.yml"
    catalogue.write_text(
        "segments:\n- name: vast\n  description: More than there are\n  layer: micro\n"
        "  size: {min: 1000000}\n  rule: {not: {field: customer_id, is_null: true}}\n"
    )
    env = {"SEGMENTS": str(catalogue), "VARS": "{segment_alerts_critical: [too_small]}"}
    before = seen(warehouse_dir)
    code, said = refreshes.run(warehouse_dir, NEXT_DAY, env=env)
    assert code == 4 and "1 critical" in failure(said)
    run = logged(warehouse_dir)[-1]
    assert (run["outcome"], run["last_step"], run["critical_alerts"]) == ("alert", "alerts", 1)
    assert "vast" in run["message"] and seen(warehouse_dir) == before


@pytest.mark.slow
def test_failed_publish_and_a_second_run(
    refreshes: Refreshes, warehouse_dir: Path, refreshed: Refreshed
) -> None:
    """The next run is as if the one before had not been; another beside it gives up."""
    before = seen(warehouse_dir)
    code, said = refreshes.run(warehouse_dir, NEXT_DAY, failing_publish=[])
    assert code == 1 and "No space left on device" in failure(said)
    run = logged(warehouse_dir)[-1]
    assert (run["outcome"], run["exit_code"], run["last_step"]) == ("failed", 1, "publish")
    assert seen(warehouse_dir) == before
    pid = refreshes.start(warehouse_dir, NEXT_DAY)
    time.sleep(2)
    second = run_script(refreshes.environment(warehouse_dir, NEXT_DAY), warehouse_dir)
    assert second.returncode == 1
    told = failure(second.stderr)
    assert "another build is under way" in told and f"process {pid} on " in told
    assert "since 20" in told and "`make refresh`" in told
    assert refreshes.wait() == 0
    assert_undisturbed(warehouse_dir, refreshed, NEXT_DAY)
    sql = "select outcome from marts.refresh_runs order by run_id"
    runs = [outcome for (outcome,) in read(warehouse_dir / "published.duckdb", sql)]
    # What gave up is no run of the store; the line for log collectors tells of it.
    assert runs == ["done", "failed", "done"]
    assert [line["outcome"] for line in lines(warehouse_dir)] == [
        "done",
        "failed",
        "locked",
        "done",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "model",
    [
        "int_customer_days__aggregated",
        pytest.param("base_orders__typed", marks=WHOLE),
        pytest.param("int_contact_days__aggregated", marks=WHOLE),
        pytest.param("int_customer_purchases__summarised", marks=WHOLE),
        pytest.param("int_segment_ledger__filled", marks=WHOLE),
        pytest.param("int_segment_measures__packed", marks=WHOLE),
        pytest.param("int_segment_stays__recorded", marks=WHOLE),
        pytest.param("segments", marks=WHOLE),
    ],
)
def test_what_failed_is_built_again(
    refreshes: Refreshes, warehouse_dir: Path, refreshed: Refreshed, model: str
) -> None:
    """The same tables come out, and the next day goes on from them as from an undisturbed build."""
    unreadable = "select * from read_parquet('nowhere.parquet')"
    code, said = refreshes.run(warehouse_dir, NEXT_DAY, failing_once=[model, unreadable])
    assert code == 0, said
    assert "retry 1 of 1" in said and model in said
    assert ("all nodes" in said) == model.startswith("base_")
    assert logged(warehouse_dir)[-1]["retries"] == 1
    assert_undisturbed(warehouse_dir, refreshed, NEXT_DAY)
    code, said = refreshes.run(warehouse_dir, LAST_DAY)
    assert code == 0, said
    assert_undisturbed(warehouse_dir, refreshed, LAST_DAY)


@pytest.mark.slow
def test_what_cannot_pass_is_not_tried_again(refreshes: Refreshes, warehouse_dir: Path) -> None:
    model = "int_customer_days__aggregated"
    wrong = "select cast('anna@example.com' as integer) as value"
    code, said = refreshes.run(warehouse_dir, NEXT_DAY, failing_once=[model, wrong])
    assert code == 1 and "retry" not in said and model in failure(said)
    message = logged(warehouse_dir)[-1]["message"]
    assert "anna@example.com" not in message and "Conversion Error" in message


def test_stopped_by_a_signal(refreshes: Refreshes, warehouse_dir: Path) -> None:
    before = seen(warehouse_dir)
    pid = refreshes.start(warehouse_dir, NEXT_DAY)
    time.sleep(3)
    os.kill(pid, signal.SIGTERM)
    assert refreshes.wait() == 130
    run = logged(warehouse_dir)[-1]
    assert (run["outcome"], run["exit_code"]) == ("stopped", 130)
    assert seen(warehouse_dir) == before and (warehouse_dir / ".build.lock").read_text() == ""


@pytest.mark.slow
def test_a_stop_that_a_library_swallows_ends_the_run_at_the_next_step(
    refreshes: Refreshes, warehouse_dir: Path
) -> None:
    before = seen(warehouse_dir)
    code, said = refreshes.run(warehouse_dir, NEXT_DAY, swallowed_stop=[])
    assert code == 130, said
    assert logged(warehouse_dir)[-1]["outcome"] == "stopped"
    assert "stopped at input_checks" in said
    assert seen(warehouse_dir) == before


def run_script(env: dict[str, str], warehouse_dir: Path, raw_dir: Path | None = None) -> Any:
    return subprocess.run(
        [sys.executable, str(PROJECT_DIR / "scripts" / "refresh.py")],
        env=build_environment(raw_dir or warehouse_dir, warehouse_dir, env),
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("env", "part"),
    [
        ({"RETRIES": "often"}, "RETRIES: 'often' is no whole number"),
        ({"WAIT_FOR_LOCK": "-1"}, "WAIT_FOR_LOCK: '-1'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT: 'xml' is unknown; write text or json."),
        ({"NOTIFY_WEBHOOK_URL": "nonsense"}, "NOTIFY_WEBHOOK_URL"),
    ],
)
def test_wrong_settings(tmp_path: Path, env: dict[str, str], part: str) -> None:
    done = run_script(env, tmp_path)
    assert done.returncode == 2 and part in failure(done.stderr)
    (line,) = lines(tmp_path)
    assert (line["outcome"], line["exit_code"]) == ("misconfigured", 2)


def test_json_is_all_that_standard_output_says(tmp_path: Path) -> None:
    done = run_script({"LOG_FORMAT": "json", "AS_OF": "soon"}, tmp_path)
    assert done.returncode == 2
    (line,) = done.stdout.splitlines()
    told = json.loads(line)
    assert told["event"] == "run_ended" and "AS_OF" in told["message"]


def test_the_log_of_a_broken_store_begins_anew(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    record = RunRecord("1", "refresh", utc_now(), inputs={"orders": Inputs(1, 1, 0)})
    log.begin(record)
    (tmp_path / "input_checks" / "refresh_runs.parquet").write_bytes(b"PAR1")
    assert log.begin(record) == []
    assert [run["outcome"] for run in logged(tmp_path)] == ["running"]
    log.begin(RunRecord("2", "refresh", utc_now()), "build")
    found = [(run["outcome"], run["last_step"], run["exit_code"]) for run in logged(tmp_path)]
    assert found == [("killed", "build", None), ("running", "start", None)]
    (line,) = lines(tmp_path)
    assert (line["run_id"], line["outcome"]) == ("1", "killed")


def test_logs_do_not_grow_without_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("refresh_log.KEPT_RUNS", 5)
    monkeypatch.setattr("refresh_log.JSON_BYTES", 3000)
    assert JSON_BYTES >= 100_000
    log = RunLog(tmp_path)
    for number in range(12):
        record = RunRecord(f"{number:02}", "refresh", utc_now(), inputs={"orders": Inputs(1, 1, 0)})
        log.begin(record)
        log.end(record)
    assert [run["run_id"] for run in logged(tmp_path)] == ["07", "08", "09", "10", "11"]
    inputs = tmp_path / "input_checks" / "refresh_run_inputs.parquet"
    assert duckdb.sql(f"select count(distinct run_id) from '{inputs}'").fetchone() == (5,)
    sizes = {path.name: path.stat().st_size for path in (tmp_path / "logs").iterdir()}
    assert set(sizes) == {"refresh.jsonl", "refresh.jsonl.1"} and max(sizes.values()) < 5000


def test_leftovers_go(tmp_path: Path) -> None:
    kept = ["published.duckdb", "versions/1.duckdb", "input_checks/refresh_runs.parquet"]
    left = [".published.duckdb.7.new", ".published.duckdb.7.new.wal", "versions/.1.duckdb.7.new",
        "warehouse.duckdb.tmp/duckdb_temp_storage_DEFAULT-0.tmp", "input_checks/refresh_runs.new",
        "input_checks/data_docs.new/index.html", ".backfill-x/warehouse.duckdb"]  # fmt: skip
    for name in [*kept, *left]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    remove_leftovers(tmp_path)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert found == {*kept, "versions", "input_checks"}


def test_a_killed_process_leaves_no_names_of_locks(tmp_path: Path) -> None:
    """Those that dbt makes for processes of another kind would stay on the machine."""
    import dbt.mp_context

    Dbt(settings_from_environment({}))
    assert dbt.mp_context.get_mp_context().get_start_method() == "fork"


def test_a_failure_before_any_node_is_tried_again_as_a_whole() -> None:
    outcome = BuildOutcome([], RuntimeError("IO Error: Could not set lock on file"), False, 0.1)
    assert outcome.may_pass_again and outcome.selection() == [] and outcome.cause
    outcome = BuildOutcome([], RuntimeError("Compilation Error in macro x"), False, 0.1)
    assert not outcome.may_pass_again
