"""`make freeze` holds the break points of a build; score_drift says how far today has moved."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from scripts import freeze

from warehouse import PROJECT_DIR, build_environment, read, run_dbt

PROJECT_PARTS = (
    "dbt_project.yml", "vars.yml", "gx", "macros", "models", "profiles", "scripts", "seeds",
    "tests/generic", "tests/singular",
)  # fmt: skip
SCORES = """
    select basis, customer_id, r_score, f_score, m_score, rfm_segment from marts.rfm_scores
    order by all
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project, whose seed may be written."""
    folder = tmp_path / "project"
    for part in PROJECT_PARTS:
        source, target = PROJECT_DIR / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    return folder


def run_freeze(project: Path, warehouse_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(project / "scripts" / "freeze.py")],
        env=build_environment(project, warehouse_dir), capture_output=True, text=True, check=False,
    )  # fmt: skip


def build_scores(project: Path, raw_dir: Path, warehouse_dir: Path, as_of: str) -> Path:
    """Build and test what the scores need, by frozen break points; returns the database."""
    done = run_dbt(
        "build", "--project-dir", str(project), "--exclude-resource-type", "unit_test",
        "--indirect-selection", "cautious", "--select", "+rfm_scores", "+score_drift",
        raw_dir=raw_dir, warehouse_dir=warehouse_dir,
        variables={"as_of_date": as_of, "score_mode": "frozen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return warehouse_dir / "warehouse.duckdb"


def seed_rows(seed: Path) -> list[dict[str, str]]:
    with seed.open(newline="") as file:
        return list(csv.DictReader(file))


def test_frozen_scores_stay_while_quantiles_move(
    project: Path, demo: Path, demo_build: Path, tmp_path: Path
) -> None:
    """On the day of freezing both modes agree; three months later frozen ones drift."""
    seed = project / "seeds" / "score_breaks.csv"
    fixed = [row for row in seed_rows(seed) if row["score_mode"] == "fixed"]
    done = run_freeze(project, demo_build)
    assert done.returncode == 0, done.stderr
    first, *breaks, last = done.stdout.splitlines()
    assert first == "froze 30 break points as of 2026-11-21 in seeds/score_breaks.csv"
    assert len(breaks) == 6 and "score_drift" in last
    rows = seed_rows(seed)
    assert rows[: len(fixed)] == fixed
    assert {row["frozen_date"] for row in rows[len(fixed) :]} == {"2026-11-21"}
    again = seed.read_bytes()
    assert run_freeze(project, demo_build).returncode == 0 and seed.read_bytes() == again

    warehouse_dir = tmp_path / "warehouse"
    database = build_scores(project, demo, warehouse_dir, "2026-11-21")
    assert read(database, SCORES) == read(demo_build / "published.duckdb", SCORES)
    drift = "select metric, moved_customers, stability_index, stability_level, frozen_date::varchar"
    drift += " from marts.score_drift where basis = 'orders' order by metric"
    assert read(database, drift) == [
        (metric, 0, 0.0, "stable", "2026-11-21") for metric in ("frequency", "monetary", "recency")
    ]

    build_scores(project, demo, warehouse_dir, "2027-02-19")
    recency = read(database, drift)[2]
    # Nobody bought since: every customer's recency fell, no frequency or amount moved.
    assert recency[1] > 0 and recency[2] > 0.25 and recency[3] == "alert"
    later = {row[:2]: row[2:5] for row in read(database, SCORES)}
    before = {row[:2]: row[2:5] for row in read(demo_build / "published.duckdb", SCORES)}
    assert later.keys() == before.keys()
    assert all(later[key][0] <= before[key][0] for key in before)
    assert all(later[key][1:] == before[key][1:] for key in before)


def made_build(folder: Path, rows: str) -> Path:
    """WAREHOUSE_DIR with nothing but measured break points."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(
            "create schema marts_intermediate;"
            "create table marts_intermediate.int_score_breaks__measured as"
            f" select * from ({rows}) as t (basis, metric, score, from_value, below_value,"
            " as_of_date)"
        )
    return folder


ORDERS = """values
    ('orders', 'recency', 1, null, -30::decimal(18,4), date '2026-03-01'),
    ('orders', 'recency', 2, -30::decimal(18,4), 0.5000::decimal(18,4), date '2026-03-01'),
    ('orders', 'recency', 3, 0.5000::decimal(18,4), 100, date '2026-03-01')
"""


def test_seed_without_the_date_keeps_what_it_says(tmp_path: Path) -> None:
    """An older seed gains the column; columns and lines that are not replaced stay as they are."""
    seed = tmp_path / "score_breaks.csv"
    seed.write_text(
        "score_mode,basis,metric,score,from_value,below_value,comment,owner\n"
        'fixed,orders,recency,1,,-365,"Days, minus",crm\n'
        "frozen,orders,recency,1,,-7,old,crm\n"
        "frozen,engagement,recency,1,,-9,older,crm\n"
    )
    as_of, rows = freeze.measured_breaks(made_build(tmp_path, ORDERS) / "warehouse.duckdb")
    assert freeze.write_seed(seed, rows) == ["engagement"]
    assert seed.read_text() == (
        "score_mode,basis,metric,score,from_value,below_value,frozen_date,comment,owner\n"
        'fixed,orders,recency,1,,-365,,"Days, minus",crm\n'
        "frozen,engagement,recency,1,,-9,,older,crm\n"
        "frozen,orders,recency,1,,-30,2026-03-01,Minus the days since the last occasion,\n"
        "frozen,orders,recency,2,-30,0.5,2026-03-01,Minus the days since the last occasion,\n"
        "frozen,orders,recency,3,0.5,100,2026-03-01,Minus the days since the last occasion,\n"
    )
    assert [path.name for path in tmp_path.glob(".*")] == []
    text = "\n".join(freeze.told(as_of, rows, seed, ["engagement"]))
    assert "orders recency: 2 from -30, 3 from 0.5 (minus the days since the last occasion)" in text
    assert "engagement: nobody is scored, the earlier ones stay" in text


def test_seed_that_is_not_laid_out_as_expected_stays(tmp_path: Path) -> None:
    seed = tmp_path / "score_breaks.csv"
    for content, part in (
        ("basis,metric,score,from_value,below_value\n", "lacks the column score_mode"),
        ("score_mode,basis,metric,score,from_value,below_value\nfixed,orders\n", "another length"),
    ):
        seed.write_text(content)
        with pytest.raises(freeze.CannotFreeze, match=part):
            freeze.write_seed(seed, [])
        assert seed.read_text() == content


@pytest.mark.parametrize(
    ("make", "code", "part"),
    [
        (lambda folder: None, 2, "run `make build` first"),
        (
            lambda folder: duckdb.connect(str(folder / "warehouse.duckdb")).close(),
            2,
            "build` again",
        ),
        (lambda folder: made_build(folder, f"select * from ({ORDERS}) where false"), 1, "nobody"),
        (lambda folder: (folder / "warehouse.duckdb").write_text("no database" * 999), 1, "duckdb"),
    ],
    ids=["no build", "older build", "nobody", "no database"],
)
def test_what_cannot_be_frozen_is_said_in_a_line(
    project: Path, tmp_path: Path, make, code: int, part: str
) -> None:
    seed = (project / "seeds" / "score_breaks.csv").read_bytes()
    make(tmp_path)
    done = run_freeze(project, tmp_path)
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("failed: ") and done.stderr.count("\n") == 1
    assert part in done.stderr and done.stdout == ""
    assert (project / "seeds" / "score_breaks.csv").read_bytes() == seed


def test_build_under_way_is_said_in_a_line(project: Path, tmp_path: Path) -> None:
    folder = made_build(tmp_path, ORDERS)
    with duckdb.connect(str(folder / "warehouse.duckdb")):
        done = run_freeze(project, folder)
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "lock" in done.stderr
