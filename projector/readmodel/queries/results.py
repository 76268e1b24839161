"""Test results of a revision or a patch."""

from sqlalchemy import Connection, and_, bindparam, select

from projector.readmodel.queries.listing import time_of
from projector.readmodel.queries.revisions import RevisionKey
from projector.readmodel.reading import AnySelect, fetch_all
from projector.readmodel.tables import patch, revision, test_result
from schemas.rest import TestResultDocument


def revision_results(connection: Connection, key: RevisionKey) -> list[TestResultDocument] | None:
    """The results of a revision by test name; None when there is no such revision."""
    return _results(connection, _OF_REVISION, {"series": key.series_id, "version": key.version})


def patch_results(connection: Connection, patch_id: int) -> list[TestResultDocument] | None:
    """The results of a patch by test name; None when there is no such patch."""
    return _results(connection, _OF_PATCH, {"patch_id": patch_id})


def _results(connection: Connection, statement: AnySelect, target: dict[str, int]) -> list[TestResultDocument] | None:
    """A target without results gives one row of nulls, one that is not there gives none."""
    rows = fetch_all(connection, statement, target)
    if not rows:
        return None
    return [TestResultDocument(time_of(row[0]), *row[1:]) for row in rows if row[0] is not None]


_COLUMNS = (
    test_result.c.date_us,
    test_result.c.state,
    test_result.c.summary,
    test_result.c.test_name,
    test_result.c.url,
)
_OF_REVISION = (
    select(*_COLUMNS)
    .select_from(revision)
    .outerjoin(test_result, and_(test_result.c.posting_id == revision.c.posting_id, test_result.c.target == "revision"))
    .where(revision.c.series_id == bindparam("series"), revision.c.version == bindparam("version"))
    .order_by(test_result.c.test_name)
)
_OF_PATCH = (
    select(*_COLUMNS)
    .select_from(patch)
    .outerjoin(test_result, and_(test_result.c.patch_id == patch.c.id, test_result.c.target == "patch"))
    .where(patch.c.id == bindparam("patch_id"))
    .order_by(test_result.c.test_name)
)
