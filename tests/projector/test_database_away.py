"""A PostgreSQL that goes away and comes back: whoever was at it goes on by itself."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from ingest.log import Log, open_log
from projector.app import run
from projector.readmodel.generations import Reader, ReadModels, is_unavailable, why_unavailable
from projector.replay import replay
from schemas.settings import Settings
from tests.databases import Cluster, ask, start_cluster
from tests.projector.fold.mailing import series
from tests.projector.test_live import PROJECT, following, position, until

NOBODY = "postgresql+psycopg://patchlog:secret@127.0.0.1:1/patchlog"


@pytest.fixture
def durable() -> Iterator[Cluster]:
    """A cluster that no other test uses, whose commits outlive a crash."""
    cluster = start_cluster(durable=True)
    yield cluster
    cluster.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.append([PROJECT])
    yield log
    log.close()


def test_projector_reader_and_waiter_go_on_after_a_crash(durable: Cluster, log: Log) -> None:
    own = durable
    models, reader = ReadModels(own.url), Reader(own.url)
    changes = reader.changes()
    with following(log, models):
        until(log, lambda: position(models) == log.end())
        with reader.connect() as connection:
            connection.execute(text("SELECT 1"))
        os.kill(own.pid(), signal.SIGKILL)
        with pytest.raises(Exception) as caught:
            while True:
                with reader.connect() as connection:
                    connection.execute(text("SELECT 1"))
        assert is_unavailable(caught.value), caught.value
        log.append(series("a", 2))
        own.start_again()
        until(log, lambda: _reads_to(reader, log.end()))
        until(log, changes.take)
        log.append(series("b", 2, name="net: another", patch_names=["net: x", "net: y"]))
        until(log, lambda: _reads_to(reader, log.end()))
        assert changes.wait(30)
    changes.close()
    reader.close()


def _reads_to(reader: Reader, end: int) -> bool:
    from projector.readmodel.queries.status import read_position

    try:
        with reader.connect() as connection:
            return read_position(connection) == end
    except Exception as error:
        if not is_unavailable(error):
            raise
        return False


def test_connection_that_the_server_closed_is_replaced_without_a_word(cluster: Cluster, log: Log) -> None:
    url = cluster.fresh()
    replay(log, ReadModels(url), lambda position, end: None)
    reader = Reader(url)
    for _ in range(3):
        with reader.connect() as connection:
            assert connection.execute(text("SELECT 7")).scalar() == 7
        _close_connections(url)
    reader.close()
    cluster.take_back(url)


def test_projector_whose_turn_was_lost_with_its_connection_does_no_harm(cluster: Cluster, log: Log) -> None:
    url = cluster.fresh()
    models = ReadModels(url)
    with following(log, models), following(log, models):
        for number in range(5):
            log.append(
                series(f"s{number}", 2, name=f"net: {number}", patch_names=[f"net: {number}a", f"net: {number}b"])
            )
            until(log, lambda: position(models) >= log.end() - 3)
            _close_connections(url)
        until(log, lambda: position(models) == log.end())
    live = f"patchlog_{models.live()}"
    asked = f"SELECT count(*), count(DISTINCT series_id) FROM {live}.event WHERE name = 'series-new-revision'"
    assert ask(url, asked) == [(5, 5)]
    cluster.take_back(url)


def _close_connections(url: str) -> None:
    closing = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    ask(url, f"{closing} WHERE datname = current_database() AND pid <> pg_backend_pid()")


def test_database_that_is_away_at_the_start_is_said_in_one_line_without_the_password(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path), database=NOBODY)
    with capture_logs() as said:
        assert run(settings) == 1
    (why,) = [line["why"] for line in said]
    assert why.startswith("cannot use the database: ")
    assert "secret" not in why and "\n" not in why
    with pytest.raises(psycopg.OperationalError) as caught:
        ReadModels(NOBODY).live()
    assert "\n" not in why_unavailable(caught.value)
