"""What one worker gives to one client: turns for long queries, the time that these take, places to wait at.

A client is an address, or in IPv6 its network. Each worker process counts for itself.
"""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import falcon

from ingest.log import now_us

MINUTE_US = 60_000_000
CLIENTS_MAX = 1000
"""Of more, those are forgotten who have used nothing for long enough."""
COME_AGAIN_SECONDS = 10


class Refusal(NamedTuple):
    """What is said where all places are taken, and where a client has all that one may have."""

    of_all: str
    of_one: str


WAITING = Refusal(
    "Too many requests wait already; try again later, or without wait.",
    "Too many requests of yours wait already; try again later, or without wait.",
)
LARGE = Refusal(
    "Too many large answers are being read; try again later.",
    "Too many large answers of yours are being read; try again later.",
)


class Turns:
    """Lets some run at a time, and of one client half of these, so that one alone never holds all others up."""

    def __init__(self, most: int) -> None:
        self._most, self._most_of_one = most, max(1, most // 2)
        self._running: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def one_of(self, client: str) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the end of the block."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._is_free(client))
            self._running[client] += 1
        try:
            yield
        finally:
            _take(self._running, client)
            async with self._changed:
                self._changed.notify_all()

    def _is_free(self, client: str) -> bool:
        return self._running.total() < self._most and self._running[client] < self._most_of_one


@dataclass(slots=True)
class _Spent:
    seconds: float
    at_us: int


class Budget:
    """Seconds of work that a client may ask for in a minute; what was spent comes back evenly."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._spent: dict[str, _Spent] = {}

    def check(self, client: str) -> None:
        """Raises HTTPTooManyRequests for a client that has spent all."""
        spent = self._spent.get(client)
        if spent is None:
            return
        left = self._seconds - self._now_spent(spent)
        if left <= 0:
            wait = max(1, math.ceil((-left / self._seconds) * 60) + 1)
            detail = f"Your queries took too much time; try again in {wait} s, or ask for less."
            raise falcon.HTTPTooManyRequests(description=detail, retry_after=wait)

    def spend(self, client: str, seconds: float) -> None:
        """Count what a query of a client took."""
        spent = self._spent.pop(client, None)
        before = self._now_spent(spent) if spent is not None else 0.0
        self._spent[client] = _Spent(before + seconds, now_us())
        if len(self._spent) > CLIENTS_MAX:
            self._spent = {name: one for name, one in self._spent.items() if self._now_spent(one) > 0}

    def _now_spent(self, spent: _Spent) -> float:
        return max(0.0, spent.seconds - (now_us() - spent.at_us) / MINUTE_US * self._seconds)


class Places:
    """Places where requests may wait: so many for all, so many for one client."""

    def __init__(self, most: int, most_of_one: int, refusal: Refusal = WAITING) -> None:
        self._most, self._most_of_one, self._refusal = most, most_of_one, refusal
        self._taken: Counter[str] = Counter()

    def check(self, client: str) -> None:
        """Raises HTTPTooManyRequests where there is no place for a client. "" is counted among all only."""
        if self._taken.total() >= self._most or (client and self._taken[client] >= self._most_of_one):
            said = self._refusal.of_one if self._taken.total() < self._most else self._refusal.of_all
            raise falcon.HTTPTooManyRequests(description=said, retry_after=COME_AGAIN_SECONDS)

    @contextmanager
    def one_for(self, client: str) -> Iterator[None]:
        """Have a place until the end of the block. Raises as `check` does."""
        self.check(client)
        self._taken[client] += 1
        try:
            yield
        finally:
            _take(self._taken, client)


def _take(counted: Counter[str], client: str) -> None:
    counted[client] -= 1
    if not counted[client]:
        del counted[client]
