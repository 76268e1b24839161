"""A log in a list: the contract without a disk, for tests that fold the same mails many times."""

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

from schemas.fact import Fact
from schemas.records import LogOpened, Record

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class ListLog:
    """Records at ids 1, 2, ...; each is recorded a millisecond after the one before."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.append([LogOpened()])

    def append(self, facts: Sequence[Fact], *, timeout_seconds: float = 30.0) -> list[int]:
        first = len(self.records) + 1
        for id, fact in enumerate(facts, first):
            self.records.append(Record(id, EPOCH + timedelta(milliseconds=id), fact))
        return list(range(first, len(self.records) + 1))

    def submit(self, facts: Sequence[Fact]) -> Future[list[int]]:
        future: Future[list[int]] = Future()
        future.set_result(self.append(facts))
        return future

    def read(self, after_id: int, limit: int = 1000) -> list[Record]:
        return self.records[after_id : after_id + limit]

    def get(self, ids: Sequence[int]) -> list[Record]:
        return [self.records[id - 1] for id in sorted(set(ids)) if 0 < id <= len(self.records)]

    def wait(self, after_id: int, timeout_seconds: float) -> bool:
        return len(self.records) > after_id

    def end(self) -> int:
        return len(self.records)

    def close(self) -> None:
        pass
