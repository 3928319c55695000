"""Random rules over the demo data: the SQL and a second reading agree on every customer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from segment_peer import Customer, Peer
from segment_random import random_segment
from segment_workshop import Workshop
from segment_world import read_customers

DAY, ZONE = date(2026, 11, 21), "Europe/Warsaw"
SEEDS = range(200)
SHARE = 50


def random_catalogue() -> list[dict[str, Any]]:
    """Return one declaration per seed; later ones may refer to earlier ones."""
    made: list[dict[str, Any]] = []
    for seed in SEEDS:
        made.append(random_segment(seed, DAY, [one["name"] for one in made if is_single(one)]))
    return made


def is_single(declaration: dict[str, Any]) -> bool:
    """Return whether a declaration makes one segment."""
    return "for_each" not in declaration


@pytest.fixture(scope="module")
def built(demo: Path, made_here: Callable[..., Path]) -> Path:
    """Folder of the demo shop with the random catalogue built, and members.json."""

    def make(folder: Path) -> None:
        (folder / "raw").symlink_to(demo)
        workshop = Workshop(folder, ZONE)
        workshop.prepare(DAY.isoformat())
        found = workshop.build(random_catalogue(), DAY.isoformat(), lists(folder))
        (folder / "members.json").write_text(
            json.dumps({name: sorted(members) for name, members in found.items()})
        )

    return made_here("segment_peer", make)


def lists(folder: Path) -> dict[str, list[str]]:
    """Return two static lists of contacts."""
    contacts = Workshop(folder).read(
        "select contact_id from marts_intermediate.int_identities__resolved order by contact_id"
    )
    names = [contact for (contact,) in contacts]
    return {"early": names[:100], "late": names[-50:]}


@pytest.fixture(scope="module")
def customers(built: Path) -> list[Customer]:
    """Every customer of the demo shop with its facts."""
    return read_customers(built, ZONE)


@pytest.mark.parametrize("first", range(0, len(SEEDS), SHARE))
def test_random_rules_agree(first: int, built: Path, customers: list[Customer]) -> None:
    """On all customers; the message names the seeds, and a few customers of each."""
    catalogue = random_catalogue()
    peer = Peer(DAY, ZONE, catalogue, lists(built))
    found = json.loads((built / "members.json").read_text())
    assert set(found) == set(peer.segments)
    seeds = {f"rule_{seed}" for seed in SEEDS[first : first + SHARE]}
    wrong = {}
    for name in peer.segments:
        if "_".join(name.split("_")[:2]) not in seeds:
            continue
        expected = {one.customer_id for one in customers if peer.is_member(name, one)}
        differing = sorted(expected ^ set(found[name]))
        if differing:
            rule = {key: peer.segments[name].get(key) for key in ("rule", "exclude")}
            wrong[name] = (len(differing), differing[:3], rule)
    assert not wrong, "\n".join(f"seed {name}: {what}" for name, what in wrong.items())


def test_random_rules_tell_customers_apart(built: Path, customers: list[Customer]) -> None:
    """Most rules hold for some customers and not for others: they can disagree."""
    found = json.loads((built / "members.json").read_text())
    telling = [name for name, members in found.items() if 0 < len(members) < len(customers)]
    assert len(telling) > 0.6 * len(found)
