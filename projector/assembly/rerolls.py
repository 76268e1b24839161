"""Tells replacements of single patches from postings of their own (assembly, section 3: partial rerolls)."""

from collections import Counter
from collections.abc import Sequence

from projector.assembly.draft import Draft, Drafting, Marker, numbered
from projector.assembly.mail import PATCH, Mail
from projector.assembly.subject import name_other_kernels

REPLACED_MAX = 50
"""So many patches of one posting are replaced by its author, and so many by others, those that came first; each makes
a copy of the revision before. Further ones are postings of their own.
"""


def find_partial_rerolls(work: Drafting) -> None:
    """Find the partial rerolls, join those that were sent together, and give their patches places."""
    openers = [(draft.opener, draft) for draft in work.drafts if draft.cover is None and draft.opener is not None]
    for opener, draft in sorted(openers, key=lambda pair: work.tree.depth(pair[0])):
        above = work.above[opener.message_id]
        if above is not None:
            _compare(work, draft, above)
    partial = [draft for draft in work.drafts if draft.answered is not None]
    if partial:
        _set_apart(partial)
        _join(work, sorted(partial, key=lambda draft: draft.root.order))
        _give_places(work, [draft for draft in work.drafts if draft.is_partial])


def _compare(work: Drafting, draft: Draft, above: Mail) -> None:
    """Tell whether a posting replaces patches of what it answers, whose orders it may have taken, or is its own."""
    base = _base(work.of[above.id])
    is_whole = draft.is_full and draft.total is not None and draft.total > 1
    answered = None
    replaces_one = not is_whole and work.kinds[above.id] == PATCH and _replaces_any(work, draft, above)
    if replaces_one and not _is_squashed(work, draft, above, base):
        answered = above
    elif holder := _holder(work, draft, base):
        if len(draft.places) == 1:
            answered = holder
        else:
            draft.cover, draft.shares_cover = base.cover, base.cover is not None
    if answered is not None:
        draft.answered, draft.base, draft.floor = answered, base, work.reroll(work.of[answered.id])


def _holder(work: Drafting, draft: Draft, base: Draft) -> Mail | None:
    """Of a posting with an order that is taken in another one, and does not answer who has it: who has it."""
    for number, mail in draft.places.items() if draft.total is not None and draft.total == base.total else ():
        holder = base.places.get(number)
        if (
            holder is not None
            and holder is not work.above[mail.message_id]
            and (mail.author == holder.author or _continues(work, mail, holder))
            and not name_other_kernels(mail.prefix, holder.prefix)
        ):
            return holder
    return None


def _is_squashed(work: Drafting, draft: Draft, above: Mail, base: Draft) -> bool:
    """Whether a posting is a single patch in place of several, not of the one that it answers alone."""
    mail = draft.places.get(1) if (draft.total or 1) == 1 else None
    replaced = _replaced(work, above, base)
    others = [other for other in base.places.values() if other is not replaced]
    return mail is not None and any(not adds_files(mail, above).isdisjoint(other.files) for other in others)


def _replaced(work: Drafting, mail: Mail, base: Draft) -> Mail:
    """The patch of a posting in whose place another one stands by now, directly or in that of others."""
    while (draft := work.of[mail.id]) is not base and draft.answered is not None:
        if draft.total == base.total and mail.number in base.places:
            return base.places[mail.number]
        mail = draft.answered
    return mail


def adds_files(mail: Mail, above: Mail) -> set[bytes]:
    """The files that a patch touches, and the one that it answers does not: where these are those of another patch of
    the series, it was made of several.
    """
    return set(mail.files).difference(above.files)


def _base(draft: Draft) -> Draft:
    """The posting, not itself a partial reroll, that a posting is of."""
    return draft.base if draft.answered is not None and draft.base is not None else draft


def _replaces_any(work: Drafting, draft: Draft, above: Mail) -> bool:
    """Whether one of a posting's patches takes the place of the patch that they answer."""
    return any(work.above[mail.message_id] is above and replaces(work, mail, above) for mail in draft.places.values())


def replaces(work: Drafting, mail: Mail, above: Mail) -> bool:
    """Whether a patch takes the place of the patch that it answers. One for another stable kernel never does."""
    if name_other_kernels(mail.prefix, above.prefix):
        return False
    if mail.author != above.author:
        return _continues(work, mail, above)
    if mail.name_key == above.name_key:
        return True
    if numbered(mail) and (mail.number, mail.total) == (above.number, above.total):
        return True
    return work.markers[mail.id] > work.markers[above.id] and not set(mail.files).isdisjoint(above.files)


def _continues(work: Drafting, mail: Mail, other: Mail) -> bool:
    """Whether a patch by another author may take the place of one: under the same name, with a higher marker."""
    return mail.name_key == other.name_key and work.markers[mail.id] > work.markers[other.id]


def _set_apart(partial: Sequence[Draft]) -> None:
    """Let those be postings of their own that come when there are enough."""
    replaced: Counter[tuple[Draft, bool]] = Counter()
    for draft in sorted(partial, key=lambda draft: min(mail.id for mail in draft.places.values())):
        base = _base(draft)
        replaced[base, draft.author == base.author] += len(draft.places)
        draft.is_apart = replaced[base, draft.author == base.author] > REPLACED_MAX


def _join(work: Drafting, partial: Sequence[Draft]) -> None:
    """Replacements of one author, reroll and total, sent in one go, for one posting, are one posting.

    One that has orders 1..n then is no replacement any more but a posting of its own, with the same cover.
    """
    last: dict[tuple[Draft, bytes, Marker, int], Draft] = {}
    merged: set[Draft] = set()
    for draft in partial:
        if draft.total is None or draft.total < 2 or draft.is_apart:
            continue
        key = (_base(draft), draft.author, draft.marker, draft.total)
        earlier = last.get(key)
        if (
            earlier is None
            or draft.root.date - earlier.last > work.partial_seconds
            or not _may_merge(work, earlier, draft)
        ):
            last[key] = draft
        else:
            work.merge(earlier, draft)
            merged.add(draft)
            if earlier.is_full:
                _make_whole(earlier)
    if merged:
        work.drafts = [draft for draft in work.drafts if draft not in merged]


def _may_merge(work: Drafting, draft: Draft, other: Draft) -> bool:
    return all(work.may_join(draft, mail) for mail in other.places.values())


def _make_whole(draft: Draft) -> None:
    """All of what was posted before is replaced: that is a posting of its own, with the same cover."""
    base = _base(draft)
    draft.answered = None
    if base.cover is not None and base.total == draft.total:
        draft.cover, draft.shares_cover = base.cover, True


def _give_places(work: Drafting, partial: Sequence[Draft]) -> None:
    """Say which place in the revision before each patch takes: its own where n is the same, else that of its target."""
    pairs = [(mail, place, draft) for draft in partial for place, mail in draft.places.items()]
    for mail, place, draft in sorted(pairs, key=lambda pair: work.tree.depth(pair[0])):
        target = draft.answered
        above = work.above[mail.message_id]
        if above is not None and above.id in work.of and work.of[above.id] is not draft:
            target = above
        assert target is not None
        if _base(work.of[target.id]).total != draft.total:
            place = work.replaced.get(target.id) or target.number or 1
        work.replaced[mail.id] = place
