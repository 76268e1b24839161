"""A mail that only repeats a patch, and was shown as one until that patch came."""

from pathlib import Path

import msgspec

from projector.readmodel import tables as t
from projector.readmodel.queries.snapshots import read_snapshot
from schemas.records import MailReceived
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import OTHER, mail
from tests.projector.fold.test_growing_threads import replay_forgetting
from tests.projector.fold.world import PROJECT, World, deliver, feed, shape

BOT = "tip-bot2 for Ada <bot@example.org>"
PATCH = mail("[PATCH] net: fix", "a")
AGAIN = mail("[PATCH] net: fix", "r", answers="a", author=OTHER, minute=9)
TIP = mail("[tip: net/core] net: fix", "r", answers="a", author=BOT, minute=9, line="call('[PATCH] net: fix');")
BETWEEN = mail("Re: [PATCH] net: fix", "b", answers="a", minute=5)
BELOW = mail("[PATCH] net: fix", "r", answers="b", author=OTHER, minute=9)


def revisions(world: World) -> list[tuple[int, list[str]]]:
    names = {row["id"]: row["message_id"].partition("@")[0] for row in world.rows(t.mail)}
    return [
        (row["series_id"], [names[id] for id in msgspec.json.decode(row["patches"], type=list[int])])
        for row in world.rows(t.revision)
    ]


def deliver_each(world: World, *facts: MailReceived) -> None:
    for fact in facts:
        deliver(world, [fact])
        check(world)


def test_what_was_announced_leads_to_the_patch_that_it_repeats(world: World, tmp_path: Path) -> None:
    deliver_each(world, AGAIN)
    ((announced, _),) = feed(world)
    deliver_each(world, PATCH)
    assert feed(world) == [(announced, 1)]
    assert [patches for _, patches in revisions(world)] == [["a"]]
    assert [row["kind"] for row in world.rows(t.mail)] == ["comment", "patch"]
    again = tmp_path / "again"
    again.mkdir()
    assert shape(replay_forgetting(again, world, 1)) == shape(world)


def test_what_was_announced_leads_to_a_patch_that_was_announced_as_well(world: World) -> None:
    deliver_each(world, PATCH, BELOW)
    assert len(feed(world)) == 2
    deliver_each(world, BETWEEN)
    assert [patches for _, patches in revisions(world)] == [["a"]]
    (series,) = world.rows(t.series)
    moved = {(row["series_id"], row["target_series_id"]) for row in world.rows(t.revision_alias)}
    assert moved == {(other, series["id"]) for other, _ in feed(world) if other != series["id"]}


def test_nothing_is_announced_of_what_comes_after_its_patch(world: World) -> None:
    deliver_each(world, PATCH, TIP, BETWEEN)
    assert len(feed(world)) == len(world.rows(t.series)) == 1
    about = {row["message_id"]: row["target_id"] for row in world.rows(t.comment)}
    (patch,) = world.rows(t.patch)
    assert about == {"r@example.org": patch["id"], "b@example.org": patch["id"]}
    assert [row["state"] for row in world.rows(t.patch)] == [1]


def test_what_was_to_be_superseded_and_only_repeats_a_patch_stops_nothing(tmp_path: Path) -> None:
    """The patch that it repeats comes between the announcement of its next revision and what that brings about."""
    world = World(tmp_path, project=msgspec.structs.replace(PROJECT, supersedes=True))
    deliver(world, [AGAIN])
    world.append(mail("[PATCH v2] net: fix", "s", author=OTHER, minute=300))
    world.fold()
    world.log.append(world.generation.announcements())
    world.append(PATCH)
    world.fold()
    assert [row["detail"] for row in world.rows(t.pending) if row["kind"] == "supersede"], "of what is a comment now"
    with world.models.engine(world.generation.number, read_only=True).connect() as connection:
        pending = read_snapshot(connection).pending
    assert pending == frozenset(), "nothing is to be told"
    world.catch_up()
    check(world)
    assert world.rows(t.pending) == []
    world.close()
