"""What contacts say has a history: a past date gets the version in force then."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from segment_workshop import Workshop, messages, segment, write_rows

SEGMENTS = [
    segment("gold", {"field": "plan", "eq": "gold"}),
    segment("not_gold", {"not": {"segment": "gold"}}),
    segment("green", {"field": "attributes.values", "has_any": ["green"]}),
    segment("mailable", {"field": "email_consent", "eq": True}),
    segment("two_contacts", {"field": "contact_count", "gte": 2}),
    segment("buyers", {"field": "frequency", "gte": 1}),
]
COLUMNS = (
    "contact_id varchar, email varchar, plan varchar, attributes varchar, email_consent boolean,"
    " created_at timestamp, updated_at timestamp, deleted_at timestamp, loaded_at timestamp"
)
FIRST = date(2026, 3, 1)
LAST = date(2026, 3, 7)
GREEN = '{"values": ["green"]}'
Row = tuple[Any, ...]


def at(day: int, hour: int = 10) -> datetime:
    """A moment of March 2026."""
    return datetime(2026, 3, day, hour)


def contact(
    name: str,
    updated: datetime | None,
    loaded: datetime | None,
    *,
    plan: str = "free",
    email: str | None = None,
    attributes: str | None = None,
    consent: bool | None = True,
    deleted: datetime | None = None,
) -> Row:
    """A row of the raw contacts."""
    created = datetime(2025, 1, 1)
    return (name, email, plan, attributes, consent, created, updated, deleted, loaded)


# What a feed that overwrites says from the morning of a day of March on.
FEED: dict[int, list[Row]] = {
    1: [
        contact("c1", None, at(1, 2)),
        contact("c2", at(1, 1), at(1, 2), plan="gold"),
        contact("c3", at(20, 1), None, plan="gold"),
        contact("c4", None, at(1, 2), email="one@example.com"),
        contact("c5", None, at(1, 2), email="five@example.com"),
        contact("c6", None, None),
        contact("c7", None, at(1, 2)),
        contact("c8", None, at(1, 2)),
    ],
    # The day before; this morning; and without a time of its own.
    3: [
        contact("c1", at(2), at(3, 2), plan="gold"),
        contact("c2", at(3, 1), at(3, 2), attributes=GREEN),
        contact("c7", None, at(3, 2), plan="gold"),
    ],
    # The consent goes this morning; the e-mail of c4 went to c5; c6 does not say since when.
    4: [
        contact("c1", at(4, 1), at(4, 2), plan="gold", consent=False),
        contact("c5", at(3), at(4, 2), email="one@example.com"),
        contact("c6", None, None, plan="gold"),
        contact("c8", at(3, 20), at(4, 2), deleted=at(3, 20)),
    ],
    # c8 is there again; the plan of c7 goes back; c4 has another e-mail; c2 is loaded as it was.
    6: [
        contact("c2", at(3, 1), at(6, 2), attributes=GREEN),
        contact("c8", at(5), at(6, 2)),
        contact("c7", None, at(6, 2)),
        contact("c4", at(5), at(6, 2), email="four@example.com"),
    ],
}


class Feed:
    """Contacts of whom the files hold what was delivered up to a day, and their warehouse."""

    def __init__(self, folder: Path) -> None:
        """Take the folder."""
        self.workshop = Workshop(folder, "UTC")

    def deliver(self, day: date, *, versions: bool = False) -> None:
        """Write the files of a day: the present rows, or all versions delivered by then."""
        rows = [row for since, some in FEED.items() if since <= day.day for row in some]
        if not versions:
            rows = list({row[0]: row for row in rows}.values())
        raw = self.workshop.folder / "raw"
        write_rows(raw, "contacts", COLUMNS, rows)
        write_rows(
            raw, "orders",
            "order_id varchar, contact_id varchar, ordered_at timestamp, net_amount int",
            [("o1", "c3", datetime(2026, 2, 1), 10)],
        )  # fmt: skip

    def build(self, day: date, record_history: bool = False, **variables: Any) -> None:
        """Build as of a day."""
        recorded = ["+segment_membership_history", "+int_segment_days__recorded"]
        done = self.workshop.dbt(
            "build", "--exclude-resource-type", "unit_test", "test",
            "--select", "+segment_memberships", *(recorded if record_history else []),
            variables={
                "as_of_date": day.isoformat(), "timezone": "UTC", "segments": SEGMENTS,
                "record_history": record_history, **variables,
            },
        )  # fmt: skip
        assert done.success, messages(done)

    def contacts(self, day: date, record_history: bool = False, **variables: Any) -> dict[str, Any]:
        """Plan and consent of each contact as of a day, with nothing else built."""
        done = self.workshop.dbt(
            "run", "--select", "+int_contacts__existing",
            variables={
                "as_of_date": day.isoformat(), "timezone": "UTC",
                "record_history": record_history, **variables,
            },
        )  # fmt: skip
        assert done.success, messages(done)
        rows = self.workshop.read(
            "select contact_id, plan, email_consent, email"
            " from marts_intermediate.int_contacts__existing"
        )
        return {name: tuple(rest) for name, *rest in rows}

    def members(self) -> set[tuple[str, str]]:
        """Members of each segment as built last."""
        return set(self.workshop.read("select segment, customer_id from marts.segment_memberships"))

    def recorded(self, day: date) -> set[tuple[str, str]]:
        """Members of each segment as recorded of a day."""
        return set(
            self.workshop.read(
                "select segment, customer_id from marts.segment_membership_history"
                f" where valid_from_date <= date '{day}'"
                f" and coalesce(valid_to_date > date '{day}', true)"
            )
        )

    def versions(self) -> list[tuple[Any, ...]]:
        """What is recorded of each contact."""
        return self.workshop.read(
            "select contact_id, version_number, plan, day(recorded_date)"
            " from marts_intermediate.int_contact_versions__recorded order by all"
        )


# Not every night: what changed on one without a refresh still has its own date.
DAYS = [FIRST, *(date(2026, 3, day) for day in (3, 4, 6)), LAST]


@pytest.fixture(scope="module")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Feed:
    """Nightly refreshes over files that are overwritten."""
    feed = Feed(tmp_path_factory.mktemp("feed"))
    for day in DAYS:
        feed.deliver(day)
        feed.build(day, record_history=True)
    return feed


def test_refreshes_record_what_says_something_else(feed: Feed) -> None:
    by_contact: dict[str, list[tuple[Any, ...]]] = {}
    for name, *rest in feed.versions():
        by_contact.setdefault(name, []).append(tuple(rest))
    assert by_contact["c1"] == [(1, "free", 1), (2, "gold", 3), (3, "gold", 4)]
    assert by_contact["c2"] == [(1, "gold", 1), (2, "free", 3)]
    assert by_contact["c3"] == [(1, "gold", 1)]
    assert by_contact["c6"] == [(1, "free", 1), (2, "gold", 4)]
    assert by_contact["c7"] == [(1, "free", 1), (2, "gold", 3), (3, "free", 6)]
    # Again, with every table made anew: nothing is added, nothing lost.
    before = feed.versions()
    feed.build(LAST, record_history=True)
    assert feed.versions() == before


def test_past_dates_give_what_the_refreshes_recorded(feed: Feed) -> None:
    for day in DAYS:
        feed.build(day)
        assert feed.members() == feed.recorded(day), day


def test_meaning_of_each_day(feed: Feed) -> None:
    """An update counts from the next day on; a withdrawal on the very day."""
    gold = {day.day: {one for name, one in feed.recorded(day) if name == "gold"} for day in DAYS}
    # c3 is dated after all of it: the one version known stands in for what it was.
    assert gold[1] == {"c2", "c3"}
    # c1 changed on the 2nd, c2 on the 3rd, c7 some time before the load of the 3rd.
    assert gold[3] == {"c1", "c2", "c3"}
    assert gold[4] == {"c1", "c3", "c6", "c7"}
    assert gold[6] == {"c1", "c3", "c6", "c7"}
    assert gold[7] == {"c1", "c3", "c6"}
    green = {day.day for day in DAYS if ("green", "c2") in feed.recorded(day)}
    assert green == {4, 6, 7}
    mailable = {day.day for day in DAYS if ("mailable", "c1") in feed.recorded(day)}
    assert mailable == {1, 3}
    # c5 has had the e-mail of c4 from the 3rd to the 5th.
    two = {day.day for day in DAYS if ("two_contacts", "c4") in feed.recorded(day)}
    assert two == {4}
    there = {day.day for day in DAYS if ("not_gold", "c8") in feed.recorded(day)}
    assert there == {1, 3, 6, 7}


def test_memberships_that_rest_on_later_attributes_are_marked(feed: Feed) -> None:
    feed.build(LAST)
    marked = feed.workshop.read(
        "select segment, customer_id from marts.segment_memberships"
        " where rests_on_later_attributes order by all"
    )
    # A rule that asks for orders rests on nothing that c3 says of itself.
    assert marked == [("gold", "c3"), ("mailable", "c3")]
    assert ("buyers", "c3") in feed.members()


def test_versions_in_the_files_are_history_too(tmp_path: Path) -> None:
    """Without any record; nothing dates the versions of c6, so the kept one is all there is."""
    feed = Feed(tmp_path)
    feed.deliver(LAST, versions=True)
    found = feed.contacts(date(2026, 3, 3))
    assert {name for name, (plan, *_) in found.items() if plan == "gold"} - {"c6"} == {
        "c1", "c2", "c3",
    }  # fmt: skip
    found = feed.contacts(date(2026, 3, 4))
    assert found["c2"] == ("free", True, None)
    assert found["c1"] == ("gold", False, None)
    assert found["c4"][2] == found["c5"][2] == "one@example.com"
    assert found["c7"][0] == "gold"
    # What was loaded later is not known: neither the withdrawal nor the other e-mail.
    found = feed.contacts(date(2026, 3, 4), known_at="2026-03-03T12:00:00Z")
    assert found["c1"] == ("gold", True, None)
    assert found["c5"][2] == "five@example.com"
    assert found["c2"] == ("free", True, None)


def test_the_record_keeps_to_known_at_and_to_the_order_of_recordings(tmp_path: Path) -> None:
    feed = Feed(tmp_path)
    for day in (FIRST, date(2026, 3, 3), date(2026, 3, 4)):
        feed.deliver(day)
        feed.contacts(day, record_history=True)
    feed.deliver(date(2026, 3, 4), versions=True)
    found = feed.contacts(date(2026, 3, 4), known_at="2026-03-03T12:00:00Z")
    assert found["c1"] == ("gold", True, None)
    found = feed.contacts(date(2026, 3, 3), known_at="2026-03-02T12:00:00Z")
    assert found["c1"][0] == "free"
    # What a refresh for a day before the last is the first to see counts after the last.
    before = feed.versions()
    feed.deliver(date(2026, 3, 6))
    feed.contacts(date(2026, 3, 2), record_history=True)
    after = feed.versions()
    assert set(before) < set(after)
    assert {row[3] for row in set(after) - set(before)} == {5}


def test_what_is_taken_back_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    feed = Feed(tmp_path)
    feed.deliver(FIRST)
    feed.contacts(FIRST, record_history=True)
    feed.deliver(date(2026, 3, 3))
    assert feed.contacts(date(2026, 3, 4), record_history=True)["c1"][0] == "gold"
    feed.deliver(FIRST)
    assert feed.contacts(date(2026, 3, 4), record_history=True)["c1"][0] == "free"
    assert feed.contacts(date(2026, 3, 4))["c1"][0] == "free"


def test_what_no_refresh_has_seen_is_told_from_what_it_saw(tmp_path: Path) -> None:
    """A build between two refreshes finds the files changed; of a past date it asks the record."""
    feed = Feed(tmp_path)
    feed.deliver(FIRST)
    feed.contacts(FIRST, record_history=True)
    feed.deliver(LAST)
    past, present = feed.contacts(FIRST), feed.contacts(LAST)
    # c1 and c7 were loaded with their times, c6 was seen without any.
    assert [past[name][0] for name in ("c1", "c6", "c7")] == ["free", "free", "free"]
    assert [present[name][0] for name in ("c1", "c6", "c7")] == ["gold", "gold", "free"]
    assert past["c1"][1] and not present["c1"][1]
