"""Write the project that dbt charts draws: the boards of charts/, and what the data decide.

The data decide the currency, the colours of segments that charts/meta.yml does not know, and the
phone layout follows from each board's own.
"""

from __future__ import annotations

import copy
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from build import ROOT
from charts_published import Published, Segment, check_tables

# Colours that tell segments apart, for colour-blind readers too (Paul Tol's "muted" palette).
PALETTE = (
    "#332288", "#117733", "#882255", "#88CCEE", "#DDCC77", "#AA4499", "#44AA99", "#999933",
    "#CC6677", "#222222",
)  # fmt: skip
PHONE_FRAME = {"width": 390, "margin": 10, "card_padding": 6, "card_gap": 4}
# A picture that is wide and low on a screen needs height on a phone.
PHONE_ASPECT_RATIO = 1.25
# The order of the navigation; a board that is not named here comes after these.
ORDER = ("overview", "segment", "rfm", "cohorts", "movement", "data_quality")
LAYOUTS = ("rows", "cols", "grid", "tabs")


class BoardError(Exception):
    """A board that cannot be drawn; the text is one line."""


@dataclass(frozen=True)
class Board:
    """A board as written: its name, title, what it answers, and the names of its variables."""

    name: str
    title: str
    notes: str
    variables: frozenset[str]


@dataclass(frozen=True)
class Project:
    """A folder that dbt charts can draw, and its boards in the order of the navigation."""

    folder: Path
    boards: dict[str, Board]
    published: Published


def write_project(folder: Path, published: Published, source: Path = ROOT) -> Project:
    """Write the project into a folder; files that are there already are replaced one by one.

    Args:
        folder: where it goes.
        published: the published file that the boards read.
        source: project with charts/ and templates/.

    Raises:
        UsageError: the file lacks a table that a board reads.
        OSError: a file cannot be read or written.
    """
    charts = source / "charts"
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(charts.glob("*.yml"))}
    parsed = {name: yaml.safe_load(text) or {} for name, text in texts.items()}
    names = [name for name in parsed if not name.startswith("_") and name != "meta"]
    names.sort(key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    check_tables(
        published,
        {name: "".join(texts[part] for part in _parts(name, parsed)) for name in names},
    )
    connection = {"type": "duckdb", "path": str(published.path), "schema": "marts"}
    _write(folder / "dbt_charts.yml", {"sources": {"published": connection}})
    _write(folder / "charts" / "meta.yml", _meta(parsed["meta"], published))
    boards = {}
    for name, text in texts.items():
        if name != "meta" and not name.startswith("_phone_"):
            _replace(folder / "charts" / f"{name}.yml", text)
    for name in names:
        given = parsed.get(f"_phone_{name}", {})
        _write(folder / "charts" / f"phone_{name}.yml", phone_board(name, parsed[name], given))
        variables = {
            variable
            for part in _parts(name, parsed)
            for variable in parsed[part].get("variables") or {}
        }
        boards[name] = Board(
            name, _title(name, parsed[name].get("title", "")), parsed[name].get("notes", ""),
            frozenset(variables),
        )  # fmt: skip
    if (source / "templates").is_dir():
        shutil.copytree(source / "templates", folder / "templates", dirs_exist_ok=True)
    return Project(folder, boards, published)


def _title(name: str, given: str) -> str:
    """The title of a board; the name where the title is one that only a query knows."""
    return given if given and "{{" not in given else name.replace("_", " ").capitalize()


def _parts(name: str, parsed: dict[str, dict[str, Any]]) -> list[str]:
    """A board and the boards that it extends."""
    extended = parsed[name].get("extends") or []
    parts = [name]
    for path in [extended] if isinstance(extended, str) else extended:
        stem = Path(path).stem
        if stem in parsed:
            parts += _parts(stem, parsed)
    return parts


def _meta(meta: dict[str, Any], published: Published) -> dict[str, Any]:
    """The defaults of all boards with the currency and the colours of this catalogue."""
    meta = copy.deepcopy(meta)
    meta["regional"]["locale"]["number"]["currency"] = ["", f" {published.currency}"]
    pins = meta["style"]["charts"]["category_colors"]["segment_label"]
    pins["values"] = segment_colours(published.segments, pins["values"])
    if not pins["values"]:
        del meta["style"]["charts"]["category_colors"]["segment_label"]
    return meta


def segment_colours(segments: list[Segment], given: dict[str, str]) -> dict[str, str]:
    """Give each segment with a priority its colour, by label.

    Those that `given` names have theirs; the others take the colours that are free, by priority,
    and greys when there are none left.

    Args:
        segments: the catalogue in order of priority.
        given: colours by label.
    """
    labels = list(dict.fromkeys(one.label for one in segments if one.priority is not None))
    colours = {label: given[label] for label in labels if label in given}
    free = [colour for colour in PALETTE if colour not in colours.values()]
    for number, label in enumerate(label for label in labels if label not in colours):
        # The same colour twice would be refused, so each grey differs by a shade nobody sees.
        grey = 0xA0 + (number - len(free)) % 32
        colours[label] = free[number] if number < len(free) else f"#{grey:02X}{grey:02X}A0"
    return colours


def phone_board(name: str, board: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the phone layout of a board: 390 px wide, everything under one another.

    Args:
        name: the board's.
        board: the board as written.
        given: what its _phone_ file says; it goes before what is made here.
    """
    charts = board.get("charts") or {}
    made: dict[str, Any] = {
        "extends": f"./{name}.yml",
        "style": {"frame": PHONE_FRAME, "variables": {"position": "top"}},
        "charts": {},
    }
    for chart, body in charts.items():
        ratio = (body.get("style") or {}).get("aspect_ratio")
        if ratio and ratio > PHONE_ASPECT_RATIO:
            made["charts"][chart] = {"style": {"aspect_ratio": PHONE_ASPECT_RATIO}}
    if not any(layout in given for layout in LAYOUTS):
        items = board.get("rows") or [{key: board[key]} for key in LAYOUTS if key in board]
        made["rows"] = _under_one_another(items, charts)
    phone = _merged(made, {key: value for key, value in given.items() if key != "extends"})
    # dbt charts takes a chart whole, not what differs in it.
    phone["charts"] = {
        chart: _merged(charts.get(chart, {}), body) for chart, body in phone["charts"].items()
    }
    return phone


def _under_one_another(items: list[Any], charts: dict[str, Any]) -> list[Any]:
    """Items of a layout for a narrow board: two KPIs beside each other, all else alone."""
    rows: list[Any] = []
    for item in items:
        if isinstance(item, dict) and any(layout in item for layout in ("rows", "cols", "grid")):
            rows += _narrow(item, charts)
        else:
            rows.append(item)
    return rows


def _narrow(item: dict[str, Any], charts: dict[str, Any]) -> list[Any]:
    inner = item.get("rows") or item.get("cols")
    if inner is None:
        inner = [cell["item"] for cell in item["grid"]["items"]]
    kept = {
        key: value
        for key, value in item.items()
        if key not in ("rows", "cols", "grid", "width", "height")
    }
    kpis = [one for one in inner if isinstance(one, str) and _type(one, charts) == "kpi"]
    if "cols" in item and len(kpis) == len(inner):
        inner = [{"cols": kpis[at : at + 2]} for at in range(0, len(kpis), 2)]
    else:
        inner = _under_one_another(inner, charts)
    return [{**kept, "rows": inner}] if kept else inner


def _type(chart: str, charts: dict[str, Any]) -> str | None:
    return (charts.get(chart) or {}).get("type")


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Two mappings as one, key by key; `over` wins."""
    merged = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def _write(path: Path, content: dict[str, Any]) -> None:
    _replace(path, yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000))


def _replace(path: Path, text: str) -> None:
    """Write a file unless it says so already; a watcher never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
