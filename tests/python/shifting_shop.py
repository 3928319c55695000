"""Raw files that change from refresh to refresh, and end as the same rows whatever came between.

A world is the rows as they are in the end. An interleaving is one of many ways there: rows arrive
late, twice, after their older version or before the contact they belong to; some stood in the files
otherwise and were corrected, with a trace in loaded_at or without one; some were there and went.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import duckdb

Row = dict[str, str | None]
Rows = dict[str, list[Row]]
DAYS = 40
COLUMNS = {
    "contacts": "contact_id email phone first_name birth_date country_code region city plan"
    " email_consent sms_consent attributes created_at updated_at deleted_at loaded_at",
    "products": "product_id product_name category brand unit_price unit_cost is_in_stock"
    " restocked_at loaded_at",
    "orders": "order_id contact_id document_type original_order_id ordered_at status currency"
    " net_amount discount_amount channel coupon_code is_test loaded_at",
    "order_lines": "order_line_id order_id product_id quantity unit_price unit_cost loaded_at",
    "events": "event_id contact_id event_type occurred_at channel campaign_id message_id session_id"
    " product_id category value properties loaded_at",
}
EVENT_TYPES = (
    ["page_viewed", "product_viewed", "product_viewed", "email_sent", "email_delivered"]
    + ["email_opened", "email_clicked", "session_started", "survey_answered", "unsubscribed"]
    + ["product_added", "app_installed"]
)


def text(moment: datetime) -> str:
    """A time as the files hold it."""
    return moment.strftime("%Y-%m-%d %H:%M:%S")


class World:
    """The rows in the end, and how single rows could have been otherwise."""

    def __init__(self, seed: int) -> None:
        """Draw a world; the same seed gives the same one."""
        self.random = Random(f"world {seed}")
        # Month ends, the days around the change to summer time, leap day.
        self.last = date.fromisoformat(
            self.random.choice(["2026-03-31", "2026-04-01", "2026-03-30", "2024-03-01"])
        )
        self.timezone = self.random.choice(["Europe/Warsaw", "UTC", "America/New_York"])
        self.rows: Rows = {"contacts": [], "products": [], "orders": [], "order_lines": []}
        self.rows["events"] = []
        for make, times in (
            (self._contact, 60), (self._product, 12), (self._order, 270), (self._event, 600)
        ):  # fmt: skip
            for number in range(times):
                make(number)
        for table in COLUMNS:
            self._repeat(table)
        self._add_rows_at_limits()

    def _moment(self, first: int = -DAYS, last: int = 2) -> datetime:
        """A time from `first` to `last` days after the as-of date; whole hours, so some tie."""
        day = self.last + timedelta(days=self.random.randint(first, last))
        if self.random.random() < 0.6:
            return datetime.combine(day, time(self.random.randrange(24)))
        return datetime.combine(day, time()) + timedelta(seconds=self.random.randrange(86400))

    def _loaded(self, moment: datetime) -> str | None:
        """When a row was loaded: the next night, days later, or unknown."""
        drawn = self.random.random()
        days = 1 if drawn < 0.85 else self.random.randint(2, 20)
        night = datetime.combine(moment.date() + timedelta(days=days), time(3))
        return None if drawn > 0.97 else text(night)

    def _contact_id(self) -> str:
        """A contact; now and then one that is in no file."""
        number = self.random.randrange(60) if self.random.random() < 0.98 else 99
        return f"c{number:02}"

    def _contact(self, number: int) -> None:
        pick = self.random.choice
        created = self._moment(-400, -DAYS) if self.random.random() < 0.7 else self._moment()
        changed = min(
            created + timedelta(days=self.random.randrange(20)),
            datetime.combine(self.last - timedelta(days=2), time(12)),
        )
        updated = text(max(changed, created)) if created.date() < self.last else None
        mail = f"e{number}@example.com" if number % 6 else f"e{number // 12}@example.com"
        phone = f"+4860010{number if number % 9 else number // 27:04}"
        attributes = {
            "device": pick(["mobile", "desktop"]), "interests": pick([["bags"], ["shoes", "bags"]])
        }  # fmt: skip
        self.rows["contacts"].append({
            "contact_id": f"c{number:02}",
            "email": "office@example.com" if number % 10 == 7 else pick([mail, mail, mail, None]),
            "phone": pick([phone, None]), "first_name": f"N{number}",
            "birth_date": f"{1960 + number % 40}-{1 + number % 12:02}-01",
            "country_code": pick(["PL", "DE"]), "region": pick(["mazowieckie", "slaskie", None]),
            "city": pick(["Warszawa", "Katowice"]), "plan": pick(["basic", "premium", None]),
            "email_consent": pick(["true", "false", None]), "sms_consent": pick(["true", "false"]),
            "attributes": json.dumps(attributes), "created_at": text(created),
            "updated_at": updated,
            "deleted_at": text(self._moment()) if number % 15 == 4 else None,
            "loaded_at": self._loaded(max(changed, created)),
        })  # fmt: skip

    def _product(self, number: int) -> None:
        pick = self.random.choice
        self.rows["products"].append({
            "product_id": f"p{number:02}", "product_name": f"Product {number}",
            "category": pick(["bags", "shoes", "hats"]), "brand": pick(["A", "B", None]),
            "unit_price": f"{10 + number}.50", "unit_cost": pick([f"{5 + number}", None]),
            "is_in_stock": pick(["true", "false"]),
            "restocked_at": text(self._moment(-DAYS, -1)) if number % 3 else None,
            "loaded_at": text(self._moment(-60, -DAYS)),
        })  # fmt: skip

    def _order(self, number: int) -> None:
        pick = self.random.choice
        made = self._moment()
        original = pick(self.rows["orders"]) if number > 50 and number % 9 == 0 else None
        amount = f"{self.random.randrange(0, 40000) / 100:.2f}"
        if original:
            later = datetime.fromisoformat(original["ordered_at"] or "")
            made = later + timedelta(days=self.random.randrange(12), hours=1)
            amount = pick([original["net_amount"], "10.00", "35.25"]) or ""
        self.rows["orders"].append({
            "order_id": f"o{number:03}",
            "contact_id": original["contact_id"] if original else self._contact_id(),
            "document_type": "refund" if original else pick(["order", None]),
            "original_order_id": original["order_id"] if original else None,
            "ordered_at": text(made), "status": pick(["paid", "paid", "sent", None, "cancelled"]),
            "currency": pick(["PLN", "PLN", None, "EUR"]), "net_amount": amount,
            "discount_amount": pick(["0", "5.00", None]), "channel": pick(["web", "store"]),
            "coupon_code": pick(["SPRING", None, None]),
            "is_test": "true" if number % 31 == 0 else None, "loaded_at": self._loaded(made),
        })  # fmt: skip
        for _ in range(self.random.choice([0, 1, 2, 3])):
            lines = self.rows["order_lines"]
            lines.append({
                "order_line_id": f"l{len(lines):04}", "order_id": f"o{number:03}",
                "product_id": f"p{self.random.randrange(14):02}", "quantity": pick(["1", "2", "3"]),
                "unit_price": f"{self.random.randrange(500, 9000) / 100:.2f}",
                "unit_cost": pick(["4.00", "7.50", None]), "loaded_at": self._loaded(made),
            })  # fmt: skip

    def _event(self, number: int) -> None:
        pick = self.random.choice
        happened = self._moment()
        kind = pick(EVENT_TYPES)
        is_mail = kind.startswith("email") or kind == "unsubscribed"
        self.rows["events"].append({
            "event_id": f"e{number:04}", "contact_id": self._contact_id(), "event_type": kind,
            "occurred_at": text(happened), "channel": "email" if is_mail else pick(["web", "app"]),
            "campaign_id": pick(["k1", "k2"]) if is_mail else None,
            "message_id": f"m{self.random.randrange(200)}" if is_mail else None,
            "session_id": f"s{self.random.randrange(100)}",
            "product_id": f"p{self.random.randrange(14):02}" if "product" in kind else None,
            "category": None, "value": pick(["1", "7", "9.5"]) if "survey" in kind else None,
            "properties": json.dumps({"link": pick("ab"), "position": self.random.randrange(5)}),
            "loaded_at": self._loaded(happened),
        })  # fmt: skip

    def _repeat(self, table: str) -> None:
        """Add rows a second time, as they are or as an older or newer version; some are broken."""
        originals = list(self.rows[table])
        for row in self.random.sample(originals, len(originals) // 12 + 1):
            drawn = self.random.random()
            if drawn < 0.35:
                again = {**row, "loaded_at": self.random.choice([row["loaded_at"], "2024-01-01"])}
            else:
                again = self.variant(table, row, self.random)
            if drawn > 0.9:
                again = broken(table, again, self.random)
            self.rows[table].append(again)
        for row in self.random.sample(originals, len(originals) // 50 + 1):
            row.update(broken(table, row, self.random))

    def _add_rows_at_limits(self) -> None:
        """Add an order for nothing, years before any other, and an event just after its loading."""
        buyer = next(row for row in self.rows["orders"] if row["document_type"] == "order")
        free = {"order_id": "o998", "net_amount": "0", "original_order_id": None, "is_test": None}
        dated = {"ordered_at": "2023-02-02 10:00:00", "status": "paid", "loaded_at": None}
        self.rows["orders"].append({**buyer, **free, **dated})
        contact = next(row for row in self.rows["contacts"] if row["created_at"])
        early = text(datetime.fromisoformat(contact["created_at"] or "") + timedelta(hours=1))
        late = text(datetime.fromisoformat(early) + timedelta(minutes=30))
        event = {
            "event_id": "e9998",
            "event_type": "email_clicked",
            "contact_id": contact["contact_id"],
        }
        self.rows["events"].append({
            **self.rows["events"][0], **event, "properties": None, "value": None,
            "occurred_at": late, "loaded_at": early,
        })  # fmt: skip

    def variant(self, table: str, row: Row, random: Random) -> Row:
        """Return a row as an earlier delivery had it: one to three values differ.

        The time of loading is usually earlier; it may be the same, unknown or later.
        """
        other = {**row}
        moment = text(self._drawn(random))
        choices: dict[str, list[tuple[str, list[str | None]]]] = {
            "contacts": [
                ("email", [f"e{random.randrange(60)}@example.com", "office@example.com", None]),
                ("phone", [f"+4860010{random.randrange(60):04}", None]),
                ("region", ["slaskie", "mazowieckie"]), ("plan", ["premium", "basic"]),
                ("email_consent", ["true", "false"]), ("birth_date", ["1999-12-31"]),
                ("attributes", ['{"device": "tv"}']), ("created_at", [moment, "2023-05-05"]),
                ("deleted_at", [moment, None]),
            ],
            "products": [
                ("category", ["bags", "shoes"]), ("brand", ["B", "C"]), ("unit_price", ["99"]),
                ("restocked_at", [moment, None]),
            ],
            "orders": [
                ("net_amount", ["0", "999.99", "50"]), ("status", ["cancelled", "paid"]),
                ("contact_id", [f"c{random.randrange(60):02}"]), ("ordered_at", [moment]),
                ("currency", ["USD", "EUR", "PLN"]), ("is_test", ["true", "false"]),
                ("document_type", ["refund", "order"]), ("channel", ["fair"]),
                ("original_order_id", [f"o{random.randrange(270):03}"]),
            ],
            "order_lines": [
                ("quantity", ["7", "1"]), ("unit_price", ["1.00", "70"]), ("unit_cost", [None]),
                ("product_id", [f"p{random.randrange(12):02}"]),
                ("order_id", [f"o{random.randrange(270):03}"]),
            ],
            "events": [
                ("event_type", ["product_viewed", "email_clicked"]), ("occurred_at", [moment]),
                ("contact_id", [f"c{random.randrange(60):02}"]), ("value", ["3", None]),
                ("product_id", [f"p{random.randrange(12):02}"]),
                ("message_id", [f"m{random.randrange(200)}"]),
                ("properties", ['{"link": "z"}', None]),
            ],
        }  # fmt: skip
        for name, values in random.sample(choices[table], random.choice([1, 1, 2, 3])):
            other[name] = random.choice(values)
        drawn = random.random()
        if drawn < 0.6 and row["loaded_at"]:
            loaded = datetime.fromisoformat(row["loaded_at"]) - timedelta(days=random.randint(1, 9))
            other["loaded_at"] = text(loaded)
        elif drawn > 0.85:
            other["loaded_at"] = random.choice([None, "2026-12-01 00:00:00"])
        return other

    def _drawn(self, random: Random) -> datetime:
        day = self.last + timedelta(days=random.randint(-DAYS, 2))
        return datetime.combine(day, time(random.randrange(24)))


def broken(table: str, row: Row, random: Random) -> Row:
    """Return a row that staging rejects."""
    values = {
        "contacts": [("email", "no address"), ("created_at", None), ("updated_at", "soon")],
        "products": [("unit_price", "dear"), ("product_id", None)],
        "orders": [("net_amount", "12,5"), ("net_amount", "-4"), ("currency", "XXX"),
                   ("ordered_at", None), ("is_test", "perhaps"), ("document_type", "quote")],
        "order_lines": [("quantity", "-1"), ("order_id", "o999"), ("unit_price", None)],
        "events": [("occurred_at", "soon"), ("value", "many"), ("properties", "{"),
                   ("contact_id", None), ("loaded_at", "2023-01-01")],
    }  # fmt: skip
    name, value = random.choice(values[table])
    return {**row, name: value}


@dataclass
class Step:
    """One refresh: what it may ask for, and which rows stand in the files."""

    as_of: date
    rows: dict[str, list[tuple[int, Row]]] = field(default_factory=dict)


def interleaving(
    world: World, random: Random, most: int, *, updates_are_dated: bool = False
) -> list[Step]:
    """Return refreshes with rising as-of dates of which the last finds the rows of the world.

    Args:
        world: how it ends.
        random: draws the way there.
        most: how many refreshes it may have; at least 3.
        updates_are_dated: whether a contact that was otherwise says so by an older updated_at.
    """
    earlier = random.sample(range(1, 26), random.randint(2, most - 1))
    steps = [Step(world.last - timedelta(days=days)) for days in sorted(earlier, reverse=True)]
    steps.append(Step(world.last))
    final = len(steps) - 1
    for table, rows in world.rows.items():
        # (row, first step that has it, first step that no longer does)
        stands: list[tuple[Row, int, int]] = []
        for row in rows:
            loaded = row["loaded_at"] or "2024-01-01"
            natural = next(
                (at for at, step in enumerate(steps) if loaded <= f"{step.as_of} 04"), final
            )
            drawn = random.random()
            arrival = natural
            if drawn < 0.10:
                arrival = random.randint(natural, final)
            elif drawn < 0.15:
                arrival = random.randint(0, natural)
            if random.random() < 0.03 and arrival < final:
                gone = random.randint(arrival + 1, final)
                back = random.randint(gone, final)
                stands += [(row, arrival, gone), (row, back, final + 1)]
            else:
                stands.append((row, arrival, final + 1))
            if random.random() < 0.08 and arrival > 0:
                # It stood there otherwise until it was corrected in its place.
                stands.append((_before(world, table, row, random, updates_are_dated), 0, arrival))
            elif random.random() < 0.08 and final > 0:
                # Corrected after it had been seen.
                until = random.randint(arrival, final)
                stands = [one for one in stands if one[0] is not row] + [(row, until, final + 1)]
                if until > arrival:
                    former = _before(world, table, row, random, updates_are_dated)
                    stands.append((former, arrival, until))
        for number, row in enumerate(random.sample(rows, len(rows) // 30 + 1)):
            # Never part of the world: it came and was deleted.
            here = random.randrange(final) if final else 0
            name = COLUMNS[table].split()[0]
            stands.append(({**row, name: f"x{number}"}, here, random.randint(here + 1, final)))
        for at, step in enumerate(steps):
            step.rows[table] = [
                (first, row) for row, first, gone in stands if first <= at < gone
            ]  # fmt: skip
    for table, rows in world.rows.items():
        assert sorted(map(str, rows)) == sorted(str(row) for _, row in steps[-1].rows[table])
    return steps


def _before(world: World, table: str, row: Row, random: Random, is_dated: bool) -> Row:
    """How a row stood in the files before: with other values, or broken."""
    former = world.variant(table, row, random)
    if random.random() < 0.15:
        former = broken(table, former, random)
    if is_dated and table == "contacts":
        created = (row["created_at"] or "2024-01-01")[:10]
        former |= {"updated_at": created, "created_at": row["created_at"]}
    return former


class Files:
    """The folder of raw files; a file whose rows stay the same is not written again."""

    def __init__(self, folder: Path, layout: str) -> None:
        """Take the folder; layout `csv` is one file per table, `parquet` one per load of it."""
        self.folder, self.layout = folder, layout
        self._written: dict[Path, list[Row]] = {}

    def write(self, rows: dict[str, list[tuple[int, Row]]]) -> None:
        """Make the files hold these rows, each with the number of the load that brought it."""
        wanted: dict[Path, list[Row]] = {}
        for table, numbered in rows.items():
            for load, row in numbered:
                path = self.folder / f"{table}.csv"
                if self.layout == "parquet":
                    path = self.folder / table / f"load={load}" / "rows.parquet"
                wanted.setdefault(path, []).append(row)
        for path in self._written.keys() - wanted.keys():
            path.unlink()
        for path, held in wanted.items():
            if self._written.get(path) != held:
                table = path.stem if path.suffix == ".csv" else path.parts[-3]
                _write(path, COLUMNS[table].split(), held)
        self._written = wanted


def _write(path: Path, columns: list[str], rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = path.with_suffix(".csv")
    with plain.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([row[name] for name in columns] for row in rows)
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (from read_csv('{plain}', header = true, all_varchar = true))"
                f" to '{path}' (format parquet)"
            )
        plain.unlink()
