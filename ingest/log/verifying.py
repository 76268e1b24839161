"""Is the log what it was? Reads every record, and holds it to its digest, its place, and hashes that others kept.

What is wrong is located as narrowly as can be told: a record whose content does not have its digest by its id, records
that are missing by theirs; records that were exchanged, or rewritten together with their digests, by the two hashes
between which they stand.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ingest.log.codec import Codec
from ingest.log.contract import Log, LogError, Stored
from ingest.log.copying import BATCH, Progress
from ingest.log.running import START, advance
from schemas.records import STUB_TYPES, LogOpened, MailRedacted, MailStub, PullRequestStub, Record

GUESSES_MAX = 256
"""Hashes that may be the right one behind records with a wrong digest; beyond, nothing is known up to the next one."""

_REDACTION = {MailRedacted.type_name, *(stub.type_name for stub in STUB_TYPES)}

Report = Callable[[str], None]
"""Is told what is wrong, one sentence each, in the order of the log."""


class Verified(NamedTuple):
    """How many records there are, the id of the last one, the running hash there, and how much is wrong."""

    records: int
    last: int
    running: bytes
    wrong: int


class Witness:
    """Somebody who kept running hashes of the log: `hashes` by record id, lowest first.

    After each hash it goes on from that one, so that what is wrong before it is found once.
    """

    def __init__(self, name: str, hashes: Mapping[int, bytes]) -> None:
        self.name = name
        self._hashes = dict(sorted(hashes.items()))
        self._since = 0
        self._running: set[bytes] = {START}

    def take(self, id: int, digests: Sequence[bytes]) -> str | None:
        """A record, with the digests that it may have had. Gives what is wrong up to it, if that shows here."""
        self._running = {advance(running, digest) for running in self._running for digest in digests}
        if len(self._running) > GUESSES_MAX:
            self._running = set()
        known = self._hashes.pop(id, None)
        if known is None:
            return None
        wrong = None
        if self._running and known not in self._running:
            wrong = (
                f"between record {self._since + 1} and record {id}: records were exchanged, added, removed or rewritten"
                f" (the running hash at record {id} is not the one that {self.name} has)"
            )
        self._since, self._running = id, {known}
        return wrong

    def lose(self) -> None:
        """Records are missing here: nothing is known before the next hash."""
        self._running = set()

    def end(self, last: int) -> str | None:
        """What is wrong at the end of the log: hashes of records that are not there."""
        behind = [id for id in self._hashes if id > last]
        if not behind:
            return None
        return f"behind record {last}: records up to {behind[-1]} are missing, of which {self.name} has the hash"


def verify_log(log: Log, witnesses: Sequence[Witness], report: Report, progress: Progress) -> Verified:
    """Read every record up to the end as it is now, and report all that is wrong.

    Raises LogError where nothing can be read any more.

    What the witnesses know has to be older than the end of the log.
    """
    return _Walk(log, witnesses, report).walk(progress)


class _Walk:
    def __init__(self, log: Log, witnesses: Sequence[Witness], report: Report) -> None:
        self._log, self._witnesses, self._report = log, witnesses, report
        self._codec = Codec()
        self._count = self._last = self._wrong = 0
        self._running = START
        self._stubs: dict[int, list[int]] = {}

    def walk(self, progress: Progress) -> Verified:
        end = self._log.end()
        progress(0, end)
        while self._last < end and (records := self._read()):
            for record in records:
                if record.id <= end:
                    self._take(record)
            progress(self._last, end)
            if records[-1].id > end:
                break
        for witness in self._witnesses:
            self._say(witness.end(self._last))
        for id in sorted(id for ids in self._stubs.values() for id in ids):
            self._say(f"record {id}: a stub, and no {MailRedacted.type_name} behind it names its mail")
        return Verified(self._count, self._last, self._running, self._wrong)

    def _read(self) -> list[Stored]:
        try:
            return self._log.read_stored(self._last, BATCH)
        except LogError:  # what stands before the place where it breaks can still be read
            try:
                return self._log.read_stored(self._last, 1)
            except LogError as error:
                raise LogError(f"behind record {self._last} nothing can be read: {error}") from None

    def _take(self, record: Stored) -> None:
        looked = self._codec.look(*record)
        broken = _break(self._last if self._count else None, record.id, looked.type_name)
        self._say(broken)
        self._say(looked.wrong)
        if looked.wrong is None and looked.type_name in _REDACTION:
            self._account(self._codec.unpack(*record))
        for witness in self._witnesses:
            if broken is not None:
                witness.lose()
            self._say(witness.take(record.id, looked.digests))
        self._running = advance(self._running, looked.digests[0]) if looked.digests else self._running
        self._count, self._last = self._count + 1, record.id

    def _account(self, record: Record) -> None:
        """A stub has to be named by a redaction behind it."""
        match record.fact:
            case MailStub():
                self._stubs.setdefault(record.id, []).append(record.id)
            case PullRequestStub(cause=mail):
                self._stubs.setdefault(mail, []).append(record.id)
            case MailRedacted(mails=mails):
                for mail in mails:
                    self._stubs.pop(mail, None)

    def _say(self, wrong: str | None) -> None:
        if wrong is not None:
            self._wrong += 1
            self._report(wrong)


def _break(before: int | None, id: int, type_name: str) -> str | None:
    """What is missing between a record and the one before it, or before the first one (None)."""
    if before is None:
        begins = type_name in (LogOpened.type_name, "")
        return None if begins else f"record {id}: expected {LogOpened.type_name} first, came {type_name}"
    if id == before + 1:
        return None
    return f"record {id - 1} is missing" if id == before + 2 else f"records {before + 1} to {id - 1} are missing"
