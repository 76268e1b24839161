"""Revisions that come or grow one by one are what they are where all of their series are worked out at once."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from projector.assembly.mail import Mail
from projector.assembly.posting import Posting, assemble
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
