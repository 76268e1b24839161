"""Makes a log of what was exported: every record with its id, and behind them a record that says so.

Until that last record is there, the log counts as an unfinished copy, to which nobody can append.
"""

from collections.abc import Iterator
from itertools import islice

from ingest.log.codec import Codec
from ingest.log.contract import Copy, Log, LogError, Stored
from ingest.log.copying import BATCH, Progress
from ingest.log.portable import Export
from schemas.records import LogRestored

BATCH_MAX_BYTES = 8 * 1024 * 1024


def check_export(export: Export, progress: Progress) -> None:
    """Read all of it. Raises LogError where it is cut or damaged."""
    for record in export.records():
        if record.id % BATCH == 0:
            progress(record.id, export.header.last)


def restore_log(export: Export, target: Copy, there: Log | None, progress: Progress) -> int:
    """Copy what is not there yet, and end with a LogRestored, whose id is given.

    there: the target as it is, where it holds records already, which have to be those of the export. Raises LogError
    where they are others, LogUnavailable.
    """
    begun = target.end()
    records = export.records()
    if there is not None:
        _compare(there, islice(records, begun - export.header.first + 1), begun)
    for batch in _batches(records):
        target.append(batch)
        progress(target.end(), export.header.last)
    return target.finish(LogRestored(last=export.header.last))


def _compare(there: Log, expected: Iterator[Stored], end: int) -> None:
    """Raises LogError where a log has other records than are expected of it."""
    codec, position = Codec(), 0
    while position < end and (records := there.read_stored(position, BATCH)):
        for record in records:
            if codec.copy(*record) != next(expected, Stored(0, b"")).bytes:
                raise LogError(f"record {record.id}: the log has another record there than the export")
            position = record.id


def _batches(records: Iterator[Stored]) -> Iterator[list[Stored]]:
    """Cut records into batches. Where one ends that closed another log, the copy would count as finished: not there."""
    codec, batch, size_bytes = Codec(), [], 0
    for record in records:
        batch.append(record)
        size_bytes += len(record.bytes)
        if (len(batch) >= BATCH or size_bytes >= BATCH_MAX_BYTES) and not codec.front(*record).ends_copy:
            yield batch
            batch, size_bytes = [], 0
    if batch:
        yield batch
