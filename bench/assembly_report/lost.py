"""Cover letters that are not shown as such, revisions without patches, and strangers in one series."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bench.assembly_report.core import Result
from bench.assembly_report.sight import Sight
from bench.assembly_report.wrong import Finding
from projector.assembly.mail import COVER, IGNORED
from projector.assembly.newer import Newest
from projector.assembly.posting import Posting

LOST_COVER = "a mail that its author's own 1..n answer, and that is no cover letter"
ANSWERED_COVER = "the same, where the mail itself is an answer (Re:)"
EMPTY = "a revision without patches"
EMPTY_NEWEST = "a series whose newest revision has no patches"
STRANGERS = "full postings of one marker, linked to the same one, without a patch name in common"


def look_lost(sights: Sequence[Sight], result: Result) -> list[Finding]:
    """All findings of this kind."""
    return [*_lost_covers(sights, result), *_empty(result), *_strangers(sights, result)]


def _lost_covers(sights: Sequence[Sight], result: Result) -> Iterator[Finding]:
    answers: dict[str, list[Sight]] = defaultdict(list)
    for sight in sights:
        if sight.is_patch and sight.answers is not None and sight.number and sight.total:
            answers[sight.answers].append(sight)
    for sight in sights:
        own = [other for other in answers[sight.message_id] if other.author == sight.author]
        total = 0 if sight.has_diff or result.kinds.get(sight.id) in (COVER, IGNORED) else _full_total(own)
        if total:
            signal = ANSWERED_COVER if sight.is_reply else LOST_COVER
            yield Finding(signal, sight.id, f"1..{total} answer this {result.kinds.get(sight.id, 'dead letter')}")


def _full_total(patches: Sequence[Sight]) -> int:
    """The highest n of which all of 1..n are there with one marker; 0 where none is."""
    numbers: dict[tuple[int, int], set[int]] = defaultdict(set)
    for patch in patches:
        numbers[patch.version, patch.total or 0].add(patch.number or 0)
    return max((total for (_, total), found in numbers.items() if found >= set(range(1, total + 1))), default=0)


def _empty(result: Result) -> Iterator[Finding]:
    for revisions in result.series:
        newest = Newest((revision.place, revision) for revision in revisions).get()
        for revision in revisions:
            if not revision.patches:
                why = f"revision {revision.version} of {len(revisions)}"
                yield Finding(EMPTY, revision.submitter, why)
                if revision is newest:
                    yield Finding(EMPTY_NEWEST, revision.submitter, why)


def _strangers(sights: Sequence[Sight], result: Result) -> Iterator[Finding]:
    by_id = {sight.id: sight for sight in sights}
    met: dict[tuple[int, int, int], list[Posting]] = defaultdict(list)
    for id, link in sorted(result.links.items()):
        posting = result.postings[id]
        head = by_id.get(posting.submitter)
        if posting.is_full and not posting.is_partial and head is not None:
            met[result.series_of[id], link.to, head.version].append(posting)
    for (_, target, version), postings in met.items():
        parts = _by_names(postings, by_id)
        if len(parts) > 1:
            heads = ", ".join(str(part[0].submitter) for part in parts)
            yield Finding(STRANGERS, parts[1][0].submitter, f"{len(parts)} of v{version} to {target}: mails {heads}")


def _by_names(postings: Sequence[Posting], by_id: Mapping[int, Sight]) -> list[list[Posting]]:
    """Postings parted where no patch name is in common, directly or through others."""
    parts: list[tuple[set[str], list[Posting]]] = []
    for posting in postings:
        names = {by_id[patch.id].name for patch in posting.patches if patch.id in by_id}
        own = [posting]
        for part in [part for part in parts if not part[0].isdisjoint(names)]:
            parts.remove(part)
            names, own = names | part[0], part[1] + own
        parts.append((names, own))
    return [own for _, own in parts]
