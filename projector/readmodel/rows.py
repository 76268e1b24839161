"""What the fold keeps of threads, postings, series and patches between two mails."""

from collections import Counter
from typing import Any

import msgspec

from projector.assembly.links import Link
from projector.assembly.mail import Mail
from projector.assembly.newer import Announced
from projector.assembly.posting import Made, Posting
from projector.assembly.series import Course
from projector.assembly.shelf import Shelf
from projector.assembly.standing import Standing

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


Former = dict[str, dict[bytes, list[tuple[int, str, int]]]]
"""By a Message-ID and an author whose mails had it before: their places, in order, with their ids."""


class Thread(msgspec.Struct):
    """Mails that are connected by their references, or by being of one run that named no others.

    entries by record id; names has every Message-ID, seen or merely named, and the mail that has it. The rest is in
    memory alone, from when it is first asked for. holders: which postings have a mail; replaced: how many patches of a
    posting are replaced, by its author (True) or by others; mails_of and posted: the mails of an author, and how many
    postings; stands_apart: whether its mails refer to such of another thread, which has enough of their author's;
    former: which mails had a Message-ID before that a provider replaced; made: its postings when all was read together
    last.
    """

    id: int
    project: int
    entries: dict[int, Entry]
    names: dict[str, int | None]
    postings: set[int]
    standing: Standing | None = None
    holders: dict[int, set[int]] | None = None
    replaced: Counter[tuple[int, bool]] | None = None
    mails_of: dict[bytes, list[int]] | None = None
    posted: Counter[bytes] | None = None
    stands_apart: bool | None = None
    former: Former | None = None
    made: dict[int, Made] | None = None


class PostingState(msgspec.Struct, array_like=True):
    """A posting and what became of it.

    settled: the wait for more of it is over. pinned: every (series, revision) that was given to it, the present one
    last. review: the record that last said who reviews its series, and that user; None where none did. chosen: the
    record that last made it a new revision, as another copy of a mail counts. link: the one that counts; found: what it
    is where no other posting continues the series. may_follow: of one that links to nothing, the posting that it may
    follow under another title. is_rebuilt: it was announced because rules changed, and so supersedes nothing.
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
    found: Link | None = None
    may_follow: int | None = None
    is_rebuilt: bool = False


class Filed(msgspec.Struct):
    """The postings that are filed under a key; where they are many, in their order, too.

    added and removed: what the database does not know yet.
    """

    ids: set[int]
    added: set[int]
    removed: set[int]
    shelf: Shelf | None = None

    def add(self, posting: Posting) -> None:
        """File a posting."""
        self.ids.add(posting.id)
        if posting.id in self.removed:
            self.removed.remove(posting.id)
        else:
            self.added.add(posting.id)
        if self.shelf is not None:
            self.shelf.put(posting)

    def remove(self, posting: Posting) -> None:
        """Take a posting away, as it was when it was filed."""
        self.ids.remove(posting.id)
        if posting.id in self.added:
            self.added.remove(posting.id)
        else:
            self.removed.add(posting.id)
        if self.shelf is not None:
            self.shelf.drop(posting)


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

    gone: numbers that were given here, of revisions that are elsewhere by now. The rest is in memory alone, from when
    its rows are written: its course; its patches that wait for a decision (open); whether all links in it lead to what
    was sent before, without corrections (is_plain); whether corrections name mails of it (is_corrected); what was last
    said of who reviews it (see PostingState); and which of its revisions were announced.
    """

    row: Row
    revisions: dict[int, Row]
    postings: set[int]
    gone: set[int]
    course: Course | None = None
    open: set[int] | None = None
    is_plain: bool = False
    is_corrected: bool = False
    review: tuple[int, int | None] | None = None
    announced: Announced | None = None
