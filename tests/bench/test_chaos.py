"""The judge of bench.chaos: silent where all is well, and loud where something is lost, doubled or missing."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from bench.chaos.people import is_good
from bench.chaos.verdict import judge_feed, judge_mails, judge_published, records_of
from projector.readmodel.generations import Reader
from schemas.records import MailReceived, Record
from tests.projector.fold.mailing import series
from tests.projector.fold.world import World

PROBLEM = "application/problem+json"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    world.append(*series("a", 2), *series("b", 1, name="net: other", patch_names=["net: x"]))
    world.catch_up()
    yield world
    world.close()


@pytest.fixture
def connection(world: World) -> Iterator[Connection]:
    reader = Reader(world.models.name)
    with reader.connect() as connection:
        yield connection
    reader.close()


@pytest.fixture
def records(world: World) -> list[Record]:
    return records_of(world.log)


def test_mails(connection: Connection, records: list[Record]) -> None:
    mails = [record for record in records if isinstance(record.fact, MailReceived)]
    raws = [record.fact.raw for record in mails]
    recorded = {place: record.id for place, record in enumerate(mails)}
    assert judge_mails(connection, records, raws, recorded) == []
    assert judge_mails(connection, records, raws, {**recorded, 0: recorded[1]}) != [], "another mail"
    assert judge_mails(connection, records, [*raws, b"x"], recorded) != [], "never answered"
    assert judge_mails(connection, [*records, Record(999, records[0].recorded_at, mails[0].fact)], raws, recorded) != []


def test_feed(connection: Connection, records: list[Record]) -> None:
    asked = "SELECT id, series_id, json_extract(parameters, '$.revision') FROM event WHERE name = 'series-new-revision'"
    shown = [(row[0], row[1], row[2]) for row in connection.execute(text(asked))]
    assert len(shown) == 2
    assert judge_feed(connection, records, shown) == []
    assert judge_feed(connection, records, shown[1:]) != [], "one is missing"
    assert judge_feed(connection, records, [*shown, shown[0]]) != [], "one is doubled"
    assert judge_feed(connection, records, [*shown, (999, 999, 1)]) != [], "one is made up"


def test_published(connection: Connection) -> None:
    ids = [f"{row[0]}.{row[1]}" for row in connection.execute(text("SELECT id, number FROM event ORDER BY id, number"))]
    bodies = [json.dumps({"id": id}).encode() for id in ids]
    assert judge_published(connection, [*bodies, *bodies[-2:]]) == [], "repeats do no harm"
    for wrong in (bodies[1:], bodies[::-1], [*bodies, b'{"id": "999.0"}']):
        assert judge_published(connection, wrong) != []


@pytest.mark.parametrize(
    ("path", "status", "content_type", "body", "good"),
    [
        pytest.param("/api/x", 404, PROBLEM, b"", True, id="not there"),
        pytest.param("/api/x", 503, PROBLEM, b'{"detail": "away"}', True, id="clean 503"),
        pytest.param("/api/x", 503, "text/html", b"<html>", False, id="503 of somebody else"),
        pytest.param("/api/x", 500, PROBLEM, b'{"detail": "bug"}', False, id="a bug"),
        pytest.param("/", 503, "text/html; charset=utf-8", b"<html>", True, id="503 of a page"),
    ],
)
def test_answers(path: str, status: int, content_type: str, body: bytes, good: bool) -> None:
    assert is_good(path, status, content_type, body) is good
