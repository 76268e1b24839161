"""What holds after every mail, whatever it was."""

from collections import Counter

import msgspec

from projector.assembly.events import REBUILT
from projector.fold.naming import is_awaited
from projector.readmodel import tables as t
from projector.readmodel.rows import PostingState
from schemas.records import MailReceived, MailStub
from tests.projector.fold.world import World


def check(world: World) -> None:
    """Assert everything that is always true of a world that has caught up."""
    _every_mail_is_accounted_for(world)
    _no_patch_is_in_two_series(world)
    _numbers_have_no_holes(world)
    _announced_once_when_complete(world)
    _what_was_announced_leads_somewhere(world)
    _counts_are_right(world)
    _nothing_is_rebuilt(world)


def _nothing_is_rebuilt(world: World) -> None:
    """One program announced all that its own rules made pending: rules that changed are needed for that."""
    assert not [row for row in world.rows(t.event) if row["name"] in REBUILT.values()]


def _every_mail_is_accounted_for(world: World) -> None:
    received = sum(isinstance(record.fact, MailReceived | MailStub) for record in world.log.records)
    counts = {row["name"]: row["n"] for row in world.rows(t.count)}
    kinds = Counter(row["kind"] for row in world.rows(t.mail))
    assert counts.get("mail", 0) == received
    copies = sum(row["id"] != row["mail_id"] for row in world.rows(t.conflicting_copy))
    assert counts.get("mail:conflicting-copy", 0) == copies
    again = counts.get("mail:duplicate", 0) + copies
    assert sum(kinds.values()) + again + len(world.rows(t.dead_letter)) == received
    assert {name: counts.get(f"mail:{name}", 0) for name in kinds} == kinds
    shown = kinds["patch"] + kinds["pull-request"]
    redacted = sum(row["redacted"] for row in world.rows(t.patch))
    assert (len(world.rows(t.patch)), len(world.rows(t.patch_text))) == (shown, shown - redacted)
    assert len(world.rows(t.comment)) == kinds["comment"]
    assert len(world.rows(t.cover)) == kinds["cover"]


def _no_patch_is_in_two_series(world: World) -> None:
    homes: dict[int, set[int]] = {}
    for row in world.rows(t.revision_patch):
        homes.setdefault(row["patch_id"], set()).add(row["series_id"])
    assert all(len(series) == 1 for series in homes.values()), homes
    shown = {row["id"]: row["series_id"] for row in world.rows(t.patch)}
    assert {patch: next(iter(homes[patch])) if patch in homes else None for patch in shown} == shown


def _numbers_have_no_holes(world: World) -> None:
    numbers: dict[int, list[int]] = {row["id"]: [] for row in world.rows(t.series)}
    for row in world.rows(t.revision):
        numbers[row["series_id"]].append(row["version"])
    gone: dict[int, set[int]] = {}
    for row in world.rows(t.revision_alias):
        gone.setdefault(row["series_id"], set()).add(row["version"])
    for id, found in numbers.items():
        holes = set(range(1, max(found) + 1)) - set(found) - gone.get(id, set())
        assert not holes, f"series {id} has {found}, and {holes} lead nowhere"
        assert not gone.get(id, set()) & set(found), f"series {id}: a number is here and elsewhere"
    assert {row["id"]: row["version"] for row in world.rows(t.series)} == {id: max(n) for id, n in numbers.items()}


def _announced_once_when_complete(world: World) -> None:
    rows = world.rows(t.revision)
    states = (msgspec.msgpack.decode(row["state"], type=PostingState) for row in world.rows(t.posting))
    awaited = {(state.series, number) for state in states if is_awaited(state) for _, number in state.pinned}
    quiet = {(row["series_id"], row["version"]) for row in rows if row["complete"] and row["event_id"] is None}
    assert quiet <= awaited, "only what was listed before it looked like a reroll may wait for the rest of it"
    events = [row["event_id"] for row in rows if row["event_id"] is not None]
    assert len(events) == len(set(events)), "one announcement is of one revision"
    announced = [row["id"] for row in world.rows(t.event) if row["name"] == "series-new-revision"]
    assert set(events) <= set(announced)
    places = Counter(
        (row["series_id"], msgspec.json.decode(row["parameters"])["revision"])
        for row in world.rows(t.event)
        if row["name"] == "series-new-revision"
    )
    assert set(places.values()) <= {1}, f"a number was given twice: {places.most_common(1)}"
    times = [row["event_time_us"] for row in world.rows(t.event)]
    assert times == sorted(set(times))


def _what_was_announced_leads_somewhere(world: World) -> None:
    there = {(row["series_id"], row["version"]) for row in world.rows(t.revision)}
    aliases = {
        (row["series_id"], row["version"]): (row["target_series_id"], row["target_version"])
        for row in world.rows(t.revision_alias)
    }
    series = {row["id"] for row in world.rows(t.series)}
    moved = {row["id"]: row["target_id"] for row in world.rows(t.series_alias)}
    for row in world.rows(t.event):
        if row["name"] == "series-new-revision":
            place = (row["series_id"], msgspec.json.decode(row["parameters"])["revision"])
            assert place in there or aliases.get(place) in there, f"announced {place} leads nowhere"
            assert place[0] in series or moved.get(place[0]) in series, f"series {place[0]} leads nowhere"


def _counts_are_right(world: World) -> None:
    counts = {row["name"]: row["n"] for row in world.rows(t.count)}
    for table in (t.series, t.patch, t.project):
        assert counts.get(table.name, 0) == len(world.rows(table)), table.name
    assert counts.get("event", 0) == sum(not row["by_name_only"] for row in world.rows(t.event))
