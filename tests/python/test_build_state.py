"""What a run may go on with, and what it may not."""

from __future__ import annotations

import re

import yaml

from segment_workshop import PROJECT_DIR

# Vars that no continued table depends on, or whose effect it sees by itself.
FREE = {
    "as_of_date": "compared with that of the last run",
    "timezone": "in the signature beside the list",
    "raw_products_identifier": "products are staged whole",
    "engagement_event_types": "engagement is summed up whole",
    "migration_period": "says what is recorded",
    "record_history": "says what is recorded",
    "continue_up_to_share": "says when to go on",
    "segments": "the ledger tells new conditions, measures new windows, rules_signature the rest",
    "segment_lists": "lists are resolved whole",
    "segment_metrics_days": "metrics are summed up whole",
    "segments_in_use": "alerts are raised anew",
}


def test_every_var_is_in_the_signature_or_free() -> None:
    """A new var has to be thought of: forgotten, it would leave stale rows."""
    declared = set(yaml.safe_load((PROJECT_DIR / "vars.yml").read_text())["vars"])
    text = (PROJECT_DIR / "macros/incremental/build_state.sql").read_text()
    found = re.search(r"macro continued_vars\(\) %}(.*?)endmacro", text, re.DOTALL)
    assert found
    signed = set(re.findall(r"'(\w+)'", found[1]))
    of_whole_tables = {
        name
        for name in declared
        if name.startswith(("score_", "value_tier_", "lifecycle_", "segment_alert"))
    }
    assert signed <= declared
    assert not signed & (FREE.keys() | of_whole_tables)
    assert declared == signed | FREE.keys() | of_whole_tables
