"""Who answers whom: the tree of a set of mails, with place-holders for those that never came (assembly, section 2)."""

from collections.abc import Iterable, Mapping
from itertools import count, pairwise

import msgspec

from projector.assembly.mail import IGNORED, Mail


class Tree(msgspec.Struct, frozen=True):
    """The answers among a set of mails, without cycles.

    mails by Message-ID; parents: Message-ID, known or merely named -> the one it answers; depths: how many mails, known
    or merely named, stand above, with those above always before those below.
    """

    mails: dict[str, Mail]
    parents: dict[str, str]
    depths: dict[str, int]

    def parent(self, mail: Mail) -> str | None:
        """The Message-ID that a mail answers, known or merely named; None for the start of a thread."""
        return self.parents.get(mail.message_id)

    def depth(self, mail: Mail) -> int:
        """How many mails, known or merely named, stand above."""
        return self.depths[mail.message_id]


def build_tree(mails: Iterable[Mail]) -> Tree:
    """Build the tree of mails whose Message-IDs differ. Their order does not matter.

    A mail answers the last of its references. What a mail's references say of others counts only for those that
    never came, or are ignored and name none themselves: the earliest mail's word first. A cycle is cut at the edge
    out of its earliest member.
    """
    known = {mail.message_id: mail for mail in mails}
    parents: dict[str, str] = {}
    for name, mail in known.items():
        references = mail.references
        if references and references[-1] != name:
            parents[name] = references[-1]
        elif len(references) > 1:
            parents[name] = references[-2]
    _place_missing(known, parents)
    return Tree(mails=known, parents=parents, depths=_depths(known, parents))


def is_placed_by_others(mail: Mail | None) -> bool:
    """Whether it is for others to say what a mail answers: it never came, or is ignored and names none itself."""
    return mail is None or (mail.kind == IGNORED and not mail.references)


def threads(mails: Iterable[Mail]) -> dict[str, str]:
    """The Message-ID of each mail, and each that one names -> a Message-ID that stands for its thread.

    Two mails are in one thread if either refers to the other, directly or through mails that are known or merely named.
    """
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for mail in mails:
        for name in (mail.message_id, *mail.references):
            above[top(name)] = top(mail.message_id)
    return {name: top(name) for name in list(above)}


def _place_missing(known: Mapping[str, Mail], parents: dict[str, str]) -> None:
    """Give those that say nothing of what they answer the ancestors that the references of others give them."""
    named = set().union(*(mail.references for mail in known.values()))
    missing = {name for name in named if is_placed_by_others(known.get(name))}
    if not missing:
        return
    telling = [mail for mail in known.values() if not missing.isdisjoint(mail.references)]
    for mail in sorted(telling, key=lambda mail: mail.order):
        for above, below in pairwise(name for name in mail.references if name != mail.message_id):
            if below in missing and below not in parents and not _reaches(parents, above, below):
                parents[below] = above


def _reaches(parents: Mapping[str, str], start: str, target: str) -> bool:
    """Whether `target`, which has no parent yet, stands above `start`."""
    seen = set()
    here: str | None = start
    while here is not None and here not in seen:
        seen.add(here)
        here = parents.get(here)
    return target in seen


def _depths(known: Mapping[str, Mail], parents: dict[str, str]) -> dict[str, int]:
    """Measure all depths, parents first, and cut the cycles that are met. All members of a cycle are known mails."""
    depths: dict[str, int] = {}
    for start in known:
        parent = parents.get(start)
        if parent in depths and start not in depths:
            depths[start] = depths[parent] + 1
            continue
        path: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in depths:
            if here in path:
                names = list(path)
                earliest = min((known[name] for name in names[names.index(here) :]), key=lambda mail: mail.order)
                del parents[earliest.message_id]
                path, here = {}, start
            path[here] = None
            here = parents.get(here)
        first = 0 if here is None else depths[here] + 1
        depths.update(zip(reversed(path), count(first), strict=False))
    return depths
