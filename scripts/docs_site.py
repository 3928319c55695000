"""The first page of the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

from docs_pages import INDEX, in_words, index_groups, markdown_page, whole_page


@dataclass
class Part:
    """What was made of the last build: where it is, what it is, else how it comes to be."""

    address: str | None
    title: str
    what: str
    remedy: str = ""


def write_index(folder: Path, parts: list[Part], manifest: dict[str, Any], as_of: date) -> None:
    """Write index.html: the index of the pages, what was made of the build, the public tables.

    Args:
        folder: of the site.
        parts: what stands beside the pages.
        manifest: of dbt.
        as_of: date of the last build.
    """
    page = markdown_page(INDEX)
    body = page.body + (
        f"<h2>Made from your build</h2><p>As of {as_of.isoformat()}.</p>"
        f"<div class=parts>{''.join(map(_part, parts))}</div>"
        "<h2>The public tables</h2>"
        f"<div class=wide><table><tr><th>table</th><th>a row is</th></tr>{_tables(manifest)}"
        "</table></div>"
    )
    html = whole_page(INDEX, page.title, body, index_groups())
    (folder / "index.html").write_text(html, encoding="utf-8")


def _part(part: Part) -> str:
    if part.address:
        return f'<a href="{part.address}"><b>{escape(part.title)}</b>{in_words(part.what)}</a>'
    words = f"{part.what} Not there yet: {part.remedy}."
    return f"<div class=absent><b>{escape(part.title)}</b>{in_words(words)}</div>"


def _tables(manifest: dict[str, Any]) -> str:
    """Rows of the public tables, each with a link to its page in dbt's documentation."""
    rows = []
    for name, node in sorted(manifest["nodes"].items(), key=lambda item: item[1]["name"]):
        if node["resource_type"] == "model" and node["fqn"][1] == "marts":
            what = node["description"].split(". ")[0].removeprefix("One row per ").rstrip(".")
            link = f"dbt/index.html#!/model/{name}"
            rows.append(
                f'<tr><td><a href="{link}"><code>{node["name"]}</code></a></td>'
                f"<td>{in_words(what)}</td></tr>"
            )
    return "".join(rows)
