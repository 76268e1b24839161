"""Copies of revisions that are to be tested again, and what was said of revisions whose postings change."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from ingest.log import Log
from projector.generation import Generation
from projector.outcomes import CONFLICT, DONE
from projector.readmodel import tables as t
from schemas.accounts import UserAdded
from schemas.fact import Fact
from schemas.records import RerunRequested, SeriesChanged, SeriesMerged, SeriesSplit, TestResultReported
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import series
from tests.projector.fold.world import World, deliver, feed


def post(world: World, *facts: Fact) -> list[int]:
    ids = world.append(*facts)
    world.catch_up()
    return ids


def rerun(world: World, patches: Sequence[int], of: int | None = None) -> int:
    """Ask for a rerun of these patches' revision, or of the one that is a rerun, and give its record."""
    (id,) = post(world, RerunRequested(patches=tuple(patches), rerun=of))
    assert outcome(world, id)["status"] == DONE, outcome(world, id)
    return id


def outcome(world: World, id: int) -> dict[str, Any]:
    return next(row for row in world.rows(t.outcome) if row["id"] == id)


def versions(world: World) -> list[tuple[int, int, int | None]]:
    """Series, number and what it is a copy of, of each revision."""
    return [(row["series_id"], row["version"], row["rerun_of"]) for row in world.rows(t.revision)]


def result(patches: Sequence[int], state: str, rerun: int | None = None, name: str = "ci") -> TestResultReported:
    return TestResultReported(target="revision", patches=tuple(patches), rerun=rerun, test_name=name, state=state)


@pytest.fixture
def two(world: World) -> tuple[list[int], list[int]]:
    """The patches of v1 and of v2 of a series."""
    return post(world, *series("a", 2))[1:], post(world, *series("b", 2, marker="v2", minute=60))[1:]


def test_a_rerun_is_a_revision_of_its_own_with_its_event(world: World, two: tuple[list[int], list[int]]) -> None:
    (first, second), home = two, two[0][0] - 1
    copy = rerun(world, second)
    assert versions(world) == [(home, 1, None), (home, 2, None), (home, 3, 2)]
    assert msgspec.json.decode(outcome(world, copy)["document"]) == {"series": home, "version": 3}
    assert feed(world) == [(home, 1), (home, 2), (home, 3)]
    event = [row for row in world.rows(t.event) if row["name"] == "series-new-revision"][-1]
    assert msgspec.json.decode(event["parameters"]) == {"revision": 3, "rerun_of": 2}
    assert world.rows(t.series)[0]["version"] == 3
    assert first
    check(world)


def test_a_rerun_of_an_older_revision_and_of_a_rerun(world: World, two: tuple[list[int], list[int]]) -> None:
    first, second = two
    home = first[0] - 1
    copy = rerun(world, first)
    again = rerun(world, first, of=copy)
    assert versions(world) == [(home, 1, None), (home, 2, None), (home, 3, 1), (home, 4, 3)]
    assert msgspec.json.decode(outcome(world, again)["document"]) == {"series": home, "version": 4}
    check(world)
    later = post(world, *series("c", 2, marker="v3", minute=120))[1:]
    assert versions(world)[-1] == (home, 5, None)
    assert [msgspec.json.decode(row["patches"]) for row in world.rows(t.revision)] == [
        first, second, first, first, later,
    ]  # fmt: skip
    check(world)


def test_results_go_to_the_rerun_that_they_name(world: World, two: tuple[list[int], list[int]]) -> None:
    _, second = two
    deliver(world, [result(second, "failure")])
    copy = rerun(world, second)
    assert [row["test_state"] for row in world.rows(t.revision)] == [None, "failure", None]
    deliver(world, [result(second, "success", rerun=copy)])
    assert [row["test_state"] for row in world.rows(t.revision)] == [None, "failure", "success"]
    deliver(world, [result(second, "warning")])
    assert [row["test_state"] for row in world.rows(t.revision)] == [None, "warning", "success"]
    assert world.rows(t.series)[0]["test_state"] == "success"
    check(world)


def test_an_incomplete_revision_has_no_rerun(world: World) -> None:
    patches = post(world, *series("a", 3)[:-1])[1:]
    (id,) = post(world, RerunRequested(patches=tuple(patches)))
    assert outcome(world, id)["status"] == CONFLICT
    assert len(world.rows(t.revision)) == 1
    check(world)


def test_a_rerun_goes_where_its_series_goes_and_its_number_leads_there(world: World) -> None:
    one = post(world, *series("a", 2, name="net: one", patch_names=["net: a", "net: b"]))
    other = post(world, *series("c", 2, name="net: two", minute=99, patch_names=["net: c", "net: d"]))
    copy = rerun(world, other[1:])
    deliver(world, [result(other[1:], "failure", rerun=copy)])
    post(world, SeriesMerged(mails=(one[0], other[0])))
    check(world)
    assert [row["series_id"] for row in world.rows(t.revision)] == [one[0]] * 3
    assert {row["test_state"] for row in world.rows(t.revision)} == {None, "failure"}
    aliases = {(row["series_id"], row["version"]) for row in world.rows(t.revision_alias)}
    assert {(other[0], 1), (other[0], 2)} <= aliases
    post(world, SeriesSplit(mail=other[0]))
    check(world)
    homes = {row["posting_id"]: row["series_id"] for row in world.rows(t.revision)}
    assert homes[copy] == homes[other[0]] != one[0]


def test_late_mail_keeps_what_was_said_of_the_postings_that_it_joins(world: World) -> None:
    parts = series("a", 2, threading="shallow")
    (ada,) = post(world, UserAdded(name="ada"))
    first, second = post(world, parts[1])[0], post(world, parts[2])[0]
    post(world, SeriesChanged(mail=second, reviewer=ada), result([second], "failure", name="a"))
    post(world, result([first], "success", name="b"))
    post(world, parts[0])
    check(world)
    (row,) = world.rows(t.series)
    assert (row["reviewer_id"], row["test_state"]) == (ada, "failure")
    assert {row["test_name"] for row in world.rows(t.test_result)} == {"a", "b"}


def test_a_series_with_a_rerun_that_late_mail_changes(world: World) -> None:
    parts = series("a", 2)
    patches = post(world, *parts[1:])
    copy = rerun(world, patches)
    deliver(world, [result(patches, "failure", rerun=copy)])
    post(world, parts[0])
    check(world)
    rows = world.rows(t.revision)
    assert [(row["rerun_of"] is not None, row["test_state"]) for row in rows] == [(False, None), (True, "failure")]


@pytest.mark.parametrize("batch", [1, 3])
def test_a_replay_comes_to_the_same_in_any_batches(
    world: World, two: tuple[list[int], list[int]], batch: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = rerun(world, two[0])
    deliver(world, [result(two[0], "failure", rerun=copy), *series("c", 2, marker="v3", minute=120)])
    rerun(world, two[1])
    again = World(tmp_path_factory.mktemp("again"), world.log)
    again.fold(batch)
    assert again.everything() == world.everything()
    again.close()


def test_a_rerun_in_a_series_that_moves_holds_up_nothing_after_a_restart(tmp_path: Path) -> None:
    world = World(tmp_path)
    cover, *first = series("a", 2)
    post(world, cover, *first)
    again = post(world, *series("b", 2, marker="v2", minute=60))
    rerun(world, again[1:])
    number = world.generation.number
    world.generation.close()
    world.generation = Generation(cast(Log, world.log), world.models, number)
    post(world, SeriesSplit(mail=again[1]))
    assert [(version, rerun_of) for _, version, rerun_of in versions(world)] == [(1, None), (1, None), (2, 1)]
    check(world)
    world.close()
