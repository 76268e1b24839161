"""Test results and patch states, as the fold keeps them."""

import msgspec
import pytest
from sqlalchemy import Connection, Table

from projector.readmodel import stored
from projector.readmodel import tables as t
from schemas.records import PatchStateChanged, TestResultReported
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import series
from tests.projector.fold.world import World, deliver


@pytest.fixture
def patches(world: World) -> tuple[int, ...]:
    """The ids of the two patches of a series."""
    ids = world.append(*series("a", 2))
    world.catch_up()
    return tuple(ids[1:])


def only(world: World, table: object) -> dict[str, object]:
    (row,) = world.rows(table)  # type: ignore[arg-type]  # any table will do
    return row


def result(patches: tuple[int, ...], name: str, state: str, **more: str | None) -> TestResultReported:
    return TestResultReported(target="revision", patches=patches, test_name=name, state=state, **more)


def test_worst_result_is_the_state_of_revision_and_series(world: World, patches: tuple[int, ...]) -> None:
    facts = [result(patches, "a", "success"), result(patches, "b", "warning"), result(patches, "c", "pending")]
    deliver(world, facts)
    assert only(world, t.series)["test_state"] == only(world, t.revision)["test_state"] == "warning"
    summary = msgspec.json.decode(str(only(world, t.series)["test_summary"]))
    assert summary == {"pending": 1, "success": 1, "warning": 1}


def test_result_of_the_same_name_takes_the_place_and_keeps_what_it_does_not_say(
    world: World, patches: tuple[int, ...]
) -> None:
    deliver(world, [result(patches, "a", "pending", url="http://example.org/1", summary="running")])
    first = only(world, t.test_result)
    deliver(world, [result(patches, "a", "success", summary=None)])
    row = only(world, t.test_result)
    assert (row["id"], row["state"], row["url"], row["summary"]) == (
        first["id"],
        "success",
        "http://example.org/1",
        None,
    )
    assert row["date_us"] != first["date_us"]


def test_result_of_a_patch_is_its_own(world: World, patches: tuple[int, ...]) -> None:
    deliver(world, [TestResultReported(target="patch", patches=patches[:1], test_name="a", state="failure")])
    assert [row["test_state"] for row in world.rows(t.patch)] == ["failure", None]
    assert only(world, t.series)["test_state"] is None


def test_result_for_patches_that_are_no_revision_is_not_shown(world: World, patches: tuple[int, ...]) -> None:
    deliver(world, [result((), "a", "success"), result((99,), "a", "success"), result((*patches, 99), "a", "success")])
    deliver(world, [TestResultReported(target="patch", patches=(99,), test_name="a", state="failure")])
    assert world.rows(t.test_result) == []
    assert [row["status"] for row in world.rows(t.outcome)][-4:] == ["target-gone"] * 4


def test_results_stay_with_the_revision_when_a_series_merges(world: World) -> None:
    deliver(world, series("a", 2, name="net: one", patch_names=["net: a", "net: b"]))
    later = series("c", 2, name="net: two", marker="v3", minute=200, patch_names=["net: c", "net: d"])
    ids = world.append(*later)
    world.catch_up()
    deliver(world, [result(tuple(ids[1:]), "a", "failure")])
    joining = {"name": "net: two", "marker": "v2", "minute": 100, "answers": "a-0"}
    deliver(world, series("b", 2, patch_names=["net: c", "net: d"], **joining))  # type: ignore[arg-type]  # by name
    states = {row["posting_id"]: row["test_state"] for row in world.rows(t.revision)}
    assert (only(world, t.series)["test_state"], states[ids[0]]) == ("failure", "failure")
    check(world)


def test_change_of_state_is_on_the_feed_and_in_the_summary(world: World, patches: tuple[int, ...]) -> None:
    deliver(world, [PatchStateChanged(patch=patches[0], state="under-review")])
    event = world.rows(t.event)[-1]
    assert (event["name"], event["patch_id"], event["user_id"]) == ("patch-state-change", patches[0], None)
    assert msgspec.json.decode(event["parameters"]) == {"previous_state": "New", "new_state": "Under Review"}
    row = only(world, t.series)
    assert (row["state"], msgspec.json.decode(str(row["state_summary"]))) == (
        "in progress",
        [{"count": 1, "name": "New", "final": False}, {"count": 1, "name": "Under Review", "final": False}],
    )


def test_series_is_done_when_all_its_patches_are(world: World, patches: tuple[int, ...]) -> None:
    deliver(world, [PatchStateChanged(patch=id, state="3") for id in patches])
    assert only(world, t.series)["state"] == "done"


@pytest.mark.parametrize("state", ["New", "no such state", "11"])
def test_state_that_is_there_already_or_is_none_changes_nothing(
    world: World, patches: tuple[int, ...], state: str
) -> None:
    before = world.everything()
    deliver(world, [PatchStateChanged(patch=patches[0], state=state), PatchStateChanged(patch=99, state="3")])
    after = world.everything()
    for name in ("meta", "checkpoint", "outcome"):
        del before[name], after[name]
    assert after == before


def test_result_costs_the_same_however_many_there_are(
    world: World, patches: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In rows that are written and read, not in time."""
    deliver(world, [result(patches, f"t{number}", "pending") for number in range(300)])
    written: list[int] = []
    upsert = stored.upsert

    def count(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
        if table is t.test_result:
            written.append(len(rows))
        upsert(connection, table, rows)

    monkeypatch.setattr(stored, "upsert", count)
    monkeypatch.setattr(stored.Stored, "stored_results", None)
    deliver(world, [result(patches, "t7", "success"), result(patches, "new", "failure")], batch=1)
    assert written == [1, 1]
    summary = msgspec.json.decode(str(only(world, t.series)["test_summary"]))
    assert summary == {"pending": 299, "success": 1, "failure": 1}
    assert only(world, t.series)["test_state"] == "failure"
