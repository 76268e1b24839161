"""Groups the patches of a set of mails by what was sent in one go (assembly, section 3).

`draft_postings` goes through the rules in their order: covers take theirs, then patches gather by whom they answer,
then replacements are told from postings of their own, then what was sent without any threading finds together.
"""

from collections.abc import Mapping

from projector.assembly.covers import fill_covers, find_covers
from projector.assembly.draft import PARTIAL_SECONDS, RUN_SECONDS, Draft, Drafting, read_markers
from projector.assembly.gathering import gather, join_lost_covers, join_unthreaded
from projector.assembly.ignored import excuse_ignored
from projector.assembly.mail import COMMENT, PATCH, PULL_REQUEST, Mail
from projector.assembly.repeats import POSTED, repeats
from projector.assembly.rerolls import find_partial_rerolls
from projector.assembly.tree import Tree
from projector.assembly.untagged import number_untagged

__all__ = ["RUN_SECONDS", "Draft", "Drafting", "draft_postings"]


def draft_postings(tree: Tree, announced: Mapping[int, int], partial_seconds: int = PARTIAL_SECONDS) -> Drafting:
    """Draft the postings of a tree's mails, and say of each mail what it is now that the others are known."""
    tree = number_untagged(tree)
    mails = sorted(tree.mails.values(), key=lambda mail: (mail.date, mail.message_id))
    patches = [mail for mail in mails if mail.kind == PATCH]
    answers: dict[str, list[Mail]] = {}
    for mail in patches:
        parent = tree.parent(mail)
        if parent is not None:
            answers.setdefault(parent, []).append(mail)
    kinds = {mail.id: mail.kind for mail in mails}
    work = Drafting(tree, mails, kinds, read_markers(mails), answers, announced, partial_seconds=partial_seconds)
    find_covers(work)
    work.about = nearest_above(tree, kinds)
    work.above = work.about
    if PULL_REQUEST in kinds.values():
        work.above = {}
        for name, about in work.about.items():  # in their order: those above come first
            is_pull = about is not None and kinds[about.id] == PULL_REQUEST
            work.above[name] = work.above[about.message_id] if about is not None and is_pull else about
    fill_covers(work)
    if work.sent_again:
        work.above = {name: _standing_above(work, name) for name in work.above}
    gather(work, [mail for mail in patches if mail.id not in work.of and kinds[mail.id] == PATCH])
    find_partial_rerolls(work)
    join_unthreaded(work)
    join_lost_covers(work)
    _set_extras_aside(work)
    excuse_ignored(work)
    return work


def nearest_above(tree: Tree, kinds: dict[int, str]) -> dict[str, Mail | None]:
    """Message-ID -> the nearest cover letter, patch or pull request above.

    A patch that only repeats the one above is a comment; so it is in `kinds` from then on.
    """
    above: dict[str, Mail | None] = {}
    mails, parents = tree.mails, tree.parents
    for name in tree.depths:
        parent = parents.get(name)
        if parent is None:
            above[name] = None
        else:
            mail = mails.get(parent)
            is_posted = mail is not None and kinds[mail.id] in POSTED
            nearest = above[name] = mail if is_posted else above[parent]
            own = mails.get(name)
            if (
                own is not None
                and kinds[own.id] == PATCH
                and repeats(own, nearest, kinds.get(nearest.id) if nearest is not None else None)
            ):
                kinds[own.id] = COMMENT
    return above


def _standing_above(work: Drafting, name: str) -> Mail | None:
    """The nearest cover letter or patch above a name, or what was sent again for it, unless that stands deeper: what
    was sent again may answer what it was sent for, and nothing stands above itself.
    """
    above = work.above[name]
    while above is not None and above.id in work.sent_again:
        again = work.sent_again[above.id]
        if work.tree.depth(again) < work.tree.depths[name]:
            return again
        above = work.above[above.message_id]
    return above


def _set_extras_aside(work: Drafting) -> None:
    """A patch numbered beyond the total has a place of its own only where there is nothing that it is an extra to."""
    for draft in work.drafts:
        beyond = [place for place in draft.places if draft.total is not None and place > draft.total]
        if beyond and (draft.cover is not None or len(beyond) < len(draft.places)):
            draft.extras += [draft.places.pop(place) for place in beyond]
