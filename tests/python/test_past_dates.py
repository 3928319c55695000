"""A build of a past date gives the memberships that the refresh of that day recorded."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta
from pathlib import Path

from segment_workshop import Workshop, messages

# `PAST_DAYS=60 PAST_DATES=20` is the whole measurement; a few dates keep the suite short.
DAYS = int(os.environ.get("PAST_DAYS", "5"))
DATES = int(os.environ.get("PAST_DATES", "2"))
LAST = date(2026, 11, 20)
SEED = 7


def run(workshop: Workshop, day: date, record_history: bool) -> None:
    """Build the memberships, and the history if asked to, as of a day."""
    done = workshop.dbt(
        "build", "--exclude-resource-type", "unit_test", "test",
        "--select", "+segment_memberships", "+segment_membership_history",
        "+int_segment_days__recorded",
        variables={
            "as_of_date": day.isoformat(), "timezone": "Europe/Warsaw",
            "record_history": record_history,
        },
    )  # fmt: skip
    assert done.success, messages(done)


def test_past_dates_equal_the_recorded_history(demo: Path, tmp_path: Path) -> None:
    """Every segment whose rule asks for no earlier membership, which a single build cannot know."""
    days = [LAST - timedelta(days=DAYS - place) for place in range(DAYS)]
    recorded = Workshop(tmp_path / "recorded", "Europe/Warsaw")
    past = Workshop(tmp_path / "past", "Europe/Warsaw")
    for workshop in (recorded, past):
        workshop.folder.mkdir()
        (workshop.folder / "raw").symlink_to(demo)
    for day in days:
        run(recorded, day, record_history=True)
    asked = {
        name
        for (name,) in recorded.read(
            "select segment from marts_intermediate.int_segments__declared"
            " where regexp_matches(rule_text, '(entered|left) [a-z_]+ within')"
        )
    }
    assert len(asked) == 2
    for day in sorted(random.Random(SEED).sample(days, DATES)):
        run(past, day, record_history=False)
        built = set(past.read("select segment, customer_id from marts.segment_memberships"))
        known = set(
            recorded.read(
                "select segment, customer_id from marts.segment_membership_history where"
                f" valid_from_date <= '{day}' and coalesce(valid_to_date > '{day}', true)"
            )
        )
        differing = {segment for segment, _ in built ^ known}
        assert differing <= asked, f"{day}: {sorted(differing - asked)}"
        assert len(built) > 10_000
