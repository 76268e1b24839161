"""Keeps those out for a while who guess: too many wrong credentials for one account from one address, or from one
address for many.

An account at which many addresses guess is never closed: that would close it to its owner. Each address that has not
got in before has a few tries an hour then, and a right password is among them. So a guesser has as many tries as
addresses, times these few; an IPv6 address counts as its /48 there, as one /48 may be one customer's.

Each worker process counts for itself.
"""

import math
from collections.abc import Iterator
from typing import Any

from ingest.log import now_us
from schemas.networks import site_of

FAILURES = "20/5 minutes"
"""So many wrong credentials for one account are borne with, from one address."""
FAILURES_OF_ADDRESS = "100/5 minutes"
"""And so many for whatever accounts."""
FAILURES_OF_ACCOUNT = "100/hour"
"""After so many for one account from all addresses, those that have not got in before have the fewer tries."""
FEWER_FAILURES = "3/hour"
CUSTOMER_BITS = 48
KNOWN_MAX = 10_000
"""So many pairs of an account and an address from where it was got into are remembered, the latest ones."""


class Throttle:
    """Counts failures by account and address. Nothing is loaded or started before the first one."""

    def __init__(self) -> None:
        self._limiter: Any = None
        self._limits: tuple[Any, ...] = ()
        self._known: dict[tuple[str, str], None] = {}

    def wait_seconds(self, address: str, account: str) -> int | None:
        """How long who comes from this address has to wait before the next try at an account; None: not at all."""
        if self._limiter is None:
            return None
        for limit, names in self._heeded(address, account):
            if not self._limiter.test(limit, *names):
                reset: float = self._limiter.get_window_stats(limit, *names).reset_time
                return max(1, math.ceil(reset - now_us() / 1e6))
        return None

    def note_failure(self, address: str, account: str) -> None:
        """Somebody came from this address with wrong credentials for an account ("": for none by name)."""
        if self._limiter is None:
            self._begin()
        counted = [*self._of_address(address, account), *self._of_account(address, account)]
        for limit, names in counted if account else counted[:2]:
            self._limiter.hit(limit, *names)

    def note_success(self, address: str, account: str) -> None:
        """Somebody got into an account from this address."""
        self._known.pop((account, address), None)
        self._known[account, address] = None
        if len(self._known) > KNOWN_MAX:
            del self._known[next(iter(self._known))]

    def _heeded(self, address: str, account: str) -> Iterator[tuple[Any, tuple[str, ...]]]:
        """What may keep this one out."""
        yield from self._of_address(address, account)
        if account and (account, address) not in self._known:
            everywhere, fewer = self._of_account(address, account)
            if not self._limiter.test(everywhere[0], *everywhere[1]):
                yield fewer

    def _of_address(self, address: str, account: str) -> tuple[tuple[Any, tuple[str, ...]], ...]:
        return (self._limits[0], (address, account)), (self._limits[1], (address,))

    def _of_account(self, address: str, account: str) -> tuple[tuple[Any, tuple[str, ...]], ...]:
        customer = site_of(address.partition("/")[0], CUSTOMER_BITS)
        return (self._limits[2], ("", account)), (self._limits[3], (customer, account))

    def _begin(self) -> None:
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        limits = (FAILURES, FAILURES_OF_ADDRESS, FAILURES_OF_ACCOUNT, FEWER_FAILURES)
        self._limits = tuple(map(parse, limits))
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
