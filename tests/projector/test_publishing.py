"""Events as other systems read them: from the topic beside the log, in order, each at least once."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from ingest.log import Log, LogError, Message, make_log, open_log
from projector.assembly.events import EVENT_NAMES
from projector.live import follow
from projector.publishing import message_of, newest_place, publish_events, resume_place
from projector.readmodel.generations import NoReadModel, Reader, ReadModels
from projector.readmodel.queries.health import events_waiting
from projector.readmodel.queries.publishing import events_behind
from schemas.cloud_events import TYPE_END, TYPE_START
from schemas.records import PatchStateChanged, ProjectAdded, PullRequestAnnounced, RevisionAnnounced, TestResultReported
from tests.e2e.running import eventually
from tests.kafka_cluster import KafkaCluster
from tests.projector.fold.mailing import mail, series
from tests.projector.fold.world import PROJECT, World, deliver

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "follow_events.py"
ASYNC_API = Path(__file__).parents[2] / "schemas" / "published" / "asyncapi.yaml"
OTHER = ProjectAdded(linkname="other", name="Other", listid="other.example.org", listemail="o@example.org")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.close()


def fed(world: World, place: tuple[int, int] = (0, 0), limit: int = 1000) -> list[Any]:
    reader = Reader(world.models.name)
    with reader.connect() as connection:
        found = list(events_behind(connection, *place, limit))
    reader.close()
    return found


def test_message_is_a_cloud_event_with_the_document_of_the_api(world: World) -> None:
    cover, patch, *_ = world.append(*series("a", 2))
    world.catch_up()
    deliver(world, [PatchStateChanged(patch=patch, state="Accepted")])
    *_, event = fed(world)
    message = message_of(event, (3, 1))
    assert message.key == "demo"
    published = json.loads(message.body)
    data = published.pop("data")
    assert published == {
        "specversion": "1.0",
        "id": f"{event.record}.0",
        "source": "/api/1.0/projects/demo/",
        "type": "patchlog.patch-state-change.v1",
        "subject": f"patches/{patch}",
        "time": f"{data['event_time']}Z",
        "datacontenttype": "application/json",
        "patchlogafter": "3.1",
    }
    assert (data["id"], data["series"], data["patch"]) == (event.record, cover, patch)
    assert data["parameters"] == {"previous_state": "New", "new_state": "Accepted"}


def test_what_comes_of_changed_rules_alone_is_not_published(world: World) -> None:
    cover, patch, *_ = world.append(*series("a", 2))
    world.catch_up()
    (before,) = [one for one in fed(world) if one.event.name == "series-new-revision"]
    place = (before.record, before.number)
    of = {"project": 2, "series": cover, "patches": ()}
    rebuilt = [RevisionAnnounced(cause=1, revision=number, rebuilt=True, **of) for number in (2, 3)]  # type: ignore[arg-type]
    pull = PullRequestAnnounced(project=2, cause=patch, pull_url="https://git.example.org/a.git", rebuilt=True)
    later = RevisionAnnounced(cause=1, revision=4, **of)  # type: ignore[arg-type]
    *_, shown = world.append(*rebuilt, pull, later)
    world.catch_up()
    assert [(one.record, one.event.name) for one in fed(world, place)] == [(shown, "series-new-revision")]
    reader = Reader(world.models.name)
    with reader.connect() as connection:
        assert events_waiting(connection, *place)[0] == 1
    reader.close()


def test_events_of_one_record_are_parted_without_loss(world: World) -> None:
    world.append(*[mail(f"[PATCH] o: {number}", f"o{number}", list_id="other.example.org") for number in range(5)])
    deliver(world, [OTHER])
    whole = [(event.record, event.number) for event in fed(world)]
    assert whole == sorted(whole) and len({record for record, _ in whole}) < len(whole)
    parted: list[tuple[int, int]] = []
    while part := fed(world, parted[-1] if parted else (0, 0), 2):
        parted += [(event.record, event.number) for event in part]
    assert parted == whole


@pytest.mark.parametrize(
    ("places", "expected"),
    [([], (0, 0)), (["7.0"], (7, 0)), (["7.2", "12.0", "9.9"], (12, 0)), (["12.3", "12.11"], (12, 11))],
)
def test_resumes_behind_what_was_surely_published(places: list[str], expected: tuple[int, int]) -> None:
    assert resume_place(json.dumps({"patchlogafter": place, "id": "x"}).encode() for place in places) == expected


@pytest.mark.parametrize(
    "body", [b"hello", b"{}", b"[1]", b'{"patchlogafter": 7}', b'{"patchlogafter": "x.y"}', b"\xff"]
)
def test_message_of_somebody_else_is_not_taken_for_a_place(body: bytes) -> None:
    for read in (resume_place, newest_place):
        with pytest.raises(LogError, match="expected an event of ours"):
            read([body])


def test_newest_place_is_that_of_the_newest_event_in_any_partition() -> None:
    ids = ("7.0", "12.11", "12.3")
    assert newest_place(json.dumps({"id": id, "patchlogafter": "0.0"}).encode() for id in ids) == (12, 11)
    assert newest_place([]) == (0, 0)


@pytest.fixture
def log(kafka: KafkaCluster) -> Iterator[Log]:
    from tests.ingest.log.test_kafka import fresh

    url = fresh(kafka)
    make_log(url)
    log = open_log(url)
    yield log
    log.close()


def test_kafka_has_every_event_in_order_also_after_a_crash(log: Log, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/readmodel.db"
    log.append([PROJECT, OTHER])
    expected: list[str] = []
    for round in range(3):  # each round another projector, which knows nothing of the one before
        done = threading.Event()

        def publish(is_over: Any, done: threading.Event = done) -> None:
            publish_events(log, Reader(url), lambda: is_over() or done.is_set())

        projector = threading.Thread(target=follow, args=(log, ReadModels(url), done.is_set, publish))
        projector.start()
        log.append(series(f"s{round}", 3, name=f"net: work {round}", minute=round * 1000))
        log.append([mail(f"[PATCH] o: {round}", f"o{round}", minute=round * 1000, list_id="other.example.org")])
        outlet = log.outlet()
        assert outlet is not None
        expected = _wait_for_all(url, outlet, 6 * (round + 1))
        done.set()
        projector.join()
    ids = [json.loads(body)["id"] for body in _read_all(log)]
    assert list(dict.fromkeys(ids)) == expected, "in order, and nothing is missing"


def _wait_for_all(url: str, outlet: Any, number: int) -> list[str]:
    """Wait until the last of so many events is published, and give the ids of all of them in order."""
    reader = Reader(url)

    def published() -> list[str] | None:
        try:
            with reader.connect() as connection:
                ids = [f"{event.record}.{event.number}" for event in events_behind(connection, 0, 0, 1000)]
        except NoReadModel:
            return None
        last = outlet.last() if len(ids) == number else []
        return ids if last and json.loads(last[0])["id"] == ids[-1] else None

    ids = eventually(published)
    reader.close()
    outlet.close()
    return ids


def test_example_of_a_consumer_reads_each_event_once(log: Log, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/readmodel.db"
    log.append([PROJECT, *series("a", 2)])
    done = threading.Event()
    publish = partial(publish_events, log, Reader(url))
    projector = threading.Thread(target=follow, args=(log, ReadModels(url), done.is_set, publish))
    projector.start()
    outlet = log.outlet()
    assert outlet is not None
    expected = _wait_for_all(url, outlet, 3)
    done.set()
    projector.join()
    outlet = log.outlet()
    assert outlet is not None
    messages = [Message("demo", body) for body in _read_all(log)]
    outlet.publish(messages[-2:])  # as a projector does that was killed before it could note how far it was
    command = [sys.executable, EXAMPLE, *log._address.servers, outlet.name, "--state", tmp_path / "state"]
    for stop, said in ((2, expected[:2]), (1, expected[2:])):
        run = subprocess.run([*command, "--stop-after", str(stop)], capture_output=True, text=True, timeout=60)
        assert [line.split()[0] for line in run.stdout.splitlines()] == said, run.stderr
    outlet.close()


def _read_all(log: Any) -> list[bytes]:
    from kafka import KafkaConsumer

    outlet = log.outlet()
    consumer = KafkaConsumer(
        outlet.name,
        bootstrap_servers=list(log._address.servers),
        auto_offset_reset="earliest",
        consumer_timeout_ms=5000,
        enable_auto_commit=False,
    )
    last = outlet.last()[0]
    bodies: list[bytes] = []
    for message in consumer:
        bodies.append(message.value)
        if message.value == last:
            break
    consumer.close()
    outlet.close()
    return bodies


def test_every_kind_of_event_is_in_the_published_document() -> None:
    published = yaml.safe_load(ASYNC_API.read_text())
    assert published["channels"]["events"]["messages"].keys() == published["components"]["messages"].keys()
    types = {
        message["payload"]["allOf"][1]["properties"]["type"]["const"]
        for message in published["components"]["messages"].values()
    }
    assert types == {f"{TYPE_START}{name}{TYPE_END}" for name in EVENT_NAMES}


def test_published_messages_are_as_the_document_says(world: World) -> None:
    published = yaml.safe_load(ASYNC_API.read_text())
    ids = world.append(*series("a", 2))
    world.catch_up()
    result = TestResultReported(target="revision", patches=tuple(ids[1:]), test_name="t", state="info")
    deliver(world, [PatchStateChanged(patch=ids[1], state="Accepted"), result])
    kinds = set()
    for event in fed(world):
        message = json.loads(message_of(event, (0, 0)).body)
        kinds.add(message["type"])
        (payload,) = (
            message_type["payload"]
            for message_type in published["components"]["messages"].values()
            if message_type["payload"]["allOf"][1]["properties"]["type"]["const"] == message["type"]
        )
        schema = {**payload, "components": published["components"]}
        assert jsonschema_rs.is_valid(schema, message), message
        assert not jsonschema_rs.is_valid(schema, {**message, "id": "x"})
    assert len(kinds) == 4
