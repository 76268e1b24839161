"""The live projector: follows, announces, lets waits end, gives way to a replay, stands by."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ingest.log import Log, LogError, LogUnavailable, open_log
from projector.generation import CannotFold, Generation, NotLive
from projector.live import follow, open_live
from projector.readmodel import tables as t
from projector.readmodel.generations import NoReadModel, Reader, ReadModels
from projector.replay import ReplayRunning, replay
from schemas.fact import Fact
from schemas.records import ClockAdvanced, Record, RevisionAnnounced
from tests.projector.fold.listlog import ListLog
from tests.projector.fold.mailing import series
from tests.projector.fold.world import PROJECT

PATIENCE_SECONDS = 30


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.append([PROJECT])
    yield log
    log.close()


@pytest.fixture
def models(database_url: str) -> ReadModels:
    return ReadModels(database_url)


@contextmanager
def following(log: Log, models: ReadModels) -> Iterator[threading.Thread]:
    stopping = threading.Event()
    thread = threading.Thread(target=follow, args=(log, models, stopping.is_set), daemon=True)
    thread.start()
    try:
        yield thread
    finally:
        stopping.set()
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive()


def until(log: Log, holds: Callable[[], bool]) -> None:
    """Wait until it holds, looking again after each look at the log."""
    for _ in range(PATIENCE_SECONDS * 20):
        if holds():
            return
        log.wait(log.end(), 0.05)
    raise AssertionError("waited in vain")


def facts(log: Log, kind: type) -> list[object]:
    return [record.fact for record in log.read(0, 10_000) if isinstance(record.fact, kind)]


def position(models: ReadModels) -> int:
    number = models.live()
    return models.successor(number)[1] if number is not None else 0


def test_complete_series_is_announced_on_the_log_once_and_read_back(
    log: Log, models: ReadModels, database_url: str
) -> None:
    with following(log, models):
        log.append(series("a", 2))
        until(log, lambda: len(facts(log, RevisionAnnounced)) == 1)
        until(log, lambda: position(models) == log.end())
    with Reader(database_url).connect() as connection:
        (event,) = connection.execute(t.event.select().where(t.event.c.by_name_only.is_(False))).all()
    assert event.id == log.end()


def test_wait_that_no_mail_ends_is_ended_by_the_clock(log: Log, models: ReadModels, database_url: str) -> None:
    with following(log, models):
        log.append(series("a", 3, has_cover=False)[:2])  # received at a time long past
        until(log, lambda: len(facts(log, ClockAdvanced)) == 1)
        until(log, lambda: position(models) == log.end())
    with Reader(database_url).connect() as connection:
        assert [row.state for row in connection.execute(t.series.select())] == ["incomplete"]


def test_live_projector_goes_on_with_the_generation_that_a_replay_made(
    log: Log, models: ReadModels, database_url: str
) -> None:
    with following(log, models):
        log.append(series("a", 2))
        until(log, lambda: position(models) == log.end() and bool(facts(log, RevisionAnnounced)))
        old = models.live()
        new = replay(log, models, lambda position, end: None)
        assert models.live() == new != old
        log.append(series("b", 2, name="net: another", patch_names=["net: x", "net: y"]))
        until(log, lambda: len(facts(log, RevisionAnnounced)) == 2 and position(models) == log.end())
    with Reader(database_url).connect() as connection:
        assert len(connection.execute(t.event.select().where(t.event.c.by_name_only.is_(False))).all()) == 2


def test_retired_generation_takes_nothing_more(log: Log, models: ReadModels) -> None:
    generation = open_live(log, models)
    models.retire(generation.number, generation.number + 1)
    with pytest.raises(NotLive):
        generation.fold(10)
    generation.close()


def test_two_writers_of_one_generation_do_not_mix(log: Log, models: ReadModels) -> None:
    one = open_live(log, models)
    other = Generation(log, models, one.number)
    assert one.fold(10) == 2
    with pytest.raises(NotLive):
        other.fold(10)
    assert other.position == one.position, "it has read where the other one is"
    one.close()
    other.close()


def test_replay_killed_before_it_moved_the_pointer_is_finished_by_the_next_projector(
    log: Log, models: ReadModels
) -> None:
    generation = open_live(log, models)
    log.append(series("a", 2))
    generation.fold(100)
    generation.close()
    successor = models.create()
    models.retire(generation.number, successor)
    finished = open_live(log, models)
    assert (models.live(), finished.number, finished.position) == (successor, successor, generation.position)
    finished.close()


class OnceAway:
    """A log that cannot be read the first time."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._is_away = True

    def read(self, after_id: int, limit: int = 1000) -> list[Record]:
        if self._is_away:
            self._is_away = False
            raise LogUnavailable("away")
        return self._log.read(after_id, limit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


def test_log_that_is_away_while_a_generation_is_opened_is_waited_for(log: Log, models: ReadModels) -> None:
    generation = open_live(log, models)
    generation.fold(100)
    generation.close()
    successor = models.create()
    models.retire(generation.number, successor)
    with following(OnceAway(log), models):
        until(log, lambda: models.live() == successor and position(models) == log.end())


def test_replay_and_live_projector_may_finish_a_generation_side_by_side(log: Log, models: ReadModels) -> None:
    log.append(series("a", 2))
    one = Generation(log, models, models.create())
    other = Generation(log, models, one.number)
    one.fold(2)
    other.reach(log.end(), 1)
    one.reach(log.end(), 1)
    assert one.position == other.position == log.end()
    one.close()
    other.close()


def test_replay_takes_away_what_a_killed_one_left_and_the_old_one_if_asked(log: Log, models: ReadModels) -> None:
    open_live(log, models).close()
    models.create()
    new = replay(log, models, lambda position, end: None, drop_old=True)
    assert models.numbers() == [new]


def test_second_replay_is_refused(log: Log, models: ReadModels) -> None:
    def again(position: int, end: int) -> None:
        with pytest.raises(ReplayRunning, match="another replay is running"):
            replay(log, models, lambda position, end: None)

    replay(log, models, again)


def test_second_projector_stands_by_until_the_first_is_gone(log: Log, models: ReadModels) -> None:
    with following(log, models):
        until(log, lambda: position(models) == log.end())
        with following(log, models) as second:
            log.append(series("a", 2))
            until(log, lambda: bool(facts(log, RevisionAnnounced)))
            assert second.is_alive()
    assert len(facts(log, RevisionAnnounced)) == 1


def test_reader_says_what_to_do_where_nothing_is_live(models: ReadModels, database_url: str) -> None:
    reader = Reader(database_url)
    with pytest.raises(NoReadModel, match="start a projector, or run `patchlog replay`"), reader.connect():
        pass
    models.create()
    with pytest.raises(NoReadModel, match="start a projector, or run `patchlog replay`"), reader.connect():
        pass
    reader.close()


def test_read_model_of_another_version_is_left_alone(
    log: Log, models: ReadModels, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projector.readmodel.generations.SCHEMA_VERSION", 999)
    other = models.create()
    models.point_to(other)
    monkeypatch.undo()
    reader = Reader(database_url)
    with pytest.raises(NoReadModel, match="no read model of schema version"), reader.connect():
        pass
    with pytest.raises(NoReadModel, match=r"expected a read model of schema version .*, found 999: run `patchlog"):
        follow(log, models, lambda: False)
    ours = replay(log, models, lambda position, end: None)
    assert models.numbers() == [other, ours], "a replay takes away nothing that another version reads"
    with reader.connect():
        pass
    reader.close()


@pytest.mark.parametrize("text", ["", "generation 1", "[1]", '["1"]'])
def test_pointer_that_is_none_is_a_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "readmodel.db").write_text(text)
    with pytest.raises(ValueError, match="expected the pointer to a generation"):
        ReadModels(f"sqlite:///{tmp_path}/readmodel.db").live()


@pytest.mark.parametrize(
    "url",
    ["mysql://x", "readmodel.db", "postgresql+asyncpg://host/x", "postgresql+psycopg://host", "postgresql://[::1/x"],
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected sqlite:///PATH or postgresql\+psycopg://USER@HOST/DATABASE, came"):
        ReadModels(url)


@pytest.mark.parametrize(
    ("url", "told"),
    [("mysql://me:secret@host/x", "mysql://me:***@host/x"), ("mysql://me:secret@host:port/x", "mysql://host:port/x")],
)
def test_password_of_a_refused_database_is_not_told(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"came {told!r}")):
        ReadModels(url)


class Unheard(Fact, frozen=True, kw_only=True):
    """A fact of a type that the projector does not know."""

    type_name: ClassVar[str] = "unheard"


@pytest.mark.parametrize("batch", [1, 100])
def test_record_that_cannot_be_folded_stops_the_projector_there_and_is_named(tmp_path: Path, batch: int) -> None:
    log = ListLog()
    log.append([PROJECT, *series("a", 2), Unheard(), *series("b", 1)])
    models = ReadModels(f"sqlite:///{tmp_path}/readmodel.db")
    generation = Generation(log, models, models.create())
    with pytest.raises(CannotFold, match=r"record 6 of the log cannot be folded: .* came Unheard"):
        while generation.fold(batch):
            pass
    assert generation.position == models.successor(generation.number)[1] == 5, "what stands before it is folded"
    generation.close()


def test_record_that_cannot_be_read_stops_the_projector_there(tmp_path: Path) -> None:
    class Torn(ListLog):
        def read(self, after_id: int, limit: int = 1000) -> list[Record]:
            found = super().read(after_id, limit)
            if any(record.id == 4 for record in found):
                raise LogError("record 4: expected a known type, came 'unheard'")
            return found

    log = Torn()
    log.append([PROJECT, *series("a", 2)])
    models = ReadModels(f"sqlite:///{tmp_path}/readmodel.db")
    generation = Generation(log, models, models.create())
    with pytest.raises(LogError, match="record 4"):
        while generation.fold(100):
            pass
    assert generation.position == 3
    generation.close()
