"""What operators correct: by mails, for good, whatever comes later."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import ProjectAdded, RevisionLinked, SeriesMerged, SeriesSplit
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import answer, mail, series
from tests.projector.fold.world import World, deliver

A = series("a", 2, name="net: one", patch_names=["net: a", "net: b"])
A2 = series("a2", 2, name="net: one", marker="v2", minute=300, patch_names=["net: a", "net: b"])
A3 = series("a3", 2, name="net: one", marker="v3", minute=600, patch_names=["net: a", "net: b"])
B = series("b", 2, name="net: two", minute=900, patch_names=["net: c", "net: d"])
B2 = series("b2", 2, name="net: two", marker="v2", minute=1200, patch_names=["net: c", "net: d"])
SINGLE = mail("[PATCH v2 2/2] net: b", "single", answers=("a-0", "a-2"), minute=120)

Correct = Callable[[dict[str, int]], Fact]


def ids(world: World) -> dict[str, int]:
    """The record id of each mail, by the part of its Message-ID before the @."""
    return {row["message_id"].split("@")[0]: row["id"] for row in world.rows(t.mail)}


def homes(world: World) -> list[list[str]]:
    """Each series as the first mails of its revisions, lowest number first."""
    names = {id: name for name, id in ids(world).items()}
    found: dict[int, list[str]] = {}
    for row in world.rows(t.revision):
        found.setdefault(row["series_id"], []).append(names[row["posting_id"]])
    return sorted(found.values())


def merge(one: str, other: str) -> Correct:
    return lambda mails: SeriesMerged(mails=(mails[one], mails[other]))


def split(name: str) -> Correct:
    return lambda mails: SeriesSplit(mail=mails[name])


def link(name: str, to: str) -> Correct:
    return lambda mails: RevisionLinked(mail=mails[name], to=mails[to])


def correct(world: World, *corrections: Correct) -> World:
    for correction in corrections:
        deliver(world, [correction(ids(world))])
        check(world)
    return world


@pytest.mark.parametrize(
    ("corrections", "expected"),
    [
        pytest.param([], [["a-0", "a2-0", "a3-0"], ["b-0", "b2-0"]], id="the rules alone"),
        pytest.param([merge("a-0", "b-0")], [["a-0", "a2-0", "a3-0", "b-0", "b2-0"]], id="merge"),
        pytest.param([merge("b2-1", "a3-2")], [["a-0", "a2-0", "a3-0", "b-0", "b2-0"]], id="merge by any mails"),
        pytest.param([split("a2-0")], [["a-0"], ["a2-0", "a3-0"], ["b-0", "b2-0"]], id="split takes what links to it"),
        pytest.param([split("a3-1")], [["a-0", "a2-0"], ["a3-0"], ["b-0", "b2-0"]], id="split of the last"),
        pytest.param([split("a-0")], [["a-0", "a2-0", "a3-0"], ["b-0", "b2-0"]], id="split of the first does nothing"),
        pytest.param(
            [link("b-0", "a-1")], [["a-0", "a2-0", "a3-0", "b-0", "b2-0"]], id="link takes what links to it along"
        ),
        pytest.param([link("b2-0", "a-1")], [["a-0", "a2-0", "a3-0", "b2-0"], ["b-0"]], id="link beats the rules"),
        pytest.param(
            [split("a2-0"), link("a2-0", "a-0")], [["a-0", "a2-0", "a3-0"], ["b-0", "b2-0"]], id="link after a split"
        ),
        pytest.param(
            [link("b2-0", "a-0"), split("b2-0")], [["a-0", "a2-0", "a3-0"], ["b-0"], ["b2-0"]], id="split after a link"
        ),
        pytest.param(
            [merge("a-0", "b-0"), split("b-0")], [["a-0", "a2-0", "a3-0"], ["b-0", "b2-0"]], id="split undoes a merge"
        ),
        pytest.param(
            [merge("a-0", "b2-0"), split("b-0")],
            [["a-0", "a2-0", "a3-0"], ["b-0", "b2-0"]],
            id="split undoes a merge of what links to it",
        ),
        pytest.param(
            [merge("a-0", "b-0"), split("a3-0")],
            [["a-0", "a2-0", "b-0", "b2-0"], ["a3-0"]],
            id="split leaves a merge that has both ends on one side",
        ),
        pytest.param(
            [split("b-0"), merge("a-0", "b-0")], [["a-0", "a2-0", "a3-0", "b-0", "b2-0"]], id="merge after a split"
        ),
        pytest.param(
            [split("a2-0"), merge("a3-0", "b-0")], [["a-0"], ["a2-0", "a3-0", "b-0", "b2-0"]], id="merge what was split"
        ),
        pytest.param(
            [link("a2-0", "b-0"), link("b-0", "a2-0")],
            [["a-0"], ["a2-0", "a3-0", "b-0", "b2-0"]],
            id="a cycle of links",
        ),
        pytest.param(
            [split("a2-0")] * 3 + [merge("a-0", "b-0")] * 2,
            [["a-0", "b-0", "b2-0"], ["a2-0", "a3-0"]],
            id="said again",
        ),
        pytest.param(
            [merge("a-0", "a-1"), link("a-0", "a-0")], [["a-0", "a2-0", "a3-0"], ["b-0", "b2-0"]], id="with itself"
        ),
    ],
)
def test_what_a_correction_makes_of_two_series(
    world: World, corrections: Sequence[Correct], expected: list[list[str]], tmp_path: Path
) -> None:
    deliver(world, [*A, *A2, *A3, *B, *B2])
    check(world)
    correct(world, *corrections)
    assert sorted(sorted(series) for series in homes(world)) == expected
    (tmp_path / "replay").mkdir()
    replayed = World(tmp_path / "replay", world.log)
    replayed.fold(3)
    assert replayed.everything() == world.everything()
    replayed.close()


def test_split_revision_is_read_at_its_old_address_and_its_new_one(world: World) -> None:
    deliver(world, [*A, *A2, *A3])
    correct(world, split("a2-0"))
    mails = ids(world)
    aliases = {
        (row["series_id"], row["version"]): (row["target_series_id"], row["target_version"])
        for row in world.rows(t.revision_alias)
    }
    first, second = mails["a-0"], mails["a2-0"]
    assert aliases == {(first, 2): (second, 1), (first, 3): (second, 2)}


def test_numbers_come_back_when_a_split_is_taken_back(world: World) -> None:
    deliver(world, [*A, *A2, *A3])
    before = [(row["series_id"], row["version"], row["posting_id"]) for row in world.rows(t.revision)]
    correct(world, split("a2-0"), link("a2-0", "a-0"))
    assert [(row["series_id"], row["version"], row["posting_id"]) for row in world.rows(t.revision)] == before
    mails = ids(world)
    assert {row["id"]: row["target_id"] for row in world.rows(t.series_alias)} == {mails["a2-0"]: mails["a-0"]}


def test_series_that_was_merged_and_split_leads_to_itself_again(world: World) -> None:
    deliver(world, [*A, *B])
    mails = ids(world)
    correct(world, merge("a-0", "b-0"))
    assert {row["id"]: row["target_id"] for row in world.rows(t.series_alias)} == {mails["b-0"]: mails["a-0"]}
    correct(world, split("b-0"))
    assert world.rows(t.series_alias) == []
    assert {row["id"] for row in world.rows(t.series)} == {mails["a-0"], mails["b-0"]}


def test_series_that_was_merged_before_follows_the_one_that_is_split(world: World) -> None:
    deliver(world, [*A, *B, mail("[PATCH] mm: third", "c", minute=1300, path="mm/c.c")])
    mails = ids(world)
    correct(world, merge("c", "b-0"), merge("b-0", "a-0"))
    assert set(homes(world)[0]) == {"a-0", "b-0", "c"}
    correct(world, split("b-0"), merge("c", "b-0"))
    assert homes(world) == [["a-0"], ["b-0", "c"]] or homes(world) == [["a-0", "c"], ["b-0"]]
    leads = {row["id"]: row["target_id"] for row in world.rows(t.series_alias)}
    home = {row["posting_id"]: row["series_id"] for row in world.rows(t.revision)}
    assert leads.get(mails["c"]) == home[mails["c"]]


def test_nothing_is_announced_again(world: World) -> None:
    deliver(world, [*A, *A2, *B])
    before = [row for row in world.rows(t.event) if row["name"] == "series-new-revision"]
    correct(world, split("a2-0"), merge("a2-0", "b-0"), link("a2-0", "a-0"))
    assert [row for row in world.rows(t.event) if row["name"] == "series-new-revision"] == before


def test_next_revision_follows_the_one_that_was_split(world: World) -> None:
    deliver(world, [*A, *A2])
    correct(world, split("a2-0"))
    deliver(world, A3)
    check(world)
    assert homes(world) == [["a-0"], ["a2-0", "a3-0"]]


def test_earlier_revision_that_comes_late_does_not_take_a_split_one(world: World) -> None:
    deliver(world, A2)
    correct(world, split("a2-0"))
    deliver(world, A)
    check(world)
    assert homes(world) == [["a-0"], ["a2-0"]]


def test_partial_reroll_that_is_split_stands_for_itself(world: World) -> None:
    deliver(world, [*A, mail("[PATCH v2] net: b", "single", answers=("a-0", "a-2"), minute=120)])
    assert homes(world) == [["a-0", "single"]]
    correct(world, split("single"))
    assert homes(world) == [["a-0"], ["single"]]
    assert {row["posting_id"]: row["patches"] for row in world.rows(t.revision)}[
        ids(world)["single"]
    ] == f"[{ids(world)['single']}]"


@pytest.mark.parametrize(
    "correction",
    [
        pytest.param(SeriesMerged(mails=(3, 9999)), id="merge with a mail that is not there"),
        pytest.param(SeriesMerged(mails=(1, 3)), id="merge with a record that is no mail"),
        pytest.param(SeriesSplit(mail=9999), id="split of a mail that is not there"),
        pytest.param(RevisionLinked(mail=3, to=9999), id="link to a mail that is not there"),
        pytest.param(RevisionLinked(mail=9999, to=3), id="link of a mail that is not there"),
    ],
)
def test_correction_without_its_target_has_no_effect(world: World, correction: Fact) -> None:
    deliver(world, [*A, *A2, answer("r", "a-0")])
    before = world.everything()
    deliver(world, [correction])
    after = world.everything()
    for name in ("meta", "checkpoint", "correction"):
        del before[name], after[name]
    assert after == before


def test_correction_by_a_comment_has_no_effect(world: World) -> None:
    deliver(world, [*A, *B, answer("r", "a-0")])
    correct(world, merge("r", "b-0"), split("r"), link("b-0", "r"))
    assert homes(world) == [["a-0"], ["b-0"]]


def test_link_holds_as_soon_as_its_target_is_read(world: World) -> None:
    """The target was a dead letter when the operator named it."""
    (other,) = world.append(mail("[PATCH] mm: other", "o", list_id="more.example.org"))
    deliver(world, A)
    deliver(world, [RevisionLinked(mail=ids(world)["a-0"], to=other)])
    assert homes(world) == [["a-0"]]
    more = ProjectAdded(linkname="more", name="More", listid="more.example.org", listemail="more@example.org")
    deliver(world, [more])
    assert homes(world) == [["a-0"], ["o"]], "a link does not lead into another project"
    check(world)


def test_correction_follows_its_mails_when_postings_become_one(world: World) -> None:
    """Two halves of a posting without its cover letter, which both are corrected before it comes."""
    late = [*B[:1]]
    deliver(world, [*A, B[1]])
    correct(world, link("b-1", "a-0"))
    deliver(world, [B[2], *late])
    check(world)
    assert homes(world) == [["a-0", "b-1"]]


@pytest.mark.parametrize("seed", range(5))
def test_mails_that_come_after_corrections_end_where_they_would_have_come_before(tmp_path: Path, seed: int) -> None:
    """Corrections are said at some point after all mails that they name; the other mails come in any order around."""
    chance = random.Random(seed)
    mails = [*A, *A2, *A3, *B, *B2, SINGLE, answer("r", ("a-0", "a-1"), minute=130)]
    corrections = [merge("b-0", "a-0"), split("a2-1"), link("b2-2", "a3-0"), split("single")]
    named = {"b-0", "a-0", "a2-1", "b2-2", "a3-0", "single"}
    chosen = chance.sample(corrections, chance.randint(1, 4))
    outcomes = []
    for order in range(2):
        world = World(_folder(tmp_path, str(order)))
        shuffled = chance.sample(mails, len(mails)) if order else mails
        last = max(place for place, fact in enumerate(shuffled) if _name(fact) in named)
        cut = chance.randint(last + 1, len(mails)) if order else len(mails)
        deliver(world, shuffled[:cut])
        correct(world, *chosen)
        for fact in shuffled[cut:]:
            deliver(world, [fact])
            check(world)
        outcomes.append(_by_patches(world))
        world.close()
    assert outcomes[0] == outcomes[1]


def _folder(path: Path, name: str) -> Path:
    (path / name).mkdir()
    return path / name


def _name(fact: Fact) -> str:
    raw: bytes = fact.raw  # type: ignore[attr-defined]  # all are mails
    return raw.split(b"Message-ID: <", 1)[1].split(b"@", 1)[0].decode()


def _by_patches(world: World) -> list[list[tuple[str, ...]]]:
    """Each series as its revisions, each as the names of its patches."""
    names = {row["id"]: row["message_id"].split("@")[0] for row in world.rows(t.mail)}
    found: dict[int, dict[int, list[str]]] = {}
    for row in world.rows(t.revision_patch):
        found.setdefault(row["series_id"], {}).setdefault(row["version"], []).append(names[row["patch_id"]])
    return sorted(sorted(map(tuple, revisions.values())) for revisions in found.values())
