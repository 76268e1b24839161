"""Puts on the log that time has passed, where no mail came to show it."""

from datetime import UTC, datetime, timedelta

from ingest.clock import now
from ingest.log.contract import Log
from schemas.records import ClockAdvanced


def seconds_until(time_us: int) -> float:
    """Seconds from now to a time in microseconds since 1970; below 0 when it has passed."""
    return time_us / 1_000_000 - now().timestamp()


def advance_clock(log: Log, until_us: int) -> bool:
    """Append that the log's time passed `until_us`, if it has; else False. Raises as `append` does."""
    if seconds_until(until_us) > 0:
        return False
    until = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=until_us)
    log.append([ClockAdvanced(until=until)])
    return True
