"""How far the read model is: what those wait for who wait for something to appear."""

import msgspec
from sqlalchemy import Connection, select

from projector.readmodel.tables import meta, project


class Reached(msgspec.Struct, frozen=True):
    """The position, and of each project the time of its last event in microseconds since 1970."""

    position: int
    feeds: dict[int, int]


def read_reached(connection: Connection, before: Reached | None) -> Reached:
    """How far it is by now; `before` itself where nothing happened since."""
    position: int = connection.execute(_POSITION).scalar_one()
    if before is not None and before.position == position:
        return before
    return Reached(position, {row[0]: row[1] for row in connection.execute(_FEEDS)})


_POSITION = select(meta.c.value).where(meta.c.name == "position")
_FEEDS = select(project.c.id, project.c.last_event_us)
