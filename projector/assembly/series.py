"""From linked postings to the numbered revisions of a series (assembly, section 4)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain

import msgspec

from projector.assembly.posting import Posting


class Member(msgspec.Struct, frozen=True):
    """A posting of a series. pinned: the number it was given for good; settled: listed, or no more is waited for."""

    posting: Posting
    pinned: int | None = None
    settled: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether it counts as a revision yet: with its cover letter, once full, or when the wait for more is over."""
        posting = self.posting
        if posting.is_partial:
            return self.settled or not may_grow(posting)
        return self.settled or posting.cover is not None or posting.is_full


class Revision(msgspec.Struct, frozen=True):
    """One revision of a series. patches are record ids in the order of application, extras last."""

    version: int
    posting: Posting
    patches: tuple[int, ...]
    extras: tuple[int, ...]
    is_complete: bool
    cover: int | None
    head: int | None
    """The mail whose title is its name; None: it has no name."""
    submitter: int
    n_patches: int
    depends_on: tuple[str, ...] = ()
    """As in Posting; of a copy, also what the revision before depends on."""
    rerun_of: int | None = None
    """Of a rerun the number of the revision that it repeats."""


def may_grow(posting: Posting) -> bool:
    """Whether more mails of a posting may be on their way, so that it is worth a wait."""
    return not posting.is_full and posting.is_numbered and posting.total > 1 and posting.cover is None


def components(links: Mapping[int, int | None], joins: Iterable[tuple[int, int]] = ()) -> list[list[int]]:
    """Group posting ids that are linked or joined, directly or through others; each group, and all, in order of id."""
    parent = {posting: posting for posting in links}

    def root(posting: int) -> int:
        while parent[posting] != posting:
            parent[posting] = parent[parent[posting]]
            posting = parent[posting]
        return posting

    for posting, target in chain(links.items(), joins):
        if target is not None and target in parent:
            one, other = sorted((root(posting), root(target)))
            parent[other] = one
    groups: dict[int, list[int]] = {}
    for posting in sorted(links):
        groups.setdefault(root(posting), []).append(posting)
    return [groups[name] for name in sorted(groups)]


def revise(members: Iterable[Member], gone: Collection[int] = ()) -> list[Revision]:
    """Number the postings of one series that are ready and work out what each revision has, lowest number first.

    Numbers go by the Date of the earliest mail, then its Message-ID, around those that were given for good: to postings
    that are still here, or (`gone`) to such as moved to another series. A partial reroll is a copy of the revision
    before it that came of the same posting, with its patches put at their places; one whose posting is in another
    series stands for itself.
    """
    members = list(members)
    here = {mail for member in members for mail in member.posting.mails}
    ready = sorted((member for member in members if member.is_ready), key=lambda member: member.posting.order)
    numbers = _number(ready, gone)
    revisions = []
    lineage: dict[int, Revision] = {}
    places: dict[int, dict[int, int]] = {}
    root_of: dict[int, int] = {}
    posted = [member for member in ready if member.posting.repeats is None]
    for member in sorted(posted, key=lambda member: member.posting.is_partial):
        posting = member.posting
        replaces = posting.is_partial and posting.answers[0] in here
        root = root_of.get(posting.answers[0], posting.id) if replaces else posting.id
        before = lineage.get(root)
        placed = {**places.get(root, {}), **{patch.place: patch.id for patch in posting.patches}}
        if before is not None:
            revision = _replace(before, numbers[posting.id], posting, placed)
        else:
            revision = _revision(numbers[posting.id], posting, placed, is_complete=posting.is_full and not replaces)
        lineage[root], places[root] = revision, placed
        root_of.update(dict.fromkeys(posting.mails, root))
        revisions.append(revision)
    revisions += _reruns(ready, revisions, numbers)
    return sorted(revisions, key=lambda revision: revision.version)


def newest(revisions: Sequence[Revision]) -> Revision:
    """The revision that a series shows: the one with the highest reroll, then the latest."""
    return max(revisions, key=lambda revision: (revision.posting.reroll, revision.posting.order))


def _number(ready: Sequence[Member], gone: Collection[int]) -> dict[int, int]:
    numbers = {member.posting.id: member.pinned for member in ready if member.pinned is not None}
    taken = {*numbers.values(), *gone}
    free = (number for number in range(1, len(ready) + len(taken) + 1) if number not in taken)
    return {
        member.posting.id: numbers[member.posting.id] if member.pinned is not None else next(free) for member in ready
    }


def _reruns(ready: Sequence[Member], posted: Iterable[Revision], numbers: Mapping[int, int]) -> list[Revision]:
    """The copies of revisions that were asked for; one may be a copy of another, which was there before."""
    by_posting = {revision.posting.id: revision for revision in posted}
    reruns = []
    for posting in sorted((member.posting for member in ready), key=lambda posting: posting.id):
        before = by_posting.get(posting.repeats) if posting.repeats is not None else None
        if before is not None:
            rerun = msgspec.structs.replace(
                before, version=numbers[posting.id], posting=posting, rerun_of=before.version
            )
            by_posting[posting.id] = rerun
            reruns.append(rerun)
    return reruns


def _revision(version: int, posting: Posting, placed: Mapping[int, int], *, is_complete: bool) -> Revision:
    return Revision(
        version=version,
        posting=posting,
        patches=_in_order(placed) + posting.extras,
        extras=posting.extras,
        is_complete=is_complete,
        cover=posting.cover,
        head=posting.submitter if posting.is_named else None,
        submitter=posting.submitter,
        n_patches=posting.total,
        depends_on=posting.depends_on,
    )


def _replace(before: Revision, version: int, posting: Posting, placed: Mapping[int, int]) -> Revision:
    """A copy of a revision with some patches replaced; it is complete when nothing is missing any more."""
    extras = before.extras + posting.extras
    return msgspec.structs.replace(
        before,
        version=version,
        posting=posting,
        patches=_in_order(placed) + extras,
        extras=extras,
        is_complete=placed.keys() >= set(range(1, before.n_patches + 1)),
        submitter=posting.submitter,
        depends_on=tuple(sorted({*before.depends_on, *posting.depends_on})),
    )


def _in_order(placed: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(placed[place] for place in sorted(placed))
