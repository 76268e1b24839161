"""What a read model shows, told by Message-IDs, to be compared with another one of the same log."""

from collections.abc import Container
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, select

from projector.assembly.events import NEW_PULL_REQUEST, NEW_REVISION, STATE_CHANGE
from projector.differences import Announcement, MailKey, Place, RevisionSeen, Snapshot, path
from projector.readmodel.tables import (
    cover,
    patch,
    pending,
    project,
    revision,
    revision_alias,
    revision_patch,
    series,
    series_alias,
)

_ids = msgspec.json.Decoder(tuple[int, ...])


def read_snapshot(connection: Connection, rebuilt: Container[tuple[str, int]] = ()) -> Snapshot:
    """Read it all, with a number of queries that does not depend on how much there is.

    rebuilt: the kind and cause of what is pending because rules changed.
    """
    projects: dict[int, str] = dict(map(tuple, connection.execute(select(project.c.id, project.c.linkname))))
    patches = {row.id: row for row in connection.execute(_PATCHES)}
    rows = connection.execute(_REVISIONS).all()
    places: dict[int, list[str]] = {}
    for patch_id, series_id, version, number in connection.execute(_PLACES):
        places.setdefault(patch_id, []).append(f"{path(series_id, version)} #{number + 1}")
    names: dict[int, str] = dict(map(tuple, connection.execute(select(series.c.id, series.c.name))))
    revisions = {(row.series_id, row.version): _seen(row, projects, patches) for row in rows}
    by_mail: dict[MailKey, tuple[str, ...]] = {
        (projects[row.project_id], row.message_id): tuple(places.get(id, ())) for id, row in patches.items()
    }
    by_posting = {row.posting_id: (row.series_id, row.version) for row in rows}
    announced = set()
    for row in connection.execute(select(pending)):
        one = _announced(row, projects, patches, by_posting, revisions)
        if one is not None:
            announced.add(replace(one, rebuilt=(row.kind, row.cause) in rebuilt))
    return Snapshot(names, revisions, by_mail, frozenset(announced), _aliases(connection))


def _seen(row: Any, projects: dict[int, str], patches: dict[int, Any]) -> RevisionSeen:
    messages = tuple(patches[id].message_id for id in _ids.decode(row.patches))
    rerun = row.posting_id if row.rerun_of is not None else None
    return RevisionSeen(projects[row.project_id], row.name, row.message_id, messages, rerun)


def _announced(
    row: Any,
    projects: dict[int, str],
    patches: dict[int, Any],
    by_posting: dict[int, Place],
    revisions: dict[Place, RevisionSeen],
) -> Announcement | None:
    """The event that something pending will be; None for what is no event."""
    linkname = projects.get(row.project_id, "")
    if row.kind == "revision" and row.cause in by_posting:
        place = by_posting[row.cause]
        return Announcement(NEW_REVISION, linkname, path(*place), revisions[place].patches)
    if row.kind == "pull-request" and row.cause in patches:
        return Announcement(NEW_PULL_REQUEST, linkname, "", (patches[row.cause].message_id,))
    if row.kind in ("supersede", "restore"):
        messages = tuple(patches[id].message_id for id in _ids.decode(row.detail) if id in patches)
        return Announcement(STATE_CHANGE, linkname, "", messages) if messages else None
    return None


def _aliases(connection: Connection) -> dict[str, str]:
    of_series = {str(row.id): str(row.target_id) for row in connection.execute(select(series_alias))}
    of_revisions = {
        path(row.series_id, row.version): path(row.target_series_id, row.target_version)
        for row in connection.execute(select(revision_alias))
    }
    return {**of_series, **of_revisions}


_PATCHES = select(patch.c.id, patch.c.project_id, patch.c.message_id)
_PLACES = select(
    revision_patch.c.patch_id, revision_patch.c.series_id, revision_patch.c.version, revision_patch.c.number
).order_by(revision_patch.c.series_id, revision_patch.c.version, revision_patch.c.number)
_REVISIONS = (
    select(
        revision.c.series_id,
        revision.c.version,
        revision.c.posting_id,
        revision.c.name,
        revision.c.patches,
        revision.c.rerun_of,
        series.c.project_id,
        cover.c.message_id,
    )
    .join(series, series.c.id == revision.c.series_id)
    .outerjoin(cover, cover.c.id == revision.c.cover_id)
    .order_by(revision.c.series_id, revision.c.version)
)
