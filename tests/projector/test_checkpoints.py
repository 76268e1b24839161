"""The running hash in the read model: where it is kept, and what the projector does where the log is not whole."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from ingest.log import Log, LogError, open_log
from ingest.log.codec import CHANGED
from ingest.log.running import CHECKPOINT_EVERY, START, advance
from projector.generation import Generation
from projector.readmodel.generations import ReadModels
from projector.readmodel.queries.checkpoints import read_checkpoints
from projector.replay import replay
from schemas.records import ClockAdvanced, Record
from tests.databases import Fresh
from tests.ingest.log.damage import delete, flip_byte
from tests.ingest.log.facts import WHEN

RECORDS = 2500


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.append([ClockAdvanced(until=WHEN)] * (RECORDS - 1))
    yield log
    log.close()


def every_record(log: Log) -> Iterator[Record]:
    position = 0
    while records := log.read(position):
        yield from records
        position = records[-1].id


def hash_at(log: Log, id: int) -> bytes:
    running = START
    for record in islice(every_record(log), id):
        running = advance(running, record.digest)
    return running


def checkpoints(models: ReadModels, number: int) -> dict[int, bytes]:
    engine = models.engine(number, read_only=True)
    with engine.connect() as connection:
        found = read_checkpoints(connection)
    engine.dispose()
    return found


def test_it_is_kept_at_each_thousandth_record_and_the_last_however_the_log_is_cut(
    log: Log, fresh_database: Fresh
) -> None:
    expected = {id: hash_at(log, id) for id in (CHECKPOINT_EVERY, 2 * CHECKPOINT_EVERY, RECORDS)}
    for batch in (7, 500, 1000):
        models = ReadModels(fresh_database())
        assert checkpoints(models, replay(log, models, lambda done, end: None, batch_size=batch)) == expected


def test_it_goes_on_with_every_batch_and_after_a_new_start(log: Log, database_url: str) -> None:
    models = ReadModels(database_url)
    number = models.create()
    for position in (3, 999, 1000, 1001, 1500):
        generation = Generation(log, models, number)
        generation.reach(position, 400)
        generation.close()
        assert checkpoints(models, number)[position] == hash_at(log, position)
    assert checkpoints(models, number).keys() == {1000, 1500}


def folded_until_it_stops(log: Log, models: ReadModels) -> tuple[int, str]:
    generation = Generation(log, models, models.create())
    with pytest.raises(LogError) as stopped:
        while generation.fold(500):
            pass
    generation.close()
    return generation.position, str(stopped.value)


def test_the_projector_stops_before_a_record_that_was_damaged(log: Log, tmp_path: Path, database_url: str) -> None:
    flip_byte(tmp_path / "log.db", 1234)
    assert folded_until_it_stops(log, ReadModels(database_url)) == (1233, f"record 1234: {CHANGED}")


def test_the_projector_stops_where_a_record_is_missing(log: Log, tmp_path: Path, database_url: str) -> None:
    delete(tmp_path / "log.db", 1234)
    position, why = folded_until_it_stops(log, ReadModels(database_url))
    assert (position, why) == (1233, "expected record 1234 next, came record 1235: the log lost records")


def folded(log: Log, models: ReadModels) -> int:
    """Fold everything into a generation that is live, and give its number."""
    number = replay(log, models, lambda done, end: None)
    Generation(log, models, number).close()  # it knows its log again
    return number


@pytest.mark.parametrize("records", [100, 1000, 1001, RECORDS - 2])
def test_a_log_that_is_shorter_than_what_was_folded_is_another_one(
    log: Log, tmp_path: Path, database_url: str, records: int
) -> None:
    models = ReadModels(database_url)
    number = folded(log, models)
    shorter = open_log(f"sqlite:///{tmp_path}/shorter.db")
    shorter.append([ClockAdvanced(until=WHEN)] * (records - 1))
    with pytest.raises(LogError, match=f"up to record {RECORDS}, the log ends at record {records}: it is of another"):
        Generation(shorter, models, number)
    made = replay(shorter, models, lambda done, end: None, fresh=True)
    assert (models.live(), checkpoints(models, made).keys() - {1000, 2000}) == (made, {records} - {1000, 2000})
    shorter.close()


def test_a_log_that_went_on_otherwise_is_another_one(log: Log, tmp_path: Path, database_url: str) -> None:
    models = ReadModels(database_url)
    number = folded(log, models)
    other = open_log(f"sqlite:///{tmp_path}/other.db")
    other.append([ClockAdvanced(until=WHEN)] * (RECORDS + 100))
    with pytest.raises(LogError, match=f"up to record {RECORDS} is not in the log: it is of another log"):
        Generation(other, models, number)
    other.close()


def test_damage_behind_the_projector_does_not_stop_it(log: Log, tmp_path: Path, database_url: str) -> None:
    models = ReadModels(database_url)
    number = folded(log, models)
    flip_byte(tmp_path / "log.db", RECORDS - 10)
    log.append([ClockAdvanced(until=WHEN)])
    generation = Generation(log, models, number)
    assert generation.fold(10) == 1
    generation.close()
