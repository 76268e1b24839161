"""Postings, revisions and links that look wrong by what a plain reader sees of their mails."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.assembly_report.core import Result
from bench.assembly_report.judge import complete_revisions, home_of
from bench.assembly_report.sight import Sight
from projector.assembly.posting import Posting

HOUR_SECONDS = 3600
SCATTERED = "a complete 1..n within an hour that is not one revision"
TWO_AUTHORS = "two authors in one posting"
LONE_REROLL = "a reroll that is no later revision of an earlier series of its name"
OTHER_NUMBER = "a revision number that differs from the marker"
BEGUN_LATER = "the same, where the first marker that is here is above v1"
DISJOINT = "a link without a patch name or a touched file in common"


@dataclass(frozen=True)
class Finding:
    """Something to look at. mail is the record id of one of its mails, by which its thread is found."""

    signal: str
    mail: int
    why: str
    rule: int | None = None


def look_wrong(sights: Sequence[Sight], result: Result) -> list[Finding]:
    """All findings but those about links."""
    by_id = {sight.id: sight for sight in sights}
    return [
        *_scattered(sights, result),
        *_two_authors(by_id, result),
        *_lone_rerolls(by_id, result),
        *_other_numbers(by_id, result),
    ]


def disjoint_links(sights: Sequence[Sight], result: Result) -> list[Finding]:
    """Links between postings that have nothing in common but what the rule says."""
    by_id = {sight.id: sight for sight in sights}
    found = []
    for id, link in sorted(result.links.items()):
        one, other = (_content(result.postings[each], by_id) for each in (id, link.to))
        if one.isdisjoint(other):
            target = by_id.get(result.postings[link.to].mails[0])
            why = f"rule {link.rule} to {target.subject if target is not None else link.to!r}"
            found.append(Finding(DISJOINT, id, why, link.rule))
    return found


def _content(posting: Posting, by_id: Mapping[int, Sight]) -> set[str]:
    """The names of a posting's patches and the files that they touch."""
    patches = [by_id[id] for id in posting.mails if id in by_id and id != posting.cover]
    return {f"name {patch.name}" for patch in patches} | {path for patch in patches for path in patch.files}


def _scattered(sights: Sequence[Sight], result: Result) -> Iterator[Finding]:
    complete = complete_revisions(result)
    sent: dict[tuple[str, int, int], list[Sight]] = defaultdict(list)
    for sight in sights:
        if sight.is_patch and sight.number and sight.total and sight.total > 1:
            sent[sight.author, sight.version, sight.total].append(sight)
    for (_, _, total), patches in sent.items():
        for run in _runs(patches):
            numbers = Counter(patch.number for patch in run)
            if set(numbers) == set(range(1, total + 1)) and max(numbers.values()) == 1:
                revisions = complete.get(frozenset(patch.id for patch in run), [])
                if len(revisions) != 1:
                    yield Finding(SCATTERED, run[0].id, f"1..{total}, and {len(revisions)} revisions with just them")


def _runs(patches: Sequence[Sight]) -> Iterator[list[Sight]]:
    run: list[Sight] = []
    for patch in sorted(patches, key=lambda patch: (patch.date, patch.message_id)):
        if run and patch.date - run[0].date > HOUR_SECONDS:
            yield run
            run = []
        run.append(patch)
    yield run


def _two_authors(by_id: Mapping[int, Sight], result: Result) -> Iterator[Finding]:
    for id, posting in result.postings.items():
        authors = sorted({by_id[mail].author for mail in posting.mails if mail in by_id})
        if len(authors) > 1:
            yield Finding(TWO_AUTHORS, id, ", ".join(authors))


def _lone_rerolls(by_id: Mapping[int, Sight], result: Result) -> Iterator[Finding]:
    home = home_of(result)
    named: dict[str, list[Sight]] = defaultdict(list)
    heads = [by_id[posting.submitter] for posting in result.postings.values() if posting.submitter in by_id]
    for head in sorted(heads, key=lambda head: (head.date, head.message_id)):
        earlier = [other for other in named[head.name] if other.version < head.version]
        if earlier and head.name and all(home[other.id] != home[head.id] for other in earlier):
            yield Finding(LONE_REROLL, head.id, f"v{head.version}, and {earlier[-1].subject!r} was there before")
        named[head.name].append(head)


def _other_numbers(by_id: Mapping[int, Sight], result: Result) -> Iterator[Finding]:
    for revisions in result.series:
        heads = [(revision, by_id.get(revision.posting.submitter)) for revision in revisions]
        begun = min((head.version for _, head in heads if head is not None), default=1)
        for revision, head in heads:
            if head is not None and head.version > 1 and head.version != revision.version:
                why = f"v{head.version} is revision {revision.version}"
                yield Finding(BEGUN_LATER if begun > 1 else OTHER_NUMBER, head.id, why)
