"""Segments: named errors, values as literals, and rules that mean what they say."""

from __future__ import annotations

import copy
import os
import random
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from segment_mistakes import HOSTILE, MISTAKES
from segment_peer import holds
from segment_rows import DAY, VALUES, ZONE, edge_rows, random_rule

PROJECT_DIR = Path(__file__).resolve().parents[2]
FOLDER = Path("target/compiled/customer_segmentation/models/intermediate/segments")
Database = duckdb.DuckDBPyConnection
Build = Callable[[list[dict[str, Any]], list[dict[str, Any]]], Database]
# What an operator means to texts: by default only eq and in mind the case.
MEANS: dict[str, Callable[[str, str], bool]] = {
    "eq": lambda text, wanted: text == wanted,
    "in": lambda text, wanted: text == wanted,
    "contains": lambda text, wanted: wanted.lower() in text.lower(),
    "starts_with": lambda text, wanted: text.lower().startswith(wanted.lower()),
}
VALID = {"name": "sample", "description": "Sample.", "layer": "micro", "goal": "growth"}


def segment(name: str, rule: Any, **more: Any) -> dict[str, Any]:
    """Return a valid segment around a rule."""
    return {**VALID, "name": name, "rule": rule, **more}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folder of the module's own target, logs and (empty) warehouse."""
    folder = tmp_path_factory.mktemp("segments")
    settings = {
        "WAREHOUSE_DIR": str(folder),
        "DBT_PROFILES_DIR": str(PROJECT_DIR / "profiles"),
        "DO_NOT_TRACK": "1",
    }
    kept = {key: os.environ.get(key) for key in settings}
    os.environ.update(settings)
    yield folder
    for key, value in kept.items():
        os.environ.pop(key) if value is None else os.environ.update({key: value})


def invoke(scratch: Path, *arguments: str, manifest: Manifest | None = None) -> Any:
    """Run dbt in this process, quietly, and return its result."""
    options = ["--project-dir", str(PROJECT_DIR), "--target-path", str(scratch / "target")]
    options += ["--log-path", str(scratch), "--quiet", "--log-level-file", "none"]
    return dbtRunner(manifest=manifest).invoke([*arguments, *options, "--no-version-check"])


@pytest.fixture(scope="module")
def manifest(scratch: Path) -> Manifest:
    """Parse the project once for all tests: vars change what compiles, not what is parsed."""
    parsed = invoke(scratch, "parse")
    assert parsed.success, parsed.exception
    return parsed.result


@pytest.fixture(scope="module")
def check(scratch: Path, manifest: Manifest) -> Callable[[Any], str | None]:
    """Check a catalogue: its error as one line, or None."""

    def message(catalogue: Any) -> str | None:
        arguments = yaml.safe_dump({"declared": catalogue}, allow_unicode=True, sort_keys=False)
        done = invoke(
            scratch, "run-operation", "segment_check", "--args", arguments, manifest=manifest
        )
        if done.success:
            return None
        said = str(done.exception or done.result.results[0].message).splitlines()
        return next((line.strip() for line in said if line.strip().startswith("Segment ")), said[0])

    return message


@pytest.fixture(scope="module")
def build(scratch: Path, manifest: Manifest) -> Build:
    """Compile a catalogue and evaluate it over rows, in memory."""

    def built(catalogue: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Database:
        return evaluate(compile_catalogue(scratch, manifest, catalogue), rows)

    return built


def compile_catalogue(
    scratch: Path, manifest: Manifest, catalogue: list[dict[str, Any]]
) -> dict[str, str]:
    """Compile a catalogue and return the SQL of the segment models by name."""
    variables = {"segments": catalogue, "as_of_date": DAY.isoformat(), "timezone": ZONE}
    done = invoke(
        scratch, "compile", "--select", "path:models/intermediate/segments",
        "--vars", yaml.safe_dump(variables, allow_unicode=True, sort_keys=False),
        manifest=copy.deepcopy(manifest),
    )  # fmt: skip
    assert done.success, done.exception
    return {path.stem: path.read_bytes().decode() for path in (scratch / FOLDER).glob("*.sql")}


def evaluate(sql: dict[str, str], rows: list[dict[str, Any]]) -> Database:
    """Run the compiled models over rows in memory, as tables of the same names."""
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as warehouse")
    connection.execute("create schema warehouse.marts_intermediate")
    connection.execute("use warehouse.marts_intermediate")
    columns = "customer_id varchar, " + ", ".join(
        f"{name} {kind}" for name, (kind, _) in VALUES.items()
    )
    connection.execute(f"create table int_customers__enriched ({columns})")
    connection.executemany(
        f"insert into int_customers__enriched values ({', '.join('?' * (len(VALUES) + 1))})",
        [list(row.values()) for row in rows],
    )
    for model in ("leaves__evaluated", "rules__resolved", "members__listed"):
        name = f"int_segment_{model}"
        connection.execute(f"create table {name} as {sql[name]}")
    for name in ("int_segments__declared", "int_primary_segments__chosen"):
        connection.execute(f"create table {name} as {sql[name]}")
    return connection


def members(connection: Database) -> dict[str, set[str]]:
    """Return the members of every segment that has any."""
    found: dict[str, set[str]] = {}
    listed = connection.execute("select segment, customer_id from int_segment_members__listed")
    for name, customer_id in listed.fetchall():
        found.setdefault(name, set()).add(customer_id)
    return found


@pytest.mark.parametrize("case", MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistake_is_named(case: tuple[str, Any, str], check: Callable[[Any], str | None]) -> None:
    """Every mistake stops with one line: segment, path, what was found, what is allowed."""
    _, change, expected = case
    catalogue = [segment("sample", {"field": "region", "eq": "a"})]
    if callable(change):
        catalogue = change(copy.deepcopy(catalogue))
    elif "rule" in change or "name" in change or not set(change) & {"field", "all", "any", "not"}:
        catalogue = [{**catalogue[0], **change}]
    else:
        catalogue = [segment("sample", {"all": [{"field": "plan", "eq": "a"}, change]})]
    said = check(catalogue)
    assert said is not None, "the mistake went through"
    assert expected in said


def test_valid_catalogue_passes(check: Callable[[Any], str | None]) -> None:
    """The project's own catalogue and an empty one have no mistake."""
    own = yaml.safe_load((PROJECT_DIR / "vars.yml").read_text())["vars"]["segments"]
    assert len(own) >= 12
    assert check(own) is None
    assert check([]) is None


def test_rules_mean_what_they_say(build: Build) -> None:
    """200 random rules over edge rows: the compiled SQL and the Python peer agree on every row."""
    draw = random.Random(20260331)
    rules = {f"rule_{number}": random_rule(draw) for number in range(200)}
    catalogue = [segment(name, rule) for name, rule in rules.items()]
    rows = edge_rows()
    found = members(build(catalogue, rows))
    for name, rule in rules.items():
        expected = {row["customer_id"] for row in rows if holds(rule, row, DAY, ZONE)}
        wrong = [row for row in rows if row["customer_id"] in expected ^ found.get(name, set())]
        assert not wrong, f"{rule} disagrees on {wrong[:3]}"


def test_values_are_literals(build: Build) -> None:
    """A hostile value matches what holds it, to the letter, and reaches the tables unchanged."""
    rows = [{**dict.fromkeys(["customer_id", *VALUES]), "region": text} for text in HOSTILE]
    for number, row in enumerate(rows):
        row["customer_id"] = f"c{number}"
    catalogue = []
    for number, text in enumerate(HOSTILE):
        more = {"description": text, "owner": text, "holdout": {"percent": 5, "salt": text}}
        for operator in ("eq", "contains", "starts_with", "in"):
            value = [text] if operator == "in" else text
            rule = {"field": "region", operator: value}
            catalogue.append(segment(f"{operator}_{number}", rule, **more))
    connection = build(catalogue, rows)
    found = members(connection)
    for one in catalogue:
        operator, number = one["name"].rsplit("_", 1)
        wanted = HOSTILE[int(number)]
        expected = {f"c{row}" for row, text in enumerate(HOSTILE) if MEANS[operator](text, wanted)}
        assert found[one["name"]] == expected, one
    salts = connection.execute("select distinct holdout_salt from int_segments__declared")
    assert {salt for (salt,) in salts.fetchall()} == set(HOSTILE)


def test_hash_ignores_form_and_order(build: Build) -> None:
    """Key order, condition order, repeats, 5 and 5.0, and a date as text or date: one meaning."""
    region = {"field": "region", "in": ["b", "a"]}
    order = {"field": "last_order_date", "before": "2026-01-01"}
    same = [
        {"all": [region, {"field": "monetary", "gte": 5, "lt": 9}, order]},
        {"all": [{"before": date(2026, 1, 1), "field": "last_order_date"}, region, region]
         + [{"all": [{"lt": 9.0, "field": "monetary"}, {"gte": 5.0, "field": "monetary"}]}]},
    ]  # fmt: skip
    other = {"any": same[0]["all"]}
    catalogue = [segment(f"s{number}", rule) for number, rule in enumerate([*same, other])]
    connection = build(catalogue, edge_rows())
    hashes = connection.execute("select rule_hash from int_segments__declared order by segment")
    first, second, third = [one for (one,) in hashes.fetchall()]
    assert first == second != third


def test_primary_is_lowest_priority_then_name(build: Build) -> None:
    """The lowest number wins; equal numbers go by name; no priority takes no part."""
    everyone = {"field": "customer_id", "is_not_null": True}
    catalogue = [
        segment("a_without", everyone),
        segment("c_second", everyone, priority=10),
        segment("b_first", {"field": "region", "is_null": True}, priority=10),
        segment("a_last", everyone, priority=100),
    ]
    rows = edge_rows()
    connection = build(catalogue, rows)
    chosen = connection.execute("select * from int_primary_segments__chosen").fetchall()
    assert dict(chosen) == {
        row["customer_id"]: "b_first" if row["region"] is None else "c_second" for row in rows
    }


def test_three_hundred_segments_compile_soon(check: Callable[[Any], str | None]) -> None:
    """300 segments of about ten conditions are checked in seconds of CPU time."""
    draw = random.Random(3)
    rules = [{"all": [random_rule(draw) for _ in range(3)]} for _ in range(300)]
    catalogue = [segment(f"rule_{number}", rule) for number, rule in enumerate(rules)]
    started = time.process_time()
    assert check(catalogue) is None
    assert time.process_time() - started < 15
