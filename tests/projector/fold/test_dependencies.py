"""What a series says it depends on, resolved whenever its target comes and wherever it goes."""

from collections.abc import Sequence
from itertools import permutations

import msgspec
import pytest

from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import RevisionLinked, SeriesMerged
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import mail, series
from tests.projector.fold.world import World, deliver

BASE = mail("[PATCH] net: base", "base", body="Base.\n\nchange-id: 20260302-base-1234\n")


def depending(on: str, id: str = "top", subject: str = "[PATCH] mm: top", minute: float = 60) -> Fact:
    return mail(subject, id, minute=minute, body=f"Top.\n\n{on}\n", path="mm/top.c")


def dependencies(world: World) -> dict[str, list[str]]:
    """The names of the series that depend on any, and those of what they depend on."""
    rows = world.rows(t.series)
    names = {row["id"]: row["name"] for row in rows}
    found = {row["name"]: msgspec.json.decode(row["depends_on"], type=list[int]) for row in rows}
    assert all(ids == sorted(ids) for ids in found.values())
    return {name: [names[id] for id in ids] for name, ids in found.items() if ids}


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("Depends-on: <base@example.org>", id="Message-ID"),
        pytest.param("prerequisite-message-id: <base@example.org>", id="b4's Message-ID"),
        pytest.param("prerequisite-change-id: 20260302-base-1234:v1", id="b4's change-id"),
        pytest.param("Based-on: <base@example.org>\nDepends-on: <never-came@example.org>", id="one never came"),
    ],
)
@pytest.mark.parametrize("is_first", [True, False], ids=["target first", "target last"])
def test_dependency_is_resolved_whichever_comes_first(world: World, line: str, is_first: bool) -> None:
    mails = [BASE, depending(line)]
    for fact in mails if is_first else mails[::-1]:
        deliver(world, [fact])
        check(world)
    assert dependencies(world) == {"mm: top": ["net: base"]}


def test_target_that_never_came_is_left_out(world: World) -> None:
    deliver(world, [depending("Depends-on: <never-came@example.org>\nprerequisite-change-id: 20260302-no-1")])
    assert dependencies(world) == {}


def test_series_does_not_depend_on_itself(world: World) -> None:
    body = "One.\n\nchange-id: 20260302-own-1\nprerequisite-change-id: 20260302-own-1:v1\n"
    deliver(world, [mail("[PATCH 1/2] mm: one", "a", body=body)])
    more = "Two.\n\nprerequisite-message-id: <a@example.org>\n"
    deliver(world, [mail("[PATCH 2/2] mm: two", "b", answers="a", body=more, minute=0.1)])
    assert dependencies(world) == {}


def test_patch_within_a_series_is_a_target_and_any_mail_of_a_series_may_depend(world: World) -> None:
    deliver(world, [depending("Depends-on: <a-2@example.org>", subject="[PATCH 2/2] mm: two"), *series("a", 3)])
    deliver(world, [mail("[PATCH 1/2] mm: one", "one", minute=60)])
    assert dependencies(world) == {"Series without cover letter": ["net: fix leaks"]}


def test_newest_revision_says_what_a_series_depends_on(world: World) -> None:
    deliver(world, [BASE, depending("Depends-on: <base@example.org>")])
    deliver(world, [mail("[PATCH v2] mm: top", "top2", minute=90, path="mm/top.c")])
    assert dependencies(world) == {}


def test_partial_reroll_depends_on_what_the_revision_before_did(world: World) -> None:
    deliver(world, [BASE, *series("a", 2, minute=60)])
    deliver(world, [depending("Depends-on: <a-1@example.org>", id="x", minute=70, subject="[PATCH] mm: x")])
    body = "Cover.\n\nBased-on: <base@example.org>\n"
    cover = mail("[PATCH 0/2] mm: set", "s-0", minute=100, body=body)
    patches = [mail(f"[PATCH {n}/2] mm: part {n}", f"s-{n}", minute=100, answers="s-0") for n in (1, 2)]
    fixed = mail(
        "[PATCH v2] mm: part 2", "f", minute=200, answers=("s-0", "s-2"), body="2.\n\nBased-on: <x@example.org>\n"
    )
    deliver(world, [cover, *patches, fixed])
    assert dependencies(world)["mm: set"] == ["net: base", "mm: x"]


def test_dependency_follows_its_target_into_another_series(world: World) -> None:
    """The target is moved by an operator; the dependent was not touched by that in any other way."""
    (first, *_) = world.append(*series("a", 2, name="net: one", patch_names=["net: a", "net: b"]))
    (second, *_) = world.append(*series("b", 2, name="net: two", minute=60, patch_names=["net: c", "net: d"]))
    deliver(world, [depending("Depends-on: <b-1@example.org>", minute=90)])
    assert dependencies(world) == {"mm: top": ["net: two"]}
    deliver(world, [SeriesMerged(mails=(first, second))])
    (row,) = [row for row in world.rows(t.series) if row["name"] == "mm: top"]
    assert msgspec.json.decode(row["depends_on"]) == [first]
    check(world)


def test_dependency_waits_until_its_target_is_listed(world: World) -> None:
    world.append(depending("Depends-on: <a-1@example.org>", minute=90), *series("a", 2, has_cover=False)[:1])
    world.catch_up()
    assert dependencies(world) == {}
    deliver(world, series("a", 2, has_cover=False)[1:])
    assert dependencies(world) == {"mm: top": ["Series without cover letter"]}


def test_any_order_gives_the_same_dependencies(tmp_path_factory: pytest.TempPathFactory) -> None:
    change = "change-id: 20260302-base-1234"
    mails: Sequence[Fact] = [
        BASE,
        mail("[PATCH v2] net: base", "base2", minute=30, body=f"Base.\n\n{change}\n"),
        depending("prerequisite-change-id: 20260302-base-1234:v2"),
        depending("Depends-on: <top@example.org>", id="more", subject="[PATCH] mm: more", minute=80),
    ]
    for order in permutations(mails):
        world = World(tmp_path_factory.mktemp("order"))
        for fact in order:
            deliver(world, [fact])
        assert dependencies(world) == {"mm: top": ["net: base"], "mm: more": ["mm: top"]}
        world.close()


def test_dependency_on_a_split_series_follows_the_change(world: World) -> None:
    """Of two series with one change-id, an operator's doing, the one with the newest posting is meant."""
    first = world.append(BASE)[0]
    newer = mail("[PATCH v2] net: base", "base2", minute=30, body="Base.\n\nchange-id: 20260302-base-1234\n")
    second = world.append(newer, mail("[PATCH] net: else", "else", minute=40))
    deliver(world, [depending("prerequisite-change-id: 20260302-base-1234", minute=90)])
    deliver(world, [RevisionLinked(mail=second[0], to=second[1])])
    (row,) = [row for row in world.rows(t.series) if row["name"] == "mm: top"]
    homes = {row["posting_id"]: row["series_id"] for row in world.rows(t.revision)}
    assert msgspec.json.decode(row["depends_on"]) == [homes[second[0]]]
    assert homes[first] != homes[second[0]]
    check(world)
