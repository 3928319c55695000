"""The refresh as Dagster assets: one for each table, the input checks as asset checks.

One step runs scripts/refresh.py, which holds the lock, checks, builds, publishes and notifies as it
does without Dagster; what it left is then reported asset by asset. docs/schedules.md says how to
run it.
"""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
import duckdb
import yaml
from commands import ROOT, WAREHOUSE_DIR, manifest_path, run_script, seconds_by_node
from dagster_dbt import DagsterDbtTranslator, build_dbt_asset_specs

TIMEZONE = os.environ.get("TIMEZONE") or "UTC"
FIRST_DATE = os.environ.get("BACKFILL_START") or "2025-01-01"
CRON = os.environ.get("REFRESH_CRON") or "0 4 * * *"
# One at a time in this pool (dagster.yaml); the lock of the refresh holds whatever Dagster does.
POOL = "warehouse"
EXIT_FAILED = 1
OUTCOMES = {1: "failed", 2: "misconfigured", 3: "inputs refused", 4: "a critical alert"}
MANIFEST: dict[str, Any] = json.loads(manifest_path().read_text())
SUITES = {
    path.stem: yaml.safe_load(path.read_text()) for path in sorted((ROOT / "gx").glob("*.yml"))
}


def table_specs() -> list[dg.AssetSpec]:
    """Return an asset for each seed, model and raw table, what one reads before itself."""
    specs = [
        spec.replace_attributes(skippable=False, partitions_def=None)
        for spec in build_dbt_asset_specs(
            manifest=MANIFEST, dagster_dbt_translator=DagsterDbtTranslator()
        )
    ]
    specs += [
        dg.AssetSpec(raw_key(table), group_name="raw", description=f"Files of {table} in RAW_DIR.")
        for table in SUITES
    ]
    keys = {spec.key for spec in specs}
    # Tables of the run before are sources too; Dagster would take them for those of this run.
    by_key = {
        spec.key: spec.replace_attributes(deps=[one for one in spec.deps if one.asset_key in keys])
        for spec in specs
    }
    needs = {key: [one.asset_key for one in spec.deps] for key, spec in by_key.items()}
    return [by_key[key] for key in TopologicalSorter(needs).static_order()]


def raw_key(table: str) -> dg.AssetKey:
    """Return the asset key that dagster-dbt gives to a raw table; `batch` is all of them."""
    return dg.AssetKey(["raw", table])


def check_specs() -> list[dg.AssetCheckSpec]:
    """Return an asset check for each input check, and one that says whether a table can be read."""
    return [
        dg.AssetCheckSpec(name, asset=raw_key(table), description=description)
        for table, suite in SUITES.items()
        for name, description in [
            ("readable", "the files can be read"),
            *((one["meta"]["check_name"], one["description"]) for one in suite["expectations"]),
        ]
    ]


def check_results(since: datetime) -> Iterator[dg.AssetCheckResult]:
    """Yield the outcome of every input check since a moment in UTC.

    Each spec gets one: where a file could not be read, the checks behind it were not made.
    """
    found: dict[tuple[str, str], tuple[bool, str, str]] = {}
    file = WAREHOUSE_DIR / "input_checks" / "input_check_results.parquet"
    if file.exists():
        rows = duckdb.execute(
            "select source, check_name, is_passed, severity, message from read_parquet($1)"
            " where checked_at >= $2 order by checked_at",
            [str(file), since.replace(tzinfo=None)],
        ).fetchall()
        found = {(row[0], row[1]): row[2:] for row in rows}
    for spec in check_specs():
        is_passed, severity, message = found.get(
            (spec.asset_key.path[-1], spec.name), (True, "warning", "not judged")
        )
        yield dg.AssetCheckResult(
            passed=is_passed,
            asset_key=spec.asset_key,
            check_name=spec.name,
            severity=(
                dg.AssetCheckSeverity.ERROR
                if severity == "critical"
                else dg.AssetCheckSeverity.WARN
            ),
            metadata={"message": message},
        )


SPECS = table_specs()


@dg.multi_asset(
    name="refresh",
    specs=SPECS,
    check_specs=check_specs(),
    pool=POOL,
    # What failed twice within the run (RETRIES) may pass an hour later: a full disk, a lock.
    retry_policy=dg.RetryPolicy(
        max_retries=2, delay=float(os.environ.get("RETRY_SECONDS") or 1800)
    ),
)
def refresh(context: dg.AssetExecutionContext) -> Iterator[Any]:
    """Run the refresh; report its checks, and its tables where it published."""
    # Parquet keeps no zone, and the checks no fraction below a microsecond.
    started = datetime.now(UTC)
    code, last = run_script("refresh.py", context.log.info, **as_of(context))
    yield from check_results(started)
    if code:
        raise dg.Failure(
            f"{OUTCOMES.get(code, f'ended with {code}')}: {last}",
            # Inputs, settings and alerts stay as they are; so would the outcome.
            allow_retries=code == EXIT_FAILED,
        )
    seconds = seconds_by_node()
    for spec in SPECS:
        node = spec.metadata.get("dagster_dbt/unique_id")
        metadata = {"seconds": seconds[node]} if node in seconds else {}
        yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)


def as_of(context: dg.AssetExecutionContext) -> dict[str, str]:
    """Return AS_OF as the schedule set it: a run that was retried after midnight keeps its date."""
    date = context.run.tags.get("as_of_date")
    return {"AS_OF": date} if date else {}


@dg.asset(
    key=["history", "back_filled"],
    group_name="history",
    partitions_def=dg.DailyPartitionsDefinition(FIRST_DATE, timezone=TIMEZONE),
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=POOL,
    retry_policy=dg.RetryPolicy(max_retries=1, delay=60),
)
def back_filled(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Memberships on past dates, by the rules of today (make backfill); a range is one pass."""
    window = context.partition_time_window
    dates = {"FROM": f"{window.start:%Y-%m-%d}", "TO": f"{window.end:%Y-%m-%d}"}
    started = time.monotonic()
    code, last = run_script("backfill.py", context.log.info, **dates)
    if code:
        raise dg.Failure(
            f"{OUTCOMES.get(code, f'ended with {code}')}: {last}",
            allow_retries=code == EXIT_FAILED,
        )
    return dg.MaterializeResult(metadata={"seconds": time.monotonic() - started, **dates})


refresh_job = dg.define_asset_job(
    "refresh_job",
    selection=dg.AssetSelection.assets(refresh) | dg.AssetSelection.checks_for_assets(refresh),
)


@dg.schedule(cron_schedule=CRON, job=refresh_job, execution_timezone=TIMEZONE)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Refresh as of the local date of the night."""
    date = context.scheduled_execution_time.strftime("%Y-%m-%d")
    # The key: one run a night, however often the schedule is asked.
    return dg.RunRequest(run_key=date, tags={"as_of_date": date})


defs = dg.Definitions(assets=[refresh, back_filled], jobs=[refresh_job], schedules=[nightly])
