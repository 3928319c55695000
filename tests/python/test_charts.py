"""The dashboards: drawn over four shops, looked at in a browser, held against SQL."""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

import charts
import charts_pages
from browser import DESKTOP, PHONE, Browser, Seen
from build import UsageError
from charts_project import PALETTE, phone_board, segment_colours
from charts_published import Segment
from refresh_workshop import LAST_DAY
from warehouse import PROJECT_DIR, read

pytestmark = pytest.mark.slow

SHOPS = ("demo", "history", "one_customer", "empty")
BOARDS = ("overview", "rfm", "cohorts", "movement", "data_quality")
SMALLEST_TEXT_PX = 9.0
SCRIPTS = PROJECT_DIR / "scripts"

Looks = dict[tuple[str, str], dict[int, Seen]]


@pytest.fixture(scope="module")
def looks(browser: Browser, drawn: Path) -> Looks:
    """Every page of every shop as the browser shows it, by shop, page and width."""
    return {
        (shop, page.relative_to(drawn / shop).as_posix()): browser.look_at_widths(
            page, name=f"{shop}-{page.stem}"
        )
        for shop in SHOPS
        for page in sorted((drawn / shop).rglob("*.html"))
    }


@pytest.fixture(scope="module")
def published(drawn: Path, demo_build: Path, refreshed) -> dict[str, Path]:
    """The published file of each shop."""
    folders = {
        "demo": demo_build,
        "history": refreshed.first.with_name(LAST_DAY),
        "one_customer": drawn / "one_customer_shop" / "warehouse",
        "empty": drawn / "empty_shop" / "warehouse",
    }
    return {name: folder / "published.duckdb" for name, folder in folders.items()}


def test_every_board_and_segment_asked_for_has_a_page(looks: Looks, drawn: Path) -> None:
    for shop in SHOPS:
        segment = "at_risk" if shop == "demo" else "buyers"
        expected = {"index.html", f"segments/{segment}.html", *(f"{one}.html" for one in BOARDS)}
        assert {page for name, page in looks if name == shop} == expected
    for board in (*BOARDS, "segment"):
        picture = (drawn / "demo" / f"{board}.png").read_bytes()
        width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
        assert width == 1800
        assert height > 400


def test_pages_are_whole_legible_and_keep_to_themselves(looks: Looks) -> None:
    wrong = []
    for (shop, page), widths in looks.items():
        for width, seen in widths.items():
            place = f"{shop}/{page} at {width} px"
            wrong += [f"{place}: {said}" for said in seen.problems]
            wrong += [f"{place} asks for {url}" for url in seen.outside]
            if f"As of {'2026-11-21' if shop == 'demo' else LAST_DAY}" not in seen.text:
                wrong.append(f"{place} does not say its date")
            if seen.scroll_width > width:
                wrong.append(f"{place} is {seen.scroll_width} px wide")
            if seen.smallest[0] < SMALLEST_TEXT_PX:
                wrong.append(f"{place}: '{seen.smallest[1]}' is {seen.smallest[0]:.1f} px")
            for mark in ("undefined", "NaN", "None", "null", "{{", "nan%"):
                if re.search(rf"(?<!\w){re.escape(mark)}(?!\w)", seen.text) and mark != "None":
                    wrong.append(f"{place} says {mark}")
    assert wrong == []


def test_links_between_pages_lead_somewhere(looks: Looks) -> None:
    for (shop, page), widths in looks.items():
        for link in widths[DESKTOP].links:
            path = Path(link.removeprefix("file://").partition("#")[0])
            assert path.is_file(), f"{shop}/{page} links to {link}"


def test_phone_shows_the_charts_of_the_wide_board(looks: Looks) -> None:
    for (shop, page), widths in looks.items():
        assert set(widths[PHONE].charts) <= set(widths[DESKTOP].charts), f"{shop}/{page}"
        if page.startswith(("overview", "data_quality")):
            assert set(widths[PHONE].charts) == set(widths[DESKTOP].charts)


def figure(seen: Seen, chart: str) -> str:
    """The headline of a KPI."""
    return seen.charts[chart][0]


def test_overview_shows_the_figures_of_the_demo(looks: Looks, published) -> None:
    database = published["demo"]
    [(customers, revenue, reachable)] = read(
        database,
        "select count(*), sum(monetary), avg(cast(is_email_reachable as int)) from marts.customers",
    )
    [(buyers,)] = read(
        database,
        "select avg(cast(recency_days is not null and recency_days <= 30 as int))"
        " from marts.customers",
    )
    [(alerts,)] = read(
        database,
        "select count(*) from marts.segment_alerts where severity in ('warning', 'critical')",
    )
    [(failed, checks)] = read(
        database,
        "select count(*) filter (where not is_passed), count(*) from marts.input_check_results",
    )
    [(rejected, delivered)] = read(
        database, "select sum(rejected_rows), sum(delivered_rows) from marts.refresh_run_inputs"
    )
    for width in (PHONE, DESKTOP):
        seen = looks["demo", "overview.html"][width]
        assert seen.charts["customers"][0] == f"{customers:,}"
        assert "".join(seen.charts["revenue"]).startswith(f"{revenue:,.0f} PLN")
        assert "".join(seen.charts["reachable_share"]).startswith(f"{reachable:.1%}")
        assert "".join(seen.charts["active_share"]).startswith(f"{buyers:.1%}")
        assert figure(seen, "alerts_count") == f"{alerts}"
        assert seen.charts["failed_checks"][0] == f"{failed}"
        assert f"of {checks} in the last run" in seen.charts["failed_checks"]
        assert f"{rejected:,} of {delivered:,}" in seen.charts["rejected_share"]


def test_overview_shows_the_sizes_of_segments(looks: Looks, published) -> None:
    rows = read(
        published["demo"],
        "select label, count(customer_id) from marts.segments"
        " left join marts.segment_memberships using (segment)"
        " where priority is not null and segment <> 'everybody'"
        " group by label, priority order by priority",
    )
    for width in (PHONE, DESKTOP):
        shown = looks["demo", "overview.html"][width].charts["sizes"]
        assert [text for text in shown if text in dict(rows)] == [label for label, _ in rows]
        assert {f"{count:,}" for _, count in rows} <= set(shown)
    largest = read(
        published["demo"],
        "select label, count(*) from marts.segments"
        " inner join marts.segment_memberships using (segment)"
        " where segment <> 'everybody' group by label order by 2 desc, 1 limit 15",
    )
    shown = looks["demo", "overview.html"][DESKTOP].charts["largest_segments"]
    for label, count in largest:
        assert label in shown
        assert f"{count:,}" in shown


def test_overview_compares_with_the_state_before(looks: Looks, published) -> None:
    """The shop with history: its first recording is the earlier state."""
    [(now, before)] = read(
        published["history"],
        "select count(*) filter (where valid_to_date is null),"
        " count(*) filter (where valid_from_date = date '2026-11-14')"
        " from marts.segment_membership_history where segment = 'everybody'",
    )
    seen = looks["history", "overview.html"][DESKTOP]
    assert seen.charts["customers"][0] == f"{now:,}"
    assert f"{100 * (now / before - 1):+.1f}% since 14 Nov 2026" in seen.charts["customers"]
    assert "sizes_over_time" in seen.charts


def test_data_quality_shows_what_was_rejected_and_why(looks: Looks, published) -> None:
    database = published["demo"]
    reasons: dict[str, int] = {}
    for source, codes in read(database, "select source, reason_codes from marts.rejected_rows"):
        for code in codes.split(","):
            name = f"{source}: {code.strip()}".replace("_", " ")
            reasons[name] = reasons.get(name, 0) + 1
    first = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))[:15]
    [(rejected, accepted, delivered)] = read(
        database,
        "select sum(rejected_rows), sum(accepted_rows), sum(delivered_rows)"
        " from marts.refresh_run_inputs",
    )
    sources = read(
        database,
        "select replace(source, '_', ' '), delivered_rows from marts.refresh_run_inputs",
    )
    for width in (PHONE, DESKTOP):
        seen = looks["demo", "data_quality.html"][width]
        shown = seen.charts["reasons_bars"]
        assert [text for text in shown if text in reasons] == [name for name, _ in first]
        assert {f"{count:,}" for _, count in first} <= set(shown)
        assert seen.charts["rejected_rows"][0] == f"{rejected:,}"
        assert "".join(seen.charts["accepted_share"]).startswith(f"{accepted / delivered:.1%}")
        for source, count in sources:
            assert {source, f"{count:,}"} <= set(seen.charts["sources"])


def test_data_quality_shows_each_run(looks: Looks, published) -> None:
    runs = read(
        published["history"],
        "select strftime(as_of_date, '%-d %b %Y') from marts.refresh_runs order by run_id desc",
    )
    seen = looks["history", "data_quality.html"][DESKTOP]
    shown = seen.charts["runs_table"]
    assert [text for text in shown if re.fullmatch(r"\d+ \w{3} \d{4}", text)] == [
        as_of for (as_of,) in runs
    ]
    assert {"runs_checks", "runs_shares"} <= set(seen.charts)


def test_states_without_data_are_told_in_words(looks: Looks) -> None:
    said = {shop: looks[shop, "overview.html"][PHONE].text for shop in SHOPS}
    said = {shop: re.sub(r"\s+", " ", text) for shop, text in said.items()}
    assert "Nobody is in a segment with a priority" in said["empty"]
    assert "No whole month with a purchase yet" in said["one_customer"]
    assert "make backfill" in said["demo"]
    assert "make backfill" not in said["history"]
    seen = looks["empty", "overview.html"][DESKTOP]
    assert seen.charts["customers"][0] == "0"
    assert "not on record" in seen.charts["average_order_value"]
    one = looks["one_customer", "overview.html"][DESKTOP]
    assert "".join(one.charts["average_order_value"]).startswith("120.50 PLN")


def test_a_page_is_printed_row_by_row(browser: Browser, drawn: Path) -> None:
    page = drawn / "demo" / "overview.html"
    sheets = re.findall(r'<svg viewBox="0 ([\d.]+) 1200 ([\d.]+)"><use', page.read_text())
    tops = [float(top) for top, _ in sheets]
    assert len(sheets) >= 5
    for (top, height), following in zip(sheets, tops[1:], strict=False):
        assert float(top) + float(height) == pytest.approx(following, abs=0.01)
    assert 2 <= browser.printed_pages(page) <= len(sheets)


def given(published: dict[str, Path], **more: str) -> dict[str, str]:
    """An environment over the demo shop."""
    return {"WAREHOUSE_DIR": str(published["demo"].parent), **more}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"COUNTRY": "XX"}, "COUNTRY: 'XX' is in none of the published tables; there are: "),
        ({"LAYER": "tactical"}, "LAYER: 'tactical' is in none of the published tables; there"),
        ({"SEGMENT": "vipp"}, "SEGMENT: no segment 'vipp'; did you mean vip?"),
        ({"AS_OF": "2020-01-01"}, "AS_OF: nothing is on record as of '2020-01-01'; there"),
        ({"WAREHOUSE_DIR": "/nowhere"}, "WAREHOUSE_DIR: nothing is published in '/nowhere'"),
        ({"OUTPUT": str(PROJECT_DIR / "docs")}, "OUTPUT: '"),
    ],
)
def test_a_wrong_setting_is_told_in_a_line(published, capsys, setting, said) -> None:
    assert charts.main(given(published) | setting) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"failed: {said}")
    assert told.count("\n") == 1


def test_a_file_without_a_table_is_of_an_older_version(published, tmp_path, capsys) -> None:
    import duckdb  # noqa: PLC0415

    old = tmp_path / "published.duckdb"
    old.write_bytes(published["demo"].read_bytes())
    with duckdb.connect(str(old)) as connection:
        connection.execute("drop table marts.segment_alerts")
    output = tmp_path / "charts"
    assert charts.main({"WAREHOUSE_DIR": str(tmp_path), "OUTPUT": str(output)}) == 2
    told = capsys.readouterr().err
    assert "has no table segment_alerts, which the board overview reads" in told
    assert list(tmp_path.iterdir()) == [old]


def test_filters_reach_the_boards_that_have_them(published) -> None:
    request = charts.request_from_environment(
        given(published, COUNTRY="PL", LAYER="micro", SEGMENT="all", OUTPUT="none")
    )
    assert request.filters == {"as_of_date": "2026-11-21", "country": "PL", "layer": "micro"}
    assert (
        len(request.segments)
        == read(published["demo"], "select count(*) from marts.segments")[0][0]
    )


def segment(label: str, priority: int | None) -> Segment:
    return Segment(label.lower(), label, "strategic", priority)


def test_segments_of_another_catalogue_get_free_colours_by_priority() -> None:
    catalogue = [segment("Gold", 1), segment("VIP", 2), segment("Silver", 3), segment("Rest", None)]
    colours = segment_colours(catalogue, {"VIP": PALETTE[0], "At risk": PALETTE[2]})
    assert colours == {"VIP": PALETTE[0], "Gold": PALETTE[1], "Silver": PALETTE[2]}
    many = segment_colours([segment(f"S{number:02}", number) for number in range(40)], {})
    assert len(set(many.values())) == 40
    assert list(many.values())[: len(PALETTE)] == list(PALETTE)


# What people without one kind of cones see of linear RGB (Machado, Oliveira and Fernandes 2009).
SIGHT = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
                 (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
                (0.004733, 0.691367, 0.303900)),
}  # fmt: skip
# CIELAB distance; two that differ by 2.3 are told apart side by side, by 10 at a glance.
LEAST_DISTANCE = 15.0


def lab(colour: str, sight: str) -> tuple[float, float, float]:
    """A colour as somebody sees it, in CIELAB (D65)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    red, green, blue = (
        min(1, max(0, sum(weight * part for weight, part in zip(row, linear, strict=True))))
        for row in SIGHT[sight]
    )
    x, y, z = (
        light ** (1 / 3) if light > 0.008856 else 7.787 * light + 16 / 116
        for light in (
            (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047,
            0.2126 * red + 0.7152 * green + 0.0722 * blue,
            (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883,
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("sight", SIGHT)
def test_pinned_colours_are_told_apart(sight: str) -> None:
    meta = yaml.safe_load((PROJECT_DIR / "charts" / "meta.yml").read_text())
    pins = meta["style"]["charts"]["category_colors"]
    for values in [pin["values"] for pin in pins.values()] + [dict(enumerate(PALETTE))]:
        for (one, its), (other, others) in itertools.combinations(values.items(), 2):
            distance = (
                sum((a - b) ** 2 for a, b in zip(lab(its, sight), lab(others, sight), strict=True))
                ** 0.5
            )
            assert distance >= LEAST_DISTANCE, f"{one} and {other}: {distance:.1f}"


def test_a_phone_board_puts_everything_under_one_another() -> None:
    board = {
        "charts": {
            "a": {"type": "kpi"}, "b": {"type": "kpi"}, "c": {"type": "kpi"},
            "d": {"type": "bar", "style": {"aspect_ratio": 3}}, "e": {"type": "table"},
        },
        "rows": [
            {"cols": ["a", "b", "c"]},
            {"visible": {"query": "q", "column": "x"},
             "cols": ["d", {"width": "30%", "rows": ["e"]}]},
        ],
    }  # fmt: skip
    phone = phone_board("one", board, {"charts": {"e": {"title": "Short"}}})
    assert phone["extends"] == "./one.yml"
    assert phone["rows"] == [
        {"cols": ["a", "b"]},
        {"cols": ["c"]},
        {"visible": {"query": "q", "column": "x"}, "rows": ["d", "e"]},
    ]
    assert phone["charts"]["d"] == {"type": "bar", "style": {"aspect_ratio": 1.25}}
    assert phone["charts"]["e"] == {"type": "table", "title": "Short"}


def test_a_merged_page_has_no_id_twice(drawn: Path) -> None:
    text = (drawn / "demo" / "overview.html").read_text()
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert charts_pages.without_fonts(text).count("@font-face {") == 0


def test_pages_stand_while_a_new_drawing_fails(published, drawn, tmp_path, monkeypatch) -> None:
    import charts_render  # noqa: PLC0415

    output = tmp_path / "charts"
    # Another drawing was killed while it put its pages in place.
    moved = tmp_path / ".charts.999999999.old"
    moved.mkdir()
    (moved / charts.MARKER).touch()
    (moved / "index.html").write_text("former")
    (tmp_path / ".charts.999999999.new").mkdir()

    def failing(self: object, board: str, variables: dict[str, str]) -> str:
        raise charts.BoardError(f"board {board}: no such column")

    monkeypatch.setattr(charts_render.Renderer, "html", failing)
    assert charts.main(given(published, OUTPUT=str(output))) == 1
    assert (output / "index.html").read_text() == "former"
    assert list(tmp_path.iterdir()) == [output]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_dashboard_serves_filters_and_follows_the_published_file(
    browser: Browser, published, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse"
    warehouse.mkdir()
    place = warehouse / "published.duckdb"
    place.write_bytes(published["one_customer"].read_bytes())
    port = free_port()
    environment = {**os.environ, "WAREHOUSE_DIR": str(warehouse), "PORT": str(port)}
    with (tmp_path / "said.txt").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, str(SCRIPTS / "dashboard.py")],
            env=environment, cwd=PROJECT_DIR, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 120
        while "Ctrl-C" not in (tmp_path / "said.txt").read_text():
            assert process.poll() is None, (tmp_path / "said.txt").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.3)
        address = f"http://127.0.0.1:{port}/overview/"
        seen = browser.look(address, DESKTOP, "served-overview")
        assert seen.problems == []
        assert seen.outside == []
        assert seen.charts["customers"][0] == "1"
        fresh = warehouse / "fresh"
        fresh.write_bytes(published["history"].read_bytes())
        fresh.replace(place)
        [(customers,)] = read(place, "select count(*) from marts.customers")
        assert browser.look(address, DESKTOP).charts["customers"][0] == f"{customers}"
        seen = browser.look(f"{address}?layer=micro&as_of_date=2026-11-14", DESKTOP)
        assert "No segment with a priority" in re.sub(r"\s+", " ", seen.text)
        [(then,)] = read(
            place,
            "select count(*) from marts.segment_membership_history"
            " where segment = 'everybody' and valid_from_date <= date '2026-11-14'",
        )
        assert seen.charts["customers"][0] == f"{then}" != f"{customers}"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=3)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert "stopped" in (tmp_path / "said.txt").read_text()


@pytest.mark.parametrize("port", ["0", "99999", "abc"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    import dashboard  # noqa: PLC0415

    with pytest.raises(UsageError, match="PORT"):
        dashboard.port_from_environment({"PORT": port})
