"""Compare a batch with the last accepted one: files, columns, types, and whether anything is new.

What is measured here is judged by gx/batch.yml, as the measures of tables are by their suites.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from input_checks_files import Batch, content_hashes, rows_of
from input_checks_profile import Measure, Profile
from scrub import scrub

BATCH = "batch"
SHOWN_NAMES = 10
# Types that say the same: reading one for the other changes no value of the input contract.
FAMILIES = (
    ("number", r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL.*)"),
    ("text", r"(VARCHAR|ENUM.*|UUID)"),
    ("time with a zone", r"TIMESTAMP WITH TIME ZONE"),
    ("time", r"TIMESTAMP.*"),
    ("nested value", r"(STRUCT|MAP|UNION).*|.*\]|JSON"),
)


@dataclass
class Former:
    """What is remembered of the last accepted batch; empty before the first."""

    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[int, int, str]] = field(default_factory=dict)
    profiles: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class FileState:
    """A file of a batch, for the store."""

    table: str
    name: str
    size: int
    changed_ns: int
    content_hash: str


def batch_profile(
    batch: Batch,
    former: Former,
    contract: Mapping[str, Iterable[str]],
    profiles: Mapping[str, Profile],
    as_of: date | None,
) -> tuple[Profile, list[FileState]]:
    """Measure the batch as a whole.

    Args:
        batch: its files and columns.
        former: the last accepted one.
        contract: columns of the input contract by table.
        profiles: measures of its tables.
        as_of: local date of the build; None leaves news unjudged.

    Returns:
        The measures that gx/batch.yml names, and the state of each file.
    """
    hashes = content_hashes(batch, former.files)
    files = [FileState(table, name, *state) for name, (table, *state) in hashes.items()]
    profile = {
        "row_count": Measure(sum(one["row_count"].value or 0 for one in profiles.values())),
        "files_unread": _listed(batch.unread),
        "files_twice": _listed(_twice(batch, files)),
    }
    gone, new, retyped = _columns(batch, former, contract, profiles)
    is_known = bool(former.columns)
    profile["columns_gone"] = _listed(gone, is_known)
    profile["columns_new"] = _listed(new, is_known)
    profile["columns_retyped"] = _listed(retyped, is_known)
    profile |= _news(profiles, former.profiles.get(BATCH, {}), as_of)
    return profile, files


def _listed(names: Iterable[str], is_known: bool = True) -> Measure:
    """Return how many there are, and the first of them in words."""
    if not is_known:
        return Measure(None)
    listed = sorted(names)
    more = f" and {len(listed) - SHOWN_NAMES} more" if len(listed) > SHOWN_NAMES else ""
    return Measure(len(listed), scrub(", ".join(listed[:SHOWN_NAMES])) + more)


def _twice(batch: Batch, files: Iterable[FileState]) -> list[str]:
    """Return files with the content of another; files without rows may be alike."""
    by_content = defaultdict(list)
    for file in files:
        by_content[file.content_hash].append(file.name)
    found = []
    for names in by_content.values():
        if len(names) > 1 and (not names[0].endswith(".parquet") or rows_of(batch, names[:1])):
            found += [f"{name} = {names[0]}" for name in names[1:]]
    return found


def _columns(
    batch: Batch,
    former: Former,
    contract: Mapping[str, Iterable[str]],
    profiles: Mapping[str, Profile],
) -> tuple[list[str], list[str], list[str]]:
    """Return columns that are gone (of the contract), new, and of another type, table by table."""
    gone, new, retyped = [], [], []
    for table, before in former.columns.items():
        delivery = batch.deliveries.get(table)
        if delivery is None:
            continue  # Its rows are gone too, which the volume says.
        read = set(contract[table])
        now = delivery.columns
        gone += [f"{table}.{name}" for name in before.keys() & read - now.keys()]
        new += [
            f"{table}.{name}" + ("" if name in read else " (not read)")
            for name in now.keys() - before.keys()
        ]
        if "csv" in (delivery.form, former.forms.get(table)):
            continue  # Text says nothing of types; what does not fit is measured value by value.
        for name in before.keys() & now.keys() & read:
            was, is_now = family(before[name]), family(now[name])
            if was != is_now and not _is_empty(table, name, former, profiles):
                retyped.append(f"{table}.{name} from {was} to {is_now}")
    return gone, new, retyped


def family(data_type: str) -> str:
    """Return the kind of a DuckDB type; types of one kind may change for each other."""
    for name, pattern in FAMILIES:
        if re.fullmatch(pattern, data_type):
            return name
    return data_type.lower()


def _is_empty(table: str, name: str, former: Former, profiles: Mapping[str, Profile]) -> bool:
    """Tell whether a column has, or had, no value: writers give such a column any type."""
    measure = f"{name}_null_share"
    shares = (profiles[table][measure].value, former.profiles.get(table, {}).get(measure))
    return any(share is None or share == 1 for share in shares)


def _news(
    profiles: Mapping[str, Profile], before: Mapping[str, float], as_of: date | None
) -> Profile:
    """Measure for how many days no table has had a later row than in the last accepted batch.

    Days are numbers, so that they fit beside the other measures. What matters is the day on which
    news last came, not their age: the first batch of a data set may be as old as it likes.
    """
    ages = [age for one in profiles.values() if (age := one["age_days"].value) is not None]
    if as_of is None or not ages:
        return {name: Measure(None) for name in ("newest_day", "news_day", "days_without_news")}
    newest = as_of.toordinal() - min(ages)
    former_newest = before.get("newest_day")
    if former_newest is None or newest > former_newest:
        news_day = as_of.toordinal()
        days = Measure(None if former_newest is None else 0)
    else:
        newest, news_day = former_newest, before.get("news_day", as_of.toordinal())
        days = Measure(
            max(0, as_of.toordinal() - int(news_day)),
            f"the latest row is of {date.fromordinal(int(newest))}",
        )
    return {
        "newest_day": Measure(int(newest)),
        "news_day": Measure(int(news_day)),
        "days_without_news": days,
    }
