"""What differs between two read models of the same log, told by the Message-IDs of the mails: pure, over snapshots."""

from collections.abc import Collection, Iterable, Mapping

import msgspec

Place = tuple[int, int]
"""A series and the number of one of its revisions."""
MailKey = tuple[str, str]
"""A project's linkname and a Message-ID without angle brackets."""


class RevisionSeen(msgspec.Struct, frozen=True):
    """A revision as a read model shows it. patches are in order; rerun: the record that it was made by, for a copy."""

    project: str
    name: str
    cover: str | None
    patches: tuple[str, ...]
    rerun: int | None = None

    @property
    def mails(self) -> frozenset[str]:
        return frozenset(self.patches if self.cover is None else (self.cover, *self.patches))


class Announcement(msgspec.Struct, frozen=True, order=True):
    """An event that the projector will put on the feed: of a revision at its place, or of a mail.

    rebuilt: it comes of changed rules alone, and who does not ask for such is not told.
    """

    event: str
    project: str
    place: str
    message_ids: tuple[str, ...]
    rebuilt: bool = False


class Snapshot(msgspec.Struct, frozen=True):
    """What a read model shows. names: of series; patches: each with its places such as "12/1 #2"; aliases: as paths."""

    names: Mapping[int, str]
    revisions: Mapping[Place, RevisionSeen]
    patches: Mapping[MailKey, tuple[str, ...]]
    pending: frozenset[Announcement]
    aliases: Mapping[str, str]


class SeriesDifference(msgspec.Struct, frozen=True):
    """A series that is other than before. now: where its mails are now, where it is there no more itself."""

    series: int
    project: str
    name: str
    message_ids: tuple[str, ...]
    now: tuple[int, ...] = ()


class RevisionDifference(msgspec.Struct, frozen=True):
    """A revision that is other than before; paths are like "12/1". gained and lost are Message-IDs."""

    project: str
    name: str
    before: str | None
    after: str | None
    message_ids: tuple[str, ...]
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class PatchDifference(msgspec.Struct, frozen=True):
    """A patch that changed place. None: it was, or is, no patch; empty: a patch in no revision."""

    project: str
    message_id: str
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None


class AliasDifference(msgspec.Struct, frozen=True):
    """A place that leads to another one, and did not, or not to that one."""

    place: str
    target: str


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """All that a replay would change, each list in order of its numbers or names.

    compared: whether there were tables to compare with; without them all lists but `announced` are empty, and that has
    all that is to be announced. rebuilt: how many of `announced` come of changed rules alone.
    """

    compared: bool = True
    rebuilt: int

    series_added: list[SeriesDifference]
    series_gone: list[SeriesDifference]
    series_moved: list[SeriesDifference]
    series_changed: list[SeriesDifference]
    """Those that stay what they are, with a revision that is other than before."""
    revisions_added: list[RevisionDifference]
    revisions_gone: list[RevisionDifference]
    revisions_moved: list[RevisionDifference]
    revisions_changed: list[RevisionDifference]
    """Those that stay where they are, with other mails."""
    patches_moved: list[PatchDifference]
    announced: list[Announcement]
    aliases: list[AliasDifference]

    @property
    def is_empty(self) -> bool:
        lists = (getattr(self, name) for name in self.__struct_fields__ if name not in ("compared", "rebuilt"))
        return self.compared and not any(lists)


def expect(after: Snapshot) -> Differences:
    """Say what `after` has to announce, where there is nothing to compare it with."""
    nothing = Snapshot({}, {}, {}, frozenset(), {})
    announcing = msgspec.structs.replace(nothing, pending=after.pending)
    return msgspec.structs.replace(compare(nothing, announcing), compared=False)


def compare(before: Snapshot, after: Snapshot) -> Differences:
    """Say what is other in `after` than in `before`."""
    announced = sorted(after.pending - before.pending)
    pairs = _pair(before.revisions, after.revisions)
    found = [_revision(old, new, before, after) for old, new in pairs]
    moved = [one for one in found if one.before and one.after and one.before != one.after]
    stayed = [one for one in found if one.before and one.before == one.after]
    added, gone, elsewhere = _series(before, after)
    touched = {place[0] for pair in pairs for place in pair if place is not None and _is_other(pair, before, after)}
    kept = before.names.keys() & after.names.keys()
    return Differences(
        rebuilt=sum(one.rebuilt for one in announced),
        series_added=added,
        series_gone=gone,
        series_moved=elsewhere,
        series_changed=_described(touched & kept, after),
        revisions_added=[one for one in found if one.before is None],
        revisions_gone=[one for one in found if one.after is None],
        revisions_moved=moved,
        revisions_changed=[one for one in stayed if one.gained or one.lost],
        patches_moved=_patches(before, after),
        announced=announced,
        aliases=[
            AliasDifference(place, target)
            for place, target in sorted(after.aliases.items())
            if before.aliases.get(place) != target
        ],
    )


def _pair(
    before: Mapping[Place, RevisionSeen], after: Mapping[Place, RevisionSeen]
) -> list[tuple[Place | None, Place | None]]:
    """Which revision is which: first by the same mails and place, then by the same mails, then by most in common."""
    left, free = dict(before), dict(after)
    pairs: list[tuple[Place | None, Place | None]] = []
    for place in sorted(before):
        if place in free and _identity(before[place]) == _identity(free[place]):
            pairs.append((place, place))
            del left[place], free[place]
    by_mails: dict[object, list[Place]] = {}
    for place in sorted(free, reverse=True):
        by_mails.setdefault(_identity(free[place]), []).append(place)
    for place in sorted(left):
        if same := by_mails.get(_identity(left[place])):
            pairs.append((place, same[-1]))
            del left[place], free[same.pop()]
    pairs += _pair_alike(left, free)
    pairs += [(None, place) for place in free]
    return sorted(pairs, key=lambda pair: (pair[1] or pair[0] or (0, 0), pair[0] or (0, 0)))


def _pair_alike(
    left: Mapping[Place, RevisionSeen], free: dict[Place, RevisionSeen]
) -> Iterable[tuple[Place, Place | None]]:
    """Give each that is left the free one with most mails in common, if any; the same place before others."""
    with_mail: dict[MailKey, set[Place]] = {}
    for place, revision in free.items():
        for mail in revision.mails:
            with_mail.setdefault((revision.project, mail), set()).add(place)
    for place in sorted(left):
        revision = left[place]
        near = {other for mail in revision.mails for other in with_mail.get((revision.project, mail), ())}
        fitting = [other for other in near if other in free and free[other].rerun == revision.rerun]
        common = {other: len(free[other].mails & revision.mails) for other in fitting}
        best = min(fitting, key=lambda other: (other != place, -common[other], other), default=None)
        if best is not None:
            del free[best]
        yield place, best


def _identity(revision: RevisionSeen) -> tuple[object, ...]:
    return revision.project, revision.rerun, revision.mails


def _is_other(pair: tuple[Place | None, Place | None], before: Snapshot, after: Snapshot) -> bool:
    old, new = pair
    return old is None or old != new or before.revisions[old].mails != after.revisions[old].mails


def _revision(old: Place | None, new: Place | None, before: Snapshot, after: Snapshot) -> RevisionDifference:
    was = before.revisions[old] if old is not None else None
    now = after.revisions[new] if new is not None else None
    shown = now or was
    assert shown is not None, "expected a revision before or after, found neither"
    old_mails, new_mails = (was or shown).mails, (now or shown).mails
    return RevisionDifference(
        project=shown.project,
        name=shown.name,
        before=path(*old) if old is not None else None,
        after=path(*new) if new is not None else None,
        message_ids=_in_order(shown),
        gained=tuple(sorted(new_mails - old_mails)),
        lost=tuple(sorted(old_mails - new_mails)),
    )


def _series(
    before: Snapshot, after: Snapshot
) -> tuple[list[SeriesDifference], list[SeriesDifference], list[SeriesDifference]]:
    """The series that are new, those that are gone, and those whose mails are in others now."""
    homes = _homes(after)
    gone: list[SeriesDifference] = []
    moved: list[SeriesDifference] = []
    for was in _described(before.names.keys() - after.names.keys(), before):
        now = sorted({home for mail in was.message_ids for home in homes.get((was.project, mail), ())})
        (moved if now else gone).append(msgspec.structs.replace(was, now=tuple(now)))
    successors = {home for one in moved for home in one.now}
    return _described(after.names.keys() - before.names.keys() - successors, after), gone, moved


def _homes(snapshot: Snapshot) -> dict[MailKey, set[int]]:
    homes: dict[MailKey, set[int]] = {}
    for (series, _), revision in snapshot.revisions.items():
        for mail in revision.mails:
            homes.setdefault((revision.project, mail), set()).add(series)
    return homes


def _described(numbers: Collection[int], snapshot: Snapshot) -> list[SeriesDifference]:
    """Some series of a snapshot, by their numbers, each with its mails in the order of its revisions."""
    found: dict[int, list[RevisionSeen]] = {series: [] for series in sorted(numbers)}
    for (series, _), revision in sorted(snapshot.revisions.items()):
        if series in found:
            found[series].append(revision)
    return [
        SeriesDifference(
            series,
            revisions[0].project if revisions else "",
            snapshot.names[series],
            tuple(dict.fromkeys(mail for revision in revisions for mail in _in_order(revision))),
        )
        for series, revisions in found.items()
    ]


def _patches(before: Snapshot, after: Snapshot) -> list[PatchDifference]:
    keys = sorted(before.patches.keys() | after.patches.keys())
    both = ((key, before.patches.get(key), after.patches.get(key)) for key in keys)
    return [PatchDifference(*key, old, new) for key, old, new in both if old != new]


def _in_order(revision: RevisionSeen) -> tuple[str, ...]:
    return revision.patches if revision.cover is None else (revision.cover, *revision.patches)


def path(series: int, version: int) -> str:
    """A revision as people write it."""
    return f"{series}/{version}"
