"""Waiting for the log in the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, cast

import pytest

from ingest.log import Log, LogUnavailable
from ingest.smtp.appending import Appender
from schemas.fact import Fact
from tests.ingest.log.facts import MAIL


class Slow:
    """A log that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[Future[list[int]]] = []

    def submit(self, facts: Sequence[Fact]) -> Future[list[int]]:
        self.asked.append(Future())
        return self.asked[-1]


def count_wakings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the running loop is woken for from now on."""
    loop, wakings = asyncio.get_running_loop(), list[object]()
    wake = loop.call_soon_threadsafe

    def call(callback: Callable[..., object], *arguments: Any, **options: Any) -> asyncio.Handle:
        wakings.append(callback)
        return wake(callback, *arguments, **options)

    monkeypatch.setattr(loop, "call_soon_threadsafe", call)
    return wakings


async def begun(appender: Appender, log: Slow, count: int) -> list[asyncio.Task[int]]:
    """Appends that wait for the log."""
    asked = len(log.asked) + count
    tasks = [asyncio.create_task(appender.append(MAIL)) for _ in range(count)]
    while len(log.asked) < asked:
        await asyncio.sleep(0)
    return tasks


def test_what_is_answered_together_wakes_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        log = Slow()
        appender = Appender(cast(Log, log))
        tasks = await begun(appender, log, 3)
        wakings = count_wakings(monkeypatch)
        for id, appended in enumerate(log.asked, start=2):
            appended.set_result([id])
        assert await asyncio.gather(*tasks) == [2, 3, 4]
        assert len(wakings) == 1
        (late,) = await begun(appender, log, 1)
        log.asked[-1].set_result([5])
        assert (await late, len(wakings)) == (5, 2)

    asyncio.run(story())


def test_each_gets_its_own_answer_and_one_that_was_given_up_none() -> None:
    async def story() -> None:
        log = Slow()
        tasks = await begun(Appender(cast(Log, log)), log, 3)
        tasks[0].cancel()
        log.asked[0].set_result([2])
        log.asked[1].set_exception(LogUnavailable("away"))
        log.asked[2].set_result([3])
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [asyncio.CancelledError, LogUnavailable, int]

    asyncio.run(story())
