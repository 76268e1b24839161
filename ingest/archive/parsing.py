"""Makes records of an archive's mails, in processes beside this one when there are many, and in their order always."""

import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from multiprocessing import get_context, parent_process

import msgspec

from ingest import clock
from ingest.archive.contract import ArchivedMail, ArchiveError
from ingest.message import head_of, received_time
from ingest.receipt import PARSED_MAX_BYTES, parse_anyway, receive
from schemas.mail import ParsedMail
from schemas.records import ArchivePlace, MailReceived

ALONE = 50
"""Chunks that are parsed here before other processes are started: an archive of less is done as soon, and for less CPU,
without them, for they have much to load.
"""
AHEAD = 2
"""Chunks per process that wait or are worked on."""
LARGE_BYTES = 1 << 20
"""A larger chunk is one large mail. It goes to no other process, for which it would be copied twice, and it is the last
that is waited for, so that large mails do not add up."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some mails in a row, for one append; the first is number first_number of its source."""

    mails: Sequence[ArchivedMail]
    first_number: int
    scattered: bool = False

    @property
    def size_bytes(self) -> int:
        return sum(len(mail.raw) for mail in self.mails)


def parse_chunks(
    chunks: Iterable[Chunk], source: str, list_id: str, processes: int
) -> Iterator[tuple[Chunk, list[MailReceived]]]:
    """Give each chunk with its records, in order. With `processes` 0 all work is done here.

    Raises ArchiveError as `parse_apart` does.
    """
    chunks = iter(chunks)
    for chunk in islice(chunks, ALONE) if processes else chunks:
        yield chunk, _records(chunk, source, list_id)
    if not processes:
        return
    waiting = next(chunks, None)
    if waiting is None:
        return
    pool = start_processes(processes)
    try:
        begun = pool.submit(clock.now)
        while waiting and not begun.done():  # starting takes them as long as some hundred mails take us
            yield waiting, _records(waiting, source, list_id)
            waiting = next(chunks, None)
        yield from parse_apart(pool, AHEAD * processes, chain([waiting] if waiting else [], chunks), source, list_id)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def start_processes(count: int) -> ProcessPoolExecutor:
    """Processes for `parse_apart`, which end with this one, however it ends, and leave Ctrl-C to it."""
    pool = ProcessPoolExecutor(count, get_context("spawn"), _begin_process)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # what starts now inherits it
    try:
        for _ in range(count):
            pool.submit(clock.now)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return pool


def parse_apart(
    pool: ProcessPoolExecutor, ahead: int, chunks: Iterator[Chunk], source: str, list_id: str
) -> Iterator[tuple[Chunk, list[MailReceived]]]:
    """Give each chunk with its records, in order; up to `ahead` of them are in work at a time.

    Raises ArchiveError when a process was killed.
    """
    running: deque[tuple[Chunk, Future[list[bytes]]]] = deque()
    large: Chunk | None = None
    while True:
        while large is None and len(running) < ahead and (chunk := next(chunks, None)) is not None:
            if chunk.size_bytes > LARGE_BYTES:
                large = chunk
            else:
                work = [(mail.raw, mail.archived_at) for mail in chunk.mails]
                running.append((chunk, pool.submit(_parse, work, source, list_id)))
        if running:
            chunk, answer = running.popleft()
            yield chunk, _placed_all(_result(answer), chunk)
        elif large is not None:
            chunk, large = large, None
            yield chunk, _records(chunk, source, list_id)
        else:
            return


def _result(answer: Future[list[bytes]]) -> list[bytes]:
    try:
        return answer.result()
    except BrokenProcessPool:
        raise ArchiveError("a process that parses mail was killed; is there enough memory?") from None


def _placed_all(parsed: Sequence[bytes], chunk: Chunk) -> list[MailReceived]:
    return [_placed(fact, chunk, place) for place, fact in enumerate(map(_decoder.decode, parsed))]


def to_record(raw: bytes, archived_at: datetime | None, source: str, list_id: str) -> MailReceived:
    """Make the record of one mail through the same receipt as SMTP's.

    It was received when its topmost Received field says; else when the archive says, else at its Date, else now; and
    never later than now. list_id is kept where the mail names no list.
    """
    now = clock.now()
    received_at = received_time(raw) or archived_at
    fact = receive(raw, source=source, received_at=min(received_at or now, now), parsed_max_bytes=PARSED_MAX_BYTES)
    said = _header_of(fact)
    if received_at is None and said and said.date_from == "date":
        fact = msgspec.structs.replace(fact, received_at=min(said.date, now))
    if list_id and not (said and said.list_ids):
        fact = msgspec.structs.replace(fact, list_id=list_id)
    return fact


def names_list(fact: MailReceived) -> bool:
    """Whether a mail of an archive names its list, or the import does."""
    said = _header_of(fact) if not fact.list_id else None
    return bool(fact.list_id or (said and said.list_ids))


def _header_of(fact: MailReceived) -> ParsedMail | None:
    """A mail as read; of a large one, which the projector reads, what its header says."""
    if fact.parsed is not None or len(fact.raw) <= PARSED_MAX_BYTES:
        return fact.parsed
    return parse_anyway(head_of(fact.raw), fact.received_at)


def is_before(mail: ArchivedMail, since: datetime) -> bool:
    """Whether a mail was received before a time, as `to_record` sees it; one that says nothing of a time was not."""
    received_at = received_time(mail.raw) or mail.archived_at
    if received_at is None:
        parsed = parse_anyway(head_of(mail.raw), clock.now())
        received_at = parsed.date if parsed and parsed.date_from == "date" else None
    return received_at is not None and received_at < since


def _records(chunk: Chunk, source: str, list_id: str) -> list[MailReceived]:
    facts = (to_record(mail.raw, mail.archived_at, source, list_id) for mail in chunk.mails)
    return [_placed(fact, chunk, place) for place, fact in enumerate(facts)]


def _placed(fact: MailReceived, chunk: Chunk, place: int) -> MailReceived:
    mail = chunk.mails[place]
    archive = ArchivePlace(chunk.first_number + place, mail.key, mail.place, chunk.scattered)
    return msgspec.structs.replace(fact, raw=mail.raw, archive=archive)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(MailReceived)


def _parse(work: Sequence[tuple[bytes, datetime | None]], source: str, list_id: str) -> list[bytes]:
    """Runs in another process: records without their raw bytes, which need not travel back."""
    return [_encode(to_record(raw, archived_at, source, list_id)) for raw, archived_at in work]


def _encode(fact: MailReceived) -> bytes:
    fact = msgspec.structs.replace(fact, raw=b"")
    try:
        return _encoder.encode(fact)
    except UnicodeEncodeError:  # a lone surrogate in the parsed form, which is a cache: the log leaves it out too
        return _encoder.encode(msgspec.structs.replace(fact, parsed=None, parser_version=0))


def _begin_process() -> None:
    """Leave Ctrl-C to the parent, also if started later, and end when the parent was killed and cannot say so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
