"""Draw the boards of charts/ over the published tables, as pages and pictures that need no server.

Usage: make charts [WAREHOUSE_DIR=..] [OUTPUT=target/charts] [AS_OF=2026-10-01] [COUNTRY=PL]
[LAYER=strategic] [SEGMENT=vip,at_risk | all]. AS_OF is one of the dates on record; SEGMENT says
which segments get a page of their own, by default those with a priority.

Exit code 0: drawn; 1: a board failed, what was there before stands; 2: wrong usage, or nothing is
published.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import charts_pages as pages
from build import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, ROOT, UsageError
from charts_project import BoardError, Project, write_project
from charts_published import Published, read_published, snapshot
from stopping import run_and_exit

SEGMENT_BOARD = "segment"
MARKER = ".charts"


@dataclass(frozen=True)
class Request:
    """What is asked for, checked."""

    published: Published
    output: Path
    filters: dict[str, str]
    segments: list[str]


@dataclass(frozen=True)
class Page:
    """One page to draw: where it goes, and the values of the board's variables."""

    board: str
    path: str
    title: str
    variables: dict[str, str]


def request_from_environment(environment: dict[str, str]) -> Request:
    """Read and check what is asked for.

    Raises:
        UsageError: a setting makes no sense, or nothing is published.
    """
    given = {name: value.strip() for name, value in environment.items() if value.strip()}
    folder = Path(given.get("WAREHOUSE_DIR", ROOT / "warehouse")).absolute()
    published = read_published(folder / "published.duckdb")
    filters = {"as_of_date": _as_of_date(published, given.get("AS_OF"))}
    for name, known in (("country", published.countries), ("layer", published.layers)):
        value = given.get(name.upper(), "all")
        if value != "all" and value not in known:
            raise UsageError(
                f"{name.upper()}: '{value}' is in none of the published tables;"
                f" there are: {', '.join(known) or 'none'}."
            )
        filters[name] = value
    output = Path(given.get("OUTPUT", ROOT / "target" / "charts")).absolute()
    if output.exists() and not (output / MARKER).exists() and any(output.iterdir()):
        raise UsageError(f"OUTPUT: '{output}' holds other files; name a new or an empty folder.")
    return Request(published, output, filters, _segments(published, given.get("SEGMENT")))


def _as_of_date(published: Published, asked: str | None) -> str:
    if asked is None or asked in published.as_of_dates:
        return asked or published.as_of_date
    dates = published.as_of_dates
    raise UsageError(
        f"AS_OF: nothing is on record as of '{asked}'; there are {len(dates)} dates from"
        f" {dates[0]} to {dates[-1]}, and `make backfill` fills others."
    )


def _segments(published: Published, asked: str | None) -> list[str]:
    names = [segment.name for segment in published.segments]
    if asked == "all":
        return names
    if asked is None:
        primary = [segment.name for segment in published.segments if segment.priority is not None]
        return primary or names[:10]
    chosen = [name.strip() for name in asked.split(",") if name.strip()]
    for name in chosen:
        if name not in names:
            raise UsageError(f"SEGMENT: no segment '{name}'; {published.nearest_segment(name)}")
    return chosen


def draw(request: Request, *, pictures: bool = True) -> Path:
    """Draw every board and put all pages in place at once.

    Args:
        request: what is asked for.
        pictures: whether each board is written as PNG too.

    Returns:
        The index page.

    Raises:
        BoardError: a board failed; what was there before stands.
        UsageError: the published file lacks a table that a board reads.
    """
    _clear_leftovers(request.output)
    fresh = request.output.with_name(f".{request.output.name}.{os.getpid()}.new")
    fresh.mkdir(parents=True)
    try:
        work = fresh / ".project"
        work.mkdir()
        published = replace(
            request.published, path=snapshot(request.published.path, work / "published.duckdb")
        )
        project = write_project(work, published)
        todo = _pages(project, request)
        # Imported late: it takes seconds, and a mistake in the call is told before.
        from charts_render import Renderer  # noqa: PLC0415

        with closing(Renderer(project)) as renderer:
            for page in todo:
                wide = _draw_page(renderer, project, page, todo, request, fresh)
                # One picture of each board: of the segments' pages, the first.
                if pictures and page == next(one for one in todo if one.board == page.board):
                    picture = renderer.png(page.board, pages.plain_board(wide))
                    (fresh / f"{page.board}.png").write_bytes(picture)
        (fresh / "index.html").write_text(
            pages.index_page(project, request, todo, pictures=pictures), encoding="utf-8"
        )
        shutil.rmtree(work)
        (fresh / MARKER).touch()
        _put_in_place(fresh, request.output)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return request.output / "index.html"


def _pages(project: Project, request: Request) -> list[Page]:
    """The pages to draw, in the order of the navigation."""
    todo = []
    for board in project.boards.values():
        variables = {
            name: value for name, value in request.filters.items() if name in board.variables
        }
        if board.name != SEGMENT_BOARD:
            todo.append(Page(board.name, f"{board.name}.html", board.title, variables))
            continue
        labels = {segment.name: segment.label for segment in request.published.segments}
        todo += [
            Page(board.name, f"segments/{name}.html", labels[name], variables | {"segment": name})
            for name in request.segments
        ]
    return todo


def _draw_page(
    renderer: Any, project: Project, page: Page, todo: list[Page], request: Request, folder: Path
) -> str:
    """Write a page; return the wide board as dbt charts drew it."""
    path = folder / page.path
    path.parent.mkdir(exist_ok=True)
    wide = renderer.html(page.board, page.variables)
    phone = renderer.svg(f"phone_{page.board}", page.variables)
    html = pages.merged_page(wide, phone, pages.Frame.of(page, todo, project, request))
    if not (folder / pages.FONTS).exists():
        (folder / pages.FONTS).write_text(pages.fonts(html), encoding="utf-8")
    if "/" in page.path:
        html = pages.without_fonts(html)
    path.write_text(html, encoding="utf-8")
    return wide


def _clear_leftovers(output: Path) -> None:
    """Remove what drawings that were killed left, and put back what one had moved away."""
    for path in output.parent.glob(f".{output.name}.*.*"):
        _, _, ending = path.name.rpartition(f".{output.name}.")
        process, _, kind = ending.partition(".")
        if kind not in ("new", "old") or not process.isdecimal() or _is_alive(int(process)):
            continue
        if kind == "old" and not output.exists():
            path.rename(output)
        else:
            shutil.rmtree(path, ignore_errors=True)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return process != os.getpid()


def _put_in_place(fresh: Path, output: Path) -> None:
    """Rename the finished folder over the former one."""
    former = output.with_name(f".{output.name}.{os.getpid()}.old")
    if output.exists():
        output.rename(former)
    fresh.rename(output)
    shutil.rmtree(former, ignore_errors=True)


def main(environment: dict[str, str]) -> int:
    """Draw what the environment asks for and return the exit code."""
    started = time.monotonic()
    try:
        request = request_from_environment(environment)
        index = draw(request)
    except UsageError as error:
        print(f"failed: {error}", file=sys.stderr)
        return EXIT_USAGE
    except (BoardError, OSError) as error:
        print(f"failed: {error}; the pages drawn before stand", file=sys.stderr)
        return EXIT_FAILED
    count = len(list(index.parent.rglob("*.html"))) - 1
    print(
        f"drew {count} pages as of {request.filters['as_of_date']}"
        f" in {time.monotonic() - started:.0f} s: {index}"
    )
    return EXIT_DONE


if __name__ == "__main__":
    run_and_exit(lambda: main(dict(os.environ)), "stopped; the pages drawn before stand")
