"""Keeps those out for a while who guess: too many wrong credentials for one account from one address, or from one
address for many. An account is never closed to those who come from elsewhere.

Each worker process counts for itself.
"""

import math
from typing import Any

from ingest.log import now_us

FAILURES = "20/5 minutes"
"""So many wrong credentials for one account are borne with, from one address."""
FAILURES_OF_ADDRESS = "100/5 minutes"
"""And so many for whatever accounts."""


class Throttle:
    """Counts failures by account and address. Nothing is loaded or started before the first one."""

    def __init__(self) -> None:
        self._limiter: Any = None
        self._limits: tuple[Any, Any] = (None, None)

    def wait_seconds(self, address: str, account: str) -> int | None:
        """How long who comes from this address has to wait before the next try at an account; None: not at all."""
        if self._limiter is None:
            return None
        for limit, names in self._counted(address, account):
            if not self._limiter.test(limit, *names):
                reset: float = self._limiter.get_window_stats(limit, *names).reset_time
                return max(1, math.ceil(reset - now_us() / 1e6))
        return None

    def note_failure(self, address: str, account: str) -> None:
        """Somebody came from this address with wrong credentials for an account."""
        if self._limiter is None:
            self._begin()
        for limit, names in self._counted(address, account):
            self._limiter.hit(limit, *names)

    def _counted(self, address: str, account: str) -> tuple[tuple[Any, tuple[str, ...]], ...]:
        of_account, of_address = self._limits
        return (of_account, (address, account)), (of_address, (address,))

    def _begin(self) -> None:
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._limits = parse(FAILURES), parse(FAILURES_OF_ADDRESS)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
