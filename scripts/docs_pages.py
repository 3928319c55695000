"""The pages of the repository as HTML: Markdown, and the files that it names.

Links between pages lead to the pages made of them, with the anchors that code hosts give to
headings; a link to any other file of the repository leads to a page that shows it.
"""

from __future__ import annotations

import os
import posixpath
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, get_lexer_by_name, get_lexer_for_filename
from pygments.util import ClassNotFound

from build import ROOT

INDEX = "docs/index.md"
STYLE = "scripts/docs.css"
ALWAYS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/README.md")
PICTURES = (".svg", ".png")
ELSEWHERE = re.compile(r"^(https?:|mailto:|#)")


@dataclass
class Page:
    """A Markdown file as HTML."""

    source: str
    title: str
    body: str
    links: set[str]
    headings: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Group:
    """A heading of the index with the links below it: address, words."""

    title: str
    links: list[tuple[str, str]] = field(default_factory=list)


def write_pages(folder: Path) -> None:
    """Write every page but the index, and the files that the pages name.

    Args:
        folder: of the site.
    """
    groups = index_groups()
    shutil.copyfile(ROOT / STYLE, folder / "docs.css")
    waiting = [*ALWAYS, *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
    waiting += _links_of(INDEX)
    done = {INDEX}
    while waiting:
        source = waiting.pop()
        if source in done or not (ROOT / source).exists():
            continue
        done.add(source)
        target = folder / page_address(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith(PICTURES):
            shutil.copyfile(ROOT / source, target)
            continue
        if source.endswith(".md"):
            page = markdown_page(source)
            waiting += page.links
            contents = "".join(
                f'<li><a href="#{anchor}">{escape(words)}</a></li>'
                for anchor, words in page.headings
            )
            before = f"<ul class=contents>{contents}</ul>" if len(page.headings) > 3 else ""
            body = page.body.replace("</h1>", f"</h1>{before}", 1)
            title = page.title
        elif (ROOT / source).is_dir():
            files = [f"{source}/{path.name}" for path in sorted((ROOT / source).glob("*.*"))]
            waiting += files
            title, body = source, folder_body(source, files)
        else:
            title, body = source, source_body(source)
        target.write_text(whole_page(source, title, body, groups), encoding="utf-8")


def page_address(source: str) -> str:
    """Return where in the site a file or folder of the repository is shown.

    Args:
        source: its path in the repository.
    """
    if source == INDEX:
        return "index.html"
    if source.endswith(PICTURES):
        return source
    if (ROOT / source).is_dir():
        return f"{source}/index.html"
    return source.removesuffix(".md") + ".html"


def markdown_page(source: str) -> Page:
    """Return a Markdown file of the repository as HTML, its links leading to pages of the site."""
    tokens = _markdown().parse((ROOT / source).read_text(encoding="utf-8"))
    page = Page(source, source, "", set())
    seen: dict[str, int] = {}
    for number, token in enumerate(tokens):
        if token.type == "heading_open":
            words = _words(tokens[number + 1])
            anchor = anchor_of(words, seen)
            token.attrSet("id", anchor)
            if token.tag == "h1":
                page.title = words
            elif token.tag == "h2":
                page.headings.append((anchor, words))
    for token in _inline(tokens):
        name = {"link_open": "href", "image": "src"}.get(token.type)
        if name:
            address = str(token.attrs[name])
            token.attrs[name] = _site_link(source, address, page.links)
    page.body = _markdown().renderer.render(tokens, _markdown().options, {})
    page.body = page.body.replace("<table>", "<div class=wide><table>")
    page.body = page.body.replace("</table>", "</table></div>")
    return page


def folder_body(source: str, files: list[str]) -> str:
    """Return the list of a folder's files as the body of a page."""
    listed = "".join(
        f'<li><a href="{posixpath.relpath(page_address(file), source)}">'
        f"{posixpath.basename(file)}</a></li>"
        for file in files
    )
    return f"<h1>{escape(source)}</h1><ul>{listed}</ul>"


def source_body(source: str) -> str:
    """Return a file of the repository as the body of a page that shows it."""
    text = (ROOT / source).read_text(encoding="utf-8")
    return f"<h1>{escape(source)}</h1>{coloured(text, source)}"


def coloured(text: str, name: str) -> str:
    """Return code as HTML.

    Args:
        text: the code.
        name: language, or name of a file.
    """
    try:
        lexer = get_lexer_for_filename(name) if "." in name else get_lexer_by_name(name or "text")
    except ClassNotFound:
        lexer = TextLexer()
    # Messages may go on in the next line, drawn tables may not.
    is_said = isinstance(lexer, TextLexer) and not re.search("[│─]|  \\w+  ", text)
    kind = "code said" if is_said else "code"
    return highlight(text, lexer, HtmlFormatter(cssclass=kind, nobackground=True))


def anchor_of(words: str, seen: dict[str, int]) -> str:
    """Return the anchor of a heading as code hosts form it.

    Args:
        words: the heading's text.
        seen: how often each anchor was given on the page; this one is counted in.
    """
    anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
    count = seen.get(anchor, 0)
    seen[anchor] = count + 1
    return f"{anchor}-{count}" if count else anchor


def index_groups() -> list[Group]:
    """Return the headings of the index with the pages below them, for the list on every page."""
    tokens = _markdown().parse((ROOT / INDEX).read_text(encoding="utf-8"))
    groups: list[Group] = []
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            groups.append(Group(_words(tokens[number + 1])))
        if token.type != "inline" or not groups:
            continue
        children = token.children or []
        for place, child in enumerate(children):
            if child.type == "link_open":
                address = _site_link(INDEX, str(child.attrs["href"]), set())
                groups[-1].links.append((address, children[place + 1].content))
    return groups


def whole_page(source: str, title: str, body: str, groups: list[Group]) -> str:
    """Return a page of the site.

    Args:
        source: file that it shows, from whose place the links go.
        title: of the page, as text.
        body: HTML.
        groups: the list of all pages.
    """
    folder = posixpath.dirname(page_address(source))

    def relative(address: str) -> str:
        return posixpath.relpath(address, folder or ".")

    listed = "".join(
        f"<h2>{escape(group.title)}</h2><ul>"
        + "".join(
            f'<li><a href="{escape(relative(address))}">{escape(words)}</a></li>'
            for address, words in group.links
        )
        + "</ul>"
        for group in groups
    )
    home = relative("index.html")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f'<link rel="stylesheet" href="{relative("docs.css")}"></head><body>'
        f'<header><a href="{home}">Customer segmentation</a>'
        f'<a class="to-pages" href="#all-pages">All pages</a></header>'
        f"<div class=layout><main>{body}</main>"
        f'<nav id="all-pages" aria-label="All pages">{listed}</nav></div></body></html>\n'
    )


def _markdown() -> MarkdownIt:
    """The Markdown that the pages are written in: CommonMark and tables, no HTML."""

    def code(text: str, language: str, _: Any) -> str:
        return coloured(text, language)

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.add_render_rule(
        "fence",
        lambda _, tokens, place, options, env: code(
            tokens[place].content, tokens[place].info.split(" ")[0], env
        ),
    )
    parser.add_render_rule(
        "code_block", lambda _, tokens, place, *others: coloured(tokens[place].content, "text")
    )
    return parser


def _links_of(source: str) -> set[str]:
    return markdown_page(source).links


def _inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or []


def in_words(text: str) -> str:
    """Return a description as HTML: what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def _words(token: Token) -> str:
    """Text of a heading without its marks."""
    kinds = ("text", "code_inline")
    return "".join(child.content for child in token.children or [] if child.type in kinds)


def _site_link(source: str, address: str, found: set[str]) -> str:
    """Turn a link of a file into one between pages; files of the repository go into `found`."""
    if ELSEWHERE.match(address):
        return address
    path, _, anchor = address.partition("#")
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    if (ROOT / wanted).is_dir() and (ROOT / wanted / "README.md").is_file():
        wanted = f"{wanted}/README.md"
    found.add(wanted)
    start = posixpath.dirname(page_address(source)) or "."
    return os.path.relpath(page_address(wanted), start) + (f"#{anchor}" if anchor else "")
