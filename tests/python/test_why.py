"""`make why` says in one block why a customer is, or is not, in a segment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from warehouse import PROJECT_DIR

# Two segments over one condition each way; views stand as tables here.
SHOP = """
create schema marts;
create table marts.customers as
    select * from (values ('c1', date '2026-03-31', 'vip'), ('c2', date '2026-03-31', null))
    as t (customer_id, as_of_date, primary_segment);
create table marts.segments as
    select * from (values
        ('vip', 'VIP', 'Best customers.', 'email'), ('loyal_vip', 'Loyal', 'Best of them.', null))
    as t (segment, label, description, reach);
create table marts.segment_memberships as
    select 'vip' as segment, 'c1' as customer_id, true as is_primary, false as is_reachable,
        true as in_holdout;
create table marts.segment_conditions as
    select * from (values
        ('vip', 1, null, 'all', 'rule', 'all of it', null, false),
        ('vip', 2, 1, 'condition', 'rule.all[0].eq', 'value_tier is ''A''', 1, true),
        ('vip', 3, 1, 'not', 'rule.all[1]', 'not (in list staff)', 2, true),
        ('vip', 4, 3, 'condition', 'rule.all[1].not.list', 'in list staff', 2, false),
        ('loyal_vip', 1, null, 'all', 'rule', 'both', null, false),
        ('loyal_vip', 2, 1, 'segment', 'rule.all[0]', 'in segment vip', 1, true),
        ('loyal_vip', 3, 1, 'any', 'rule.all[1]', 'either', 2, true),
        ('loyal_vip', 4, 3, 'condition', 'rule.all[1].any[0].eq', 'plan is ''x''', 2, false),
        ('loyal_vip', 5, 3, 'condition', 'rule.all[1].any[1].eq', 'first_name is ''y''', 2, false))
    as t (segment, condition_number, parent_number, condition_kind, condition_path, condition_text,
        step_number, is_step);
create table marts.segment_explanations as
    select * from (values
        ('vip', 'c1', 'rule.all[0].eq', 'A', true),
        ('vip', 'c1', 'rule.all[1].not.list', 'not listed', false),
        ('vip', 'c2', 'rule.all[0].eq', 'C', false),
        ('vip', 'c2', 'rule.all[1].not.list', 'listed', true),
        ('loyal_vip', 'c1', 'rule.all[0]', 'member', true),
        ('loyal_vip', 'c1', 'rule.all[1].any[0].eq', 'free', false),
        ('loyal_vip', 'c1', 'rule.all[1].any[1].eq', null, false))
    as t (segment, customer_id, condition_path, observed_value, is_met);
create table marts.segment_membership_history as
    select * from (values
        ('vip', 'c1', date '2026-01-10', date '2026-02-01', false),
        ('vip', 'c1', date '2026-03-05', null, true))
    as t (segment, customer_id, valid_from_date, valid_to_date, is_start_known);
create table marts.segment_transitions as
    select * from (values
        ('vip', 'c1', date '2026-02-01', 'exited', 'rule_edited'),
        ('vip', 'c1', date '2026-03-05', 'entered', 'customer_changed'))
    as t (segment, customer_id, transition_date, direction, cause);
create table marts.segment_near_misses as
    select 'loyal_vip' as segment, 'c1' as customer_id, 'rule.all[1]' as condition_path,
        'either' as condition_text;
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """WAREHOUSE_DIR of a small published shop, with the build that knows its contacts."""
    made = tmp_path_factory.mktemp("why")
    with duckdb.connect(str(made / "published.duckdb")) as connection:
        connection.execute(SHOP)
    with duckdb.connect(str(made / "warehouse.duckdb")) as connection:
        connection.execute(
            "create schema marts_intermediate;"
            "create table marts_intermediate.int_identities__resolved as"
            " select 'c9' as contact_id, 'c1' as customer_id"
        )
    return made


def why(folder: Path, customer: str = "", segment: str = "") -> tuple[int, str, str]:
    """Ask as `make why` does; returns the exit code, the answer and the error."""
    environment = {"WAREHOUSE_DIR": str(folder), "CUSTOMER": customer, "SEGMENT": segment}
    done = subprocess.run(
        ["make", "--no-print-directory", "why"],
        cwd=PROJECT_DIR, env={**os.environ, **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr.splitlines()[0] if done.stderr else ""


def squeezed(text: str) -> list[str]:
    """The lines of an answer with single spaces, the empty ones left out."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def test_a_member_and_its_reasons(folder: Path) -> None:
    code, said, _ = why(folder, "c1", "vip")
    assert code == 0
    assert squeezed(said) == [
        "c1 is in segment vip as of 2026-03-31",
        "VIP: Best customers.",
        "primary segment: this one",
        "reachable by email: no",
        "held out of its campaigns",
        "on record: member since 2026-01-10 or before until 2026-02-01 (rule_edited)",
        "on record: member since 2026-03-05 (customer_changed)",
        "✓ all of",
        "✓ value_tier is 'A' -> A",
        "✓ none of",
        "✗ in list staff -> not listed",
    ]


def test_a_near_miss_names_the_part_that_fails(folder: Path) -> None:
    _, said, _ = why(folder, "c1", "loyal_vip")
    assert squeezed(said) == [
        "c1 is not in segment loyal_vip as of 2026-03-31",
        "Loyal: Best of them.",
        "primary segment: vip",
        "✗ all of",
        "✓ in segment vip -> member",
        "✗ any of",
        "✗ plan is 'x' -> free",
        "✗ first_name is 'y' -> nothing to show",
        "nearest miss: all but one part hold; this one does not: either",
    ]


def test_who_fails_more_is_no_near_miss(folder: Path) -> None:
    _, said, _ = why(folder, "c2", "vip")
    assert squeezed(said)[-1] == "not a near miss: 2 of 2 parts are not met"


def test_without_a_segment_all_of_them(folder: Path) -> None:
    _, said, _ = why(folder, "c1")
    assert squeezed(said) == [
        "c1 is in 1 segment",
        "✓ vip VIP (primary, not reachable by email, held out)",
        "and misses 1 other by one part",
        "✗ loyal_vip either",
    ]
    assert squeezed(why(folder, "c2")[1]) == [
        "c2 is in 0 segments",
        "and misses 0 others by one part",
    ]


def test_a_merged_contact_leads_to_its_customer(folder: Path) -> None:
    _, said, _ = why(folder, "c9", "vip")
    assert squeezed(said)[:2] == [
        "c9 is a contact of customer c1",
        "c1 is in segment vip as of 2026-03-31",
    ]


@pytest.mark.parametrize(
    ("customer", "segment", "expected"),
    [
        ("", "vip", "CUSTOMER: none given"),
        ("c7", "vip", "CUSTOMER: no customer 'c7'"),
        ("c'7\"", "", "CUSTOMER: no customer 'c'7\"'"),
        ("c1", "vipp", "SEGMENT: no segment 'vipp'; did you mean vip?"),
        ("c1", "zzz", "SEGMENT: no segment 'zzz'; marts.segments lists them all."),
    ],
)
def test_a_mistake_is_one_line(folder: Path, customer: str, segment: str, expected: str) -> None:
    code, said, error = why(folder, customer, segment)
    assert (code, said) == (2, "")
    assert error.startswith(f"failed: {expected}")


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    assert why(tmp_path, "c1")[2].endswith("run `make build` first")
    duckdb.connect(str(tmp_path / "published.duckdb")).close()
    assert why(tmp_path, "c1")[2].endswith("run `make build` again")
