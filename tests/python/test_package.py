"""Another project takes this one in as a package: examples/adopter, as docs/package.md tells it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

PROJECT_DIR = Path(__file__).resolve().parents[2]
EXAMPLE = PROJECT_DIR / "examples" / "adopter"
AS_OF = "2026-11-21"
# Several commands in one process: dbt is imported once and reads the project anew where it changed.
RUNNER = """
import json, sys
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
for command in json.loads(sys.argv[1]):
    result = dbtRunner().invoke(["--quiet", *command])
    DuckDBConnectionManager.close_all_connections()
    if not result.success:
        sys.exit(1)
"""
BUILD = ["build", "--exclude-resource-type", "unit_test"]
ONLY_TABLES = [*BUILD, "--exclude-resource-type", "test"]


class Adopter:
    """A copy of the example, with the package and rows of a demo shop in its warehouse."""

    def __init__(self, folder: Path, raw_dir: Path, tables: dict[str, str]) -> None:
        """Make it; tables: names in schema shop of the raw tables that it keeps there."""
        self.folder, self.raw_dir = folder, raw_dir
        (folder / "models").mkdir(parents=True)
        for path in EXAMPLE.rglob("*.*"):
            if path.is_file() and path.parent.name in ("adopter", "models"):
                (folder / path.relative_to(EXAMPLE)).write_text(path.read_text())
        self.change("packages.yml", r"local: \S+", f"local: {PROJECT_DIR}")
        with duckdb.connect(str(folder / "acme.duckdb")) as connection:
            connection.execute("create schema shop")
            for table, name in tables.items():
                path = raw_dir / f"{table}.parquet"
                connection.execute(f"create table shop.{name} as from '{path}'")

    def change(self, name: str, pattern: str, text: str) -> None:
        """Replace what a pattern finds in a file of the project."""
        path = self.folder / name
        path.write_text(re.sub(pattern, text.replace("\\", r"\\"), path.read_text()))

    def write_settings(self, **changes: Any) -> None:
        """Copy vars.yml of the package and change it as the example does."""
        settings = yaml.safe_load((PROJECT_DIR / "vars.yml").read_text())
        changed = yaml.safe_load((EXAMPLE / "settings.yml").read_text())
        assert set(changed["vars"]) <= set(settings["vars"])
        settings["vars"] |= changed["vars"] | {"as_of_date": AS_OF} | changes
        (self.folder / "vars.yml").write_text(yaml.safe_dump(settings))

    def dbt(self, *commands: list[str], **variables: str) -> tuple[int, str]:
        """Run dbt commands; returns the exit code and all that they said."""
        environment = {name: value for name, value in os.environ.items() if "DBT" not in name}
        environment |= {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "RAW_DIR": str(self.raw_dir)}
        environment |= {"WAREHOUSE_DIR": str(self.folder), "DBT_USE_COLORS": "false"}
        environment |= {"TZ": "UTC"} | variables
        done = subprocess.run(
            [sys.executable, "-c", RUNNER, json.dumps(commands)],
            cwd=self.folder, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        return done.returncode, done.stdout

    def read(self, sql: str) -> list[tuple[Any, ...]]:
        """Return rows of the warehouse."""
        with duckdb.connect(str(self.folder / "acme.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def shop(made_here: Callable[..., Path]) -> Path:
    def make(folder: Path) -> None:
        script = PROJECT_DIR / "scripts" / "demo_data.py"
        options = ["--customers", "200", "--end", AS_OF, "--output", str(folder)]
        subprocess.run([sys.executable, str(script), *options], check=True, capture_output=True)

    return made_here("package_shop", make)


@pytest.fixture(scope="module")
def adopter(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Adopter:
    """The example built: raw tables of the warehouse, two named in its own way."""
    tables = {"contacts": "crm_contacts", "orders": "sales_orders"}
    tables |= {name: name for name in ("order_lines", "products", "events")}
    adopter = Adopter(tmp_path_factory.mktemp("adopter"), shop, tables)
    code, said = adopter.dbt(["deps"], ["parse"])
    assert code == 1
    assert (
        "Settings: there are none. Copy dbt_packages/customer_segmentation/vars.yml beside your "
        "dbt_project.yml and edit it" in said
    ), said
    adopter.write_settings()
    settings = (adopter.folder / "vars.yml").read_text()
    adopter.change("vars.yml", r"  (pii_salt|migration_period): .*\n", "")
    code, said = adopter.dbt(["parse"])
    assert code == 1
    assert "Settings: vars.yml lacks pii_salt, migration_period; take the lines over" in said, said
    (adopter.folder / "vars.yml").write_text(settings)
    code, said = adopter.dbt(BUILD)
    assert code == 0, said[-3000:]
    assert said == ""
    return adopter


def test_the_example_builds_with_its_own_sources_segments_and_profile(adopter: Adopter) -> None:
    assert adopter.read("select segment from crm_segmentation.segments order by 1") == [
        ("lapsed_spenders",), ("recent_clickers",),
    ]  # fmt: skip
    (customers,) = adopter.read("select count(*) from crm_segmentation.customers")[0]
    assert customers > 150
    expected = adopter.read(
        """select customer_id from crm_segmentation.customers
        where value_tier in ('A', 'B') and recency_days >= 90 and is_email_reachable order by 1"""
    )
    assert expected
    assert adopter.read("select customer_id from crm.win_back_list order by 1") == expected


def test_tables_land_where_dbt_puts_them_for_its_owner(adopter: Adopter) -> None:
    schemas = dict(
        adopter.read(
            """select table_schema, count(*) from information_schema.tables
            where table_schema <> 'shop' group by 1"""
        )
    )
    marts = list((PROJECT_DIR / "models" / "marts").glob("*.sql"))
    assert schemas["crm_segmentation"] == len(marts)
    assert schemas["crm"] == 1
    assert set(schemas) == {
        f"crm{part}"
        for part in ("", "_segmentation", "_staging", "_intermediate", "_raw", "_seeds")
    }
    assert not (PROJECT_DIR / "macros" / "generate_schema_name.sql").exists()


def test_the_package_brings_its_metrics_and_reads_its_own_tables(adopter: Adopter) -> None:
    manifest = json.loads((adopter.folder / "target" / "manifest.json").read_text())
    assert {one["package_name"] for one in manifest["metrics"].values()} == {
        "customer_segmentation"
    }
    semantic = json.loads((adopter.folder / "target" / "semantic_manifest.json").read_text())
    assert {one["node_relation"]["schema_name"] for one in semantic["semantic_models"]} == {
        "crm_segmentation"
    }


def test_names_that_would_take_the_place_of_ours_are_told(adopter: Adopter) -> None:
    """A ref is looked for in the root project first: our models would read that table."""
    (adopter.folder / "models" / "segments.sql").write_text("select 1 as one")
    code, said = adopter.dbt(BUILD)
    (adopter.folder / "models" / "segments.sql").unlink()
    assert code == 1
    assert (
        "Names: model segments of acme_analytics is also one of customer_segmentation, whose models"
        " would read yours; give yours another name" in said
    ), said


def test_schemas_named_in_another_way_and_files(shop: Path, tmp_path: Path) -> None:
    """generate_schema_name is the owner's; what a run goes on from is found by it."""
    adopter = Adopter(tmp_path / "other", shop, {})
    adopter.write_settings(raw_schema=None)
    adopter.change("profiles.yml", " *settings: .*", "")
    (adopter.folder / "macros").mkdir()
    (adopter.folder / "macros" / "generate_schema_name.sql").write_text(
        "{% macro generate_schema_name(custom_schema_name, node) %}"
        "{{ custom_schema_name or target.schema }}{% endmacro %}"
    )
    code, said = adopter.dbt(["deps"], ONLY_TABLES)
    assert code == 0, said[-3000:]
    tables = ("customers", "segment_memberships", "segment_metrics", "cohort_retention")
    first = {name: adopter.read(f"from segmentation.{name} order by all") for name in tables}
    assert all(first.values())
    code, said = adopter.dbt(ONLY_TABLES)
    assert code == 0, said[-3000:]
    assert {
        name: adopter.read(f"from segmentation.{name} order by all") for name in tables
    } == first
    # The second run went on from the first one: both generations are in the same tables.
    assert adopter.read(
        "select generation, former_as_of_date is not null from crm_raw.build_state"
        " where model_name = '(run)'"
    ) == [(2, True)]
    assert adopter.read("select count(*) > 0 from crm_raw.former_identities") == [(True,)]
    # Its profile says nothing of the session's time zone, which is then that of the machine.
    code, said = adopter.dbt(
        ["run-operation", "customer_segmentation.check_session"], TZ="Europe/Warsaw"
    )
    assert code == 1
    assert (
        "Session: its time zone is Europe/Warsaw; timestamps here are UTC: write settings" in said
    )


def test_settings_are_those_of_the_project() -> None:
    """The list by which missing ones are named is that of vars.yml."""
    text = (PROJECT_DIR / "macros" / "vars" / "settings.sql").read_text()
    named = re.findall(r"'([a-z_]+)'", text[text.index("setting_names() %}\n  {{-") :])
    assert named == list(yaml.safe_load((PROJECT_DIR / "vars.yml").read_text())["vars"])
