"""Patches without a cover letter find together: by whom they answer, else by when they were sent (section 3)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from projector.assembly.draft import RUN_SECONDS, Draft, Drafting, Marker, numbered
from projector.assembly.mail import Mail

BESIDE_MAX = 50
"""So many postings that were begun last are looked at for one that a patch, or a part of a run, fits into."""


def gather(work: Drafting, patches: Iterable[Mail]) -> None:
    """Each patch joins the posting of the patch that it answers, or of what answers the same; or it opens one."""
    beside: dict[tuple[str | None, bytes, Marker, int | None], list[Draft]] = defaultdict(list)
    for draft in work.drafts:
        if draft.cover is not None and not draft.places:
            beside[work.tree.parent(draft.cover), draft.author, draft.marker, draft.total].append(draft)
    for mail in sorted(patches, key=work.tree.depth):
        marker = work.markers[mail.id]
        if not numbered(mail):
            work.place(work.open(Draft(mail.author, marker, None)), mail, 1)
            continue
        parent = work.tree.parent(mail)
        siblings = beside[parent, mail.author, marker, mail.total]
        found = _joined(work, mail, marker, siblings if parent is not None else ())
        if found is None:
            found = work.open(Draft(mail.author, marker, mail.total))
            siblings.append(found)
        work.place(found, mail, mail.number or 0)


def join_unthreaded(work: Drafting) -> None:
    """Mails that name no others: of one author, reroll and total, in one run, with orders that do not clash."""
    groups: dict[tuple[bytes, Marker, int], list[Draft]] = defaultdict(list)
    for draft in work.drafts:
        stands_alone = draft.answered is not None or draft.shares_cover or draft.is_whole
        if draft.total is not None and not stands_alone and not draft.root.references:
            groups[draft.author, draft.marker, draft.total].append(draft)
    merged: set[Draft] = set()
    for drafts in groups.values():
        taken_in: list[Draft] = []
        for draft in sorted(drafts, key=lambda draft: draft.root.order):
            fitting = [other for other in taken_in[-BESIDE_MAX:] if _fits_beside(draft, other)]
            if fitting:
                nearest = min(reversed(fitting), key=lambda other: _distance(draft, other))
                work.merge(nearest, draft)
                merged.add(draft)
            else:
                taken_in.append(draft)
    if merged:
        work.drafts = [draft for draft in work.drafts if draft not in merged]


def join_lost_covers(work: Drafting) -> None:
    """A cover letter without patches whose id a relay changed: those of its author, marker, total and run are its, if
    they answer a mail that never came.
    """
    covers = [draft for draft in work.drafts if draft.cover is not None and not draft.places]
    lost: dict[tuple[bytes, Marker, int | None], list[Draft]] = defaultdict(list)
    for draft in work.drafts if covers else ():
        if draft.cover is None and draft.answered is None and _answers_nothing(work, draft.root):
            lost[draft.author, draft.marker, draft.total].append(draft)
    for draft in covers:
        assert draft.cover is not None
        date = draft.cover.date
        fitting = lost[draft.author, draft.marker, draft.total]
        near = [other for other in fitting if abs(other.root.date - date) <= RUN_SECONDS]
        if near and _answers_nothing(work, draft.cover, also_root=True):
            nearest = min(near, key=lambda other: (abs(other.root.date - date), other.root.order))
            work.merge(draft, nearest)
            fitting.remove(nearest)
            work.drafts.remove(nearest)


def _answers_nothing(work: Drafting, mail: Mail, *, also_root: bool = False) -> bool:
    """Whether a mail answers one that never came. also_root: or none at all."""
    parent = work.tree.parent(mail)
    return also_root if parent is None else parent not in work.tree.mails


def _joined(work: Drafting, mail: Mail, marker: Marker, siblings: Sequence[Draft]) -> Draft | None:
    """The posting that a patch joins: that of the patch above it, else the newest that answers the same in one run."""
    above = work.above[mail.message_id]
    draft = work.of.get(above.id) if above is not None else None
    candidates = [other for other in siblings[: -BESIDE_MAX - 1 : -1] if mail.date - other.last <= RUN_SECONDS]
    is_extra = (mail.number or 0) > (mail.total or 0) and mail.reroll is None
    if draft is not None and (draft.author, draft.total) == (mail.author, mail.total):
        candidates[:0] = [draft] if draft.marker == marker or is_extra else []
    return next((other for other in candidates if work.may_join(other, mail)), None)


def _fits_beside(draft: Draft, other: Draft) -> bool:
    """Whether a posting can be a part of one that began before it."""
    two_covers = draft.cover is not None and other.cover is not None
    return (
        draft.root.date - other.last <= RUN_SECONDS and not two_covers and other.places.keys().isdisjoint(draft.places)
    )


def _distance(draft: Draft, other: Draft) -> tuple[bool, int]:
    """How far a posting is from one that it may be a part of: another prefix is farther than any time."""
    return (draft.root.prefix != other.root.prefix, draft.root.date - other.last)
