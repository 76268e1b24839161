"""Takes words out of a log that is copied: of the records that a MailRedacted behind them names."""

from collections.abc import Callable, Collection, Iterator, Sequence

from ingest.log.codec import Codec
from ingest.log.contract import Log, Replaced, Stored
from schemas.fact import Fact
from schemas.records import MailReceived, MailRedacted, PullRequestAnnounced, Record

BATCH = 1000

StubOf = Callable[[Record], Fact | None]
"""What is to stand in the place of a record whose mail is redacted; None where the record has no words."""


def stored_of(log: Log, types: Collection[str], end: int) -> Iterator[Stored]:
    """The records of some types up to an end; no others are unpacked. Raises LogError."""
    codec, position = Codec(), 0
    while position < end and (records := log.read_stored(position, BATCH)):
        for record in records:
            if record.id <= end and codec.front(*record).type_name in types:
                yield record
        position = records[-1].id


class Redactor:
    """Replaces what is to be redacted among records on their way into a copy.

    What a MailRedacted names that came only while the log was copied is replaced in the copy, where that can be done;
    else `left` says how many records may have to wait for the next copy. traces: old bytes are still beside the file.
    """

    def __init__(self, source: Log, stub_of: StubOf) -> None:
        self._source, self._stub_of, self._codec = source, stub_of, Codec()
        self._named: set[int] = set()
        self._late: set[int] = set()
        self.left = 0
        self.traces = False
        for stored in stored_of(source, (MailRedacted.type_name,), source.end()):
            self._named |= self._mails(stored)

    def begin(self, end: int) -> None:
        """A copy that was stopped is gone on with behind `end`: what is before may have been copied with its words."""
        self._late |= {mail for mail in self._named if mail <= end}

    def take(self, records: Sequence[Stored]) -> list[Stored]:
        """The records as they are to be copied. Raises LogError."""
        return [self._stub(record, self._named) or record for record in records]

    def finish(self, replace: Callable[[Sequence[Stored]], Replaced]) -> None:
        """Once all is copied: replace what was named too late. `replace` does so in the copy."""
        if not self._late:
            return
        types = (MailReceived.type_name, PullRequestAnnounced.type_name)
        words = stored_of(self._source, types, self._source.end())
        stubs = [stub for record in words if (stub := self._stub(record, self._late)) is not None]
        done = replace(stubs) if stubs else Replaced.DONE
        self.left = len(stubs) if done is Replaced.NEVER else 0
        self.traces = done is Replaced.TRACES

    def _stub(self, stored: Stored, named: Collection[int]) -> Stored | None:
        """What is to stand in the place of a record; None where it stays as it is."""
        match self._codec.front(*stored).type_name:
            case MailRedacted.type_name:
                self._late |= self._mails(stored) - self._named
                return None
            case MailReceived.type_name if stored.id in named:
                record = self._codec.unpack(*stored)
            case PullRequestAnnounced.type_name:
                record = self._codec.unpack(*stored)
                if not isinstance(record.fact, PullRequestAnnounced) or record.fact.cause not in named:
                    return None
            case _:
                return None
        fact = self._stub_of(record)
        return Stored(stored.id, self._codec.replace(*stored, fact)) if fact is not None else None

    def _mails(self, stored: Stored) -> set[int]:
        fact = self._codec.unpack(*stored).fact
        assert isinstance(fact, MailRedacted)
        return set(fact.mails)
