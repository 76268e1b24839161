"""Covers take theirs: which mails are cover letters, and which patches are in their postings (assembly, section 3)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from heapq import heapify, heappop, heappush

from projector.assembly.draft import Draft, Drafting, in_one_run, numbered
from projector.assembly.mail import COVER, PATCH, Mail


def find_covers(work: Drafting) -> None:
    """Tell what is a cover letter now that its answers are known, and open a posting for each."""
    for mail in work.mails:
        kind = work.kinds[mail.id]
        if kind not in (PATCH, COVER) and not mail.may_be_cover:
            continue
        marker, total = work.markers[mail.id], mail.total
        answers = work.answers.get(mail.message_id, ())
        if kind == PATCH:
            is_cover = mail.number == 0 and any(numbered(answer) for answer in answers)
        elif mail.may_be_cover and (own := _own_series(mail, answers)):
            is_cover, marker, total = True, work.markers[own[0].id], len(own)
        else:
            is_cover = kind == COVER
        if is_cover:
            work.kinds[mail.id] = COVER
            work.of[mail.id] = work.open(Draft(mail.author, marker, total, cover=mail, last=mail.date))


def fill_covers(work: Drafting) -> None:
    """Give each cover letter its patches."""
    below: dict[int, list[Mail]] = defaultdict(list)
    for mail in work.mails:
        if work.kinds[mail.id] == PATCH and numbered(mail):
            above = work.above[mail.message_id]
            if above is not None:
                below[above.id].append(mail)
    for draft in list(work.drafts):
        assert draft.cover is not None
        _take(work, draft, draft.cover, below)
        _take_other_markers(work, draft, draft.cover)
        if not draft.places:
            _take_other_total(work, draft, draft.cover)


def _own_series(cover: Mail, answers: Sequence[Mail]) -> list[Mail]:
    """The patches 1..n by the author of `cover` that answer it directly, in one run with it; or none of them."""
    own = [mail for mail in answers if numbered(mail) and mail.author == cover.author]
    by_total: dict[int, dict[int, Mail]] = defaultdict(dict)
    for mail in in_one_run([cover], own):
        number, total = mail.number or 0, mail.total or 0
        if number <= total:
            by_total[total].setdefault(number, mail)
    full = max((total for total, places in by_total.items() if len(places) == total), default=0)
    return [by_total[full][number] for number in range(1, full + 1)]


def _take(work: Drafting, draft: Draft, cover: Mail, below: Mapping[int, Sequence[Mail]]) -> None:
    """Give the patches below a cover letter their places, each after the one that it answers: those of its author
    first, then by Date, which anybody may choose. What goes beyond the total is its author's alone.
    """
    waiting = [(mail.author != cover.author, mail.order, mail) for mail in below.get(cover.id, ())]
    heapify(waiting)
    while waiting:
        is_foreign, _, mail = heappop(waiting)
        number, total = mail.number or 0, mail.total or 0
        if total != draft.total or number in draft.places or work.markers[mail.id] != draft.marker:
            continue
        if number > total and is_foreign:
            continue
        if number > total:
            work.extend(draft, mail)
        else:
            work.place(draft, mail, number)
        for answer in below.get(mail.id, ()):
            heappush(waiting, (answer.author != cover.author, answer.order, answer))


def _take_other_markers(work: Drafting, draft: Draft, cover: Mail) -> None:
    """People forget to bump half of the markers: direct answers with another one, of the same author and run."""
    sent = [cover, *draft.places.values()]
    own = [mail for mail in _own_answers(work, cover) if numbered(mail) and mail.total == draft.total]
    free = [mail for mail in own if mail.number not in draft.places and (mail.number or 0) <= (mail.total or 0)]
    for mail in in_one_run(sent, free) if free else ():
        if mail.number not in draft.places:
            work.place(draft, mail, mail.number or 0)


def _take_other_total(work: Drafting, draft: Draft, cover: Mail) -> None:
    """A cover letter without patches takes its author's answers of one other total; a `0/1` an unnumbered one."""
    mails = in_one_run([cover], _own_answers(work, cover))
    totals = {mail.total for mail in mails if numbered(mail)}
    if len(totals) == 1:
        draft.total = totals.pop()
        for mail in mails:
            if numbered(mail) and mail.number not in draft.places:
                work.place(draft, mail, mail.number or 0)
    elif mails and not totals and draft.total == 1:
        work.place(draft, mails[0], 1)


def _own_answers(work: Drafting, cover: Mail) -> list[Mail]:
    """The patches by the author of `cover` that answer it directly and are in no posting yet."""
    answers = work.answers.get(cover.message_id, ())
    return [
        mail
        for mail in answers
        if mail.author == cover.author and mail.id not in work.of and work.kinds[mail.id] == PATCH
    ]
