"""The log of an API worker: how it is opened, and that nobody waits for it who only reads."""

import asyncio
import itertools
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import falcon
import pytest

from api.progress import Progress
from api.writing import Writer
from ingest.log import Log, make_log, open_log
from projector.readmodel.generations import Reader
from schemas.records import PatchStateChanged
from tests.kafka_cluster import KafkaCluster

FACT = PatchStateChanged(patch=1, state="Accepted")
MAIL_MAX_BYTES = 1_000_000
PATIENCE_SECONDS = 60.0
_numbers = itertools.count()


def writer(folder: Path, open_log: Callable[[], Log]) -> Writer:
    reader = Reader(f"sqlite:///{folder}/readmodel.db")
    return Writer(reader, Progress(reader, 0.01), open_log, 0.01)


def test_others_are_answered_while_the_log_of_one_cannot_be_reached(tmp_path: Path) -> None:
    """The log is away until another was answered: on the loop, that would be never."""
    being_opened, another_answered = threading.Event(), threading.Event()

    def opened() -> Log:
        being_opened.set()
        assert another_answered.wait(PATIENCE_SECONDS), "expected the loop to turn meanwhile"
        return open_log("kafka://127.0.0.1:1/log", MAIL_MAX_BYTES)

    async def write_while_another_is_answered() -> None:
        writing = asyncio.create_task(writer(tmp_path, opened).write([FACT]))
        while not being_opened.is_set():
            await asyncio.sleep(0.001)
        another_answered.set()
        with pytest.raises(falcon.HTTPServiceUnavailable, match="503"):
            await writing

    asyncio.run(write_while_another_is_answered())


@pytest.mark.xdist_group("kafka")
def test_a_topic_for_smaller_mails_than_usual_is_written_to(kafka: KafkaCluster, tmp_path: Path) -> None:
    url = f"kafka://{kafka.bootstrap}/writing-{next(_numbers)}"
    make_log(url, MAIL_MAX_BYTES)
    assert asyncio.run(writer(tmp_path, partial(open_log, url, MAIL_MAX_BYTES)).write([FACT])) is None, (
        "no projector runs, so it only was written"
    )
