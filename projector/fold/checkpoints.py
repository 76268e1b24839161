"""The log's running hash where the fold is, and where it was at every 1,000th record: what the log is held to later."""

from ingest.log.running import CHECKPOINT_EVERY, START, advance
from projector.readmodel import tables as t
from projector.readmodel.working import WorkingSet
from schemas.records import Record


class Checkpoints:
    """Keeps the hash at each multiple of CHECKPOINT_EVERY, and at the last record that was folded."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working
        self._position = 0
        self.running = START
        """The hash at the last record that was folded."""

    def load(self) -> None:
        """Go on from what is stored."""
        self._position, self.running = self._working.position(), START
        if self._position:
            (row,) = self._working.load(t.checkpoint, self._position)
            self.running = row["hash"]

    def before(self) -> tuple[int, bytes]:
        """The last checkpoint before the position, and the hash there; (0, START) where none is."""
        return self.up_to(self._position - 1)

    def up_to(self, record: int) -> tuple[int, bytes]:
        """The last checkpoint of every 1,000th record up to one, and the hash there; (0, START) where none is."""
        since = max(record, 0) // CHECKPOINT_EVERY * CHECKPOINT_EVERY
        rows = self._working.load(t.checkpoint, since) if since else []
        return (since, rows[0]["hash"]) if rows else (0, START)

    def take(self, record: Record) -> None:
        """A record was folded."""
        self.running = advance(self.running, record.digest)
        if record.id % CHECKPOINT_EVERY == 0:
            self._keep(record.id)

    def end_batch(self, position: int) -> None:
        """Keep the hash at the last record of a batch, in the place of the one that was last before."""
        if self._position % CHECKPOINT_EVERY:
            self._working.remove(t.checkpoint, self._position)
        self._keep(position)
        self._position = position

    def _keep(self, record: int) -> None:
        self._working.add(t.checkpoint, {"record_id": record, "hash": self.running})
