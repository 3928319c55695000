"""Make the Data Docs of Great Expectations readable offline, with no request to anyone.

The tool's pages load styles, scripts and pictures from outside hosts, and its index is drawn by
such a script. Here those references are taken out, a small stylesheet is put in, and the index is
written anew from the results.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from html import escape
from pathlib import Path

from input_checks_store import CheckResult

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5rem auto; max-width: 75rem;
  padding: 0 1rem; color: #1c2430; background: #fff; }
h1 { font-size: 1.5rem; } h5, h6 { font-size: 1rem; margin: 0; }
a { color: #0b5cad; } nav a { margin-right: .5rem; }
ol.breadcrumb, ul.nav { list-style: none; padding: 0; display: flex; flex-wrap: wrap;
  gap: .25rem 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { border: 1px solid #d5dbe3; padding: .35rem .6rem; text-align: left; vertical-align: top; }
th { background: #f2f5f9; }
.alert { background: #f2f5f9; padding: .5rem .75rem; margin-top: 1rem;
  border-left: 4px solid #8a99ad; }
.badge { background: #e6ebf2; border-radius: .25rem; padding: 0 .35rem; }
.text-success, .passed { color: #17692f; }
.text-danger, .critical { color: #a31621; font-weight: 600; }
.warning { color: #8a4b00; font-weight: 600; }
.number { text-align: right; } .wide { width: 32%; }
@media (max-width: 700px) {
  body { padding: 0 .75rem; overflow-wrap: anywhere; }
  table { display: block; overflow-x: auto; }
  table.checks, .checks tbody, .checks tr, .checks td { display: block; width: auto; }
  .checks thead { display: none; }
  .checks tr { border: 1px solid #d5dbe3; margin-bottom: .75rem; padding: .25rem 0; }
  .checks td { border: 0; padding: .1rem .6rem; text-align: left; }
  .checks td:empty { display: none; }
}
"""

ICONS = {"fa-check-circle": "passed", "fa-times": "failed", "fa-exclamation-triangle": "error"}


def make_readable_offline(
    docs_dir: Path, run_id: str, results: Sequence[CheckResult], notes: dict[tuple[str, str], str]
) -> None:
    """Rewrite every page below `docs_dir`.

    Args:
        docs_dir: the static site.
        run_id: name of the run.
        results: checks that the new index lists.
        notes: why a check is as it is, by (table, check name).
    """
    for page in docs_dir.rglob("*.html"):
        page.write_text(clean_page(page.read_text(encoding="utf-8")), encoding="utf-8")
    pages = {
        page.parent.parent.parent.name: page.relative_to(docs_dir).as_posix()
        for page in sorted(docs_dir.glob("validations/*/*/*/*.html"))
    }
    index = index_page(run_id, results, notes, pages)
    (docs_dir / "index.html").write_text(index, encoding="utf-8")
    # Fonts, pictures and styles that no page refers to any more.
    shutil.rmtree(docs_dir / "static", ignore_errors=True)


def clean_page(html: str) -> str:
    """Return a page of Great Expectations without scripts and references to other hosts."""
    html = re.sub(r"<script\b.*?</script>", "", html, flags=re.S | re.I)
    html = re.sub(r"<style\b.*?</style>", "", html, flags=re.S | re.I)
    html = re.sub(r"<(?:link|img)\b[^>]*>", "", html, flags=re.S | re.I)
    html = re.sub(r"<a [^>]*href=\"https?:[^>]*>(.*?)</a>", r"\1", html, flags=re.S | re.I)
    # Buttons and folded parts work by script alone: the former go, the latter stand open.
    html = re.sub(r"<(button|label)\b.*?</\1>", "", html, flags=re.S | re.I)
    html = re.sub(
        r"<div class=\"card mb-3\">\s*<div class=\"card-header p-2\">\s*<strong>Actions"
        r".*?(?=<div class=\"card d-md-block)",
        "",
        html,
        flags=re.S,
    )
    html = re.sub(r"<p class=\"m-0\">\s*<a data-toggle=\"collapse\".*?</p>", "", html, flags=re.S)
    for icon, word in ICONS.items():
        html = re.sub(rf"(<i class=\"[^\"]*{icon}[^\"]*\"\s*>)\s*(?=</i>)", rf"\g<1>{word}", html)
    html = re.sub(r"(<a href=\"[^\"]*index\.html\">)\s*</a>", r"\1All checks</a>", html)
    return html.replace("</head>", f"<style>{STYLE}</style></head>", 1)


def index_page(
    run_id: str,
    results: Sequence[CheckResult],
    notes: dict[tuple[str, str], str],
    pages: dict[str, str],
) -> str:
    """Return the index: one line for each check, the failed ones first."""
    order = {"critical": 0, "warning": 1, "passed": 2}
    lines = sorted(
        ((order[_status(result)], result) for result in results), key=lambda pair: pair[0]
    )
    failed = sum(1 for rank, _ in lines if rank < 2)
    links = " ".join(
        f'<a href="{escape(page)}">{escape(table)}</a>' for table, page in pages.items()
    )
    rows = "\n".join(
        _row(result, notes.get((result.source, result.check_name), "")) for _, result in lines
    )
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en"><head><meta charset="UTF-8"><title>Input checks</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1.0">'
        f"<style>{STYLE}</style></head><body><h1>Input checks</h1>"
        f"<p>Run {escape(run_id)}: {len(lines)} checks, {failed} failed. "
        "A failed critical check stops the build.</p>"
        f"<nav>Pages of Great Expectations: {links}</nav>"
        '<table class="checks"><thead><tr><th>Status</th><th>Table</th><th>Check</th>'
        '<th class="wide">Outcome</th>'
        "<th>Observed</th><th>Expected</th><th>Why</th></tr></thead>"
        f"<tbody>\n{rows}\n</tbody></table></body></html>\n"
    )


def _status(result: CheckResult) -> str:
    return "passed" if result.is_passed else result.severity


def _row(result: CheckResult, note: str) -> str:
    status = _status(result)
    label = status if result.is_passed else f"failed ({status})"
    if result.observed_value is None:
        label = "not judged"
    outcome = result.message.removeprefix(f"{result.source}: ")
    cells = [result.source, result.check_name, outcome]
    text = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return (
        f'<tr><td class="{status}">{label}</td>{text}'
        f'<td class="number">{escape(result.observed_value or "")}</td>'
        f'<td class="number">{escape(result.expected_value)}</td><td>{escape(note)}</td></tr>'
    )
