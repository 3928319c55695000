"""Build segments over rows of a test's own, with dbt in this process."""

from __future__ import annotations

import copy
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch
from zoneinfo import ZoneInfo

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import get_adapter
from dbt.cli.main import dbtRunner
from dbt.task.run_operation import RunOperationTask
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.exceptions import DbtRuntimeError

from build import keep_what_was_read
from segment_event_rows import EVENTS, LINES, ORDERS, PRODUCTS
from segment_field_cases import AS_OF, PLACES, ROWS, ZONE

PROJECT_DIR = Path(__file__).resolve().parents[2]
SEGMENT_MODELS = [f"path:models/intermediate/{name}" for name in ("ledger", "segments", "history")]
HEADER = {"description": "Test.", "layer": "micro"}


def segment(name: str, rule: Any, **more: Any) -> dict[str, Any]:
    """Return a valid segment around a rule."""
    return {**HEADER, "name": name, "rule": rule, **more}


@contextmanager
def environment(folder: Path) -> Iterator[None]:
    """Let dbt use a folder for its warehouse and raw files while the block runs."""
    settings = {
        "WAREHOUSE_DIR": str(folder),
        "RAW_DIR": str(folder / "raw"),
        "DBT_PROFILES_DIR": str(PROJECT_DIR / "profiles"),
        "DO_NOT_TRACK": "1",
    }
    kept = {key: os.environ.get(key) for key in settings}
    os.environ.update(settings)
    yield
    for key, value in kept.items():
        os.environ.pop(key) if value is None else os.environ.update({key: value})


def fire_event(manager: EventManager, event: Any, level: Any = None, **more: Any) -> None:
    """Do not make messages of debug events where nobody but dbt itself listens."""
    is_heard = manager.loggers or len(manager.callbacks) > 1 or more.get("node")
    if is_heard or (level or event.level_tag()) != EventLevel.DEBUG:
        fire_any_event(manager, event, level, **more)


fire_any_event = EventManager.fire_event


def parsed(options: list[str]) -> Any:
    """Return the manifest of the project. options: of dbt."""
    result = dbtRunner().invoke(["parse", *options])
    assert result.success, messages(result)
    keep_what_was_read()
    return result.result


class Workshop:
    """A warehouse in a folder whose segments can be built again and again."""

    # Parsing takes longer than most builds, and depends neither on the folder nor on vars.
    manifest: ClassVar[Any] = None

    def __init__(self, folder: Path, zone: str = ZONE) -> None:
        """Take the folder; its raw files stand in `raw`."""
        self.folder, self.zone = folder, zone

    def dbt(self, *arguments: str, variables: Mapping[str, Any] | None = None) -> Any:
        """Run dbt and return its result, which may have failed."""
        options = ["--project-dir", str(PROJECT_DIR), "--target-path", str(self.folder / "target")]
        options += ["--log-path", str(self.folder), "--quiet", "--log-level-file", "none"]
        # Nobody reads the files about the run, nor what it says: that was a fifth of its cost.
        options += ["--no-version-check", "--no-write-json", "--log-level", "none"]
        given = yaml.safe_dump(dict(variables or {}), allow_unicode=True, sort_keys=False)
        with environment(self.folder):
            if Workshop.manifest is None:
                Workshop.manifest = parsed(options)
            # Building leaves what it compiled in the manifest.
            is_check = arguments[0] == "run-operation"
            manifest = Workshop.manifest if is_check else copy.deepcopy(Workshop.manifest)
            if "score_mode" in (variables or {}):
                # It decides what a model refers to, which dbt reads when it parses.
                manifest = parsed([*options, "--vars", given])
            with patch.object(EventManager, "fire_event", fire_event):
                invoked = [*arguments, *options, "--vars", given]
                result = dbtRunner(manifest=manifest).invoke(invoked)
            DuckDBConnectionManager.close_all_connections()
        return result

    def prepare(self, as_of: str) -> None:
        """Build everything that segments read.

        Args:
            as_of: the as-of date; facts are only known of customers who exist by then.
        """
        done = self.dbt(
            "build", "--exclude-resource-type", "unit_test", "test",
            "--exclude", "path:models/marts", "path:models/intermediate/metrics", *SEGMENT_MODELS,
            variables={"segments": [], "as_of_date": as_of, "timezone": self.zone},
        )  # fmt: skip
        assert done.success, messages(done)

    def build(
        self, catalogue: list[dict[str, Any]], as_of: str, lists: Mapping[str, Any] | None = None
    ) -> dict[str, set[str]]:
        """Build a catalogue and return the members of each of its segments.

        Args:
            catalogue: the declarations.
            as_of: the as-of date.
            lists: var segment_lists.
        """
        variables = {
            "segments": catalogue, "as_of_date": as_of, "timezone": self.zone,
            "segment_lists": dict(lists or {}),
        }  # fmt: skip
        done = self.dbt("run", "--select", *SEGMENT_MODELS, variables=variables)
        assert done.success, messages(done)
        names = self.read("select segment from marts_intermediate.int_segments__declared")
        found: dict[str, set[str]] = {name: set() for (name,) in names}
        listed = self.read(
            "select segment, customer_id from marts_intermediate.int_segment_members__listed"
        )
        for name, customer_id in listed:
            found[name].add(customer_id)
        return found

    def complaints(self, catalogues: Iterable[Any]) -> list[str | None]:
        """Check catalogues one by one; the one-line error of each, or None.

        One run of dbt checks them all: starting dbt takes longer than checking.
        """
        said: list[str | None] = []

        def check_all(task: RunOperationTask, package: str, macro: str) -> None:
            adapter = get_adapter(task.config)
            with adapter.connection_named("check"):
                for catalogue in catalogues:
                    try:
                        adapter.execute_macro(
                            macro, project=package, kwargs={"declared": catalogue},
                            macro_resolver=task.manifest,
                        )  # fmt: skip
                        said.append(None)
                    except DbtRuntimeError as error:
                        lines = [line.strip() for line in str(error).splitlines()]
                        said.append(next((x for x in lines if x.startswith("Segment ")), lines[0]))

        with patch.object(RunOperationTask, "_run_unsafe", check_all):
            done = self.dbt("run-operation", "segment_check", "--target", "lint")
        assert done.success, messages(done)
        return said

    def measured_leaves(
        self, catalogue: list[dict[str, Any]], as_of: str, lists: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Leaves of a catalogue that are evaluated only where measures changed, by name."""
        found: dict[str, Any] = {}

        def look(task: RunOperationTask, package: str, _: str) -> None:
            adapter = get_adapter(task.config)
            ask = partial(adapter.execute_macro, project=package, macro_resolver=task.manifest)
            with adapter.connection_named("look"):
                leaves = ask("segment_catalogue", kwargs={"declared": catalogue})["leaves"]
                found.update(
                    ask("segment_leaves_on", kwargs={"leaves": leaves, "ground": "measures"})
                )

        variables = {"as_of_date": as_of, "segments": [], "segment_lists": dict(lists)}
        with patch.object(RunOperationTask, "_run_unsafe", look):
            done = self.dbt("run-operation", "segment_check", variables=variables)
        assert done.success, messages(done)
        return found

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the warehouse."""
        path = str(self.folder / "warehouse.duckdb")
        with duckdb.connect(path, read_only=True) as connection:
            return connection.execute(sql).fetchall()


def messages(done: Any) -> str:
    """What a failed run of dbt said."""
    said = [str(done.exception or "")[:2000]]
    said += [str(one.message)[:2000] for one in getattr(done.result, "results", []) if one.message]
    return "\n".join(said)


def utc(local: str | None, zone: str = ZONE) -> datetime | None:
    """UTC time of a local one."""
    if local is None:
        return None
    time = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    return time.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def write_rows(folder: Path, table: str, columns: str, rows: list[tuple[Any, ...]]) -> None:
    """Write a raw table as Parquet; columns as in CREATE TABLE."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table rows ({columns})")
        if rows:
            places = ", ".join("?" * len(rows[0]))
            connection.executemany(f"insert into rows values ({places})", rows)
        connection.execute(f"copy rows to '{folder / table}.parquet' (format parquet)")


EVENT_COLUMNS = ("channel", "campaign_id", "message_id", "session_id", "product_id", "category")


def write_event_rows(folder: Path) -> None:
    """Write the shop of segment_event_rows as raw tables."""
    contacts, events = [], []
    for group, people in EVENTS.items():
        for letter, happened in people.items():
            contact = f"{group}_{letter}"
            email = "shared@example.com" if contact in ("merged_b", "merged_bz") else None
            contacts.append((contact, email, datetime(2019, 1, 1)))
            for event, time, columns in happened:
                properties = columns.get("properties")
                events.append(
                    (f"e{len(events)}", contact, event, utc(time))
                    + tuple(columns.get(name) for name in EVENT_COLUMNS)
                    + (columns.get("value"), json.dumps(properties) if properties else None)
                )
    columns = "contact_id varchar, email varchar, created_at timestamp"
    write_rows(folder, "contacts", columns, contacts)
    write_rows(
        folder, "events",
        "event_id varchar, contact_id varchar, event_type varchar, occurred_at timestamp, "
        + ", ".join(f"{name} varchar" for name in EVENT_COLUMNS)
        + ", value decimal(18, 4), properties varchar",
        events,
    )  # fmt: skip
    orders = [(*row[:4], utc(row[4]), *row[5:]) for row in ORDERS]
    write_rows(
        folder, "orders",
        "order_id varchar, contact_id varchar, document_type varchar, original_order_id varchar, "
        "ordered_at timestamp, status varchar, currency varchar, net_amount decimal(18, 4), "
        "discount_amount decimal(18, 4), channel varchar, coupon_code varchar, is_test boolean",
        orders,
    )  # fmt: skip
    write_rows(
        folder, "order_lines",
        "order_line_id varchar, order_id varchar, product_id varchar, quantity decimal(18, 4), "
        "unit_price decimal(18, 4), unit_cost decimal(18, 4)",
        LINES,
    )  # fmt: skip
    write_rows(
        folder, "products",
        "product_id varchar, product_name varchar, category varchar, brand varchar, "
        "unit_price decimal(18, 4), unit_cost decimal(18, 4), is_in_stock boolean, "
        "restocked_at timestamp",
        PRODUCTS,
    )  # fmt: skip


def insert_field_rows(warehouse: Path) -> None:
    """Add the rows of segment_field_cases as customers, and one for each day from 2020 to 2027.

    Customers are <column>:<letter> and day:<date>; what staging would trim stays as it is.
    """
    with duckdb.connect(str(warehouse / "warehouse.duckdb")) as connection:
        table = "marts_intermediate.int_customers__enriched"
        for field, rows in ROWS.items():
            column = field.split(".")[0]
            connection.executemany(
                f"insert into {table} (customer_id, {column}) values (?, ?)",
                [(f"{field}:{letter}", value) for letter, value in rows.items()],
            )
        connection.executemany(
            f"insert into {table} (customer_id, latitude, longitude) values (?, ?, ?)",
            [(f"location:{letter}", *place) for letter, place in PLACES.items()],
        )
        connection.execute(
            f"insert into {table} (customer_id, birth_date) "
            "select 'day:' || cast(day as varchar), day from (select cast(unnest(generate_series("
            "date '2020-01-01', date '2027-12-31', interval 1 day)) as date) as day)"
        )


def prepared_shop(folder: Path) -> None:
    """Write the shop of the cases and build everything that segments read, as of 2026-03-31."""
    write_event_rows(folder / "raw")
    Workshop(folder).prepare(AS_OF)
    insert_field_rows(folder)


def copied(prepared: Path, folder: Path) -> Workshop:
    """Return a workshop over a copy of a prepared shop, free to be changed."""
    shutil.copytree(prepared, folder, dirs_exist_ok=True)
    return Workshop(folder)


def letters(members: set[str], prefix: str) -> str:
    """The letters of the members whose id starts with a prefix, in order."""
    return "".join(sorted(one.removeprefix(prefix) for one in members if one.startswith(prefix)))
