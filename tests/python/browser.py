"""Look at pages in a real browser without a network, as people see them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pytest

from warehouse import PROJECT_DIR

SCREENSHOTS = PROJECT_DIR / "target" / "screenshots"
PHONE, DESKTOP = WIDTHS = (390, 1440)
NAMES = ("chromium", "chromium-browser", "google-chrome")
LOCAL = ("file:", "data:", "blob:", "about:", "http://127.0.0.1:")

# The size (px) at which each visible text is painted, SVG scaling included, and the text itself.
SIZES = """() => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const text = walker.currentNode.textContent.trim();
    if (!text || ['SCRIPT', 'STYLE', 'style', 'title', 'desc'].includes(element.tagName)) continue;
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height) continue;
    const matrix = element.getScreenCTM ? element.getScreenCTM() : null;
    const scale = matrix ? Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c)) : 1;
    found.push([parseFloat(getComputedStyle(element).fontSize) * scale, text]);
  }
  return found.sort((one, other) => one[0] - other[0]);
}"""
# The texts of each chart that is visible, by its id.
CHARTS = """() => Object.fromEntries([...document.querySelectorAll('.dbt-chart')]
  .filter(chart => chart.getBoundingClientRect().width)
  .map(chart => [chart.dataset.chartId,
    [...chart.querySelectorAll('text')].map(text => text.textContent.trim()).filter(Boolean)]))"""


@dataclass(frozen=True)
class Seen:
    """What a browser made of a page."""

    charts: dict[str, list[str]]
    text: str
    problems: list[str]
    outside: list[str]
    scroll_width: int
    smallest: tuple[float, str]
    links: list[str]


class Browser:
    """Headless Chromium; use it in a with statement."""

    def __init__(self, executable: str) -> None:
        """Start it."""
        from playwright.sync_api import sync_playwright  # noqa: PLC0415

        self._driver = sync_playwright().start()
        options = ["--no-sandbox", "--disable-background-networking", "--hide-scrollbars"]
        self._browser = self._driver.chromium.launch(executable_path=executable, args=options)

    def __enter__(self) -> Browser:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it."""
        self._browser.close()
        self._driver.stop()

    def look(self, page: Path | str, width: int, name: str | None = None) -> Seen:
        """Open a page at one width and report what it shows (see look_at_widths)."""
        return self.look_at_widths(page, (width,), name)[width]

    def look_at_widths(
        self, page: Path | str, widths: tuple[int, ...] = WIDTHS, name: str | None = None
    ) -> dict[int, Seen]:
        """Open a page and report what it shows; whatever is not on this machine is refused.

        Args:
            page: file or address.
            widths: of the window (px), one after the other.
            name: of the screenshots in target/screenshots, the width is added; None takes none.
        """
        problems: list[str] = []
        outside: list[str] = []
        tab = self._browser.new_page(viewport={"width": widths[0], "height": 900})
        tab.on(
            "console",
            lambda said: problems.append(said.text) if said.type in ("error", "warning") else None,
        )
        tab.on("pageerror", lambda error: problems.append(str(error)))
        tab.on(
            "request",
            lambda asked: None if asked.url.startswith(LOCAL) else outside.append(asked.url),
        )
        tab.route(
            "**/*",
            lambda route: (
                route.continue_() if route.request.url.startswith(LOCAL) else route.abort()
            ),
        )
        seen = {}
        try:
            tab.goto(page.resolve().as_uri() if isinstance(page, Path) else page)
            tab.evaluate("() => document.fonts.ready.then(() => true)")
            for width in widths:
                tab.set_viewport_size({"width": width, "height": 900})
                if name:
                    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
                    tab.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
                sizes = tab.evaluate(SIZES)
                seen[width] = Seen(
                    charts=tab.evaluate(CHARTS),
                    text=tab.inner_text("body"),
                    problems=problems,
                    outside=outside,
                    scroll_width=tab.evaluate("() => document.documentElement.scrollWidth"),
                    smallest=tuple(sizes[0]) if sizes else (0.0, ""),
                    links=tab.evaluate("() => [...document.links].map(link => link.href)"),
                )
        finally:
            tab.close()
        return seen

    def printed_pages(self, page: Path) -> int:
        """Print a page and return how many sheets it takes."""
        tab = self._browser.new_page()
        try:
            tab.goto(page.resolve().as_uri())
            return tab.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
        finally:
            tab.close()


def started() -> Browser:
    """Return a browser; skips the test where there is none."""
    executable = next((path for name in NAMES if (path := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, or look yourself")
    pytest.importorskip("playwright.sync_api", reason="no playwright: make setup-test")
    return Browser(executable)
