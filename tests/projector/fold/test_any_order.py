"""The order of arrival changes nothing but ids, numbers already given, and the order of events."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from projector.readmodel import tables as t
from schemas.records import Fact, ImportFinished
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import OTHER, answer, mail, series
from tests.projector.fold.world import World, deliver, feed, shape

SOURCE = "import:test"
NAMES = ["net: fix leaks", "net: rework locking, part two", "doc: say what is meant"]
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # a failing example is small enough; shrinking takes minutes
THREADINGS = ["shallow", "deep", "none"]


@st.composite
def conversations(draw: st.DrawFn) -> list[Fact]:
    """Series, what people answer, and what is posted again: in part, in full, in reply, in a new thread, unthreaded."""
    mails: list[Fact] = []
    for number in range(draw(st.integers(1, 3))):
        mails += _conversation(draw, f"t{number}", minute=number * draw(st.sampled_from([0, 7, 2000])))
    return mails


def _conversation(draw: st.DrawFn, id: str, minute: float) -> list[Fact]:
    total = draw(st.integers(1, 4))
    name = draw(st.sampled_from(NAMES))
    has_cover = draw(st.booleans())
    threading = draw(st.sampled_from(THREADINGS))
    mails = series(id, total, name=name, has_cover=has_cover, threading=threading, minute=minute)
    ids = [f"{id}-{number}" for number in range(0 if has_cover else 1, total + 1)]
    for step in range(draw(st.integers(0, 4))):
        later = minute + draw(st.sampled_from([3, 40, 300])) * (step + 1)
        above = draw(st.sampled_from(ids))
        fresh = f"{id}.{step}"
        ids.append(fresh)
        mails += _later(draw, fresh, above, total, name, later)
    return [fact for fact in mails if draw(st.integers(0, 9)) or fact is mails[0]]


def _later(draw: st.DrawFn, id: str, above: str, total: int, name: str, minute: float) -> list[Fact]:
    kind = draw(st.sampled_from(["answer", "single", "placed", "reply", "thread", "resend", "extra", "robot", "fixed"]))
    marker = draw(st.sampled_from(["", "v2", "v3"]))
    place = draw(st.integers(1, total))
    if kind == "answer":
        return [answer(id, above, minute=minute)]
    if kind == "single":
        return [mail(f"[PATCH {marker}] net: part {place}", id, answers=above, minute=minute)]
    if kind == "placed":
        return [mail(f"[PATCH {marker} {place}/{total}] net: part {place}", id, answers=above, minute=minute)]
    if kind == "reply":
        return series(id, total, name=name, marker=marker, minute=minute, answers=above)
    if kind == "thread":
        threading = draw(st.sampled_from(THREADINGS))
        return series(id, total, name=name, marker=marker, minute=minute, threading=threading)
    if kind == "resend":
        return [mail(f"[PATCH RESEND {place}/{total}] net: part {place}", id, minute=minute)]
    if kind == "extra":
        return [mail(f"[PATCH {total + 1}/{total}] net: one more", id, answers=above, minute=minute)]
    if kind == "robot":
        return [mail("[PATCH] net: fix what robots found", id, answers=above, minute=minute, author=OTHER)]
    return [mail(f"net: part {place}, again", id, answers=above, minute=minute)]


def arrive(facts: Sequence[Fact], batch: int, *, checks: bool = False) -> World:
    world = World(Path(tempfile.mkdtemp(dir=_FOLDER.name)))
    if checks:
        for fact in facts:
            deliver(world, [fact], batch)
            check(world)
    deliver(world, [*facts, ImportFinished(source=SOURCE, mails=len(facts))], batch)
    check(world)
    return world


_FOLDER = tempfile.TemporaryDirectory(prefix="patchlog-orders-")


def _imported(facts: Sequence[Fact]) -> list[Fact]:
    return [msgspec.structs.replace(fact, source=SOURCE) for fact in facts]


def allowed_differences(first: World, second: World) -> list[str]:
    """What may depend on the order of arrival, as far as it does: named, so that hypothesis counts it."""
    looks = {
        "other ids": lambda world: [row["id"] for row in world.rows(t.patch)],
        "other revision numbers": _numbers,
        "another order of events": _announced,
        "another number of events": lambda world: len(feed(world)),
    }
    return [name for name, look in looks.items() if look(first) != look(second)]


def _numbers(world: World) -> dict[str, int]:
    numbers = {row["posting_id"]: row["version"] for row in world.rows(t.revision)}
    return {row["message_id"]: numbers[row["id"]] for row in world.rows(t.mail) if row["id"] in numbers}


def _announced(world: World) -> list[str]:
    names = {row["id"]: row["message_id"] for row in world.rows(t.mail)}
    events = {row["event_id"]: names[row["posting_id"]] for row in world.rows(t.revision) if row["event_id"]}
    return [events[id] for id in sorted(events)]


@settings(
    max_examples=40,
    deadline=None,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(conversations(), st.randoms(use_true_random=False), st.sampled_from([1, 2, 7, 500]))
def test_any_order_batch_and_duplicates_end_in_the_same_series(
    mails: list[Fact], chance: random.Random, batch: int
) -> None:
    facts = _imported(mails)
    first = arrive(facts, 500)
    shuffled = facts + [chance.choice(facts) for _ in range(3)]
    chance.shuffle(shuffled)
    second = arrive(shuffled, batch)
    assert shape(second) == shape(first)
    for difference in allowed_differences(first, second):
        event(difference)
    first.close()
    second.close()


@settings(
    max_examples=10,
    deadline=None,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(conversations(), st.randoms(use_true_random=False))
def test_invariants_hold_after_every_mail(mails: list[Fact], chance: random.Random) -> None:
    facts = _imported(mails)
    chance.shuffle(facts)
    arrive(facts, 500, checks=True).close()


def test_one_thread_in_a_hundred_orders_with_duplicates(tmp_path: Path) -> None:
    facts = _imported(
        [
            *series("a", 4),
            answer("r1", ("a-0", "a-2")),
            mail("[PATCH v2 2/4] net: part 2", "b", answers=("a-0", "a-2", "r1"), minute=40),
            *series("c", 4, marker="v3", minute=600, answers="a-0"),
            answer("r2", ("a-0", "c-0", "c-1"), minute=700),
        ]
    )
    expected = shape(arrive(facts, 500))
    assert len(expected["series"][0][-1]) == 3, "three revisions"
    for seed in range(100):
        chance = random.Random(seed)
        shuffled = facts + chance.choices(facts, k=4)
        chance.shuffle(shuffled)
        world = arrive(shuffled, 500)
        assert shape(world) == expected, f"seed {seed}"
        world.close()


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_replay_in_any_batches_gives_the_same_rows(tmp_path: Path, batch: int) -> None:
    facts = _imported([*series("b", 3, marker="v2", minute=90), answer("r", "b-1"), *series("a", 3)])
    live = arrive(facts, 500)
    replayed = World(tmp_path, live.log)
    replayed.fold(batch)
    assert replayed.everything() == live.everything()
    assert replayed.generation.announcements() == [], "a replay has nothing to announce"
    live.close()
    replayed.close()
