"""Corrections end in the same series, wherever they stand among the mails that come after those that they name."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schemas.fact import Fact
from schemas.records import ImportFinished, RevisionLinked, SeriesMerged, SeriesSplit
from tests.projector.fold.conversations import SECOND, SOURCE, Conversation, conversations
from tests.projector.fold.invariants import check
from tests.projector.fold.world import World, deliver, shape

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # a failing example is small enough; shrinking takes minutes
Said = tuple[str, int, int]
"""The kind of a correction, and the mails that it names, by their places among all mails."""

_FOLDER = tempfile.TemporaryDirectory(prefix="patchlog-corrections-")


@st.composite
def said_of(draw: st.DrawFn) -> tuple[Conversation, list[Said]]:
    """A conversation, and some corrections of it."""
    said = draw(conversations())
    place = st.integers(0, len(said.mails) - 1)
    kinds = st.sampled_from(["merge", "split", "link"])
    return said, draw(st.lists(st.tuples(kinds, place, place), min_size=1, max_size=4))


def as_fact(said: Said, ids: dict[int, int]) -> Fact:
    kind, one, other = said
    if kind == "merge":
        return SeriesMerged(mails=(ids[one], ids[other]))
    if kind == "split":
        return SeriesSplit(mail=ids[one])
    return RevisionLinked(mail=ids[one], to=ids[other])


def arrive(mails: Sequence[Fact], order: Sequence[int], corrections: Sequence[Said], *, checks: bool) -> World:
    """Deliver mails in an order; the corrections, in theirs, each as soon as all that it names is there."""
    world = World(Path(tempfile.mkdtemp(dir=_FOLDER.name)))
    world.append(SECOND)
    ids: dict[int, int] = {}
    waiting = list(corrections)
    for place in order:
        (ids[place],) = world.append(mails[place])
        while waiting and {waiting[0][1], waiting[0][2]} <= ids.keys():
            deliver(world, [as_fact(waiting.pop(0), ids)])
        world.catch_up()
        if checks:
            check(world)
    deliver(world, [ImportFinished(source=SOURCE, mails=len(mails))])
    check(world)
    return world


def replayed(world: World) -> World:
    again = World(Path(tempfile.mkdtemp(dir=_FOLDER.name)), world.log)
    again.fold(7)
    return again


@settings(
    max_examples=6,
    deadline=None,
    phases=PHASES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(said_of(), st.randoms(use_true_random=False))
def test_corrections_hold_in_any_order_of_the_mails(
    said: tuple[Conversation, list[Said]], chance: random.Random
) -> None:
    facts, corrections = said[0].mails, said[1]
    order = list(range(len(facts)))
    first = arrive(facts, order, corrections, checks=False)
    chance.shuffle(order)
    second = arrive(facts, order, corrections, checks=True)
    assert shape(second) == shape(first)
    again = replayed(second)
    assert again.everything() == second.everything()
    assert again.generation.announcements() == []
    for world in (first, second, again):
        world.close()
