"""Projects: their list, one of them, and how a URL names one."""

from typing import Any

import msgspec
from sqlalchemy import Connection, Text, bindparam, cast, literal, select

from projector.readmodel.queries.listing import (
    Listed,
    Listing,
    Ordering,
    Page,
    kept_count,
    list_in_order,
)
from projector.readmodel.reading import fetch_first
from projector.readmodel.tables import count, project
from schemas.rest import ProjectDocument

RECORD_ID_MAX = 2**63 - 1

PROJECT_COLUMNS = (
    project.c.id,
    project.c.name,
    project.c.linkname,
    project.c.listemail,
    project.c.web_url,
    project.c.scm_url,
    project.c.webscm_url,
)


class ProjectKey(msgspec.Struct, frozen=True):
    """A project that a URL named, with the lengths of its unfiltered lists.

    last_event_us: the time of its last event of any kind, in microseconds since 1970; 0 for none.
    """

    id: int
    series: int | None
    patches: int | None
    events: int | None
    last_event_us: int


def list_projects(connection: Connection, order: Ordering, page: Page) -> Listed[ProjectDocument]:
    """All projects, by linkname. Raises NoSuchPage."""
    rows, total = list_in_order(connection, _LISTING, {}, order, page, lambda: kept_count(connection, "project"))
    return Listed(total, [ProjectDocument(*row) for row in rows])


def get_project(connection: Connection, key: str) -> ProjectDocument | None:
    """The project with this linkname or, of digits alone, with this id."""
    row = fetch_first(connection, _BY_ID if key.isdecimal() else _BY_LINKNAME, _key(key))
    return ProjectDocument(*row) if row else None


def find_project(connection: Connection, key: str) -> ProjectKey | None:
    """What the lists of a project need to know of it; key as for `get_project`."""
    row = fetch_first(connection, _KEY_BY_ID if key.isdecimal() else _KEY_BY_LINKNAME, _key(key))
    return ProjectKey(*row) if row else None


def _key(key: str) -> dict[str, Any]:
    if not key.isdecimal():
        return {"key": key}
    return {"key": int(key) if len(key) < 20 and int(key) <= RECORD_ID_MAX else 0}


def _kept(kind: str) -> Any:
    name = literal(f"{kind}:").concat(cast(project.c.id, Text))
    return select(count.c.n).where(count.c.name == name).scalar_subquery()


_KEYS = select(project.c.id, _kept("series"), _kept("patch"), _kept("event"), project.c.last_event_us)
_KEY_BY_ID = _KEYS.where(project.c.id == bindparam("key"))
_KEY_BY_LINKNAME = _KEYS.where(project.c.linkname == bindparam("key"))
_BY_ID = select(*PROJECT_COLUMNS).where(project.c.id == bindparam("key"))
_BY_LINKNAME = select(*PROJECT_COLUMNS).where(project.c.linkname == bindparam("key"))

_LISTING = Listing(
    table=project,
    rows=select(*PROJECT_COLUMNS),
    expanded=select(*PROJECT_COLUMNS),
    conditions={},
    orders={"linkname": project.c.linkname, "name": project.c.name, "id": project.c.id},
    default_order=("linkname",),
    tiebreak=project.c.id,
)
