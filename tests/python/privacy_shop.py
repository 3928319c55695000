"""A shop of few people, each with values that stand for nobody else, refreshed once a module."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

from warehouse import PROJECT_DIR, build_environment

AS_OF = "2026-03-10"
# Name of the folder of all that is built: every character that a path may have has to work.
SHOP = 'privacy\'s "shop" é'
SEGMENTS = """
segments:
  - name: everybody
    description: Every customer.
    layer: strategic
    goal: research
    owner: analytics
    priority: 100
    reach: email
    rule: {field: customer_id, is_not_null: true}
  - name: buyers
    description: Bought something.
    layer: strategic
    goal: growth
    owner: crm
    priority: 20
    reach: email
    holdout: {percent: 25, salt: b}
    exclude: [{list: staff}]
    rule: {field: frequency, gte: 1}
  - name: clickers
    description: Clicked in a mail about something.
    layer: micro
    goal: growth
    owner: crm
    reach: email
    rule:
      all:
        - {event: email_clicked, first: properties.link, contains: shop}
        - {field: email, contains: example}
        - {field: attributes.diet, is_not_null: true}
"""
CONTACTS = 24


def contact(number: int) -> str:
    """The id of a contact."""
    return f"person-{number:04d}"


def details(number: int) -> dict[str, str]:
    """What a contact is known by, as the raw files spell it."""
    return {
        "email": f"Ludmila.Q{number:04d}x@Example.org",
        "phone": f"+48 77123{number:04d}",
        "first_name": f"Ludmilla{number:04d}",
        "last_name": f"Szczebrzeszynska{number:04d}",
        "birth_date": f"19{50 + number}-02-17",
        # No seconds of a clock: the time of a line in a log would be taken for a place.
        "latitude": f"62.{71000 + number}",
        "longitude": f"121.{83000 + number}",
        "attributes": f'{{"diet":"secret-diet-{number:04d}","note":"lives alone, likes dogs"}}',
    }


def told_values(number: int) -> set[str]:
    """Texts that tell a contact, in every spelling, and stand for nobody else."""
    known = details(number)
    phone = known["phone"].replace(" ", "")
    known["attributes"] = f"secret-diet-{number:04d}"
    return {*known.values(), known["email"].lower(), phone, phone[1:]}


def write_raw(folder: Path, more_contacts: str = "", withdrawn: tuple[int, ...] = ()) -> Path:
    """Write the raw tables: contacts 1 and 2 share a phone, everybody ordered and clicked.

    Args:
        folder: made when missing.
        more_contacts: `union all by name` and a select over `people`: contacts, and their number n.
        withdrawn: contacts that have taken their consent to e-mails back on 2026-03-09.
    """
    folder.mkdir(parents=True, exist_ok=True)
    back = f"n in ({', '.join(map(str, withdrawn)) or 'null'})"
    with duckdb.connect() as connection:
        connection.execute(
            "create table people (contact_id varchar, n int, email varchar, phone varchar,"
            " first_name varchar, last_name varchar, birth_date varchar, latitude varchar,"
            " longitude varchar, attributes varchar)"
        )
        for number in range(1, CONTACTS + 1):
            known = details(number)
            if number == 2:
                known["phone"] = details(1)["phone"]
            connection.execute(
                f"insert into people values ({', '.join('?' * 10)})",
                [contact(number), number, *known.values()],
            )
        tables = {
            "contacts": f"""
                select * exclude (n), 'PL' as country_code, 'Warszawa' as city,
                    n % 5 <> 0 and not coalesce({back}, false) as email_consent,
                    n % 3 <> 0 as sms_consent, true as push_consent, n % 4 <> 0 as ads_consent,
                    timestamp '2025-01-01' as created_at,
                    case when {back} then timestamp '2026-03-09' else timestamp '2026-03-01' end
                        as updated_at,
                    case when {back} then timestamp '2026-03-10' else timestamp '2026-03-09' end
                        as loaded_at
                from people
                {more_contacts}
                union all by name
                -- Rejected: told twice, broken, shifted by a column.
                select * exclude (n), timestamp '2025-01-01' as created_at,
                    timestamp '2026-02-01' as loaded_at
                from people where n = 3
                union all by name
                select * exclude (n) replace ('nonsense' as birth_date, email || '@@' as email),
                    timestamp '2025-01-01' as created_at, timestamp '2026-03-09' as loaded_at
                from people where n = 4
                union all by name
                select contact_id || '-shifted' as contact_id, email as first_name,
                    first_name as last_name, last_name as birth_date, birth_date as gender,
                    phone as city, first_name as language, timestamp '2025-01-01' as created_at,
                    timestamp '2026-03-09' as loaded_at
                from people where n = 5
            """,
            "orders": """
                select 'order-' || n || '-' || k as order_id, contact_id,
                    timestamp '2026-01-01' + to_days(n) as ordered_at, 100 + n as net_amount,
                    timestamp '2026-03-09' as loaded_at
                from people, range(2) t(k)
                union all by name
                select 'order-broken-' || n as order_id, contact_id,
                    timestamp '2026-01-01' as ordered_at, -1 as net_amount, email as coupon_code,
                    timestamp '2026-03-09' as loaded_at
                from people where n in (4, 7)
            """,
            "order_lines": """
                select 'line-' || n as order_line_id, 'order-' || n || '-0' as order_id,
                    'p1' as product_id, 1 as quantity, 100 + n as unit_price,
                    timestamp '2026-03-09' as loaded_at
                from people
            """,
            "events": """
                select 'event-' || n as event_id, contact_id, 'email_clicked' as event_type,
                    timestamp '2026-02-01' + to_days(n) as occurred_at,
                    '{"link":"https://shop.example.com/?user=' || email || '"}' as properties,
                    timestamp '2026-03-09' as loaded_at
                from people
                union all by name
                select 'unsubscribed-' || n as event_id, contact_id, 'unsubscribed' as event_type,
                    timestamp '2026-03-01' as occurred_at, timestamp '2026-03-09' as loaded_at
                from people where n = 6
                union all by name
                select 'broken-' || n as event_id, contact_id, 'email_clicked' as event_type,
                    timestamp '2026-03-01' as occurred_at, '{' || email as properties,
                    phone as category, timestamp '2026-03-09' as loaded_at
                from people where n = 7
            """,
        }
        for table, select in tables.items():
            path = str(folder / f"{table}.parquet").replace("'", "''")
            connection.execute(f"copy ({select}) to '{path}' (format parquet)")
    return folder


def run(
    script: str, folder: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script of the project on the shop in a folder: raw in `raw`, tables in `warehouse`."""
    segments = folder / "segments.yml"
    if not segments.exists():
        segments.write_text(SEGMENTS)
    settings = {"AS_OF": AS_OF, "SEGMENTS": str(segments), **(env or {})}
    environment = build_environment(folder / "raw", folder / "warehouse", settings)
    environment["DBT_TARGET_PATH"] = str(folder / "target")
    return subprocess.run(
        [sys.executable, str(PROJECT_DIR / "scripts" / script)],
        cwd=PROJECT_DIR,
        env={name: value for name, value in environment.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )


def refreshed(folder: Path, env: Mapping[str, str] | None = None) -> Path:
    """Write the raw tables where they are missing, refresh, and return the folder."""
    if not (folder / "raw").exists():
        write_raw(folder / "raw")
    (folder / "warehouse").mkdir(exist_ok=True)
    done = run("refresh.py", folder, env)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    return folder
