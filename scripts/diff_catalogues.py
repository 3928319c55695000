"""The two catalogues of segments that `make diff` compares: where they come from, checked."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from build import (
    CATALOGUE_KEYS,
    ROOT,
    Settings,
    UniqueKeyLoader,
    UsageError,
    settings_from_environment,
)


@dataclass
class Catalogue:
    """One version of the catalogue: what to call it, and dbt's vars of it."""

    label: str
    variables: dict[str, Any]


@dataclass
class Question:
    """What `make diff` was asked, checked: the settings of both builds and their catalogues."""

    settings: Settings
    before: Catalogue
    after: Catalogue
    is_as_of_given: bool
    output: Path | None


def question_from_environment(environment: Mapping[str, str]) -> Question:
    """Read and check what to compare.

    Args:
        environment: BASE (git ref) or BASE_SEGMENTS (file), SEGMENTS, OUTPUT, and what a build
            takes; empty ones count as absent.

    Raises:
        UsageError: a value makes no sense; the text is one line.
    """
    given = {name: value for name, value in environment.items() if value}
    declared = yaml.safe_load((ROOT / "vars.yml").read_text(encoding="utf-8"))["vars"]
    settings = settings_from_environment(given)
    own = {key: settings.variables.get(key, declared.get(key)) for key in CATALOGUE_KEYS}
    after = Catalogue(given.get("SEGMENTS", "the working tree"), own)
    if "BASE" in given and "BASE_SEGMENTS" in given:
        raise UsageError("BASE and BASE_SEGMENTS: both given; keep the git ref or the file.")
    if "BASE" in given:
        before = _catalogue_of_ref(given["BASE"].strip())
    elif "BASE_SEGMENTS" in given:
        before = _catalogue_of_file(given["BASE_SEGMENTS"], declared)
    else:
        raise UsageError("BASE: none given; write for example make diff BASE=main.")
    output = Path(given["OUTPUT"]).absolute() if "OUTPUT" in given else None
    if output is not None and (output.is_dir() or not output.parent.is_dir()):
        raise UsageError(f"OUTPUT: '{output}' is no file in a folder that exists.")
    variables = declared | (yaml.safe_load(given.get("VARS", "")) or {})
    is_as_of_given = "AS_OF" in given or bool(variables.get("as_of_date"))
    return Question(settings, before, after, is_as_of_given, output)


def _catalogue_of_file(name: str, declared: Mapping[str, Any]) -> Catalogue:
    """The catalogue of BASE_SEGMENTS; raises UsageError."""
    try:
        variables = settings_from_environment({"SEGMENTS": name}).variables
    except UsageError as error:
        raise UsageError(str(error).replace("SEGMENTS", "BASE_SEGMENTS", 1)) from error
    return Catalogue(name, {key: variables.get(key, declared.get(key)) for key in CATALOGUE_KEYS})


def _catalogue_of_ref(ref: str) -> Catalogue:
    """The catalogue in vars.yml of a commit; raises UsageError."""
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if not commit:
        if not _git("rev-parse", "--git-dir"):
            raise UsageError("BASE: the project is no git repository; name a BASE_SEGMENTS file.")
        raise UsageError(
            f"BASE: no commit '{ref}' here; `git log --oneline` and `git branch` list them."
        )
    text = _git("show", f"{commit.strip()}:./vars.yml")
    if not text:
        raise UsageError(f"BASE: commit '{ref}' has no vars.yml.")
    try:
        variables = (yaml.load(text, Loader=UniqueKeyLoader) or {}).get("vars") or {}
    except (yaml.YAMLError, ValueError, AttributeError) as error:
        said = " ".join(str(error).split())
        raise UsageError(f"BASE: vars.yml of '{ref}' cannot be read: {said}") from error
    if "segments" not in variables:
        raise UsageError(f"BASE: vars.yml of '{ref}' has no segments list.")
    # Bare dates in YAML arrive as dates; vars hold texts.
    plain = {key: _plain(variables.get(key)) for key in CATALOGUE_KEYS}
    return Catalogue(
        ref, {"segments": plain["segments"], "segment_lists": plain["segment_lists"] or {}}
    )


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str))


def _git(*arguments: str) -> str:
    """What git prints in the project's folder; empty where it fails or is not there."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8",
            check=False,
        )  # fmt: skip
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
