"""Build the segments of one catalogue in a copy of the last build, which stays as it is.

Only the models of segments run: staging, identities and customers are those of the last build.
"""

from __future__ import annotations

import copy
import csv
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from build import ROOT, Dbt, Settings, UsageError, code_fingerprint, only_build_in
from erase_register import copy_register
from refresh_versions import as_of_date

# What the comparison reads, and everything of segments that this needs.
SELECTED = [
    f"+{model},path:models/{folder}"
    for model in ("segment_explanations", "int_segment_members__listed")
    for folder in ("staging/segments", "intermediate/ledger", "intermediate/segments")
] + ["segment_conditions", "segment_explanations", "stg_former_*"]


class DiffError(Exception):
    """The comparison cannot be done; the text is one line."""


def as_of_last_build(warehouse_dir: Path) -> date:
    """Return the as-of date of the last build in a folder.

    Args:
        warehouse_dir: folder of warehouse.duckdb.

    Raises:
        UsageError: nothing is built there.
        AnotherBuild: one is under way. DiffError, OSError: the file cannot be opened.
    """
    path = warehouse_dir / "warehouse.duckdb"
    missing = UsageError(f"nothing is built in {warehouse_dir}; run `make build` first.")
    if not path.is_file():
        raise missing
    try:
        with (
            only_build_in(warehouse_dir, "diff"),
            duckdb.connect(str(path), read_only=True) as connection,
        ):
            found = as_of_date(connection, '"warehouse"')
    except duckdb.Error as error:
        raise DiffError(f"{path}: {str(error).splitlines()[0]}") from error
    if found is None:
        raise missing
    return date.fromisoformat(found)


def copy_build(warehouse_dir: Path, folders: list[Path]) -> None:
    """Copy the last build's file into folders, while no build writes it.

    Args:
        warehouse_dir: folder of warehouse.duckdb.
        folders: made here.

    Raises:
        AnotherBuild: one is under way. DiffError: there is no room. OSError: copying failed.
    """
    with only_build_in(warehouse_dir, "diff"):
        files = [
            path
            for path in (warehouse_dir / f"warehouse.duckdb{end}" for end in ("", ".wal"))
            if path.exists()
        ]
        needed = len(folders) * sum(path.stat().st_size for path in files)
        free = shutil.disk_usage(folders[0].parent).free
        if free < needed:
            raise DiffError(
                f"{folders[0].parent}: {needed / 1e9:.1f} GB needed for two copies of the last"
                f" build, {free / 1e9:.1f} GB free"
            )
        for folder in folders:
            folder.mkdir()
            for path in files:
                shutil.copyfile(path, folder / path.name)
            copy_register(warehouse_dir, folder)


class SegmentBuilder:
    """dbt in this process for several catalogues: the project is read once."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings of both builds; nothing is read yet."""
        self._settings = settings
        self._manifest: Any = None

    def check(self, variables: dict[str, Any]) -> str | None:
        """Return the first mistake of a catalogue, given as dbt vars; None where there is none."""
        dbt = self._dbt(variables)
        if self._manifest is None:
            cause = dbt.parse()
            if cause:
                return cause
            self._manifest = dbt.manifest
        dbt.manifest = self._manifest
        return dbt.check_configuration()

    def build(self, variables: dict[str, Any], folder: Path) -> None:
        """Build a catalogue that was checked in the copy in a folder.

        Args:
            variables: the catalogue as dbt vars.
            folder: folder of the copy.

        Raises:
            DiffError: dbt failed.
        """
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        log_dir = self._settings.warehouse_dir / "logs"
        raw_dir = folder / "raw"
        self._write_empty_inputs(raw_dir)
        given = self._given(variables) | {"raw_schema": None}
        places = {"WAREHOUSE_DIR": str(folder), "RAW_DIR": str(raw_dir)}
        # As a build says it: else what that has filled would be filled again.
        with _environment(places | {"CODE_FINGERPRINT": code_fingerprint()}):
            # Building leaves what it compiled in the manifest.
            result = dbtRunner(manifest=copy.deepcopy(self._manifest)).invoke(
                ["--quiet", "--log-level", "none", "--log-level-file", "info", "run",
                 "--select", *SELECTED, "--project-dir", str(ROOT),
                 "--target-path", str(folder / "target"), "--log-path", str(log_dir),
                 "--vars", yaml.safe_dump(given, allow_unicode=True, sort_keys=False)]
            )  # fmt: skip
            DuckDBConnectionManager.close_all_connections()
        if isinstance(result.exception, KeyboardInterrupt):
            raise KeyboardInterrupt
        if not result.success:
            raise DiffError(f"{_failure(result)} (log: {log_dir / 'dbt.log'})")

    def _dbt(self, variables: dict[str, Any]) -> Dbt:
        given = self._given(variables)
        return Dbt(replace(self._settings, variables=given))

    def _given(self, variables: dict[str, Any]) -> dict[str, Any]:
        return self._settings.variables | variables

    def _write_empty_inputs(self, raw_dir: Path) -> None:
        """Write files of no rows: a run looks for its inputs, though no model here reads them."""
        raw_dir.mkdir()
        for source in self._manifest.sources.values():
            if source.source_name == "raw":
                with (raw_dir / f"{source.name}.csv").open("w", newline="") as file:
                    csv.writer(file).writerow(source.columns)


def _failure(result: Any) -> str:
    """The cause of a failed run of dbt, in a line."""
    from build import _one_line

    for outcome in getattr(result.result, "results", None) or []:
        if str(outcome.status) in ("error", "fail", "runtime error"):
            return f"{outcome.node.name}: {_one_line(outcome.message or outcome.status)}"
    return _one_line(str(result.exception or "dbt failed without a message"))


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables while the block runs."""
    kept = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
