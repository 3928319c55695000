"""Check a catalogue of segments against schemas/segments.schema.json, in words fit for a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft7Validator, ValidationError

SCHEMA = Path(__file__).resolve().parents[2] / "schemas" / "segments.schema.json"


def schema_findings(content: Any, source: str) -> Iterator[str]:
    """Return what the JSON Schema refuses, at most one line for each place.

    Args:
        content: a catalogue file as YAML reads it: segments on top, or below vars.
        source: the file's name, for the message.
    """
    content = json.loads(json.dumps(with_text_keys(content), default=str))
    mistakes: dict[str, str] = {}
    for error in sorted(validator().iter_errors(content), key=lambda one: list(map(str, one.path))):
        path, found, allowed = schema_mistake(error)
        mistakes.setdefault(path, f"{source}, {path}: found {found}; allowed: {allowed}")
    yield from mistakes.values()


@cache
def validator() -> Draft7Validator:
    """Return the schema, ready to check."""
    from jsonschema import Draft7Validator

    return Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def with_text_keys(content: Any) -> Any:
    """Return YAML with text keys: a bare `on` is read as true."""
    if isinstance(content, dict):
        return {
            "on" if key is True else str(key): with_text_keys(value)
            for key, value in content.items()
        }
    return [with_text_keys(one) for one in content] if isinstance(content, list) else content


def schema_mistake(error: ValidationError) -> tuple[str, str, str]:
    """Return the path, what was found and what is allowed, of the deepest cause of an error."""
    described = ""
    while True:
        allowed = keys_asked(error)
        described = described or error.schema.get("description", "")
        if allowed or not error.context:
            break
        depth = len(error.absolute_path)
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
        described = "" if len(error.absolute_path) > depth else described
    steps = [f"[{one}]" if isinstance(one, int) else f".{one}" for one in error.absolute_path]
    found = json.dumps(error.instance, ensure_ascii=False)
    found = found if len(found) <= 60 else found[:60] + "..."
    if allowed:
        found = f"keys {', '.join(error.instance)}" if error.instance else "no keys"
    elif error.validator == "additionalProperties":
        known = error.schema["properties"]
        found = f"key {next(key for key in error.instance if key not in known)}"
        allowed = ", ".join(known)
    elif error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        found, allowed = f"no {missing[0]}", f"with {', '.join(error.validator_value)}"
    elif error.validator == "enum" and not described.startswith("A column"):
        allowed = ", ".join(map(str, error.validator_value))
    return "".join(steps).lstrip(".") or "top level", found, allowed or described or error.message


def keys_asked(error: ValidationError) -> str:
    """Return what an error says of keys that need or rule out each other; empty for others."""
    if error.validator not in ("anyOf", "oneOf", "not") or not isinstance(error.instance, dict):
        return ""
    choices = error.validator_value
    if error.validator == "not":
        choices = choices.get("anyOf", [choices])
    if any(not {"required", "not", "anyOf"} & set(one) or "type" in one for one in choices):
        return ""
    listed = re.findall(r"'required': \[([^]]*)\]", str(choices))
    keys = ", ".join(dict.fromkeys(one.replace("'", "") for one in listed))
    if error.validator == "oneOf":
        is_optional = any("not" in one for one in choices)
        return f"{'at most' if is_optional else 'exactly'} one of {keys}"
    return f"{'at least one of' if error.validator == 'anyOf' else 'without'} {keys}"
