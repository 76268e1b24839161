"""What is certain about a list without any rule of ours, and whether the assembly found the same.

A series is certain where the author's own answers say so: a cover letter 0/n with direct answers 1..n of the same
marker, or a 1/n that 2..n answer. A reroll is certain where one author sent one name again within a year, with a
growing marker and nothing of that name in between.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.assembly_report.core import Result
from bench.assembly_report.sight import DAY_SECONDS, Sight
from projector.assembly.series import Revision

YEAR_SECONDS = 365 * DAY_SECONDS
WEEKLY_TIMES = 4
WEEKLY_GAP_SECONDS = 14 * DAY_SECONDS


@dataclass(frozen=True)
class Certain:
    """Mails of which it is certain that they belong together; the first is what people would point at."""

    mails: tuple[Sight, ...]
    holds: bool


@dataclass(frozen=True)
class Weekly:
    """A name that comes again and again without a marker: how often, and what it became."""

    name: str
    author: str
    times: int
    series: int
    most_in_one: int


def certain_series(sights: Sequence[Sight], result: Result) -> list[Certain]:
    """Every certain series, and whether it is exactly one complete revision with exactly those patches in order."""
    complete = complete_revisions(result)
    found = []
    for cover, patches in _sent(sights):
        ids = tuple(patch.id for patch in patches)
        revisions = complete.get(frozenset(ids), [])
        fitting = [revision for revision in revisions if without_extras(revision) == ids]
        holds = len(revisions) == len(fitting) == 1 and (cover is None or fitting[0].cover == cover.id)
        found.append(Certain(((cover,) if cover is not None else ()) + patches, holds))
    return found


def complete_revisions(result: Result) -> dict[frozenset[int], list[Revision]]:
    """The complete revisions by their patches, extras aside."""
    found: dict[frozenset[int], list[Revision]] = defaultdict(list)
    for revisions in result.series:
        for revision in revisions:
            if revision.is_complete:
                found[frozenset(without_extras(revision))].append(revision)
    return found


def without_extras(revision: Revision) -> tuple[int, ...]:
    return tuple(id for id in revision.patches if id not in revision.extras)


def certain_rerolls(sights: Sequence[Sight], result: Result) -> list[Certain]:
    """Every certain reroll (the earlier and the later mail), and whether both are in one series."""
    home = home_of(result)
    return [
        Certain((earlier, later), home.get(earlier.id, -1) == home.get(later.id, -2))
        for earlier, later in _rerolls(sights)
    ]


def home_of(result: Result) -> dict[int, int]:
    """Each cover and patch -> the index of its series."""
    return {mail: result.series_of[id] for id, posting in result.postings.items() for mail in posting.mails}


def weekly(sights: Sequence[Sight], result: Result) -> list[Weekly]:
    """Covers' names that come unmarked, at least four times, usually within two weeks of each other."""
    home = home_of(result)
    named: dict[tuple[str, str], list[Sight]] = defaultdict(list)
    for sight in sights:
        if sight.is_cover and sight.version == 1 and "resend" not in sight.prefix:
            named[sight.author, sight.name].append(sight)
    found = []
    for (author, name), covers in sorted(named.items()):
        dates = sorted(cover.date for cover in covers)
        gaps = sorted(later - earlier for earlier, later in pairwise(dates))
        if len(covers) >= WEEKLY_TIMES and gaps[len(gaps) // 2] <= WEEKLY_GAP_SECONDS:
            homes = [home.get(cover.id, -cover.id) for cover in covers]
            most = max(homes.count(each) for each in homes)
            found.append(Weekly(name, author, len(covers), len(set(homes)), most))
    return found


def _sent(sights: Sequence[Sight]) -> Iterator[tuple[Sight | None, tuple[Sight, ...]]]:
    known = {sight.message_id: sight for sight in sights}
    answers: dict[str, list[Sight]] = defaultdict(list)
    for sight in sights:
        if sight.is_patch and sight.answers is not None and sight.answers != sight.message_id:
            answers[sight.answers].append(sight)
    for sight in sights:
        own = [other for other in answers[sight.message_id] if _of_one(sight, other)]
        total = sight.total or 0
        if sight.is_cover and total:
            patches = _first_of_each(own, range(1, total + 1))
            if patches is not None:
                yield sight, patches
        elif sight.is_patch and sight.number == 1 and total > 1 and not _is_led(sight, known):
            patches = _first_of_each([sight, *own], range(1, total + 1))
            if patches is not None:
                yield None, patches


def _of_one(sight: Sight, other: Sight) -> bool:
    return (sight.author, sight.version, sight.total) == (other.author, other.version, other.total)


def _is_led(sight: Sight, known: Mapping[str, Sight]) -> bool:
    """Whether a first patch answers a cover letter of its own."""
    above = known.get(sight.answers or "")
    return above is not None and not above.is_patch and _of_one(sight, above)


def _first_of_each(patches: Iterable[Sight], numbers: Iterable[int]) -> tuple[Sight, ...] | None:
    first: dict[int, Sight] = {}
    for patch in sorted(patches, key=lambda patch: (patch.date, patch.message_id)):
        if patch.number is not None:
            first.setdefault(patch.number, patch)
    wanted = list(numbers)
    return tuple(first[number] for number in wanted) if all(number in first for number in wanted) else None


def _rerolls(sights: Sequence[Sight]) -> Iterator[tuple[Sight, Sight]]:
    named: dict[tuple[str, str, bool], list[Sight]] = defaultdict(list)
    for sight in sights:
        is_single = sight.is_patch and (sight.number is None or sight.total == 1)
        if (sight.is_cover or is_single) and sight.name:
            named[sight.author, sight.name, sight.is_cover].append(sight)
    for group in named.values():
        group.sort(key=lambda sight: (sight.date, sight.message_id))
        for earlier, later in pairwise(group):
            if later.version > earlier.version and later.date - earlier.date <= YEAR_SECONDS:
                yield earlier, later
