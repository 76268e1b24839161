"""What cannot work is refused at the start by the commands themselves: one clear sentence, and exit status 1."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from kafka import KafkaAdminClient

from ingest.log.kafka.topic import KEPT
from projector.readmodel.generations import ReadModels
from tests.databases import Fresh
from tests.kafka_cluster import KafkaCluster

PATIENCE_SECONDS = 90
GOOD = {**KEPT, "max.message.bytes": "60000000"}
FORGETS, SMALL = {"retention.ms": "604800000"}, {"max.message.bytes": "1048588"}
NOBODY = "postgresql+psycopg://patchlog:secret@127.0.0.1:1/patchlog"
OTHER_VERSION = 999
_numbers = itertools.count()

WRITERS = pytest.mark.parametrize("part", ["ingest", "projector", "up"])
"""Who opens the log at the start. The API does when something is written for the first time: reads need no log."""
READERS = pytest.mark.parametrize("part", ["projector", "api", "up"])


def said_by(part: str, folder: Path, **settings: str) -> str:
    """What a part prints that ends at once with exit status 1, without a stack trace."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PATCHLOG_")}
    environment |= {"PATCHLOG_SMTP": "127.0.0.1:0", "PATCHLOG_HTTP": "127.0.0.1:0"}
    environment |= {f"PATCHLOG_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "patchlog", part, "--data", str(folder / "data")]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, env=environment)
    printed = ended.stdout + ended.stderr
    assert ended.returncode == 1, printed
    assert "Traceback" not in printed
    return printed


def once(sentence: str, printed: str, part: str) -> bool:
    """Whether a sentence is in one of the lines; `up` hears it from each part that it starts."""
    lines = [line for line in printed.splitlines() if sentence in line]
    return len(lines) >= 1 if part == "up" else len(lines) == 1


@pytest.mark.xdist_group("kafka")
@pytest.mark.parametrize(
    ("part", "changes", "partitions", "sentence"),
    [
        pytest.param("ingest", FORGETS, 1, "cannot be a log: retention.ms=604800000, not -1", id="ingest, 7 days"),
        pytest.param(
            "projector", FORGETS, 1, "cannot be a log: retention.ms=604800000, not -1", id="projector, 7 days"
        ),
        pytest.param("up", FORGETS, 1, "cannot be a log: retention.ms=604800000, not -1", id="up, 7 days"),
        pytest.param("ingest", SMALL, 1, "max.message.bytes=1048588, not 53477376", id="ingest, small mails"),
        pytest.param("projector", SMALL, 1, "max.message.bytes=1048588, not 53477376", id="projector, small mails"),
        pytest.param("ingest", {}, 2, "expected a topic with one partition, it has 2", id="ingest, two partitions"),
        pytest.param(
            "projector", {}, 2, "expected a topic with one partition, it has 2", id="projector, two partitions"
        ),
    ],
)
def test_topic_that_cannot_be_a_log(
    kafka: KafkaCluster, tmp_path: Path, part: str, changes: dict[str, str], partitions: int, sentence: str
) -> None:
    topic = f"refused-{next(_numbers)}"
    made = {"num_partitions": partitions, "replication_factor": 1, "configs": {**GOOD, **changes}}
    with KafkaAdminClient(bootstrap_servers=kafka.bootstrap) as admin:
        admin.create_topics({topic: made}, wait_for_metadata=True)
    printed = said_by(part, tmp_path, log=f"kafka://{kafka.bootstrap}/{topic}")
    assert once(sentence, printed, part), printed


@WRITERS
def test_broker_that_nobody_reaches(tmp_path: Path, part: str) -> None:
    printed = said_by(part, tmp_path, log="kafka://127.0.0.1:1/log")
    assert once("kafka://127.0.0.1:1/log: no broker answers", printed, part), printed


@READERS
def test_database_of_another_schema_version(fresh_database: Fresh, tmp_path: Path, part: str) -> None:
    url = fresh_database()
    models = ReadModels(url)
    number = models.create()
    models._database.point(OTHER_VERSION, number)
    printed = said_by(part, tmp_path, database=url)
    assert once(f"found {OTHER_VERSION}: run `patchlog replay` once", printed, part), printed


@READERS
def test_database_that_nobody_reaches(tmp_path: Path, part: str) -> None:
    printed = said_by(part, tmp_path, database=NOBODY)
    assert once("cannot use the database: ", printed, part), printed
    assert "secret" not in printed
