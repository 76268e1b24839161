"""Moves a log elsewhere: every record with its id, while others go on appending; then the old log is closed."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import zip_longest
from typing import NamedTuple

from ingest.log.codec import Codec
from ingest.log.contract import Copy, Log, LogClosedError, LogError, Stored
from ingest.log.redaction import Redactor
from ingest.log.running import START, advance
from schemas.records import STUB_TYPES, LogClosed

BATCH = 1000
CLOSE_BEHIND = 1000
"""How many records may still have to be copied when the source is closed."""

Progress = Callable[[int, int], None]
"""Is told the id of the last record that was copied, and that of the source's last one by now."""


def copy_log(source: Log, target: Copy, moved_to: str, progress: Progress, redactor: Redactor | None = None) -> int:
    """Copy all records behind those that are there already, and close the source when that is almost done.

    With a redactor, stubs are copied in the place of what was redacted.

    Gives the id of the last record, the source's LogClosed. What was stopped goes on where it stopped when it is called
    again. Raises LogUnavailable, LogError.
    """
    codec, closing = Codec(), False
    if target.is_finished():
        return target.end()
    if redactor is not None:
        redactor.begin(target.end())
    while not target.is_finished():
        records = _batch(codec, source, target.end())
        if records:
            closes = [codec.front(*record).closes for record in records]
            target.append(redactor.take(records) if redactor is not None else records)
            progress(target.end(), source.end())
            if any(closes):
                break
        if not closing and source.end() - target.end() <= CLOSE_BEHIND:
            with suppress(LogClosedError):
                source.append([LogClosed(moved_to=moved_to)])
            closing = True
    if redactor is not None:
        redactor.finish(target.replace)
    return target.end()


def _batch(codec: Codec, source: Log, after_id: int) -> list[Stored]:
    """The records that come next; not up to one that closed another log, where the copy would count as finished."""
    records = source.read_stored(after_id, BATCH)
    while records and codec.front(*records[-1]).ends_copy:
        more = source.read_stored(records[-1].id, 1)
        if not more:
            return records[:-1]
        records += more
    return records


class Comparison(NamedTuple):
    """Two logs up to where one of them ends: how many records are equal, the last one, the running hash there.

    more_left, more_right: how many more each has.
    """

    equal: int
    last: int
    running: bytes
    more_left: int
    more_right: int


def compare_logs(left: Log, right: Log, progress: Progress) -> Comparison:
    """Compare all records of two logs by what is stored. Raises LogError that names the first one that differs.

    A stub is equal to what it stands for.
    """
    codec, running, equal, last = Codec(), START, 0, 0
    ends = left.end(), right.end()
    for one, other in zip_longest(_stored(left, ends[0]), _stored(right, ends[1])):
        if one is None or other is None:
            break
        first, second = codec.copy(*one), codec.copy(*other)
        if first != second and not _stands_for(codec, one, other):
            raise LogError(f"record {one.id}: the two logs differ from here on (its id is {other.id} in the other)")
        running = advance(running, codec.unpack(*one).digest)
        equal, last = equal + 1, one.id
        if equal % BATCH == 0:
            progress(one.id, min(ends))
    return Comparison(equal, last, running, ends[0] - last, ends[1] - last)


def _stands_for(codec: Codec, one: Stored, other: Stored) -> bool:
    """Whether one of two records is the stub of the other."""
    first, second = codec.unpack(*one), codec.unpack(*other)
    is_stub = isinstance(first.fact, STUB_TYPES) or isinstance(second.fact, STUB_TYPES)
    return is_stub and (first.id, first.recorded_at, first.digest) == (second.id, second.recorded_at, second.digest)


def _stored(log: Log, end: int) -> Iterator[Stored]:
    position = 0
    while position < end and (records := log.read_stored(position, BATCH)):
        for record in records:
            if position and record.id != position + 1:
                raise LogError(f"expected record {position + 1} next, came record {record.id}")
            position = record.id
            yield record
