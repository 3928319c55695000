"""Remove a person from everything that WAREHOUSE_DIR holds, and prove it.

Usage: make erase CONTACT=c00000012, or CONTACT=file with one contact id a line. All contacts of the
same customer go together. WAREHOUSE_DIR names the folder, RAW_DIR that of the raw files, which are
searched and left to their owner. Without CONTACT an erasure that was killed is carried on.

Every table of every database, the exports, kept versions and logs are written without the person;
salted hashes of the ids, e-mails and phones keep rows that are sent again out of all later builds.
Then all of it is searched. docs/privacy.md says what stays.

Exit code 0: erased, and found nowhere; 1: it failed, or something was found: run it again;
2: wrong usage.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

import erase_files
import erase_proof
import published_parquet
from build import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, ROOT, UsageError
from erase_person import Person, find, raw_rows
from erase_register import REGISTER, remember
from refresh_lock import AnotherBuild, only_build_in
from refresh_run import PENDING_ERASURE as PENDING
from stopping import run_and_exit

FOLDER = "privacy"
LOG = Path(FOLDER, "erasures.jsonl")


@dataclass
class Outcome:
    """What an erasure did."""

    contacts: int = 0
    removed: dict[str, dict[str, int]] = field(default_factory=dict)
    exports: list[dict[str, Any]] = field(default_factory=list)
    redacted: dict[str, int] = field(default_factory=dict)
    raw: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    proof: erase_proof.Proof = field(default_factory=erase_proof.Proof)


def asked_contacts(text: str) -> list[str]:
    """Return the contact ids that CONTACT names: itself, or the first column of a file.

    Raises:
        UsageError: the file cannot be read or names nobody.
    """
    path = Path(text)
    if not path.is_file():
        return [text]
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            ids = [row[0].strip() for row in csv.reader(file) if row and row[0].strip()]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"CONTACT: '{path}' cannot be read as UTF-8 text: {error}.") from error
    ids = [one for one in dict.fromkeys(ids) if one != "contact_id"]
    if not ids:
        raise UsageError(f"CONTACT: '{path}' names nobody; write one contact id a line.")
    return ids


def erase(
    warehouse_dir: Path,
    raw_dir: Path,
    target_dir: Path,
    asked: Iterable[str],
    say: Callable[[str], None],
) -> Outcome:
    """Erase people, and those of an erasure that was killed; the caller holds the lock.

    Args:
        warehouse_dir: folder of the tables.
        raw_dir: folder of the raw files.
        target_dir: folder of what dbt compiled.
        asked: contact ids.
        say: takes a line about each step.

    Raises:
        duckdb.Error, OSError: it failed; run it again.
    """
    erase_files.remove_spilled(warehouse_dir)
    person = _pending(warehouse_dir)
    asked = list(asked)
    # Before anything goes: whoever runs it again must know whom to look for.
    person.add(find(warehouse_dir, {*asked, *person.ids.get("person", ())}, raw_dir))
    _write_pending(warehouse_dir, person)
    remember(warehouse_dir, person.identifiers(), datetime.now(UTC).replace(tzinfo=None))
    outcome = Outcome(contacts=len(person.ids["person"]))
    others = sorted(person.ids["person"] - set(asked))
    if asked and others:
        say(f"with all contacts of the same customer: {', '.join(others)}")
    had_parquet = published_parquet.remove(warehouse_dir)
    for names in erase_files.databases(warehouse_dir):
        removed = erase_files.rewrite(names, person, warehouse_dir)
        outcome.removed[str(names[0].relative_to(warehouse_dir))] = removed
        say(f"{names[0].relative_to(warehouse_dir)}: {sum(removed.values()):,} rows removed")
    if had_parquet and (warehouse_dir / "published.duckdb").exists():
        published_parquet.write(warehouse_dir / "published.duckdb")
        say("parquet: written anew")
    outcome.exports = erase_files.rewrite_exports(warehouse_dir, person)
    outcome.redacted = erase_files.redact_texts(warehouse_dir, person)
    _remove_compiled(target_dir, person)
    outcome.raw = raw_rows(raw_dir, person)
    outcome.left = _lists_of_the_project(person)
    say("search every table and file for what was erased")
    outcome.proof = erase_proof.search(
        warehouse_dir, person, {warehouse_dir / PENDING, warehouse_dir / REGISTER}
    )
    if not outcome.proof.found:
        _write_log(warehouse_dir, outcome)
        (warehouse_dir / PENDING).unlink()
    return outcome


def _pending(warehouse_dir: Path) -> Person:
    """Who an erasure that was killed was about."""
    path = warehouse_dir / PENDING
    if not path.exists():
        return Person()
    said = json.loads(path.read_text(encoding="utf-8"))
    return Person(
        {kind: set(ids) for kind, ids in said["ids"].items()},
        set(said["emails"]), set(said["phones"]), set(said["texts"]),
    )  # fmt: skip


def _write_pending(warehouse_dir: Path, person: Person) -> None:
    path = warehouse_dir / PENDING
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    said = {
        "ids": {kind: sorted(ids) for kind, ids in person.ids.items()},
        "emails": sorted(person.emails),
        "phones": sorted(person.phones),
        "texts": sorted(person.texts),
    }
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        json.dump(said, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _write_log(warehouse_dir: Path, outcome: Outcome) -> None:
    """Add a line to the log of erasures, which proves them and holds no personal value."""
    said = {
        "erased_at": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        "contacts": outcome.contacts,
        "rows_removed": outcome.removed,
        "exports_rewritten": [manifest["export_id"] for manifest in outcome.exports],
        "texts_replaced": outcome.redacted,
        "searched": {
            "files": outcome.proof.files,
            "tables": outcome.proof.tables,
            "columns": outcome.proof.columns,
        },
        "found": len(outcome.proof.found),
    }
    with (warehouse_dir / LOG).open("a", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(json.dumps(said) + "\n")


def _remove_compiled(target_dir: Path, person: Person) -> None:
    """Remove what dbt compiled and wrote down about its runs, where it names a person."""
    if not target_dir.is_dir():
        return
    for path in erase_files.files_below(target_dir):
        if erase_files.values_in(path, person):
            path.unlink()


def _lists_of_the_project(person: Person) -> list[str]:
    """Say which seeds, files of the owner, name a person."""
    seed = ROOT / "seeds" / "segment_lists.csv"
    with seed.open(encoding="utf-8", newline="") as file:
        named = sum(row["contact_id"] in person.ids["person"] for row in csv.DictReader(file))
    return [f"{seed.relative_to(ROOT)}: {named} rows"] if named else []


def told(outcome: Outcome) -> list[str]:
    """Return what a person has to know or to do, a line each."""
    rows = sum(sum(tables.values()) for tables in outcome.removed.values())
    lines = [
        f"erased {outcome.contacts} contacts: {rows:,} rows of {len(outcome.removed)} databases,"
        f" {len(outcome.exports)} exports, {sum(outcome.redacted.values())} places in logs",
        f"searched {outcome.proof.files} files, {outcome.proof.tables} tables,"
        f" {outcome.proof.columns} columns: found nowhere",
        "published counts include them until the next `make refresh`, which makes all tables anew",
    ]
    for file, count in outcome.raw.items():
        lines.append(f"yours to do: {count} raw rows in {file}; they stay out of every build")
    lines += [f"yours to do: named in {where}" for where in outcome.left]
    for manifest in outcome.exports:
        place = f" and {manifest['copied_to']}" if manifest.get("copied_to") else ""
        lines.append(
            f"yours to do: told to {manifest['channel']} with {manifest['segment']}"
            f" {manifest['export_id']}; remove them there{place}"
        )
    return lines


def main(environment: dict[str, str]) -> int:
    """Carry out the erasure that the environment asks for and return the exit code."""
    os.umask(0o077)
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    warehouse_dir = Path(given.get("WAREHOUSE_DIR", ROOT / "warehouse")).absolute()
    raw_dir = Path(given.get("RAW_DIR", ROOT / "data" / "demo")).absolute()
    target_dir = Path(given.get("DBT_TARGET_PATH", ROOT / "target")).absolute()
    try:
        if not warehouse_dir.is_dir():
            raise UsageError(f"WAREHOUSE_DIR: no folder '{warehouse_dir}'.")
        if "CONTACT" not in given and not (warehouse_dir / PENDING).exists():
            raise UsageError("CONTACT: none given; write make erase CONTACT=c00000012, or a file.")
        asked = asked_contacts(given["CONTACT"]) if "CONTACT" in given else []
        try:
            wait_seconds = float(given.get("WAIT_FOR_LOCK", "0"))
        except ValueError:
            raise UsageError("WAIT_FOR_LOCK: write a number of seconds.") from None
        with only_build_in(warehouse_dir, "erase", wait_seconds, print):
            outcome = erase(warehouse_dir, raw_dir, target_dir, asked, print)
    except UsageError as error:
        print(f"failed: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (AnotherBuild, duckdb.Error, OSError) as error:
        line = str(error).splitlines()[0]
        print(f"failed: {line}; run `make erase` again to finish it", file=sys.stderr)
        return EXIT_FAILED
    if outcome.proof.found:
        places = ", ".join(outcome.proof.found[:10])
        print(f"failed: still found in {places}; run `make erase` again", file=sys.stderr)
        return EXIT_FAILED
    print("\n".join(told(outcome)))
    return EXIT_DONE


if __name__ == "__main__":
    run_and_exit(lambda: main(dict(os.environ)), "stopped; run `make erase` again to finish it")
