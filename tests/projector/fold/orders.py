"""What the order of arrival may change, though the mails are the same: ids, numbers, and the order of events."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from projector.readmodel import tables as t
from schemas.fact import Fact
from tests.projector.fold.invariants import check
from tests.projector.fold.world import World, deliver


def in_orders(place: Path, facts: Sequence[Fact], orders: int) -> Iterator[World]:
    """Worlds to which the same facts came one by one, each in another order; what always holds held after each."""
    for seed in range(orders):
        shuffled = list(facts)
        random.Random(seed).shuffle(shuffled)
        (place / str(seed)).mkdir()
        world = World(place / str(seed))
        for fact in shuffled:
            deliver(world, [fact])
            check(world)
        yield world
        world.close()


def given(world: World) -> dict[str, Any]:
    """What a world gave out in the order in which mail came, by the name of a difference in it."""
    return {
        "other ids": [row["id"] for row in world.rows(t.patch)],
        "other revision numbers": _numbers(world),
        "another order of events": announced(world),
    }


def allowed_differences(first: World, second: World) -> list[str]:
    """What may depend on the order of arrival, as far as it does, by name."""
    return differing(given(first), given(second))


def differing(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """The names of what differs between what two worlds gave out."""
    return [name for name in first if first[name] != second[name]]


def announced(world: World) -> list[list[str]]:
    """The patches of each revision that is on the feed, in its order."""
    names = _names(world)
    rows = sorted((row for row in world.rows(t.revision) if row["event_id"]), key=lambda row: int(row["event_id"]))
    return [[names[id] for id in msgspec.json.decode(row["patches"])] for row in rows]


def _numbers(world: World) -> list[tuple[list[str], int]]:
    names = _names(world)
    revisions = world.rows(t.revision)
    return sorted(([names[id] for id in msgspec.json.decode(row["patches"])], row["version"]) for row in revisions)


def _names(world: World) -> dict[int, str]:
    return {row["id"]: row["message_id"] for row in world.rows(t.mail)}
