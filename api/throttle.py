"""Keeps those out for a while who guess: too many wrong credentials from one address, or for one account.

Each worker process counts for itself.
"""

import math
from typing import Any

from ingest.log import now_us

FAILURES = "20/5 minutes"
"""So many wrong credentials are borne with, from one address and for one account."""


class Throttle:
    """Counts failures. Nothing is loaded or started before the first one."""

    def __init__(self) -> None:
        self._limiter: Any = None
        self._limit: Any = None

    def wait_seconds(self, *who: str) -> int | None:
        """How long one of these has to wait before the next try; None where all may try now."""
        if self._limiter is None:
            return None
        for name in who:
            if not self._limiter.test(self._limit, name):
                reset: float = self._limiter.get_window_stats(self._limit, name).reset_time
                return max(1, math.ceil(reset - now_us() / 1e6))
        return None

    def note_failure(self, *who: str) -> None:
        """Somebody came with wrong credentials."""
        if self._limiter is None:
            self._begin()
        for name in who:
            self._limiter.hit(self._limit, name)

    def _begin(self) -> None:
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self._limit = parse(FAILURES)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
