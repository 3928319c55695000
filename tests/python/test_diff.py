"""`make diff` says who enters and who leaves when rules change, and touches nothing."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from segment_workshop import segment
from warehouse import PROJECT_DIR, build_environment, read

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import diff_catalogues  # noqa: E402
from build import UsageError, only_build_in  # noqa: E402
from diff_examples import missed  # noqa: E402
from why import Part  # noqa: E402

BOUGHT = {"event": "order_placed", "sum": "net_amount"}
BEFORE = [
    segment(
        "regular",
        {"all": [{"field": "frequency", "gte": 3}, {"field": "recency_days", "lt": 120}]},
        reach="email",
    ),
    segment("spender", {**BOUGHT, "gt": 1000, "in_last": "6 months"}),
    segment("polish", {"all": [{"segment": "regular"}, {"field": "country_code", "eq": "PL"}]}),
    segment("gone", {"field": "frequency", "eq": 1}, reach="sms"),
    segment("old_name", {"field": "frequency", "eq": 2}),
    segment("settled", {"field": "frequency", "gte": 5}, priority=10),
    segment("catch_all", {"field": "customer_id", "is_not_null": True}, priority=20),
    segment("same", {"field": "email_consent", "eq": True}),
    segment("chosen", {"list": "chosen"}),
]
AFTER = [
    segment(
        "regular",
        {"all": [{"field": "frequency", "gte": 2}, {"field": "recency_days", "lt": 60}]},
        reach="email",
    ),
    segment("spender", {**BOUGHT, "gt": 500, "in_last": "3 months"}),
    BEFORE[2],
    segment("arrived", {"field": "frequency", "gte": 10}),
    segment("new_name", {"field": "frequency", "eq": 2}),
    segment("settled", {"field": "frequency", "gte": 5}, priority=30),
    *BEFORE[6:],
]
DAY = date(2026, 1, 31)
# Who is in each segment, by hand.
SPENT = """
select identities.customer_id
from marts_intermediate.int_orders__counted as orders
inner join marts_intermediate.int_identities__resolved as identities
    on orders.contact_id = identities.contact_id
where orders.document_type = 'order' and orders.ordered_date >= date '{first}'
    and orders.ordered_date < date '2026-11-21'
group by identities.customer_id having sum(orders.net_amount) > {amount}
"""
FIELDS = "select customer_id from marts.customers where {}"
NOBODY = FIELDS.format("false")
REGULAR = (
    FIELDS.format("frequency >= 3 and recency_days < 120"),
    FIELDS.format("frequency >= 2 and recency_days < 60"),
)
BY_HAND = {
    "regular": REGULAR,
    "spender": (
        SPENT.format(first="2026-05-21", amount=1000),
        SPENT.format(first="2026-08-21", amount=500),
    ),
    "polish": tuple(f"{sql} and country_code = 'PL'" for sql in REGULAR),
    "gone": (FIELDS.format("frequency = 1"), NOBODY),
    "arrived": (NOBODY, FIELDS.format("frequency >= 10")),
    "new_name": (FIELDS.format("frequency = 2"),) * 2,
    "settled": (FIELDS.format("frequency >= 5"),) * 2,
}
KINDS = {
    "regular": "rule edited",
    "spender": "rule edited",
    "polish": "refers to an edited one",
    "gone": "dropped",
    "arrived": "added",
    "new_name": "renamed",
    "settled": "settings edited",
    "chosen": "other members",
}


class Shop:
    """A built shop and the answer to one question about it."""

    def __init__(self, folder: Path) -> None:
        """Take the folder of its warehouse.duckdb."""
        self.folder, self.database = folder, folder / "warehouse.duckdb"

    def ask(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run scripts/diff.py as `make diff` does."""
        return diff(self.folder, **environment)

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        return read(self.database, sql)

    def catalogue(self, name: str, segments: list[dict[str, Any]], chosen: list[str]) -> str:
        """Write a catalogue with a list `chosen`; returns the path."""
        path = self.folder / f"{name}.yml"
        lists = {"chosen": chosen}
        path.write_text(yaml.safe_dump({"segments": segments, "segment_lists": lists}))
        return str(path)


def diff(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    names = ("BASE", "BASE_SEGMENTS", "OUTPUT")
    inherited = build_environment(folder / "no_raw_files", folder)
    return subprocess.run(
        [sys.executable, str(PROJECT_DIR / "scripts" / "diff.py")],
        cwd=PROJECT_DIR,
        env={name: value for name, value in inherited.items() if name not in names} | environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.glob("*.duckdb*")
    }


@pytest.fixture(scope="module")
def shop(demo_build: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("diff")
    for name in ("warehouse.duckdb", "published.duckdb"):
        shutil.copy(demo_build / name, folder / name)
    return Shop(folder)


@pytest.fixture(scope="module")
def asked(shop: Shop) -> tuple[subprocess.CompletedProcess[str], str]:
    """The answer for BEFORE and AFTER: the process, and its Markdown."""
    people = [row[0] for row in shop.read(FIELDS.format("true") + " order by 1 limit 3")]
    (shop.folder / "people.json").write_text(json.dumps(people))
    before = shop.catalogue("before", BEFORE, people[:2])
    after = shop.catalogue("after", AFTER, people[1:])
    was = hashes(shop.folder)
    output = shop.folder / "preview.md"
    done = shop.ask(BASE_SEGMENTS=before, SEGMENTS=after, OUTPUT=str(output))
    assert done.returncode == 0, done.stdout + done.stderr
    assert hashes(shop.folder) == was
    assert not list(shop.folder.glob(".diff-*"))
    return done, output.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def figures(asked: tuple[Any, str]) -> dict[str, list[str]]:
    """Cells of the Markdown table by segment."""
    rows = [line for line in asked[1].splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]
    return {name.strip("`"): others for name, *others in cells}


def test_only_what_differs_is_listed_and_how(figures: dict[str, list[str]]) -> None:
    assert {name: cells[0] for name, cells in figures.items()} == KINDS


@pytest.mark.parametrize("name", BY_HAND)
def test_counts_and_revenue_are_those_by_hand(
    name: str, figures: dict[str, list[str]], shop: Shop
) -> None:
    before, after = BY_HAND[name]
    ((counts, entering, leaving),) = shop.read(f"""
        with b as ({before}), a as ({after}),
        moved as (
            select coalesce(b.customer_id, a.customer_id) as customer_id,
                b.customer_id is not null as was, a.customer_id is not null as is_now
            from b full outer join a on b.customer_id = a.customer_id
        ),
        summed as (
            select moved.*, customers.monetary from moved inner join marts.customers
            using (customer_id)
        )
        select
            [count(*) filter (where was), count(*) filter (where is_now),
                count(*) filter (where was and is_now), count(*) filter (where not was),
                count(*) filter (where not is_now)],
            coalesce(sum(monetary) filter (where not was), 0),
            coalesce(sum(monetary) filter (where not is_now), 0)
        from summed
    """)
    found = figures[name]
    assert [int(cell.replace(",", "")) for cell in found[1:6]] == counts
    assert found[6:8] == [f"{entering:,.0f}", f"{leaving:,.0f}"]
    if name in ("regular", "spender"):
        assert min(counts) > 0, "the case shows nothing where nobody moves"


@pytest.mark.parametrize(("name", "channel"), [("regular", "email"), ("gone", "sms")])
def test_reach_counts_those_whom_the_channel_may_reach(
    name: str, channel: str, figures: dict[str, list[str]], shop: Shop
) -> None:
    before, after = BY_HAND[name]
    reachable = f"select customer_id from marts.customers where is_{channel}_reachable"
    ((entering, leaving),) = shop.read(f"""
        select
            (select count(*) from (({after}) except ({before})) where customer_id in ({reachable})),
            (select count(*) from (({before}) except ({after})) where customer_id in ({reachable}))
    """)
    expected = ["-" if name == "gone" else f"{entering:,}", f"{leaving:,}"]
    assert figures[name][8:10] == expected
    assert leaving > 0
    assert figures["spender"][8:10] == ["-", "-"]


def section(text: str, name: str) -> str:
    return text.split(f"### `{name}`")[1].split("### ")[0]


def test_examples_are_the_best_customers_with_their_reason(
    asked: tuple[Any, str], shop: Shop
) -> None:
    before, after = BY_HAND["regular"]
    lines = section(asked[1], "regular").splitlines()
    for word, here, there in (("entering", after, before), ("leaving", before, after)):
        found = [re.findall(r"`([^`]*)`", line) for line in lines if line.startswith(f"- {word}")]
        best = shop.read(f"""
            select customer_id, frequency, recency_days from marts.customers
            where customer_id in (({here}) except ({there}))
            order by monetary desc nulls last, customer_id limit 5
        """)
        assert [one[0] for one in found] == [row[0] for row in best]
        least, longest = (3, 120) if word == "entering" else (2, 60)
        for (_, *reasons), (_, frequency, recency) in zip(found, best, strict=True):
            expected = []
            if frequency < least:
                expected.append(f"frequency is at least {least} ({frequency})")
            if recency >= longest:
                expected.append(f"recency_days is under {longest} ({recency})")
            assert reasons == expected
    assert "- before: `frequency is at least 3 and recency_days is under 120`" in lines
    assert "- after: `frequency is at least 2 and recency_days is under 60`" in lines


def test_other_kinds_of_change_are_told(asked: tuple[Any, str], shop: Shop) -> None:
    done, text = asked
    assert "`in segment regular (not a member)`" in section(text, "polish")
    assert "segment dropped" in section(text, "gone")
    assert "segment added" in section(text, "arrived")
    assert "name: old\\_name -\\> new\\_name" in section(text, "new_name")
    assert "priority: 10 -\\> 30" in section(text, "settled")
    people = json.loads((shop.folder / "people.json").read_text())
    assert f"- entering `{people[2]}`" in section(text, "chosen")
    assert f"- leaving `{people[0]}`" in section(text, "chosen")
    ((settled, everybody),) = shop.read(
        "select count(*) filter (where frequency >= 5), count(*) from marts.customers"
    )
    # They go to the segment that now has the lower number.
    said = f"{settled:,} of {everybody:,} customers get another primary segment."
    assert f"8 of 10 segments differ; {said}" in text
    assert said in done.stdout
    assert "setting priority: 10 -> 30" in done.stdout


def test_no_change_is_said(shop: Shop, asked: tuple[Any, str]) -> None:
    path = str(shop.folder / "before.yml")
    done = shop.ask(BASE_SEGMENTS=path, SEGMENTS=path)
    assert done.returncode == 0, done.stderr
    assert "No segment differs: 9 are the same in both." in done.stdout


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "BASE: none given; write for example make diff BASE=main."),
        ({"BASE": "a", "BASE_SEGMENTS": "b"}, "BASE and BASE_SEGMENTS: both given"),
        ({"BASE_SEGMENTS": "nowhere.yml"}, "BASE_SEGMENTS: no file 'nowhere.yml'"),
        ({"BASE_SEGMENTS": "before.yml", "OUTPUT": "/nowhere/a.md"}, "OUTPUT: '/nowhere/a.md' is"),
        ({"BASE_SEGMENTS": "before.yml", "AS_OF": "2026-11-20"}, "AS_OF: the last build in"),
        (
            {"BASE_SEGMENTS": "broken.yml"},
            "broken.yml: Segment regular, rule.field: found 'regoin'",
        ),
    ],
)
def test_a_mistake_is_one_line(
    environment: dict[str, str], expected: str, shop: Shop, asked: tuple[Any, str]
) -> None:
    broken = [segment("regular", {"field": "regoin", "eq": "a"})]
    shop.catalogue("broken", broken, [])
    given = {
        name: str(shop.folder / value) if (shop.folder / value).is_file() else value
        for name, value in environment.items()
    }
    done = shop.ask(**given)
    error = done.stderr.replace(f"{shop.folder}{os.sep}", "").splitlines()
    assert (done.returncode, done.stdout, len(error)) == (2, "", 1), done.stdout + done.stderr
    assert error[0].startswith(f"failed: {expected}")


def test_a_build_under_way_is_waited_for_by_the_user(shop: Shop, asked: tuple[Any, str]) -> None:
    with only_build_in(shop.folder):
        done = shop.ask(BASE_SEGMENTS=str(shop.folder / "before.yml"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("failed: another build is under way in ")


def test_without_a_build_it_says_so(tmp_path: Path) -> None:
    catalogue = tmp_path / "a.yml"
    catalogue.write_text(yaml.safe_dump({"segments": BEFORE[:1]}))
    done = diff(tmp_path / "nothing", BASE_SEGMENTS=str(catalogue))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("failed: nothing is built in ")
    assert not (tmp_path / "nothing").exists()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two commits: `first` without segments, then with one that was edited since."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]

    def run(*arguments: str) -> None:
        subprocess.run([*git, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def write(variables: dict[str, Any]) -> None:
        (tmp_path / "vars.yml").write_text(yaml.safe_dump({"vars": variables}))

    run("init", "-q", ".")
    for tag, variables in (
        ("first", {"timezone": "UTC"}),
        # YAML reads a bare date as one; dbt's vars hold texts.
        ("second", {"segments": [segment("new", {"field": "created_date", "on": DAY})]}),
    ):
        write(variables)
        run("add", "vars.yml")
        run("commit", "-q", "-m", tag)
        run("tag", tag)
    write({"segments": AFTER[:1], "segment_lists": {"staff": ["c1"]}})
    monkeypatch.setattr(diff_catalogues, "ROOT", tmp_path)
    return tmp_path


def test_a_ref_gives_the_catalogue_of_its_commit(repository: Path) -> None:
    asked = diff_catalogues.question_from_environment({"BASE": "second"})
    rule = {"field": "created_date", "on": "2026-01-31"}
    assert asked.before.variables == {"segments": [segment("new", rule)], "segment_lists": {}}
    assert asked.after.variables == {"segments": AFTER[:1], "segment_lists": {"staff": ["c1"]}}
    assert not asked.is_as_of_given


@pytest.mark.parametrize("ref", ["nope", "--help", "second:vars.yml", "HEAD~9", "a b"])
def test_an_unknown_ref_is_said(ref: str, repository: Path) -> None:
    with pytest.raises(UsageError, match=f"^BASE: no commit '{re.escape(ref)}' here; [^\n]*$"):
        diff_catalogues.question_from_environment({"BASE": ref})


def test_a_ref_without_segments_is_said(repository: Path) -> None:
    with pytest.raises(UsageError, match="^BASE: vars.yml of 'first' has no segments list.$"):
        diff_catalogues.question_from_environment({"BASE": "first"})


def test_without_a_repository_a_file_is_asked_for(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(repository.parent))
    shutil.rmtree(repository / ".git")
    with pytest.raises(UsageError, match="^BASE: the project is no git repository; "):
        diff_catalogues.question_from_environment({"BASE": "second"})


def test_what_is_missed_is_the_conditions_that_decide() -> None:
    def leaf(text: str, is_met: bool, observed: str | None = None) -> Part:
        return Part("condition", text, None, observed, is_met)

    either = Part("any", "x or y", None, parts=[leaf("x", False, "1"), leaf("y", False)])
    never = Part("not", "not (z)", None, parts=[leaf("z", True, "a\nb")])
    whole = Part("all", "", None, parts=[leaf("w", True, "2"), either, never])
    assert missed(whole) == ["x (1)", "y", "not (z) (a b)"]
    assert missed(leaf("w", True)) == []
