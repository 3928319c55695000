"""Who was in which segment when, and why that changed: recorded by each refresh."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from segment_workshop import Workshop, messages, segment, write_rows

SEGMENTS = [
    segment("spenders", {"field": "monetary", "gte": 100}),
    segment("recent", {"event": "page_viewed", "in_last": "3 days"}),
    segment("best", {"field": "r_score", "gte": 4}),
    segment("not_best", {"not": {"segment": "best"}}),
    segment("everybody", {"field": "customer_id", "is_not_null": True}),
]
FIRST = date(2026, 3, 10)


class Shop:
    """Raw rows that change from day to day, and the warehouse that follows them."""

    def __init__(self, folder: Path) -> None:
        """Start with ten contacts who ordered once, ten days apart, for 50 each."""
        self.workshop = Workshop(folder, "UTC")
        self.contacts = {f"c{i}": f"c{i}@example.com" for i in range(10)}
        self.orders = {
            f"o{i}": (f"c{i}", FIRST - timedelta(days=10 * (i + 1)), 50, datetime(2026, 3, 9))
            for i in range(10)
        }
        self.events: dict[str, tuple[str, datetime, datetime]] = {}
        self.segments = [*SEGMENTS]

    def order(self, name: str, contact: str, day: date, amount: int, loaded: date) -> None:
        """Add an order, or replace it."""
        self.orders[name] = (contact, day, amount, datetime(loaded.year, loaded.month, loaded.day))

    def view(self, name: str, contact: str, day: date, loaded: date) -> None:
        """Add a page view at noon."""
        noon = datetime(day.year, day.month, day.day, 12)
        self.events[name] = (contact, noon, datetime(loaded.year, loaded.month, loaded.day))

    def refresh(self, day: date, *options: str, **variables: Any) -> None:
        """Build as of a day and record it."""
        raw = self.workshop.folder / "raw"
        loaded = datetime(2026, 3, 1)
        write_rows(
            raw, "contacts", "contact_id varchar, email varchar, created_at timestamp",
            [(name, email, datetime(2025, 1, 1)) for name, email in self.contacts.items()],
        )  # fmt: skip
        write_rows(
            raw, "orders",
            "order_id varchar, contact_id varchar, ordered_at timestamp, net_amount int,"
            " loaded_at timestamp",
            [(name, *order) for name, order in self.orders.items()],
        )  # fmt: skip
        write_rows(
            raw, "events",
            "event_id varchar, contact_id varchar, event_type varchar, occurred_at timestamp,"
            " loaded_at timestamp",
            [(name, one[0], "page_viewed", *one[1:]) for name, one in self.events.items()]
            or [("e", "nobody", "page_viewed", loaded, loaded)],
        )  # fmt: skip
        done = self.workshop.dbt(
            "build", "--exclude-resource-type", "unit_test", *options,
            "--indirect-selection", "empty",
            "--select", "+segment_transitions", "+segment_memberships",
            "membership_history_holds_together", "segment_membership_history",
            "+int_segment_days__recorded",
            variables={
                "as_of_date": day.isoformat(), "timezone": "UTC", "record_history": True,
                "segments": self.segments, **variables,
            },
        )  # fmt: skip
        assert done.success, messages(done)

    def stays(self, name: str) -> set[tuple[Any, ...]]:
        """Stays in a segment: customer, first and last day of March."""
        return set(
            self.workshop.read(
                "select customer_id, day(valid_from_date), day(valid_to_date)"
                f" from marts.segment_membership_history where segment = '{name}'"
            )
        )

    def transitions(self, day: date) -> set[tuple[Any, ...]]:
        """Transitions of a day."""
        return set(
            self.workshop.read(
                "select segment, customer_id, direction, cause from marts.segment_transitions"
                f" where transition_date = date '{day}'"
            )
        )


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """Four days, each with changes of its own."""
    shop = Shop(tmp_path_factory.mktemp("history"))
    # As a version of before causes and rule hashes were recorded left it.
    with duckdb.connect(str(shop.workshop.folder / "warehouse.duckdb")) as connection:
        connection.execute("create schema marts_intermediate")
        connection.execute(
            "create table marts_intermediate.int_segment_stays__recorded (segment varchar,"
            " customer_id varchar, valid_from_date date, valid_to_date date,"
            " is_start_known boolean)"
        )
    shop.refresh(FIRST)
    # The 11th: c9 orders and views, both as it happens.
    shop.order("n1", "c9", FIRST, 60, FIRST + timedelta(days=1))
    shop.view("v1", "c9", FIRST, FIRST + timedelta(days=1))
    shop.refresh(date(2026, 3, 11))
    # The 12th: c8's order of the 1st arrives late, c6 and c7 turn out to be one customer.
    shop.order("late", "c8", date(2026, 3, 1), 70, date(2026, 3, 12))
    shop.contacts["c7"] = shop.contacts["c6"]
    shop.refresh(date(2026, 3, 12))
    # The 15th: time passes, and a rule asks for more.
    shop.segments[0] = segment("spenders", {"field": "monetary", "gte": 120})
    shop.refresh(date(2026, 3, 15))
    return shop


def test_the_first_recording_is_no_transition(shop: Shop) -> None:
    assert shop.transitions(FIRST) == set()


def test_new_facts_and_moved_ranks_are_told_apart(shop: Shop) -> None:
    """c9 becomes the most recent buyer; others who did nothing are no longer among the best."""
    found = shop.transitions(date(2026, 3, 11))
    changed = "customer_changed"
    assert {
        ("spenders", "c9", "entered", changed), ("recent", "c9", "entered", changed),
        ("best", "c9", "entered", changed), ("not_best", "c9", "exited", changed),
    } < found  # fmt: skip
    pushed = {one[1] for one in found if one[0] == "best" and one[2] == "exited"}
    assert pushed and "c9" not in pushed
    rest = found - {one for one in found if one[1] == "c9"}
    assert rest == {("best", who, "exited", "threshold_moved") for who in pushed} | {
        ("not_best", who, "entered", "threshold_moved") for who in pushed
    }


def test_late_rows_and_merged_customers_are_told_from_new_facts(shop: Shop) -> None:
    found = shop.transitions(date(2026, 3, 12))
    assert ("spenders", "c8", "entered", "data_corrected") in found
    assert ("spenders", "c6", "entered", "identity_merged") in found
    assert ("everybody", "c7", "exited", "identity_merged") in found
    assert {one[3] for one in found if one[1] in ("c6", "c7")} == {"identity_merged"}


def test_an_edited_rule_and_a_window_that_ended_are_told_apart(shop: Shop) -> None:
    found = shop.transitions(date(2026, 3, 15))
    assert ("spenders", "c6", "exited", "rule_edited") in found
    assert ("spenders", "c9", "exited", "rule_edited") in found
    assert ("recent", "c9", "exited", "customer_changed") in found
    assert ("spenders", "c8", "exited", "rule_edited") not in found


def test_stays_are_intervals(shop: Shop) -> None:
    assert shop.stays("recent") == {("c9", 11, 15)}
    assert shop.stays("spenders") == {("c9", 11, 15), ("c8", 12, None), ("c6", 12, 15)}
    assert ("c7", 10, 12) in shop.stays("everybody")
    since = shop.workshop.read(
        "select customer_id, member_since_date from marts.segment_memberships"
        " where segment in ('spenders', 'everybody') and customer_id in ('c0', 'c8')"
        " order by segment, customer_id"
    )
    assert since == [("c0", None), ("c8", None), ("c8", date(2026, 3, 12))]


def test_a_day_recorded_again_is_recorded_once_and_outlives_a_full_refresh(shop: Shop) -> None:
    """Then the customer who came by a mistake of the first run is gone from the record."""
    day = date(2026, 3, 16)
    shop.refresh(day)
    before = shop.workshop.read("from marts.segment_membership_history order by all")
    shop.order("mistake", "c0", date(2026, 3, 15), 500, day)
    shop.refresh(day)
    assert ("c0", 16, None) in shop.stays("spenders")
    del shop.orders["mistake"]
    shop.refresh(day, "--full-refresh")
    assert shop.workshop.read("from marts.segment_membership_history order by all") == before
    # A build of an earlier date leaves the record alone.
    shop.refresh(date(2026, 3, 11))
    assert shop.workshop.read("from marts.segment_membership_history order by all") == before
    # A segment that leaves the catalogue ends its stays.
    shop.segments = shop.segments[1:]
    shop.refresh(date(2026, 3, 17))
    assert shop.stays("spenders") == {("c9", 11, 15), ("c8", 12, 17), ("c6", 12, 15)}
    assert ("spenders", "c8", "exited", "rule_edited") in shop.transitions(date(2026, 3, 17))
