"""Which earlier posting a posting is the next revision of (assembly, section 4).

Links are found by key among posting summaries: `keys` says under which keys a posting is filed and looks, and `link`
chooses among those that were found, by the strongest rule only.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import lru_cache

import msgspec

from projector.assembly.drafts import RUN_SECONDS
from projector.assembly.posting import MESSAGE_ID, Posting
from projector.assembly.retitled import may_be_of_another_title, sent_key, span_of
from projector.assembly.subject import name_other_kernels

YEAR_SECONDS = 365 * 86400
_KEPT = "keys"

BY_OPERATOR, BY_CHANGE_ID, BY_SUPERSEDES, BY_REPLY, BY_NAME, BY_PATCHES, BY_RERUN = range(7)


class Link(msgspec.Struct, frozen=True, array_like=True):
    """posting is the next revision of the series that `to` (a posting's id) is in, by `rule`: 1 to 5, 0 where an
    operator says so, or 6 for a rerun.
    """

    to: int
    rule: int


class Found(msgspec.Struct, frozen=True):
    """A posting that may be linked to, with the series it is in.

    is_common: so many postings have its name that this says nothing of whose work goes on in another author's.
    """

    posting: Posting
    series: int | None
    is_common: bool = False


def keys(posting: Posting) -> frozenset[str]:
    """The keys under which a posting looks for others that it may link to, and is found by others.

    They are kept with the posting: one of many patches is asked for them with each that comes.
    """
    found: frozenset[str] | None = posting.__dict__.get(_KEPT)
    if found is None:
        patches = [patch_key(posting.author, name) for name in posting.patch_names]
        found = frozenset([name_key(posting.name_key), *map(change_key, posting.change_ids), *patches])
        posting.__dict__[_KEPT] = found
    return found


def filed_under(posting: Posting) -> frozenset[str]:
    """The keys under which a posting is filed: its `keys`, and those by which mails that come later find it."""
    filed = {run_key(posting.author, posting.total, number) for number in posting.runs}
    filed.update(map(awaited_key, posting.supersedes))
    if may_be_of_another_title(posting):
        filed.add(sent_key(posting.author, posting.reroll[0], span_of(posting)))
    for name in posting.depends_on:
        kind, _, target = name.partition(":")
        filed.add(awaited_key(target) if kind == MESSAGE_ID else wanted_key(target))
    return keys(posting) | filed


def name_key(name: bytes) -> str:
    """By this the postings of one name find each other."""
    return f"name {name.hex()}"


@lru_cache(maxsize=4096)
def patch_key(author: bytes, name: bytes) -> str:
    """By this the postings find each other that have a patch of one author and name."""
    return f"patch {author.hex()} {name.hex()}"


def run_key(author: bytes, total: int, half_hour: int) -> str:
    """By this the mails of one run that name no others find together."""
    return f"run {author.hex()} {total} {half_hour}"


def awaited_key(message_id: str) -> str:
    """By this a posting that supersedes a mail, or depends on it, is found when the mail comes later."""
    return f"superseded {message_id}"


def change_key(change_id: str) -> str:
    """By this all that has a change-id is found."""
    return f"change {change_id}"


def wanted_key(change_id: str) -> str:
    """By this all that depends on a change-id is found."""
    return f"wanted {change_id}"


def after_key(target: int, reroll: tuple[int, ...]) -> str:
    """By this the postings of one marker find each other that link to one target."""
    return f"after {target} {reroll}"


def link(posting: Posting, found: Collection[Found], superseded: Collection[int]) -> Link | None:
    """The one link of a posting; None where it begins a series.

    found: at least all that share one of its `keys`, that are in its threads, or have one of the `superseded` mails.
    """
    others = sorted((other for other in found if other.posting.id != posting.id), key=lambda other: other.posting.order)
    earlier = [other for other in others if other.posting.order < posting.order]
    named = set(superseded)
    allowed = [other.posting for other in others if may_follow(posting, other.posting)]
    before = [other for other in allowed if other.order < posting.order]
    rules: tuple[tuple[int, Callable[[], Posting | None]], ...] = (
        (BY_CHANGE_ID, lambda: _by_change(posting, before)),
        (
            BY_SUPERSEDES,
            lambda: _newest(other for other in allowed if named.intersection(other.mails)) if named else None,
        ),
        (BY_REPLY, lambda: _by_reply(posting, allowed)),
    )
    for rule, find in rules:
        target = find()
        if target is not None:
            return Link(target.id, rule)
    by_name, by_patches = _by_name(posting, earlier), _by_patches(posting, [other.posting for other in earlier])
    if by_name is not None and not (by_patches is not None and _has_more(posting, by_patches, by_name)):
        return Link(by_name.id, BY_NAME)
    return Link(by_patches.id, BY_PATCHES) if by_patches is not None else None


def _has_more(posting: Posting, by_patches: Posting, by_name: Posting) -> bool:
    """Whether one that was found by its patches goes before one that has little more than the name."""
    named = len(posting.patch_names & by_name.patch_names)
    return 2 * named < len(posting.patch_names) and len(posting.patch_names & by_patches.patch_names) > named


def may_follow(posting: Posting, other: Posting) -> bool:
    """Whether a posting may become a revision of another one's series at all: From is a claim that anybody can make,
    and change-ids, Message-IDs and names are there for all to copy. Another author needs the patches as well.
    """
    return posting.author == other.author or continues_another(posting, other)


def _newest(postings: Iterable[Posting]) -> Posting | None:
    return max(postings, key=lambda posting: posting.order, default=None)


def _by_change(posting: Posting, before: Sequence[Posting]) -> Posting | None:
    """The newest posting with a change-id in common; the author's own go before others', who may have copied it."""
    own = set(posting.change_ids)
    found = [other for other in before if not own.isdisjoint(other.change_ids)] if own else []
    return _newest(other for other in found if other.author == posting.author) or _newest(found)


def shares_change(posting: Posting, other: Posting) -> bool:
    return bool(set(posting.change_ids) & set(other.change_ids))


def _by_reply(posting: Posting, others: Sequence[Posting]) -> Posting | None:
    """The posting of the nearest mail above; of several with one cover letter the newest before, whatever came later.

    others come in their order.
    """
    answered = set(posting.answers)
    holders_of: dict[int, list[Posting]] = {}
    for other in others if answered else ():
        for mail in answered.intersection(other.mails):
            holders_of.setdefault(mail, []).append(other)
    for mail in posting.answers:
        holders = holders_of.get(mail, [])
        fitting = holders if posting.is_partial else [other for other in holders if answers_revision(posting, other)]
        if fitting:
            return _newest(other for other in fitting if other.order < posting.order) or fitting[0]
    return None


def answers_revision(posting: Posting, other: Posting) -> bool:
    """Whether a posting that answers another is its next revision, rather than something else said below it."""
    same_name = has_same_name(posting, other)
    higher = posting.author == other.author and posting.reroll > other.reroll
    if names_other_kernel(posting, other) or not (higher or (same_name and is_as_wide(posting, other))):
        return False
    one_run = abs(posting.date - other.date) <= RUN_SECONDS
    return same_name or not one_run or not posting.patch_names.isdisjoint(other.patch_names)


def _by_name(posting: Posting, earlier: Sequence[Found]) -> Posting | None:
    named = [
        other
        for other in earlier
        if has_same_name(posting, other.posting)
        and not names_other_kernel(posting, other.posting)
        and (posting.is_full or posting.reroll > other.posting.reroll)
    ]
    own = [other.posting for other in named if other.posting.author == posting.author and fits(posting, other.posting)]
    if own:
        return max(own, key=lambda other: _nearness(posting, other))
    foreign = [
        other
        for other in named
        if posting.author != other.posting.author and not other.is_common and continues_another(posting, other.posting)
    ]
    if len({(other.series, None if other.series else other.posting.id) for other in foreign}) == 1:
        return foreign[-1].posting
    return None


def _nearness(posting: Posting, other: Posting) -> tuple[bool, bool, tuple[int, ...], tuple[int, str]]:
    """How near one of several is that fit by name: by prefix, patches, the nearest marker that is not higher, Date."""
    marker = other.reroll if other.reroll <= posting.reroll else ()
    return other.prefix == posting.prefix, shares_half(posting, other), marker, other.order


def fits(posting: Posting, other: Posting) -> bool:
    """Whether an earlier posting of the same name and submitter is an earlier revision of the same work."""
    recent = posting.date - other.date <= YEAR_SECONDS
    half = shares_half(posting, other)
    if names_other_work(posting, other) and not half:
        return False
    if other.reroll < posting.reroll:
        return recent or half
    if not (recent and half and is_as_wide(posting, other)):
        return False
    both_single = posting.total == other.total == 1
    return not both_single or not set(posting.files).isdisjoint(other.files)


def continues_another(posting: Posting, other: Posting) -> bool:
    """Whether a posting has what one by another author needs: a higher marker, and half of the patch names."""
    return posting.reroll > other.reroll and shares_half(posting, other)


def _by_patches(posting: Posting, earlier: Sequence[Posting]) -> Posting | None:
    if not posting.is_full:
        return None
    return _newest(other for other in earlier if is_renamed(posting, other))


def is_renamed(posting: Posting, other: Posting) -> bool:
    """Whether a posting is the next revision of one with another name: of one author, and with the same patches."""
    if posting.author != other.author or not other.reroll < posting.reroll or names_other_kernel(posting, other):
        return False
    if posting.date - other.date > YEAR_SECONDS or (posting.total == 1) != (other.total == 1):
        return False
    common = len(posting.patch_names & other.patch_names)
    smaller = min(len(posting.patch_names), len(other.patch_names))
    return shares_half(posting, other) and (common >= 2 or common == smaller)


def shares_half(posting: Posting, other: Posting) -> bool:
    """Whether half of the patch names of the smaller posting are in both."""
    smaller = min(len(posting.patch_names), len(other.patch_names))
    return smaller > 0 and 2 * len(posting.patch_names & other.patch_names) >= smaller


def has_same_name(posting: Posting, other: Posting) -> bool:
    """Whether names are the same; a subject without a title is no name."""
    return posting.name_key == other.name_key != b""


def is_as_wide(posting: Posting, other: Posting) -> bool:
    """Whether a prefix is equal to or wider than another: it names nothing that the other does not."""
    return set(posting.prefix) <= set(other.prefix)


def names_other_work(posting: Posting, other: Posting) -> bool:
    """Whether the prefixes of both name something, a repository or a tool, and nothing is in both."""
    return bool(posting.prefix) and bool(other.prefix) and set(posting.prefix).isdisjoint(other.prefix)


def names_other_kernel(posting: Posting, other: Posting) -> bool:
    return name_other_kernels(posting.prefix, other.prefix)
