"""Which of several postings of one marker continues a series (assembly, section 4, one continuation).

A set that was split into two works links twice to the same posting. Only one of them goes on with its series.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from projector.assembly.links import BY_OPERATOR, BY_RERUN, Link
from projector.assembly.posting import Posting
from projector.assembly.series import components


class Follower(msgspec.Struct, frozen=True):
    """A posting, and its link as it was found."""

    posting: Posting
    link: Link


def may_stand_apart(posting: Posting, link: Link | None) -> bool:
    """Whether a link may not count as another posting continues the series: of whole postings, linked by the rules."""
    is_whole = not posting.is_partial and not posting.is_apart
    return is_whole and link is not None and link.rule != BY_RERUN


def one_continuation(target: Posting, followers: Sequence[Follower]) -> dict[int, Link | None]:
    """The links that count, by posting, of all that link to one target with one marker.

    They fall into works by their patch names, and the work with the strongest member keeps its links. Of each other one
    the first posting begins a series, and the rest link to it. A work that an operator linked keeps its links as well,
    and so does a posting without patches: it says nothing of its work yet.
    """
    links: dict[int, Link | None] = {follower.posting.id: follower.link for follower in followers}
    works = _works([follower for follower in followers if follower.posting.patches])
    works = [work for work in works if all(member.link.rule != BY_OPERATOR for member in work)]
    works.sort(key=lambda work: min(_strength(target, member) for member in work))
    for work in works[1:]:
        first = min(work, key=lambda member: member.posting.order)
        for member in work:
            links[member.posting.id] = Link(first.posting.id, member.link.rule) if member is not first else None
    return links


def _strength(target: Posting, member: Follower) -> tuple[bool, int, int, tuple[int, str]]:
    """The lower, the stronger: the author's own before others', then by rule, patch names in common, Date."""
    posting = member.posting
    shared = len(posting.patch_names & target.patch_names)
    return posting.author != target.author, member.link.rule, -shared, posting.order


def _works(followers: Sequence[Follower]) -> list[list[Follower]]:
    """The works that they are of: of one is what shares patch names, directly or through others."""
    by_id = {follower.posting.id: follower for follower in followers}
    of_name: dict[bytes, int] = {}
    joins: list[tuple[int, int]] = []
    for id, follower in by_id.items():
        joins += ((of_name.setdefault(name, id), id) for name in follower.posting.patch_names)
    joins += _parts([follower.posting for follower in followers if not follower.posting.is_full])
    return [[by_id[id] for id in ids] for ids in components(dict.fromkeys(by_id), joins)]


def _parts(postings: Iterable[Posting]) -> Iterator[tuple[int, int]]:
    """Pairs of postings that lack patches, and may be parts of one set that took too long: they have other orders."""
    of_set: dict[tuple[bytes, int], dict[frozenset[int], int]] = {}
    for posting in postings:
        places = frozenset(patch.place for patch in posting.patches)
        others = of_set.setdefault((posting.author, posting.total), {})
        yield from ((id, posting.id) for held, id in others.items() if held.isdisjoint(places))
        others.setdefault(places, posting.id)
