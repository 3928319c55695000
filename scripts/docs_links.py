"""Find the links of a site that lead nowhere: to no file, no anchor, no table, or to the network.

What pages load (styles, pictures, scripts) must lie in the site; a link to another host is no such
thing and may stand.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

# Pages of other tools that draw themselves by script.
DRAWN = ("dbt/index.html", "lineage/index.html")
NODE = re.compile(r"^!/(?:model|source|seed|macro|test|exposure|metric)/([\w.]+)")


class _Links(HTMLParser):
    """Collects the links, the loads and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what a tag leads to."""
        values = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := values.get(name))}
        if tag == "a" and values.get("href"):
            self.links.add(str(values["href"]))
        for name in ("src", "href"):
            if tag not in ("a", "area", "use") and values.get(name):
                self.loads.add(str(values[name]))


def dead_links(folder: Path, manifest: dict[str, Any]) -> list[str]:
    """Return the links that lead nowhere, each as `page: link`.

    Args:
        folder: of the site.
        manifest: of dbt, whose pages are named by what stands behind the #.
    """
    nodes = {name for key in ("nodes", "sources", "macros", "exposures", "metrics")
             for name in manifest[key]}  # fmt: skip
    pages: dict[Path, _Links] = {}
    for path in sorted(folder.rglob("*.html")):
        if path.relative_to(folder).as_posix() not in DRAWN:
            pages[path] = _Links()
            pages[path].feed(path.read_text(encoding="utf-8"))
    dead = []
    for path, found in pages.items():
        for link in sorted(found.links | found.loads):
            is_load = link in found.loads
            if _is_dead(folder, pages, nodes, path, link, is_load=is_load):
                dead.append(f"{path.relative_to(folder)}: {json.dumps(link)[1:-1]}")
    return dead


def _is_dead(
    folder: Path,
    pages: dict[Path, _Links],
    nodes: set[str],
    page: Path,
    link: str,
    *,
    is_load: bool,
) -> bool:
    """Whether a link of a page leads nowhere."""
    if re.match(r"^[a-z]+:", link):
        return is_load and not link.startswith("data:")
    address, _, anchor = link.partition("#")
    address = address.partition("?")[0]
    target = (page.parent / unquote(address)).resolve() if address else page
    if not target.is_file() or not target.is_relative_to(folder.resolve()):
        return True
    if not anchor:
        return False
    if node := NODE.match(anchor):
        return node.group(1) not in nodes
    if target not in pages:
        return False
    return unquote(anchor) not in pages[target].anchors
