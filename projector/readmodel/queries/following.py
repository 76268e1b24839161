"""How far the read model is: what those wait for who wait for something to appear."""

import msgspec
from sqlalchemy import Connection, select

from projector.readmodel.queries.status import read_position
from projector.readmodel.reading import fetch_all
from projector.readmodel.tables import project


class Reached(msgspec.Struct, frozen=True):
    """The position, and of each project the time of its last event in microseconds since 1970."""

    position: int
    feeds: dict[int, int]


def read_reached(connection: Connection, before: Reached | None) -> Reached:
    """How far it is by now; `before` itself where nothing happened since."""
    position = read_position(connection)
    if before is not None and before.position == position:
        return before
    return Reached(position, dict(fetch_all(connection, _FEEDS, {})))


_FEEDS = select(project.c.id, project.c.last_event_us)
