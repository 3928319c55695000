"""The vars of the project with their defaults and meanings, read from vars.yml and its comments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from build import ROOT
from docs_pages import in_words, index_groups, whole_page

KEY = re.compile(r"^  (\w+):(?: (.*))?$")
SECTION = re.compile(r"^  # -{2,} (.+?) -{2,}$")


@dataclass
class Setting:
    """A var."""

    section: str
    name: str
    default: str
    meaning: str


def settings() -> list[Setting]:
    """Return the vars in the order of vars.yml.

    A comment holds for the var below it, and for the next ones up to a comment or an empty line.
    """
    found: list[Setting] = []
    section, comment, is_open = "", [], False
    for line in (ROOT / "vars.yml").read_text(encoding="utf-8").splitlines():
        heading, key = SECTION.match(line), KEY.match(line)
        if heading or not line.strip():
            section = heading.group(1) if heading else section
            comment = []
        elif line.startswith("  # "):
            # The first comment after a var begins a new text.
            comment = [*comment, line[4:].strip()] if is_open else [line[4:].strip()]
            is_open = True
            continue
        elif key:
            found.append(Setting(section, key.group(1), key.group(2) or "", " ".join(comment)))
        elif found and re.match(r"^    - ", line) and not found[-1].default:
            found[-1].default = "a list"
        is_open = False
    return found


def write_settings(path: Path) -> None:
    """Write a page of all vars.

    Args:
        path: the page's file.
    """
    parts = [
        "<h1>Settings</h1>",
        "<p>Each is a var of <code>vars.yml</code>. "
        "<code>make build VARS='{name: value}'</code> sets it for one run.</p>",
    ]
    section = None
    for one in settings():
        if one.section != section:
            parts += ["</table></div>"] if section is not None else []
            parts.append(f"<h2>{escape(one.section)}</h2><div class=wide><table>")
            parts.append("<tr><th>var</th><th>default</th><th>meaning</th></tr>")
            section = one.section
        parts.append(
            f'<tr id="{one.name}"><td><code>{one.name}</code></td>'
            f"<td><code>{escape(one.default)}</code></td><td>{in_words(one.meaning)}</td></tr>"
        )
    parts.append("</table></div>")
    page = whole_page("settings.md", "Settings", "".join(parts), index_groups())
    path.write_text(page, encoding="utf-8")
