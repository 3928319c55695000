"""Build the tables as of a date, record who is in each segment on it, and publish.

As scripts/build.py, with the same environment and exit codes, and with var record_history: the
history of memberships (segment_membership_history, segment_transitions) grows by this date. Run
again for the same date, it takes the place of the former run.
"""

from __future__ import annotations

import sys

from build import main

if __name__ == "__main__":
    try:
        sys.exit(main({"record_history": True}))
    except KeyboardInterrupt:
        print("stopped; the published tables are as before", file=sys.stderr)
        sys.exit(130)
