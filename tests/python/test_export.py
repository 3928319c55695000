"""What leaves the warehouse for a campaign: whom, why not, what changed, and who asked for it."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from privacy_shop import AS_OF, CONTACTS, SHOP, contact, details, refreshed
from warehouse import PROJECT_DIR

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import export  # noqa: E402

# Nothing of the tables is written by an export.
TABLES = ("warehouse.duckdb", "published.duckdb")


@pytest.fixture(scope="module")
def built(made_once: Callable[..., Path]) -> Path:
    """Folder of the refreshed shop; never written to."""
    return made_once(SHOP, refreshed)


@pytest.fixture
def shop(built: Path, tmp_path: Path) -> Path:
    """WAREHOUSE_DIR of a copy of the shop."""
    folder = tmp_path / "the tables' «place» é"
    folder.mkdir()
    for name in TABLES:
        shutil.copyfile(built / "warehouse" / name, folder / name)
    return folder


def run(folder: Path, capsys: pytest.CaptureFixture[str], code: int = 0, **environment: str) -> str:
    """Export; returns what was said."""
    capsys.readouterr()
    asked = {"SEGMENT": "everybody", "CHANNEL": "email", "EXPORTED_BY": "ala", **environment}
    assert export.main({"WAREHOUSE_DIR": str(folder), **asked}) == code
    said = capsys.readouterr()
    return said.out if code == 0 else said.err


def latest(folder: Path, segment: str = "everybody", channel: str = "email") -> Path:
    return max((folder / "exports" / segment / channel).iterdir())


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "members.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def change(folder: Path, *statements: str) -> None:
    """Change the tables, as a refresh would have done."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        for statement in statements:
            connection.execute(statement)


def test_only_those_who_may_be_addressed_leave(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No consent of every fifth, an unsubscribe of the sixth; contacts 1 and 2 are one customer."""
    before = [(shop / name).read_bytes() for name in TABLES]
    said = run(shop, capsys)
    folder = latest(shop)
    numbers = [n for n in range(1, CONTACTS + 1) if n % 5 and n not in (2, 6)]
    assert [row["customer_id"] for row in rows(folder)] == [contact(n) for n in numbers]
    assert all(row["change"] == "member" for row in rows(folder))
    told = manifest(folder)
    assert told["left_out"] == {"no_consent": 4, "unsubscribed": 1}
    assert (told["members"], told["exported_customers"]) == (CONTACTS - 1, len(numbers))
    assert (told["exported_by"], told["as_of_date"], told["kind"]) == ("ala", AS_OF, "all")
    assert len(told["rule_hash"]) == 32 and told["published_run_id"]
    assert "18 customers, of 23 members (left out: 4 no_consent, 1 unsubscribed)" in said
    assert [(shop / name).read_bytes() for name in TABLES] == before


def test_each_channel_gets_what_it_needs_and_no_more(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = details(7)
    email, phone = known["email"].lower(), known["phone"].replace(" ", "")
    expected = {
        "email": {"email": email},
        "sms": {"phone": phone},
        "push": {"contact_ids": contact(7)},
        "ads": {
            "email_sha256": hashlib.sha256(email.encode()).hexdigest(),
            "phone_sha256": hashlib.sha256(phone.encode()).hexdigest(),
        },
    }
    for channel, columns in expected.items():
        run(shop, capsys, CHANNEL=channel)
        found = {row["customer_id"]: row for row in rows(latest(shop, channel=channel))}
        assert found[contact(7)] == {"customer_id": contact(7), **columns, "change": "member"}
    merged = {row["customer_id"]: row for row in rows(latest(shop, channel="push"))}[contact(1)]
    assert merged["contact_ids"] == f"{contact(1)} {contact(2)}"


def test_the_held_out_stay_away(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(shop, capsys, SEGMENT="buyers", CHANNEL="push")
    with duckdb.connect(str(shop / "published.duckdb"), read_only=True) as connection:
        held_out = connection.execute(
            "select customer_id from marts.segment_memberships"
            " where segment = 'buyers' and in_holdout"
        ).fetchall()
    assert held_out
    folder = latest(shop, "buyers", "push")
    assert not {row["customer_id"] for row in rows(folder)} & {one for (one,) in held_out}
    assert manifest(folder)["left_out"]["holdout"] == len(held_out)


def test_files_agree_and_are_their_owners_alone(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = shop.parent / "out"
    run(shop, capsys, OUTPUT=str(output))
    folder = latest(shop)
    told = manifest(folder)
    for name, known in told["files"].items():
        content = (folder / name).read_bytes()
        assert known == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    for path in (folder, *folder.iterdir(), output, *output.iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path
    parquet = duckdb.sql(f"from read_parquet($${folder}/members.parquet$$)").fetchall()
    assert parquet == [tuple(row.values()) for row in rows(folder)]
    assert (output / "members.csv").read_bytes() == (folder / "members.csv").read_bytes()
    assert told["copied_to"] == str(output)


def test_who_came_and_who_went_since_the_last_export(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A withdrawal, a new address and a re-entry; each is told once."""
    failed = run(shop, capsys, code=2, ONLY="exited")
    assert "never exported for email" in failed
    run(shop, capsys)
    run(shop, capsys, ONLY="entered")
    assert rows(latest(shop)) == []
    enriched = "marts_intermediate.int_customers__enriched"
    change(
        shop,
        f"update {enriched} set email_consent = false where customer_id = '{contact(7)}'",
        f"update {enriched} set email = 'new@example.org' where customer_id = '{contact(8)}'",
        f"update {enriched} set email_consent = true where customer_id = '{contact(10)}'",
    )
    run(shop, capsys, ONLY="entered")
    entered = [(row["customer_id"], row["email"], row["change"]) for row in rows(latest(shop))]
    assert entered == [
        (contact(8), "new@example.org", "entered"),
        (contact(10), details(10)["email"].lower(), "entered"),
    ]
    run(shop, capsys, ONLY="exited")
    exited = [(row["customer_id"], row["email"], row["change"]) for row in rows(latest(shop))]
    assert exited == [
        (contact(7), details(7)["email"].lower(), "exited"),
        (contact(8), details(8)["email"].lower(), "exited"),
    ]
    for kind in ("entered", "exited"):
        run(shop, capsys, ONLY=kind)
        assert rows(latest(shop)) == []


def test_csv_cells_are_no_formulas(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A phone with its plus sign is a number and stays; Parquet holds every value as it is."""
    bad = {
        11: "=cmd|calc@x.example",
        12: "@sum@x.example",
        13: "-2+3@x.example",
        14: "+1+2@x.example",
    }
    enriched = "marts_intermediate.int_customers__enriched"
    change(
        shop,
        *(
            f"update {enriched} set email = '{email}' where customer_id = '{contact(number)}'"
            for number, email in bad.items()
        ),
    )
    run(shop, capsys)
    folder = latest(shop)
    cells = {row["customer_id"]: row["email"] for row in rows(folder)}
    assert {n: cells[contact(n)] for n in bad} == {n: f"'{email}" for n, email in bad.items()}
    kept = duckdb.sql(f"select email from read_parquet($${folder}/members.parquet$$)").fetchall()
    assert {email for (email,) in kept} >= set(bad.values())
    assert manifest(folder)["csv_cells_with_apostrophe"] == len(bad)
    text = (folder / "members.csv").read_text(encoding="utf-8")
    assert all(line.startswith('"') and line.endswith('"') for line in text.splitlines())
    run(shop, capsys, CHANNEL="sms")
    assert rows(latest(shop, channel="sms"))[0]["phone"].startswith("+48")


def test_one_mailbox_is_written_to_once_and_not_against_its_will(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    enriched = "marts_intermediate.int_customers__enriched"
    change(
        shop,
        f"update {enriched} set email = 'family@example.org'"
        f" where customer_id in ('{contact(7)}', '{contact(8)}')",
        f"update {enriched} set email = 'office@example.org'"
        f" where customer_id in ('{contact(9)}', '{contact(10)}')",
    )
    run(shop, capsys)
    told = manifest(latest(shop))["left_out"]
    assert (told["same_address"], told["refused_by_another"]) == (1, 1)
    cells = [row["email"] for row in rows(latest(shop))]
    assert cells.count("family@example.org") == 1 and "office@example.org" not in cells


def test_the_log_of_exports_is_whole_and_only_the_last_are_kept(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        run(shop, capsys, KEEP_EXPORTS="2")
    log = shop / "privacy" / "segment_exports.parquet"
    assert len(list((shop / "exports/everybody/email").iterdir())) == 2
    log.unlink()  # Killed before it was written: the next export completes it.
    leftover = shop / "exports/everybody/email/.20260101T000000000000Z.new"
    leftover.mkdir()
    run(shop, capsys)
    found = duckdb.sql(
        "select segment, channel, kind, exported_by, exported_customers, left_out_customers"
        f" from read_parquet($${log}$$)"
    ).fetchall()
    assert found == [("everybody", "email", "all", "ala", 18, 5)] * 3
    assert log.stat().st_mode & 0o077 == 0 and not leftover.exists()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"SEGMENT": ""}, "SEGMENT: none given"),
        ({"SEGMENT": "everybodi"}, "did you mean everybody?"),
        ({"SEGMENT": "../../etc"}, "SEGMENT: no segment '../../etc'"),
        ({"CHANNEL": "fax"}, "CHANNEL: 'fax' is none; allowed: email, sms, push, ads."),
        ({"ONLY": "left"}, "ONLY: 'left' is none; allowed: all, entered, exited."),
        ({"KEEP_EXPORTS": "0"}, "KEEP_EXPORTS: '0' is no whole number"),
    ],
)
def test_a_wrong_call_is_told_in_a_line(
    shop: Path, capsys: pytest.CaptureFixture[str], asked: dict[str, str], message: str
) -> None:
    said = run(shop, capsys, code=2, **asked)
    assert message in said and said.count("\n") == 1
    assert not (shop / "exports").exists()


def test_a_build_under_way_is_waited_for_by_the_user(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with export.only_build_in(shop, "refresh"):
        assert "another build is under way" in run(shop, capsys, code=1)


def test_nothing_is_left_of_an_export_that_failed(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(export.files, "write_manifest", full)
    assert "No space left" in run(shop, capsys, code=1)
    assert not list((shop / "exports/everybody/email").iterdir())
    change(shop, "drop view marts_intermediate.int_customer_channels__permitted")
    assert "the last build did not finish" in run(shop, capsys, code=1)
