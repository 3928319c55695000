"""Build the tables as of a date, record who is in each segment on it, publish, tell how it went.

As scripts/build.py, with the same environment and exit codes, and besides:

- with var record_history: the history of memberships (segment_membership_history,
  segment_transitions) grows by this date. Run again for the same date, it takes the place of the
  former run.
- it notifies (docs/notifications.md).
"""

from __future__ import annotations

import sys

from refresh_run import run_command

if __name__ == "__main__":
    sys.exit(run_command("refresh", {"record_history": True}))
