"""The linters themselves: what they let through in silence would be kept by nobody."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from scripts import lint

ROOT = Path(__file__).resolve().parent.parent.parent

PROPERTIES = """
version: 2
models:
  - name: customers
    description: One row per customer.
    config: {materialized: table, contract: {enforced: true}}
    columns:
      - name: customer_id
        data_type: string
        description: Identifier of the customer.
        data_tests: [unique, not_null, {accepted_values: {arguments: {values: [a]}}}]
"""
PROJECT = """
name: customer_segmentation
version: 0.1.0
profile: customer_segmentation
models:
  customer_segmentation:
    marts: {+materialized: table}
"""


def findings_in(folder: Path, properties: str = PROPERTIES, project: str = PROJECT) -> list[str]:
    (folder / "models").mkdir(exist_ok=True)
    (folder / "dbt_project.yml").write_text(project)
    (folder / "models/customers.yml").write_text(properties)
    return lint.unknown_keys(folder)


def test_keys_spelled_right_pass(tmp_path: Path) -> None:
    assert findings_in(tmp_path) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("models:", "modles:"),
        ("description: One", "descripton: One"),
        ("columns:", "colums:"),
        ("materialized", "materialised"),
        ("enforced", "enforce"),
        ("data_type", "datatype"),
        ("description: Identifier", "desciption: Identifier"),
        ("data_tests", "data_test"),
    ],
)
def test_misspelled_key_is_named(tmp_path: Path, right: str, wrong: str) -> None:
    found = findings_in(tmp_path, PROPERTIES.replace(right, wrong))
    assert len(found) == 1
    assert found[0].startswith("models/customers.yml: ")
    assert wrong.split(":")[0] in found[0]


@pytest.mark.parametrize("wrong", ["profil: a", "model-path: [models]"])
def test_misspelled_project_key_is_named(tmp_path: Path, wrong: str) -> None:
    found = findings_in(tmp_path, project=PROJECT + wrong)
    assert len(found) == 1
    assert wrong.split(":")[0] in found[0]


def test_file_that_sqlfluff_skips_is_a_finding() -> None:
    output = "=== [dbt templater] Project Compiled.\nWARNING    Skipped file a.sql\nAll Finished!"
    assert lint.sql_findings(0, output) == ["WARNING    Skipped file a.sql"]


def test_sqlfluff_that_finds_nothing_passes() -> None:
    assert lint.sql_findings(0, "=== [dbt templater] Project Compiled.\nAll Finished!") == []


def test_sqlfluff_that_fails_in_silence_is_a_finding() -> None:
    assert lint.sql_findings(1, "")


def test_unknown_part_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/lint.py", "sqll"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "sqll" in done.stderr


def test_hooks_are_local_and_run_parts_that_exist() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    assert [repository["repo"] for repository in config["repos"]] == ["local"]
    for hook in config["repos"][0]["hooks"]:
        parts = hook["entry"].split("scripts/lint.py")[1].split()
        assert parts
        assert set(parts) <= set(lint.PARTS)


def test_no_linter_rule_is_switched_off_wholesale() -> None:
    text = (ROOT / ".sqlfluff").read_text()
    assert not re.search(r"^(exclude_rules|ignore|disable_noqa)\s*=", text, flags=re.M)
