"""What a change is about, found by the number that a client knows it by, wherever it is by now."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from projector.readmodel.queries.revisions import RevisionKey, revision_moved_to
from projector.readmodel.queries.series import series_moved_to
from projector.readmodel.tables import patch, person, project, revision, series
from schemas.records import ProjectAdded


class SeriesTarget(msgspec.Struct, frozen=True):
    """A series. mail is one of its mails; linkname its project's."""

    series: int
    linkname: str
    mail: int
    changed: int


class RevisionTarget(msgspec.Struct, frozen=True):
    """A revision. rerun is the record it was made by, where it is a copy; author the key of the address whose it is."""

    series: int
    version: int
    linkname: str
    author: bytes | None
    complete: bool
    patches: tuple[int, ...]
    rerun: int | None


class PatchTarget(msgspec.Struct, frozen=True):
    """A patch; author is the key of the address whose it is, own_states what its project lets submitters set."""

    patch: int
    linkname: str
    author: bytes | None
    changed: int
    redacted: bool
    own_states: tuple[str, ...] | None


def series_target(connection: Connection, series_id: int) -> SeriesTarget | None:
    """The series of this number, or what it became; None where there is none."""
    row = connection.execute(_SERIES, {"series": series_id}).first()
    if row is None:
        moved = series_moved_to(connection, series_id)
        row = connection.execute(_SERIES, {"series": moved}).first() if moved is not None else None
    return SeriesTarget(*row) if row is not None else None


def revision_target(connection: Connection, key: RevisionKey) -> RevisionTarget | None:
    """The revision at this place, or what was there once; None where none was."""
    row = connection.execute(_REVISION, {"series": key.series_id, "version": key.version}).first()
    if row is None:
        moved = revision_moved_to(connection, key)
        if moved is not None:
            row = connection.execute(_REVISION, {"series": moved.series_id, "version": moved.version}).first()
    if row is None:
        return None
    patches = msgspec.json.decode(row.patches, type=tuple[int, ...])
    rerun = row.posting_id if row.rerun_of is not None else None
    return RevisionTarget(row.series_id, row.version, row.linkname, row.key, row.complete, patches, rerun)


def patch_target(connection: Connection, patch_id: int) -> PatchTarget | None:
    """The patch of this number; None where there is none."""
    row = connection.execute(_PATCH, {"patch": patch_id}).first()
    return _patch(row) if row is not None else None


def patches_by_message_id(
    connection: Connection, project_id: int, message_ids: Sequence[str]
) -> dict[str, PatchTarget]:
    """The patches of a project with some Message-IDs (without angle brackets), by these."""
    rows = connection.execute(_BY_MESSAGE_IDS, {"project": project_id, "ids": list(message_ids)})
    return {row[-1]: _patch(row[:-1]) for row in rows}


def _patch(row: Sequence[Any]) -> PatchTarget:
    id, linkname, author, changed, redacted, settings = row
    return PatchTarget(id, linkname, author, changed, redacted, _decode(settings).submitter_states)


_decode = msgspec.msgpack.Decoder(ProjectAdded).decode
_SERIES = (
    select(series.c.id, project.c.linkname, revision.c.posting_id, series.c.changed_id)
    .join(project, project.c.id == series.c.project_id)
    .join(revision, revision.c.series_id == series.c.id)
    .where(series.c.id == bindparam("series"), revision.c.rerun_of.is_(None))
    .order_by(revision.c.version)
    .limit(1)
)
_REVISION = (
    select(
        revision.c.series_id,
        revision.c.version,
        revision.c.posting_id,
        revision.c.rerun_of,
        revision.c.complete,
        revision.c.patches,
        project.c.linkname,
        person.c.key,
    )
    .join(series, series.c.id == revision.c.series_id)
    .join(project, project.c.id == series.c.project_id)
    .outerjoin(person, person.c.id == revision.c.submitter_id)
    .where(revision.c.series_id == bindparam("series"), revision.c.version == bindparam("version"))
)
_PATCH_TARGET = (
    select(patch.c.id, project.c.linkname, person.c.key, patch.c.changed_id, patch.c.redacted, project.c.settings)
    .join(project, project.c.id == patch.c.project_id)
    .outerjoin(person, person.c.id == patch.c.submitter_id)
)
_PATCH = _PATCH_TARGET.where(patch.c.id == bindparam("patch"))
_BY_MESSAGE_IDS = _PATCH_TARGET.add_columns(patch.c.message_id).where(
    patch.c.project_id == bindparam("project"), patch.c.message_id.in_(bindparam("ids", expanding=True))
)
