"""A set that was sent again as two works, and what came of it in a world."""

from typing import Any

import msgspec

from projector.readmodel import tables as t
from schemas.fact import Fact
from tests.projector.fold.mailing import mail, series
from tests.projector.fold.world import World

NEW, ACCEPTED, SUPERSEDED = 1, 3, 9


FIRST = series("a", 4, name="net: bridge and tunnel")


def bridge(version: int, minute: float = 100, **options: Any) -> list[Fact]:
    return series(
        f"b{version}", 2, name="bridge: count", marker=f"v{version}", minute=minute,
        patch_names=["net: part 1", "net: part 2"], **options,
    )  # fmt: skip


def tunnel(version: int, minute: float = 101, **options: Any) -> list[Fact]:
    return series(
        f"t{version}", 2, name="tunnel: check", marker=f"v{version}", minute=minute,
        patch_names=["net: part 3", "net: part 4"], **options,
    )  # fmt: skip


def many_works(number: int) -> list[Fact]:
    """Single patches of one marker, each instead of patch a."""
    return [
        mail(f"[PATCH v2] net: work {n}", f"w{n:03}", body="Supersedes: <a@example.org>\n", minute=60 + n)
        for n in range(number)
    ]


def states(world: World) -> dict[str, int]:
    names = {row["id"]: row["message_id"].partition("@")[0] for row in world.rows(t.mail)}
    return {names[row["id"]]: row["state"] for row in world.rows(t.patch)}


def homes(world: World) -> list[list[str]]:
    """The first patches of the revisions of each series."""
    names = {row["id"]: row["message_id"].partition("@")[0] for row in world.rows(t.mail)}
    found: dict[int, list[str]] = {}
    for row in sorted(world.rows(t.revision), key=lambda row: int(row["version"])):
        patches = msgspec.json.decode(row["patches"])
        found.setdefault(row["series_id"], []).append(names[patches[0] if patches else row["cover_id"]])
    return sorted(found.values())


ANSWERING = bridge(2, answers="a-0")


WORKS = {"a": FIRST, "b": bridge(2), "t": tunnel(2), "c": bridge(3, 900), "u": tunnel(3, 901)}


def ids_of(world: World) -> dict[str, int]:
    return {row["message_id"].partition("@")[0]: row["id"] for row in world.rows(t.mail)}
