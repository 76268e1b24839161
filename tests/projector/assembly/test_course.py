"""Revisions that come or grow one by one are what they are where all of their series are worked out at once."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from projector.assembly.mail import Mail
from projector.assembly.posting import Posting, assemble, repeat
from projector.assembly.series import Course, Member, run
from tests.projector.assembly.build import Letter, read
from tests.projector.assembly.test_standing import answers


class Series:
    """Postings of one series, as more and more of their mails come. short: how many steps took the short way."""

    def __init__(self, gone: frozenset[int]) -> None:
        self.short = 0
        self._gone = gone
        self._postings: dict[int, Posting] = {}
        self._numbers: dict[int, int] = {}
        _, self._course = run(())

    def take(self, postings: Sequence[Posting]) -> None:
        """Take in what the postings are now, and see that all is as if they came at once."""
        changed = [posting for posting in postings if self._postings.get(posting.id) != posting]
        removed = self._postings.keys() - {posting.id for posting in postings}
        old = self._postings.get(changed[0].id) if changed else None
        self._postings = {posting.id: posting for posting in postings}
        self._numbers = {id: number for id, number in self._numbers.items() if id in self._postings}
        if len(changed) == 1 and not removed and self._amend(changed[0], old):
            self.short += 1
        else:
            self._course = self._whole()
        self._numbers = {revision.posting.id: revision.version for revision in self._course.made.values()}
        assert _told(self._course) == _told(self._whole())

    def _amend(self, posting: Posting, old: Posting | None) -> bool:
        if posting.id in self._numbers:
            assert old is not None
            grew = set(old.mails) <= set(posting.mails) and Member(posting).is_ready
            return grew and self._course.amend(old, posting, self._numbers[posting.id]) is not None
        if Member(posting).is_ready:
            return self._course.follow(posting, self._gone) is not None
        self._course.await_more(posting)
        return True

    def _whole(self) -> Course:
        members = [Member(posting, self._numbers.get(id)) for id, posting in self._postings.items()]
        return run(members, self._gone)[1]


def _told(course: Course) -> object:
    shown = [None if one is None else one.version for one in (course.first, course.newest, course.naming)]
    return course.made, course.lowest, course.last, shown


def _naming(posting: Posting) -> Posting:
    """Some name a reviewer."""
    return replace(posting, delegate=b"bob") if posting.date % 120 else posting


def _grow(mails: Sequence[Mail], gone: frozenset[int] = frozenset()) -> Series:
    series = Series(gone)
    postings: Sequence[Posting] = ()
    for count in range(1, len(mails) + 1):
        postings = assemble(mails[:count], [posting.id for posting in postings]).postings
        series.take([_naming(posting) for posting in postings])
    return series


@settings(max_examples=200, deadline=None)
@given(answers(), st.frozensets(st.integers(1, 4)), st.data())
def test_revisions_that_come_one_by_one(letters: list[Letter], gone: frozenset[int], data: st.DataObject) -> None:
    mails = read(letters)
    _grow(mails, gone)
    _grow(data.draw(st.permutations(mails)), gone)


def test_series_that_follow_one_another_are_put_one_behind_the_other() -> None:
    letters = [
        Letter(f"v{version}p{number}", f"[PATCH v{version} {number}/2] x", f"v{version}p0" if number else "", at=at)
        for at, (version, number) in enumerate((version, number) for version in (1, 2, 3) for number in range(3))
    ]
    assert _grow(read(letters)).short == len(letters)


def test_what_a_replacement_waits_for_is_not_put_behind_it() -> None:
    first, again = assemble(read([Letter("a", "[PATCH] x"), Letter("b", "[PATCH v2] x", "a", at=9)])).postings
    _, course = run([Member(again, settled=True)])
    assert course.follow(first, ()) is None


def test_a_rerun_of_what_is_not_there_yet_keeps_it_from_being_put_behind() -> None:
    (posting,) = assemble(read([Letter("a", "[PATCH] x")])).postings
    _, course = run([Member(repeat(posting, 9), settled=True)])
    assert course.follow(posting, ()) is None


def test_a_first_posting_that_grows_at_its_beginning_stays_the_first() -> None:
    """Its cover letter, which is earlier and names a reviewer, comes last; a later revision is there."""
    letters = [
        Letter("c", "[PATCH 0/1] x"),
        Letter("p", "[PATCH 1/1] one", "c", at=5),
        Letter("q", "[PATCH v2] other", at=50),
    ]
    mails = read(letters)
    old, later = assemble(mails[1:]).postings
    new = next(found for found in assemble(mails, [old.id, later.id]).postings if old.patches[0].id in found.mails)
    new = replace(new, id=old.id, delegate=b"bob")
    for one in (old, replace(old, delegate=b"eve")):
        _, course = run([Member(one), Member(later)])
        assert course.first is not None and course.first.posting == one
        revision = course.amend(one, new, course.first.version)
        _, whole = run([Member(new), Member(later)])
        assert revision is not None
        assert _told(course) == _told(whole)


def test_a_patch_stands_as_low_as_the_lowest_revision_that_has_it() -> None:
    """A clock was wrong: the replacement has an earlier Date than what it replaces a patch of."""
    letters = [
        Letter("c", "[PATCH 0/2] x", at=90),
        Letter("p", "[PATCH 1/2] one", "c", at=91),
        Letter("q", "[PATCH 2/2] two", "c", at=92),
        Letter("r", "[PATCH] two", "c q", at=10),
    ]
    found = assemble(read(letters)).postings
    _, course = run([Member(posting, settled=True) for posting in found])
    partial = next(posting for posting in found if posting.is_partial)
    assert course.lowest[2] == (partial.reroll, partial.order)
