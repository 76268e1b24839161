"""The documents of the REST API, in the order of their fields.

Times are naive UTC, so that they are written without `Z`, with a fraction only where it is not zero. `Raw` fields hold
JSON that the projector wrote ready to serve. Where a field is `int | Document`, `related=expand` chooses the document.
"""

from datetime import datetime
from typing import Any, ClassVar

import msgspec

SERIES_STATES = ("incomplete", "initial", "in progress", "done")


class ApiDocument(msgspec.Struct, frozen=True):
    """What the API says about itself."""

    revision: int


class ProjectDocument(msgspec.Struct, frozen=True):
    """One project: a mailing list, or a part of one."""

    id: int
    name: str
    linkname: str
    listemail: str
    web_url: str
    scm_url: str
    webscm_url: str


class PersonDocument(msgspec.Struct, frozen=True):
    """Somebody who sent mail, or a user. name is the address where no name is known."""

    id: int
    name: str


class StateDocument(msgspec.Struct, frozen=True):
    """A patch state."""

    id: int
    name: str


class StateCount(msgspec.Struct, frozen=True):
    """How many patches are in a state; final: whether that is a decision."""

    count: int
    name: str
    final: bool


class SeriesDocument(msgspec.Struct, frozen=True):
    """A series. state_summary is a list of StateCount, by the order of the states.

    depends_on: the ids of the series that it says it depends on, as far as these are there, sorted. may_follow: the
    series that its first revision may be the next one of, under another title; nothing is linked by that.
    """

    id: int
    project: int | ProjectDocument
    name: str
    n_patches: int
    submitter: int | PersonDocument
    submitted: datetime
    last_updated: datetime
    version: int
    reviewer: int | PersonDocument | None
    test_state: str | None
    state: str
    state_summary: msgspec.Raw
    test_summary: msgspec.Raw
    depends_on: msgspec.Raw
    may_follow: int | None


class AuthorDocument(msgspec.Struct, frozen=True):
    """The author of a commit, as `git am` writes it: not always the one who sent the mail."""

    name: str
    email: str


class PatchDocument(msgspec.Struct, frozen=True):
    """A patch, or a pull request (then content is null, unless its mail has a diff, too).

    author, author_date (ISO 8601 with an offset) and commit_title: of the commit that the mbox makes; null of a
    redacted patch. warnings: a list of {"kind", "text"}: what a careful reader and git would read differently in the
    mail as it was sent, and how it was read. pull_url: of a pull request, "URL ref"; null of others.
    """

    id: int
    project: int | ProjectDocument
    name: str
    date: datetime
    last_updated: datetime
    submitter: int | PersonDocument
    state: int | StateDocument
    content: str | None
    author: AuthorDocument | None
    author_date: str | None
    commit_title: str | None
    warnings: msgspec.Raw
    pull_url: str | None


class RevisionDocument(msgspec.Struct, frozen=True, omit_defaults=True):
    """A revision. patches are ids in the order in which they apply; expanded, a list of PatchDocument.

    rerun_of: of a copy that was made for another test, the revision that it is a copy of; left out of others.
    submitter: who submitted it, where that is somebody else than the submitter of the series; left out of others.
    """

    version: int
    cover_letter: str | None
    patches: msgspec.Raw | list[PatchDocument]
    rerun_of: int | None = None
    submitter: int | None = None


class MadeRevision(msgspec.Struct, frozen=True):
    """Where a rerun was put."""

    series: int
    version: int


class EventDocument(msgspec.Struct, frozen=True):
    """An event of a project's feed. id is its record's; parameters depend on the name."""

    id: int
    name: str
    event_time: datetime
    series: int | SeriesDocument | None
    patch: int | PatchDocument | None
    user: int | None
    parameters: msgspec.Raw


class TestResultDocument(msgspec.Struct, frozen=True):
    """The last result that was posted for one test of a revision or a patch."""

    __test__: ClassVar[bool] = False

    date: datetime
    state: str
    summary: str | None
    test_name: str
    url: str | None


class CommentDocument(msgspec.Struct, frozen=True):
    """A mail that answers a patch or a cover letter. parent is the id of the mail that it answers directly, where that
    came; patch the patch it is about, null for a cover letter.
    """

    id: int
    author: int | PersonDocument
    date: datetime
    text: str
    parent: int | None
    patch: int | None
    message_id: str


class ChangedPatch(msgspec.Struct, frozen=True):
    """What became of a patch that was named by its Message-ID.

    outcome: "done", "unchanged", "forbidden", "not-found", or another word of projector.outcomes.
    """

    message_id: str
    patch: int | None
    outcome: str


class MatchedCommit(msgspec.Struct, frozen=True):
    """What became of the patch that a commit came by; outcome as in ChangedPatch."""

    commit: str
    patch: int | None
    outcome: str


class ListDocument(msgspec.Struct, frozen=True):
    """One page of a list. count is the whole list's; next and previous are URLs of the neighbouring pages."""

    count: int
    next: str | None
    previous: str | None
    results: list[Any]


class FollowedDocument(msgspec.Struct, frozen=True):
    """A part of a feed behind a cursor. It is not counted; next is the URL of the next part where there is more."""

    count: int | None
    next: str | None
    previous: str | None
    results: list[Any]


class ProblemDocument(msgspec.Struct, frozen=True):
    """What went wrong, in one sentence (RFC 9457; the members left out are optional)."""

    detail: str
