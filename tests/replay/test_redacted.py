"""A log with stubs in the place of what was redacted gives the same answers, byte for byte, and keeps them."""

from collections import Counter
from pathlib import Path

import pytest

from ingest.log import Log, open_copy, open_log
from ingest.log.copying import copy_log
from ingest.log.redaction import Redactor
from projector.readmodel.generations import ReadModels
from projector.redaction import stub_for
from projector.replay import replay
from schemas.records import MailReceived, MailRedacted, MailStub, PullRequestAnnounced, PullRequestStub, Record
from tests.databases import Fresh
from tests.kafka_cluster import KafkaCluster
from tests.replay.everything import Telling, tell_everything
from tests.replay.test_same_answers import every_row, follow
from tests.replay.walk import walk

REDACTED = ["a-0", "a-2", "b-1", "c", "d", "p", "q", "r1", "m-1"]
"""A cover letter, patches of it and of others, single ones, a pull request, a dead letter, a comment with a trailer."""
GONE = {200, 410}


def everything(log: Log) -> list[Record]:
    """All records of a log."""
    records: list[Record] = []
    while more := log.read(records[-1].id if records else 0):
        records += more
    return records


def tell_redacted(log: Log, database: str) -> None:
    """Everything, and then that some of it was redacted, with a projector that follows."""
    models = ReadModels(database)
    tell_everything(Telling(log, lambda: follow(log, models)))
    came = {
        record.fact.parsed.message_id: record.id
        for record in everything(log)
        if isinstance(record.fact, MailReceived) and record.fact.parsed is not None
    }
    for name in REDACTED:
        message_id = f"{name}@example.org"
        log.append([MailRedacted(message_id=message_id, mails=(came[message_id],), reason="asked for")])
    follow(log, models)


def put_stubs(log: Log) -> None:
    """Replace all that a MailRedacted names."""
    records = everything(log)
    named = {mail for record in records if isinstance(record.fact, MailRedacted) for mail in record.fact.mails}
    words = [
        record
        for record in records
        if record.id in named or (isinstance(record.fact, PullRequestAnnounced) and record.fact.cause in named)
    ]
    log.replace({record.id: stub for record in words if (stub := stub_for(record)) is not None})


@pytest.mark.parametrize("batch", [1, 100])
def test_stubs_give_what_redacted_mails_give(tmp_path: Path, fresh_database: Fresh, batch: int) -> None:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    lived = fresh_database()
    tell_redacted(log, lived)
    before, rows = walk(lived), every_row(ReadModels(lived))
    assert {answer.status for answer in before.values()} == GONE
    put_stubs(log)
    kinds = Counter(type(record.fact) for record in everything(log))
    assert (kinds[MailStub], kinds[PullRequestStub]) == (len(REDACTED) + 1, 1), "and a copy that was redacted alone"
    url = fresh_database()
    replay(log, ReadModels(url), lambda position, end: None, batch_size=batch)
    assert walk(url) == before
    assert every_row(ReadModels(url)) == rows
    log.close()


@pytest.mark.xdist_group("kafka")
def test_a_copy_in_kafka_has_stubs_and_gives_the_same(kafka: KafkaCluster, tmp_path: Path) -> None:
    first, second = f"sqlite:///{tmp_path}/log.db", f"kafka://{kafka.bootstrap}/redacted-{tmp_path.name}"
    source = open_log(first)
    expected = f"sqlite:///{tmp_path}/0/readmodel.db"
    tell_redacted(source, expected)
    target = open_copy(second)
    redactor = Redactor(source, stub_for)
    copy_log(source, target, second, lambda done, end: None, redactor)
    assert (redactor.left, redactor.traces) == (0, False)
    source.close()
    target.close()
    moved = open_log(second)
    assert sum(isinstance(record.fact, MailStub) for record in everything(moved)) == len(REDACTED) + 1
    url = f"sqlite:///{tmp_path}/1/readmodel.db"
    replay(moved, ReadModels(url), lambda position, end: None)
    assert walk(url) == walk(expected)
    moved.close()
