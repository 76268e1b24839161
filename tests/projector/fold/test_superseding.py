"""What a new revision supersedes, and what gets its state back, as the revision is elsewhere by now."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import CopyChosen, PatchStateChanged, RevisionAnnounced, RevisionLinked, SeriesSplit
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import mail, series
from tests.projector.fold.works import (
    ACCEPTED,
    ANSWERING,
    FIRST,
    NEW,
    SUPERSEDED,
    WORKS,
    bridge,
    homes,
    ids_of,
    states,
    tunnel,
)
from tests.projector.fold.world import PROJECT, World, deliver


@pytest.fixture
def world(tmp_path: Path) -> Any:
    world = World(tmp_path, project=msgspec.structs.replace(PROJECT, supersedes=True))
    yield world
    world.close()


def test_superseding_by_what_moved_away_is_undone(world: World) -> None:
    """The second work came first, and superseded all; nobody but the first work's own author knew then."""
    deliver(world, FIRST)
    deliver(world, tunnel(2))
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [SUPERSEDED] * 4
    before = len(world.log.records)
    deliver(world, ANSWERING[:-1])
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [NEW] * 4, "the first work is not complete"
    facts = [record.fact for record in world.log.records[before:]]
    assert sum(isinstance(fact, PatchStateChanged) and fact.state == "New" for fact in facts) == 4
    deliver(world, ANSWERING[-1:])
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [SUPERSEDED] * 4
    check(world)


def test_what_another_revision_supersedes_as_well_stays_as_it_is(world: World) -> None:
    deliver(world, [*FIRST, *tunnel(2)])
    deliver(world, series("z", 4, name="net: bridge and tunnel", marker="v4", minute=1200))
    before = len(world.log.records)
    deliver(world, bridge(2))
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [SUPERSEDED] * 4
    facts = [record.fact for record in world.log.records[before:]]
    back = [fact.patch for fact in facts if isinstance(fact, PatchStateChanged) and fact.state != "Superseded"]
    names = {row["id"]: row["message_id"] for row in world.rows(t.mail)}
    assert [names[id] for id in back] == ["t2-1@example.org", "t2-2@example.org"]
    check(world)


def test_a_state_that_somebody_set_is_not_given_back(world: World) -> None:
    ids = deliver(world, [*FIRST, *tunnel(2)]) and {
        row["message_id"].partition("@")[0]: row["id"] for row in world.rows(t.patch)
    }
    deliver(world, [PatchStateChanged(patch=ids["a-1"], state="Accepted")])
    deliver(world, ANSWERING[:-1])
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [ACCEPTED, NEW, NEW, NEW]


def test_the_earlier_state_comes_back(world: World) -> None:
    deliver(world, FIRST)
    (first, *_) = [row["id"] for row in world.rows(t.patch)]
    deliver(world, [PatchStateChanged(patch=first, state="Under Review")])
    deliver(world, tunnel(2))
    deliver(world, ANSWERING[:-1])
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [2, NEW, NEW, NEW]


def test_what_older_rules_superseded_gets_its_state_back(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log whose second work was in the first one's series, and made Superseded by what follows that."""
    with monkeypatch.context() as older:
        older.setattr("projector.fold.continuing.may_stand_apart", lambda posting, link: False)
        for work in ("a", "b", "t", "c"):
            deliver(world, WORKS[work])
        assert [states(world)[f"t2-{n}"] for n in (1, 2)] == [SUPERSEDED] * 2
    replayed = World(tmp_path, world.log)
    replayed.catch_up()
    assert states(replayed) == {
        **{f"a-{n}": SUPERSEDED for n in (1, 2, 3, 4)},
        **{f"{id}-{n}": state for id, state in (("b2", SUPERSEDED), ("t2", NEW), ("b3", NEW)) for n in (1, 2)},
    }
    assert [sorted(found) for found in homes(replayed)] == [["a-1", "b2-1", "b3-1"], ["t2-1"]]
    check(replayed)
    again = World(_made(tmp_path / "again"), world.log)
    again.fold(7)
    assert again.everything() == replayed.everything()
    again.close()
    replayed.close()


def _made(place: Path) -> Path:
    place.mkdir()
    return place


@pytest.mark.parametrize("state", ["Superseded", "New"])
def test_what_is_no_patch_by_now_is_refused_and_stops_nothing(world: World, state: str) -> None:
    """Other mail may come between what is found to be told and its place on the log; so may other rules."""
    deliver(world, [*FIRST, *tunnel(2)])
    cover = next(row["id"] for row in world.rows(t.cover))
    (record,) = world.append(PatchStateChanged(patch=cover, state=state, cause=len(world.log.records)))
    deliver(world, bridge(2))
    statuses = {row["id"]: row["status"] for row in world.rows(t.outcome)}
    assert statuses[record] == ("target-gone" if state == "Superseded" else "unchanged")
    check(world)


def chosen_copy(world: World) -> CopyChosen:
    """The choice of another copy of a patch, which comes as another mail with its Message-ID."""
    (record,) = world.append(mail("[PATCH 1/4] net: part 1", "a-1", answers="a-0", path="net/other.c"))
    world.catch_up()
    return CopyChosen(record=record, reason="better")


def test_a_patch_that_begins_anew_gets_nothing_back(world: World, tmp_path: Path) -> None:
    """Another copy of it counts, and somebody decided about that."""
    deliver(world, [*FIRST, *tunnel(2)])
    deliver(world, [chosen_copy(world)])
    (first, *_) = [row["id"] for row in world.rows(t.patch)]
    deliver(world, [PatchStateChanged(patch=first, state="Accepted")])
    deliver(world, ANSWERING[:-1])
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [ACCEPTED, NEW, NEW, NEW]
    assert world.rows(t.superseding) == []
    check(world)


@pytest.mark.parametrize("said", ["state", "copy"])
def test_what_was_decided_before_states_are_given_back_leaves_nothing_pending(world: World, said: str) -> None:
    deliver(world, [*FIRST, *tunnel(2)])
    patches = [row["id"] for row in world.rows(t.patch)][:4]
    choice = chosen_copy(world)
    decided: list[Fact] = [PatchStateChanged(patch=id, state="Accepted") for id in patches[said == "copy" :]]
    deliver(world, [*ANSWERING[:-1], *([choice] if said == "copy" else []), *decided])
    expected = NEW if said == "copy" else ACCEPTED
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [expected, *[ACCEPTED] * 3]
    assert world.rows(t.pending) == []
    check(world)


def three_revisions(world: World) -> None:
    """Three revisions of one work, of which the second one never came whole."""
    names = ["net: a", "net: b", "net: c"]
    deliver(world, series("p", 3, name="net: one", patch_names=names))
    deliver(world, series("q", 3, name="net: one", marker="v2", minute=300, patch_names=names)[:-1])
    deliver(world, series("r", 3, name="net: one", marker="v3", minute=600, patch_names=names))
    assert {states(world)[name] for name in ("p-1", "p-2", "p-3", "q-1", "q-2")} == {SUPERSEDED}


def test_what_moves_before_it_was_whole_gets_its_states_back(world: World) -> None:
    """It is the superseded one that moves, and nobody was told of it."""
    three_revisions(world)
    deliver(world, series("x", 3, name="net: other", minute=900, patch_names=["net: x", "net: y", "net: z"]))
    ids = ids_of(world)
    deliver(world, [RevisionLinked(mail=ids["r-1"], to=ids["p-1"])])
    deliver(world, [RevisionLinked(mail=ids["q-1"], to=ids["x-1"])])
    assert [states(world)[name] for name in ("p-1", "q-1", "q-2")] == [SUPERSEDED, NEW, NEW]
    check(world)


def test_superseding_by_what_was_announced_anew_is_undone_as_well(world: World) -> None:
    """Another copy of one of its patches was chosen, so that another announcement is the revision's."""
    three_revisions(world)
    (record,) = world.append(mail("[PATCH v3 2/3] net: b", "r-2", answers="r-0", minute=600, path="net/other.c"))
    world.catch_up()
    deliver(world, [CopyChosen(record=record, reason="better")])
    deliver(world, [SeriesSplit(mail=ids_of(world)["r-1"])])
    assert [states(world)[name] for name in ("p-1", "q-1", "q-2")] == [NEW, NEW, NEW]
    check(world)


def test_what_comes_back_before_anything_is_told_keeps_its_state(world: World) -> None:
    three_revisions(world)
    ids = ids_of(world)
    deliver(world, [SeriesSplit(mail=ids["r-1"]), RevisionLinked(mail=ids["r-1"], to=ids["p-1"])])
    assert [states(world)[f"p-{n}"] for n in (1, 2, 3)] == [SUPERSEDED] * 3
    assert world.rows(t.pending) == []
    check(world)


def test_what_two_revisions_supersede_stays_so_where_one_goes_away(world: World) -> None:
    """One of them went away between what was found to be told and its place on the log."""
    names = ["net: a", "net: b", "net: c"]
    deliver(world, series("p", 3, name="net: one", patch_names=names))
    for minute, marker in enumerate(("v3", "v4"), 1):
        world.append(*series(marker, 3, name="net: one", marker=marker, minute=300 * minute, patch_names=names))
    world.fold()
    world.append(RevisionLinked(mail=ids_of(world)["v4-1"], to=ids_of(world)["p-1"]))
    world.fold()
    world.log.append(world.generation.announcements())
    world.fold()
    world.log.append([SeriesSplit(mail=ids_of(world)["v3-1"]), *world.generation.announcements()])
    world.catch_up()
    facts = [record.fact for record in world.log.records if isinstance(record.fact, PatchStateChanged)]
    assert {fact.state for fact in facts if fact.patch == ids_of(world)["p-1"]} == {"Superseded"}
    assert [states(world)[f"p-{n}"] for n in (1, 2, 3)] == [SUPERSEDED] * 3
    check(world)


def test_states_of_which_only_a_part_came_to_the_log_are_given_back_all_the_same(world: World) -> None:
    deliver(world, [*FIRST, *tunnel(2)])
    world.append(*ANSWERING[:-1])
    world.fold()
    facts = world.generation.announcements()
    assert len(facts) == 4
    world.log.append(facts[:1])
    world.catch_up()
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [NEW] * 4
    assert world.rows(t.pending) == []
    check(world)


def test_what_is_announced_as_rebuilt_supersedes_nothing_later_either(world: World) -> None:
    """The second work superseded all and moved away; that the newest revision is announced as rebuilt keeps nothing."""
    deliver(world, [*FIRST, *tunnel(2)])
    world.append(*WORKS["c"])
    world.fold()
    (told,) = (fact for fact in world.generation.announcements() if isinstance(fact, RevisionAnnounced))
    deliver(world, [msgspec.structs.replace(told, rebuilt=True)])
    deliver(world, ANSWERING[:-1])
    assert [states(world)[f"a-{n}"] for n in (1, 2, 3, 4)] == [NEW] * 4
