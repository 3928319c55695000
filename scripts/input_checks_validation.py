"""Judge the profiles of a batch with Great Expectations, by the suites in gx/."""

from __future__ import annotations

import logging
import os
import warnings
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import duckdb
import yaml

from input_checks_profile import Measure, Profile
from input_checks_store import CheckResult

if TYPE_CHECKING:
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.datasource.fluent import SQLDatasource

BATCH_COMPARISONS = ("columns_gone", "columns_new", "columns_retyped", "days_without_news")
SUITES_DIR = Path(__file__).resolve().parent.parent / "gx"


def load_suites() -> dict[str, dict[str, Any]]:
    """Return the suites by table name, as written in gx/<table>.yml."""
    suites = [yaml.safe_load(path.read_text()) for path in sorted(SUITES_DIR.glob("*.yml"))]
    return {suite["name"]: suite for suite in suites}


def measures_asked(suite: dict[str, Any]) -> set[str]:
    """Return the names of the measures that a suite's expectations look at."""
    return {expectation["kwargs"]["column"] for expectation in suite["expectations"]}


def write_profiles(
    database: Path, profiles: dict[str, Profile], suites: dict[str, dict[str, Any]]
) -> None:
    """Write a new DuckDB file with one one-row table per profile, for Great Expectations."""
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database)) as connection:
        for source, profile in profiles.items():
            columns = []
            for name in sorted(measures_asked(suites[source]) | {"row_count"}):
                value = profile[name].value
                if value is not None:
                    data_type = "bigint" if isinstance(value, int) else "double"
                    columns.append(f"cast({value!r} as {data_type}) as {name}")
            connection.execute(f"create table {source} as select {', '.join(columns)}")


def load_great_expectations() -> ModuleType:
    """Import Great Expectations with its telemetry, progress bars and notices off."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations

    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return great_expectations


def validate(
    database: Path,
    profiles: dict[str, Profile],
    suites: dict[str, dict[str, Any]],
    docs_dir: Path,
) -> list[CheckResult]:
    """Judge every profile with its suite and write Data Docs.

    Args:
        database: DuckDB file with the tables of `write_profiles`.
        profiles: measures by table.
        suites: suites by table.
        docs_dir: folder that the static site is built in.

    Raises:
        RuntimeError: an expectation could not be evaluated at all.
    """
    gx = load_great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    source = context.data_sources.add_sql(
        name="raw",
        connection_string=f"duckdb:///{database}",
        create_temp_table=False,
        kwargs={"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True},
    )
    results: list[CheckResult] = []
    try:
        for table, profile in profiles.items():
            expectations = suites[table]["expectations"]
            known = [
                expectation | {"description": _description(expectation)}
                for expectation in expectations
                if profile[expectation["kwargs"]["column"]].value is not None
            ]
            outcome = _run_suite(gx, context, source, table, known)
            for expectation in expectations:
                measure = profile[expectation["kwargs"]["column"]]
                is_passed = outcome.get(expectation["meta"]["check_name"])
                results.append(_result(table, expectation, measure, is_passed))
        _build_docs(context, docs_dir)
    finally:
        # Otherwise the file stays open for as long as the process lives.
        source.get_execution_engine().close()
        source.get_engine().dispose()
    return results


def _run_suite(
    gx: ModuleType,
    context: EphemeralDataContext,
    source: SQLDatasource,
    table: str,
    expectations: list[dict[str, Any]],
) -> dict[str, bool]:
    """Return whether each check passed, by its name."""
    asset = source.add_table_asset(name=table, table_name=table)
    suite = context.suites.add(gx.ExpectationSuite(name=table, expectations=expectations))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(
            name=table, data=asset.add_batch_definition_whole_table("batch"), suite=suite
        )
    )
    outcome = {}
    for result in definition.run().results:
        name = result.expectation_config.meta["check_name"]
        if result.exception_info.get("raised_exception"):
            raise RuntimeError(
                f"gx/{table}.yml: {name} cannot be evaluated: "
                + str(result.exception_info.get("exception_message")).splitlines()[0]
            )
        outcome[name] = bool(result.success)
    return outcome


def _build_docs(context: EphemeralDataContext, docs_dir: Path) -> None:
    context.delete_data_docs_site("local_site")
    context.add_data_docs_site(
        "site",
        {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(docs_dir),
            },
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        },
    )
    context.build_data_docs()


def _description(expectation: dict[str, Any]) -> str:
    bounds = describe_bounds(expectation["kwargs"]["column"], expectation["kwargs"])
    return f"{expectation['severity']}: {expectation['description']}, expected {bounds}"


def _result(
    table: str, expectation: dict[str, Any], measure: Measure, is_passed: bool | None
) -> CheckResult:
    """Put the outcome of one expectation into words; `is_passed` None = could not be judged."""
    name, meta = expectation["kwargs"]["column"], expectation["meta"]
    expected = describe_bounds(name, expectation["kwargs"])
    subject = f"{table}: {expectation['description']}"
    if is_passed is None:
        observed = None
        is_comparison = name.endswith(("_ratio", "_emptied")) or name in BATCH_COMPARISONS
        reason = "nothing to compare with yet" if is_comparison else "no values to judge"
        message = f"{subject}: {reason}; passed."
    else:
        observed = format_value(name, measure.value)
        detail = f" ({measure.detail})" if measure.detail else ""
        message = f"{subject}: {observed}{detail}, expected {expected}."
        if not is_passed:
            message += f" {meta['remedy']}"
    return CheckResult(
        source=table,
        check_name=meta["check_name"],
        severity=expectation["severity"],
        is_passed=is_passed is not False,
        observed_value=observed,
        expected_value=expected,
        message=message,
        measure=name,
    )


def describe_bounds(name: str, bounds: dict[str, Any]) -> str:
    """Return the bounds of an expectation on measure `name` in words."""
    lowest, highest = bounds.get("min_value"), bounds.get("max_value")
    if highest is None:
        return f"at least {format_value(name, lowest)}"
    if lowest is None:
        return f"at most {format_value(name, highest)}"
    if name.endswith("_ratio"):
        return f"{100 * lowest:g}% to {format_value(name, highest)}"
    return f"{format_value(name, lowest)} to {format_value(name, highest)}"


def format_value(name: str, value: float) -> str:
    """Return a measure's value as people read it: shares and ratios in per cent."""
    if name.endswith("_ratio"):
        return f"{_per_cent(value)} of the last run's"
    if name.endswith("_share"):
        return _per_cent(value)
    return f"{value:,g}" if isinstance(value, float) else f"{value:,}"


def _per_cent(value: float) -> str:
    return f"{round(100 * value, 1):g}%"
