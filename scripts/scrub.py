"""Take personal values and secrets out of a text that goes to a log, a message or a table.

Errors of an engine quote what they could not read, a person's e-mail among other things. What
stays is enough to find the cause: the kind of error, the table, the column, the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 500
# An address anywhere: after the secret of a link, in a list, in an error's quotes.
LINK = re.compile(r"\b([a-z][a-z0-9+.-]*://)([^\s\"'<>]*)", re.IGNORECASE)
EMAIL = re.compile(r"[^\s@\"'<>(),;:=]*@[^\s@\"'<>(),;:=]+")
# Dates, times and identifiers of runs look like telephone numbers and are none.
MOMENT = re.compile(
    r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?)?"
    r"|\b[0-9]{8}T[0-9]{6,}Z?"
    r"|\b20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\b"
)
PHONE = re.compile(r"(?<![\w.])(?:[+(]{1,2}|00)?[0-9](?:[ ()./-]{0,2}[0-9]){6,}(?![\w%])")
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"")
# What follows these words of DuckDB is a row of the file, to the end of the message.
ECHO = re.compile(r"(?is)(\b(?:original line|csv line|input|line):? ?[0-9]*:).*")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


def scrub(text: object, *, is_foreign: bool = False, names: Iterable[str] = ()) -> str:
    """Return a text as one line without personal values and secrets.

    E-mail addresses, telephone numbers and whatever a link holds beside its host are replaced.

    Args:
        text: what is to be said.
        is_foreign: whether it comes from an engine or a library: then everything in quotes and
            every echoed line goes too, for it can be a value of a row. Our own messages quote
            names, files and settings only.
        names: what may stay in quotes, for example columns.

    Returns:
        At most LONGEST characters.
    """
    line = str(text)
    if is_foreign:
        line = ECHO.sub(r"\1 ...", line)
    line = " ".join(CONTROL.sub(" ", line).split())
    if is_foreign:
        kept = set(names)
        line = QUOTED.sub(lambda quoted: _without_value(quoted.group(), kept), line)
    line = LINK.sub(_host_only, line)
    line = EMAIL.sub("[e-mail]", line)
    line = _without_phones(line)
    return line if len(line) <= LONGEST else line[: LONGEST - 4].rstrip() + " ..."


def _without_value(quoted: str, kept: set[str]) -> str:
    return quoted if quoted[1:-1] in kept else "'...'"


def _host_only(link: re.Match[str]) -> str:
    host = re.split(r"[/?#]", link.group(2), maxsplit=1)[0].rpartition("@")[2]
    return f"{link.group(1)}{host}"


def _without_phones(line: str) -> str:
    parts, end = [], 0
    for moment in MOMENT.finditer(line):
        parts += [PHONE.sub("[number]", line[end : moment.start()]), moment.group()]
        end = moment.end()
    return "".join([*parts, PHONE.sub("[number]", line[end:])])
