"""A log that moved to Kafka, and back, gives the same answers byte for byte, and its read model goes on."""

from pathlib import Path

import pytest

from ingest.log import open_copy, open_log
from ingest.log.copying import copy_log
from projector.readmodel.generations import ReadModels
from projector.replay import replay
from tests.kafka_cluster import KafkaCluster
from tests.projector.fold.mailing import series
from tests.replay.everything import Telling, tell_everything
from tests.replay.test_same_answers import follow
from tests.replay.walk import Walked, walk

pytestmark = pytest.mark.xdist_group("kafka")


def move(here: str, there: str) -> None:
    source, target = open_log(here), open_copy(there)
    copy_log(source, target, there, lambda done, end: None)
    source.close()
    target.close()


def answers_after_replay(url: str, folder: Path) -> Walked:
    log = open_log(url)
    database = f"sqlite:///{folder}/readmodel.db"
    replay(log, ReadModels(database), lambda position, end: None)
    log.close()
    return walk(database)


def test_a_log_that_moved_gives_the_same_answers(kafka: KafkaCluster, tmp_path: Path) -> None:
    first, second, third = (
        f"sqlite:///{tmp_path}/log.db",
        f"kafka://{kafka.bootstrap}/moved-{tmp_path.name}",
        f"sqlite:///{tmp_path}/back.db",
    )
    database = f"sqlite:///{tmp_path}/readmodel.db"
    log = open_log(first)
    tell_everything(Telling(log, lambda: follow(log, ReadModels(database))))
    log.close()
    before = walk(database)
    move(first, second)
    assert answers_after_replay(second, tmp_path / "second") == before
    moved = open_log(second)
    moved.append(series("z", 2, name="net: after the move", patch_names=["net: e", "net: f"]))
    assert follow(moved, ReadModels(database)) == moved.end()
    moved.close()
    after = walk(database)
    assert len(after) > len(before)
    move(second, third)
    assert answers_after_replay(third, tmp_path / "third") == after
