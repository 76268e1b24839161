"""A set that was split into two works is two series, whatever came first; none stays Superseded by the other."""

import random
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from projector.assembly.shelf import WINDOW
from projector.readmodel import tables as t
from schemas.records import RevisionLinked, SeriesSplit
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import AUTHOR, OTHER, mail, series
from tests.projector.fold.works import (
    FIRST,
    NEW,
    WORKS,
    bridge,
    homes,
    ids_of,
    many_works,
    states,
    tunnel,
)
from tests.projector.fold.world import PROJECT, World, deliver, shape


@pytest.fixture
def world(tmp_path: Path) -> Any:
    world = World(tmp_path, project=msgspec.structs.replace(PROJECT, supersedes=True))
    yield world
    world.close()


@pytest.mark.parametrize("order", ["".join(order) for order in permutations("abt")] + ["abtcu", "atucb", "tuabc"])
def test_one_of_two_works_goes_on_with_the_series_in_any_order(world: World, order: str) -> None:
    for work in order:
        deliver(world, WORKS[work])
        check(world)
    own = [["a-1", "b2-1", *(["b3-1"] if "c" in order else [])], ["t2-1", *(["t3-1"] if "u" in order else [])]]
    assert [sorted(found) for found in homes(world)] == own
    newest = {"b3-1": NEW, "t3-1": NEW} if "c" in order else {"b2-1": NEW, "t2-1": NEW}
    assert {name: states(world)[name] for name in newest} == newest, "no work supersedes the other one"


@pytest.mark.parametrize("seed", range(30))
def test_mail_by_mail_in_any_order(world: World, seed: int) -> None:
    facts = [*FIRST, *bridge(2), *tunnel(2), *bridge(3, 900)]
    random.Random(seed).shuffle(facts)
    for fact in facts:
        deliver(world, [fact])
        check(world)
    assert [sorted(found) for found in homes(world)] == [["a-1", "b2-1", "b3-1"], ["t2-1"]]
    assert [states(world)[f"t2-{n}"] for n in (1, 2)] == [NEW, NEW]


def test_numbers_that_were_given_lead_to_where_the_work_is(world: World) -> None:
    deliver(world, FIRST)
    deliver(world, tunnel(2))
    deliver(world, bridge(2))
    tunnels = next(row["id"] for row in world.rows(t.series) if row["name"] == "tunnel: check")
    first = next(row["id"] for row in world.rows(t.series) if row["id"] != tunnels)
    (alias,) = [row for row in world.rows(t.revision_alias) if row["series_id"] == first]
    assert (alias["version"], alias["target_series_id"], alias["target_version"]) == (2, tunnels, 1)
    assert [row["version"] for row in world.rows(t.revision) if row["series_id"] != tunnels] == [1, 3]
    check(world)


def test_a_replay_says_the_same(world: World, tmp_path: Path) -> None:
    for work in ("t", "u", "a", "c", "b"):
        deliver(world, WORKS[work])
    for batch in (1, 7, 500):
        place = tmp_path / str(batch)
        place.mkdir()
        replayed = World(place, world.log)
        replayed.fold(batch)
        assert replayed.everything() == world.everything()
        assert replayed.generation.announcements() == []
        replayed.close()


def test_an_operator_says_otherwise(world: World) -> None:
    deliver(world, [*FIRST, *bridge(2), *tunnel(2)])
    ids = {row["message_id"].partition("@")[0]: row["id"] for row in world.rows(t.mail)}
    deliver(world, [RevisionLinked(mail=ids["t2-1"], to=ids["a-1"])])
    assert homes(world) == [["a-1", "b2-1", "t2-1"]]
    deliver(world, [SeriesSplit(mail=ids["t2-1"])])
    assert [sorted(found) for found in homes(world)] == [["a-1", "b2-1"], ["t2-1"]]
    check(world)


def test_a_strangers_earlier_part_does_not_put_the_submitter_out(world: World) -> None:
    stranger = series("b2", 2, name="net: bridge and tunnel", marker="v2", minute=50, author=OTHER)
    deliver(world, [*FIRST, *stranger])
    assert [sorted(found) for found in homes(world)] == [["a-1", "b2-1"]]
    deliver(world, tunnel(2))
    assert [sorted(found) for found in homes(world)] == [["a-1", "t2-1"], ["b2-1"]]
    check(world)


def test_beyond_the_window_what_was_found_counts(tmp_path: Path) -> None:
    """Many works of one marker: the first of WINDOW goes on, the rest keep their links, in whatever order they come."""
    works = many_works(WINDOW + 10)
    shapes = []
    for seed in range(3):
        order = works.copy()
        if seed:
            random.Random(seed).shuffle(order)
        place = tmp_path / str(seed)
        place.mkdir()
        world = deliver(World(place), [mail("[PATCH] net: all", "a"), *order], 7)
        check(world)
        shapes.append(shape(world))
        found = sorted(map(sorted, homes(world)), key=len)
        assert len(found) == WINDOW
        assert found[-1] == ["a", "w000", *(f"w{n:03}" for n in range(WINDOW, WINDOW + 10))]
        world.close()
    assert shapes[1:] == shapes[:1] * 2


def test_when_one_work_goes_on_elsewhere_the_other_one_continues_the_series(world: World) -> None:
    other = mail("[PATCH] net: other", "x", minute=50)
    deliver(world, [*FIRST, other, *bridge(2), *tunnel(2)])
    assert homes(world) == [["a-1", "b2-1"], ["t2-1"], ["x"]]
    deliver(world, [RevisionLinked(mail=ids_of(world)["b2-1"], to=ids_of(world)["x"])])
    assert [sorted(found) for found in homes(world)] == [["a-1", "t2-1"], ["b2-1", "x"]]
    check(world)


def test_a_cover_letter_shows_that_one_work_is_of_another_series(world: World) -> None:
    whole = series("o", 2, name="net: whole", patch_names=["net: part 1", "net: y"])
    parts = series("p", 4, has_cover=False, minute=50)
    cover, *first = series("q", 1, name="net: whole", marker="v2", minute=100, patch_names=["net: part 1"])
    rest = [f"net: part {n}" for n in (2, 3, 4)]
    deliver(world, [*whole, *parts, *first, *series("r", 3, marker="v2", minute=101, patch_names=rest)])
    assert [sorted(found) for found in homes(world)] == [["o-1"], ["p-1", "q-1"], ["r-1"]]
    deliver(world, [cover])
    assert [sorted(found) for found in homes(world)] == [["o-1", "q-1"], ["p-1", "r-1"]]
    check(world)


def test_beyond_the_window_the_next_work_is_looked_at_when_one_leaves(tmp_path: Path) -> None:
    works = many_works(WINDOW + 10)
    worlds = []
    for place, facts in (("one", works), ("other", works[1:])):
        (tmp_path / place).mkdir()
        world = World(tmp_path / place)
        deliver(world, [mail("[PATCH] net: all", "a"), mail("[PATCH] net: other", "x"), *facts])
        worlds.append(world)
    ids = ids_of(worlds[0])
    deliver(worlds[0], [RevisionLinked(mail=ids["w000"], to=ids["x"])])
    left = [sorted({*found} - {"w000"}) for found in homes(worlds[0])]
    assert sorted(left) == sorted(map(sorted, homes(worlds[1])))
    for world in worlds:
        check(world)
        world.close()


@pytest.mark.parametrize("order", list(permutations("abcs")), ids="".join)
def test_a_stranger_finds_the_one_series_of_a_name_in_any_order(world: World, order: tuple[str, ...]) -> None:
    """What it may go on with is counted by series: those of what links to each other are one, whichever came last."""
    mails = {
        name: mail(f"[PATCH v{version}] net: fix", name, minute=300 * version, author=OTHER if name == "s" else AUTHOR)
        for version, name in enumerate("abcs", 1)
    }
    for name in order:
        deliver(world, [mails[name]])
        check(world)
    assert [sorted(found) for found in homes(world)] == [["a", "b", "c", "s"]]
