"""A set that was split into two works is two series, whatever came first; none stays Superseded by the other."""

import random
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from projector.assembly.shelf import WINDOW
from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import CopyChosen, PatchStateChanged, RevisionLinked, SeriesSplit
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import AUTHOR, OTHER, mail, series
from tests.projector.fold.world import PROJECT, World, deliver, shape

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


@pytest.fixture
def world(tmp_path: Path) -> Any:
    world = World(tmp_path, project=msgspec.structs.replace(PROJECT, supersedes=True))
    yield world
    world.close()


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
    works = [
        mail(
            f"[PATCH v2] net: work {n}", f"w{n:03}", body="Supersedes: <a@example.org>\n", minute=60 + n, has_diff=True
        )
        for n in range(WINDOW + 10)
    ]
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


def test_where_one_of_many_leaves_the_next_is_looked_at(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("projector.assembly.shelf.WINDOW", "projector.fold.continuing.WINDOW"):
        monkeypatch.setattr(place, 3)
    works = [
        mail(f"[PATCH v2] net: work {n}", f"w{n}", body="Supersedes: <a@example.org>\n", minute=60 + n)
        for n in range(5)
    ]
    deliver(world, [mail("[PATCH] net: all", "a"), *works])
    assert homes(world) == [["a", "w0", "w3", "w4"], ["w1"], ["w2"]]
    ids = {row["message_id"]: row["id"] for row in world.rows(t.mail)}
    deliver(world, [SeriesSplit(mail=ids["w1@example.org"])])
    assert homes(world) == [["a", "w0", "w4"], ["w1"], ["w2"], ["w3"]]
    check(world)


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


def ids_of(world: World) -> dict[str, int]:
    return {row["message_id"].partition("@")[0]: row["id"] for row in world.rows(t.mail)}


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
    works = [
        mail(
            f"[PATCH v2] net: work {n}", f"w{n:03}", body="Supersedes: <a@example.org>\n", minute=60 + n, has_diff=True
        )
        for n in range(WINDOW + 10)
    ]
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
