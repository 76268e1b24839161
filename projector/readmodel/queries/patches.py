"""Patches and pull requests: lists of them, and one."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, select

from projector.assembly.states import state_of
from projector.readmodel.queries.large import DIFF, shown, small
from projector.readmodel.queries.listing import (
    Filters,
    Listed,
    Listing,
    Ordering,
    Page,
    Versioned,
    WasRedacted,
    kept_count,
    list_rows,
    time_of,
)
from projector.readmodel.queries.matching import PEOPLE_WITH_EMAILS, contains, with_parts
from projector.readmodel.queries.projects import PROJECT_COLUMNS
from projector.readmodel.queries.ways import Condition, above, among, at_most, equals
from projector.readmodel.reading import Row, fetch_all, fetch_first
from projector.readmodel.tables import patch, patch_text, person, project, revision_patch
from schemas.rest import AuthorDocument, PatchDocument, PersonDocument, ProjectDocument, StateDocument

IDS_AT_ONCE = 500


class SamePatch(msgspec.Struct, frozen=True):
    """A patch that a commit was made of. state: its number; date_us: microseconds since 1970."""

    id: int
    project_id: int
    state: int
    date_us: int

    @property
    def is_final(self) -> bool:
        """Whether a decision was made about it."""
        return state_of(self.state).final


def list_patches(
    connection: Connection,
    filters: Filters,
    order: Ordering,
    page: Page,
    *,
    expand: bool,
    known_total: int | None = None,
    is_patient: bool = True,
) -> Listed[PatchDocument]:
    """Patches that meet all filters, the oldest date first unless ordered otherwise. Raises NoSuchPage, and
    NeedsPatience unless `is_patient`.

    Filters: project, submitter, emails (a list: of submitters), name, msgid, states (a list of numbers), and
    submitted_since, submitted_before, updated_since, updated_before (microseconds). known_total is the length of the
    whole list where the caller knows it. A redacted patch is in the list, without its name and content.
    """

    def kept() -> int | None:
        return known_total if filters else kept_count(connection, "patch")

    rows, total = list_rows(connection, _LISTING, filters, order, page, kept, expand=expand, is_patient=is_patient)
    build = expanded_patch_document if expand else patch_document
    return Listed(total, [build(row) for row in rows])


def get_patch(connection: Connection, patch_id: int, *, expand: bool = False) -> PatchDocument | None:
    """One patch; None when there is none of this id. Raises WasRedacted."""
    found = get_versioned_patch(connection, patch_id, expand=expand)
    return found.document if found is not None else None


def get_versioned_patch(
    connection: Connection, patch_id: int, *, expand: bool = False
) -> Versioned[PatchDocument] | None:
    """One patch with its version; None when there is none of this id. Raises WasRedacted."""
    row = fetch_first(connection, _ONE_EXPANDED if expand else _ONE, {"patch_id": patch_id})
    if row is None:
        return None
    if row[-2]:
        raise WasRedacted
    return Versioned(expanded_patch_document(row) if expand else patch_document(row), row[-1])


def get_many_patches(connection: Connection, ids: Sequence[int]) -> dict[int, PatchDocument]:
    """The expanded patches of these ids that there are, by their id, in one query."""
    return {row[0]: expanded_patch_document(row) for row in fetch_all(connection, _MANY_EXPANDED, {"ids": ids})}


def patches_of_revisions(
    connection: Connection, series_id: int, versions: Sequence[int]
) -> dict[int, list[PatchDocument]]:
    """The expanded patches of some revisions of a series, by version, in the order in which they apply; one query."""
    patches: dict[int, list[PatchDocument]] = {}
    for row in fetch_all(connection, _OF_REVISIONS, {"series": series_id, "versions": versions}):
        patches.setdefault(row[-1], []).append(expanded_patch_document(row))
    return patches


def find_patch_by_message_id(connection: Connection, message_id: str) -> int | None:
    """The id of the newest patch with this Message-ID (without angle brackets); one mail may be in many projects."""
    return connection.execute(_BY_MESSAGE_ID, {"msgid": message_id}).scalar()


def patches_by_diff_id(connection: Connection, project_id: int | None, ids: Sequence[str]) -> dict[str, SamePatch]:
    """The patches, of one project or of all, that `git patch-id --stable` gives these ids; of several the newest.

    The newest is the one with the highest date, then the highest id. An id that no patch has is left out.
    """
    found: dict[str, SamePatch] = {}
    of_project = () if project_id is None else (patch.c.project_id == project_id,)
    for start in range(0, len(ids), IDS_AT_ONCE):
        rows = connection.execute(_BY_DIFF_ID.where(*of_project), {"ids": ids[start : start + IDS_AT_ONCE]})
        found.update({row.diff_id: SamePatch(*row[1:]) for row in rows})  # ordered, so that the newest is the last
    return found


def patch_document(row: Row) -> PatchDocument:
    """Make the document of a row that begins with PATCH_COLUMNS."""
    id_, project_id, name, date_us, updated_us, submitter_id, state, content, *commit, marks, digest, url = row[
        :_EXPANSION
    ]
    date, updated = time_of(date_us), time_of(updated_us)
    author_name, author_email, author_date, title = commit
    author = None if author_name is None else AuthorDocument(author_name, author_email)
    content = shown(content, DIFF, id_, digest)
    warnings = _NO_MARKS if marks is None else msgspec.Raw(marks.encode())
    return PatchDocument(
        id_, project_id, name, date, updated, submitter_id, state, content, author, author_date, title, warnings, url
    )


_NO_MARKS = msgspec.Raw(b"[]")


def expanded_patch_document(row: Row) -> PatchDocument:
    """Make the document of a row that begins with PATCH_COLUMNS and EXPANSION_COLUMNS."""
    return replace(
        patch_document(row),
        project=ProjectDocument(*row[_EXPANSION:_PERSON]),
        submitter=PersonDocument(row[5], row[_PERSON] or row[_PERSON + 1] or ""),
        state=StateDocument(row[6], state_of(row[6]).name),
    )


PATCH_COLUMNS = (
    patch.c.id,
    patch.c.project_id,
    patch.c.name,
    patch.c.date_us,
    patch.c.last_updated_us,
    patch.c.submitter_id,
    patch.c.state,
    small(patch_text.c.content, patch_text.c.digest),
    patch_text.c.commit_name,
    patch_text.c.commit_email,
    patch_text.c.commit_date,
    patch_text.c.commit_title,
    patch_text.c.marks,
    patch_text.c.digest,
    patch.c.pull_url,
)
EXPANSION_COLUMNS = (*PROJECT_COLUMNS, person.c.name, person.c.email)
_EXPANSION = len(PATCH_COLUMNS)
_PERSON = _EXPANSION + len(PROJECT_COLUMNS)

_NAMED, _IN = person.alias("named"), project.alias("in_project")
"""Of their own for the orders by names: rows that are expanded have the others joined already."""

_ROWS = select(*PATCH_COLUMNS).select_from(patch).outerjoin(patch_text, patch_text.c.patch_id == patch.c.id)
_EXPANDED = (
    select(*PATCH_COLUMNS, *EXPANSION_COLUMNS)
    .select_from(patch)
    .join(project, project.c.id == patch.c.project_id)
    .outerjoin(patch_text, patch_text.c.patch_id == patch.c.id)
    .outerjoin(person, person.c.id == patch.c.submitter_id)
)
_ONE = _ROWS.add_columns(patch.c.redacted, patch.c.changed_id).where(patch.c.id == bindparam("patch_id"))
_ONE_EXPANDED = _EXPANDED.add_columns(patch.c.redacted, patch.c.changed_id).where(patch.c.id == bindparam("patch_id"))
_MANY_EXPANDED = _EXPANDED.where(patch.c.id.in_(bindparam("ids", expanding=True)))
_OF_REVISIONS = (
    _EXPANDED.add_columns(revision_patch.c.version)
    .join(revision_patch, revision_patch.c.patch_id == patch.c.id)
    .where(
        revision_patch.c.series_id == bindparam("series"),
        revision_patch.c.version.in_(bindparam("versions", expanding=True)),
    )
    .order_by(revision_patch.c.version, revision_patch.c.number)
)
_BY_MESSAGE_ID = select(patch.c.id).where(patch.c.message_id == bindparam("msgid")).order_by(patch.c.id.desc()).limit(1)
_BY_DIFF_ID = (
    select(patch.c.diff_id, patch.c.id, patch.c.project_id, patch.c.state, patch.c.date_us)
    .where(patch.c.diff_id.in_(bindparam("ids", expanding=True)))
    .order_by(patch.c.date_us, patch.c.id)
)

_LISTING = Listing(
    table=patch,
    rows=_ROWS,
    expanded=_EXPANDED,
    conditions={
        "project": equals(patch.c.project_id, "project"),
        "submitter": equals(patch.c.submitter_id, "submitter"),
        "emails": Condition(patch.c.submitter_id, lambda of: of.in_(PEOPLE_WITH_EMAILS)),
        "name": Condition(patch.c.name, lambda of: contains(of, bindparam("name"))),
        "parts": Condition(patch.c.id, lambda of: with_parts(of, "patch_by_part")),
        "msgid": equals(patch.c.message_id, "msgid"),
        "states": among(patch.c.state, "states"),
        "submitted_since": above(patch.c.date_us, "submitted_since"),
        "submitted_before": at_most(patch.c.date_us, "submitted_before"),
        "updated_since": above(patch.c.last_updated_us, "updated_since"),
        "updated_before": at_most(patch.c.last_updated_us, "updated_before"),
    },
    orders={
        "id": patch.c.id,
        "project": patch.c.project_id,
        "project.name": select(_IN.c.name).where(_IN.c.id == patch.c.project_id).scalar_subquery(),
        "name": patch.c.name,
        "date": patch.c.date_us,
        "last_updated": patch.c.last_updated_us,
        "submitter": patch.c.submitter_id,
        "submitter.name": select(_NAMED.c.name).where(_NAMED.c.id == patch.c.submitter_id).scalar_subquery(),
        "state": patch.c.state,
    },
    default_order=("date",),
    tiebreak=patch.c.id,
    exact={"msgid": False, "submitter": True, "emails": True},
    merged=("states",),
    merged_everywhere=frozenset({"states"}),
    narrow={
        "updated_since": False,
        "updated_before": False,
        "submitted_since": False,
        "submitted_before": False,
        "states": True,
    },
    indexed_orders=frozenset({"id", "date", "last_updated"}),
    project_orders=frozenset({"date"}),
    parts="patch_by_part",
)
