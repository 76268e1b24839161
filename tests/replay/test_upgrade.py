"""An upgrade without a pause: the new program's generation is filled while the old program takes mail and answers."""

from pathlib import Path

import pytest

from ingest.log import open_log
from projector.readmodel.generations import ReadModels
from projector.replay import replay
from tests.databases import database_of, log_of
from tests.e2e.running import Running, eventually, running
from tests.projector.fold.mailing import series
from tests.projector.fold.world import PROJECT
from tests.replay.test_same_answers import follow
from tests.replay.walk import walk

NEXT_VERSION = 999


def shown(up: Running, count: int) -> None:
    """Wait until the old program shows so many series, all announced."""
    eventually(lambda: up.get_json("projects/demo/events/?name=series-new-revision")["count"] == count)


def test_old_workers_serve_while_the_next_version_fills_its_own_generation(
    data_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(data_directory) as up:
        log, models = open_log(log_of(data_directory)), ReadModels(database_of(data_directory))
        log.append([PROJECT, *series("a", 2, name="net: a")])
        eventually(lambda: up.get_json("projects/")["count"])
        shown(up, 1)
        asked: list[int] = []

        def meanwhile(position: int, end: int) -> None:
            if not asked:
                log.append(series("b", 2, name="net: b", patch_names=["net: x", "net: y"]))
                shown(up, 2)
            asked.append(up.get_json("series/")["count"])

        old = models.live()
        with monkeypatch.context() as upgraded:
            upgraded.setattr("projector.readmodel.generations.SCHEMA_VERSION", NEXT_VERSION)
            theirs = replay(log, models, meanwhile, batch_size=2)
            assert models.live() == theirs != old
        assert set(asked) == {2}, "readers of the old one saw the mail that came meanwhile"
        assert models.live() == old
        log.append(series("c", 1, name="net: c"))
        shown(up, 3)
        served = walk(database_of(data_directory))
    with monkeypatch.context() as upgraded:
        upgraded.setattr("projector.readmodel.generations.SCHEMA_VERSION", NEXT_VERSION)
        assert follow(log, models) == log.end()
        assert walk(database_of(data_directory)) == served
    log.close()
