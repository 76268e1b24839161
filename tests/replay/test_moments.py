"""The state as of a moment: built beside, served read only, and in nobody's way."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import falcon.testing
import pytest

from api.app import create_app
from ingest.log import Log, open_log
from projector.beside import build_moment, drop_generation, last_until, list_generations
from projector.readmodel.generations import PASSING, NoReadModel, ReadModels
from projector.replay import ReplayStopped, replay
from schemas.settings import Settings
from tests.databases import Fresh
from tests.projector.fold.mailing import series
from tests.projector.fold.world import PROJECT
from tests.replay.test_same_answers import every_row, follow


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    yield log
    log.close()


def silent(position: int, end: int) -> None:
    """Nobody looks at the progress."""


def told(log: Log, models: ReadModels) -> datetime:
    """A series before a moment, and one after it; gives the moment."""
    log.append([PROJECT, *series("a", 2, name="net: a")])
    follow(log, models)
    moment = recorded(log, log.end())
    log.append(series("b", 2, name="net: b", patch_names=["net: x", "net: y"]))
    follow(log, models)
    return moment


def recorded(log: Log, id: int) -> datetime:
    (record,) = log.get([id])
    return record.recorded_at


def client_of(database_url: str, generation: int) -> falcon.testing.TestClient:
    return falcon.testing.TestClient(create_app(Settings(database=database_url), generation=generation))


def names(client: falcon.testing.TestClient) -> list[str]:
    return [one["name"] for one in client.simulate_get("/api/1.0/series/").json["results"]]


def test_state_as_of_a_moment_is_served_and_later_mail_does_not_touch_it(log: Log, database_url: str) -> None:
    models = ReadModels(database_url)
    moment = told(log, models)
    number = build_moment(log, models, moment, silent)
    assert (models.live(), number) == (1, 2)
    client = client_of(database_url, number)
    assert names(client) == ["net: a"]
    log.append(series("c", 1, name="net: c"))
    follow(log, models)
    assert names(client) == ["net: a"]
    events = client.simulate_get("/api/1.0/projects/demo/events/").json
    assert events["count"] == 1


def test_moment_has_what_was_live_then(log: Log, database_url: str, fresh_database: Fresh) -> None:
    models, other = ReadModels(database_url), ReadModels(fresh_database())
    log.append([PROJECT, *series("a", 3)])
    position, before = follow(log, models), every_row(models)
    log.append(series("b", 2, name="net: b", patch_names=["net: x", "net: y"]))
    follow(log, models)
    number = build_moment(log, other, recorded(log, position), silent)
    other.point_to(number)  # to be looked at, for once
    assert {**every_row(other), "meta": []} == {**before, "meta": []}
    assert other.successor(number) == (0, position)


def test_last_record_of_a_moment_is_found(log: Log, database_url: str) -> None:
    moment = told(log, ReadModels(database_url))
    found = last_until(log, moment)
    assert recorded(log, found) <= moment < recorded(log, found + 1)
    assert last_until(log, recorded(log, log.end()) + timedelta(days=1)) == log.end()
    assert last_until(log, recorded(log, 1) - timedelta(seconds=1)) == 0


def test_moment_before_everything_is_refused(log: Log, database_url: str) -> None:
    told(log, ReadModels(database_url))
    with pytest.raises(ValueError, match=r"nothing had been recorded by 1999-01-01T00:00:00\+00:00"):
        build_moment(log, ReadModels(database_url), datetime(1999, 1, 1, tzinfo=UTC), silent)


def test_moment_that_was_stopped_leaves_nothing(log: Log, database_url: str) -> None:
    models = ReadModels(database_url)
    moment = told(log, models)
    with pytest.raises(ReplayStopped):
        build_moment(log, models, moment, silent, is_stopping=lambda: True)
    assert models.numbers() == [1]


def test_replay_neither_takes_a_moment_away_nor_goes_on_with_it(log: Log, database_url: str) -> None:
    models = ReadModels(database_url)
    moment = told(log, models)
    number = build_moment(log, models, moment, silent)
    assert replay(log, models, silent, fresh=True, drop_old=True) == 3
    assert models.numbers() == [number, 3]
    assert names(client_of(database_url, number)) == ["net: a"]


def test_generations_are_listed_and_dropped_but_for_the_live_one(log: Log, database_url: str) -> None:
    models = ReadModels(database_url)
    moment = told(log, models)
    replay(log, models, silent)
    kept = build_moment(log, models, moment, silent)
    models.create()
    models.create(PASSING)
    listed = list_generations(models)
    assert [one.state for one in listed] == ["old", "live", "as of", "unfinished", "dry run"]
    assert [one.until for one in listed] == [None, None, moment, None, None]
    assert listed[1].records == log.end()
    with pytest.raises(ValueError, match="generation 2 is live"):
        drop_generation(models, 2)
    with pytest.raises(ValueError, match="there is no generation 9"):
        drop_generation(models, 9)
    models.retire(2, 4)
    with pytest.raises(ValueError, match="generation 4 is about to be live"):
        drop_generation(models, 4)
    client = client_of(database_url, kept)
    assert names(client) == ["net: a"]
    drop_generation(models, kept)
    gone = client.simulate_get("/api/1.0/series/")
    assert (gone.status_code, gone.json["detail"]) == (503, f"generation {kept} of the read model is gone")
    assert models.numbers() == [1, 2, 4, 5], "and a reader of it makes no new one"


def test_lock_that_was_given_back_is_free_at_once(database_url: str) -> None:
    models = ReadModels(database_url)
    for _ in range(100):
        lock = models.try_lock("replay")
        assert lock is not None
        lock.release()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_nothing_can_be_changed_in_a_moment(log: Log, database_url: str, method: str) -> None:
    models = ReadModels(database_url)
    number = build_moment(log, models, told(log, models), silent)
    client, end = client_of(database_url, number), log.end()
    path = "/api/1.0/series/3/revisions/1/test-results/" if method == "POST" else "/api/1.0/series/3/"
    refused = client.simulate_request(method, path, json={"state": "success"})
    assert refused.status_code == 409
    assert refused.json["detail"].startswith("This is generation 2 of the read model, which does not change")
    assert client.simulate_request(method, "/api/1.0/projects/").status_code == 405
    assert log.end() == end


def test_only_what_is_there_and_finished_is_shown(log: Log, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    models = ReadModels(database_url)
    told(log, models)
    models.check_shown(1)
    for number in (models.create(PASSING), 9):
        with pytest.raises(NoReadModel, match=f"no generation {number}"):
            models.check_shown(number)
    monkeypatch.setattr("projector.readmodel.generations.SCHEMA_VERSION", 999)
    with pytest.raises(NoReadModel, match="expected schema version 999, came"):
        models.check_shown(1)
