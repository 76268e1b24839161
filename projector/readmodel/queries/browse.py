"""What the plain pages show of a series or a patch beyond its document."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import BigInteger, Connection, and_, bindparam, func, select

from projector.assembly.states import state_of
from projector.readmodel.queries.copies import copies_of_all
from projector.readmodel.queries.listing import NoSuchPage, Page, time_of
from projector.readmodel.queries.patches import get_patch
from projector.readmodel.queries.results import patch_results
from projector.readmodel.queries.series import get_series
from projector.readmodel.tables import comment, cover, patch, patch_text, person, revision, revision_patch, test_result
from schemas.rest import PatchDocument, SeriesDocument, TestResultDocument

SHOWN_LENGTH_MAX = 300_000
"""Characters of a diff, and of a message, that a page shows."""
SHOWN_LINES_MAX = 10_000
COMMENT_LENGTH_MAX = COVER_LENGTH_MAX = 20_000
"""And of a comment, and of a cover letter."""
RESULTS_MAX = 500
"""Of a patch, or of all the revisions that the page of a series shows."""
REVISIONS_MAX = 10
"""So many does one page of a series show, and of each no more than PATCHES_MAX patches."""
PATCHES_MAX = 250
FIRST_REVISIONS = Page(REVISIONS_MAX)
COPIES_MAX = 20
"""So many conflicting copies of one mail are named on a page, the newest."""


class PatchLine(msgspec.Struct, frozen=True):
    """A patch in a revision's table."""

    id: int
    name: str
    state: str
    author: str


class CommentView(msgspec.Struct, frozen=True):
    """A mail that answers a patch."""

    id: int
    author: str
    date: datetime
    subject: str
    text: str


class PatchWarning(msgspec.Struct, frozen=True):
    """What a careful reader and git would read differently in a mail, and how it was read; see `schemas.mail.Mark`."""

    kind: str
    text: str


class CopyView(msgspec.Struct, frozen=True):
    """A mail with the same Message-ID that says something else: its record, and the parts in which it differs."""

    record: int
    received: datetime
    differs: tuple[str, ...]


class RevisionView(msgspec.Struct, frozen=True):
    """A revision with all that its section shows. `cut` has the names of what is only the beginning of all.

    copies: those of its cover letter.
    """

    version: int
    name: str
    cover_letter: str
    complete: bool
    submitted: datetime
    submitter: str
    patches: list[PatchLine]
    results: list[TestResultDocument]
    copies: list[CopyView]
    cut: frozenset[str]


class SeriesView(msgspec.Struct, frozen=True):
    """A series with one page of its revisions, the newest first; total: how many there are on all pages."""

    series: SeriesDocument
    revisions: list[RevisionView]
    total: int


class PatchView(msgspec.Struct, frozen=True):
    """A patch with all that its page shows. Texts may be beginnings: those of which `cut` has the names.

    comments: one page of them, of comments_total; results: no more than RESULTS_MAX.
    """

    patch: PatchDocument
    warnings: list[PatchWarning]
    message_id: str
    series_id: int | None
    pull_url: str | None
    message: str
    results: list[TestResultDocument]
    comments: list[CommentView]
    copies: list[CopyView]
    verified: bool | None
    comments_total: int
    cut: frozenset[str]


def view_series(connection: Connection, series_id: int, page: Page = FIRST_REVISIONS) -> SeriesView | None:
    """Everything of a series' page, in six queries; None when there is no such series.

    Raises NoSuchPage where the revisions end before the page.
    """
    document = get_series(connection, series_id, expand=True)
    if document is None:
        return None
    total = int(connection.execute(_REVISIONS_TOTAL, {"series": series_id}).scalar_one())
    page = page.of(total)
    part = {"series": series_id, "size": page.size, "offset": (page.number - 1) * page.size}
    rows = connection.execute(_REVISIONS, part).all()
    if page.number > 1 and not rows:
        raise NoSuchPage
    shown = {"series": series_id, "versions": [row.version for row in rows]}
    patches: dict[int, list[PatchLine]] = {}
    for version, patch_id, name, state, author, email in connection.execute(_PATCH_LINES, shown):
        patches.setdefault(version, []).append(PatchLine(patch_id, name, state_of(state).name, author or email or ""))
    results: dict[int, list[TestResultDocument]] = {}
    found = connection.execute(_RESULTS, shown).all()
    for version, date_us, *rest in found[:RESULTS_MAX]:
        results.setdefault(version, []).append(TestResultDocument(time_of(date_us), *rest))
    unshown = found[RESULTS_MAX].version if len(found) > RESULTS_MAX else 0
    copies = _copies(connection, [row.cover_id for row in rows if row.cover_id is not None])
    revisions = [
        _revision_view(
            row,
            patches.get(row.version, []),
            results.get(row.version, []),
            copies.get(row.cover_id, []),
            has_more_results=row.version == unshown or (row.version < unshown and row.test_state is not None),
        )
        for row in rows
    ]
    return SeriesView(document, revisions, total)


def _revision_view(
    row: Any,
    patches: list[PatchLine],
    results: list[TestResultDocument],
    copies: list[CopyView],
    *,
    has_more_results: bool,
) -> RevisionView:
    letter = _beginning((row.cover_letter or "")[:COVER_LENGTH_MAX])
    is_cut = {
        "cover_letter": len(letter) < len(row.cover_letter or ""),
        "patches": len(patches) > PATCHES_MAX,
        "results": has_more_results,
        "copies": len(copies) > COPIES_MAX,
    }
    return RevisionView(
        row.version,
        row.name,
        letter,
        row.complete,
        time_of(row.submitted_us),
        row.submitter or row.email or "",
        patches[:PATCHES_MAX],
        results,
        copies[-COPIES_MAX:],
        frozenset(name for name, holds in is_cut.items() if holds),
    )


def _copies(connection: Connection, mail_ids: list[int]) -> dict[int, list[CopyView]]:
    """The copies of some mails that a page names, and one more where there are more."""
    found = copies_of_all(connection, mail_ids, COPIES_MAX + 1)
    return {
        mail_id: [CopyView(record, time_of(received_us), differs) for record, received_us, differs in copies]
        for mail_id, copies in found.items()
    }


def view_patch(connection: Connection, patch_id: int, page: Page = Page()) -> PatchView | None:  # noqa: B008  # immutable
    """Everything of a patch's page, in six queries; None when there is no such patch. Raises WasRedacted, and
    NoSuchPage where the comments end before the page.
    """
    document = get_patch(connection, patch_id, expand=True)
    row = connection.execute(_PATCH, {"patch_id": patch_id}).first()
    if document is None or row is None:
        return None
    total = int(connection.execute(_COMMENTS_TOTAL, {"patch_id": patch_id}).scalar_one())
    page = page.of(total)
    part = {"patch_id": patch_id, "size": page.size, "offset": (page.number - 1) * page.size}
    comments = [
        CommentView(id_, author or email or "", time_of(date_us), subject, text)
        for id_, author, email, date_us, subject, text in connection.execute(_COMMENTS, part)
    ]
    if page.number > 1 and not comments:
        raise NoSuchPage
    results = patch_results(connection, patch_id) or []
    shown = {"content": _beginning(row.content or ""), "message": _beginning(row.message)}
    cut = {
        name
        for name, text in (("content", row.content or ""), ("message", row.message))
        if len(shown[name]) < len(text)
    }
    if len(results) > RESULTS_MAX:
        cut.add("results")
    if row.content is not None:
        document = replace(document, content=shown["content"])
    copies = _copies(connection, [patch_id]).get(patch_id, [])
    if len(copies) > COPIES_MAX:
        cut.add("copies")
    return PatchView(
        document,
        msgspec.json.decode(document.warnings, type=list[PatchWarning]),
        row.message_id,
        row.series_id,
        row.pull_url,
        shown["message"],
        results[:RESULTS_MAX],
        comments,
        copies[-COPIES_MAX:],
        row.verified,
        total,
        frozenset(cut),
    )


def _beginning(text: str) -> str:
    """So much of a text as a page shows."""
    shown = text[:SHOWN_LENGTH_MAX]
    if shown.count("\n") <= SHOWN_LINES_MAX:
        return shown
    return "\n".join(shown.split("\n", SHOWN_LINES_MAX)[:SHOWN_LINES_MAX]) + "\n"


_REVISIONS = (
    select(
        revision.c.version,
        revision.c.name,
        revision.c.cover_id,
        func.substr(func.coalesce(revision.c.cover_letter, cover.c.text), 1, COVER_LENGTH_MAX + 1).label(
            "cover_letter"
        ),
        revision.c.complete,
        revision.c.test_state,
        revision.c.submitted_us,
        person.c.name.label("submitter"),
        person.c.email,
    )
    .outerjoin(person, person.c.id == revision.c.submitter_id)
    .outerjoin(cover, and_(cover.c.id == revision.c.cover_id, revision.c.cover_digest.is_not(None)))
    .where(revision.c.series_id == bindparam("series"))
    .order_by(revision.c.version.desc())
    .limit(bindparam("size", type_=BigInteger))
    .offset(bindparam("offset", type_=BigInteger))
)
_REVISIONS_TOTAL = select(func.count()).where(revision.c.series_id == bindparam("series"))
_PATCH_LINES = (
    select(revision_patch.c.version, patch.c.id, patch.c.name, patch.c.state, person.c.name, person.c.email)
    .select_from(revision_patch)
    .join(patch, patch.c.id == revision_patch.c.patch_id)
    .outerjoin(person, person.c.id == patch.c.submitter_id)
    .where(
        revision_patch.c.series_id == bindparam("series"),
        revision_patch.c.version.in_(bindparam("versions", expanding=True)),
        revision_patch.c.number <= PATCHES_MAX,
    )
    .order_by(revision_patch.c.version, revision_patch.c.number)
)
_RESULTS = (
    select(
        revision.c.version,
        test_result.c.date_us,
        test_result.c.state,
        test_result.c.summary,
        test_result.c.test_name,
        test_result.c.url,
    )
    .select_from(revision)
    .join(test_result, test_result.c.posting_id == revision.c.posting_id)
    .where(
        revision.c.series_id == bindparam("series"),
        revision.c.version.in_(bindparam("versions", expanding=True)),
        test_result.c.target == "revision",
    )
    .order_by(revision.c.version.desc(), test_result.c.test_name)
    .limit(RESULTS_MAX + 1)
)
_PATCH = (
    select(
        patch.c.message_id,
        patch.c.series_id,
        patch.c.pull_url,
        func.substr(patch_text.c.message, 1, SHOWN_LENGTH_MAX + 1).label("message"),
        func.substr(patch_text.c.content, 1, SHOWN_LENGTH_MAX + 1).label("content"),
        patch.c.verified,
    )
    .select_from(patch)
    .join(patch_text, patch_text.c.patch_id == patch.c.id)
    .where(patch.c.id == bindparam("patch_id"))
)
_COMMENTS = (
    select(
        comment.c.id,
        person.c.name,
        person.c.email,
        comment.c.date_us,
        func.substr(comment.c.subject, 1, COMMENT_LENGTH_MAX),
        func.substr(comment.c.text, 1, COMMENT_LENGTH_MAX),
    )
    .select_from(comment)
    .outerjoin(person, person.c.id == comment.c.author_id)
    .where(comment.c.target_id == bindparam("patch_id"))
    .order_by(comment.c.date_us, comment.c.id)
    .limit(bindparam("size", type_=BigInteger))
    .offset(bindparam("offset", type_=BigInteger))
)
_COMMENTS_TOTAL = select(func.count()).where(comment.c.target_id == bindparam("patch_id"))
