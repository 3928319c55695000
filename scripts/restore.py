"""List the published versions that are kept, or put one back in the place of the published one.

The environment names everything: WAREHOUSE_DIR, VERSION (the id of a run; without it they are
listed), WAIT_FOR_LOCK (seconds to wait for a refresh that is under way).

Exit code 0: done; 1: readers see what they saw; 2: there is no such version.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb

from build import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, ROOT, UsageError, _one_line
from publish import follow
from refresh_lock import AnotherBuild, only_build_in
from refresh_log import RunLog, RunRecord, utc_now, versions_in_use
from refresh_run import remove_leftovers, whole_number
from refresh_versions import Stamp, VersionError, listing, new_run_id, restore, versions


def main() -> int:
    """Do what the environment asks for and return the exit code."""
    environment = dict(os.environ)
    folder = Path(environment.get("WAREHOUSE_DIR") or ROOT / "warehouse").absolute()
    published = folder / "published.duckdb"
    try:
        if not published.exists():
            raise UsageError(f"WAREHOUSE_DIR: nothing is published in '{folder}'.")
        chosen = environment.get("VERSION")
        if not chosen:
            print("\n".join(listing(versions(published))))
            return EXIT_DONE
        wait_seconds = whole_number(environment, "WAIT_FOR_LOCK", 0)
        with only_build_in(folder, "restore", wait_seconds, print):
            stamp = _restore(folder, published, chosen)
    except (UsageError, VersionError) as error:
        print(f"failed: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (AnotherBuild, duckdb.Error, OSError) as error:
        print(f"failed: {_one_line(str(error))}", file=sys.stderr)
        return EXIT_FAILED
    print(
        f"restored {stamp.run_id}, as of {stamp.as_of_date or 'unknown'}, in {published};"
        " the next build or refresh replaces it"
    )
    return EXIT_DONE


def _restore(folder: Path, published: Path, chosen: str) -> Stamp:
    """Put a version back and write it into the log of runs; the lock is held.

    Raises:
        VersionError, duckdb.Error, OSError: as refresh_versions.restore.
    """
    remove_leftovers(folder)
    record = RunRecord(new_run_id(), "restore", utc_now(), **versions_in_use(ROOT))
    stamp = restore(published, chosen)
    follow(published)
    record.ended_at = utc_now()
    record.outcome, record.exit_code, record.last_step = "done", EXIT_DONE, "done"
    record.message = f"put back version {stamp.run_id}"
    record.total_seconds = round((record.ended_at - record.started_at).total_seconds(), 3)
    try:
        RunLog(folder).end(record)
    except (OSError, duckdb.Error) as error:
        print(f"warning: the log of runs could not be written: {_one_line(str(error))}")
    return stamp


if __name__ == "__main__":
    sys.exit(main())
