"""Finds the one mail of a numbered series that lost its tag: the patch that the others lack (assembly, section 1)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from projector.assembly.draft import Marker, in_one_run, numbered
from projector.assembly.mail import COVER, PATCH, Mail
from projector.assembly.tree import Tree


def number_untagged(tree: Tree) -> Tree:
    """Give a mail without a tag the order that its series lacks.

    It has a diff, is no answer by its subject, and was sent in one run with the others, by their author, who threaded
    it as these are. The series lacks just one order of 1..n, and no other mail could have it. Otherwise an untagged
    diff is what it is by itself: something that was said in a discussion.
    """
    if not any(mail.may_be_patch for mail in tree.mails.values()):
        return tree
    found = {mail.message_id: mail for series in _sent_together(tree) for mail in _numbered(series)}
    return msgspec.structs.replace(tree, mails=tree.mails | found) if found else tree


def _sent_together(tree: Tree) -> Iterator[Sequence[Mail]]:
    """The patches, and what may be one, of one author below one mail, directly or through each other."""
    tops: dict[str, str] = {}
    together: dict[tuple[str, bytes], list[Mail]] = defaultdict(list)
    for name in tree.depths:
        mail = tree.mails.get(name)
        if mail is None:
            continue
        top = tops[name] = _top(mail, tree, tops)
        if mail.may_be_patch or (mail.kind == PATCH and numbered(mail)):
            together[top, mail.author].append(mail)
    yield from together.values()


def _top(mail: Mail, tree: Tree, tops: Mapping[str, str]) -> str:
    parent = tree.parent(mail)
    if parent is None:
        return mail.message_id
    above = tree.mails.get(parent)
    if above is None or above.author != mail.author:
        return parent
    is_of_series = above.may_be_patch or above.kind == COVER or (above.kind == PATCH and numbered(above))
    return tops.get(parent, parent) if is_of_series else parent


def _numbered(mails: Sequence[Mail]) -> Sequence[Mail]:
    """The one mail without a tag with the order that it has; none where that is not certain."""
    series: dict[tuple[int, Marker | None], dict[int, Mail]] = defaultdict(dict)
    for mail in mails:
        if not mail.may_be_patch:
            series[mail.total or 0, mail.reroll].setdefault(mail.number or 0, mail)
    lacking = [(total, places) for (total, _), places in series.items() if _lacks_one(total, places)]
    if len(lacking) != 1:
        return ()
    ((total, places),) = lacking
    candidates = in_one_run([*places.values()], [mail for mail in mails if mail.may_be_patch])
    if len(candidates) != 1:
        return ()
    (number,) = set(range(1, total + 1)) - places.keys()
    other = next(iter(places.values()))
    marker = {"reroll": other.reroll, "branch_reroll": other.branch_reroll}
    return (msgspec.structs.replace(candidates[0], kind=PATCH, number=number, total=total, **marker),)


def _lacks_one(total: int, places: Mapping[int, Mail]) -> bool:
    return total > 1 and sum(number <= total for number in places) == total - 1
