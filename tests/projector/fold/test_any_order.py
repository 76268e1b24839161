"""The order of arrival changes nothing but ids, numbers already given, and the order of events."""

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projector.readmodel import tables as t
from projector.readmodel.rows import PostingState
from schemas.fact import Fact
from schemas.records import ImportFinished, MailReceived
from tests.projector.fold.conversations import LENIENT, PHASES, SECOND, SOURCE, Conversation, conversations
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import START, answer, mail, series
from tests.projector.fold.orders import allowed_differences, announced
from tests.projector.fold.world import World, deliver, shape


@pytest.fixture
def met(record_property: Callable[[str, object], None]) -> Iterator[Counter[str]]:
    """Counts the allowed differences that a test meets; they are printed at the end of the run."""
    counter: Counter[str] = Counter()
    yield counter
    record_property("met", ", ".join(f"{name}: {n}" for name, n in counter.most_common()))


def arrive(facts: Sequence[Fact], batch: int, *, checks: bool = False) -> World:
    """Deliver the mails and the end of their import; with checks, see after every mail that all is well."""
    world = World(Path(tempfile.mkdtemp(dir=_FOLDER.name)))
    world.append(SECOND)
    for fact in facts if checks else ():
        deliver(world, [fact], batch)
        check(world)
    deliver(world, [*([] if checks else facts), ImportFinished(source=SOURCE, mails=len(facts))], batch)
    check(world)
    return world


_FOLDER = tempfile.TemporaryDirectory(prefix="patchlog-orders-")


def has_waits(world: World) -> bool:
    """Whether some posting is of the kind that waits for more before it is announced."""
    states = (msgspec.msgpack.decode(row["state"], type=PostingState) for row in world.rows(t.posting))
    return any(state.settled for state in states)


@settings(max_examples=30, deadline=None, phases=PHASES, suppress_health_check=LENIENT)
@given(conversations(), st.randoms(use_true_random=False), st.sampled_from([1, 2, 7, 500]))
def test_any_order_batch_and_duplicates_end_in_the_same_series(
    met: Counter[str], conversation: Conversation, chance: random.Random, batch: int
) -> None:
    first = arrive(conversation.mails, 500)
    shuffled = conversation.mails + [chance.choice(conversation.mails) for _ in range(3)]
    chance.shuffle(shuffled)
    second = arrive(shuffled, batch)
    assert shape(second) == shape(first)
    met.update(["compared", *allowed_differences(first, second)])
    first.close()
    second.close()


@settings(max_examples=15, deadline=None, phases=PHASES, suppress_health_check=LENIENT)
@given(conversations(), st.randoms(use_true_random=False))
def test_waits_that_end_in_between_make_one_more_revision_at_most(
    met: Counter[str], conversation: Conversation, chance: random.Random
) -> None:
    """Mails come ten minutes apart, so that waits are over before all of a posting is there."""
    first = arrive(conversation.mails, 500)
    shuffled = list(conversation.mails)
    chance.shuffle(shuffled)
    second = arrive([_received(fact, minute * 10) for minute, fact in enumerate(shuffled)], 500)
    same, other = shape(first), shape(second)
    assert {name: other[name] for name in ("patches", "comments", "kinds")} == {
        name: same[name] for name in ("patches", "comments", "kinds")
    }
    assert other == same or has_waits(second), "only a wait that was over may tell them apart"
    met.update(["compared", *([] if other == same else ["another revision after a wait that was over"])])
    first.close()
    second.close()


def _received(fact: Fact, minute: int) -> Fact:
    assert isinstance(fact, MailReceived)
    return msgspec.structs.replace(fact, received_at=START + timedelta(minutes=minute))


@settings(max_examples=10, deadline=None, phases=PHASES, suppress_health_check=LENIENT)
@given(conversations(), st.randoms(use_true_random=False))
def test_invariants_hold_after_every_mail(conversation: Conversation, chance: random.Random) -> None:
    facts = list(conversation.mails)
    chance.shuffle(facts)
    arrive(facts, 500, checks=True).close()


@pytest.mark.parametrize("first", ["good", "forged"])
def test_which_of_two_mails_counts_that_bear_one_message_id_and_nothing_else_hangs_on_their_order(first: str) -> None:
    """Worlds in which the same one came first are alike, however the others came."""
    good = series("a", 3)
    rest = [*good[:2], good[3], answer("r", ("a-0", "a-2"))]
    forged = mail("[PATCH 2/3] net: evil", "a-2", answers="a-0", minute=-5, author="Eve <eve@example.org>")
    two = [good[2], forged] if first == "good" else [forged, good[2]]
    expected = shape(arrive(Conversation([*rest, two[0]]).mails, 500))
    for seed in range(20):
        chance = random.Random(seed)
        others = chance.sample(rest, len(rest))
        place = chance.randint(0, len(others))
        at = chance.randint(place + 1, len(others) + 1)
        mails = [*others[:place], two[0], *others[place:]]
        mails.insert(at, two[1])
        world = arrive(Conversation(mails).mails, chance.choice([1, 7, 500]))
        assert shape(world) == expected, f"seed {seed}"
        assert [row["counts"] for row in world.rows(t.conflicting_copy)] == [False]
        world.close()


def test_one_thread_in_a_hundred_orders_with_duplicates(tmp_path: Path) -> None:
    facts = Conversation(
        [
            *series("a", 4),
            answer("r1", ("a-0", "a-2")),
            mail("[PATCH v2 2/4] net: part 2", "b", answers=("a-0", "a-2", "r1"), minute=40),
            *series("c", 4, marker="v3", minute=600, answers="a-0"),
            answer("r2", ("a-0", "c-0", "c-1"), minute=700),
        ]
    ).mails
    expected = shape(arrive(facts, 500))
    assert len(expected["series"][0][-1]) == 3, "three revisions"
    for seed in range(100):
        chance = random.Random(seed)
        shuffled = facts + chance.choices(facts, k=4)
        chance.shuffle(shuffled)
        world = arrive(shuffled, 500)
        assert shape(world) == expected, f"seed {seed}"
        world.close()


@pytest.mark.parametrize("batch", [1, 500])
def test_number_of_a_posting_that_is_no_more_is_not_given_again(batch: int) -> None:
    """The same set sent twice at once, without threads: as they come, both are mixed, and parted again."""
    a, b = (series(id, 4, has_cover=False, threading="none") for id in "ab")
    mixed = [a[0], b[1], b[3], a[2], a[1], b[0], a[3], b[2]]
    first, second = arrive(Conversation([*a, *b]).mails, 500), arrive(Conversation(mixed).mails, batch)
    assert shape(second) == shape(first)
    first.close()
    second.close()


def test_what_was_listed_and_is_a_reroll_after_all_waits_for_the_rest_of_it() -> None:
    """With 1 and 4 there it looks like a posting of its own, and is listed; 3 shows that it replaces patches."""
    again = series("b", 4, marker="v3", minute=300, answers="a-3", has_cover=True)[1:]
    first = series("a", 4, has_cover=True)[:4]
    facts = Conversation([*first, *(again[n] for n in (0, 3, 2, 1))]).mails
    world = arrive(facts, 500, checks=True)
    assert announced(world) == [[f"b-{n}@example.org" for n in range(1, 5)]]
    world.close()


def test_what_becomes_part_of_another_is_not_announced_again_under_the_number_that_it_had() -> None:
    """An extra that came early has the place of what was announced before the cover letter of both came."""
    extra = mail("[PATCH 5/4] net: one more", "c-5", answers="c-0", minute=20)
    first = series("a", 3, minute=7, has_cover=True)
    other = series("b", 4, has_cover=False, threading="deep")
    cover = series("c", 4, minute=14, has_cover=True)[0]
    order = [first[2], extra, first[3], other[2], other[3], other[1], first[1], other[0], first[0], cover]
    arrive(Conversation(order).mails, 500, checks=True).close()


@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_replay_in_any_batches_gives_the_same_rows(tmp_path: Path, batch: int) -> None:
    facts = Conversation([*series("b", 3, marker="v2", minute=90), answer("r", "b-1"), *series("a", 3)]).mails
    live = arrive(facts, 500)
    replayed = World(tmp_path, live.log)
    replayed.fold(batch)
    assert replayed.everything() == live.everything()
    assert replayed.generation.announcements() == [], "a replay has nothing to announce"
    live.close()
    replayed.close()
