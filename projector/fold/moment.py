"""When something is folded."""

from datetime import datetime

import msgspec


class Moment(msgspec.Struct, frozen=True):
    """The record that is folded: its id, and when it was recorded, in microseconds since 1970."""

    record: int
    time_us: int


def microseconds(moment: datetime) -> int:
    """An aware UTC datetime as whole microseconds since 1970."""
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond
