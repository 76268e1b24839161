"""A replay can be stopped at any record, and the next one goes on from there."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.log import Log, open_log
from projector.live import open_live
from projector.readmodel.generations import ReadModels
from projector.replay import ReplayStopped, replay
from tests.databases import Fresh
from tests.projector.fold.mailing import series
from tests.projector.fold.world import PROJECT
from tests.replay.test_same_answers import every_row, follow

Told = list[tuple[int, int]]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    log.append([PROJECT, *series("a", 3), *series("b", 3, name="net: b", patch_names=["net: x", "net: y", "net: z"])])
    yield log
    log.close()


@pytest.fixture
def models(log: Log, database_url: str) -> ReadModels:
    """The first generation is live and has everything."""
    models = ReadModels(database_url)
    follow(log, models)
    return models


def after(position: int, told: Told) -> Callable[[], bool]:
    return lambda: told[-1][0] >= position


def stop_at(position: int, log: Log, models: ReadModels) -> None:
    told: Told = []
    with pytest.raises(ReplayStopped, match=f"stopped at record {position} of {log.end()}"):
        replay(log, models, lambda *at: told.append(at), batch_size=1, is_stopping=after(position, told))


def first_position(log: Log, models: ReadModels, *, fresh: bool = False) -> int:
    told: Told = []
    replay(log, models, lambda *at: told.append(at), fresh=fresh)
    assert told[-1] == (log.end(), log.end())
    return told[0][0]


def test_stopped_replay_is_gone_on_with(log: Log, models: ReadModels, fresh_database: Fresh) -> None:
    stop_at(4, log, models)
    assert (models.live(), models.numbers()) == (1, [1, 2]), "readers saw nothing of it"
    stop_at(6, log, models)
    assert first_position(log, models) == 6
    assert (models.live(), models.numbers()) == (2, [1, 2]), "the old one stays"
    other = ReadModels(fresh_database())
    replay(log, other, lambda position, end: None)
    assert every_row(models) == every_row(other), "as if it had never been stopped"


def test_fresh_replay_begins_anew(log: Log, models: ReadModels) -> None:
    stop_at(4, log, models)
    assert first_position(log, models, fresh=True) == 0
    assert models.numbers() == [1, models.live()]


@pytest.mark.parametrize("version", ["SCHEMA_VERSION", "PARSER_VERSION"])
def test_what_another_version_began_is_begun_anew(
    log: Log, models: ReadModels, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setattr(f"projector.readmodel.generations.{version}", 999)
        stop_at(4, log, models)
    assert first_position(log, models) == 0
    assert models.numbers() == [1, models.live()]


def test_killed_between_retiring_the_old_and_moving_the_pointer(log: Log, models: ReadModels) -> None:
    stop_at(4, log, models)
    models.retire(1, 2)
    assert first_position(log, models) == 4
    assert models.live() == 2


def test_switch_that_was_begun_is_ended_before_a_fresh_replay(log: Log, models: ReadModels) -> None:
    stop_at(4, log, models)
    models.retire(1, 2)
    assert first_position(log, models, fresh=True) == 0
    assert (models.live(), models.numbers()) == (3, [1, 2, 3])
    open_live(log, models).close()


def test_old_generations_stay_until_they_are_to_be_dropped(log: Log, models: ReadModels) -> None:
    assert [replay(log, models, lambda position, end: None) for _ in range(2)] == [2, 3]
    assert models.numbers() == [1, 2, 3]
    assert replay(log, models, lambda position, end: None, drop_old=True) == 4
    assert models.numbers() == [4]


def test_projector_that_made_the_same_generation_live_is_no_hindrance(log: Log, fresh_database: Fresh) -> None:
    models = ReadModels(fresh_database())
    number = models.create()

    def go_live(position: int, end: int) -> None:
        if models.live() is None:
            models.point_to(number)
            live = open_live(log, models)
            live.fold(3)
            live.close()

    assert replay(log, models, go_live, batch_size=2) == number
    assert models.successor(number) == (0, log.end())
