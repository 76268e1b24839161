"""Sets whose Message-IDs a provider replaced thread by the ids that their mails had; nobody else's mails do."""

import random
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import CopyChosen, MailRedacted
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import OTHER, answer, mail
from tests.projector.fold.world import World, deliver, shape


def former(name: str, field: str = "X-Microsoft-Original-Message-ID") -> str:
    return f"{field}: <{name}@example.org>\n"


SET = [
    mail("[PATCH 1/3] net: one", "n1", headers=former("o1"), path="1.c"),
    mail("[PATCH 2/3] net: two", "n2", answers="o1", headers=former("o2"), path="2.c"),
    mail("[PATCH 3/3] net: three", "n3", answers=("o1", "o2"), headers=former("o3"), path="3.c"),
]
LATER = mail("[PATCH v2] net: two", "n4", answers="o2", headers=former("o4"), path="2.c", minute=100)


def revisions(world: World) -> list[list[str]]:
    names = {row["id"]: row["message_id"].partition("@")[0] for row in world.rows(t.mail)}
    found: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for row in world.rows(t.revision_patch):
        found.setdefault((row["series_id"], row["version"]), []).append((row["number"], names[row["patch_id"]]))
    return [[name for _, name in sorted(patches)] for _, patches in sorted(found.items())]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_set_is_whole_in_any_order(world: World, order: tuple[int, ...]) -> None:
    for number in order:
        deliver(world, [SET[number]])
        check(world)
    deliver(world, [LATER])
    assert revisions(world) == [["n1", "n2", "n3"], ["n1", "n4", "n3"]]
    check(world)


def in_orders(tmp_path: Path, extra: Fact, orders: int) -> Iterator[World]:
    for seed in range(orders):
        facts: list[Fact] = [*SET, extra]
        random.Random(seed).shuffle(facts)
        place = tmp_path / str(seed)
        place.mkdir()
        world = World(place)
        for fact in facts:
            deliver(world, [fact])
            check(world)
        yield world
        world.close()


def test_nobody_else_has_a_former_id(tmp_path: Path) -> None:
    stranger = mail("[PATCH 0/3] net: mine", "evil", headers=former("o1"), author=OTHER)
    shapes = []
    for world in in_orders(tmp_path, stranger, 12):
        assert revisions(world) == [["n1", "n2", "n3"]]
        shapes.append(shape(world))
    assert shapes == shapes[:1] * 12


def test_a_real_id_beats_a_former_one(tmp_path: Path) -> None:
    """What was announced before that came stays listed, with what is left of it."""
    real = mail("[PATCH 1/3] net: another", "o1", path="4.c")
    for world in in_orders(tmp_path, real, 12):
        assert [found for found in revisions(world) if found != ["n1"]] == [["o1", "n2", "n3"]]


def test_answers_by_others_are_about_what_they_name_themselves(world: World) -> None:
    deliver(world, [*SET, answer("r", "o2"), answer("s", "n2")])
    names = {row["id"]: row["message_id"].partition("@")[0] for row in world.rows(t.mail)}
    assert {names[row["id"]]: names.get(row["target_id"]) for row in world.rows(t.comment)} == {"r": None, "s": "n2"}


def test_another_copy_and_no_words_keep_the_set_whole(world: World, tmp_path: Path) -> None:
    deliver(world, SET)
    again = mail("[PATCH 2/3] net: two, better", "n2", answers="o1", headers=former("o2"), path="5.c")
    (record,) = world.append(again)
    world.catch_up()
    deliver(world, [CopyChosen(record=record, reason="better")])
    ids = {row["message_id"]: row["id"] for row in world.rows(t.mail)}
    deliver(world, [MailRedacted(message_id="n1@example.org", mails=(ids["n1@example.org"],))])
    assert revisions(world) == [["n1", "n2", "n3"]]
    replayed = World(tmp_path, world.log)
    replayed.fold(7)
    assert replayed.everything() == world.everything()
    replayed.close()
