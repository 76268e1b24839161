"""Who answers whom: the tree of a set of mails, with place-holders for those that never came (assembly, section 2)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

import msgspec

from projector.assembly.mail import Mail


class Tree(msgspec.Struct, frozen=True):
    """mails by Message-ID; parents: Message-ID, known or merely named -> the one it answers. Without cycles."""

    mails: dict[str, Mail]
    parents: dict[str, str]

    def parent(self, mail: Mail) -> str | None:
        """The Message-ID that a mail answers, known or merely named; None for the start of a thread."""
        return self.parents.get(mail.message_id)

    def ancestors(self, message_id: str) -> Iterator[Mail]:
        """The known mails above a Message-ID, nearest first."""
        above = self.parents.get(message_id)
        while above is not None:
            mail = self.mails.get(above)
            if mail is not None:
                yield mail
            above = self.parents.get(above)

    def depth(self, message_id: str) -> int:
        """How many mails, known or merely named, stand above."""
        depth = 0
        above = self.parents.get(message_id)
        while above is not None:
            depth += 1
            above = self.parents.get(above)
        return depth


def build_tree(mails: Iterable[Mail]) -> Tree:
    """Build the tree of mails whose Message-IDs differ. Their order does not matter.

    A mail answers the last of its references. What a mail's references say of others counts only for those that never
    came, the earliest mail's word first. A cycle is cut at the edge out of its earliest member.
    """
    known = {mail.message_id: mail for mail in mails}
    parents: dict[str, str] = {}
    for mail in known.values():
        above = next((name for name in reversed(mail.references) if name != mail.message_id), None)
        if above is not None:
            parents[mail.message_id] = above
    missing = [mail for mail in known.values() if any(name not in known for name in mail.references)]
    for mail in sorted(missing, key=lambda mail: mail.order):
        chain = [name for name in mail.references if name != mail.message_id]
        for above, below in pairwise(chain):
            if below not in known and below not in parents and not _reaches(parents, above, below):
                parents[below] = above
    _cut_cycles(known, parents)
    return Tree(mails=known, parents=parents)


def _reaches(parents: Mapping[str, str], start: str, target: str) -> bool:
    seen = set()
    here: str | None = start
    while here is not None and here not in seen:
        if here == target:
            return True
        seen.add(here)
        here = parents.get(here)
    return False


def _cut_cycles(known: Mapping[str, Mail], parents: dict[str, str]) -> None:
    done: set[str] = set()
    for start in sorted(parents):
        path: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in done and here not in path:
            path[here] = None
            here = parents.get(here)
        if here is not None and here in path:
            names = list(path)
            members = [known[name] for name in names[names.index(here) :] if name in known]
            del parents[min(members, key=lambda mail: mail.order).message_id]
        done.update(path)
