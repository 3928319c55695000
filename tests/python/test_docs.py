"""The documentation: what is described, where links lead, how pages look in a browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from browser import Browser
from warehouse import read, run_dbt

PROJECT_DIR = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import docs_links  # noqa: E402
import docs_pages  # noqa: E402
import docs_settings  # noqa: E402

PAGES = sorted((PROJECT_DIR / "docs").glob("*.md"))
SALT = "a salt that nobody may read"
PREFIX = "customer_segmentation"
# Drawn by the scripts of other tools, which know no phones.
DRAWN = ("dbt/index.html", "lineage/index.html")


@pytest.fixture(scope="module")
def site(demo_build: Path, made_here: Callable[..., Path]) -> Path:
    """The documentation of the demo's build."""

    def make(folder: Path) -> None:
        warehouse = folder / "warehouse"
        warehouse.mkdir()
        shutil.copyfile(demo_build / "warehouse.duckdb", warehouse / "warehouse.duckdb")
        checks = "input_checks/data_docs"
        shutil.copytree(demo_build / checks, warehouse / checks)
        done = write_docs(warehouse, folder / "docs", {"CHARTS": str(folder / "no_charts")})
        assert done.returncode == 0, done.stderr

    return made_here("docs_site", make) / "docs"


@pytest.fixture(scope="module")
def manifest(site: Path) -> dict[str, Any]:
    """What dbt's page shows."""
    page = (site / "dbt" / "index.html").read_text(encoding="utf-8")
    start = page.index('{"metadata": {"dbt_schema_version"')
    return json.JSONDecoder().raw_decode(page, start)[0]


def write_docs(
    warehouse: Path, output: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run scripts/docs.py as `make docs` does."""
    names = {"WAREHOUSE_DIR": str(warehouse), "OUTPUT": str(output), "PII_SALT": SALT}
    return subprocess.run(
        [sys.executable, str(PROJECT_DIR / "scripts" / "docs.py")],
        env={**os.environ, **names, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_models_columns_seeds_sources_macros_metrics_are_described(
    manifest: dict[str, Any],
) -> None:
    missing = []
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    tables = [
        one for one in nodes if one["resource_type"] in ("model", "seed", "source", "snapshot")
    ]
    assert len(tables) > 130
    for table in tables:
        if not (table.get("source_description") or table["description"]):
            missing.append(table["unique_id"])
        if not table["description"]:
            missing.append(table["unique_id"])
        columns = table["columns"].values()
        missing += [f"{table['name']}.{one['name']}" for one in columns if not one["description"]]
        if not columns:
            missing.append(f"{table['name']}: no columns")
    macros = [one for one in manifest["macros"].values() if one["package_name"] == PREFIX]
    assert len(macros) > 390
    for macro in macros:
        if not macro["description"]:
            missing.append(macro["name"])
        arguments = macro["arguments"]
        missing += [
            f"{macro['name']}({one['name']})" for one in arguments if not one["description"]
        ]
        source = (PROJECT_DIR / macro["original_file_path"]).read_text(encoding="utf-8")
        # Of a generic test dbt knows no arguments: its description tells them.
        is_test = macro["name"].startswith("test_")
        if not is_test and {one["name"] for one in arguments} != signature(source, macro["name"]):
            missing.append(f"{macro['name']}: other arguments are described than it takes")
    for kind in ("exposures", "metrics", "semantic_models", "saved_queries"):
        for one in manifest.get(kind, {}).values():
            if not one["description"]:
                missing.append(one["unique_id"])
    assert missing == []


def signature(source: str, name: str) -> set[str]:
    """Names of a macro's arguments, from the file that it is written in."""
    found = re.search(rf"{{%-?\s*macro\s+{name}\s*\((.*?)\)\s*-?%}}", source, re.DOTALL)
    assert found, name
    parts = re.split(r",(?![^\[{]*[\]}])", found.group(1))
    return {part.split("=")[0].strip() for part in parts if part.strip()}


def test_every_setting_is_described() -> None:
    found = docs_settings.settings()
    declared = yaml.safe_load((PROJECT_DIR / "vars.yml").read_text(encoding="utf-8"))["vars"]
    assert [one.name for one in found] == list(declared)
    assert [one.name for one in found if len(one.meaning) < 20] == []
    by_name = {one.name: one for one in found}
    assert by_name["score_mode"].default == "quantile"
    assert by_name["lifecycle_churned_days"].meaning.startswith("churned: last occasion at least")


def test_lineage_leads_from_the_public_columns_to_the_raw_ones(site: Path) -> None:
    lineage = json.loads((site / "lineage" / "colibri-manifest.json").read_text(encoding="utf-8"))
    edges: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in lineage["lineage"]["edges"]:
        if one["sourceColumn"] and one["targetColumn"]:
            target = (one["target"].split(".")[-1], one["targetColumn"])
            edges.setdefault(target, set()).add((one["source"].split(".")[-1], one["sourceColumn"]))
    columns = {
        (node["name"], column)
        for node in lineage["nodes"].values()
        if node["nodeType"] == "model"
        for column in node["columns"]
    }
    traced = [column for column in columns if column in edges]
    assert len(traced) > 0.9 * len(columns)
    reached, waiting = set(), [("customers", "monetary")]
    while waiting:
        column = waiting.pop()
        if column not in reached:
            reached.add(column)
            waiting += edges.get(column, ())
    assert ("orders", "net_amount") in reached


def test_looking_at_the_project_leaves_the_warehouse_alone(
    demo: Path, demo_build: Path, tmp_path: Path
) -> None:
    """Whoever compiles all nodes compiles the hooks too, in which a build drops tables."""
    shutil.copyfile(demo_build / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    tables = "select schema_name, table_name, estimated_size from duckdb_tables() order by all"
    before = read(tmp_path / "warehouse.duckdb", tables)
    left_out = ("path:models/intermediate", "path:models/marts", "resource_type:test")
    # With this date a build would begin anew.
    done = run_dbt(
        "compile", "--exclude", *left_out, "resource_type:unit_test",
        raw_dir=demo, warehouse_dir=tmp_path, variables={"as_of_date": "2026-10-01"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert read(tmp_path / "warehouse.duckdb", tables) == before


def test_pages_tell_no_secret_and_no_place(site: Path) -> None:
    for path in site.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            assert SALT not in text, path
            assert str(site.parent) not in text, path
            assert f'"{PROJECT_DIR}' not in text, path


def test_index_leads_to_every_page_and_part(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    for page in PAGES:
        assert page.stem == "index" or f'href="docs/{page.stem}.html"' in index, page.name
    for part in (
        "dbt/index.html",
        "lineage/index.html",
        "settings.html",
        "input_checks/index.html",
    ):
        assert f'href="{part}"' in index
        assert (site / part).is_file()
    assert "Not there yet: <code>make charts</code>" in index
    assert "dbt/index.html#!/model/model.customer_segmentation.segment_memberships" in index


def test_dead_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt" / "index.html").write_text("drawn")
    (tmp_path / "docs" / "a.html").write_text(
        '<h2 id="here">a</h2><a href="#here">1</a><a href="#gone">2</a><a href="b.html">3</a>'
        '<a href="?layer=a">8</a>'
        '<a href="../dbt/index.html#!/model/model.x.known">4</a><a href="../../out.html">5</a>'
        '<a href="../dbt/index.html#!/model/model.x.unknown">6</a><a href="https://a.b">7</a>'
        '<img src="https://a.b/c.png"><link href="d.css"><img src="data:,">'
    )
    nodes = {"model.x.known": {}}
    manifest = {"nodes": nodes, "sources": {}, "macros": {}, "exposures": {}, "metrics": {}}
    (tmp_path.parent / "out.html").touch()
    found = {
        line.removeprefix("docs/a.html: ") for line in docs_links.dead_links(tmp_path, manifest)
    }
    assert found == {
        "#gone", "b.html", "../../out.html", "../dbt/index.html#!/model/model.x.unknown",
        "https://a.b/c.png", "d.css",
    }  # fmt: skip


def test_anchors_are_those_of_code_hosts() -> None:
    seen: dict[str, int] = {}
    words = ["What is `left`, and why?", "Rules", "Rules", "1. A shop"]
    anchors = [docs_pages.anchor_of(one.replace("`", ""), seen) for one in words]
    assert anchors == ["what-is-left-and-why", "rules", "rules-1", "1-a-shop"]


@pytest.mark.parametrize(
    ("env", "code", "line"),
    [
        ({}, 2, "failed: nothing is built in {warehouse}; run `make build` first."),
        ({"OUTPUT": "{other}"}, 2, "failed: OUTPUT: '{other}' holds other files; name a folder"),
        ({"VARS": "{scoremode: x}"}, 2, "failed: VARS: there is no var 'scoremode'; did you mean"),
    ],
)
def test_mistakes_are_one_line(env: dict[str, str], code: int, line: str, tmp_path: Path) -> None:
    places = {"warehouse": str(tmp_path), "other": str(tmp_path / "other")}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").touch()
    filled = {
        name: value if name == "VARS" else value.format(**places) for name, value in env.items()
    }
    done = write_docs(tmp_path, tmp_path / "docs", filled)
    assert done.returncode == code
    assert done.stderr.startswith(line.format(**places) if "VARS" not in env else line)
    assert done.stderr.count("\n") == 1 and done.stdout == ""
    assert (tmp_path / "other" / "mine.txt").exists()


def test_files_and_targets_that_pages_name_exist() -> None:
    makefile = (PROJECT_DIR / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z0-9-]+)(?= |:)", makefile, re.MULTILINE))
    folders = "models|macros|seeds|scripts|tests|charts|schemas|gx|examples|orchestration|profiles"
    missing = []
    for page in [*PAGES, PROJECT_DIR / "README.md", PROJECT_DIR / "CONTRIBUTING.md"]:
        text = page.read_text(encoding="utf-8")
        for name in re.findall(rf"(?<![\w/.-])((?:{folders})/[\w./-]+?)(?=[`),;:\s]|\.\s)", text):
            if not (PROJECT_DIR / name).exists() and "..." not in name:
                missing.append(f"{page.name}: {name}")
        for name in re.findall(r"(?:^|`|\b(?:ACCEPT|GIT)=\S+ )make ([a-z][a-z0-9-]+)", text, re.M):
            if name not in targets:
                missing.append(f"{page.name}: make {name}")
    assert missing == []


def test_picture_of_the_architecture_is_true(manifest: dict[str, Any]) -> None:
    """Every folder of intermediate models is in it, and every arrow between two is a reference."""
    picture = (PROJECT_DIR / "docs" / "architecture.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'data-node="(intermediate/\w+)"', picture))
    folders = (PROJECT_DIR / "models" / "intermediate").iterdir()
    assert drawn == {f"intermediate/{path.name}" for path in folders if path.is_dir()}

    def folder(name: str) -> str:
        return "/".join(manifest["nodes"].get(name, {"fqn": ["", ""]})["fqn"][1:-1])

    references = {
        (folder(parent), folder(name))
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        for parent in node["depends_on"]["nodes"]
    }
    arrows = re.findall(r'data-from="(intermediate/\w+)" data-to="(intermediate/\w+)"', picture)
    assert len(arrows) > 10 and [one for one in arrows if one not in references] == []


def test_rules_of_the_how_to_pages_compile(tmp_path: Path) -> None:
    declared = []
    for name in ("new_event", "new_field", "your_data"):
        page = (PROJECT_DIR / "docs" / f"{name}.md").read_text(encoding="utf-8")
        for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
            declared += yaml.safe_load(block)
        for inline in re.findall(r"`(\{(?:field|event): [^`]*\})`", page):
            rule = yaml.safe_load(inline)
            one = {"name": f"inline_{len(declared)}", "description": "One of the page."}
            declared.append({**one, "layer": "micro", "rule": rule})
    assert len(declared) >= 3
    arguments = yaml.safe_dump({"declared": declared}, allow_unicode=True, sort_keys=False)
    done = run_dbt(
        "run-operation", "segment_check", "--args", arguments,
        raw_dir=tmp_path, warehouse_dir=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_mapping_of_your_data_gives_what_the_contract_asks(tmp_path: Path) -> None:
    page = (PROJECT_DIR / "docs" / "your_data.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    (tmp_path / "my_data").mkdir()
    sources = yaml.safe_load((PROJECT_DIR / "models/staging/_sources.yml").read_text("utf-8"))
    contract = {one["name"]: one["columns"] for one in sources["sources"][0]["tables"]}
    with duckdb.connect() as connection:
        connection.execute(
            "create table people as select 1 as person_id, 'a@b.c' as mail, 'DE' as land,"
            " true as newsletter, timestamp '2026-01-01' as registered;"
            "create table sales as select 7 as sale_number, 1 as person_id, 119.0 as total,"
            " 19.0 as tax, timestamp '2026-01-02' as paid_at"
        )
        connection.execute(block.replace("my_data/", f"{tmp_path}/my_data/"))
        for table in ("contacts", "orders"):
            found = connection.sql(f"from '{tmp_path}/my_data/{table}.parquet'")
            known = {one["name"]: one for one in contract[table]}
            assert set(found.columns) <= set(known)
            required = {name for name, one in known.items() if is_required(one)}
            assert required <= set(found.columns)


def is_required(column: dict[str, Any]) -> bool:
    """Whether the input contract asks for a column."""
    return bool(column.get("config", {}).get("meta", column.get("meta", {})).get("required"))


def test_pages_in_a_browser(site: Path, browser: Browser) -> None:
    """No error, no request, nothing to scroll sideways for, no text too small to read."""
    names = {"index.html", "docs/architecture.html", "docs/tutorial.html", *DRAWN}
    # One file of code looks like the other.
    code = sorted(site.rglob("*.*.html"))
    for path in sorted({*site.rglob("*.html")} - {*code[1:]}):
        name = path.relative_to(site).as_posix()
        shot = f"docs_{name.removesuffix('.html').replace('/', '_')}" if name in names else None
        for width, seen in browser.look_at_widths(path, name=shot).items():
            assert (seen.problems, seen.outside) == ([], []), name
            assert len(seen.text) > 50, name
            if name not in DRAWN:
                assert seen.scroll_width <= width, f"{name} at {width} px"
                assert seen.smallest[0] >= 9, f"{name} at {width} px: {seen.smallest}"


def test_picture_is_legible_on_a_phone() -> None:
    """Its smallest text, shown on a window of 390 px less the page's margins."""
    picture = (PROJECT_DIR / "docs" / "architecture.svg").read_text(encoding="utf-8")
    width = re.findall(r'<svg [^>]*viewBox="0 0 (\d+) ', picture)[0]
    sizes = [int(size) for size in re.findall(r"font-size: (\d+)px", picture)]
    assert min(sizes) * (390 - 32) / int(width) >= 9


def test_dbt_shows_the_table_that_the_index_leads_to(site: Path, browser: Browser) -> None:
    address = (site / "dbt" / "index.html").as_uri()
    seen = browser.look(f"{address}#!/model/model.{PREFIX}.segment_memberships", 1440)
    assert "One row per segment and customer that is a member" in seen.text
    assert "member_since_date" in seen.text
