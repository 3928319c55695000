"""Measure a raw batch: one SQL pass per table gives every number that the suites in gx/ judge.

The columns, their types and what is required come from the input contract (the dbt source `raw`);
the measures of one table alone come from its suite. A profile holds numbers only, never a value
of a row. docs/input_checks.md lists the measures that every table has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import ColumnInfo, SourceDefinition

# Above this many rows, duplicates, references and quantiles are measured on the ids whose hash
# falls in one of n parts, so that memory stays bounded.
SAMPLE_ROWS = 10_000_000


@dataclass(frozen=True)
class Measure:
    """One number of a batch; `detail` says in words what lies behind it, `value` None = unknown."""

    value: float | int | None
    detail: str = ""


@dataclass(frozen=True)
class RawTable:
    """One table of the input contract, as registered in the scratch database."""

    name: str
    relation: str
    is_required: bool
    column_types: Mapping[str, str]
    required_columns: frozenset[str]

    @property
    def key(self) -> str:
        """The table's own id: the first column of the contract."""
        return next(iter(self.column_types))


Profile = dict[str, Measure]


def tables_from_manifest(manifest: Manifest) -> dict[str, RawTable]:
    """Return the tables of the dbt source `raw` by name, from a parsed dbt manifest."""
    tables = {}
    for node in manifest.sources.values():
        if node.source_name != "raw":
            continue
        required = {name for name, column in node.columns.items() if _is_required(column)}
        tables[node.name] = RawTable(
            name=node.name,
            relation=f"{node.schema}.{node.identifier}",
            is_required=_is_required(node),
            column_types={name: column.data_type for name, column in node.columns.items()},
            required_columns=frozenset(required),
        )
    return tables


def _is_required(node: SourceDefinition | ColumnInfo) -> bool:
    config = getattr(node, "config", None)
    meta = getattr(config, "meta", None) or getattr(node, "meta", None) or {}
    return bool(meta.get("required", False))


def measure_table(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    tables: Mapping[str, RawTable],
    measures: Mapping[str, Any],
    row_counts: Mapping[str, int],
    as_of: date | None,
    timezone: str,
) -> Profile:
    """Return every measure of one table.

    Args:
        connection: the scratch database with the raw views.
        table: the table to measure.
        tables: every table of the contract, for references.
        measures: the suite's `measures` (freshness, references, shares, values).
        row_counts: rows of every raw table.
        as_of: local date that freshness counts back from; None leaves the age unknown.
        timezone: IANA name of the zone of `as_of`.

    Raises:
        duckdb.Error: a file cannot be read to its end.
    """
    query = profile_sql(table, tables, measures, row_counts, as_of, timezone)
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    numbers = dict(zip(names, cursor.fetchone(), strict=True))
    profile = {
        name: Measure(value if value is None or isinstance(value, int) else float(value))
        for name, value in numbers.items()
    }
    required = table.required_columns
    typed = {name for name, kind in table.column_types.items() if kind != "string"}
    profile["worst_required_null_share"] = _worst(profile, required, "null_share")
    profile["worst_required_unparsable_share"] = _worst(
        profile, required & typed, "unparsable_share"
    )
    profile["worst_unparsable_share"] = _worst(profile, typed, "unparsable_share")
    return profile


def profile_sql(
    table: RawTable,
    tables: Mapping[str, RawTable],
    measures: Mapping[str, Any],
    row_counts: Mapping[str, int],
    as_of: date | None,
    timezone: str,
) -> str:
    """Return the query that gives all measures of a table as one row (arguments: measure_table)."""
    parts = 1 + row_counts[table.name] // SAMPLE_ROWS
    typed = [f"hash({table.key}) % {parts} = 0 as in_sample"]
    selected = ["count(*) as row_count", _duplicate_share(table.key)]
    for column, data_type in table.column_types.items():
        selected.append(_share(f"count(*) - count({column}__raw)", "count(*)", f"{column}_null"))
        typed.append(f"{column} as {column}__raw")
        if data_type == "string":
            typed.append(column)
        else:
            typed.append(f"try_cast({column} as {data_type}) as {column}")
            selected.append(
                _share(
                    f"count({column}__raw) - count({column})",
                    f"count({column}__raw)",
                    f"{column}_unparsable",
                )
            )
    for column, target in measures.get("references", {}).items():
        if row_counts[target]:
            typed.append(_is_known(column, tables[target], row_counts[target]))
            selected.append(
                _share(
                    f"count(*) filter (where {column}__known)",
                    f"count({column}__known)",
                    f"{column}_known",
                )
            )
        else:
            selected.append(f"cast(null as double) as {column}_known_share")
    for name, condition in measures.get("shares", {}).items():
        selected.append(_share(f"count(*) filter (where {condition})", "count(*)", name))
    for name, aggregate in measures.get("values", {}).items():
        selected.append(f"{aggregate} as {name}")
    selected.append(_age_days(measures.get("freshness", []), as_of, timezone))
    return (
        f"with typed as (select {', '.join(typed)} from {table.relation})"
        f" select {', '.join(selected)} from typed"
    )


def _share(part: str, total: str, name: str) -> str:
    return f"({part}) / nullif({total}, 0) as {name}_share"


def _duplicate_share(key: str) -> str:
    in_sample = f"filter (where in_sample and {key} is not null)"
    total = f"count(*) {in_sample}"
    return _share(f"{total} - count(distinct hash({key})) {in_sample}", total, "id_duplicate")


def _is_known(column: str, target: RawTable, target_rows: int) -> str:
    parts = 1 + target_rows // SAMPLE_ROWS
    return (
        f"case when {column} is not null and hash({column}) % {parts} = 0"
        f" then hash({column}) in (select hash({target.key}) from {target.relation}"
        f" where hash({target.key}) % {parts} = 0) end as {column}__known"
    )


def _age_days(columns: list[str], as_of: date | None, timezone: str) -> str:
    """Return SQL of the days from the latest row before the end of `as_of` to `as_of`.

    Later times do not count: an impossible one would make a stale batch look fresh.
    """
    if as_of is None or not columns:
        return "cast(null as bigint) as age_days"
    zone = timezone.replace("'", "''")
    ages = []
    for column in columns:
        local_date = f"cast(timezone('{zone}', timezone('UTC', {column})) as date)"
        # The latest time is found in UTC and only that one is turned into a local date.
        latest = (
            f"max({column}) filter (where {column} <"
            f" timezone('UTC', timezone('{zone}', timestamp '{as_of} 00:00:00' + interval 1 day)))"
        )
        ages.append(f"date_diff('day', {local_date.replace(column, latest, 1)}, date '{as_of}')")
    return f"coalesce({', '.join(ages)}) as age_days"


def _worst(profile: Profile, columns: frozenset[str] | set[str], suffix: str) -> Measure:
    found = [
        (measure.value, name)
        for name in sorted(columns)
        if (measure := profile[f"{name}_{suffix}"]).value is not None
    ]
    if not found:
        return Measure(None)
    value, name = max(found, key=lambda pair: pair[0])
    return Measure(value, f"column {name}" if value else "")


def add_comparisons(profile: Profile, previous: Mapping[str, float], names: set[str]) -> None:
    """Add to a profile what compares it with the last accepted run.

    Args:
        profile: measures of this batch; `<measure>_ratio` and `columns_emptied` are added.
        previous: values of the same table's measures in the last accepted run, empty at the first.
        names: measures that the suite asks for.
    """
    for name in sorted(names):
        if not name.endswith("_ratio"):
            continue
        base = name.removesuffix("_ratio")
        now, before = profile[base].value, previous.get(base)
        if now is None or not before:
            profile[name] = Measure(None)
        else:
            profile[name] = Measure(
                now / before, f"{_number(now)} now, {_number(before)} in the last accepted run"
            )
    emptied = [
        name.removesuffix("_null_share")
        for name, measure in profile.items()
        if name.endswith("_null_share") and measure.value == 1 and previous.get(name, 1) < 1
    ]
    known = any(name.endswith("_null_share") for name in previous) and profile["row_count"].value
    profile["columns_emptied"] = Measure(len(emptied) if known else None, ", ".join(emptied))


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
