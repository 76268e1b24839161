"""Sets whose Message-IDs a provider replaced thread by the ids that their mails had; nobody else's mails do."""

from itertools import permutations
from pathlib import Path
from typing import cast

import pytest

from ingest.log import Log
from projector.assembly.former import HoldersOf, with_real_references
from projector.assembly.mail import Mail
from projector.generation import Generation
from projector.readmodel import tables as t
from schemas.records import CopyChosen, MailRedacted
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import AUTHOR, OTHER, answer, mail
from tests.projector.fold.orders import in_orders
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


def test_nobody_else_has_a_former_id(tmp_path: Path) -> None:
    stranger = mail("[PATCH 0/3] net: mine", "evil", headers=former("o1"), author=OTHER)
    shapes = []
    for world in in_orders(tmp_path, [*SET, stranger], 12):
        assert revisions(world) == [["n1", "n2", "n3"]]
        shapes.append(shape(world))
    assert shapes == shapes[:1] * 12


def test_a_real_id_beats_a_former_one(tmp_path: Path) -> None:
    """What was announced before that came stays listed, with what is left of it."""
    real = mail("[PATCH 1/3] net: another", "o1", path="4.c")
    for world in in_orders(tmp_path, [*SET, real], 12):
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


def started_anew(world: World) -> World:
    world.generation.close()
    world.generation = Generation(cast(Log, world.log), world.models, world.generation.number)
    return world


@pytest.mark.parametrize("is_stopped", [False, True])
@pytest.mark.parametrize("is_early", [False, True])
def test_a_copy_that_had_no_other_id_is_answered_by_none(
    world: World, tmp_path: Path, is_stopped: bool, is_early: bool
) -> None:
    """What the mail that counted before said of itself is forgotten, whenever what answers it came."""
    note = answer("r", "o1", author=AUTHOR)
    (record,) = deliver(world, SET[:1]).append(mail("[PATCH 1/3] net: one", "n1", path="4.c"))
    deliver(world, [note] if is_early else [])
    assert [row["target_id"] is not None for row in world.rows(t.comment)] == [True] * is_early
    deliver(world, [CopyChosen(record=record, reason="better")])
    deliver(started_anew(world) if is_stopped else world, [] if is_early else [note])
    assert [row["target_id"] for row in world.rows(t.comment)] == [None]
    check(world)
    replayed = World(tmp_path, world.log)
    replayed.fold(7)
    assert replayed.everything() == world.everything()
    replayed.close()


def test_what_a_thousand_others_say_of_themselves_is_not_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def counted(mail: Mail, holders_of: HoldersOf) -> Mail:
        asked.append(mail.message_id)
        return with_real_references(mail, holders_of)

    monkeypatch.setattr("projector.fold.former.with_real_references", counted)
    others = [
        mail("Re: [PATCH] x", f"m{n}", answers="o1", headers=former("o1"), author=f"Eve <{n}@example.org>", minute=n)
        for n in range(50)
    ]
    own = [mail("Re: [PATCH] x", f"n{n}", answers="o1", headers=former("o1"), minute=n) for n in range(50)]
    deliver(world, [*others, *own])
    assert len(asked) <= 4 * len(others + own)
