"""A person who asks to be erased is found nowhere afterwards, and does not come back."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from privacy_shop import CONTACTS, SHOP, contact, details, refreshed, run, told_values, write_raw
from warehouse import PROJECT_DIR, read

sys.path.insert(0, str(PROJECT_DIR / "scripts"))

import erase  # noqa: E402
import erase_files  # noqa: E402
import erase_proof  # noqa: E402
import export  # noqa: E402

# Contacts 1 and 2 are one customer, by their phone.
ERASED = (1, 2)
PERSON_COLUMNS = (
    "contact_id", "customer_id", "former_customer_id", "order_id", "order_line_id", "event_id",
    "row_id",
)  # fmt: skip


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


@pytest.fixture(scope="module")
def built(made_once: Callable[..., Path]) -> Path:
    """Folder of the refreshed shop; never written to."""
    return made_once(SHOP, refreshed)


@pytest.fixture
def shop(built: Path, tmp_path: Path) -> Path:
    """A copy of the shop, exported, with a version kept, a log that names a person, and scratch."""
    folder = tmp_path / "the «place»'s é"
    shutil.copytree(built, folder, ignore=shutil.ignore_patterns("target"))
    tables = folder / "warehouse"
    for channel in ("email", "ads"):
        asked = {"SEGMENT": "everybody", "CHANNEL": channel, "WAREHOUSE_DIR": str(tables)}
        assert export.main(asked) == 0
    (tables / "versions").mkdir(exist_ok=True)
    os.link(tables / "published.duckdb", tables / "versions" / "second_name.duckdb")
    shutil.copyfile(tables / "published.duckdb", tables / "versions" / "old.duckdb")
    with (tables / "logs" / "dbt.log").open("a") as log:
        log.write(f"Error: '{details(1)['email']}' of {contact(2)}\n")
    (tables / "warehouse.duckdb.tmp").mkdir()
    (tables / "warehouse.duckdb.tmp" / "spilled").write_text(details(1)["last_name"])
    return folder


def call(folder: Path, code: int = 0, **environment: str) -> int:
    """Erase by the command line."""
    asked = {"WAREHOUSE_DIR": str(folder / "warehouse"), "RAW_DIR": str(folder / "raw")}
    assert erase.main(asked | {"DBT_TARGET_PATH": str(folder / "target")} | environment) == code
    return code


def searched_for() -> set[str]:
    """Everything that tells the erased."""
    values = {contact(number) for number in ERASED}.union(*map(told_values, ERASED))
    # A birth date, or half of a place, may be anybody's; the rows that hold them are looked for.
    return {value for value in values if len(value) > 10 or not value[0].isdigit()}


def places(folder: Path) -> list[str]:
    """Where in the tables and the bytes of a folder the erased are found; raw files left out."""
    found = []
    values = searched_for()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        found += [f"{path.name}: {value}" for value in values if value.encode() in content]
        if path.suffix == ".duckdb":
            found += [f"{path.name} {place}" for place in table_places(path, values)]
    return found


def table_places(path: Path, values: set[str]) -> list[str]:
    """Tables and views of a database, and their SQL, that hold one of some values."""
    found = []
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema not like '%raw'"
        ).fetchall()
        texts = connection.execute("select sql from duckdb_views() where not internal").fetchall()
        for schema, name in names:
            rows = connection.execute(
                f'select cast(one as varchar) from "{schema}"."{name}" as one'
            ).fetchall()
            found += [f"{schema}.{name}" for (row,) in rows if any(one in row for one in values)]
    return found + ["a view" for (text,) in texts if any(one in text for one in values)]


def contents(path: Path) -> dict[str, set[str]]:
    """The rows of each table of a database."""
    rows: dict[str, set[str]] = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for schema, name in connection.execute(
            "select schema_name, table_name from duckdb_tables() where not internal"
        ).fetchall():
            found = connection.execute(
                f'select cast(one as varchar) from "{schema}"."{name}" as one'
            ).fetchall()
            rows[f"{schema}.{name}"] = {row for (row,) in found}
    return rows


def person_columns(path: Path) -> dict[str, list[str]]:
    """Columns that say whose a row is, by table."""
    rows = read(
        path,
        "select schema_name || '.' || table_name, list(column_name) from duckdb_columns()"
        f" where not internal and column_name in {PERSON_COLUMNS} group by all",
    )
    return dict(rows)


def test_the_erased_are_found_nowhere_and_all_others_are_as_before(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = shop / "warehouse"
    files = ("warehouse.duckdb", "published.duckdb", "versions/old.duckdb")
    before = {name: contents(tables / name) for name in files}
    assert places(tables)
    capsys.readouterr()
    call(shop, CONTACT=contact(2))
    said = capsys.readouterr().out
    assert places(tables) == []
    for name in files:
        after = contents(tables / name)
        columns = person_columns(tables / name)
        for table, rows in before[name].items():
            gone = rows - after[table]
            assert not after[table] - rows, table
            assert not gone or table in columns, f"{name} {table}: {gone}"
            keys = ("person-0001", "person-0002", "-1'", "-2'", "-1-", "-2-", "-1,", "-2,")
            assert all(any(key in row for key in keys) for row in gone), table
    assert f"with all contacts of the same customer: {contact(1)}" in said
    assert "found nowhere" in said
    assert "yours to do: 2 raw rows in contacts.parquet" in said
    assert "yours to do: 4 raw rows in orders.parquet" in said
    assert "yours to do: told to email with everybody" in said
    assert not (tables / "warehouse.duckdb.tmp").exists()
    for path in (tables / "privacy").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    assert sorted(path.name for path in (tables / "privacy").iterdir()) == [
        "erased_identifiers.parquet", "erasures.jsonl", "segment_exports.parquet",
    ]  # fmt: skip
    published, kept = tables / "published.duckdb", tables / "versions" / "second_name.duckdb"
    assert published.samefile(kept)
    told = json.loads((tables / "privacy" / "erasures.jsonl").read_text())
    assert told["contacts"] == 2 and told["found"] == 0
    assert_exports_are_whole(tables)


def assert_exports_are_whole(tables: Path) -> None:
    """One customer has left each export; its files are those that its manifest names."""
    for channel in ("email", "ads"):
        (folder,) = (tables / "exports" / "everybody" / channel).iterdir()
        told = json.loads((folder / "manifest.json").read_text())
        assert told["erased_customers"] == 1 and "is_being_erased" not in told
        for name, known in told["files"].items():
            assert known["bytes"] == (folder / name).stat().st_size
            assert (folder / name).stat().st_mode & 0o077 == 0
        lines = (folder / "members.csv").read_text().splitlines()
        assert len(lines) == 1 + told["exported_customers"] - 1
        assert not list(folder.glob(".*"))


# In the order of the work; a number is that of the call which is killed.
STEPS: dict[str, tuple[Any, str, int]] = {
    "who it is is known": (erase, "remember", 1),
    "they are remembered": (erase_files, "rewrite", 1),
    "some databases are written": (erase_files, "rewrite", 4),
    "exports are next": (erase_files, "rewrite_exports", 1),
    "an export is half written": (erase_files.export_files, "write_manifest", 1),
    "logs are next": (erase_files, "redact_texts", 1),
    "the proof is next": (erase_proof, "search", 1),
}


def test_an_erasure_that_is_killed_again_and_again_is_finished_in_the_end(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = shop / "warehouse"
    for number, (module, name, place) in enumerate(STEPS.values()):
        real, calls = getattr(module, name), []

        def kill(*given: Any, real: Any = real, calls: Any = calls, place: int = place) -> Any:
            calls.append(given)
            if len(calls) == place:
                raise Killed
            return real(*given)

        with monkeypatch.context() as patched:
            patched.setattr(module, name, kill)
            with pytest.raises(Killed):
                # Only the first call names the person.
                call(shop, **({} if number else {"CONTACT": contact(1)}))
        for path in tables.rglob("*.duckdb"):
            assert read(path, "select count(*) >= 0 from duckdb_tables()") == [(True,)]
        assert (tables / "privacy" / "erased_identifiers.parquet").exists() == (number > 0)
    call(shop)
    assert places(tables) == []
    assert_exports_are_whole(tables)
    assert not (tables / "privacy" / "pending_erasure.json").exists()


def test_what_is_overlooked_is_found_by_the_proof(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Free texts, a value inside a list, a view: places that no id leads to."""
    tables = shop / "warehouse"
    email, name = details(1)["email"].lower(), contact(1)
    with duckdb.connect(str(tables / "published.duckdb")) as connection:
        connection.execute(f"create table marts.notes as select 'wrote to {email}' as text")
        connection.execute(f"create table marts.lists as select ['x', '{name}'] as people")
        connection.execute(f"create view marts.one as select 1 as x where '{name}' is not null")
    capsys.readouterr()
    call(shop, code=1, CONTACT=contact(1))
    said = capsys.readouterr().err
    for place in ("marts.notes.text", "marts.lists.people", "marts.one (its SQL)"):
        assert place in said
    assert email not in said
    assert (tables / "privacy" / "pending_erasure.json").stat().st_mode & 0o077 == 0
    with duckdb.connect(str(tables / "published.duckdb")) as connection:
        connection.execute("drop table marts.notes; drop table marts.lists; drop view marts.one")
    call(shop)
    assert places(tables) == []


def test_ids_come_from_a_file_too_and_unknown_ones_are_remembered(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = shop / "requests.csv"
    # Not the fifth: a row under another id names it, which the proof would not let pass.
    numbers = [number for number in range(1, 22) if number != 5]
    many = "\n".join(f"{contact(number)},2026-03-01" for number in numbers)
    listed.write_text(f"contact_id,asked_on\n{many}\n\nnobody-here,2026-03-02\n")
    call(shop, CONTACT=str(listed))
    assert "erased 21 contacts" in capsys.readouterr().out
    assert places(shop / "warehouse") == []
    assert read_register(shop / "warehouse") == {"contact": 21, "email": 20, "phone": 19}
    listed.write_text("contact_id\n")
    call(shop, code=2, CONTACT=str(listed))
    assert "names nobody" in capsys.readouterr().err
    call(shop, code=2)
    assert "CONTACT: none given" in capsys.readouterr().err


def test_a_value_of_somebody_else_stays_theirs(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An office that many give as their phone is nobody's to erase, nor to be kept out by."""
    path = shop / "warehouse" / "warehouse.duckdb"
    office = "+48221234567"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update marts_staging.base_contacts__typed set phone = ? where contact_id in (?, ?)",
            [office, contact(3), contact(4)],
        )
    call(shop, CONTACT=contact(3))
    left = "select count(*) from marts_staging.base_contacts__typed where phone = ?"
    # A row and a broken one, both of the other contact.
    assert read(path, left, [office]) == [(2,)]
    kinds = read_register(shop / "warehouse")
    assert kinds == {"contact": 1, "email": 1, "phone": 1}


def read_register(tables: Path) -> dict[str, int]:
    """Identifiers of the register by kind."""
    path = tables / "privacy" / "erased_identifiers.parquet"
    rows = duckdb.sql(f"select kind, count(*) from read_parquet($${path}$$) group by 1 order by 1")
    return dict(rows.fetchall())


def test_the_next_refresh_keeps_them_out_and_heeds_a_withdrawal(
    shop: Path, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sent again under the same id, or by an old row under another, they stay out.

    Who signs up after the erasure is a new contact. Metrics of dates before stay as they were.
    """
    shutil.copytree(built / "target", shop / "target")
    tables = shop / "warehouse"
    metrics = "select * from marts.segment_metrics where as_of_date = date '2026-03-10' order by 1"
    before = read(tables / "published.duckdb", metrics)
    call(shop, CONTACT=contact(1))
    assert read(tables / "published.duckdb", metrics) == before
    # As if they had been erased at the end of January.
    register = tables / "privacy" / "erased_identifiers.parquet"
    duckdb.sql(
        "copy (select * replace (timestamp '2026-01-31' as erased_at)"
        f" from read_parquet($${register}$$)) to $${register}.2$$ (format parquet)"
    )
    os.replace(f"{register}.2", register)
    again = """
        union all by name
        select 'sent-again' as contact_id, email, timestamp '2026-01-30' as created_at,
            timestamp '2026-03-09' as loaded_at from people where n = 1
        union all by name
        select 'signed-up-anew' as contact_id, email, timestamp '2026-02-02' as created_at,
            timestamp '2026-03-09' as loaded_at from people where n = 1
        union all by name
        select null as contact_id, email, timestamp '2026-01-02' as created_at,
            timestamp '2026-03-09' as loaded_at from people where n = 1
    """
    write_raw(shop / "raw", again, withdrawn=(7,))
    refreshed(shop, {"AS_OF": "2026-03-11"})
    published = tables / "published.duckdb"
    assert read(published, metrics) == before
    today = (
        "select customers from marts.segment_metrics"
        " where as_of_date = date '2026-03-11' and segment = 'everybody'"
    )
    # All but one customer of two contacts, and the one who came anew.
    assert read(published, today) == [(CONTACTS - 1 - 1 + 1,)]
    ids = {one for (one,) in read(published, "select customer_id from marts.customers")}
    assert ids == {contact(n) for n in range(3, CONTACTS + 1)} | {"signed-up-anew"}
    for path in (published, tables / "warehouse.duckdb"):
        assert not table_places(path, {contact(1), contact(2), "sent-again"})
    no_id = "select count(*) from marts.rejected_rows where row_id is null"
    assert read(published, no_id) == [(0,)]
    reachable = (
        "select customer_id from marts.segment_memberships"
        " where segment = 'everybody' and is_reachable"
    )
    assert contact(7) not in {one for (one,) in read(published, reachable)}
    asked = {"SEGMENT": "everybody", "CHANNEL": "email", "WAREHOUSE_DIR": str(tables)}
    assert export.main(asked | {"ONLY": "exited"}) == 0
    (folder,) = sorted((tables / "exports/everybody/email").iterdir())[-1:]
    assert [line.split(",")[0] for line in (folder / "members.csv").read_text().splitlines()] == [
        '"customer_id"', f'"{contact(7)}"',
    ]  # fmt: skip


def test_a_run_after_an_unfinished_erasure_says_so(tmp_path: Path) -> None:
    """Whoever comes next must know, even if the run itself ends early."""
    (tmp_path / "raw").mkdir()
    pending = tmp_path / "warehouse" / "privacy" / "pending_erasure.json"
    pending.parent.mkdir(parents=True)
    pending.write_text("{}")
    done = run("refresh.py", tmp_path, {"VARS": "{score_mode: best}"})
    assert done.returncode == 2
    assert "an erasure was not finished" in done.stdout + done.stderr
    pending.unlink()
    done = run("refresh.py", tmp_path, {"VARS": "{score_mode: best}"})
    assert "an erasure was not finished" not in done.stdout + done.stderr
