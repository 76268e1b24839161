"""What the log knows of earlier imports of an archive: the only memory that an import has.

A state file beside the log could say something else than the log after a crash, so there is none: each mail's record
carries its place in the archive, and the log is looked through from its end.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ingest.log import Log
from schemas.records import ArchivePlace, ImportFinished, LogOpened, MailReceived, MailStub, Record

FIRST_BLOCK = 64
BLOCK = 500


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier import, or the one to begin. last is where it stopped (None: it has not begun), finished whether it
    said that it was done; list_id is the list that mails are of which name none.
    """

    source: str
    list_id: str = ""
    last: ArchivePlace | None = None
    finished: bool = False

    @property
    def mails(self) -> int:
        """How many mails of the source are on the log."""
        return self.last.number if self.last else 0

    @property
    def archive(self) -> str:
        """The source without the list."""
        return self.source.removesuffix(f":{self.list_id}")


def source_of(path: Path) -> str:
    """Name an archive: "import:", its base name and a digest of where it is, so that two of one name are told apart."""
    absolute = Path(os.path.normpath(path.absolute()))
    name = os.fsencode(absolute.name).decode(errors="backslashreplace")
    return f"import:{name}-{sha256(os.fsencode(absolute)).hexdigest()[:8]}"


def find_earlier(log: Log, archive: str, list_id: str) -> Earlier:
    """Find the last import from the source `archive` as mail of list_id.

    What is imported as mail of a list that it does not name is a source of its own, `ARCHIVE:LISTID`: who forgot the
    list the first time imports again. Who forgets it a later time (list_id is "") goes on with the last one.
    """
    finished = set()
    for record in backwards(log):
        fact = record.fact
        if not isinstance(fact, MailReceived | MailStub | ImportFinished) or not _fits(fact.source, archive, list_id):
            continue
        if isinstance(fact, ImportFinished):
            finished.add(fact.source)
        elif fact.archive:
            return Earlier(fact.source, fact.source[len(archive) + 1 :], fact.archive, fact.source in finished)
    source = f"{archive}:{list_id}" if list_id else archive
    return Earlier(source, list_id, None, source in finished)


def _fits(source: str, archive: str, list_id: str) -> bool:
    if list_id:
        return source == f"{archive}:{list_id}"
    return source == archive or source.startswith(f"{archive}:")


def known_keys(log: Log, source: str) -> set[str]:
    """The keys of all mails that are on the log from this source."""
    keys: set[str] = set()
    for record in backwards(log):
        if isinstance(record.fact, MailReceived | MailStub) and record.fact.source == source and record.fact.archive:
            keys.add(record.fact.archive.key)
            if record.fact.archive.number == 1:
                break
    return keys


def backwards(log: Log) -> Iterator[Record]:
    """The records of a log from the last one to the first, read in blocks."""
    end, size = log.end(), FIRST_BLOCK
    while end > 0:
        begin = max(0, end - size)
        block = list(_between(log, begin, end))
        yield from reversed(block)
        if not block or isinstance(block[0].fact, LogOpened):
            return
        end, size = begin, BLOCK


def _between(log: Log, begin: int, end: int) -> Iterator[Record]:
    """Records with ids above begin up to end; one `read` may give fewer than it was asked for."""
    while begin < end and (records := log.read(begin, end - begin)):
        for record in records:
            if record.id <= end:
                yield record
        begin = records[-1].id
