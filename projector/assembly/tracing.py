"""Why a posting links to what it links to: what was compared, why others fitted less, what would have changed it.

Everything here asks `links.link` itself, with a candidate taken away or a value changed, so that it says what is so.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

import msgspec

from projector.assembly import links
from projector.assembly.links import YEAR_SECONDS, Found
from projector.assembly.posting import Posting
from projector.assembly.subject import name_key

CANDIDATES_MAX = 5
DAY_SECONDS = 86400
ANOTHER_NAME = b"another name"
"""The key of no name: keys are longer."""

TitleOf = Callable[[int], str]
"""The title of a cover letter or patch, by its record."""


class Compared(msgspec.Struct, frozen=True):
    """An earlier posting as a candidate for a link.

    rule: by which it would be the link if those before it in the list were not there; None where it fits by none, and
    then misses says why, rule by rule. days: how much earlier it was sent. common: patch names in both; smaller: the
    number of patch names of the smaller one.
    """

    posting: int
    rule: int | None
    name: str
    same_name: bool
    same_author: bool
    reroll: tuple[int, ...]
    prefix: tuple[str, ...]
    days: int
    common: tuple[str, ...]
    smaller: int
    misses: dict[int, str] = {}


class Change(msgspec.Struct, frozen=True):
    """What would have made another link: what would have been otherwise, and the posting that it would lead to."""

    what: str
    to: int | None
    rule: int | None


def compare(
    posting: Posting, found: Collection[Found], superseded: Collection[int], title_of: TitleOf
) -> list[Compared]:
    """The candidates of a posting: the link, what would be it without those before, then the nearest earlier ones."""
    left = {other.posting.id: other for other in found if other.posting.id != posting.id}
    compared: list[Compared] = []
    while len(compared) < CANDIDATES_MAX and (link := links.link(posting, left.values(), superseded)) is not None:
        compared.append(_compared(posting, left.pop(link.to).posting, title_of, link.rule))
    rest = [other.posting for other in left.values() if other.posting.order < posting.order]
    rest.sort(key=lambda other: _nearness(posting, other), reverse=True)
    rest = rest[: CANDIDATES_MAX - len(compared)]
    return compared + [_compared(posting, other, title_of, None, _misses(posting, other, title_of)) for other in rest]


def changes(
    posting: Posting,
    found: Collection[Found],
    superseded: Collection[int],
    nearest: Posting | None,
    title_of: TitleOf,
) -> list[Change]:
    """What would have changed the link. nearest: the posting that it did not link to although it might have."""
    now = links.link(posting, found, superseded)
    told: list[Change] = []
    for what, changed, named in _otherwise(posting, superseded, nearest, title_of):
        link = links.link(changed, found, named)
        if (link.to if link is not None else None) != (now.to if now is not None else None):
            told.append(Change(what, link.to if link is not None else None, link.rule if link is not None else None))
    return told


def _otherwise(
    posting: Posting, superseded: Collection[int], nearest: Posting | None, title_of: TitleOf
) -> Iterator[tuple[str, Posting, Collection[int]]]:
    """A posting with one value that is another, and the mails that it would supersede."""
    replace = msgspec.structs.replace
    if posting.change_ids:
        yield "without its change-id", replace(posting, change_ids=()), superseded
    if superseded:
        yield "without its Supersedes: or Link to vN: line", posting, ()
    if posting.answers and not posting.is_partial:
        yield "if it had answered nothing of what was posted before", replace(posting, answers=()), superseded
    if posting.reroll > (1,):
        yield f"without the marker {reroll_text(posting.reroll)}", replace(posting, reroll=(1,)), superseded
    if posting.name_key:
        yield "under another name", replace(posting, name_key=ANOTHER_NAME), superseded
    if nearest is not None:
        higher = (max(posting.reroll[0], nearest.reroll[0] + 1),)
        if higher > posting.reroll:
            yield f"with the marker {reroll_text(higher)}", replace(posting, reroll=higher), superseded
        if nearest.name_key != posting.name_key:
            named, name = replace(posting, name_key=nearest.name_key), title_of(nearest.submitter)
            yield f"under the name “{name}”", named, superseded
            yield (
                f"under the name “{name}” and with the marker {reroll_text(higher)}",
                replace(named, reroll=higher),
                superseded,
            )
        yield f"with a line “Supersedes: <{nearest.first}>”", posting, {*superseded, *nearest.mails}


def reroll_text(reroll: tuple[int, ...]) -> str:
    """A reroll as markers write it: v2, v2.1."""
    return "v" + ".".join(map(str, reroll))


def _nearness(posting: Posting, other: Posting) -> tuple[int, bool, tuple[int, str]]:
    common = len(posting.patch_names & other.patch_names)
    return (common + 2 * links.has_same_name(posting, other), posting.author == other.author, other.order)


def _compared(
    posting: Posting, other: Posting, title_of: TitleOf, rule: int | None, misses: dict[int, str] | None = None
) -> Compared:
    common = [patch.id for patch in posting.patches if patch.name_key in other.patch_names]
    return Compared(
        posting=other.id,
        rule=rule,
        name=title_of(other.submitter),
        same_name=links.has_same_name(posting, other),
        same_author=posting.author == other.author,
        reroll=other.reroll,
        prefix=other.prefix,
        days=(posting.date - other.date) // DAY_SECONDS,
        common=tuple(sorted({name_key(title_of(id)) for id in common})),
        smaller=min(len(posting.patch_names), len(other.patch_names)),
        misses=misses or {},
    )


def _misses(posting: Posting, other: Posting, title_of: TitleOf) -> dict[int, str]:
    """Why a posting does not link to an earlier one, by rule."""
    stranger = _misses_as_another(posting, other)
    shares = links.shares_change(posting, other)
    return {
        links.BY_CHANGE_ID: stranger if shares and stranger else "no change-id in common",
        links.BY_SUPERSEDES: stranger
        if stranger and posting.supersedes
        else "no Supersedes: or Link to vN: line names a mail of it",
        links.BY_REPLY: _misses_reply(posting, other),
        links.BY_NAME: _misses_name(posting, other, title_of),
        links.BY_PATCHES: _misses_patches(posting, other),
    }


def _misses_as_another(posting: Posting, other: Posting) -> str:
    """What another author's posting lacks for any link; "" where it may link."""
    if links.may_follow(posting, other):
        return ""
    few = [] if links.shares_half(posting, other) else [_few(posting, other)]
    low = [] if posting.reroll > other.reroll else [_low(posting, other)]
    return " and ".join(["the author is another", *low, *few])


def _misses_reply(posting: Posting, other: Posting) -> str:
    if set(posting.answers).isdisjoint(other.mails):
        return "it answers no mail of it"
    if stranger := _misses_as_another(posting, other):
        return stranger
    if links.names_other_kernel(posting, other):
        return "the prefixes name different stable kernels"
    same_name = links.has_same_name(posting, other)
    higher = posting.author == other.author and posting.reroll > other.reroll
    if same_name and not higher and not links.is_as_wide(posting, other):
        return f"its prefix says more than that one's ({_words(posting.prefix)} against {_words(other.prefix)})"
    if not same_name and not higher:
        who = "the marker is not higher" if posting.author == other.author else "the author is another"
        return f"the name is another, and {who}"
    return "it was sent in one run with it, under another name, with no patch name in common"


def _misses_name(posting: Posting, other: Posting, title_of: TitleOf) -> str:
    if not links.has_same_name(posting, other):
        return f"the name is another (“{title_of(posting.submitter)}” against “{title_of(other.submitter)}”)"
    if links.names_other_kernel(posting, other):
        return "the prefixes name different stable kernels"
    if not posting.is_full and not posting.reroll > other.reroll:
        return "it is not full, and its marker is not higher"
    return " and ".join(_lacks(posting, other)) or "other series fit as well, by other authors"


def _lacks(posting: Posting, other: Posting) -> list[str]:
    half, old = links.shares_half(posting, other), posting.date - other.date > YEAR_SECONDS
    higher, same_author = posting.reroll > other.reroll, posting.author == other.author
    lacks = []
    if not higher:
        lacks.append(_low(posting, other))
    if not same_author:
        lacks.append("the author is another")
    if old and (not higher or not half):
        lacks.append("it was sent more than 365 days later")
    if not half and (not higher or old or not same_author):
        lacks.append(_few(posting, other))
    if not higher and not links.is_as_wide(posting, other):
        lacks.append(f"its prefix says more ({_words(posting.prefix)} against {_words(other.prefix)})")
    if not higher and posting.total == other.total == 1 and set(posting.files).isdisjoint(other.files):
        lacks.append("it touches none of the files of that one")
    return lacks


def _misses_patches(posting: Posting, other: Posting) -> str:
    if not posting.is_full:
        return "it is not full"
    if posting.author != other.author:
        return "the author is another"
    if not other.reroll < posting.reroll:
        return _low(posting, other)
    if links.names_other_kernel(posting, other):
        return "the prefixes name different stable kernels"
    if posting.date - other.date > YEAR_SECONDS:
        return "it was sent more than 365 days later"
    if (posting.total == 1) != (other.total == 1):
        return "one is a single patch, and the other is not"
    return _few(posting, other)


def _low(posting: Posting, other: Posting) -> str:
    return f"its marker {reroll_text(posting.reroll)} is not higher than {reroll_text(other.reroll)}"


def _few(posting: Posting, other: Posting) -> str:
    common = len(posting.patch_names & other.patch_names)
    smaller = min(len(posting.patch_names), len(other.patch_names))
    return f"only {common} of {smaller} patch names are in both"


def _words(words: Sequence[str]) -> str:
    return ", ".join(words) or "nothing"
