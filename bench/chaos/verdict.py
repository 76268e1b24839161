"""What came of it: every mail, complete revision and event exactly once, and the tables that a replay makes too."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import Connection, select

from ingest.log import Log
from projector.readmodel import tables as t
from projector.readmodel.generations import Reader, ReadModels
from projector.readmodel.queries.publishing import events_behind
from projector.replay import replay
from schemas.records import MailReceived, Record, RevisionAnnounced

SHOWN = 5
EVENTS_MAX = 1_000_000


def records_of(log: Log) -> list[Record]:
    """The whole log."""
    found: list[Record] = []
    end = log.end()
    while len(found) < end and (more := log.read(found[-1].id if found else 0)):
        found += more
    return found


def judge_mails(
    connection: Connection, records: Sequence[Record], raws: Sequence[bytes], recorded: Mapping[int, int]
) -> list[str]:
    """What is wrong with the mails: each that was answered 250 is where its answer said, and shown once."""
    on_log = {record.id: record.fact for record in records if isinstance(record.fact, MailReceived)}
    kept = {id: id for (id,) in connection.execute(select(t.mail.c.id))}
    dead = {id: id for (id,) in connection.execute(select(t.dead_letter.c.id))}
    again = dict(map(tuple, connection.execute(select(t.duplicate.c.id, t.duplicate.c.mail_id))))
    wrong = [f"mail {place}: was never answered 250" for place in range(len(raws)) if place not in recorded]
    for place, id in sorted(recorded.items()):
        if id not in on_log or on_log[id].raw != raws[place]:
            wrong.append(f"mail {place}: answered as record {id}, which has something else")
        elif (id in kept) + (id in dead) + (id in again) != 1:
            wrong.append(f"mail {place}: record {id} is not shown once")
        elif id in again and again[id] not in kept:
            wrong.append(f"mail {place}: record {id} repeats a mail that is not there")
    shown = sorted([*kept, *dead, *again])
    if shown != sorted(on_log):
        wrong.append(f"the read model has {len(shown)} mails, the log {len(on_log)}")
    names = Counter(connection.execute(select(t.mail.c.message_id)).scalars())
    wrong += [f"Message-ID {name}: {count} times" for name, count in names.items() if count > 1]
    return wrong


def judge_feed(connection: Connection, records: Sequence[Record], shown: Sequence[tuple[int, int, int]]) -> list[str]:
    """What is wrong with the feed: each cause announced on the log has one event, each complete revision its own.

    shown: id, series and revision of what the API's feed has of new revisions.
    """
    causes: dict[int, set[int]] = {}
    for record in records:
        if isinstance(record.fact, RevisionAnnounced):
            causes.setdefault(record.fact.cause, set()).add(record.id)
    ids = [id for id, _, _ in shown]
    wrong = [f"cause {cause}: {len(found)} events" for cause, of in causes.items() if len(found := of & set(ids)) != 1]
    if len(ids) != len(causes) or len(set(ids)) != len(ids):
        wrong.append(f"the feed has {len(ids)} new revisions, the log announced {len(causes)}")
    doubled = [key for key, count in Counter((series, version) for _, series, version in shown).items() if count > 1]
    wrong += [f"series {series} revision {version} is on the feed more than once" for series, version in doubled]
    columns = (t.revision.c.series_id, t.revision.c.version, t.revision.c.event_id)
    for series, version, event in connection.execute(select(*columns).where(t.revision.c.complete)):
        if event not in ids:
            wrong.append(f"series {series} revision {version} is complete, and was not announced")
    return wrong


def judge_published(connection: Connection, bodies: Sequence[bytes]) -> list[str]:
    """What is wrong with the topic: after repeats are dropped it has the feeds of all projects, in their order."""
    expected = [f"{event.record}.{event.number}" for event in events_behind(connection, 0, 0, EVENTS_MAX)]
    came = list(dict.fromkeys(json.loads(body)["id"] for body in bodies))
    if came == expected:
        return []
    missing, more = set(expected) - set(came), set(came) - set(expected)
    return [
        f"published: {len(missing)} missing, {len(more)} too many, else in another order: {sorted(missing)[:SHOWN]}"
    ]


def judge_tables(log: Log, models: ReadModels) -> list[str]:
    """What a replay has otherwise than what was folded amid all that. No projector may run."""
    lived = models.live()
    assert lived is not None, "a generation is live"
    before = _rows(models, lived)
    after = _rows(models, replay(log, models, lambda position, end: None))
    return [
        f"table {name}: {len(rows)} rows, a replay has {len(after[name])}, {len(rows ^ after[name])} of them differ"
        for name, rows in before.items()
        if rows != after[name]
    ]


def published(bootstrap: str, topic: str) -> list[bytes]:
    """Everything on a topic."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap.split(","), enable_auto_commit=False, group_id=None)
    partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic) or ()]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    bodies = []
    while any(consumer.position(partition) < end for partition, end in ends.items()):
        for messages in consumer.poll(timeout_ms=1000).values():
            bodies += [message.value for message in messages]
    consumer.close()
    return bodies


def is_settled(log: Log, reader: Reader) -> bool:
    """Whether the read model has all of the log, and nothing is left to announce."""
    with reader.connect() as connection:
        position = connection.execute(select(t.meta.c.value).where(t.meta.c.name == "position")).scalar_one()
        left = connection.execute(select(t.pending.c.cause).where(t.pending.c.kind != "wait").limit(1)).first()
    return position == log.end() and left is None


def _rows(models: ReadModels, generation: int) -> dict[str, set[tuple[Any, ...]]]:
    engine = models.engine(generation, read_only=True)
    with engine.connect() as connection:
        found = {
            table.name: {tuple(row) for row in connection.execute(table.select())}
            for table in t.metadata.sorted_tables
            if table is not t.meta
        }
    engine.dispose()
    return found
