"""Which series a group of postings is, and which numbers its revisions have been given for good."""

from collections.abc import Sequence

from projector.assembly.series import Member, may_grow
from projector.readmodel.rows import PostingState


def name_series(groups: Sequence[Sequence[PostingState]], claimed: set[int]) -> list[int | None]:
    """Give each group a series: the lowest that its postings are in, if it has the mail that this is named for."""
    names: list[int | None] = []
    for group in groups:
        if not any(Member(state.posting, None, state.settled or bool(state.pinned)).is_ready for state in group):
            names.append(None)
            continue
        mails = {mail for state in group for mail in state.posting.mails}
        own = {state.series for state in group if state.series is not None}
        elsewhere = {mail for other in groups if other is not group for state in other for mail in state.posting.mails}
        fitting = sorted(name for name in own if name in mails or name not in elsewhere)
        fitting = [name for name in fitting if name not in names]
        names.append(fitting[0] if fitting else min(mails - elsewhere or mails))
    return names


def members_of(group: Sequence[PostingState], series: int) -> list[Member]:
    """The postings of a series with the numbers that were given for good: to the first that was given it."""
    taken: set[int] = set()
    members = []
    for state in sorted(group, key=lambda state: (state.event is None, state.event or 0, state.posting.id)):
        number = next((number for name, number in reversed(state.pinned) if name == series), None)
        if number in taken:
            number = None
        if number is not None:
            taken.add(number)
        members.append(Member(state.posting, number, state.settled or bool(state.pinned)))
    return members


def is_awaited(state: PostingState) -> bool:
    """Whether more of a posting may be on its way: also of one that was listed when it still looked otherwise."""
    return may_grow(state.posting) and not state.settled
