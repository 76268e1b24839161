"""Folds mails into a read model of its own, and says what CPU time that took."""

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from bench.threads import LIST_ID
from ingest.log import Log, open_log
from ingest.receipt import receive
from projector.generation import Generation
from projector.readmodel.generations import ReadModels
from schemas.fact import Fact
from schemas.records import MailReceived, ProjectAdded

BATCH = 500
LIST_ADDRESS = "bench@lists.example.org"
RECEIVED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Projecting:
    """A log, and a projector that follows it and announces what is complete.

    The read model is a file beside the log, or in an empty database that PATCHLOG_DATABASE names, to measure that one.
    """

    def __init__(self, folder: Path) -> None:
        self.log: Log = open_log(f"sqlite:///{folder}/log.db")
        self.log.append([ProjectAdded(linkname="bench", name="Bench", listid=LIST_ID, listemail=LIST_ADDRESS)])
        self._models = ReadModels(os.environ.get("PATCHLOG_DATABASE") or f"sqlite:///{folder}/readmodel.db")
        self.generation = Generation(self.log, self._models, self._models.create())

    def fold(self, facts: Iterable[Fact], batch: int = BATCH) -> float:
        """Append facts, fold them `batch` at a time with what is to be announced, and give the seconds of CPU in it."""
        seconds = 0.0
        facts = iter(facts)
        while some := list(islice(facts, batch)):
            self.log.append(some)
            start = time.process_time()
            while self.generation.fold(batch):
                pass
            announcements = self.generation.announcements()
            seconds += time.process_time() - start
            if announcements:
                self.log.append(announcements)
        start = time.process_time()
        while self.generation.fold(batch):
            pass
        return seconds + time.process_time() - start

    def close(self) -> None:
        self.generation.close()
        self._models.drop(self.generation.number)
        self.log.close()


@contextmanager
def projecting() -> Iterator[Projecting]:
    """A projector in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        made = Projecting(Path(folder))
        try:
            yield made
        finally:
            made.close()


def received(raws: Iterable[bytes]) -> Iterator[MailReceived]:
    """Mails as they are received, a minute apart."""
    for number, raw in enumerate(raws):
        when = RECEIVED + timedelta(minutes=number)
        yield receive(raw, source="smtp", received_at=when, envelope_sender="", recipients=[LIST_ADDRESS])


def per_mail(raws: Sequence[bytes], rounds: int = 3) -> list[float]:
    """Seconds of CPU a mail to fold these mails into an empty read model, in each round."""
    facts = list(received(raws))
    seconds = []
    for _ in range(rounds):
        with projecting() as made:
            seconds.append(made.fold(facts) / len(facts))
    return seconds
