"""`make backfill`: one pass gives what a build of each date gives, and a repaired range fits in."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

import backfill_shop
from backfill_shop import LAST, LOOPED, RULES, ZONE
from segment_workshop import Workshop, messages
from warehouse import PROJECT_DIR, build_environment, read

# `BACKFILL_DATES=20` is the whole measurement; a few dates keep the suite short.
DATES = int(os.environ.get("BACKFILL_DATES", "2"))
SEED = int(os.environ.get("BACKFILL_SEED", "11"))
FIRST, BEFORE = "2025-10-01", "2026-11-21"
# Ends of months, changes of the clock, and days after contacts were linked, parted and deleted.
TELLING = ["2026-03-30", "2026-02-28", "2026-08-01", "2025-10-27", "2026-07-25", "2026-06-07"]
LISTS = {"staff": ["c00000003", "c00000011", "c00000077"]}
STAYS = "marts_intermediate.int_segment_stays__recorded"
DAYS = "marts_intermediate.int_segment_days__recorded"


def run_script(
    script: str, raw_dir: Path, folder: Path, **given: str
) -> subprocess.CompletedProcess[str]:
    """Run a script of the project on a warehouse; given: environment variables."""
    path = folder / "segments.json"
    if not path.exists():
        declared = backfill_shop.catalogue(RULES | LOOPED)
        path.write_text(json.dumps({"segments": declared, "segment_lists": LISTS}))
    settings = {"TIMEZONE": ZONE, "SEGMENTS": str(path), **given}
    return subprocess.run(
        [sys.executable, str(PROJECT_DIR / "scripts" / script)], cwd=PROJECT_DIR,
        env=build_environment(raw_dir, folder, settings),
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def fill(raw_dir: Path, folder: Path, **given: str) -> str:
    """Run a back-fill that works and return what it said."""
    done = run_script("backfill.py", raw_dir, folder, **given)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def members(database: Path, day: str, names: list[str]) -> set[tuple[str, str]]:
    """Who was in some segments on a day, by the history."""
    return set(
        read(
            database,
            "select segment, customer_id from marts.segment_membership_history"
            f" where valid_from_date <= '{day}' and coalesce(valid_to_date > '{day}', true)"
            " and list_contains(?, segment)",
            [names],
        )
    )


def recorded(database: Path) -> tuple[list, list]:
    """Every stay and every recorded day."""
    return read(database, f"from {STAYS} order by all"), read(database, f"from {DAYS} order by all")


@pytest.fixture(scope="module")
def shop(made_here: Callable[..., Path]) -> Path:
    """Raw files of the shop; never written to."""
    return made_here("backfill_shop", backfill_shop.write_shop)


@pytest.fixture(scope="module")
def built(shop: Path, made_here: Callable[..., Path]) -> Path:
    """The shop built and recorded as of its last day; never written to."""

    def make(folder: Path) -> None:
        done = run_script("refresh.py", shop, folder, AS_OF=LAST)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]

    return made_here("backfill_built", make)


@pytest.fixture(scope="module")
def filled(shop: Path, built: Path, made_here: Callable[..., Path]) -> Path:
    """The same with every day of a year filled, of the segments of one pass; never written to."""

    def make(folder: Path) -> None:
        shutil.copytree(built, folder, dirs_exist_ok=True)
        said = fill(shop, folder, FROM=FIRST, TO=BEFORE, SEGMENTS_ONLY=",".join(RULES))
        assert f"in one pass: {len(RULES)} segments" in said
        assert "by a build for each date" not in said

    return made_here("backfill_filled", make)


def test_one_pass_gives_what_builds_of_the_dates_give(shop, built, filled, tmp_path):
    # Only what depends on the date is built again.
    folder = tmp_path / "builds"
    shutil.copytree(built, folder)
    (folder / "raw").symlink_to(shop)
    workshop = Workshop(folder, ZONE)
    draw = random.Random(SEED)
    days = draw.sample(TELLING, min(DATES // 2, len(TELLING)))
    while len(days) < DATES:
        day = date.fromisoformat(FIRST) + timedelta(days=draw.randrange(415))
        days.append(day.isoformat())
    for day in days:
        done = workshop.dbt(
            "run", "--select", "+int_segment_members__listed,path:models/intermediate",
            variables={
                "as_of_date": day, "timezone": ZONE, "segment_lists": LISTS,
                "segments": backfill_shop.catalogue(RULES),
            },
        )  # fmt: skip
        assert done.success, messages(done)
        listed = set(
            workshop.read(
                "select segment, customer_id from marts_intermediate.int_segment_members__listed"
            )
        )
        found = members(filled / "warehouse.duckdb", day, list(RULES))
        differing = sorted({segment for segment, _ in listed ^ found})
        assert not differing, f"seed {SEED}, {day}: {differing}"
        assert len({segment for segment, _ in listed}) > len(RULES) * 0.8


def test_nothing_is_asked_in_vain(filled):
    """Each rule has members at some time, and nearly each loses and gains some."""
    database = filled / "warehouse.duckdb"
    moved = dict(
        read(
            database,
            f"select segment, count(*) filter (valid_to_date is not null) from {STAYS} group by 1",
        )
    )
    assert set(RULES) <= set(moved)
    assert sum(count == 0 for count in moved.values()) < 12
    causes = dict(
        read(database, "select cause, count(*) from marts.segment_transitions group by 1")
    )
    assert set(causes) == {"customer_changed", "identity_merged"}


def test_the_history_holds_together(shop, filled, tmp_path):
    folder = tmp_path / "filled"
    shutil.copytree(filled, folder)
    (folder / "raw").symlink_to(shop)
    done = Workshop(folder, ZONE).dbt(
        "test", "--select", "membership_history_holds_together",
        variables={"as_of_date": LAST, "timezone": ZONE, "segment_lists": LISTS,
                   "segments": backfill_shop.catalogue(RULES | LOOPED)},
    )  # fmt: skip
    assert done.success, messages(done)
    since = read(
        folder / "published.duckdb",
        "select count(*), count(member_since_date) from marts.segment_memberships"
        " where segment = 'bought_lately'",
    )
    # Two have bought every month since before the first date.
    assert since == [(126, 124)]


def test_a_damaged_range_is_repaired(shop, filled, tmp_path):
    folder = tmp_path / "damaged"
    shutil.copytree(filled, folder)
    database = folder / "warehouse.duckdb"
    with duckdb.connect(str(database)) as connection:
        # What lies after the range keeps its cause.
        connection.execute(
            f"update {STAYS} set exit_cause = 'data_corrected' where valid_to_date = '2026-03-30'"
        )
    before = recorded(database)
    with duckdb.connect(str(database)) as connection:
        # Half of the stays within the range are lost, others end too early, days are missing.
        connection.execute(
            f"delete from {STAYS} where valid_from_date >= '2026-03-02'"
            " and valid_to_date <= '2026-03-28' and hash(customer_id) % 2 = 0"
        )
        connection.execute(
            f"update {STAYS} set valid_to_date = '2026-03-20', exit_cause = 'data_corrected'"
            " where valid_from_date < '2026-03-20' and valid_to_date between '2026-03-21'"
            " and '2026-03-28'"
        )
        connection.execute(
            f"delete from {DAYS} where recorded_date between '2026-03-05' and '2026-03-19'"
        )
    assert recorded(database) != before
    fill(shop, folder, FROM="2026-03-01", TO="2026-03-30", SEGMENTS_ONLY=",".join(RULES))
    assert recorded(database) == before


def test_an_edited_rule_is_filled_between_what_was_recorded(shop, filled, tmp_path):
    folder = tmp_path / "edited"
    shutil.copytree(filled, folder)
    richer = backfill_shop.field("monetary", "gt", 800)
    rules = RULES | LOOPED | {"rich": richer, "new_one": richer}
    (folder / "segments.json").write_text(
        json.dumps({"segments": backfill_shop.catalogue(rules), "segment_lists": LISTS})
    )
    fill(
        shop, folder, FROM="2026-04-01", TO="2026-07-01", GRAIN="week", SEGMENTS_ONLY="rich,new_one"
    )
    old, new = filled / "warehouse.duckdb", folder / "warehouse.duckdb"
    for day in ("2026-03-31", "2026-07-01", LAST):
        assert members(old, day, ["rich"]) == members(new, day, ["rich"])
    for day in ("2026-04-06", "2026-05-04", "2026-06-29"):
        assert members(new, day, ["rich"]) < members(old, day, ["rich"])
    dates = read(
        new, f"select recorded_date from {DAYS} where segment = 'rich' and recorded_date between"
        " '2026-03-31' and '2026-07-01' order by 1",
    )  # fmt: skip
    mondays = [date(2026, 4, 6) + timedelta(weeks=week) for week in range(13)]
    assert [day for (day,) in dates] == [date(2026, 3, 31), *mondays, date(2026, 7, 1)]
    edited = read(
        new,
        "select distinct transition_date, direction, cause from marts.segment_transitions"
        " where segment = 'rich' and cause = 'rule_edited' order by all",
    )
    assert edited == [
        (date(2026, 4, 6), "exited", "rule_edited"), (date(2026, 7, 1), "entered", "rule_edited"),
    ]  # fmt: skip
    others = f"from {STAYS} where segment not in ('rich', 'new_one') order by all"
    assert read(old, others) == read(new, others)
    # A segment that was never recorded: its beginning is unknown, and the last date is current.
    for day in ("2026-04-06", "2026-06-29"):
        names = [{name for _, name in members(new, day, [one])} for one in ("rich", "new_one")]
        assert names[0] == names[1] != set()
    ends = read(
        new,
        "select bool_and(is_start_known = (valid_from_date > '2026-04-06')),"
        " count(*) filter (valid_to_date is null)"
        " from marts.segment_membership_history where segment = 'new_one'",
    )
    assert ends == [(True, len(members(new, "2026-06-29", ["new_one"])))]


def test_segments_that_one_pass_cannot_compute_are_built_date_by_date(shop, built, tmp_path):
    folder = tmp_path / "looped"
    shutil.copytree(built, folder)
    said = fill(
        shop, folder, FROM="2026-09-01", TO="2026-09-15", GRAIN="week",
        SEGMENTS_ONLY=",".join(["rich", *LOOPED]),
    )  # fmt: skip
    assert "in one pass: 1 segments" in said
    assert "champions, for rfm_segment is 'champions': rfm_segment ranks a customer" in said
    assert "build 2 of 2: 2026-09-14" in said
    asked = [name for name in LOOPED if name != "new_champions"]
    (folder / "raw").symlink_to(shop)
    copied = tmp_path / "build"
    shutil.copytree(folder, copied, symlinks=True)
    workshop = Workshop(copied, ZONE)
    done = workshop.dbt(
        "run", "--select", "+int_segment_members__listed,path:models/intermediate",
        variables={"as_of_date": "2026-09-14", "timezone": ZONE, "segment_lists": LISTS,
                   "segments": backfill_shop.catalogue(RULES | LOOPED)},
    )  # fmt: skip
    assert done.success, messages(done)
    listed = workshop.read(
        "select segment, customer_id from marts_intermediate.int_segment_members__listed"
    )
    names = ["rich", *asked]
    assert {row for row in listed if row[0] in names} == members(
        folder / "warehouse.duckdb", "2026-09-14", names
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"TO": "2026-01-01"}, "FROM: no date is given; write FROM=YYYY-MM-DD."),
        ({"FROM": "2026-13-01", "TO": "2026-01-01"}, "FROM: '2026-13-01' is not a date"),
        ({"FROM": "2026-01-01", "TO": "2026-01-01"}, "TO: 2026-01-01 is not after FROM"),
        ({"FROM": "2026-01-01", "TO": "2026-02-01", "GRAIN": "hour"}, "GRAIN: found 'hour'"),
        ({"FROM": "2026-01-01", "TO": "2026-02-01", "KEEP_VERSIONS": "x"}, "KEEP_VERSIONS: "),
        ({"FROM": "2026-01-02", "TO": "2026-01-05", "GRAIN": "week"}, "GRAIN: no week begins from"),
        ({"FROM": "2026-11-01", "TO": "2026-12-01"}, "TO: 2026-12-01 asks for dates after the"),
        ({"FROM": "2026-01-01", "TO": "2026-02-01", "SEGMENTS_ONLY": "rihc"}, "did you mean rich?"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_a_line(shop, built, given, said):
    before = (built / "warehouse.duckdb").stat().st_mtime_ns
    done = run_script("backfill.py", shop, built, **given)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(built.glob(".backfill-*"))
    assert (built / "warehouse.duckdb").stat().st_mtime_ns == before


def test_the_benchmark_compares_both_ways(tmp_path):
    done = subprocess.run(
        [sys.executable, "scripts/bench.py", "backfill-XS", "--data", str(tmp_path)],
        cwd=PROJECT_DIR, env=build_environment(tmp_path, tmp_path),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    said = " ".join(done.stdout.split())
    assert "in one pass: 20 segments" in said
    assert "goal: one pass at least 20 times faster:" in said
    assert re.search(r"same memberships on 2 days \([0-9],[0-9]{3} in all\): yes", said)
