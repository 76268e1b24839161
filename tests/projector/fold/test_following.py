"""What follows by itself: older patches Superseded, the reviewer that a mail names, events asked for by name."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from projector.readmodel import tables as t
from schemas.accounts import UserAdded
from schemas.fact import Fact
from schemas.records import PatchStateChanged, ProjectChanged, SeriesChanged, SeriesMerged, TestResultReported
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import answer, mail, series
from tests.projector.fold.world import PROJECT, World

SUPERSEDED, NEW, ACCEPTED = 9, 1, 3


def post(world: World, *facts: Fact) -> list[int]:
    ids = world.append(*facts)
    world.catch_up()
    return ids


def states(world: World) -> list[int]:
    return [row["state"] for row in world.rows(t.patch)]


def events(world: World, name: str) -> list[tuple[int | None, int | None, dict[str, Any]]]:
    rows = [row for row in world.rows(t.event) if row["name"] == name]
    return [(row["series_id"], row["patch_id"], msgspec.json.decode(row["parameters"])) for row in rows]


@pytest.mark.parametrize(("supersedes", "expected"), [(True, SUPERSEDED), (False, NEW)], ids=["set", "not set"])
def test_a_complete_revision_supersedes_the_patches_before(tmp_path: Path, supersedes: bool, expected: int) -> None:
    world = World(tmp_path, project=msgspec.structs.replace(PROJECT, supersedes=supersedes))
    v2 = series("b", 2, marker="v2", minute=60)
    post(world, *series("a", 2), *v2[:-1])
    assert states(world) == [NEW] * 3
    post(world, v2[-1])
    assert states(world) == [expected] * 2 + [NEW] * 2
    assert len(events(world, "patch-state-change")) == (2 if supersedes else 0)
    check(world)
    world.close()


def test_superseding_spares_what_is_final_and_begins_with_the_setting(world: World) -> None:
    first = post(world, *series("a", 2))
    post(world, *series("b", 2, marker="v2", minute=60))
    post(world, ProjectChanged(linkname="demo", supersedes=True), PatchStateChanged(patch=first[1], state="Accepted"))
    post(world, *series("c", 2, marker="v3", minute=120))
    assert states(world) == [ACCEPTED, SUPERSEDED, SUPERSEDED, SUPERSEDED, NEW, NEW]
    check(world)


@pytest.mark.parametrize(
    ("delegate", "is_named"),
    [("ada", True), ("ADA@example.org", True), ("nobody@example.org", False), ("", False)],
)
def test_a_mail_names_the_reviewer(world: World, delegate: str, is_named: bool) -> None:
    (ada,) = post(world, UserAdded(name="ada", emails=("ada@example.org",)))
    (patch,) = post(world, mail("[PATCH] net: fix", "a", headers=f"X-Patchwork-Delegate: {delegate}\n"))
    assert world.rows(t.series)[0]["reviewer_id"] == (ada if is_named else None)
    post(world, SeriesChanged(mail=patch, reviewer=None if is_named else ada))
    assert world.rows(t.series)[0]["reviewer_id"] == (None if is_named else ada)
    check(world)


def test_events_that_are_asked_for_by_name(world: World) -> None:
    one = post(world, *series("a", 2, name="net: one", patch_names=["net: a", "net: b"]))
    (comment,) = post(world, answer("c", "a-1"))
    post(world, TestResultReported(target="revision", patches=tuple(one[1:]), test_name="ci", state="success"))
    post(world, TestResultReported(target="patch", patches=(one[1],), test_name="ci", state="failure"))
    other = post(world, *series("d", 2, name="net: two", minute=99, patch_names=["net: c", "net: d"]))
    post(world, SeriesMerged(mails=(one[0], other[0])))
    assert [patch for _, patch, _ in events(world, "patch-new")] == [*one[1:], *other[1:]]
    assert len(events(world, "comment-new")) == 1
    assert comment
    results = events(world, "test-result")
    assert [(patch, parameters["state"]) for _, patch, parameters in results] == [
        (None, "success"),
        (one[1], "failure"),
    ]
    assert len(events(world, "series-merged")) == 1
    assert all(row["by_name_only"] == (row["name"] != "series-new-revision") for row in world.rows(t.event))
    check(world)
