"""A posting: the set of patches, with an optional cover letter, that one `git send-email` sent."""

from collections.abc import Iterable, Mapping, Sequence, Set
from functools import cached_property

import msgspec

from projector.assembly.draft import PARTIAL_SECONDS
from projector.assembly.drafts import RUN_SECONDS, Draft, Drafting, draft_postings
from projector.assembly.mail import COMMENT, PULL_REQUEST, Mail
from projector.assembly.tree import Tree, build_tree

MESSAGE_ID, CHANGE_ID = "message-id", "change-id"
"""The kinds of names in `depends_on`: before the first colon."""
ANSWERS_MAX = 25
"""So many of the covers and patches that a posting answers are looked at."""


class PostedPatch(msgspec.Struct, frozen=True, array_like=True):
    """A patch at its place. For a partial reroll the place is the one that it takes in the revision before."""

    place: int
    id: int
    name_key: bytes


class Posting(msgspec.Struct, frozen=True, array_like=True, dict=True):
    """One posting, worked out from the mails of its threads. Mails are named by record id, dates in seconds of 1970.

    id is the record id of the mail that stands for it. answers: the covers and patches above its root, nearest first;
    of a partial reroll, the patch it replaces comes first. received and source: of the mail that came last. author,
    name_key, files and delegate are keys, as in `schemas.mail.Keys`.
    """

    id: int
    cover: int | None
    patches: tuple[PostedPatch, ...]
    extras: tuple[int, ...]
    total: int
    is_numbered: bool
    is_full: bool
    is_partial: bool
    reroll: tuple[int, ...]
    author: bytes
    submitter: int
    """The mail whose author submitted it, and whose title is its name: the cover letter, else the lowest patch."""
    name_key: bytes
    is_named: bool
    """Whether its series is called by its name: with a cover letter, or as a single patch."""
    prefix: tuple[str, ...]
    date: int
    first: str
    """The Message-ID of its earliest mail."""
    answers: tuple[int, ...]
    files: tuple[bytes, ...]
    """Of a single patch, with a cover letter or without, the files it touches."""
    change_ids: tuple[str, ...]
    supersedes: tuple[str, ...]
    runs: tuple[int, ...]
    """The half hours in which it was sent, as far as its mails name no others: by these such mails find together."""
    received: int
    source: str
    depends_on: tuple[str, ...] = ()
    """What its mails depend on, "message-id:ID" or "change-id:ID", sorted; its own change-id is none."""
    delegate: bytes = b""
    """Whom its mails name as reviewer: the cover letter, else the lowest patch that names somebody."""
    repeats: int | None = None
    """Of a rerun, which has no mails of its own, the posting that it is a copy of; None for what was posted."""

    is_verified: bool = True
    """Whether nothing is known against its author being who From says, as far as the project asks."""
    is_apart: bool = False
    """Whether it would be a partial reroll, and there are enough of its posting: then the patch that it would replace
    comes first in answers."""

    @cached_property
    def order(self) -> tuple[int, str]:
        """Where the posting stands among others: by the Date of its earliest mail, then by that mail's Message-ID."""
        return (self.date, self.first)

    @cached_property
    def mails(self) -> tuple[int, ...]:
        """Its cover letter, patches and extras."""
        cover = (self.cover,) if self.cover is not None else ()
        return cover + tuple([patch.id for patch in self.patches]) + self.extras

    @cached_property
    def patch_names(self) -> frozenset[bytes]:
        return frozenset(patch.name_key for patch in self.patches)


Made = tuple[tuple[object, ...], Posting]
"""All that a posting was made of, and the posting."""


class Assembled(msgspec.Struct, frozen=True):
    """What a set of mails comes to. kinds and targets by record id; a target is what a comment is about.

    tree and about: who answers whom, and the nearest cover letter, patch or pull request above, as in `Drafting`.
    made: by the record id of the first mail of each.
    """

    postings: tuple[Posting, ...]
    kinds: dict[int, str]
    targets: dict[int, int | None]
    tree: Tree
    about: dict[str, Mail | None]
    made: dict[int, Made]


def assemble(
    mails: Iterable[Mail],
    anchors: Iterable[int] = (),
    announced: Mapping[int, int] | None = None,
    partial_seconds: int = PARTIAL_SECONDS,
    made: Mapping[int, Made] | None = None,
) -> Assembled:
    """Find the postings of a set of mails with different Message-IDs, which has all mails of the threads it touches.

    `anchors` are ids of postings found before: a posting that has such a mail keeps its id (the lowest); another is
    called by the lowest record id of its mails. `announced` names the partial reroll of each patch that was announced
    in one; partial_seconds says how far apart the replacements of single patches lie that are of one posting. `made`
    has postings that were made before: one of the same parts is not made anew; None: nothing is kept for a next time.
    Postings come in the order of their date.
    """
    work = draft_postings(build_tree(mails), announced or {}, partial_seconds)
    known, again = frozenset(anchors), {}
    if made is None:
        found = [finish(work, draft, known) for draft in work.drafts]
    else:
        again = {draft.root.id: _make(work, draft, known, made.get(draft.root.id)) for draft in work.drafts}
        found = [posting for _, posting in again.values()]
    postings = sorted(found, key=lambda posting: posting.order)
    return Assembled(tuple(postings), work.kinds, _targets(work), work.tree, work.about, again)


def is_continued_by(posting: Posting, later: Posting) -> bool:
    """Whether replacements of single patches were sent with those of a posting, and came too late to be put there."""
    together = (posting.author, posting.reroll, posting.total, posting.is_numbered)
    is_one_run = abs(later.date - posting.date) <= RUN_SECONDS
    are_partial = posting.is_partial and later.is_partial and later.is_numbered
    places = {patch.place for patch in posting.patches}
    return (
        are_partial
        and is_one_run
        and together == (later.author, later.reroll, later.total, later.is_numbered)
        and places.isdisjoint(patch.place for patch in later.patches)
    )


def repeat(posting: Posting, id: int) -> Posting:
    """A posting's rerun, called `id`: without mails, right behind it in order."""
    return msgspec.structs.replace(
        posting,
        id=id,
        cover=None,
        patches=(),
        extras=(),
        is_full=True,
        is_partial=False,
        first=f"{posting.first} {id:019}",
        answers=(),
        files=(),
        change_ids=(),
        supersedes=(),
        runs=(),
        depends_on=(),
        repeats=posting.id,
    )


def half_hour(mail: Mail) -> int:
    """The half hour since 1970 in which a mail was sent, by its Date."""
    return mail.date // RUN_SECONDS


def _runs(tree: Tree, own: Iterable[Mail]) -> tuple[int, ...]:
    """The half hours in which those were sent that answer nothing, or a mail that never came."""
    return tuple(sorted({half_hour(mail) for mail in own if mail.total is not None and is_loose(tree, mail)}))


def is_loose(tree: Tree, mail: Mail) -> bool:
    """Whether nothing that came stands above a mail, so that only when it was sent says what it belongs to."""
    parent = tree.parent(mail)
    return not mail.references or (parent is not None and parent not in tree.mails)


def finish(work: Drafting, draft: Draft, anchors: frozenset[int]) -> Posting:
    """The posting that a draft comes to. anchors: as in `assemble`."""
    own = draft.mails()
    members = {mail.id for mail in own}
    id = min(members & anchors or members)
    return _posting(work, draft, id, own, _answers(work, draft, members), _runs(work.tree, own))


def _make(work: Drafting, draft: Draft, anchors: frozenset[int], before: Made | None) -> Made:
    """As `finish`, or the posting before if that was made of the same; with all that it is made of.

    Nothing else of the draft or of the others may be asked for in `_posting`.
    """
    own = draft.mails()
    members = {mail.id for mail in own}
    id, answers, runs = min(members & anchors or members), _answers(work, draft, members), _runs(work.tree, own)
    said = (draft.author, draft.marker, draft.total, draft.floor, draft.shares_cover, draft.is_apart, draft.is_partial)
    markers = [work.markers[mail.id] for mail in own]
    takes = [work.replaced[mail.id] for mail in draft.places.values()] if draft.is_partial else []
    parts = (id, answers, runs, own, [*draft.places], draft.cover, draft.excused, said, markers, takes)
    if before is not None and before[0] == parts:
        return before
    return parts, _posting(work, draft, id, own, answers, runs)


def _posting(
    work: Drafting, draft: Draft, id: int, own: Sequence[Mail], answers: tuple[int, ...], runs: tuple[int, ...]
) -> Posting:
    cover, head = draft.cover, draft.head
    earliest = min(own, key=lambda mail: mail.order)
    latest = max(own, key=lambda mail: (mail.received, mail.id))
    only = next(iter(draft.places.values())) if (draft.total or 1) == len(draft.places) == 1 else None
    return Posting(
        id=id,
        cover=cover.id if cover is not None else None,
        patches=_patches(work, draft),
        extras=tuple(mail.id for mail in sorted(draft.extras, key=lambda mail: (mail.number or 0, mail.order))),
        total=1 if draft.total is None else draft.total,
        is_numbered=draft.total is not None,
        is_full=draft.is_full,
        is_partial=draft.is_partial,
        reroll=work.reroll(draft),
        author=head.author,
        submitter=head.id,
        name_key=head.name_key,
        is_named=cover is not None or only is not None,
        prefix=head.prefix,
        date=earliest.date,
        first=earliest.message_id,
        answers=answers,
        files=only.files if only is not None else (),
        change_ids=tuple(sorted({mail.change_id for mail in own if mail.change_id is not None})),
        supersedes=tuple(sorted({name for mail in own for name in mail.supersedes})),
        runs=() if draft.is_whole else runs,
        received=latest.received,
        source=latest.source,
        depends_on=_depends_on(own),
        is_verified=all(mail.is_verified is not False for mail in own),
        delegate=next((mail.delegate for mail in [head, *own] if mail.delegate), b""),
        is_apart=draft.is_apart,
    )


def _depends_on(own: Sequence[Mail]) -> tuple[str, ...]:
    names = {name for mail in own for name in mail.depends_on}
    if not names:
        return ()
    return tuple(sorted(names - {f"{CHANGE_ID}:{mail.change_id}" for mail in own}))


def _patches(work: Drafting, draft: Draft) -> tuple[PostedPatch, ...]:
    """The patches at their places; of a partial reroll, those that they take in the revision before."""
    if not draft.is_partial:
        return tuple(PostedPatch(place, mail.id, mail.name_key) for place, mail in sorted(draft.places.items()))
    places = sorted((work.replaced[mail.id], mail.order, mail) for mail in draft.places.values())
    return tuple(PostedPatch(place, mail.id, mail.name_key) for place, _, mail in places)


def _answers(work: Drafting, draft: Draft, own: Set[int]) -> tuple[int, ...]:
    """The covers and patches above a posting's root, nearest first, behind the patch that a partial reroll replaces.

    own: its mails.
    """
    mail = work.above[draft.root.message_id]
    first = () if draft.answered is None else (draft.answered.id,)
    if len(work.drafts) > 1:  # of one alone nobody shares what stands above it, however much that is
        line = _line(work, mail)
        first = () if first == line[:1] else first
        if own.isdisjoint(line) and not {*first} & {*line}:
            return (*first, *line)[:ANSWERS_MAX]
    names = dict.fromkeys(first)
    while mail is not None and len(names) < ANSWERS_MAX:
        if mail.id not in own and work.kinds[mail.id] != PULL_REQUEST:
            names[mail.id] = None
        mail = work.above[mail.message_id]
    return tuple(names)


def _line(work: Drafting, mail: Mail | None) -> tuple[int, ...]:
    """A cover letter or patch and those above it, nearest first, as many as are looked at; pull requests are none."""
    todo = []
    while mail is not None and mail.id not in work.lines:
        todo.append(mail)
        mail = work.above[mail.message_id]
    line = work.lines[mail.id] if mail is not None else ()
    for below in reversed(todo):
        line = (below.id, *line[: ANSWERS_MAX - 1]) if work.kinds[below.id] != PULL_REQUEST else line
        work.lines[below.id] = line
    return line


def _targets(work: Drafting) -> dict[int, int | None]:
    """For each comment the nearest patch, cover letter or pull request above it; None where there is none."""
    targets: dict[int, int | None] = {}
    for mail in work.mails:
        if work.kinds[mail.id] == COMMENT:
            about = work.about[mail.message_id]
            targets[mail.id] = about.id if about is not None else None
    return targets
