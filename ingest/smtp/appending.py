"""Waiting for the log in the event loop: the mails of one commit are answered in one step."""

import asyncio
import threading
from collections import deque
from concurrent.futures import Future
from functools import partial

from ingest.log import Log
from schemas.fact import Fact

ANSWER_SECONDS = 10.0
"""How long a client waits for the log. A mail that is written after that comes twice, which does no harm."""

Appended = Future[list[int]]
Awaited = asyncio.Future[int]


class Appender:
    """Puts facts on a log for the tasks of one event loop.

    To wake a loop from another thread is dear, so what the log's thread answers is put down, and the loop is woken once
    for all that lies there.
    """

    def __init__(self, log: Log) -> None:
        self._log = log
        self._one_by_one = threading.Lock()
        self._answered: deque[tuple[Awaited, Appended]] = deque()

    async def append(self, fact: Fact) -> int:
        """Give the id of a fact that is durable now. Raises TimeoutError, and whatever the log answers with."""
        loop = asyncio.get_running_loop()
        awaited: Awaited = loop.create_future()
        self._log.submit([fact]).add_done_callback(partial(self._put_down, loop, awaited))
        timer = loop.call_later(ANSWER_SECONDS, _give_up, awaited)
        try:
            return await awaited
        finally:
            timer.cancel()

    def _put_down(self, loop: asyncio.AbstractEventLoop, awaited: Awaited, appended: Appended) -> None:
        """Runs on the log's thread, and on the loop's own where the log refuses at once. Where something lies there
        already, the loop takes this along.
        """
        with self._one_by_one:  # or two could each take the other for the first
            self._answered.append((awaited, appended))
            is_first = len(self._answered) == 1
        if is_first:
            loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        while self._answered:
            _pass_on(*self._answered.popleft())


def _pass_on(awaited: Awaited, appended: Appended) -> None:
    if awaited.done():
        return
    error = appended.exception()
    if error is None:
        awaited.set_result(appended.result()[0])
    else:
        awaited.set_exception(error)


def _give_up(awaited: Awaited) -> None:
    if not awaited.done():
        awaited.set_exception(TimeoutError())
