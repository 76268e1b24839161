"""Whether all is well with what was read: short looks, whatever the size of the read model."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
from sqlalchemy import Connection, bindparam, func, literal, or_, select

from projector.assembly.events import AS_TOLD
from projector.readmodel.tables import event, log_time, patch, project, revision, series

COUNT_MAX = 10_000
"""Where counting ends: so many or more."""
GAPS_MAX = 60
GAP_US = 72_000_000_000
"""20 hours: the least that is taken for a gap, so that patches at about the same time of each day are some apart."""
RECEIVED_LIVE = "smtp"
"""The source whose mail comes when it is sent; see `MailReceived.source`."""


class ListMail(msgspec.Struct, frozen=True, kw_only=True):
    """When a project last had mail, in microseconds since 1970; None where it has had none.

    live_us is of mail that came by SMTP. usual_us: the longest time for which the list used to be without patches,
    no less than it was and at most 20 hours more; None where there are too few days with patches to say.
    """

    linkname: str
    last_us: int | None
    live_us: int | None
    usual_us: int | None


def count_incomplete(connection: Connection, before_us: int) -> int:
    """How many series, COUNT_MAX at most, have an incomplete newest revision that was posted before a time."""
    return int(connection.execute(_INCOMPLETE, {"before": before_us}).scalar_one())


def events_waiting(connection: Connection, record: int, number: int) -> tuple[int, int | None]:
    """How many events, COUNT_MAX at most, are behind a place in the order of the log, and the time of the first."""
    place = {"record": record, "number": number}
    first: int | None = connection.execute(_FIRST_BEHIND, place).scalar()
    return int(connection.execute(_COUNT_BEHIND, place).scalar_one()), first


def list_mail(connection: Connection, days_min: int) -> Sequence[ListMail]:
    """Each project's list, by linkname; what is usual of those alone that have so many days with patches."""
    found = []
    for id, linkname, last_us, live_us in connection.execute(_LISTS).all():
        steps = [time_us for (time_us,) in connection.execute(_STEPS, {"project": id}) if time_us is not None]
        gaps = [later - earlier for later, earlier in pairwise(steps)]
        usual_us = max(gaps) if gaps and len(steps) >= days_min else None
        found.append(ListMail(linkname=linkname, last_us=last_us, live_us=live_us, usual_us=usual_us))
    return found


_INCOMPLETE = select(func.count()).select_from(
    select(literal(1))
    .select_from(revision)
    .join(series, (series.c.id == revision.c.series_id) & (series.c.version == revision.c.version))
    .where(~revision.c.complete, revision.c.submitted_us < bindparam("before"))
    .limit(COUNT_MAX)
    .subquery()
)

_IS_BEHIND = (
    event.c.id >= bindparam("record"),
    or_(event.c.id != bindparam("record"), event.c.number > bindparam("number")),
    *(event.c.name != name for name in sorted(AS_TOLD)),
)
_FIRST_BEHIND = select(event.c.event_time_us).where(*_IS_BEHIND).order_by(event.c.id, event.c.number).limit(1)
_COUNT_BEHIND = select(func.count()).select_from(
    select(literal(1)).select_from(event).where(*_IS_BEHIND).limit(COUNT_MAX).subquery()
)

_LISTS = (
    select(
        project.c.id,
        project.c.linkname,
        func.max(log_time.c.time_us),
        func.max(log_time.c.time_us).filter(log_time.c.source == RECEIVED_LIVE),
    )
    .outerjoin(log_time, log_time.c.project_id == project.c.id)
    .group_by(project.c.id, project.c.linkname)
    .order_by(project.c.linkname)
)

# From the newest patch back, each step to the newest that is GAP_US older: a search in an index each.
_newest = select(func.max(patch.c.date_us).label("time_us"), literal(1).label("n")).where(
    patch.c.project_id == bindparam("project")
)
_steps = _newest.cte("step", recursive=True)
_STEPS = select(
    _steps.union_all(
        select(
            select(func.max(patch.c.date_us))
            .where(patch.c.project_id == bindparam("project"), patch.c.date_us < _steps.c.time_us - GAP_US)
            .correlate(_steps)
            .scalar_subquery(),
            _steps.c.n + 1,
        ).where(_steps.c.time_us.is_not(None), _steps.c.n < GAPS_MAX)
    ).c.time_us
)
