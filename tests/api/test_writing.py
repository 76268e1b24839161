"""The log of an API worker: how it is opened, and that nobody waits for it who only reads."""

import asyncio
import itertools
import time
from functools import partial
from pathlib import Path

import falcon
import pytest

from api.progress import Progress
from api.writing import Writer
from ingest.log import make_log, open_log
from projector.readmodel.generations import Reader
from schemas.records import PatchStateChanged
from tests.kafka_cluster import KafkaCluster

FACT = PatchStateChanged(patch=1, state="Accepted")
MAIL_MAX_BYTES = 1_000_000
_numbers = itertools.count()


def writer(folder: Path, log_url: str) -> Writer:
    reader = Reader(f"sqlite:///{folder}/readmodel.db")
    return Writer(reader, Progress(reader, 0.01), partial(open_log, log_url, MAIL_MAX_BYTES), 0.01)


def test_others_are_answered_while_the_log_of_one_cannot_be_reached(tmp_path: Path) -> None:
    async def longest_pause() -> float:
        writing = asyncio.create_task(writer(tmp_path, "kafka://127.0.0.1:1/log").write([FACT]))
        longest, before = 0.0, time.monotonic()
        while not writing.done():
            await asyncio.sleep(0.01)
            longest, before = max(longest, time.monotonic() - before), time.monotonic()
        with pytest.raises(falcon.HTTPServiceUnavailable, match="503"):
            await writing
        return longest

    assert asyncio.run(longest_pause()) < 2.0


@pytest.mark.xdist_group("kafka")
def test_a_topic_for_smaller_mails_than_usual_is_written_to(kafka: KafkaCluster, tmp_path: Path) -> None:
    url = f"kafka://{kafka.bootstrap}/writing-{next(_numbers)}"
    make_log(url, MAIL_MAX_BYTES)
    assert asyncio.run(writer(tmp_path, url).write([FACT])) is None, "no projector runs, so it only was written"
