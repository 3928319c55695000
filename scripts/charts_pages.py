"""Make web pages of drawn boards: wide and phone in one file, print at the gaps, an index."""

from __future__ import annotations

import html
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import jinja2

from build import ROOT
from charts_project import Project
from charts_published import members

if TYPE_CHECKING:
    from charts import Page, Request

FONTS = "fonts.css"
# Rows of a board closer than this (px) are printed on one sheet.
ROW_GAP = 1.0
_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_BOARD = re.compile(r"(<svg\b.*</svg>)\s*</div>", re.DOTALL)
_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Frame:
    """What stands around a board on its page."""

    title: str
    as_of_date: str
    links: list[tuple[str, str, bool]]

    @staticmethod
    def of(page: Page, todo: list[Page], project: Project, request: Request) -> Frame:
        """The frame of a page: links to all boards, the first page standing for its board."""
        folder = os.path.dirname(page.path)
        links = []
        for board in project.boards.values():
            first = next((one for one in todo if one.board == board.name), None)
            if first:
                path = os.path.relpath(first.path, folder or ".")
                links.append((board.title, path, board.name == page.board))
        links.insert(0, ("All", os.path.relpath("index.html", folder or "."), False))
        as_of_date = page.variables.get("as_of_date", request.published.as_of_date)
        return Frame(page.title, as_of_date, links)


def merged_page(wide: str, phone: str, frame: Frame) -> str:
    """Return one page that shows the wide board or, in a narrow window, the phone one.

    Args:
        wide: page of the wide board as dbt charts writes it, fonts included.
        phone: SVG of the phone board.
        frame: what stands around it.
    """
    found = _BOARD.search(wide)
    if found is None:
        raise ValueError("dbt charts wrote a page without a board")
    board = found.group(1).replace("<svg ", '<svg id="board" ', 1)
    start, end = found.span(1)
    body = (
        f'<div class="wide">{board}</div>'
        f'<div class="phone">{_renamed(_FONT_FACE.sub("", phone))}</div>'
        f'<div class="sheets">{"".join(_sheets(found.group(1)))}</div>'
    )
    page = wide[:start] + body + wide[end:]
    head = f"<style>{_asset('page.css')}</style>"
    page = page.replace("<html>", '<html lang="en">', 1)
    page = re.sub(
        r"<title>.*?</title>", lambda _: f"<title>{html.escape(frame.title)}</title>", page, count=1
    )
    page = page.replace("</head>", f'<link rel="icon" href="data:,">{head}</head>', 1)
    return page.replace("<body>", f"<body>{_navigation(frame)}", 1)


def plain_board(page: str) -> str:
    """Return the board of a page as dbt charts writes it, as SVG without fonts."""
    found = _BOARD.search(page)
    if found is None:
        raise ValueError("dbt charts wrote a page without a board")
    return _FONT_FACE.sub("", found.group(1))


def _navigation(frame: Frame) -> str:
    links = "".join(
        f'<a href="{html.escape(path)}"{" aria-current=page" if is_here else ""}>'
        f"{html.escape(title)}</a>"
        for title, path, is_here in frame.links
    )
    as_of = f"<span>As of {frame.as_of_date}</span>"
    return f'<nav aria-label="Boards">{links}{as_of}</nav>'


def _renamed(svg: str) -> str:
    """The SVG with ids of its own, as it shares a page with another."""
    names = set(re.findall(r'(?<![-\w])id="([^"]+)"', svg))
    return re.sub(
        r'((?<![-\w])id="|url\(#|href="#)([^")]+)',
        lambda found: found[1] + ("p-" if found[2] in names else "") + found[2],
        svg,
    )


def _sheets(svg: str) -> list[str]:
    """The board again as one picture per row, which a printer keeps whole."""
    root = ElementTree.fromstring(svg)
    _, _, width, height = (float(part) for part in root.get("viewBox", "").split())
    spans = sorted(_spans(root, 0.0))
    rows: list[list[float]] = []
    for top, bottom in spans:
        if rows and top < rows[-1][1] - ROW_GAP:
            rows[-1][1] = max(rows[-1][1], bottom)
        else:
            rows.append([top, bottom])
    edges = [0.0, *[row[0] for row in rows[1:]], height] if rows else [0.0, height]
    return [
        f'<svg viewBox="0 {top:g} {width:g} {bottom - top:g}"><use href="#board"/></svg>'
        for top, bottom in zip(edges, edges[1:], strict=False)
    ]


def _spans(element: ElementTree.Element, offset: float) -> list[tuple[float, float]]:
    """Top and bottom (px) of each chart below an element that lies at an offset."""
    found = re.match(r"translate\([^,)]*,\s*([-\d.]+)\)", element.get("transform", ""))
    offset += float(found[1]) if found else 0.0
    if element.tag == f"{_SVG}svg":
        offset += float(element.get("y", "0"))
    if "dbt-chart" in element.get("class", "").split():
        return [(offset, offset + float(element.get("data-chart-height", "0")))]
    return [span for child in element for span in _spans(child, offset)]


def fonts(page: str) -> str:
    """Return the style sheet of the fonts that a page holds."""
    return "\n".join(dict.fromkeys(_FONT_FACE.findall(page)))


def without_fonts(page: str) -> str:
    """Return a page one folder down without fonts, linked to their style sheet."""
    link = f'<link rel="stylesheet" href="../{FONTS}">'
    return _FONT_FACE.sub("", page).replace("</head>", f"{link}</head>", 1)


def index_page(project: Project, request: Request, todo: list[Page], *, pictures: bool) -> str:
    """Return the page that links to all others and says what each answers.

    Args:
        project: whose boards they are.
        request: what was asked for.
        todo: the pages that are drawn.
        pictures: whether there is a picture of each board.
    """
    published = request.published
    drawn = {page.variables["segment"]: page.path for page in todo if "segment" in page.variables}
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_asset("index.html.j2")).render(
        boards=[
            {
                "board": board,
                "page": next(page for page in todo if page.board == board.name),
                "filters": _filters(board.variables, request),
            }
            for board in project.boards.values()
            if any(page.board == board.name for page in todo)
        ],
        segments=[(segment, drawn.get(segment.name)) for segment in published.segments],
        customers=members(project.published, request.filters["as_of_date"]),
        filters=request.filters,
        pictures=pictures,
        published=published,
        css=_asset("page.css"),
    )


def _filters(variables: frozenset[str], request: Request) -> list[str]:
    """What a board shows other than everything as of the date asked for."""
    shown = [
        f"{name} {value}"
        for name, value in request.filters.items()
        if name in variables and name != "as_of_date" and value != "all"
    ]
    latest = request.published.as_of_date
    if "as_of_date" not in variables and request.filters["as_of_date"] != latest:
        shown.append(f"as of {latest}")
    return shown


def _asset(name: str) -> Any:
    return (ROOT / "charts" / name).read_text(encoding="utf-8")
