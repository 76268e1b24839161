"""The events of all projects in the order of the log, for other systems.

Nobody can ask them for what comes of changed rules alone, so that is left out.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw
from sqlalchemy import Connection, bindparam, or_, select

from projector.assembly.events import AS_TOLD
from projector.readmodel.queries.listing import time_of
from projector.readmodel.tables import event, project
from schemas.rest import EventDocument


class FedEvent(msgspec.Struct, frozen=True):
    """An event, its place in the order of the log (record and number), and its project's linkname."""

    record: int
    number: int
    linkname: str
    event: EventDocument


def events_behind(connection: Connection, record: int, number: int, limit: int) -> Sequence[FedEvent]:
    """Up to `limit` events of all projects behind a place, in order."""
    rows: Any = connection.execute(_BEHIND, {"record": record, "number": number, "limit": limit})
    found = []
    for id_, place, linkname, name, time_us, series, patch, user, parameters in rows:
        document = EventDocument(id_, name, time_of(time_us), series, patch, user, Raw(parameters))
        found.append(FedEvent(id_, place, linkname, document))
    return found


_BEHIND = (
    select(
        event.c.id,
        event.c.number,
        project.c.linkname,
        event.c.name,
        event.c.event_time_us,
        event.c.series_id,
        event.c.patch_id,
        event.c.user_id,
        event.c.parameters,
    )
    .join(project, project.c.id == event.c.project_id)
    .where(
        event.c.id >= bindparam("record"),
        or_(event.c.id != bindparam("record"), event.c.number > bindparam("number")),
        *(event.c.name != name for name in sorted(AS_TOLD)),
    )
    .order_by(event.c.id, event.c.number)
    .limit(bindparam("limit"))
)
