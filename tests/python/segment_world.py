"""Customers with their facts as plain Python, read from staging for the second reading."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from segment_peer import UTC, Customer

CANCELLED = {"cancelled", "canceled", "failed", "voided"}
FROM_ORDERS = {"order_placed", "order_refunded", "product_purchased"}
Row = dict[str, Any]


def rows_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[Row]:
    """Rows of a table; of a staging table those that were accepted."""
    is_base = table.startswith("base_")
    schema, condition = (
        ("staging", " where reason_codes is null") if is_base else ("intermediate", "")
    )
    cursor = connection.execute(f"select * from marts_{schema}.{table}{condition}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_customers(warehouse: Path, zone: str) -> list[Customer]:
    """Return every customer with its facts of all time.

    Args:
        warehouse: folder of warehouse.duckdb, with staging, identities and customers built.
        zone: the business time zone.
    """
    with duckdb.connect(str(warehouse / "warehouse.duckdb"), read_only=True) as connection:
        table = {
            name: rows_of(connection, name)
            for name in ("base_events", "base_orders", "base_order_lines", "base_products")
            + ("int_identities__resolved", "int_customers__enriched")
        }
    local = ZoneInfo(zone)

    def day_of(time: datetime) -> Any:
        return time.replace(tzinfo=UTC).astimezone(local).date()

    products = {one["product_id"]: one for one in table["base_products"]}
    facts: dict[str, dict[str, list[Row]]] = {}

    def add(event: str, time: datetime, row: Row) -> None:
        fact = {**row, "occurred_at": time, "occurred_date": day_of(time)}
        fact["product"] = products.get(row.get("product_id"))
        restocked = (fact["product"] or {}).get("restocked_at")
        fact["days_until_restock"] = (
            (day_of(restocked) - fact["occurred_date"]).days if restocked else None
        )
        facts.setdefault(row["contact_id"], {}).setdefault(event, []).append(fact)

    for row in table["base_events"]:
        if row["event_type"] not in FROM_ORDERS:
            add(row["event_type"], row["occurred_at"], row)
    lines: dict[str, list[Row]] = {}
    for row in table["base_order_lines"]:
        lines.setdefault(row["order_id"], []).append(row)
    ignored = {
        row["order_id"]
        for row in table["base_orders"]
        if row["is_test"] or row["status"] in CANCELLED
    }
    for row in table["base_orders"]:
        if row["order_id"] in ignored or row["original_order_id"] in ignored:
            continue
        is_order = row["document_type"] == "order"
        event = "order_placed" if is_order else "order_refunded"
        add(event, row["ordered_at"], {**row, "value": row["net_amount"]})
        for line in lines.get(row["order_id"], []) if is_order else []:
            bought = {
                **line, "contact_id": row["contact_id"], "channel": row["channel"],
                "coupon_code": row["coupon_code"], "value": line["quantity"] * line["unit_price"],
                "category": (products.get(line["product_id"]) or {}).get("category"),
            }  # fmt: skip
            add("product_purchased", row["ordered_at"], bought)
    contacts: dict[str, list[str]] = {}
    for row in table["int_identities__resolved"]:
        contacts.setdefault(row["customer_id"], []).append(row["contact_id"])
    customers = []
    for row in table["int_customers__enriched"]:
        own: dict[str, list[Row]] = {}
        for contact in contacts.get(row["customer_id"], []):
            for event, found in facts.get(contact, {}).items():
                own.setdefault(event, []).extend(found)
        for found in own.values():
            found.sort(key=lambda fact: fact["occurred_at"])
        known = frozenset(contacts.get(row["customer_id"], []))
        customers.append(Customer(row["customer_id"], row, own, known))
    return customers
