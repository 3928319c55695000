"""What goes to logs and messages holds no personal value, and still says what happened."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from scrub import LONGEST, scrub  # noqa: E402

CLEAN = {
    "to anna@example.com now": "to [e-mail] now",
    "e-mail=Anna.Nowak+x@sub.example.co.uk,": "e-mail=[e-mail],",
    "anna@localhost": "[e-mail]",
    "żaneta@żółw.pl": "[e-mail]",
    "+48 600 100 200": "[number]",
    "(+48) 600-100-200.": "[number].",
    "call 0048600100200": "call [number]",
    "22/555.12.34": "[number]",
    "https://hooks.test/services/T0/B1/xyz?token=abc": "https://hooks.test",
    "smtp://me:secret@mail.test:587 failed": "smtp://mail.test:587 failed",
    "two\nlines\tand \u202eodd\x00marks": "two lines and odd marks",
}
KEPT = (
    "orders: 190 now, 400 in the last accepted run, 47.5% of the last run's",
    "as of 2026-11-21 04:00:00.123456, run 20261121T040000123456Z",
    "published 1,234,567 rows in /data/warehouse/published.duckdb (61 s)",
    "AS_OF: '2026-13-01' is not a date; write YYYY-MM-DD.",
    "RAW_DIR: no folder '/data/in'; name the folder of your files.",
)


@pytest.mark.parametrize("text", CLEAN)
def test_personal_values_and_secrets_are_replaced(text):
    assert scrub(text) == CLEAN[text]


@pytest.mark.parametrize("text", KEPT)
def test_what_names_the_cause_stays(text):
    assert scrub(text) == text


def test_quotes_and_echoed_lines_of_an_engine_go():
    text = (
        "Conversion Error: Could not convert string 'O''Hara' to INT32 in \"orders\"\n"
        "Original Line: 7,Jan,Kowalski"
    )
    assert scrub(text, is_foreign=True) == (
        "Conversion Error: Could not convert string '...' to INT32 in '...' Original Line: ..."
    )


@given(st.text(), st.booleans())
def test_any_text_becomes_one_short_line(text, is_foreign):
    line = scrub(text, is_foreign=is_foreign)
    assert len(line) <= LONGEST
    assert "\n" not in line and "\r" not in line


@given(st.emails(), st.booleans())
def test_no_address_survives(address, is_foreign):
    assert address not in scrub(f"cannot read {address} here", is_foreign=is_foreign)
