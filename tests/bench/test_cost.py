"""What the measurements of cost fold is what they say it is."""

import asyncio
from collections import Counter

import pytest

from bench import heartbeat
from bench.assembly_report import core
from bench.assembly_report.sight import look
from bench.folding import per_mail, projecting, received
from bench.heartbeat import Pause, longest
from bench.hostile import Cost, against
from bench.stalling import kinds
from bench.threads import one_thread, small_threads
from projector.assembly.tree import threads
from schemas.records import MailReceived
from tests.projector.fold.world import PROJECT


def mails_of(raws: list[bytes]) -> list[MailReceived]:
    return list(received(raws))


def test_one_thread_is_one_series_a_tenth_of_whose_mails_are_posted() -> None:
    facts = mails_of(one_thread(300))
    seen = core.see(facts, PROJECT)
    assert len(set(threads(seen).values())) == 1
    result = core.run(seen)
    kinds = Counter(result.kinds.values())
    assert (kinds["cover"], kinds["patch"], kinds["comment"]) == (3, 27, 270)
    (series,) = result.series
    assert [(revision.version, revision.is_complete) for revision in series] == [(1, True), (2, True), (3, True)]


def test_small_threads_are_as_much_posted_and_of_the_same_size() -> None:
    small, big = small_threads(300), one_thread(300)
    assert 0.8 < sum(map(len, small)) / sum(map(len, big)) < 1.25
    assert sum(sight.is_patch for sight in look(mails_of(small))) == 30


def test_folding_takes_all_mails_and_announces_what_is_complete() -> None:
    with projecting() as made:
        seconds = made.fold(received(one_thread(100)), batch=30)
        kinds = Counter(type(record.fact).__name__ for record in made.log.read(0, 1000))
        assert made.generation.position == made.log.end()
    assert seconds > 0
    assert (kinds["MailReceived"], kinds["RevisionAnnounced"]) == (100, 1)
    assert len(per_mail(small_threads(20), rounds=2)) == 2


def test_a_mail_is_compared_with_a_plain_one_of_its_size_and_of_4_kb_at_least() -> None:
    scale = [Cost("plain", 4096, 0, 1.0), Cost("plain", 8192, 0, 2.0)]
    sizes = {100: 3.0, 4096: 3.0, 6144: 2.0, 8192: 1.5, 100_000: 1.5}
    assert {size: against(Cost("odd", size, 1.0, 2.0), scale).times for size in sizes} == sizes


def test_mails_that_are_to_stall_are_as_large_as_they_say() -> None:
    assert len(kinds(5000)) > 5
    for name, raw in kinds(5000).items():
        assert 4500 < len(raw) <= 5000, name


def test_a_pause_of_the_loop_is_noted_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        now = 100.0

        def monotonic(self) -> float:
            return self.now

        def thread_time(self) -> float:
            return self.now / 2

    clock, pauses = Clock(), list[Pause]()
    monkeypatch.setattr(heartbeat, "time", clock)

    async def stand_still() -> None:
        beating = asyncio.create_task(heartbeat.beat(pauses))
        await asyncio.sleep(0)
        clock.now += 0.051
        while not pauses:
            await asyncio.sleep(0)
        beating.cancel()

    asyncio.run(stand_still())
    assert pauses == [Pause(clock.now, pytest.approx(0.05), pytest.approx(0.0255))]


def test_the_longest_pause_of_a_time_is_found() -> None:
    pauses = [Pause(1.0, 0.5, 0.0), Pause(3.0, 0.2, 0.0), Pause(5.0, 0.9, 0.0)]
    assert [longest(pauses, *times).seconds for times in ((0.0, 6.0), (2.0, 4.0), (0.7, 2.0), (1.5, 2.5))] == [
        0.9,
        0.2,
        0.5,
        0.0,
    ]
