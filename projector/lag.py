"""How far a read model is behind the log."""

from typing import NamedTuple

from ingest.log import Log, now_us
from projector.fold.moment import microseconds


class Lag(NamedTuple):
    """Records that are not folded yet, and for how many seconds the first of them has been on the log."""

    end: int
    records: int
    seconds: float


def lag_of(log: Log, position: int) -> Lag:
    """The lag of a read model that has folded the record `position`. Raises LogError."""
    end = log.end()
    first = log.read(position, 1) if end > position else []
    waited = max(0.0, (now_us() - microseconds(first[0].recorded_at)) / 1_000_000) if first else 0.0
    return Lag(end, max(0, end - position), waited)
