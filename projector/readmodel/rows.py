"""What the fold keeps of threads, postings, series and patches between two mails."""

from typing import Any

import msgspec

from projector.assembly.links import Link
from projector.assembly.mail import Mail
from projector.assembly.posting import Posting

Row = dict[str, Any]
"""A row of a table that is only shown: column -> value."""


class Entry(msgspec.Struct):
    """A mail in its thread: what it is now that the others are known; target is what a comment is about.

    author: the person whom its first delivery names; None where it is redacted.
    """

    mail: Mail
    kind: str
    target: int | None = None
    author: int | None = None


class Thread(msgspec.Struct):
    """Mails that are connected by their references, or by being of one run that named no others.

    entries by record id; names has every Message-ID, seen or merely named, and the mail that has it.
    """

    id: int
    project: int
    entries: dict[int, Entry]
    names: dict[str, int | None]
    postings: set[int]


class PostingState(msgspec.Struct, array_like=True):
    """A posting and what became of it.

    settled: the wait for more of it is over. pinned: every (series, revision) that was given to it, the present one
    last. review: the record that last said who reviews its series, and that user; None where none did. chosen: the
    record that last made it a new revision, as another copy of a mail counts.
    """

    posting: Posting
    project: int
    thread: int
    series: int | None = None
    link: Link | None = None
    settled: bool = False
    event: int | None = None
    pinned: tuple[tuple[int, int], ...] = ()
    review: tuple[int, int | None] | None = None
    chosen: int | None = None


class Filed(msgspec.Struct):
    """The postings that are filed under a key, now and in the database."""

    ids: set[int]
    stored: frozenset[int]


class PatchState(msgspec.Struct):
    """What changes of a patch after it was written. changed: the record that changed it last."""

    project: int
    state: int
    series: int | None
    last_updated_us: int
    test_state: str | None
    changed: int


class Shown(msgspec.Struct):
    """A series as it is shown: its row, its revisions' rows by number, and the postings that are in it.

    gone: numbers that were given here, of revisions that are elsewhere by now.
    """

    row: Row
    revisions: dict[int, Row]
    postings: set[int]
    gone: set[int]
