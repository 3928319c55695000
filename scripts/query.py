"""Ask the published tables for metrics, as models/marts/*.yml define them.

Usage: make query METRICS=customers,revenue GROUP_BY=customer__rfm_segment
       make query SAVED=name

Without either: the metrics and saved queries that there are. By environment: METRICS, GROUP_BY,
ORDER (comma-separated, - before a name for descending), WHERE, LIMIT, SAVED, OUTPUT (a CSV file),
WAREHOUSE_DIR.

MetricFlow makes the SQL and knows nothing of a network here: its own command, mf, would ask for
updates. Exit code 0: answered; 2: no such metric, or nothing is published.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import logging
import os
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from duckdb_access import connect

if TYPE_CHECKING:
    from metricflow.engine.metricflow_engine import MetricFlowEngine

ROOT = Path(__file__).resolve().parent.parent
EXIT_DONE, EXIT_USAGE = 0, 2
DEFINITIONS = ("models/**/*.yml", "models/**/*.sql", "macros/**/*.sql", "*.yml", "profiles/*.yml")


class Unanswerable(ValueError):
    """A question that cannot be answered; its text is one line."""


class Listed(Exception):
    """A question for names; its text is the answer, a line each."""


@dataclass
class Question:
    """What to ask for."""

    metrics: list[str] = field(default_factory=list)
    group_by: list[str] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    where: str | None = None
    limit: int | None = None
    saved: str | None = None


@dataclass
class Answer:
    """Column names and rows, with the SQL that gave them."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    sql: str


class Metrics:
    """The metrics of the project, ready to be asked for."""

    def __init__(self, semantic_manifest: Path) -> None:
        """Read what `dbt parse --target published` has written.

        Args:
            semantic_manifest: its semantic_manifest.json.
        """
        from metricflow.engine.metricflow_engine import MetricFlowEngine
        from metricflow.protocols.sql_client import SqlEngine
        from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
        from metricflow_semantics.model.dbt_manifest_parser import (
            parse_manifest_from_dbt_generated_manifest,
        )
        from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

        class Dialect:
            sql_engine_type = SqlEngine.DUCKDB
            sql_plan_renderer = DuckDbSqlPlanRenderer()

        self.manifest = parse_manifest_from_dbt_generated_manifest(
            manifest_json_string=semantic_manifest.read_text(encoding="utf-8")
        )
        lookup = SemanticManifestLookup(self.manifest)
        self.engine: MetricFlowEngine = MetricFlowEngine(lookup, Dialect())  # type: ignore[arg-type]

    def sql(self, question: Question) -> str:
        """Return the SQL of a question.

        Raises:
            Unanswerable: there is no such metric, saved query or dimension.
        """
        from metricflow.engine.metricflow_engine import (
            MetricFlowQueryRequest,
            OutputColumnOrderMode,
        )
        from metricflow_semantics.errors.error_classes import InvalidQueryException

        known = [metric.name for metric in self.manifest.metrics]
        for name in question.metrics:
            _must_be(name, known, "METRICS", "metric")
        metrics, group_by = question.metrics, question.group_by
        if question.saved:
            saved = {one.name: one.query_params for one in self.manifest.saved_queries}
            _must_be(question.saved, saved, "SAVED", "saved query")
            metrics = saved[question.saved].metrics
        found = self.engine.list_group_bys(list(metrics))
        choices = [getattr(one, "dunder_name", one.name) for one in found]
        for name in group_by:
            # A time dimension has as many names as there are grains.
            grainless = re.sub(r"__(day|week|month|quarter|year)$", "", name)
            _must_be(name if name in choices else grainless, [*choices, "metric_time"],
                     "GROUP_BY", f"dimension for {', '.join(metrics)}")  # fmt: skip
        try:
            explained = self.engine.explain(
                MetricFlowQueryRequest.create(
                    saved_query_name=question.saved,
                    metric_names=None if question.saved else question.metrics,
                    group_by_names=None if question.saved else group_by,
                    where_constraints=[question.where] if question.where else None,
                    order_by_names=question.order or None,
                    limit=question.limit if question.order else None,
                    output_column_order_mode=OutputColumnOrderMode.INPUT_ORDER,
                )
            )
        except InvalidQueryException as error:
            raise Unanswerable(_one_line(str(error))) from error
        sql = explained.sql_statement.without_descriptions.sql
        if question.order:
            return sql
        # The same question gets the same rows, also where it asks for some of them only.
        return f"{sql}\nORDER BY ALL" + (f" LIMIT {question.limit}" if question.limit else "")

    def ask(self, question: Question, published: Path) -> Answer:
        """Answer a question from the published tables.

        Args:
            question: what to ask for.
            published: file of the published tables.

        Raises:
            Unanswerable: nothing is published, or the question makes no sense.
        """
        if not published.exists():
            raise Unanswerable(
                f"nothing is published in {published.parent}; run `make build` first"
            )
        sql = self.sql(question)
        try:
            with connect(published, folders=[published.parent], read_only=True) as connection:
                found = connection.execute(sql)
                return Answer([column[0] for column in found.description], found.fetchall(), sql)
        except duckdb.Error as error:
            raise Unanswerable(
                f"{published}: {str(error).splitlines()[0]}; was it published by this version? "
                "`make build` publishes anew"
            ) from error

    def listing(self) -> str:
        """Return what can be asked for, with descriptions."""
        lines = ["metrics (METRICS=a,b):"]
        lines += [f"  {one.name}: {one.description}" for one in self.manifest.metrics]
        lines += ["", "saved queries (SAVED=name):"]
        lines += [f"  {one.name}: {one.description}" for one in self.manifest.saved_queries]
        lines += ["", "METRICS=a with GROUP_BY=? lists what a metric can be grouped by."]
        return "\n".join(lines)


def parse_project(target_path: Path, project: Path = ROOT) -> Path:
    """Return the file that describes the metrics; the project is read where it has changed since.

    Args:
        target_path: folder for dbt's artifacts.
        project: folder of the project.

    Raises:
        Unanswerable: dbt could not read the project.
    """
    manifest, stamp = target_path / "semantic_manifest.json", target_path / "metrics.md5"
    digest = hashlib.md5(str(project).encode())
    for pattern in DEFINITIONS:
        for path in sorted(project.glob(pattern)):
            digest.update(path.read_bytes())
    if manifest.exists() and stamp.exists() and stamp.read_text() == digest.hexdigest():
        return manifest
    from dbt.cli.main import dbtRunner

    result = dbtRunner().invoke(
        ["--quiet", "--log-level", "none", "--log-path", str(target_path / "logs"), "parse",
         "--project-dir", str(project), "--profiles-dir", str(project / "profiles"),
         "--target", "published", "--target-path", str(target_path)]
    )  # fmt: skip
    if not result.success:
        raise Unanswerable(_one_line(str(result.exception)))
    stamp.write_text(digest.hexdigest())
    return manifest


def question_from_environment(environment: dict[str, str]) -> Question:
    """Read METRICS, GROUP_BY, ORDER, WHERE, LIMIT and SAVED.

    Raises:
        Unanswerable: they do not go together.
    """
    given = {name: value for name, value in environment.items() if value}
    if "SAVED" in given and ("METRICS" in given or "GROUP_BY" in given):
        raise Unanswerable("SAVED: a saved query brings its own METRICS and GROUP_BY; drop one")
    limit = given.get("LIMIT", "1")
    if not (limit.isascii() and limit.isdigit()):
        raise Unanswerable(f"LIMIT: '{limit}' is no whole number; write for example 20.")
    return Question(
        _names(given.get("METRICS")), _names(given.get("GROUP_BY")), _names(given.get("ORDER")),
        given.get("WHERE"), int(limit) if "LIMIT" in given else None, given.get("SAVED"),
    )  # fmt: skip


def write_csv(answer: Answer, path: Path) -> None:
    """Write an answer to a CSV file, which is replaced as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(answer.columns)
            writer.writerows(answer.rows)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _show(answer: Answer) -> None:
    """Print an answer as a table, numbers at the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    for place, name in enumerate(answer.columns):
        is_number = any(isinstance(row[place], (int, float)) or hasattr(row[place], "as_tuple")
                        for row in answer.rows)  # fmt: skip
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in answer.rows:
        table.add_row(*map(_text, row))
    width = None if sys.stdout.isatty() else 160
    Console(width=width, highlight=False).print(table)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:,.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    if hasattr(value, "as_tuple"):
        return f"{value:,.2f}"
    return str(value).removesuffix(" 00:00:00")


def _must_be(name: str, known: Iterable[str], setting: str, kind: str) -> None:
    """Stop where a name is not among those known.

    Raises:
        Unanswerable: it is not; the nearest ones are named.
        Listed: it is a question mark.
    """
    known = list(known)
    if name in known:
        return
    if name == "?":
        raise Listed("\n".join(sorted(known)))
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; {setting}=? lists them."
    raise Unanswerable(f"{setting}: there is no {kind} '{name}'{hint}")


def _names(text: str | None) -> list[str]:
    return [name.strip() for name in (text or "").split(",") if name.strip()]


def _one_line(message: str) -> str:
    """The telling part of MetricFlow's or dbt's message."""
    text = " ".join(re.sub(r"Got exception:.*", "", message, flags=re.S).split())
    text = re.sub(r" Filter Path:.*?Object Builder Input: \S+", "", text)
    text = re.sub(r"^.*?Message: ", "", text)
    parts = re.search(r"^(.*?)(?: Common issues are:.*?)?(?: Suggestions: \[(.*?)\])?"
                      r"(?: Query Input: (.*?))?(?: Issue Location:.*)?$", text)  # fmt: skip
    said, near, found = (part or "" for part in parts.groups())
    text = said.rstrip(". ") + (f": {found}" if found else "")
    return text[:300] + (f"; did you mean {near.strip(' ,')}?" if near else "")


def main(environment: dict[str, str], target_path: Path | None = None) -> int:
    """Answer what the environment asks; returns the exit code."""
    logging.disable(logging.CRITICAL)
    published = Path(environment.get("WAREHOUSE_DIR") or ROOT / "warehouse") / "published.duckdb"
    try:
        question = question_from_environment(environment)
        metrics = Metrics(parse_project(target_path or ROOT / "target" / "metrics"))
        if not question.metrics and not question.saved:
            print(metrics.listing())
            return EXIT_DONE
        answer = metrics.ask(question, published.absolute())
        output = environment.get("OUTPUT")
        if output:
            write_csv(answer, Path(output))
            print(f"wrote {len(answer.rows):,} rows to {output}")
        else:
            _show(answer)
    except Listed as answered:
        print(answered)
    except Unanswerable as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    except OSError as error:
        print(f"OUTPUT: {error.strerror}: {error.filename}", file=sys.stderr)
        return EXIT_USAGE
    return EXIT_DONE


if __name__ == "__main__":
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    sys.exit(main(dict(os.environ)))
