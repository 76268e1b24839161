"""One generation being filled: batches of records, each folded in memory and written in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from ingest.log import Log, LogError, LogUnavailable
from ingest.log.running import advance
from ingest.tracing import is_traced, traceparent_of
from projector.fold import CannotFold, Fold
from projector.fold.fold import Became
from projector.readmodel.generations import ReadModels
from projector.readmodel.preceding import Preceding, list_preceding
from projector.readmodel.working import NotLive, WorkingSet
from schemas.fact import Fact
from schemas.records import ProjectAdded, ProjectChanged, Record

ANOTHER_LOG = "it is of another log, or of one that was longer; `patchlog replay --fresh` makes one of this log"


class Generation:
    """A generation with its fold. Not safe to share between threads."""

    def __init__(self, log: Log, models: ReadModels, number: int) -> None:
        self.number = number
        self._log, self._models = log, models
        self._engine = models.engine(number)
        self._connection = self._engine.connect()
        self._working = WorkingSet()
        self._working.connection = self._connection
        self._fold = Fold(self._working, self._read)
        self.position = 0
        self.traced: Sequence[tuple[int, str]] = ()
        """The records of the batch that was folded last that carry a `traceparent`, and what they carry."""
        try:
            self._reload()
            self._recognize()
        except BaseException:
            self.close()
            raise

    def fold(self, limit: int) -> int:
        """Fold up to `limit` records that come next, and give their number.

        Raises NotLive where another moved the position, and CannotFold where the record that comes next cannot be
        folded; what stands before such a record is. After any exception nothing of the batch is written or remembered.
        """
        records = self._read_next(limit)
        if not records:
            return 0
        try:
            self._fold_all(records)
        except CannotFold as error:
            self._reload()
            if error.record == records[0].id:
                raise
            return self.fold(error.record - records[0].id)
        except BaseException:
            self._reload()
            raise
        self.position = records[-1].id
        if is_traced():
            self.traced = [(one.id, parent) for one in records if (parent := traceparent_of(one.fact))]
        return len(records)

    @property
    def became(self) -> Sequence[Became]:
        """What the mails of the batch that was folded last became."""
        return self._fold.became

    def reach(self, position: int, limit: int) -> None:
        """Fold on up to a position, `limit` records at a time. Where another folds the same too, its work counts.

        A log that was restored may end before it.
        """
        while self.position < position:
            with suppress(NotLive):
                if self.fold(min(limit, position - self.position)) == 0:
                    return

    def _read_next(self, limit: int) -> list[Record]:
        try:
            records = self._log.read(self.position, limit)
        except LogUnavailable:
            raise
        except LogError:  # one of them cannot be read: it stops us when it is the next one
            records = self._log.read(self.position, 1)
        return self._unbroken(records)

    def _fold_all(self, records: Sequence[Record]) -> None:
        """Fold records in one transaction."""
        with self._connection.begin():
            self._fold.begin()
            for run in _runs(records):
                self._fold.prefetch(run)
                for record in run:
                    self._fold.apply(record)
            self._fold.end()
            self._fold.checkpoints.end_batch(records[-1].id)
            self._working.save(self.position, records[-1].id)

    def announcements(self) -> list[Fact]:
        """What the active projector has to append, now that it has caught up."""
        if not self._fold.pending.announcements():
            return []
        if self._fold.rebuilt.preceding is None:
            self.know_preceding(list_preceding(self._models, self.number))
        with self._connection.begin():
            return self._fold.announcing.facts()

    def know_preceding(self, preceding: Sequence[Preceding]) -> None:
        """Take what was folded by the generations before as told, as far as they are of this log."""
        self._fold.rebuilt.preceding = [one for one in preceding if self._has_folded(one)]

    def rebuilt(self) -> set[tuple[str, int]]:
        """The kind and cause of what is pending because rules changed alone."""
        with self._connection.begin():
            return self._fold.announcing.rebuilt()

    def _has_folded(self, other: Preceding) -> bool:
        """Whether what another generation folded is what this one did, up to where that was left."""
        if other.position > self.position:
            return False
        with self._connection.begin():
            since, running = self._fold.checkpoints.up_to(other.position)
        try:
            return self._advanced(since, running, other.position) == other.running
        except LogUnavailable:
            raise
        except LogError:
            return False

    def next_wait_us(self) -> int | None:
        """When the first wait for mail by SMTP ends, in microseconds since 1970."""
        return self._fold.pending.next_wait_us()

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    def _reload(self) -> None:
        with self._connection.begin():
            self._fold.load()
            self.position = self._working.position()

    def _recognize(self) -> None:
        """Raise LogError where another log was folded into this generation than is there now, such as a later one.

        At most CHECKPOINT_EVERY records are read for that. What cannot be read shows when it is needed.
        """
        if self._log.end() < self.position:
            raise LogError(
                f"the read model has folded up to record {self.position}, the log ends at record {self._log.end()}:"
                f" {ANOTHER_LOG}"
            )
        with self._connection.begin():
            since, running = self._fold.checkpoints.before()
        try:
            running = self._advanced(since, running, self.position)
        except LogUnavailable:
            raise
        except LogError:
            return
        if running != self._fold.checkpoints.running:
            raise LogError(
                f"what the read model has folded up to record {self.position} is not in the log: {ANOTHER_LOG}"
            )

    def _advanced(self, since: int, running: bytes, position: int) -> bytes:
        """The log's running hash at a position, from what it is at an earlier record."""
        while since < position and (records := self._log.read(since, position - since)):
            for record in records:
                since, running = record.id, advance(running, record.digest)
        return running

    def _read(self, ids: Sequence[int]) -> list[Record]:
        return self._log.get(ids)

    def _unbroken(self, records: list[Record]) -> list[Record]:
        """The records up to where one is missing. Raises LogError where that is the one that comes next."""
        expected = self.position + 1 if self.position or not records else records[0].id
        for place, record in enumerate(records):
            if record.id != expected + place:
                if place == 0:
                    raise LogError(f"expected record {expected} next, came record {record.id}: the log lost records")
                return records[:place]
        return records


def _runs(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Records in parts that end with a project's: what comes behind it may be that project's mail."""
    start = 0
    for place, record in enumerate(records, start=1):
        if isinstance(record.fact, ProjectAdded | ProjectChanged):
            yield records[start:place]
            start = place
    yield records[start:]


__all__ = ["CannotFold", "Generation", "NotLive"]
