"""Covers take theirs: which mails are cover letters, and which patches are in their postings (assembly, section 3)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from itertools import pairwise

from projector.assembly.draft import Draft, Drafting, in_one_run, numbered, runs
from projector.assembly.mail import COMMENT, COVER, PATCH, Mail

RECURRING = 2
"""Below one cover letter so many orders have to come twice before all counts as sent again."""


def find_covers(work: Drafting) -> None:
    """Tell what is a cover letter now that its answers are known, and open a posting for each."""
    _tell_answers(work)
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


def _tell_answers(work: Drafting) -> None:
    """A cover letter that answers a cover letter or patch, and has no patches of its own, is an answer: what a reviewer
    says without `Re:`, or the same one sent again. With a higher marker by the same author its patches may still come.
    """
    above: dict[str, Mail | None] = {}
    may_answer = any(mail.kind == COVER and work.tree.parent(mail) is not None for mail in work.mails)
    for name in work.tree.depths if may_answer else ():
        parent, mail = work.tree.parents.get(name), work.tree.mails.get(name)
        over = work.tree.mails.get(parent) if parent is not None else None
        is_posted = over is not None and work.kinds[over.id] in (PATCH, COVER)
        here = above[name] = over if is_posted else above[parent] if parent is not None else None
        if mail is not None and mail.kind == COVER and here is not None and not _has_own(work, mail, here):
            work.kinds[mail.id] = COMMENT


def _has_own(work: Drafting, cover: Mail, above: Mail) -> bool:
    if cover.author == above.author and work.markers[cover.id] > work.markers[above.id]:
        return True
    answers = work.answers.get(cover.message_id, ())
    return any(numbered(mail) or (cover.total == 1 and mail.author == cover.author) for mail in answers)


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
        _part_runs(work, draft, draft.cover, below)
        _take(work, draft, draft.cover, below)
        _take_other_markers(work, draft, draft.cover)
        if not draft.places:
            _take_other_total(work, draft, draft.cover)


def _part_runs(work: Drafting, draft: Draft, cover: Mail, below: Mapping[int, Sequence[Mail]]) -> None:
    """Where two or more orders below a cover letter recur, what was sent when all was sent again is told apart by Date.

    A recurring order begins a new run, and each run is a posting. Of one that is not full, and recurs whole in a later
    one, nothing is left: its patches stand for those of the later one.
    """
    sent = sorted(_sent_below(work, draft, cover, below), key=lambda mail: mail.order)
    sets: list[dict[int, Mail]] = [{}]
    for mail in sent:
        number = mail.number or 0
        if number in sets[-1]:
            sets.append({})
        sets[-1][number] = mail
    if not any(_is_sent_again(run, before) for before, run in pairwise(sets)):
        return
    whole: list[tuple[dict[int, Mail], Draft]] = []
    for run in reversed(sets):
        later = next(((places, other) for places, other in reversed(whole) if run.keys() <= places.keys()), None)
        if later is not None and len(run) < (draft.total or 0):
            for number, mail in run.items():
                work.sent_again[mail.id], work.of[mail.id] = later[0][number], later[1]
        else:
            whole.append((run, Draft(draft.author, draft.marker, draft.total, cover=cover, shares_cover=True)))
    whole[-1] = (whole[-1][0], draft)
    for run, of in reversed(whole):
        if of is not draft:
            work.open(of)
        for number, mail in run.items():
            work.place(of, mail, number)


def _is_sent_again(run: Mapping[int, Mail], before: Mapping[int, Mail]) -> bool:
    again = [mail for number, mail in run.items() if number in before]
    return any(len(part) >= RECURRING for part in runs(again))


def _sent_below(work: Drafting, draft: Draft, cover: Mail, below: Mapping[int, Sequence[Mail]]) -> list[Mail]:
    """The patches of a cover letter's author below it, but for those that replace what they answer."""
    found: list[Mail] = []
    todo = [(0, mail) for mail in below.get(cover.id, ())]
    while todo:
        replaced, mail = todo.pop()
        number, total = mail.number or 0, mail.total or 0
        is_own = mail.author == cover.author and work.markers[mail.id] == draft.marker
        if is_own and total == draft.total and replaced != number <= total:
            found.append(mail)
            todo += [(number, answer) for answer in below.get(mail.id, ())]
    return found


def _own_series(cover: Mail, answers: Sequence[Mail]) -> list[Mail]:
    """The patches 1..n by the author of `cover` that answer it directly, in one run with it or, as covers of nested
    series are sent first, at any time; or none of them.
    """
    own = [mail for mail in answers if numbered(mail) and mail.author == cover.author]
    return _full(in_one_run([cover], own)) or _full(own)


def _full(mails: Iterable[Mail]) -> list[Mail]:
    by_total: dict[int, dict[int, Mail]] = defaultdict(dict)
    for mail in mails:
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
        if mail.id in work.of or total != draft.total or number in draft.places:
            continue
        if number > total:
            fits = not is_foreign and (mail.reroll is None or work.markers[mail.id] == draft.marker)
        else:
            fits = work.markers[mail.id] == draft.marker
        if not fits:
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
