"""Two projectors at work at once, each sure that it is its turn: one is fenced, and what they come to is right."""

import threading
from typing import Any

import pytest
from structlog.testing import capture_logs

from ingest.log import Log, Turn, open_log
from projector.live import follow
from projector.readmodel import tables as t
from projector.readmodel.generations import Reader, ReadModels
from projector.replay import replay
from schemas.records import Record
from tests.databases import COMBINATIONS, fresh_databases, fresh_log
from tests.e2e.running import eventually
from tests.projector.fold.mailing import series
from tests.projector.fold.world import PROJECT
from tests.replay.walk import walk

SERIES = 6
PATIENCE_SECONDS = 60.0
"""Only a test that fails waits this long."""


class OwnTurn:
    """A turn that is always ours, whoever else has it."""

    def wait(self, timeout_seconds: float) -> bool:
        return True

    def is_ours(self) -> bool:
        return True

    def tell(self, record_id: int) -> None:
        pass

    def close(self) -> None:
        pass


class Hasty:
    """A log whose turns are not waited for. What it reads first it gives when the other has read the same.

    So neither has written anything before both know what they will write.
    """

    def __init__(self, log: Log, both_have_read: threading.Barrier) -> None:
        self._log, self._both_have_read = log, both_have_read
        self._has_met = False

    def turn(self, name: str) -> Turn:
        return OwnTurn()

    def read(self, after_id: int, limit: int = 1000) -> list[Record]:
        records = self._log.read(after_id, limit)
        if records and not self._has_met:
            self._has_met = True
            self._both_have_read.wait(PATIENCE_SECONDS)
        return records

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


class Both:
    """Two projectors at work on one log and one database, each with a log of its own."""

    def __init__(self, log_url: str, database_url: str) -> None:
        self._done = threading.Event()
        self._logs = [open_log(log_url) for _ in range(2)]
        both_have_read = threading.Barrier(2)
        self._threads = [
            threading.Thread(
                target=follow, args=(Hasty(log, both_have_read), ReadModels(database_url), self._done.is_set)
            )
            for log in self._logs
        ]
        for thread in self._threads:
            thread.start()

    def are_alive(self) -> bool:
        return all(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()
        for log in self._logs:
            log.close()


@pytest.fixture(params=COMBINATIONS)
def urls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The URLs of a log and of a database, both empty."""
    folder = tmp_path_factory.mktemp("two")
    log, database = request.param
    return fresh_log(log, folder, request), fresh_databases(database, folder, request)()


def test_one_is_fenced_the_tables_are_right_and_each_revision_is_on_the_feed_once(
    urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    log_url, database_url = urls
    log, models = open_log(log_url), ReadModels(database_url)
    log.append([PROJECT])
    models.point_to(models.create())
    with capture_logs() as said:
        both = Both(log_url, database_url)
        eventually(lambda: sum(line["event"] == "projector.follows" for line in list(said)) >= 2)
        for number in range(SERIES):
            name = f"net: {number}"
            log.append(series(f"s{number}", 2, name=name, patch_names=[f"{name}a", f"{name}b"], minute=number))
        eventually(lambda: _is_settled(log, database_url))
        assert both.are_alive(), "who is fenced looks where the other is, and goes on"
        both.stop()
    fenced = [line["why"] for line in said if line["event"] == "generation.left"]
    assert fenced and all("position" in why for why in fenced), fenced
    with Reader(database_url).connect() as connection:
        announced = [row.series_id for row in connection.execute(t.event.select()) if row.name == "series-new-revision"]
    assert len(announced) == len(set(announced)) == SERIES
    again = f"sqlite:///{tmp_path_factory.mktemp('again')}/readmodel.db"
    replay(log, ReadModels(again), lambda position, end: None)
    assert walk(again) == walk(database_url)
    log.close()


def _is_settled(log: Log, database_url: str) -> bool:
    with Reader(database_url).connect() as connection:
        position = connection.execute(t.meta.select().where(t.meta.c.name == "position")).one().value
        pending = connection.execute(t.pending.select().where(t.pending.c.kind == "revision")).first()
    return bool(position == log.end() and pending is None)
