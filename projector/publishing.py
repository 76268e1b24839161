"""Publishes the events of all projects for other systems: at least once, in order, with ids that never change.

Only the active projector publishes, and only what the live generation has on its feeds. Every message says up to where
all had been published before it was sent, so whoever takes over goes on there: a few messages come twice, none is
left out.
"""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec
import structlog

from ingest.log import Log, LogError, Message, Outlet
from projector.meters import PUBLISHED
from projector.readmodel.generations import NoReadModel, Reader, is_unavailable
from projector.readmodel.queries.publishing import FedEvent, events_behind
from schemas.cloud_events import TYPE_END, TYPE_START, CloudEvent, Published, Resume

BATCH = 500
LOOK_SECONDS = 0.1
RETRY_SECONDS = 2.0
T = TypeVar("T")
Place = tuple[int, int]
"""A record, and the number of one of its events."""

logger = structlog.get_logger()


Noted = Callable[[Place], None]
"""Is told up to where all is published."""


def publish_events(log: Log, reader: Reader, is_over: Callable[[], bool], note: Noted = lambda place: None) -> None:
    """Publish what comes until told to stop. Returns at once where the log has no place for that."""
    while not is_over():
        try:
            outlet = log.outlet()
            if outlet is None:
                return
            try:
                _publish(outlet, reader, is_over, note)
            finally:
                outlet.close()
        except LogError as error:
            logger.warning("events.not-published", why=str(error))
            _pause(RETRY_SECONDS, is_over)


def resume_place(last: Iterable[bytes]) -> Place:
    """Up to where everything was published, as the last messages of all partitions have it.

    Raises LogError for a message that is none of ours: then nobody can tell how far it was.
    """
    return max((_read_place(body, _decode(body, Resume).patchlogafter) for body in last), default=(0, 0))


def newest_place(last: Iterable[bytes]) -> Place:
    """The newest event that was published, as the last messages of all partitions have it: for whoever looks on.

    A projector that was killed may have left out older ones, of one batch, which it publishes when it is back; so
    this is no place to resume at. Raises LogError as above.
    """
    return max((_read_place(body, _decode(body, Published).id) for body in last), default=(0, 0))


def _decode(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise _foreign(body) from None


def _read_place(body: bytes, text: str) -> Place:
    try:
        record, number = text.split(".")
        return int(record), int(number)
    except ValueError:
        raise _foreign(body) from None


def _foreign(body: bytes) -> LogError:
    return LogError(f"expected an event of ours as the last message of the topic, came {body[:100]!r}")


def message_of(fed: FedEvent, after: Place) -> Message:
    """The message of one event; `after` is the place up to which everything is published."""
    event = fed.event
    about = f"patches/{event.patch}" if event.patch is not None else None
    if about is None and event.series is not None:
        about = f"series/{event.series}"
    cloud_event = CloudEvent(
        id=f"{fed.record}.{fed.number}",
        source=f"/api/1.0/projects/{fed.linkname}/",
        type=f"{TYPE_START}{event.name}{TYPE_END}",
        subject=about,
        time=f"{event.event_time.isoformat()}Z",
        patchlogafter=f"{after[0]}.{after[1]}",
        data=event,
    )
    return Message(fed.linkname, msgspec.json.encode(cloud_event))


def _publish(outlet: Outlet, reader: Reader, is_over: Callable[[], bool], note: Noted) -> None:
    place = resume_place(outlet.last())
    logger.info("events.published", after=f"{place[0]}.{place[1]}")
    note(place)
    while not is_over():
        found = _read(reader, place)
        if not found:
            _pause(LOOK_SECONDS, is_over)
            continue
        outlet.publish([message_of(fed, place) for fed in found])
        place = (found[-1].record, found[-1].number)
        PUBLISHED.inc(len(found))
        note(place)


def _read(reader: Reader, place: Place) -> list[FedEvent]:
    try:
        with reader.connect() as connection:
            return list(events_behind(connection, *place, BATCH))
    except NoReadModel:
        return []
    except Exception as error:
        if not is_unavailable(error):
            raise
        return []


def _pause(seconds: float, is_over: Callable[[], bool]) -> None:
    end = time.monotonic() + seconds
    while not is_over() and time.monotonic() < end:
        time.sleep(min(0.05, seconds))
