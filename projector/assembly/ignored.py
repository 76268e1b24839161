"""Excuses what is ignored: a posting does not wait for a patch that X-Patchwork-Hint dropped (assembly, section 1)."""

from collections import defaultdict

from projector.assembly.draft import RUN_SECONDS, Draft, Drafting, Marker, numbered
from projector.assembly.mail import IGNORED, Mail


def excuse_ignored(work: Drafting) -> None:
    """Take the orders of ignored mails, where they are free, for those of patches that are there.

    It is one of the posting's author, with its reroll and total, that answers a mail of the posting, or is answered by
    what opened it, or answers the same as that in one run. One that names no other, and no other names, is in no
    posting: nobody knows where it belongs once it is gone.
    """
    ignored = [mail for mail in work.mails if work.kinds[mail.id] == IGNORED and numbered(mail)]
    if not ignored:
        return
    drafts: dict[tuple[bytes, Marker, int | None], list[Draft]] = defaultdict(list)
    for draft in work.drafts:
        if not draft.is_partial:
            drafts[draft.author, draft.marker, draft.total].append(draft)
    for mail in ignored:
        alike = drafts[mail.author, work.markers[mail.id], mail.total]
        free = [draft for draft in alike if mail.number not in draft.places and _belongs(work, draft, mail)]
        if free:
            nearest = min(free, key=lambda draft: (not _answers(work, draft, mail), _distance(draft, mail)))
            nearest.excused.add(mail.number or 0)


def _belongs(work: Drafting, draft: Draft, mail: Mail) -> bool:
    if _answers(work, draft, mail):
        return True
    parent = work.tree.parent(draft.root)
    if parent == mail.message_id:
        return True
    return parent is not None and parent == work.tree.parent(mail) and _distance(draft, mail) <= RUN_SECONDS


def _answers(work: Drafting, draft: Draft, mail: Mail) -> bool:
    above = work.above[mail.message_id]
    return above is not None and any(own.id == above.id for own in (*draft.mails(), draft.cover) if own is not None)


def _distance(draft: Draft, mail: Mail) -> int:
    """The seconds, by Date, from a mail to the nearest one of a posting."""
    return min(abs(own.date - mail.date) for own in draft.mails())
