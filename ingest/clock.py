"""The only clock: what time it is, and nothing else."""

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_latest_us = 0


def now_us() -> int:
    """What `now` says, in microseconds since 1970."""
    global _latest_us
    _latest_us = max(_latest_us, time.time_ns() // 1000)
    return _latest_us


def now() -> datetime:
    """The time, aware UTC with microseconds; within one process never lower than it said before.

    So a mail's receipt is never later than its record, even when the machine's clock is set back in between.
    """
    return _EPOCH + timedelta(microseconds=now_us())
