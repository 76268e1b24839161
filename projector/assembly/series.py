"""From linked postings to the numbered revisions of a series (assembly, section 4)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain, count

import msgspec

from projector.assembly.newer import Newest, Stand, is_newer
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
    reroll: tuple[int, ...]
    """Of its posting; of a copy, where that is higher, of the revision that it is a copy of."""
    depends_on: tuple[str, ...] = ()
    """As in Posting; of a copy, also what the revision before depends on."""
    rerun_of: int | None = None
    """Of a rerun the number of the revision that it repeats."""

    @property
    def place(self) -> Stand:
        """Where it stands among the revisions of its series."""
        return self.reroll, self.posting.order


def may_grow(posting: Posting) -> bool:
    """Whether more mails of a posting may be on their way, and are waited for: of a `2/1` what it is extra to."""
    is_one_of_some = posting.is_numbered and (posting.total > 1 or not posting.is_partial)
    return not posting.is_full and is_one_of_some and posting.cover is None


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
    return run(members, gone)[0]


def run(members: Iterable[Member], gone: Collection[int] = ()) -> tuple[list[Revision], "Course"]:
    """As `revise`, with the course that the revisions took, so that more can be put behind them."""
    members = list(members)
    ready = sorted((member for member in members if member.is_ready), key=lambda member: member.posting.order)
    numbers = _number(ready, gone)
    course = Course(members)
    posted = [member.posting for member in ready if member.posting.repeats is None]
    revisions = [
        course.put(posting, numbers[posting.id]) for posting in sorted(posted, key=lambda posting: posting.is_partial)
    ]
    reruns = _reruns(ready, revisions, numbers)
    for rerun in reruns:
        course.note(rerun)
    return sorted(revisions + reruns, key=lambda revision: revision.version), course


class Course:
    """What the revisions of a series were made of, one after the other.

    made: the revisions by number; lowest: where the lowest revision stands that has a patch; last: the highest number;
    first: the revision that was posted first.
    """

    def __init__(self, members: Iterable[Member]) -> None:
        """members: all of the series, also those that are no revisions yet."""
        postings = [member.posting for member in members]
        self._mails = {mail for posting in postings for mail in posting.mails}
        self._repeated = {posting.repeats for posting in postings}
        self._ends: dict[int, Revision] = {}
        self._places: dict[int, dict[int, int]] = {}
        self._root_of: dict[int, int] = {}
        self._orphans: set[int] = set()
        self._next = 1
        self.made: dict[int, Revision] = {}
        self.lowest: dict[int, Stand] = {}
        self.last = 0
        self._newest: Newest[Revision] = Newest()
        self._naming: Newest[Revision] = Newest()
        self.first: Revision | None = None

    def put(self, posting: Posting, version: int) -> Revision:
        """Make the revision of a posting: after all of those before it, and of replacements after what they replace."""
        replaces = posting.is_partial and posting.answers[0] in self._mails
        if posting.is_partial and posting.answers[0] not in self._root_of:
            self._orphans.add(posting.answers[0])
        root = self._root_of.get(posting.answers[0], posting.id) if replaces else posting.id
        before = self._ends.get(root)
        placed = {**self._places.get(root, {}), **{patch.place: patch.id for patch in posting.patches}}
        if before is not None:
            revision = _replace(before, version, posting, placed)
        else:
            revision = _revision(version, posting, placed, is_complete=posting.is_full and not replaces)
        self._ends[root], self._places[root] = revision, placed
        self._root_of.update(dict.fromkeys(posting.mails, root))
        self.note(revision)
        return revision

    def follow(self, posting: Posting, gone: Collection[int]) -> Revision | None:
        """Put a posting that is new behind what is here; None where it changes what is here, or hangs on the order.

        gone: as in `revise`.
        """
        if posting.id in self._repeated or not self._orphans.isdisjoint(posting.mails):
            return None
        if posting.is_partial:
            root = self._root_of.get(posting.answers[0])
            if root is None or self._ends[root].posting.order > posting.order:
                return None
        self._next = next(number for number in count(self._next) if number not in self.made and number not in gone)
        self._mails.update(posting.mails)
        return self.put(posting, self._next)

    def await_more(self, posting: Posting) -> None:
        """Take in a posting that is no revision yet."""
        self._mails.update(posting.mails)

    def amend(self, old: Posting, posting: Posting, version: int) -> Revision | None:
        """Put a posting that grew in the place of what it was; None where other revisions hang on it.

        version: its number, where it is a revision.
        """
        before = self.made.get(version)
        if before is None or before.posting.id != posting.id or posting.is_partial or old.is_partial:
            return None
        if self._ends.get(posting.id) is not before or posting.id in self._repeated:
            return None
        self._mails.update(posting.mails)
        for patch in before.patches:
            del self.lowest[patch]
        del self._ends[posting.id], self._places[posting.id]
        if (before.posting.reroll, before.posting.order, before.posting.delegate) != (
            posting.reroll,
            posting.order,
            posting.delegate,
        ):
            self._forget(before)
            return self.put(posting, version)
        revision = self.put(posting, version)
        self.first = revision if self.first is before else self.first
        self._newest.exchange(before, revision)
        self._naming.exchange(before, revision)
        return revision

    def _forget(self, revision: Revision) -> None:
        """Let a revision, which is put anew, be none of the first or the newest."""
        del self.made[revision.version]
        others = self.made.values()
        if revision is self.first:
            self.first = min(others, key=lambda other: other.posting.order, default=None)
        if revision in self._newest:
            self._newest = Newest((other.place, other) for other in others)
        if revision in self._naming:
            self._naming = Newest((other.place, other) for other in others if other.posting.delegate)

    def note(self, revision: Revision) -> None:
        """Take a revision in that was made, for whatever is asked of them all."""
        self.made[revision.version] = revision
        place = revision.place
        for patch in revision.patches:
            if place < self.lowest.setdefault(patch, place):
                self.lowest[patch] = place
        self.last = max(self.last, revision.version)
        self._newest.put(place, revision)
        if self.first is None or revision.posting.order < self.first.posting.order:
            self.first = revision
        if revision.posting.delegate:
            self._naming.put(place, revision)

    @property
    def newest(self) -> Revision | None:
        """The revision that the series shows."""
        return self._newest.get()

    @property
    def naming(self) -> Revision | None:
        """The newest of those that name a reviewer."""
        return self._naming.get()

    def is_older(self, patch: int, place: Stand) -> bool:
        """Whether a patch is in a revision that is older than one that stands in a place."""
        lowest = self.lowest.get(patch)
        return lowest is not None and is_newer(place, lowest)


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
        reroll=posting.reroll,
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
        is_complete=before.is_complete or placed.keys() >= set(range(1, before.n_patches + 1)),
        submitter=posting.submitter,
        reroll=max(posting.reroll, before.reroll),
        depends_on=tuple(sorted({*before.depends_on, *posting.depends_on})),
    )


def _in_order(placed: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(placed[place] for place in sorted(placed))
