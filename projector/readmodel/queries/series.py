"""Series: lists of them, and one."""

from collections.abc import Sequence

from msgspec import Raw
from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, func, select, union

from projector.readmodel.queries.listing import (
    Filters,
    Listed,
    Listing,
    Ordering,
    Page,
    Versioned,
    kept_count,
    list_rows,
    time_of,
)
from projector.readmodel.queries.matching import PEOPLE_WITH_EMAILS, contains, with_parts
from projector.readmodel.queries.projects import PROJECT_COLUMNS
from projector.readmodel.queries.ways import Condition, above, among, at_most, equals
from projector.readmodel.reading import Row, fetch_all, fetch_first
from projector.readmodel.tables import (
    account,
    cover,
    mail,
    patch,
    person,
    posting,
    project,
    revision,
    series,
    series_alias,
)
from schemas.rest import PersonDocument, ProjectDocument, SeriesDocument


def list_series(
    connection: Connection,
    filters: Filters,
    order: Ordering,
    page: Page,
    *,
    expand: bool,
    known_total: int | None = None,
    is_patient: bool = True,
) -> Listed[SeriesDocument]:
    """Series that meet all filters, the newest id first unless ordered otherwise. Raises NoSuchPage, and NeedsPatience
    unless `is_patient`.

    Filters: project, submitter, emails (a list: of submitters), reviewer (0: none), name, msgid, states and
    test_states (lists; "" in test_states: none), and submitted_since, submitted_before, updated_since, updated_before
    (microseconds). known_total is the length of the whole list where the caller knows it.
    """

    def kept() -> int | None:
        return known_total if filters else kept_count(connection, "series")

    rows, total = list_rows(connection, _LISTING, filters, order, page, kept, expand=expand, is_patient=is_patient)
    build = expanded_series_document if expand else series_document
    return Listed(total, [build(row) for row in rows])


def get_series(connection: Connection, series_id: int, *, expand: bool = False) -> SeriesDocument | None:
    """One series; None when there is none of this id, perhaps because it is an alias."""
    found = get_versioned_series(connection, series_id, expand=expand)
    return found.document if found is not None else None


def get_versioned_series(
    connection: Connection, series_id: int, *, expand: bool = False
) -> Versioned[SeriesDocument] | None:
    """One series with its version; None as for `get_series`."""
    row = fetch_first(connection, _ONE_EXPANDED if expand else _ONE, {"series_id": series_id})
    if row is None:
        return None
    return Versioned(expanded_series_document(row) if expand else series_document(row), row[-1])


def get_many_series(connection: Connection, ids: Sequence[int], *, expand: bool) -> dict[int, SeriesDocument]:
    """The series of these ids that there are, by their id, in one query."""
    rows = fetch_all(connection, _MANY_EXPANDED if expand else _MANY, {"ids": ids})
    build = expanded_series_document if expand else series_document
    return {row[0]: build(row) for row in rows}


def series_moved_to(connection: Connection, series_id: int) -> int | None:
    """The series into which this one was merged; None when it never was."""
    return connection.execute(_ALIAS, {"series_id": series_id}).scalar()


def series_document(row: Row) -> SeriesDocument:
    """Make the document of a row that begins with SERIES_COLUMNS."""
    (
        id_, project_id, name, n_patches, submitter_id, submitted_us, updated_us,
        version, reviewer_id, test_state, state, state_summary, test_summary, depends_on, may_follow,
    ) = row[:15]  # fmt: skip
    return SeriesDocument(
        id_, project_id, name, n_patches, submitter_id, time_of(submitted_us), time_of(updated_us),
        version, reviewer_id, test_state, state, Raw(state_summary), Raw(test_summary),
        Raw(depends_on), may_follow,
    )  # fmt: skip


def expanded_series_document(row: Row) -> SeriesDocument:
    """Make the document of a row of SERIES_COLUMNS and EXPANSION_COLUMNS."""
    reviewer_id = row[8]
    return replace(
        series_document(row),
        project=ProjectDocument(*row[15:22]),
        submitter=PersonDocument(row[4], row[22] or row[23] or ""),
        reviewer=None if reviewer_id is None else PersonDocument(reviewer_id, row[24] or ""),
    )


_SUBMITTER = person.alias("submitter")
_REVIEWER = account.alias("reviewer")
_NAMED, _IN, _USER = person.alias("named"), project.alias("in_project"), account.alias("reviewing")
"""Of their own for the orders by names: rows that are expanded have the others joined already."""

SERIES_COLUMNS = (
    series.c.id,
    series.c.project_id,
    series.c.name,
    series.c.n_patches,
    series.c.submitter_id,
    series.c.submitted_us,
    series.c.last_updated_us,
    series.c.version,
    series.c.reviewer_id,
    series.c.test_state,
    series.c.state,
    series.c.state_summary,
    series.c.test_summary,
    series.c.depends_on,
    series.c.may_follow,
)

_ROWS = select(*SERIES_COLUMNS)
_EXPANDED = (
    select(*SERIES_COLUMNS, *PROJECT_COLUMNS, _SUBMITTER.c.name, _SUBMITTER.c.email, _REVIEWER.c.name)
    .join(project, project.c.id == series.c.project_id)
    .outerjoin(_SUBMITTER, _SUBMITTER.c.id == series.c.submitter_id)
    .outerjoin(_REVIEWER, _REVIEWER.c.id == series.c.reviewer_id)
)
_ONE = _ROWS.add_columns(series.c.changed_id).where(series.c.id == bindparam("series_id"))
_ONE_EXPANDED = _EXPANDED.add_columns(series.c.changed_id).where(series.c.id == bindparam("series_id"))
_MANY = _ROWS.where(series.c.id.in_(bindparam("ids", expanding=True)))
_MANY_EXPANDED = _EXPANDED.where(series.c.id.in_(bindparam("ids", expanding=True)))
_ALIAS = select(series_alias.c.target_id).where(series_alias.c.id == bindparam("series_id"))

_WITH_PATCH = select(patch.c.series_id).where(patch.c.message_id == bindparam("msgid"))
_WITH_COVER = (  # by its thread, for revisions have no index by their covers
    select(revision.c.series_id)
    .join(posting, posting.c.id == revision.c.posting_id)
    .join(mail, mail.c.thread_id == posting.c.thread_id)
    .join(cover, cover.c.id == mail.c.id)
    .where(cover.c.message_id == bindparam("msgid"), revision.c.cover_id == cover.c.id)
)

_LISTING = Listing(
    table=series,
    rows=_ROWS,
    expanded=_EXPANDED,
    conditions={
        "project": equals(series.c.project_id, "project"),
        "submitter": equals(series.c.submitter_id, "submitter"),
        "emails": Condition(series.c.submitter_id, lambda of: of.in_(PEOPLE_WITH_EMAILS)),
        "reviewer": Condition(series.c.reviewer_id, lambda of: func.coalesce(of, 0) == bindparam("reviewer")),
        "name": Condition(series.c.name, lambda of: contains(of, bindparam("name"))),
        "parts": Condition(series.c.id, lambda of: with_parts(of, "series_by_part")),
        "msgid": Condition(series.c.id, lambda of: of.in_(union(_WITH_PATCH, _WITH_COVER))),
        "states": among(series.c.state, "states"),
        "test_states": Condition(
            series.c.test_state, lambda of: func.coalesce(of, "").in_(bindparam("test_states", expanding=True))
        ),
        "submitted_since": above(series.c.submitted_us, "submitted_since"),
        "submitted_before": at_most(series.c.submitted_us, "submitted_before"),
        "updated_since": above(series.c.last_updated_us, "updated_since"),
        "updated_before": at_most(series.c.last_updated_us, "updated_before"),
    },
    orders={
        "id": series.c.id,
        "project": series.c.project_id,
        "project.name": select(_IN.c.name).where(_IN.c.id == series.c.project_id).scalar_subquery(),
        "name": series.c.name,
        "n_patches": series.c.n_patches,
        "submitter": series.c.submitter_id,
        "submitter.name": select(_NAMED.c.name).where(_NAMED.c.id == series.c.submitter_id).scalar_subquery(),
        "submitted": series.c.submitted_us,
        "last_updated": series.c.last_updated_us,
        "version": series.c.version,
        "reviewer": series.c.reviewer_id,
        "reviewer.username": select(_USER.c.name).where(_USER.c.id == series.c.reviewer_id).scalar_subquery(),
        "test_state": series.c.test_state,
        "state": series.c.state,
    },
    default_order=("-id",),
    tiebreak=series.c.id,
    exact={"msgid": False, "submitter": True, "emails": True},
    merged=("reviewer", "test_states", "states"),
    narrow={
        "updated_since": False,
        "updated_before": False,
        "submitted_since": True,
        "submitted_before": True,
        "reviewer": True,
        "test_states": True,
        "states": True,
    },
    scanned=frozenset({"reviewer", "test_states"}),
    indexed_orders=frozenset({"id", "last_updated"}),
    project_orders=frozenset({"id", "last_updated", "submitted"}),
    parts="series_by_part",
)
