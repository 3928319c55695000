"""A warehouse refreshed over changing files equals one built once from the last of them.

`INTERLEAVINGS=30` is the whole measurement, `INTERLEAVING_SEED=17` one of them, and with
`INTERLEAVING_STEPS=1` each refresh is compared, not the last one alone. What fails says its seed.
"""

from __future__ import annotations

import copy
import os
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from segment_workshop import PROJECT_DIR, Workshop, messages, segment
from shifting_shop import Files, World, interleaving

TWISTS = ("plain", "interrupted", "back_and_forth", "settings", "catalogue", "plain")
WORLD_SHARED_BY = len(TWISTS)
COUNT = int(os.environ.get("INTERLEAVINGS", "6"))
ONE = os.environ.get("INTERLEAVING_SEED")
SEEDS = [int(ONE)] if ONE else list(range(COUNT))
EACH_STEP = bool(os.environ.get("INTERLEAVING_STEPS"))

# These record what runs saw: the same files by another way are another record.
RECORDS = {
    "input_check_results": "a log of runs",
    "int_contact_versions__recorded": "contacts as earlier runs saw them",
    # What is chosen of them stands in int_contacts__existing, which is compared.
    "int_contact_versions__suspected": "contacts of whom the record holds a version",
    "int_contact_versions__dated": "versions of these",
    "int_contact_versions__chosen": "versions of these",
    "int_customer_states__recorded": "customers as earlier runs saw them",
    "int_identities__recorded": "identities as earlier runs saw them",
    "int_customer_positions__recorded": "positions as earlier runs saw them",
    "int_segment_days__recorded": "dates of earlier runs",
    "int_segment_stays__recorded": "members as earlier runs saw them",
    "int_segment_stays__changed": "compares with the record",
    "stg_segment_days": "reads the record",
    "stg_segment_stays": "reads the record",
    "int_segments__written": "compares with the record",
    "int_rows__known": "compares with the record",
    "int_customer_states__hashed": "compares with the record",
    "int_customer_changes__flagged": "compares with the record",
    "int_customer_moves__counted": "counts over the record",
    "int_migration_periods__paired": "counts over the record",
    "int_segment_stays__measured": "counts over the record",
    "int_segment_alerts__raised": "compares with the record",
    "segment_membership_history": "is the record",
    "segment_transitions": "is the record",
    "segment_metrics": "keeps other dates; entered and exited are counted over the record",
    "segment_migrations": "counts over the record",
    "segment_alerts": "keeps other dates",
    "int_segment_conditions__filled": "counts what its run filled",
    # Its lists have no order; int_segment_measures__pivoted reads every value of them.
    "int_segment_measures__packed": "packs values in any order",
    **{
        f"base_{table}__{name}": why
        for table in ("contacts", "orders", "order_lines", "events")
        for name, why in (
            ("turned", "what this run makes anew"),
            ("arrived", "what this run stages"),
            ("typed", "keeps removed rows for a run; base_ and stg_ views of it are compared"),
        )
    },
    "stg_contacts__changed": "what this run staged",
    "stg_orders__changed": "what this run staged",
    "stg_order_lines__changed": "what this run staged",
    "stg_events__changed": "what this run staged",
    "stg_build_state": "tells what this run goes on from",
    "stg_former_identities": "tells what this run goes on from",
    "stg_former_contact_versions": "tells what this run goes on from",
    "stg_former_customer_days": "tells what this run goes on from",
    "stg_former_customer_cohorts": "tells what this run goes on from",
    "stg_former_windows": "tells what this run goes on from",
    "stg_former_ledger": "tells what this run goes on from",
    "stg_former_ledger_days": "tells what this run goes on from",
    "stg_former_memberships": "tells what this run goes on from",
    "int_identities__changed": "what this run makes anew",
    "int_contact_days__touched": "what this run makes anew",
    "int_customers__touched": "what this run makes anew",
    "int_customer_attributes__touched": "what this run makes anew",
    "int_cohort_customers__touched": "what this run makes anew",
    "int_cohorts__let_go": "what this run makes anew",
    "int_segment_contact_days__touched": "what this run makes anew",
    "int_segment_condition_days__due": "what this run makes anew",
    "int_segment_facts__open": "what this run makes anew",
    "int_segment_contacts__let_go": "what this run makes anew",
    "int_segment_days__moved": "what this run makes anew",
    "int_segment_measures__touched": "what this run makes anew",
    "int_segment_customers__touched": "what this run makes anew",
    "int_customer_memberships__touched": "what this run makes anew",
    "int_segment_members__renewed": "what this run makes anew",
}
# Of these, nothing that is compared reads any: they are not built.
LEFT_OUT = (
    *("int_customer_positions__recorded", "int_customer_moves__counted", "segment_migrations"),
    *("int_migration_periods__paired", "int_segment_stays__measured", "segment_metrics"),
    *("int_segment_alerts__raised", "segment_alerts", "segment_transitions"),
    "segment_membership_history",
)
RECORDED_COLUMNS = {
    "segment_memberships": {"member_since_date"},
    # Whether the build that it is compared with records is another matter.
    "int_customer_memberships__fingerprinted": {"catalogue_hash"},
    "int_segment_ledger__filled": {"filled_by"},
}

SEGMENTS = [
    segment("spenders", {"field": "monetary", "gte": 300}, priority=1),
    segment("best", {"all": [{"field": "r_score", "gte": 4}, {"field": "value_tier", "eq": "A"}]}),
    segment("premium", {"any": [
        {"field": "plan", "eq": "premium"}, {"field": "attributes.interests", "has_any": ["bags"]},
    ]}, priority=2, reach="email"),
    segment("viewers", {"event": "product_viewed", "count": {"gte": 2}, "in_last": "10 days",
        "where": [{"field": "product.category", "eq": "bags"}]}),
    segment("quiet", {"event": "email_clicked", "never": True, "in_last": "2 weeks"}),
    segment("lapsed", {"event": "order_placed", "days_since": {"gte": 10}}),
    segment("refunded", {"event": "order_refunded", "sum": "net_amount", "gt": 20}),
    segment("store_first", {"event": "order_placed", "first": "channel", "eq": "store"}),
    segment("brands", {"event": "product_purchased", "distinct": "product.brand", "gte": 2,
        "in_last": "1 month"}),
    segment("margin", {"event": "product_purchased", "max": "unit_price", "gt": 60,
        "between": ["2024-02-10", "2026-03-20"]}),
    segment("abandoned", {"sequence": ["product_viewed", {"not": "order_placed"}],
        "within": "1 day", "between_ago": ["20 days", "1 day"]}),
    segment("clicked_a", {"event": "email_clicked",
        "where": [{"field": "properties.link", "eq": "a"}]}, exclude=[{"list": "staff"}]),
    segment("stopped", {"event": "session_started", "stopped": "8 days"}),
    segment("some", {"all": [{"segment": "premium"}, {"not": {"segment": "quiet"}},
        {"sample": {"percent": 60, "salt": "x"}}]}),
]  # fmt: skip
# Half of the segments, two of them otherwise, and one of its own.
OTHER_SEGMENTS = [
    *SEGMENTS[::2],
    segment("lapsed", {"event": "order_placed", "days_since": {"gte": 5}}),
    segment("viewers", {"event": "product_viewed", "in_last": "20 days"}),
    segment("openers", {"event": "email_opened", "count": {"gte": 1}, "in_last": "5 days"}),
]
# The settings that decide what rows mean; the last refresh has those of vars.yml again.
SETTINGS: dict[str, dict[str, Any]] = {
    "timezone": {"timezone": "Asia/Tokyo"},
    "max_contacts_per_identifier": {"max_contacts_per_identifier": 50},
    "reporting_currency": {"reporting_currency": "EUR"},
    "cancelled_statuses": {"cancelled_statuses": ["sent"]},
    "accept_with_null": {"accept_with_null": ["invalid_email", "invalid_json"]},
    "future_tolerance_minutes": {"future_tolerance_minutes": 0},
    "known_at": {"known_at": "2026-03-10T12:00:00Z"},
    "occasions_require_revenue": {"occasions_require_revenue": False},
    "engagement_event_types": {"engagement_event_types": ["email_opened"]},
    "expose_pii": {"expose_pii": True},
    "pii_salt": {"pii_salt": "another"},
    "fixed_scores": {"score_mode": "fixed"},
}
CHECKED_SETTINGS = list(SETTINGS) if COUNT >= 30 else ["timezone", "max_contacts_per_identifier"]


class Warehouse(Workshop):
    """A warehouse over files of its own, refreshed with the whole project but its tests."""

    def __init__(self, folder: Path, world: World, layout: str = "csv") -> None:
        """Take a folder, which need not be there."""
        super().__init__(folder, world.timezone)
        self.files = Files(folder / "raw", layout)

    def attempt(self, as_of: str, **variables: Any) -> Any:
        """Refresh as of a date and return dbt's result, which may have failed."""
        given = {
            "segments": SEGMENTS, "segment_lists": {"staff": ["c03", "c05"]},
            "timezone": self.zone, "as_of_date": as_of, "continue_up_to_share": 100, **variables,
        }  # fmt: skip
        options = ["--exclude-resource-type", "unit_test", "test", "--exclude", *LEFT_OUT]
        return self.dbt("build", *options, variables=given)

    def refresh(self, as_of: str, **variables: Any) -> list[str]:
        """Refresh as of a date and return the tables and views in the order of their making."""
        done = self.attempt(as_of, **variables)
        assert done.success, messages(done)
        made = [one.node for one in done.result.results if one.node.resource_type == "model"]
        return [f"{node.schema}.{node.name}" for node in made if node.name not in RECORDS]

    def refresh_that_stops(self, as_of: str, random: Random, **variables: Any) -> str:
        """Refresh, with a model that fails or a process that is killed; returns which."""
        models = [one.name for one in Workshop.manifest.nodes.values() if is_table(one)]
        model = random.choice(sorted(models))
        if random.random() < 0.5:
            manifest = copy.deepcopy(Workshop.manifest)
            node = manifest.nodes[f"model.customer_segmentation.{model}"]
            node.raw_code = "select * from a_table_that_is_not_there"
            with patch.object(Workshop, "manifest", manifest):
                assert not self.attempt(as_of, **variables).success
            return f"{model} failed"
        delay = random.choice([0.0, 0.01, 0.03, 0.06])
        child = os.fork()
        if child == 0:
            callbacks = [partial(killed_at, model, delay)]
            with patch("segment_workshop.dbtRunner", partial(dbtRunner, callbacks=callbacks)):
                self.attempt(as_of, **variables)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), "the refresh came to its end"
        return f"killed {delay} s after the start of {model}"


def is_table(node: Any) -> bool:
    """Whether a node of the manifest is a model that is built and stored."""
    is_built = node.resource_type == "model" and node.name not in LEFT_OUT
    return is_built and node.config.materialized != "view"


def killed_at(model: str, delay: float, event: Any) -> None:
    """Kill this process some time after dbt says that it starts a model."""
    if event.info.name == "NodeStart" and event.data.node_info.node_name == model:
        threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()


class Contents:
    """What stands in the tables of a warehouse."""

    def __init__(self, warehouse: Warehouse) -> None:
        """Open the warehouse."""
        path = str(warehouse.folder / "warehouse.duckdb")
        self.connection = duckdb.connect(path, read_only=True)

    def columns(self, relation: str) -> list[str]:
        """Names and types of the columns that are compared; of a public table in their order."""
        schema, table = relation.split(".")
        names = self.connection.execute(
            "select column_name || ' ' || data_type, column_name from information_schema.columns"
            " where table_schema = ? and table_name = ? order by ordinal_position",
            [schema, table],
        ).fetchall()
        kept = [both for both, name in names if name not in RECORDED_COLUMNS.get(table, ())]
        return kept if schema == "marts" else sorted(kept)

    def sql(self, relation: str) -> str:
        """Query of the compared columns."""
        names = sorted(column.split(" ")[0] for column in self.columns(relation))
        return f"select {', '.join(names)} from {relation}"

    def hash(self, relation: str) -> tuple[Any, ...]:
        """Number and hash of the rows, whatever their order, and the columns."""
        query = "select count(*), sum(cast(hash(whole) as hugeint)) from ({}) as whole"
        found = self.connection.execute(query.format(self.sql(relation))).fetchone()
        return (*(found or ()), *self.columns(relation))

    def rows(self, relation: str) -> Counter[str]:
        """Rows as texts."""
        cursor = self.connection.execute(self.sql(relation))
        names = [column[0] for column in cursor.description or []]
        return Counter(
            str(dict(zip(names, row, strict=True))) for row in cursor.fetchall()
        )  # fmt: skip


# Stays on the day beside memberships: other members where the record goes up to it, or another
# start.
OTHERWISE = """
    with stays as (
        select * from marts_intermediate.int_segment_stays__recorded
        where valid_from_date <= $day and coalesce(valid_to_date > $day, true)
    ), days as (
        select segment, max(recorded_date) = $day as is_recorded_now
        from marts_intermediate.int_segment_days__recorded group by segment
    )
    select segment, customer_id, stays.valid_from_date, members.member_since_date
    from stays full join marts.segment_memberships as members using (segment, customer_id)
    left join days using (segment)
    where is_recorded_now and (stays.segment is null or members.segment is null)
        or members.segment is not null and members.member_since_date
            is distinct from case when stays.is_start_known then stays.valid_from_date end
"""


def recorded_otherwise(warehouse: Warehouse, as_of: str) -> list[Any]:
    """Members of whom the record says something else on the day of the last refresh."""
    path = str(warehouse.folder / "warehouse.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(OTHERWISE, {"day": as_of}).fetchall()


def differences(refreshed: Warehouse, built: Warehouse, relations: list[str]) -> list[str]:
    """Tables of a refreshed warehouse that differ from those of a built one, with rows that do."""
    left, right = Contents(refreshed), Contents(built)
    said = []
    for relation in relations:
        if left.hash(relation) == right.hash(relation):
            continue
        here, there = left.rows(relation), right.rows(relation)
        stale, missing = here - there, there - here
        said.append(f"{relation}: {stale.total()} rows too many, {missing.total()} missing")
        if left.columns(relation) != right.columns(relation):
            said.append(f"  columns {left.columns(relation)} instead of {right.columns(relation)}")
        # A few, and only of the first tables: the others follow from them.
        if len(said) < 15:
            said += [f"  too many: {row[:1500]}" for row in sorted(stale)[:2]]
            said += [f"  missing:  {row[:1500]}" for row in sorted(missing)[:2]]
    left.connection.close()
    right.connection.close()
    return said


@cache
def world_of(number: int) -> World:
    """The world that some interleavings share."""
    return World(number)


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Function from the number of a world to a warehouse built once, and its tables in order."""

    @cache
    def built(number: int) -> tuple[Warehouse, list[str]]:
        world = world_of(number)
        warehouse = Warehouse(tmp_path_factory.mktemp(f"world_{number}"), world)
        warehouse.files.write(
            {name: [(0, one) for one in rows] for name, rows in world.rows.items()}
        )
        return warehouse, warehouse.refresh(world.last.isoformat())

    return built


def twisted(twist: str, random: Random, is_last: bool, as_of: str) -> tuple[str, dict[str, Any]]:
    """As-of date and vars of a refresh; the last one's are as they should be."""
    if not is_last and twist == "back_and_forth":
        year = as_of[:4]
        as_of = random.choice([f"{year}-02-20", as_of, f"{year}-04-12", f"{year}-03-15"])
    if not is_last and twist == "settings":
        return as_of, SETTINGS[random.choice(sorted(SETTINGS))]
    if not is_last and twist == "catalogue":
        return as_of, {"segments": random.choice([OTHER_SEGMENTS, SEGMENTS[:4], SEGMENTS])}
    return as_of, {}


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"{seed}-{TWISTS[seed % len(TWISTS)]}")
def test_any_way_to_the_same_files_ends_in_the_same_tables(
    seed: int, builds: Any, tmp_path: Path
) -> None:
    twist, number = TWISTS[seed % len(TWISTS)], seed // WORLD_SHARED_BY
    world, random = world_of(number), Random(f"interleaving {seed}")
    is_recorded = (seed + number) % 2 == 1
    # First of all: what stops a refresh chooses from the models that this has parsed.
    built, expected = builds(number)
    warehouse = Warehouse(tmp_path / "refreshed", world, random.choice(["csv", "parquet"]))
    most = 4 if seed < WORLD_SHARED_BY else 6
    steps = interleaving(world, random, most, updates_are_dated=is_recorded)
    story = [f"seed {seed}, world {number} ({world.timezone}), recorded: {is_recorded}"]
    for at, step in enumerate(steps):
        is_last = at == len(steps) - 1
        as_of, variables = twisted(twist, random, is_last, step.as_of.isoformat())
        settings = {**variables, "record_history": is_recorded}
        if seed % 2:
            settings["continue_up_to_share"] = random.choice([0.3, 100])
        warehouse.files.write(step.rows)
        if twist == "interrupted" and random.random() < 0.7:
            stopped = warehouse.refresh_that_stops(as_of, random, **settings)
            story.append(f"step {at}: as of {as_of}, {stopped}")
        relations = warehouse.refresh(as_of, **settings)
        assert not recorded_otherwise(warehouse, as_of), "\n".join(story)
        told = {name: value for name, value in variables.items() if name != "segments"}
        catalogue = f"{len(variables['segments'])} segments" if "segments" in variables else ""
        story.append(f"step {at}: as of {as_of} {told or catalogue}")
        if EACH_STEP and not is_last:
            fresh = Warehouse(tmp_path / f"built_{at}", world)
            fresh.files.write(step.rows)
            fresh.refresh(as_of, **variables)
            said = differences(warehouse, fresh, relations)
            assert not said, "\n".join(["", *story, *said])
    assert sorted(relations) == sorted(expected)
    said = differences(warehouse, built, expected)
    assert not said, "\n".join(["", *story, *said])


@pytest.mark.parametrize("name", CHECKED_SETTINGS)
def test_a_changed_setting_reaches_every_row(name: str, builds: Any, tmp_path: Path) -> None:
    """From another setting to that of the full build, the files the same."""
    built, relations = builds(0)
    other = Warehouse(tmp_path / "other", world_of(0))
    shutil.copytree(built.folder / "raw", other.folder / "raw")
    as_of = world_of(0).last.isoformat()
    other.refresh(as_of, **SETTINGS[name])
    if name not in ("expose_pii", "fixed_scores"):
        assert differences(other, built, relations), "the setting changes nothing here"
    other.refresh(as_of)
    said = differences(other, built, relations)
    assert not said, "\n".join(["", *said])


@pytest.fixture
def other_seeds(tmp_path: Path) -> Iterator[None]:
    """The project with other exchange rates and another map of RFM segments."""
    folder = tmp_path / "project"
    folder.mkdir()
    for path in PROJECT_DIR.iterdir():
        if path.name in ("models", "macros", "tests", "profiles") or path.suffix == ".yml":
            (folder / path.name).symlink_to(path)
    shutil.copytree(PROJECT_DIR / "seeds", folder / "seeds")
    for name, former, later in (
        ("exchange_rates", "PLN,0.235", "PLN,0.5"), ("rfm_segment_map", "champions", "loyal"),
    ):  # fmt: skip
        path = folder / "seeds" / f"{name}.csv"
        content = path.read_text()
        assert former in content
        path.write_text(content.replace(former, later))
    with (
        patch("segment_workshop.PROJECT_DIR", folder),
        patch.object(Workshop, "manifest", None),
    ):
        yield


def test_a_changed_seed_reaches_every_row(
    builds: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    built, relations = builds(0)
    warehouse = Warehouse(tmp_path / "other", world_of(0))
    shutil.copytree(built.folder / "raw", warehouse.folder / "raw")
    as_of = world_of(0).last.isoformat()
    known = Workshop.manifest
    request.getfixturevalue("other_seeds")
    warehouse.refresh(as_of)
    changed = {line.split(":")[0] for line in differences(warehouse, built, relations)}
    assert {"marts_staging.stg_exchange_rates", "marts.customers", "marts.rfm_scores"} <= changed
    with (
        patch("segment_workshop.PROJECT_DIR", PROJECT_DIR),
        patch.object(Workshop, "manifest", known),
    ):
        warehouse.refresh(as_of)
    said = differences(warehouse, built, relations)
    assert not said, "\n".join(["", *said])
