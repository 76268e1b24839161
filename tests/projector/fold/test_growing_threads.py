"""Threads that grow: no short way, and nothing that is kept in memory, changes what comes of them.

A log is folded three times: as it came; with a new process for every few records; and the long way, in which all is
worked out again at every record.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bench.shapes import SHAPES, thread
from ingest.log import Log
from ingest.receipt import receive
from projector.assembly import rerolls, shelf, standing
from projector.assembly.posting import assemble
from projector.fold import candidates, grouping, mails
from projector.fold import series as rows
from projector.generation import Generation
from projector.readmodel import tables as t
from schemas.fact import Fact
from schemas.records import ClockAdvanced, CopyChosen
from tests.projector.fold.conversations import Conversation, conversations
from tests.projector.fold.invariants import check
from tests.projector.fold.mailing import AUTHOR, LIST_ID, START, answer, mail, series
from tests.projector.fold.world import World, deliver

LIMITS: dict[tuple[Any, ...], int] = {
    (mails, "AUTHOR_MAX"): 8,
    (mails, "THREAD_MAX"): 6,
    (mails, "POSTINGS_MAX"): 3,
    (mails, "LOOSE_MAX"): 5,
    (mails, "MADE_MIN"): 2,
    (rerolls, "REPLACED_MAX"): 2,
    (standing, "REPLACED_MAX"): 2,
    (shelf, "WINDOW"): 2,
    (candidates, "WINDOW"): 2,
    (grouping, "WINDOW"): 2,
}
MAILS = 24
WITHIN_SERIES = [(grouping.Grouping, "_amend"), (rows.SeriesRows, "restate")]
ALL_WAYS = [*WITHIN_SERIES, (grouping.Grouping, "_stays"), (standing.Standing, "takes")]
"""Beyond the limits it counts by which way a mail is placed, and which links are looked at: the log alone says that."""
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
LENIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


@pytest.fixture
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for (module, name), most in LIMITS.items():
        monkeypatch.setattr(module, name, most)


@pytest.fixture
def as_a_whole(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Whatever is placed without a look at its thread is where it is when all are read together. Gives the mails."""
    placed: list[int] = []
    attach = mails.Mails._attach

    def attach_and_compare(self: mails.Mails, thread: Any, entry: Any, *rest: Any) -> bool:
        if not attach(self, thread, entry, *rest):
            return False
        placed.append(entry.mail.id)
        states = self._states(thread)
        entries = thread.entries
        found = assemble((entry.mail for entry in entries.values()), states, mails._announced(states))
        assert {id: state.posting for id, state in states.items()} == {one.id: one for one in found.postings}
        assert {id: entry.kind for id, entry in entries.items()} == found.kinds
        comments = {id: entry.target for id, entry in entries.items() if entry.kind == "comment"}
        assert comments == found.targets
        return True

    monkeypatch.setattr(mails.Mails, "_attach", attach_and_compare)
    monkeypatch.setattr(mails, "MADE_MIN", 2)
    yield placed


def posted(name: str, count: int = MAILS, seed: int | None = None) -> list[Fact]:
    """The mails of a shape; with a seed, in any order."""
    raws = [
        raw.replace(b"List-Id: <bench.example.org>", f"List-Id: <{LIST_ID}>".encode())
        for raw in thread(SHAPES[name], count)
    ]
    facts: list[Fact] = [receive(raw, source="smtp", received_at=START) for raw in raws]
    if seed is not None:
        random.Random(seed).shuffle(facts)
    return facts


def live(folder: Path, facts: Sequence[Fact]) -> World:
    """Deliver mails one by one."""
    world = World(folder)
    for fact in facts:
        deliver(world, [fact])
    check(world)
    return world


def replay_forgetting(folder: Path, world: World, batch: int) -> World:
    """Fold a log anew, in a process of its own for every few records, so that nothing stays in memory."""
    again = World(folder, world.log)
    while again.generation.fold(batch):
        number = again.generation.number
        again.generation.close()
        again.generation = Generation(cast(Log, again.log), again.models, number)
    return again


def replay_the_long_way(folder: Path, world: World, ways: Sequence[tuple[type, str]]) -> World:
    """Fold a log anew without the short ways."""
    with pytest.MonkeyPatch.context() as patching:
        for where, name in ways:
            patching.setattr(where, name, lambda *rest, **more: False)
        again = World(folder, world.log)
        again.fold()
    return again


def compare(
    tmp_path_factory: pytest.TempPathFactory, world: World, batch: int, ways: Sequence[tuple[type, str]]
) -> None:
    forgot = replay_forgetting(tmp_path_factory.mktemp("forgot"), world, batch)
    long = replay_the_long_way(tmp_path_factory.mktemp("long"), world, ways)
    assert forgot.everything() == world.everything()
    assert long.everything() == world.everything()
    for one in (world, forgot, long):
        one.close()


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.usefixtures("low_limits")
def test_what_is_beyond_the_limits_is_the_same_without_memory(
    tmp_path_factory: pytest.TempPathFactory, name: str, seed: int | None
) -> None:
    world = live(tmp_path_factory.mktemp("world"), posted(name, seed=seed))
    kinds = [row["kind"] for row in world.rows(t.mail)]
    assert len(kinds) == MAILS
    assert kinds.count("patch") == len(world.rows(t.patch))
    compare(tmp_path_factory, world, 1 if seed is None else 5, WITHIN_SERIES)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("seed", [None, 2])
def test_a_growing_thread_is_the_same_without_memory_and_as_a_whole(
    tmp_path_factory: pytest.TempPathFactory, as_a_whole: list[int], name: str, seed: int | None
) -> None:
    compare(tmp_path_factory, live(tmp_path_factory.mktemp("world"), posted(name, seed=seed)), 1, ALL_WAYS)


@settings(max_examples=15, deadline=None, phases=PHASES, suppress_health_check=LENIENT)
@given(conversations(), st.randoms(use_true_random=False))
def test_conversations_are_the_same_without_memory_and_as_a_whole(
    tmp_path_factory: pytest.TempPathFactory, as_a_whole: list[int], conversation: Conversation, chance: random.Random
) -> None:
    facts = list(conversation.mails)
    if chance.random() < 0.5:
        chance.shuffle(facts)
    compare(tmp_path_factory, live(tmp_path_factory.mktemp("world"), facts), 1, ALL_WAYS)


@settings(max_examples=15, deadline=None, phases=PHASES, suppress_health_check=LENIENT)
@given(conversations(), st.randoms(use_true_random=False))
@pytest.mark.usefixtures("low_limits")
def test_conversations_beyond_the_limits_are_the_same_without_memory(
    tmp_path_factory: pytest.TempPathFactory, conversation: Conversation, chance: random.Random
) -> None:
    facts = list(conversation.mails)
    chance.shuffle(facts)
    compare(tmp_path_factory, live(tmp_path_factory.mktemp("world"), facts), 1, WITHIN_SERIES)


EVE = "Eve <eve@example.org>"


def revisions(world: World, name: str) -> list[tuple[int, bool, bool]]:
    """Number, completeness and whether it was announced, of the revisions of that name."""
    rows = [row for row in world.rows(t.revision) if name in row["name"]]
    return [(row["version"], row["complete"], row["event_id"] is not None) for row in rows]


@pytest.mark.usefixtures("low_limits")
@pytest.mark.parametrize("again", ["a copy of it", "another mail with its Message-ID"])
def test_a_mail_is_known_that_a_thread_apart_named_before_it_came(
    tmp_path_factory: pytest.TempPathFactory, again: str
) -> None:
    cover, first, second = series("v", 2)
    eves = [mail(f"[PATCH] eve {n}", f"e{n}", answers="v-0", author=EVE, minute=n, path=f"e{n}.c") for n in range(4)]
    apart = mail("[PATCH 1/3] eve more", "e-apart", answers=["v-2", "v-0"], author=EVE, minute=60)
    forged = mail("[PATCH 2/2] net: evil", "v-2", answers="v-0", author=EVE)
    last = second if again == "a copy of it" else forged
    facts = [cover, *eves, apart, first, second, answer("r", "v-2"), last]
    world = live(tmp_path_factory.mktemp("world"), facts)
    assert revisions(world, "leaks") == [(1, True, True)]
    names = {row["id"]: row["message_id"] for row in world.rows(t.mail)}
    assert [names[row["target_id"]] for row in world.rows(t.comment)] == ["v-2@example.org"]
    assert len(names) == len(facts) - 1
    compare(tmp_path_factory, world, 1, WITHIN_SERIES)


@pytest.mark.usefixtures("low_limits")
def test_a_strangers_mail_that_names_many_threads_takes_no_room_from_their_authors(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    old = [mail(f"[PATCH] old {n}", f"o{n}", minute=-100 * n, path=f"o{n}.c") for n in range(5)]
    join = answer("eve", [*(f"o{n}" for n in range(5)), "v-1"], author=EVE)
    again = mail("[PATCH v2 2/3] net: part 2", "w", answers=["v-0", "v-2"], minute=40)
    wait_over = ClockAdvanced(until=START + timedelta(days=90))
    world = live(tmp_path_factory.mktemp("world"), [*old, *series("v", 3), join, again, wait_over])
    assert revisions(world, "leaks") == [(1, True, True), (2, True, True)]
    compare(tmp_path_factory, world, 1, WITHIN_SERIES)


def test_who_has_much_in_one_thread_keeps_it_from_no_other(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second patch, which comes last, makes one thread of two."""
    monkeypatch.setattr(mails, "POSTINGS_MAX", 8)
    cover, first, second, third = (
        mail(f"[PATCH {n}/3] net: part {n}", f"v-{n}", answers=f"v-{n - 1}" if n else (), minute=n / 60)
        for n in range(4)
    )
    eves = [mail(f"[PATCH] eve {n}", f"e{n}", answers="v-3", author=EVE, minute=n, path=f"e{n}.c") for n in range(5)]
    world = live(tmp_path_factory.mktemp("world"), [third, *eves, cover, first, second])
    assert revisions(world, "net: part 0") == [(1, True, True)]
    compare(tmp_path_factory, world, 1, WITHIN_SERIES)


def test_what_is_sent_without_threading_beyond_the_bound_is_shown_by_itself(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first ones stay together, answers to them are read with them, and another author has room of his own."""
    monkeypatch.setattr(mails, "LOOSE_MAX", 4)
    monkeypatch.setattr(mails, "POSTINGS_MAX", 4)
    sent = [mail(f"[PATCH {n}/6] part {n}", f"v-{n}", minute=n / 60, path=f"v{n}.c") for n in range(1, 7)]
    other = [mail(f"[PATCH {n}/6] eve {n}", f"e-{n}", minute=n, author=EVE, path=f"e{n}.c") for n in range(1, 5)]
    again = mail("[PATCH v2 2/6] part 2", "w", answers="v-2", minute=60, path="v2.c")
    world = live(tmp_path_factory.mktemp("world"), [*sent, *other, again, answer("r", "v-6")])
    assert sorted(Counter(row["thread_id"] for row in world.rows(t.mail)).values()) == [1, 2, 4, 5]
    assert len(world.rows(t.patch)) == len([*sent, *other, again])
    compare(tmp_path_factory, world, 1, WITHIN_SERIES)


def answers_of_many(to: str) -> list[Fact]:
    """Answers of different people, which make a thread as large as one with the low limits may be."""
    return [answer(f"many-{n}", to, author=f"Nr {n} <n{n}@example.org>", minute=n) for n in range(6)]


@pytest.mark.usefixtures("low_limits")
@pytest.mark.parametrize("author", [AUTHOR, EVE])
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_copy_of_another_author_is_chosen_in_a_large_thread(
    tmp_path_factory: pytest.TempPathFactory, place: int, author: str
) -> None:
    """Whether the author of the series or the other one was first, all of it stays in one series."""
    posted = [*series("v", 3), *answers_of_many("v-0")]
    name = "net: fix leaks" if place == 0 else f"net: part {place}"
    other = mail(f"[PATCH {place}/3] {name}", f"v-{place}", author=EVE, answers="v-0" if place else (), path="evil.c")
    if author == AUTHOR:
        posted[place], other = other, posted[place]
    world = live(tmp_path_factory.mktemp("world"), posted)
    (copy,) = world.append(other)
    deliver(world, [CopyChosen(record=copy, reason="the first one was forged")])
    check(world)
    assert revisions(world, "leaks") == [(2, True, True)]
    deliver(world, [mail("[PATCH v2 0/3] net: fix leaks", "w-0", answers="v-0", minute=60)])
    assert revisions(world, "leaks")[0] == (2, True, True)
    assert len({row["series_id"] for row in world.rows(t.patch)}) == 1
    compare(tmp_path_factory, world, 1, WITHIN_SERIES)


@pytest.mark.usefixtures("low_limits")
def test_what_another_author_put_into_a_series_stays_in_it_when_the_thread_is_large(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    cover, first, _, third = series("v", 3)
    second = mail("[PATCH 2/3] net: part 2", "v-2", author=EVE, answers="v-0", minute=2 / 60)
    more = mail("[PATCH v2 0/3] net: fix leaks", "w-0", answers="v-0", minute=60)
    world = live(tmp_path_factory.mktemp("world"), [cover, first, second, third, *answers_of_many("v-0"), more])
    assert revisions(world, "leaks")[0] == (1, True, True)
    assert len({row["series_id"] for row in world.rows(t.patch)}) == 1
    compare(tmp_path_factory, world, 1, WITHIN_SERIES)


@pytest.mark.parametrize(
    ("again", "to"),
    [
        pytest.param("", "a", id="in answer to the cover letter"),
        pytest.param("", "q", id="in answer to the cover letter, and an answer further below"),
        pytest.param("a b", "d", id="below what was sent before"),
    ],
)
def test_an_answer_below_what_was_sent_again_is_placed_as_in_the_whole_thread(
    tmp_path_factory: pytest.TempPathFactory, as_a_whole: list[int], again: str, to: str
) -> None:
    above = {"a": "c", "b": "c a", "q": "c a", "d": f"c {again}"}
    sent = [("[PATCH 1/3] p1", "a"), ("[PATCH 2/3] p2", "b"), ("[PATCH 1/3] p1", "d"), ("[PATCH 2/3] p2", "e")]
    above["e"] = f"{above['d']} d"
    facts = [mail("[PATCH 0/3] s", "c")]
    facts += [mail(subject, id, answers=above[id].split(), minute=n) for n, (subject, id) in enumerate(sent, 1)]
    facts.append(mail("[PATCH] q", "q", answers=above["q"].split(), author=EVE, minute=10, path="q.c"))
    for number, other in enumerate(("Zed <zed@example.org>", "Yan <yan@example.org>")):
        refs = [*above[to].split(), to]
        facts.append(mail(f"[PATCH] x{number}", f"x{number}", answers=refs, author=other, minute=60, path="x.c"))
    compare(tmp_path_factory, live(tmp_path_factory.mktemp("world"), facts), 1, ALL_WAYS)
