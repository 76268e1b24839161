"""Another of the mails with one Message-ID counts, because an operator or an announcement says so."""

from pathlib import Path

import msgspec

from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import (
    CopiesAcknowledged,
    CopyChosen,
    MailReceived,
    PatchStateChanged,
    ProjectAdded,
    RetryRequested,
    RevisionAnnounced,
    TestResultReported,
)
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import OTHER, mail, series
from tests.projector.fold.world import World, deliver, feed

GOOD, FORGED = "net/part1.c", "net/evil.c"


def forged(id: str = "a-1", **more: object) -> MailReceived:
    """A mail of the forger's with the Message-ID of the first patch of a series."""
    options = {"answers": "a-0", "path": FORGED, "minute": 1, **more}
    return mail("[PATCH 1/2] net: part 1", id, **options)  # type: ignore[arg-type]  # by name


def content(world: World, patch: int) -> str:
    (text,) = (row["content"] for row in world.rows(t.patch_text) if row["patch_id"] == patch)
    return str(text)


def choose(world: World, record: int) -> None:
    deliver(world, [CopyChosen(record=record, reason="the first one was forged")])


def status(world: World) -> list[str]:
    return [row["status"] for row in world.rows(t.outcome)]


def replayed(world: World, place: Path) -> None:
    """A replay gives the same rows, and has nothing to say."""
    again = World(place, world.log)
    again.fold(7)
    assert again.everything() == world.everything()
    assert again.generation.announcements() == []
    again.close()


def forged_first(world: World) -> list[int]:
    """A forged first patch that was faster than the list; gives the records of cover, forged, good, second patch."""
    cover, good, second = series("a", 2)
    ids = world.append(cover, forged(), good, second)
    world.catch_up()
    return ids


def test_a_chosen_copy_is_a_new_revision_that_begins_anew(world: World, tmp_path: Path) -> None:
    cover, patch, good, second = forged_first(world)
    deliver(
        world,
        [
            PatchStateChanged(patch=patch, state="accepted"),
            PatchStateChanged(patch=second, state="accepted"),
            TestResultReported(target="revision", patches=(patch, second), test_name="build", state="success"),
            TestResultReported(target="patch", patches=(patch,), test_name="lint", state="success"),
        ],
    )
    assert FORGED in content(world, patch) and feed(world) == [(cover, 1)]
    choose(world, good)
    assert GOOD in content(world, patch) and FORGED not in content(world, patch)
    assert feed(world) == [(cover, 1), (cover, 2)], "it is announced, once"
    (row,) = world.rows(t.revision)
    assert (row["version"], row["complete"], row["test_state"]) == (2, True, None)
    (alias,) = world.rows(t.revision_alias)
    assert (alias["version"], alias["target_series_id"], alias["target_version"]) == (1, cover, 2)
    assert {row["id"]: (row["state"], row["test_state"]) for row in world.rows(t.patch)} == {
        patch: (1, None),
        second: (3, None),
    }
    assert world.rows(t.test_result) == []
    deliver(world, [TestResultReported(target="revision", patches=(patch, second), test_name="build", state="failure")])
    assert [row["test_state"] for row in world.rows(t.revision)] == ["failure"]
    check(world)
    replayed(world, tmp_path)


def test_what_was_shown_is_a_copy_then_and_can_be_chosen_again(world: World, tmp_path: Path) -> None:
    cover, patch, good, _ = forged_first(world)
    choose(world, good)
    rows = {row["id"]: (row["counts"], row["acknowledged_id"] is not None) for row in world.rows(t.conflicting_copy)}
    assert rows == {patch: (False, True), good: (True, True)}, "nobody has to look at it any more"
    choose(world, good)
    assert status(world)[-1] == "unchanged" and len(feed(world)) == 2
    choose(world, patch)
    assert FORGED in content(world, patch)
    assert feed(world) == [(cover, 1), (cover, 2), (cover, 3)]
    deliver(world, [series("a", 2)[1], forged()])
    assert len(world.rows(t.conflicting_copy)) == 2, "both are known"
    check(world)
    replayed(world, tmp_path)


def test_a_chosen_copy_completes_the_series_that_it_is_of(world: World, tmp_path: Path) -> None:
    """What was forged looked like a patch of somebody else's by itself."""
    cover, good, second = series("a", 2)
    alone = mail("[PATCH] net: nothing to see", "a-1", author=OTHER, path=FORGED, minute=1)
    ids = world.append(cover, alone, good, second)
    world.catch_up()
    assert feed(world) == [(ids[1], 1)]
    choose(world, ids[2])
    assert [row["name"] for row in world.rows(t.series)] == ["net: fix leaks"]
    (row,) = world.rows(t.revision)
    assert (msgspec.json.decode(row["patches"]), row["complete"]) == ([ids[1], ids[3]], True)
    names = {row["email"]: row["id"] for row in world.rows(t.person)}
    assert {row["submitter_id"] for row in world.rows(t.patch)} == {names["ada@example.org"]}
    check(world)
    replayed(world, tmp_path)


def test_each_revision_that_has_the_mail_is_a_new_one(world: World, tmp_path: Path) -> None:
    """A partial reroll copies the patch that another copy counts of."""
    cover, _, good, _ = forged_first(world)
    deliver(world, [mail("[PATCH v2] net: part 2", "b", answers="a-2", minute=300, path="net/part2.c")])
    before = feed(world)
    choose(world, good)
    assert before == [(cover, 1), (cover, 2)] and feed(world) == [*before, (cover, 3), (cover, 4)]
    assert [row["version"] for row in world.rows(t.revision)] == [3, 4]
    check(world)
    replayed(world, tmp_path)


def test_a_cover_letter_can_be_chosen(world: World, tmp_path: Path) -> None:
    cover, *patches = series("a", 2)
    other = mail("[PATCH 0/2] net: fix leaks", "a-0", has_diff=False, body="Nothing to see.\n")
    ids = world.append(other, *patches, cover)
    world.catch_up()
    choose(world, ids[3])
    (row,) = world.rows(t.revision)
    assert (row["version"], row["cover_letter"]) == (2, "net: fix leaks.")
    assert feed(world) == [(ids[0], 1), (ids[0], 2)]
    check(world)
    replayed(world, tmp_path)


def test_a_comment_can_be_chosen_and_is_no_revision(world: World) -> None:
    ids = world.append(*series("a", 1), mail("Re: [PATCH] net", "r", answers="a-1", body="Bad.\n"))
    (good,) = world.append(mail("Re: [PATCH] net", "r", answers="a-0", body="Good.\n"))
    world.catch_up()
    before = feed(world)
    choose(world, good)
    (row,) = world.rows(t.comment)
    assert (row["text"], row["target_id"]) == ("Good.\n", ids[0])
    assert feed(world) == before
    check(world)


def test_an_announcement_that_comes_late_says_nothing_of_the_new_revision(world: World, tmp_path: Path) -> None:
    cover, _, good, _ = forged_first(world)
    (late,) = [record.fact for record in world.log.records if isinstance(record.fact, RevisionAnnounced)]
    world.append(CopyChosen(record=good, reason="forged"), late)
    world.fold()
    assert feed(world) == [(cover, 1)]
    world.catch_up()
    assert feed(world) == [(cover, 1), (cover, 2)]
    replayed(world, tmp_path)


def test_what_is_no_copy_cannot_be_chosen(world: World) -> None:
    ids = forged_first(world)
    before = world.rows(t.patch)
    choose(world, ids[0])
    choose(world, 999)
    assert status(world)[-2:] == ["target-gone"] * 2
    assert world.rows(t.patch) == before


def test_copies_are_acknowledged_once(world: World) -> None:
    _, _, good, _ = forged_first(world)
    (first, _) = world.append(CopiesAcknowledged(records=(good, 999), note="seen"), CopiesAcknowledged(records=(good,)))
    world.catch_up()
    (row,) = world.rows(t.conflicting_copy)
    assert (row["id"], row["acknowledged_id"]) == (good, first)


def test_the_copy_counts_that_an_announcement_names(world: World, tmp_path: Path) -> None:
    """To an older program the first mail was a dead letter; to this one it is the first of the project."""
    late = ProjectAdded(linkname="late", name="Late", listid="late.example.org", listemail="late@example.org")
    (id,) = world.append(late)
    first, named = (mail("[PATCH] net: one", "x", list_id="late.example.org", path=path) for path in (FORGED, GOOD))
    unseen, announced = world.append(first, named)
    told: Fact = RevisionAnnounced(project=id, cause=announced, series=announced, revision=1, patches=(announced,))
    world.append(told)
    world.fold()
    (patch,) = world.rows(t.patch)
    assert patch["id"] == unseen and GOOD in content(world, unseen)
    assert feed(world) == [(announced, 1)]
    assert [(row["id"], row["target_id"]) for row in world.rows(t.series_alias)] == [(announced, unseen)]
    assert world.generation.announcements() == [], "it was announced"
    deliver(world, [told, RetryRequested(mails=())])
    check(world)
    replayed(world, tmp_path)
