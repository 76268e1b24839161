"""Imports an archive: goes on where the log says that an earlier import stopped, parses, appends in small batches."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from ingest.archive.contract import Archive, ArchivedMail, ArchiveError, OversizeMail, PlaceLost
from ingest.archive.earlier import Earlier, known_keys
from ingest.archive.parsing import Chunk, is_before, names_list, parse_chunks
from ingest.disk import Disk
from ingest.log import Log, LogUnavailable
from schemas.records import ImportFinished, MailReceived

BATCH_MAILS = 100
BATCH_BYTES = 1 << 20
"""One append: far below 50 ms of work for the log's writer, so that a mail that comes by SMTP never waits long."""
APPEND_SECONDS = 60.0
ANY_DISK = Disk(None, 0)
"""One that always has room."""


@dataclass(frozen=True, slots=True)
class Progress:
    """new mails are durable by now, and `done` of the archive's `size` has been read up to the last of them."""

    new: int
    done: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import that reached the end of its archive did: new mails of all `mails` that are on the log from source.

    nameless of the new ones name no list, and none was given. oversize ones were left out.
    """

    source: str
    new: int
    mails: int
    nameless: int
    oversize: tuple[OversizeMail, ...]


def import_archive(
    log: Log,
    archive: Archive,
    earlier: Earlier,
    *,
    since: datetime | None = None,
    processes: int = 0,
    batch_mails: int = BATCH_MAILS,
    disk: Disk = ANY_DISK,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Outcome:
    """Append the mails of an archive that are not yet on the log (with since: of those received
    at that time or later), then ImportFinished unless nothing was new.

    Whatever stops it (ArchiveError for a broken archive, DiskShort, LogError, KeyboardInterrupt, a power cut), what is
    on the log is a beginning of them without gaps, and a later import goes on behind it: there is never more than one
    append under way, so none can fail before one that succeeds.
    """
    reading = _Reading(archive, earlier, log, since)
    recording = _Recording(log, disk, on_progress)
    try:
        chunks = reading.chunks(batch_mails)
        for chunk, facts in parse_chunks(chunks, earlier.source, earlier.list_id, processes):
            recording.record(facts, chunk.mails[-1].done)
    finally:
        recording.settle()
    if reading.problem:
        raise reading.problem
    mails = earlier.mails + recording.new
    if recording.new or not earlier.finished:
        log.append([ImportFinished(source=earlier.source, mails=mails)], timeout_seconds=APPEND_SECONDS)
    return Outcome(earlier.source, recording.new, mails, recording.nameless, tuple(reading.oversize))


class _Reading:
    """Takes mails of an archive that are not on the log, in chunks; keeps its `problem` until those before are out."""

    def __init__(self, archive: Archive, earlier: Earlier, log: Log, since: datetime | None) -> None:
        self.problem: ArchiveError | None = None
        self.oversize: list[OversizeMail] = []
        self._archive = archive
        self._earlier = earlier
        self._log = log
        self._since = since
        self._is_scattered = since is not None

    def chunks(self, batch_mails: int) -> Iterator[Chunk]:
        number = self._earlier.mails + 1
        mails: list[ArchivedMail] = []
        size_bytes = 0
        for mail in self._mails():
            if mails and (len(mails) >= batch_mails or size_bytes + len(mail.raw) > BATCH_BYTES):
                yield Chunk(mails, number, self._is_scattered)
                number += len(mails)
                mails, size_bytes = [], 0
            mails.append(mail)
            size_bytes += len(mail.raw)
        if mails:
            yield Chunk(mails, number, self._is_scattered)

    def _mails(self) -> Iterator[ArchivedMail]:
        try:
            for mail in self._new_ones():
                if isinstance(mail, OversizeMail):
                    self.oversize.append(mail)
                elif self._since is None or not is_before(mail, self._since):
                    yield mail
        except ArchiveError as problem:
            self.problem = problem

    def _new_ones(self) -> Iterator[ArchivedMail | OversizeMail]:
        if self._earlier.last is None:
            return self._archive.mails()
        if self._is_scattered or self._earlier.last.scattered:
            return self._unknown_ones()
        behind = self._archive.mails(self._earlier.last)
        try:
            return chain([first] if (first := next(behind, None)) else [], behind)
        except PlaceLost:
            return self._unknown_ones()

    def _unknown_ones(self) -> Iterator[ArchivedMail | OversizeMail]:
        self._is_scattered = True
        known = known_keys(self._log, self._earlier.source)
        for mail in self._archive.mails():
            if isinstance(mail, OversizeMail):
                yield mail
            elif mail.key not in known:
                known.add(mail.key)
                yield mail


class _Recording:
    """Appends batch after batch, each while the next is made ready."""

    def __init__(self, log: Log, disk: Disk, on_progress: Callable[[Progress], None]) -> None:
        self.new = 0
        self.nameless = 0
        self._log = log
        self._disk = disk
        self._on_progress = on_progress
        self._under_way: _Append | None = None

    def record(self, facts: Sequence[MailReceived], done: int) -> None:
        self.settle()
        self._disk.check_import(sum(len(fact.raw) for fact in facts))
        nameless = sum(not names_list(fact) for fact in facts)
        self._under_way = _Append(
            self._log.submit(facts), Progress(self.new + len(facts), done), self.nameless + nameless
        )

    def settle(self) -> None:
        """Wait until what was handed to the log is durable; an interrupted wait may be begun again, and counts once.

        Raises LogError when it did not become durable.
        """
        if self._under_way is None:
            return
        append = self._under_way
        try:
            append.ids.result(APPEND_SECONDS)
        except FutureTimeoutError:
            self._under_way = None
            raise LogUnavailable(f"the log took no mail for {APPEND_SECONDS:g} s") from None
        self.new, self.nameless = append.progress.new, append.nameless
        self._on_progress(append.progress)
        self._under_way = None


class _Append(NamedTuple):
    """A batch on its way to the log, and the counts that hold when it is there."""

    ids: Future[list[int]]
    progress: Progress
    nameless: int
