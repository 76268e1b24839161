"""A posting: the set of patches, with an optional cover letter, that one `git send-email` sent."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from projector.assembly.drafts import RUN_SECONDS, Draft, Drafting, draft_postings
from projector.assembly.mail import COMMENT, COVER, PATCH, Mail
from projector.assembly.subject import closing_reroll
from projector.assembly.tree import Tree, build_tree

_KERNEL = re.compile(r"(?:linux-|stable-)?v?\d+\.\d+(?:\.(?:\d+|[xy]))?")


class PostedPatch(msgspec.Struct, frozen=True, array_like=True):
    """A patch at its place. For a partial reroll the place is the one that it takes in the revision before."""

    place: int
    id: int
    name_key: str


class Posting(msgspec.Struct, frozen=True, array_like=True):
    """One posting, worked out from the mails of its threads. Mails are named by record id, dates in seconds of 1970.

    id is the record id of the mail that stands for it. answers: the covers and patches above its root, nearest first;
    of a partial reroll, the patch it replaces comes first. received and source: of the mail that came last.
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
    has_marker: bool
    author: str
    submitter: int
    """The mail whose author submitted it: the cover letter, else the lowest patch."""
    name: str
    name_key: str
    shown_name: str
    """What its series is called: the cover letter's subject, a single patch's, or `Series without cover letter`."""
    prefix: tuple[str, ...]
    date: int
    first: str
    """The Message-ID of its earliest mail."""
    answers: tuple[int, ...]
    files: tuple[str, ...]
    """Of a single patch, the files it touches."""
    change_ids: tuple[str, ...]
    supersedes: tuple[str, ...]
    runs: tuple[int, ...]
    """The half hours in which it was sent, as far as its mails name no others: by these such mails find together."""
    received: int
    source: str

    @property
    def order(self) -> tuple[int, str]:
        """Where the posting stands among others: by the Date of its earliest mail, then by that mail's Message-ID."""
        return (self.date, self.first)

    @property
    def mails(self) -> tuple[int, ...]:
        """Its cover letter, patches and extras."""
        cover = (self.cover,) if self.cover is not None else ()
        return cover + tuple(patch.id for patch in self.patches) + self.extras

    @property
    def patch_names(self) -> frozenset[str]:
        return frozenset(patch.name_key for patch in self.patches)

    @property
    def kernels(self) -> frozenset[str]:
        """The stable kernels that its prefix names."""
        return frozenset(word for token in self.prefix for word in token.split("/") if _KERNEL.fullmatch(word))


class Assembled(msgspec.Struct, frozen=True):
    """What a set of mails comes to. kinds and targets by record id; a target is what a comment is about."""

    postings: tuple[Posting, ...]
    kinds: dict[int, str]
    targets: dict[int, int | None]


def assemble(
    mails: Iterable[Mail], anchors: Iterable[int] = (), announced: Mapping[int, int] | None = None
) -> Assembled:
    """Find the postings of a set of mails with different Message-IDs, which has all mails of the threads it touches.

    `anchors` are ids of postings found before: a posting that has such a mail keeps its id (the lowest); another is
    called by the lowest record id of its mails. `announced` names the partial reroll of each patch that was announced
    in one. Postings come in the order of their date.
    """
    tree = build_tree(mails)
    work = draft_postings(tree, announced or {})
    known = frozenset(anchors)
    postings = sorted((_finish(work, draft, known) for draft in work.drafts), key=lambda posting: posting.order)
    return Assembled(tuple(postings), work.kinds, _targets(tree, work.kinds))


def half_hour(mail: Mail) -> int:
    """The half hour since 1970 in which a mail was sent, by its Date."""
    return mail.date // RUN_SECONDS


def _finish(work: Drafting, draft: Draft, anchors: frozenset[int]) -> Posting:
    patches = tuple(_places(work, draft))
    cover = draft.cover
    own = [mail for mail in [None if draft.shares_cover else cover, *draft.patches()] if mail is not None]
    head = cover if cover is not None else draft.places[min(draft.places)]
    earliest = min(own, key=lambda mail: mail.order)
    latest = max(own, key=lambda mail: (mail.received, mail.id))
    members = {mail.id for mail in own}
    marked = draft.marker != (1,) or any(mail.reroll is not None for mail in own)
    single = cover is None and len(patches) == 1 and (draft.total or 1) == 1
    return Posting(
        id=min(members & anchors or members),
        cover=cover.id if cover is not None else None,
        patches=patches,
        extras=tuple(mail.id for mail in sorted(draft.extras, key=lambda mail: (mail.number or 0, mail.order))),
        total=1 if draft.total is None else draft.total,
        is_numbered=draft.total is not None,
        is_full=draft.is_full,
        is_partial=draft.answered is not None,
        reroll=draft.marker if marked else closing_reroll(head.title) or (1,),
        has_marker=marked,
        author=head.author,
        submitter=head.id,
        name=head.title,
        name_key=head.name_key,
        shown_name=head.title if cover is not None or single else "Series without cover letter",
        prefix=head.prefix,
        date=earliest.date,
        first=earliest.message_id,
        answers=_answers(work, draft),
        files=next(iter(draft.places.values())).files if single else (),
        change_ids=tuple(sorted({mail.change_id for mail in own if mail.change_id is not None})),
        supersedes=tuple(sorted({name for mail in own for name in mail.supersedes})),
        runs=tuple(sorted({half_hour(mail) for mail in own if not mail.references and mail.total is not None})),
        received=latest.received,
        source=latest.source,
    )


def _places(work: Drafting, draft: Draft) -> list[PostedPatch]:
    """The patches at their places; of a partial reroll, those that they take in the revision before."""
    places = []
    for place, mail in sorted(draft.places.items()):
        where = place
        if draft.answered is not None:
            above = work.above(mail)
            target = above if above is not None and above.id in work.of else draft.answered
            if work.of[target.id].total != draft.total:
                where = _place_of(work, target)
        places.append(PostedPatch(where, mail.id, mail.name_key))
    return sorted(places, key=lambda patch: patch.place)


def _place_of(work: Drafting, mail: Mail) -> int:
    """The place of a patch in what it was posted in; of a replacement without one, that of what it replaced."""
    seen: set[int] = set()
    while mail.id not in seen:
        seen.add(mail.id)
        draft = work.of[mail.id]
        if draft.answered is None or draft.total is not None:
            return next((place for place, other in draft.places.items() if other is mail), 0)
        mail = draft.answered
    return 1


def _answers(work: Drafting, draft: Draft) -> tuple[int, ...]:
    own = {mail.id for mail in draft.patches()}
    above = (mail.id for mail in work.tree.ancestors(draft.root.message_id) if work.kinds[mail.id] in (COVER, PATCH))
    first = [draft.answered.id] if draft.answered is not None else []
    return tuple(dict.fromkeys(name for name in [*first, *above] if name not in own))[:100]


def _targets(tree: Tree, kinds: Mapping[int, str]) -> dict[int, int | None]:
    """For each comment the nearest patch or cover letter above it; None where there is none."""
    targets: dict[int, int | None] = {}
    for mail in tree.mails.values():
        if kinds[mail.id] == COMMENT:
            above = (other.id for other in tree.ancestors(mail.message_id) if kinds[other.id] in (COVER, PATCH))
            targets[mail.id] = next(above, None)
    return targets
