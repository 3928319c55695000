"""Check the inputs, build every table, publish the public ones and say what came out.

The environment names everything: RAW_DIR, WAREHOUSE_DIR, AS_OF, KNOWN_AT, TIMEZONE, VARS (YAML for
dbt's --vars), SEGMENTS (a file whose `segments:` list replaces the project's own).

Exit code 0: published; 1: the build failed and the last published tables stand; 2: wrong usage or
configuration; 3: inputs refused; 4: a critical alert on a segment, nothing was published. The steps
stand in refresh_run.py, what is to know of a run at night in docs/operations.md.
"""

from __future__ import annotations

import difflib
import gc
import hashlib
import json
import multiprocessing
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from refresh_lock import AnotherBuild, only_build_in

ROOT = Path(__file__).resolve().parent.parent
EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_REFUSED, EXIT_ALERT = 0, 1, 2, 3, 4

# Others take them from here.
__all__ = ["AnotherBuild", "Dbt", "Settings", "UsageError", "only_build_in"]

ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "DBT_PROFILES_DIR": str(ROOT / "profiles"),
}
os.environ.update(ENVIRONMENT | dict(os.environ))


FAILED = ("error", "fail", "runtime error")
NODE_TYPES = ("model", "seed", "snapshot", "test")
# Errors that the same SQL over the same rows gives again; those of disk, memory or locks may not.
LASTING = re.compile(
    r"\b(Binder|Catalog|Compilation|Constraint|Contract|Conversion|Dependency|Invalid Input|"
    r"Mismatch Type|Not implemented|Out of Range|Parser|Syntax) Error\b"
)
CATALOGUE_KEYS = ("segments", "segment_lists")
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}"
    r"(:[0-9]{2}([.][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


class UniqueKeyLoader(yaml.SafeLoader):
    """Safe YAML in which a key may stand once in a mapping; PyYAML lets the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping, each key once.

        Raises:
            yaml.constructor.ConstructorError: a key stands twice; the message says where.
        """
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag != "tag:yaml.org,2002:merge" and key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{key_node.value}' stands twice", key_node.start_mark
                )
            if isinstance(key_node.value, str):
                seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


class UsageError(ValueError):
    """A call that cannot be carried out as given; its text is one line."""


@dataclass
class Settings:
    """What the environment asks for, checked."""

    raw_dir: Path
    warehouse_dir: Path
    as_of: date
    timezone: str
    known_at: str | None = None
    raw_schema: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


def whole_number(environment: dict[str, str], name: str, default: int) -> int:
    """Return a setting that is a whole number from 0 on.

    Raises:
        UsageError: it is none.
    """
    text = environment.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise UsageError(f"{name}: '{text}' is no whole number; write for example {default}.")
    return int(text)


def settings_from_environment(environment: dict[str, str]) -> Settings:
    """Read and check the settings.

    Args:
        environment: variables by name; empty ones count as absent.

    Returns:
        The settings; paths are absolute, the dbt vars hold as_of_date and timezone.

    Raises:
        UsageError: a value makes no sense.
    """
    given = {name: value for name, value in environment.items() if value}
    variables = _mapping(given.get("VARS", "{}"), "VARS")
    if "SEGMENTS" in given:
        path = Path(given["SEGMENTS"])
        if not path.is_file():
            raise UsageError(f"SEGMENTS: no file '{path}'; name a YAML file with a segments list.")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"SEGMENTS: '{path}' cannot be read as UTF-8 text: {error}."
            ) from error
        catalogue = _mapping(text, f"SEGMENTS file '{path}'")
        catalogue = catalogue.get("vars", catalogue)
        if not isinstance(catalogue, dict) or "segments" not in catalogue:
            raise UsageError(f"SEGMENTS: '{path}' has no segments list (docs/segments.md).")
        strange = [str(key) for key in catalogue if key not in CATALOGUE_KEYS]
        if strange:
            raise UsageError(
                f"SEGMENTS: '{path}' has a key '{strange[0]}'; "
                f"a catalogue has {' and '.join(CATALOGUE_KEYS)}."
            )
        variables |= catalogue
    declared = yaml.safe_load((ROOT / "vars.yml").read_text(encoding="utf-8"))["vars"]
    for name in variables:
        if name not in declared:
            near = difflib.get_close_matches(str(name), declared, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; vars.yml lists them all."
            raise UsageError(f"VARS: there is no var '{name}'{hint}")
    name, timezone = _setting("TIMEZONE", given, variables, declared, "UTC")
    try:
        zone = ZoneInfo(timezone)
    except (ValueError, OSError, KeyError) as error:
        raise UsageError(
            f"{name}: '{timezone}' is not an IANA time zone; write for example Europe/Warsaw."
        ) from error
    name, asked = _setting("AS_OF", given, variables, declared, "")
    try:
        # fromisoformat alone would take a week, 2026-W05, for its Monday.
        asked_date = datetime.strptime(asked, "%Y-%m-%d").date() if asked else None
    except ValueError as error:
        raise UsageError(f"{name}: '{asked}' is not a date; write YYYY-MM-DD.") from error
    as_of = asked_date or datetime.now(zone).date()
    known_at = _moment(*_setting("KNOWN_AT", given, variables, declared, ""))
    # Bare dates in YAML arrive as dates; vars hold texts.
    variables = json.loads(json.dumps(variables, default=str))
    variables |= {"as_of_date": as_of.isoformat(), "timezone": timezone, "known_at": known_at}
    return Settings(
        raw_dir=Path(given.get("RAW_DIR", ROOT / "data" / "demo")).absolute(),
        warehouse_dir=Path(given.get("WAREHOUSE_DIR", ROOT / "warehouse")).absolute(),
        as_of=as_of,
        timezone=timezone,
        known_at=known_at,
        raw_schema=variables.get("raw_schema", declared.get("raw_schema")),
        variables=variables,
    )


def _setting(
    name: str,
    given: dict[str, str],
    variables: dict[str, Any],
    declared: dict[str, Any],
    default: str,
) -> tuple[str, str]:
    """Where a setting comes from, and what it is: environment, VARS, vars.yml or the default."""
    variable = {"AS_OF": "as_of_date"}.get(name, name.lower())
    if name in given:
        return name, given[name]
    if variables.get(variable):
        return f"VARS {variable}", str(variables[variable])
    return f"vars.yml {variable}", str(declared.get(variable) or default)


def _moment(name: str, text: str) -> str | None:
    """Return a moment as text in UTC, or None for an empty text.

    Args:
        name: the setting, for the message.
        text: date, time and offset; without an offset it is in UTC.

    Raises:
        UsageError: the text is no moment.
    """
    if not text:
        return None
    try:
        # fromisoformat alone would take weeks, and days without a time.
        if not MOMENT.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{name}: '{text}' is not a moment; write YYYY-MM-DDTHH:MM:SSZ in UTC."
        ) from error
    return moment.isoformat().replace("+00:00", "Z")


def _mapping(text: str, where: str) -> dict[str, Any]:
    try:
        value = yaml.load(text, Loader=UniqueKeyLoader) or {}
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that no calendar has
        raise UsageError(
            f"{where}: cannot be read as YAML: {' '.join(str(error).split())}"
        ) from error
    if not isinstance(value, dict):
        raise UsageError(f"{where}: expected names with values, for example {{timezone: UTC}}.")
    return value


def code_fingerprint() -> str:
    """Return a hash of the macros: tables made by other ones are not gone on with.

    dbt itself tells models and seeds apart by their text, and macros not.
    """
    digest = hashlib.sha256()
    for path in sorted((ROOT / "macros").rglob("*.sql")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass
class BuildOutcome:
    """How an attempt to build ended."""

    results: list[Any]
    exception: BaseException | None
    is_done: bool
    seconds: float

    @property
    def failed(self) -> list[Any]:
        """Results of what failed."""
        return [one for one in self.results if str(one.status) in FAILED]

    @property
    def cause(self) -> str | None:
        """Why the first one failed, in a line; None where none did."""
        if self.is_done:
            return None
        for one in self.failed:
            return f"{one.node.name}: {_node_cause(one)}"
        return _cause(self.exception)

    @property
    def is_data_test(self) -> bool:
        """Whether all was built, and data tests found something."""
        return bool(self.failed) and all(one.node.resource_type == "test" for one in self.failed)

    @property
    def test_seconds(self) -> float:
        """Seconds of data tests, added up over threads."""
        tests = [one for one in self.results if one.node.resource_type == "test"]
        return sum(one.execution_time for one in tests)

    @property
    def may_pass_again(self) -> bool:
        """Whether another attempt may do: what data tests found, or SQL says wrong, stays."""
        found = [(str(one.status), str(one.message)) for one in self.failed]
        if not found:
            found = [("error", str(self.exception or ""))]
        return not any(status == "fail" or LASTING.search(text) for status, text in found)

    def selection(self) -> list[str]:
        """Return the nodes to build again, by name; none where all of them are.

        Rows of a raw table tell what changed since the last run, for all tables together: where one
        was not staged, all start again.
        """
        again = [
            one.node
            for one in self.results
            if str(one.status) in (*FAILED, "skipped") and one.node.resource_type in NODE_TYPES
        ]
        if any(node.name.startswith("base_") for node in again):
            return []
        return sorted(node.name for node in again)


# Vars that change often. What a model refers to, and how it is built, rests on none of them.
LATE_VARIABLES = ("as_of_date", "known_at", "record_history", *CATALOGUE_KEYS)


def lasting_variables(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the dbt vars to read the project with.

    Another var makes dbt read every file anew, which takes longer than a small build.
    """
    return {name: value for name, value in variables.items() if name not in LATE_VARIABLES}


def keep_what_was_read() -> None:
    """Keep the project that dbt has read out of Python's search for garbage: it stays to the end.

    To look through it again and again was a tenth of a small build.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class Dbt:
    """dbt in this process: one parse serves the input checks and the build."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings of the run; nothing is read yet."""
        import dbt.mp_context

        # Its locks between processes, of which it starts none, have names that would stay on the
        # machine if this one is killed; made for forks they have none.
        dbt.mp_context._MP_CONTEXT = multiprocessing.get_context("fork")
        self._variables = settings.variables
        self._options = [
            "--project-dir", str(ROOT), "--log-path", str(settings.warehouse_dir / "logs"),
        ]  # fmt: skip
        self._arguments = [*self._options, "--vars", _yaml(self._variables)]
        self.manifest: Any = None

    def parse(self) -> str | None:
        """Read the project; returns the cause where that fails."""
        from dbt.cli.main import dbtRunner

        lasting = _yaml(lasting_variables(self._variables))
        result = dbtRunner().invoke(
            ["--quiet", "--log-level", "none", "parse", *self._options, "--vars", lasting]
        )
        _stop_if_interrupted(result)
        self.manifest = result.result if result.success else None
        keep_what_was_read()
        return None if result.success else _cause(result.exception)

    def check_configuration(self) -> str | None:
        """Check vars and segments, without a database; returns the first mistake."""
        from dbt.cli.main import dbtRunner

        runner = dbtRunner(manifest=self.manifest)
        result = runner.invoke(
            ["--quiet", "--log-level", "none", "run-operation", "check_configuration",
             "--target", "lint", *self._arguments]
        )  # fmt: skip
        _stop_if_interrupted(result)
        if result.success:
            return None
        for outcome in getattr(result.result, "results", None) or []:
            if outcome.message:
                return _one_line(outcome.message)
        return _cause(result.exception)

    def build(
        self, on_event: Callable[[Any], None], former: BuildOutcome | None = None
    ) -> BuildOutcome:
        """Build and test every node.

        Args:
            on_event: takes dbt's events.
            former: outcome of the attempt that this one repeats: only what failed in it, and what
                rests on that, is built.
        """
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        if former:
            # Building leaves what it compiled in the manifest, for tables that were there then.
            self.parse()
        selected = former.selection() if former else []
        # One at a time the second time: it may have been memory.
        options = ["--select", *selected] if selected else []
        options += ["--threads", "1"] if former else []
        os.environ["CONTINUE_ATTEMPT"] = "yes" if selected else ""
        runner = dbtRunner(manifest=self.manifest, callbacks=[on_event])
        started = time.monotonic()
        result = runner.invoke(
            ["--quiet", "--log-level", "none", "--log-level-file", "debug", "build",
             "--exclude-resource-type", "unit_test", *options, *self._arguments]
        )  # fmt: skip
        # dbt keeps the file open until its process ends; publishing reads it next.
        DuckDBConnectionManager.close_all_connections()
        os.environ["CONTINUE_ATTEMPT"] = ""
        _stop_if_interrupted(result)
        results = list(getattr(result.result, "results", None) or [])
        return BuildOutcome(
            results, None if result.success else result.exception, result.success,
            time.monotonic() - started,
        )  # fmt: skip

    def public_relations(self) -> list[tuple[str, str]]:
        """Schema and name of each public table, by name."""
        return sorted(
            (node.schema, node.alias)
            for node in self.manifest.nodes.values()
            if node.resource_type == "model" and node.fqn[1] == "marts"
        )


def _yaml(variables: Mapping[str, Any]) -> str:
    return yaml.safe_dump(dict(variables), allow_unicode=True, sort_keys=False)


def _stop_if_interrupted(result: Any) -> None:
    """Let Ctrl-C end the run, which dbt takes for a failure of its own."""
    if isinstance(result.exception, KeyboardInterrupt):
        raise KeyboardInterrupt


def _node_cause(outcome: Any) -> str:
    """Why a node failed; a test of ours says it in the comment that its SQL starts with."""
    lines = (outcome.node.raw_code or "").strip().splitlines()
    comment = " ".join(
        line.removeprefix("--").strip() for line in takewhile(lambda x: x.startswith("--"), lines)
    )
    if str(outcome.status) == "fail" and comment:
        return f"{outcome.failures} found. {comment}"
    return _one_line(outcome.message or outcome.status)


def _cause(error: BaseException | None) -> str:
    return _one_line(str(error)) if error else "dbt failed without a message; see the log"


def _one_line(message: str) -> str:
    """The telling part of a dbt message: without its heading, its echo of SQL and call stacks."""
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    telling = [
        line
        for line in lines
        if not line.startswith((">", "LINE ", "^", "compiled code at"))
        and not line.endswith((" Error", "error:"))
        and " Error in " not in line.split(":")[0]
    ]
    return (telling or lines or ["no message"])[0]


if __name__ == "__main__":
    from refresh_run import run_command

    sys.exit(run_command("build"))
