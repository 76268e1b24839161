"""Groups the patches of a set of mails by what was sent in one go (assembly, section 3).

`draft_postings` goes through the rules in their order: covers take theirs, then patches gather by whom they answer,
then single replacements are told from series of their own, then what was sent without any threading finds together.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from projector.assembly.mail import COVER, PATCH, Mail
from projector.assembly.tree import Tree

RUN_SECONDS = 1800
"""Mails of one `git send-email` lie at most so far apart, by Date, each of the one before."""

Marker = tuple[int, ...]


@dataclass(eq=False)
class Draft:
    """A posting in the making. places: place -> the patch there; answered: the patch that a partial reroll replaces."""

    author: str
    marker: Marker
    total: int | None
    cover: Mail | None = None
    shares_cover: bool = False
    opener: Mail | None = None
    places: dict[int, Mail] = field(default_factory=dict)
    extras: list[Mail] = field(default_factory=list)
    answered: Mail | None = None
    last: int = 0

    @property
    def is_full(self) -> bool:
        """Whether orders 1..n are all there; one unnumbered patch is."""
        total = self.total or 1
        return sum(1 <= place <= total for place in self.places) == total

    @property
    def root(self) -> Mail:
        """The mail that opened it."""
        root = self.cover if self.cover is not None and not self.shares_cover else self.opener
        assert root is not None
        return root

    def add(self, mail: Mail, place: int) -> None:
        self.places[place] = mail
        self.opener = self.opener or mail
        self.last = max(self.last, mail.date)

    def patches(self) -> Iterator[Mail]:
        yield from self.places.values()
        yield from self.extras


@dataclass(eq=False)
class Drafting:
    """What is known while postings are drafted. kinds: record id -> kind; of: record id of a patch -> its draft.

    announced: record id of a patch -> the partial reroll, already announced, that nothing else may join.
    """

    tree: Tree
    kinds: dict[int, str]
    markers: Mapping[int, Marker]
    children: dict[str, list[Mail]]
    announced: Mapping[int, int]
    drafts: list[Draft] = field(default_factory=list)
    by_cover: dict[int, Draft] = field(default_factory=dict)
    of: dict[int, Draft] = field(default_factory=dict)

    def above(self, mail: Mail) -> Mail | None:
        """The nearest cover letter or patch that a mail answers, directly or through others."""
        ancestors = self.tree.ancestors(mail.message_id)
        return next((other for other in ancestors if self.kinds[other.id] in (COVER, PATCH)), None)

    def open(self, draft: Draft) -> Draft:
        self.drafts.append(draft)
        return draft

    def place(self, draft: Draft, mail: Mail, place: int) -> None:
        draft.add(mail, place)
        self.of[mail.id] = draft

    def extend(self, draft: Draft, mail: Mail) -> None:
        draft.extras.append(mail)
        self.of[mail.id] = draft


def draft_postings(tree: Tree, announced: Mapping[int, int]) -> Drafting:
    """Draft the postings of a tree's mails, and say of each mail what it is now that the others are known."""
    mails = sorted(tree.mails.values(), key=lambda mail: mail.order)
    children: dict[str, list[Mail]] = defaultdict(list)
    for mail in mails:
        parent = tree.parent(mail)
        if parent is not None:
            children[parent].append(mail)
    work = Drafting(tree, {mail.id: mail.kind for mail in mails}, _markers(mails), children, announced)
    _find_covers(work, mails)
    patches = [mail for mail in mails if work.kinds[mail.id] == PATCH]
    _fill_covers(work, patches)
    _gather(work, [mail for mail in patches if mail.id not in work.of])
    _find_partial_rerolls(work)
    _join_unthreaded(work)
    return work


def numbered(mail: Mail) -> bool:
    """Whether a patch says its place: x/n with x and n above 0."""
    return bool(mail.number) and bool(mail.total)


def runs(mails: Sequence[Mail]) -> Iterator[list[Mail]]:
    """Cut mails, which are in order of Date, where the next is more than RUN_SECONDS later."""
    run: list[Mail] = []
    for mail in mails:
        if run and mail.date - run[-1].date > RUN_SECONDS:
            yield run
            run = []
        run.append(mail)
    if run:
        yield run


def _markers(mails: Iterable[Mail]) -> dict[int, Marker]:
    """The reroll of each mail as marked. A branch token is a reroll where the thread has the reroll before it."""
    said = {mail.reroll for mail in mails if mail.reroll is not None}
    bases = {reroll[0] for reroll in said}
    return {
        mail.id: mail.reroll
        or (mail.branch_reroll if mail.branch_reroll is not None and mail.branch_reroll[0] in bases else (1,))
        for mail in mails
    }


def _find_covers(work: Drafting, mails: Sequence[Mail]) -> None:
    for mail in mails:
        kind = work.kinds[mail.id]
        if kind == COVER:
            total, marker = mail.total, work.markers[mail.id]
        elif kind == PATCH and mail.number == 0:
            if not any(
                work.kinds[answer.id] == PATCH and numbered(answer) for answer in work.children[mail.message_id]
            ):
                continue
            total, marker = mail.total, work.markers[mail.id]
        elif mail.may_be_cover and (own := _own_series(work, mail)):
            total, marker = len(own), work.markers[own[0].id]
        else:
            continue
        work.kinds[mail.id] = COVER
        work.by_cover[mail.id] = work.open(Draft(mail.author, marker, total, cover=mail, last=mail.date))


def _own_series(work: Drafting, cover: Mail) -> list[Mail]:
    """The patches 1..n by the author of `cover` that answer it directly, in one run with it; or none of them."""
    answers = [
        mail
        for mail in work.children[cover.message_id]
        if work.kinds[mail.id] == PATCH and numbered(mail) and mail.author == cover.author
    ]
    run = next((run for run in runs(sorted([cover, *answers], key=lambda mail: mail.order)) if cover in run), [])
    by_total: dict[int, dict[int, Mail]] = defaultdict(dict)
    for mail in run:
        if mail is not cover and mail.total and mail.number and mail.number <= mail.total:
            by_total[mail.total].setdefault(mail.number, mail)
    full = [places for total, places in sorted(by_total.items()) if len(places) == total]
    return [full[0][number] for number in sorted(full[0])] if full else []


def _fill_covers(work: Drafting, patches: Sequence[Mail]) -> None:
    waiting: dict[Draft, list[Mail]] = defaultdict(list)
    draft_of: dict[int, Draft | None] = {}
    for mail in sorted(patches, key=lambda mail: (work.tree.depth(mail.message_id), mail.order)):
        above = work.above(mail)
        draft = work.by_cover.get(above.id, draft_of.get(above.id)) if above is not None else None
        fits = draft is not None and numbered(mail) and draft.total == mail.total
        draft_of[mail.id] = draft if fits and draft is not None and work.markers[mail.id] == draft.marker else None
        if (found := draft_of[mail.id]) is not None:
            waiting[found].append(mail)
    for draft in list(work.by_cover.values()):
        taken = _take(work, draft, sorted(waiting[draft], key=lambda mail: mail.order))
        _take_other_markers(work, draft)
        _take_other_total(work, draft)
        _repost(work, draft, taken)


def _take(work: Drafting, draft: Draft, mails: Sequence[Mail]) -> list[Mail]:
    """Give each mail its place. What is left over came to a place that was taken, and does not answer who holds it."""
    left = []
    for mail in mails:
        assert mail.number is not None and draft.total is not None
        holder = draft.places.get(mail.number)
        if mail.number > draft.total:
            work.extend(draft, mail)
        elif holder is None:
            work.place(draft, mail, mail.number)
        elif work.above(mail) is not holder:
            left.append(mail)
    return left


def _take_other_markers(work: Drafting, draft: Draft) -> None:
    """People forget to bump half of the markers: direct answers with another one, of the same author and run."""
    for mail in _own_answers(work, draft):
        if numbered(mail) and mail.total == draft.total and mail.number not in draft.places and mail.number is not None:
            dates = [other.date for other in draft.places.values()] + [draft.root.date]
            if mail.number <= (draft.total or 0) and min(abs(mail.date - date) for date in dates) <= RUN_SECONDS:
                work.place(draft, mail, mail.number)


def _take_other_total(work: Drafting, draft: Draft) -> None:
    """A cover letter without patches takes its author's answers of one other total; a `0/1` an unnumbered one."""
    if draft.places or draft.cover is None:
        return
    cover = draft.cover
    answers = _own_answers(work, draft)
    run = next((run for run in runs(sorted([cover, *answers], key=lambda mail: mail.order)) if cover in run), [])
    mails = [mail for mail in run if mail is not cover]
    totals = {mail.total for mail in mails if numbered(mail)}
    if len(totals) == 1:
        draft.total = totals.pop()
        _take(work, draft, [mail for mail in mails if numbered(mail)])
    elif not totals and draft.total == 1 and mails:
        work.place(draft, mails[0], 1)


def _own_answers(work: Drafting, draft: Draft) -> list[Mail]:
    cover = draft.cover
    assert cover is not None
    return [
        mail
        for mail in work.children[cover.message_id]
        if work.kinds[mail.id] == PATCH and mail.author == cover.author and mail.id not in work.of
    ]


def _repost(work: Drafting, draft: Draft, left: Sequence[Mail]) -> None:
    """Orders that were taken: one is a partial reroll, two or more are a posting of their own with the same cover."""
    for run in runs(left):
        fresh: list[Draft] = []
        for mail in run:
            assert mail.number is not None
            if not fresh or mail.number in fresh[-1].places:
                fresh.append(Draft(mail.author, work.markers[mail.id], draft.total))
            work.place(fresh[-1], mail, mail.number)
        for again in fresh:
            if len(again.places) > 1:
                again.cover, again.shares_cover = draft.cover, True
            else:
                (place,) = again.places
                again.answered = draft.places[place]
            work.open(again)


def _gather(work: Drafting, patches: Sequence[Mail]) -> None:
    """Patches without a cover letter: each joins the posting of the patch it answers, or of what answers the same."""
    beside: dict[tuple[str | None, str, Marker, int | None], list[Draft]] = defaultdict(list)
    for mail in sorted(patches, key=lambda mail: (work.tree.depth(mail.message_id), mail.order)):
        marker = work.markers[mail.id]
        if not numbered(mail):
            work.place(work.open(Draft(mail.author, marker, None)), mail, 1)
            continue
        assert mail.number is not None and mail.total is not None
        key = (work.tree.parent(mail), mail.author, marker, mail.total)
        above = work.above(mail)
        candidates = [work.of[above.id]] if above is not None and above.id in work.of else []
        candidates = [draft for draft in candidates if _continues(draft, mail, marker)]
        if key[0] is not None:
            candidates += [draft for draft in reversed(beside[key]) if mail.date - draft.last <= RUN_SECONDS]
        draft = next((draft for draft in candidates if _may_join(work, draft, mail)), None)
        if draft is None:
            draft = work.open(Draft(mail.author, marker, mail.total))
            beside[key].append(draft)
            work.place(draft, mail, mail.number)
        elif mail.number > mail.total:
            work.extend(draft, mail)
        else:
            work.place(draft, mail, mail.number)


def _may_join(work: Drafting, draft: Draft, mail: Mail) -> bool:
    """Whether the place is free, and no announced partial reroll would gain or lose a patch."""
    sealed = {work.announced.get(other.id) for other in draft.places.values()}
    return mail.number not in draft.places and sealed == {work.announced.get(mail.id)}


def _continues(draft: Draft, mail: Mail, marker: Marker) -> bool:
    return (draft.cover, draft.author, draft.marker, draft.total) == (None, mail.author, marker, mail.total)


def _find_partial_rerolls(work: Drafting) -> None:
    for draft in list(work.drafts):
        if draft.cover is not None or draft.answered is not None or (draft.is_full and (draft.total or 1) > 1):
            continue
        for mail in draft.places.values():
            above = work.above(mail)
            if above is not None and work.kinds[above.id] == PATCH and _replaces(work, mail, above):
                draft.answered = above
                break
    partial = [draft for draft in work.drafts if draft.answered is not None]
    _join_partial_rerolls(work, sorted(partial, key=lambda draft: draft.root.order))


def _replaces(work: Drafting, mail: Mail, above: Mail) -> bool:
    """Whether a patch takes the place of the patch it answers."""
    if above.id not in work.of:
        return False
    if mail.name_key == above.name_key:
        return True
    if mail.author != above.author:
        return False
    if numbered(mail) and (mail.number, mail.total) == (above.number, above.total):
        return True
    return work.markers[mail.id] > work.markers[above.id] and bool(set(mail.files) & set(above.files))


def _join_partial_rerolls(work: Drafting, partial: Sequence[Draft]) -> None:
    """Replacements of one author, reroll, total and run, for one posting, are one posting."""
    last: dict[tuple[int, str, Marker, int], Draft] = {}
    for draft in partial:
        if draft.total is None or draft.total < 2:
            continue
        base = _base(work, draft)
        key = (id(base), draft.author, draft.marker, draft.total)
        earlier = last.get(key)
        if (
            earlier is None
            or draft.root.date - earlier.last > RUN_SECONDS
            or not all(_may_join(work, earlier, mail) for mail in draft.places.values())
        ):
            last[key] = draft
            continue
        _merge(work, earlier, draft)
        if earlier.is_full:
            earlier.answered = None


def _base(work: Drafting, draft: Draft) -> Draft:
    """The posting, not itself a partial reroll, that a partial reroll is of in the end."""
    seen = {id(draft)}
    while draft.answered is not None and id(work.of[draft.answered.id]) not in seen:
        draft = work.of[draft.answered.id]
        seen.add(id(draft))
    return draft


def _merge(work: Drafting, draft: Draft, other: Draft) -> None:
    for place, mail in other.places.items():
        work.place(draft, mail, place)
    for mail in other.extras:
        work.extend(draft, mail)
    if draft.cover is None:
        draft.cover = other.cover
    work.drafts.remove(other)


def _join_unthreaded(work: Drafting) -> None:
    """Mails that name no others: of one author, reroll and total, in one run, with orders that do not clash."""
    groups: dict[tuple[str, Marker, int], list[Draft]] = defaultdict(list)
    for draft in work.drafts:
        if draft.total is not None and draft.answered is None and not draft.shares_cover and not draft.root.references:
            groups[draft.author, draft.marker, draft.total].append(draft)
    for drafts in groups.values():
        open_drafts: list[tuple[Draft, int]] = []
        for draft in sorted(drafts, key=lambda draft: draft.root.order):
            date = draft.root.date
            fitting = [
                (other.root.prefix != draft.root.prefix, date - last, number)
                for number, (other, last) in enumerate(open_drafts)
                if date - last <= RUN_SECONDS and not _clash(other, draft)
            ]
            if fitting:
                number = min(fitting)[2]
                other = open_drafts[number][0]
                _merge(work, other, draft)
                open_drafts[number] = (other, date)
            else:
                open_drafts.append((draft, date))


def _clash(one: Draft, other: Draft) -> bool:
    return (one.cover is not None and other.cover is not None) or bool(one.places.keys() & other.places.keys())
