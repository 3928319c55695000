"""A shop of a few rows, to be written to files in many forms."""

from __future__ import annotations

from pathlib import Path

import duckdb

AS_OF = "2026-03-01"
# A comma, a quote and a line break stand in the names, because CSV must carry them.
SHOP = {
    "contacts": """
        select * from (values
            ('1', 'anna@example.com', '+48600100200', 'Anna, "Ania"',
                '{"device":"phone","size":40}', timestamp '2024-01-31 23:30:00', true),
            ('2', 'jan@example.com', null, E'Jan\nMaria',
                null, timestamp '2024-02-29 00:00:00', false),
            ('3', null, '+48600100300', 'Zażółć', '{"device":"desktop","size":41}',
                timestamp '2025-12-31 23:59:59', null)
        ) as t(contact_id, email, phone, first_name, attributes, created_at, email_consent)
    """,
    "orders": """
        select * from (values
            ('10', '1', 'order', null, timestamp '2026-01-05 10:00:00', 'PLN', 100.50),
            ('11', '1', 'order', null, timestamp '2026-02-05 10:00:00', 'EUR', 20.25),
            ('12', '1', 'refund', '10', timestamp '2026-02-07 22:15:00', 'PLN', 10.50),
            ('13', '2', 'order', null, timestamp '2026-02-28 00:30:00', null, 55.00)
        ) as t(order_id, contact_id, document_type, original_order_id, ordered_at, currency,
            net_amount)
    """,
    "order_lines": """
        select * from (values
            ('100', '10', '7', 2, 50.25), ('101', '11', '8', 1, 20.25), ('102', '13', '7', 1, 55.00)
        ) as t(order_line_id, order_id, product_id, quantity, unit_price)
    """,
    "products": """
        select * from (values
            ('7', 'Boots', 'shoes', timestamp '2026-01-01 00:00:00'), ('8', 'Bag', 'bags', null)
        ) as t(product_id, product_name, category, restocked_at)
    """,
    "events": """
        select * from (values
            ('200', '1', 'email_clicked', timestamp '2026-02-20 12:00:00',
                '{"link":"a,b","position":"1"}'),
            ('201', '2', 'page_viewed', timestamp '2026-02-21 00:00:00', null)
        ) as t(event_id, contact_id, event_type, occurred_at, properties)
    """,
}
PARQUET = "copy ({rows}) to '{file}.parquet' (format parquet)"
CSV = "copy ({rows}) to '{file}.csv' (format csv, header true)"


def write_shop(
    folder: Path,
    statement: str = PARQUET,
    changed: dict[str, str | None] | None = None,
    tables: tuple[str, ...] = tuple(SHOP),
) -> Path:
    """Write the shop's tables and return their folder.

    Args:
        folder: made when missing.
        statement: COPY with places for {rows} and {file} (path without ending).
        changed: select statement by table, {rows} in it is the table as it is; None leaves it out.
        tables: tables to write.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        for table in tables:
            select = (changed or {}).get(table, "{rows}")
            if select is None:
                continue
            rows = select.replace("{rows}", SHOP[table])
            file = str(folder / table).replace("'", "''")
            connection.execute(statement.replace("{rows}", rows).replace("{file}", file))
    return folder
