"""What a build shows a person: progress while it runs, one table at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

# Wide enough for the tables where nothing tells the width, as in a log.
LOG_WIDTH = 110
PLAIN_STEPS = 4


class Report:
    """Messages of a build: results to standard output, the cause of a failure to standard error."""

    def __init__(self, *, is_json: bool = False) -> None:
        """Look whether a person watches.

        Args:
            is_json: whether standard output is for JSON lines only; the rest then goes to
                standard error, without the tables of the end.
        """
        self.is_json = is_json
        self._console = Console(highlight=False, stderr=is_json)
        if not self._console.is_terminal:
            self._console = Console(highlight=False, stderr=is_json, width=LOG_WIDTH)
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)

    def line(self, text: str) -> None:
        """Say something in a line."""
        self._console.print(text, markup=False, soft_wrap=True)

    def fail(self, cause: str) -> None:
        """Say in a line why the build stopped."""
        self._errors.print(f"failed: {cause}", markup=False)

    def stopped(self, text: str) -> None:
        """Say in a line that the build was stopped from outside."""
        self._errors.print(text, markup=False)

    def checks(self, checks: Any) -> None:
        """Say what the input checks found."""
        for check in checks.critical_failures:
            self._errors.print(f"critical: {check.message}", markup=False)
        for check in checks.warnings:
            self.line(f"warning: {check.message}")
        self.line(
            f"input checks: {len(checks.checks)} done, {_counted(len(checks.warnings), 'warning')}"
        )

    @contextmanager
    def progress(self) -> Iterator[Callable[[Any], None]]:
        """Give a function that takes dbt's events: a bar on a terminal, a few lines elsewhere."""
        if not self._console.is_terminal:
            yield self._plain_progress()
            return
        bar = Progress(
            TextColumn("build"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("{task.description}"), console=self._console, transient=True,
        )  # fmt: skip
        task = bar.add_task("", total=None)

        def on_event(event: Any) -> None:
            place = _place(event)
            if place:
                bar.update(task, completed=place[0], total=place[1], description=place[2])

        with bar:
            yield on_event

    def _plain_progress(self) -> Callable[[Any], None]:
        said = 0

        def on_event(event: Any) -> None:
            nonlocal said
            place = _place(event)
            if place and place[0] * PLAIN_STEPS >= (said + 1) * place[1]:
                said = place[0] * PLAIN_STEPS // place[1]
                self.line(f"build: {place[0]} of {place[1]} nodes")

        return on_event

    def json(self, line: str) -> None:
        """Write a JSON line to standard output."""
        if self.is_json:
            print(line, flush=True)

    def alerts(self, warehouse: Path) -> list[dict[str, str]]:
        """Show the alerts of a build, those for information left out, and return them."""
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            rows = connection.execute(
                "select severity, segment, alert, message, first_raised_date"
                " from marts.segment_alerts"
                " where as_of_date = (select as_of_date from marts_intermediate.int_rows__known)"
                " and severity <> 'info' order by severity, segment, alert"
            ).fetchall()
        for severity, segment, alert, message, since in rows:
            self.line(f"{severity}: {segment} {alert}: {message} (since {since})")
        names = ("severity", "segment", "alert", "message")
        return [dict(zip(names, row, strict=False)) for row in rows]

    def outcome(self, warehouse: Path) -> None:
        """Show segments and rejected rows of a finished build."""
        if self.is_json:
            return
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            self._console.print(_segments(connection), _rejected(connection))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _place(event: Any) -> tuple[int, int, str] | None:
    """Index, total and name of the node that an event says is starting."""
    if event.info.name != "LogStartLine":
        return None
    return event.data.index, event.data.total, event.data.description


def _segments(connection: duckdb.DuckDBPyConnection) -> Table:
    table = Table(title="Segments", title_justify="left")
    table.add_column("segment", overflow="fold")
    table.add_column("priority", justify="right")
    for name in ("customers", "share", "revenue"):
        table.add_column(name, justify="right")
    table.add_column("alert")
    rows = connection.execute(
        "select segment, priority, customers, share, revenue, alert"
        " from marts_intermediate.int_segment_sizes__checked"
        " order by priority nulls last, segment"
    ).fetchall()
    for segment, priority, customers, share, revenue, alert in rows:
        table.add_row(
            segment, "" if priority is None else str(priority), f"{customers:,}", f"{share:.1%}",
            f"{revenue:,.0f}", alert or "",
        )  # fmt: skip
    (customers,) = connection.execute("select count(*) from marts.customers").fetchone()
    table.caption = f"{customers:,} customers"
    return table


def _rejected(connection: duckdb.DuckDBPyConnection) -> Table | str:
    rows = connection.execute(
        "with coded as (select source, unnest(string_split(reason_codes, ',')) as reason"
        " from marts.rejected_rows)"
        " select reason, source, count(*) from coded group by reason, source"
    ).fetchall()
    if not rows:
        return "Rejected rows: none"
    totals = dict(
        connection.execute(
            "select source, count(*) from marts.rejected_rows group by source order by source"
        ).fetchall()
    )
    table = Table(title="Rejected rows", title_justify="left", show_footer=True)
    table.add_column("reason", footer="rejected rows")
    for source, total in totals.items():
        table.add_column(source, justify="right", footer=f"{total:,}")
    table.add_column("total", justify="right", footer=f"{sum(totals.values()):,}")
    counts: dict[str, dict[str, int]] = {}
    for reason, source, count in rows:
        counts.setdefault(reason, {})[source] = count
    by_size = sorted(counts.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    for reason, found in by_size:
        cells = [f"{found[source]:,}" if source in found else "" for source in totals]
        table.add_row(reason, *cells, f"{sum(found.values()):,}")
    if sum(sum(found.values()) for found in counts.values()) > sum(totals.values()):
        table.caption = "a row with several reasons counts under each"
    return table
