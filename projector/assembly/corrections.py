"""What operators said of links and series: facts that beat the rules (assembly, section 4).

A correction names mails, so it holds for whatever posting has the mail by now. Of two that say something of one
posting, the later one counts.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

MERGE, SPLIT, LINK = "merge", "split", "link"


class Correction(msgspec.Struct, frozen=True):
    """One correction, by the id of its record.

    merge: the series of `mail` and `other` are one. split: what has `mail` links to nothing before it. link: it is the
    next revision of the series of `other`.
    """

    id: int
    kind: str
    mail: int
    other: int | None = None
    reason: str = ""
    user: int | None = None


class Join(msgspec.Struct, frozen=True):
    """Two postings whose series are one since record `id`."""

    id: int
    one: int
    other: int


class Cut(msgspec.Struct, frozen=True):
    """A posting that, with all that links to it, left the series that it was in at record `id`."""

    id: int
    posting: int


def kept_joins(targets: Mapping[int, int | None], joins: Collection[Join], cuts: Iterable[Cut]) -> list[Join]:
    """The joins that no later cut undid: one does that leaves the two ends on different sides.

    targets: each posting's id -> the one that it links to.
    """
    kept = list(joins)
    for cut in cuts if joins else ():
        below = below_of(targets, cut.posting)
        kept = [join for join in kept if join.id > cut.id or (join.one in below) == (join.other in below)]
    return kept


def below_of(targets: Mapping[int, int | None], posting: int) -> set[int]:
    """A posting, and all that link to it, directly or through others."""
    answers: dict[int, list[int]] = {}
    for id, target in targets.items():
        if target is not None:
            answers.setdefault(target, []).append(id)
    found = {posting}
    todo = [posting]
    while todo:
        fresh = [id for id in answers.get(todo.pop(), ()) if id not in found]
        found.update(fresh)
        todo += fresh
    return found
