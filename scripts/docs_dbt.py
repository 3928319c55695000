"""dbt's own documentation and the lineage of columns, as pages without errors or requests."""

from __future__ import annotations

import json
import logging
import os
import re
from pathlib import Path
from typing import Any

import yaml

from build import ROOT, Settings, only_build_in

NO_SALT = "the salt"


class DocsError(Exception):
    """A page that cannot be made; the text is one line."""


def write_dbt_docs(settings: Settings, folder: Path, artifacts: Path) -> dict[str, Any]:
    """Write dbt's documentation as one page, index.html.

    Args:
        settings: those of the last build.
        folder: a new folder for the page.
        artifacts: a new folder for what dbt writes, manifest.json and catalog.json among it.

    Returns:
        The manifest.

    Raises:
        DocsError: dbt failed. AnotherBuild: the warehouse is being written.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    # The pages show the SQL that is run, and are passed on: it must not tell the salt.
    os.environ["PII_SALT"] = NO_SALT
    variables = settings.variables | {"pii_salt": NO_SALT}
    arguments = [
        "--quiet", "--log-level", "none", "--log-level-file", "none",
        "docs", "generate", "--static", "--target", "docs",
        "--target-path", str(artifacts), "--project-dir", str(ROOT),
        "--vars", yaml.safe_dump(variables, allow_unicode=True, sort_keys=False),
    ]  # fmt: skip
    with only_build_in(settings.warehouse_dir, "docs"):
        done = dbtRunner().invoke(arguments)
        DuckDBConnectionManager.close_all_connections()
    if isinstance(done.exception, KeyboardInterrupt):
        raise KeyboardInterrupt
    if not done.success:
        lines = [line.strip() for line in str(done.exception or "dbt docs").splitlines()]
        raise DocsError(next((line for line in reversed(lines) if line), "dbt docs failed"))
    page = (artifacts / "static_index.html").read_text(encoding="utf-8")
    folder.mkdir()
    # Where it was made is nothing to pass on.
    page = page.replace(f"{artifacts}/", "target/").replace(str(ROOT), ".")
    (folder / "index.html").write_text(without_errors(page), encoding="utf-8")
    return json.loads((artifacts / "manifest.json").read_text(encoding="utf-8"))


def without_errors(page: str) -> str:
    """Return dbt's page without what a browser reports as errors.

    Its templates stand in the page as text, and a browser asks for the pictures that they name
    before the script has filled in which.
    """
    page = page.replace('xlink:href="{{ getIcon', 'ng-attr-xlink:href="{{ getIcon')
    page = re.sub(r'(?<![-\w])src=(\\?["\'])(?=\{\{)', r"ng-src=\1", page)
    return re.sub(
        r'<link rel="shortcut icon" href="[^>]*>', '<link rel="icon" href="data:,">', page
    )


def write_lineage(artifacts: Path, folder: Path) -> None:
    """Write the lineage of columns as one page, and as JSON beside it.

    Args:
        artifacts: folder of manifest.json and catalog.json.
        folder: a new folder.
    """
    # Before the import: it would ask for newer versions, and its page would tell who reads it.
    os.environ["DBT_COLIBRI_NO_VERSION_CHECK"] = "1"
    from dbt_colibri.lineage_extractor.extractor import DbtColumnLineageExtractor
    from dbt_colibri.report.generator import DbtColibriReportGenerator
    from sqlglot.optimizer.scope import Scope

    if not hasattr(Scope, "union_scopes"):
        # Its name before sqlglot 30; without it every UNION ends the lineage.
        Scope.union_scopes = property(lambda scope: scope.set_operation_scopes)
    # Columns that are constants have no lineage, of which it warns one by one.
    logging.getLogger("colibri").setLevel(logging.CRITICAL)
    files = [str(artifacts / name) for name in ("manifest.json", "catalog.json")]
    extractor = DbtColumnLineageExtractor(*files)
    DbtColibriReportGenerator(extractor, light_mode=True, disable_telemetry=True).generate_report(
        output_dir=str(folder)
    )
