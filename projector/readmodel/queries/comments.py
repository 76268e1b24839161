"""Comments on a patch, or on all that a series has."""

from sqlalchemy import Connection, and_, bindparam, case, select

from projector.readmodel.queries.large import COMMENT, shown, small
from projector.readmodel.queries.listing import Listed, Listing, Ordering, Page, list_in_order, time_of
from projector.readmodel.queries.ways import Condition, equals
from projector.readmodel.reading import Row, fetch_first
from projector.readmodel.tables import comment, mail, patch, person, revision, revision_patch, series
from schemas.rest import CommentDocument, PersonDocument


def list_patch_comments(
    connection: Connection, patch_id: int, order: Ordering, page: Page, *, expand: bool
) -> Listed[CommentDocument] | None:
    """The comments on a patch, the oldest date first unless ordered otherwise; None when there is no such patch.

    Raises NoSuchPage.
    """
    if fetch_first(connection, _PATCH, {"id": patch_id}) is None:
        return None
    return _list(connection, {"target": patch_id}, order, page, expand)


def list_series_comments(
    connection: Connection, series_id: int, order: Ordering, page: Page, *, expand: bool
) -> Listed[CommentDocument] | None:
    """The comments on the cover letters and patches of all revisions of a series; None when there is no such series.

    Raises NoSuchPage.
    """
    if fetch_first(connection, _SERIES, {"id": series_id}) is None:
        return None
    return _list(connection, {"series": series_id}, order, page, expand)


def _list(
    connection: Connection, filters: dict[str, int], order: Ordering, page: Page, expand: bool
) -> Listed[CommentDocument]:
    rows, total = list_in_order(connection, _LISTING, filters, order, page, expand=expand)
    return Listed(total, [_document(row, expand) for row in rows])


def _document(row: Row, expand: bool) -> CommentDocument:
    id_, author_id, date_us, text, parent, patch_id, message_id, digest = row[:8]
    text = shown(text, COMMENT, id_, digest) or ""
    author = PersonDocument(author_id, row[8] or row[9] or "") if expand else author_id
    return CommentDocument(id_, author, time_of(date_us), text, parent, patch_id, message_id)


_ABOVE = mail.alias("above")
_ABOUT = mail.alias("about")
_FROM = comment.outerjoin(
    _ABOVE, and_(_ABOVE.c.project_id == comment.c.project_id, _ABOVE.c.message_id == comment.c.parent)
).outerjoin(_ABOUT, _ABOUT.c.id == comment.c.target_id)
_COLUMNS = (
    comment.c.id,
    comment.c.author_id,
    comment.c.date_us,
    small(comment.c.text, comment.c.digest),
    _ABOVE.c.id.label("parent_id"),
    case((_ABOUT.c.kind == "cover", None), else_=comment.c.target_id).label("patch_id"),
    comment.c.message_id,
    comment.c.digest,
)
_PATCH = select(patch.c.id).where(patch.c.id == bindparam("id"))
_SERIES = select(series.c.id).where(series.c.id == bindparam("id"))
_OF_PATCHES = select(revision_patch.c.patch_id).where(revision_patch.c.series_id == bindparam("series"))
# One list of targets: for two, joined by OR, PostgreSQL reads all comments.
_OF_COVERS = select(revision.c.cover_id).where(
    revision.c.series_id == bindparam("series"), revision.c.cover_id.is_not(None)
)

_LISTING = Listing(
    table=comment,
    rows=select(*_COLUMNS).select_from(_FROM),
    expanded=select(*_COLUMNS, person.c.name, person.c.email)
    .select_from(_FROM)
    .outerjoin(person, person.c.id == comment.c.author_id),
    conditions={
        "target": equals(comment.c.target_id, "target"),
        "series": Condition(comment.c.target_id, lambda of: of.in_(_OF_PATCHES.union_all(_OF_COVERS))),
    },
    orders={"date": comment.c.date_us, "id": comment.c.id, "author": comment.c.author_id},
    default_order=("date",),
    tiebreak=comment.c.id,
)
