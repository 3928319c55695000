"""Export who of a segment may be told by a channel, with what identifies them there.

Usage: make export SEGMENT=vip CHANNEL=email [ONLY=entered|exited|all] [OUTPUT=folder]
[EXPORTED_BY=name] [KEEP_EXPORTS=30]. WAREHOUSE_DIR names the folder of the tables; both files there
are only read. The export lands in WAREHOUSE_DIR/exports/<segment>/<channel>/<time>; OUTPUT gets a
copy of it. docs/privacy.md says who is left out, and why.

Exit code 0: written; 1: it failed and nothing was written; 2: wrong usage, or nothing is built.
"""

from __future__ import annotations

import difflib
import getpass
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

import export_files as files
from build import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, ROOT, UsageError
from export_members import (
    IDENTIFIERS,
    KINDS,
    Segment,
    choose_members,
    counts,
    judge_members,
    opened,
    published_segment,
    segment_names,
)
from refresh_lock import AnotherBuild, only_build_in
from refresh_versions import sync
from stopping import run_and_exit

KEPT_EXPORTS = 30


@dataclass(frozen=True)
class Request:
    """What is asked for, checked as far as the environment tells."""

    warehouse_dir: Path
    segment: str
    channel: str
    kind: str
    output: Path | None
    exported_by: str
    kept: int
    wait_seconds: float


def request_from_environment(environment: dict[str, str]) -> Request:
    """Read and check what is asked for.

    Raises:
        UsageError: a setting is missing or makes no sense.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    if "SEGMENT" not in given:
        raise UsageError("SEGMENT: none given; write make export SEGMENT=vip CHANNEL=email.")
    channel = _one_of("CHANNEL", given.get("CHANNEL", ""), tuple(IDENTIFIERS))
    kind = _one_of("ONLY", given.get("ONLY", "all"), KINDS)
    kept = given.get("KEEP_EXPORTS", str(KEPT_EXPORTS))
    if not kept.isdecimal() or int(kept) < 1:
        raise UsageError(f"KEEP_EXPORTS: '{kept}' is no whole number from 1 on.")
    wait = given.get("WAIT_FOR_LOCK", "0")
    try:
        wait_seconds = max(float(wait), 0)
    except ValueError:
        raise UsageError(f"WAIT_FOR_LOCK: '{wait}' is no number of seconds.") from None
    folder = Path(given.get("WAREHOUSE_DIR", ROOT / "warehouse")).absolute()
    for name, done in (("published", "published"), ("warehouse", "built")):
        if not (folder / f"{name}.duckdb").is_file():
            raise UsageError(
                f"WAREHOUSE_DIR: nothing is {done} in '{folder}'; run `make refresh` first."
            )
    return Request(
        folder, given["SEGMENT"], channel, kind,
        Path(given["OUTPUT"]).absolute() if "OUTPUT" in given else None,
        given.get("EXPORTED_BY") or _user(), int(kept), wait_seconds,
    )  # fmt: skip


def export(request: Request, now: datetime) -> tuple[Path, dict[str, Any]]:
    """Write an export and log it; the caller holds the lock of the folder.

    Args:
        request: what is asked for.
        now: when (UTC).

    Returns:
        The folder of the export and its manifest.

    Raises:
        UsageError: no such segment, or nothing to compare with.
        duckdb.Error, OSError: it failed; nothing is left.
    """
    with opened(request.warehouse_dir) as connection:
        segment = _segment(connection, request.segment)
        folder = request.warehouse_dir / files.FOLDER / segment.name / request.channel
        former = files.earlier_exports(folder)
        if request.kind == "exited" and not former:
            raise UsageError(
                f"ONLY: {segment.name} was never exported for {request.channel}, so nobody can have"
                " exited since; run without ONLY first."
            )
        judge_members(connection, request.warehouse_dir, segment.name, request.channel)
        choose_members(
            connection, request.channel, request.kind, former[-1] / files.TOLD if former else None
        )
        files.remove_unfinished(folder)
        export_id = f"{now:%Y%m%dT%H%M%S%fZ}"
        unfinished = folder / f".{export_id}.new"
        try:
            files.write_tables(connection, unfinished)
            manifest = _manifest(connection, request, segment, export_id, now, former)
            files.write_manifest(unfinished, manifest)
            unfinished.rename(folder / export_id)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    sync(folder)
    files.update_log(request.warehouse_dir)
    files.remove_old([*former, folder / export_id], request.kept)
    return folder / export_id, manifest


def _manifest(
    connection: duckdb.DuckDBPyConnection,
    request: Request,
    segment: Segment,
    export_id: str,
    now: datetime,
    former: list[Path],
) -> dict[str, Any]:
    members, left_out, sizes = counts(connection)
    return {
        "export_id": export_id,
        "segment": segment.name,
        "label": segment.label,
        "channel": request.channel,
        "kind": request.kind,
        "as_of_date": segment.as_of_date,
        "published_run_id": segment.run_id,
        "rule_hash": segment.rule_hash,
        "exported_at": now.replace(tzinfo=None).isoformat(timespec="seconds"),
        "exported_by": request.exported_by,
        "members": members,
        "left_out": left_out,
        "exported_customers": sizes["chosen"],
        "entered": sizes["entered"],
        "exited": sizes["exited"],
        "compared_with": former[-1].name if former else None,
        "copied_to": str(request.output) if request.output else None,
        "columns": ["customer_id", *IDENTIFIERS[request.channel], "change"],
        "csv_cells_with_apostrophe": files.escaped_cells(connection),
    }


def copy_out(folder: Path, output: Path) -> None:
    """Copy a finished export into another folder, readable by its owner only.

    Raises:
        OSError: it cannot be written there.
    """
    output.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (*files.MEMBERS, files.MANIFEST):
        fresh = output / f".{name}.new"
        shutil.copyfile(folder / name, fresh)
        fresh.chmod(0o600)
        fresh.replace(output / name)


def _segment(connection: duckdb.DuckDBPyConnection, name: str) -> Segment:
    names = segment_names(connection)
    if name not in names:
        near = difflib.get_close_matches(name.lower().replace(" ", "_"), names, n=1)
        hint = f"did you mean {near[0]}?" if near else "marts.segments lists them all."
        raise UsageError(f"SEGMENT: no segment '{name}'; {hint}")
    return published_segment(connection, name)


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        found = f"'{value}' is none" if value else "none given"
        raise UsageError(f"{name}: {found}; allowed: {', '.join(allowed)}.")
    return value


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _told(folder: Path, manifest: dict[str, Any]) -> str:
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in manifest["left_out"].items())
    kind = "" if manifest["kind"] == "all" else f" that {manifest['kind']} since the last export"
    return (
        f"{manifest['segment']} for {manifest['channel']} as of {manifest['as_of_date']}:"
        f" {manifest['exported_customers']:,} customers{kind}, of {manifest['members']:,} members"
        f" (left out: {left_out or 'none'})\n{folder}"
    )


def main(environment: dict[str, str]) -> int:
    """Carry out the export that the environment asks for and return the exit code."""
    os.umask(0o077)
    try:
        request = request_from_environment(environment)
        with only_build_in(request.warehouse_dir, "export", request.wait_seconds):
            folder, manifest = export(request, datetime.now(UTC))
        if request.output:
            copy_out(folder, request.output)
    except UsageError as error:
        print(f"failed: {error}", file=sys.stderr)
        return EXIT_USAGE
    except duckdb.CatalogException:
        print(
            "failed: the last build did not finish, or is of an older version; run `make refresh`"
            " first, nothing was exported",
            file=sys.stderr,
        )
        return EXIT_FAILED
    except (AnotherBuild, duckdb.Error, OSError) as error:
        print(f"failed: {str(error).splitlines()[0]}", file=sys.stderr)
        return EXIT_FAILED
    print(_told(folder, manifest))
    return EXIT_DONE


if __name__ == "__main__":
    run_and_exit(lambda: main(dict(os.environ)), "stopped; nothing was exported")
