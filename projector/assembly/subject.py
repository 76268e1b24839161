"""Reads the tags that stand before a patch's title."""

import re
from collections.abc import Collection

import msgspec

from projector.assembly.tags import is_posted, is_reroll, split_subject, tokens_of

LONG_TERM_KERNELS = tuple(
    f"v{version}" for version in ("4.4", "4.9", "4.14", "4.19", "5.4", "5.10", "5.15", "6.1", "6.6", "6.12", "6.18")
)
"""Tokens that name a branch rather than a reroll, where a project says nothing else."""

_BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]")
_NUMBERS = re.compile(r"(\d{1,6})/(\d{1,6})")
_CLOSING_REROLL = re.compile(
    r"(?<=[^\s,])(?: ?,? ?\( ?(?:v|take ?|version ?)(\d{1,3}) ?\)|(?: ?, ?| )(?:v|take |version )(\d{1,3})) ?$",
    re.IGNORECASE,
)
_PROPOSED = {"patch", "patches", "patchset"}
_NO_PREFIX = {"patch", "patches", "patchset", "resend", "candidate", "next"}
_KERNEL = re.compile(r"(?:linux-|stable-)?v?(\d+\.\d+(?:\.\d+)?)(?:\.[xy])?(?:-stable|-longterm|-lts)?")
_PUNCTUATION = re.compile(
    r"(?<!\d)\.|\.(?!\d)|[\s,:;_/\\!?'\"`()\[\]{}\-\u00ab\u00bb\u2010-\u2015\u2018-\u201f\u2026]+"
)
"""What people change in a title that stays the same. A point between digits is a number's."""
_STABLE = {"stable", "backport", "backports", "lts", "longterm"}
_TEMPLATE = re.compile(r"[\s*]*(?:subject|blurb) here[\s*]*(?:\(?v?\d{0,3}\)?\s*)?$", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_LIKE_A_REROLL = re.compile(
    r"(?:v|r|ver|version|rev|revision|take|try|round|attempt)(?:\W?\d{1,3}(?!\d)\W*[a-k]?\W*)?|(?:re-?)?(?:send|sent|post|posted|roll|spin)"
    r"|again|second|third|fourth|new|updated?|corrected|final|last|\W*\d{1,3}\W*",
    re.IGNORECASE,
)
"""Words that say no more than that it was posted before: nothing that a patch is for."""


class Subject(msgspec.Struct, frozen=True):
    """A subject as read. What is absent is None; nothing is inferred.

    name is what is shown: the tokens that were not dropped in brackets, then the title. prefix has the tokens that say
    what the patch is for: lower case, without order, reroll, `RESEND` and `candidate`, `-next` cut off.
    """

    title: str
    name: str
    is_reply: bool = False
    is_tagged: bool = False
    is_proposed: bool = False
    """Whether the tags say PATCH."""
    is_resend: bool = False
    number: int | None = None
    total: int | None = None
    reroll: tuple[int, ...] | None = None
    branch_reroll: tuple[int, ...] | None = None
    """A token that is a branch (v5.10), or a reroll where the thread has the reroll before it."""
    prefix: tuple[str, ...] = ()


def parse_subject(
    text: str,
    names: Collection[str] = (),
    tags: Collection[str] = (),
    branch_tokens: Collection[str] = LONG_TERM_KERNELS,
) -> Subject:
    """Read a subject that is decoded and unfolded (RFC 5322 section 3.6.5, RFC 2047).

    "[PATCH v2 3/7] net: fix leak" gives number 3, total 7, reroll (2,) and the name "[v2,3/7] net: fix leak". Besides
    PATCH, `names` (what the list calls itself) and `tags` (the project's own) are not shown; they are lower case. Never
    raises; a subject without tags is all title.
    """
    groups, title, is_reply = split_subject(text)
    tokens = [token for group in groups for token in _own_tokens(group, names)]
    kept = [token for token in tokens if (word := token.lower()) != "patch" and word not in names and word not in tags]
    order = next((token for token in kept if _NUMBERS.fullmatch(token)), None)
    number, total = (int(part) for part in order.split("/")) if order else (None, None)
    branches = [token for token in kept if token.lower() in branch_tokens]
    rerolls = [token for token in kept if is_reroll(token) and token not in branches]
    title = _SPACE.sub(" ", title).strip()
    shown = ",".join(kept)
    return Subject(
        title=title,
        name=f"[{shown}] {title}".rstrip() if kept else title,
        is_reply=is_reply,
        is_tagged=any(token.lower() not in names for token in tokens),
        is_proposed=any(token.lower() in _PROPOSED for token in tokens),
        is_resend=any(token.lower() == "resend" for token in tokens),
        number=number,
        total=total,
        reroll=_reroll(rerolls[-1]) if rerolls else None,
        branch_reroll=_reroll(branches[-1]) if branches else None,
        prefix=tuple(sorted({word for token in kept if token not in rerolls and (word := _prefix_word(token))})),
    )


def title_of(name: str) -> str:
    """The title in a `Subject.name`."""
    brackets = _BRACKETS.match(name)
    return name[brackets.end() :].strip() if brackets else name


def name_key(title: str) -> str:
    """The title as names are compared: case folded, without spacing, punctuation and a closing `v2`, `(v2)`, `, v2`,
    `take 2`; one of punctuation alone stays as it is.

    "" of one that `git format-patch --cover-letter` left to be filled in: it names nothing.
    """
    if _TEMPLATE.match(title):
        return ""
    words = without_closing_reroll(_SPACE.sub(" ", title)).strip().casefold()
    return _PUNCTUATION.sub("", words) or words


def without_closing_reroll(title: str) -> str:
    """A title without the reroll that its end names."""
    return _CLOSING_REROLL.sub("", title)


def closing_reroll(title: str) -> tuple[int, ...] | None:
    """The reroll that a title's end names: "net: fix leak (v2)" gives (2,); None where it names none."""
    found = _CLOSING_REROLL.search(title)
    return (int(found[1] or found[2]),) if found else None


def name_other_kernels(prefix: Collection[str], other: Collection[str]) -> bool:
    """Whether two prefixes name different stable kernels."""
    kernels = _kernels(prefix)
    return bool(kernels) and bool(others := _kernels(other)) and kernels != others


def is_backport(prefix: Collection[str], other: Collection[str]) -> bool:
    """Whether a prefix names a stable kernel, or what is as old, that the other does not name."""
    return bool((_kernels(prefix) | (_STABLE & set(prefix))) - _kernels(other) - set(other))


def _kernels(prefix: Collection[str]) -> set[str]:
    found = (_KERNEL.fullmatch(word) for token in prefix for word in token.split("/"))
    return {kernel[1] for kernel in found if kernel}


def tags_of(text: str) -> str:
    """What stands before a subject's title, as a subject that is read alike but for its title, which is empty."""
    groups, _, is_reply = split_subject(text)
    return ("Re: " if is_reply else "") + "".join(f"[{group}]" for group in groups)


def _own_tokens(group: str, names: Collection[str]) -> tuple[str, ...]:
    """The tokens of a group; where it is the list's own, without the number that the list gave: `[demo 123]`."""
    tokens = tokens_of(group)
    if not group[-1:].isdigit() or is_posted(group):
        return tokens
    is_lists = any(token.lower() in names for token in tokens)
    return tuple(token for token in tokens if not (token.isdigit() if is_lists else _is_counted(token, names)))


def _is_counted(token: str, names: Collection[str]) -> bool:
    """Whether a token is the list's name with a number: `demo:123`."""
    name, _, number = token.replace("#", ":").replace("-", ":").rpartition(":")
    return number.isdigit() and name.lower() in names


def _reroll(token: str) -> tuple[int, ...]:
    numbers = [int(part) for part in token[1:].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _prefix_word(token: str) -> str:
    word = token.lower()
    if (
        _NUMBERS.fullmatch(word)
        or word in _NO_PREFIX
        or (_LIKE_A_REROLL.fullmatch(word) and not _KERNEL.fullmatch(word))
    ):
        return ""
    return word.removesuffix("-next")
