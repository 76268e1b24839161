"""Reads the tags that stand before a patch's title."""

import re
from collections.abc import Collection
from functools import lru_cache

import msgspec

LONG_TERM_KERNELS = tuple(
    f"v{version}" for version in ("4.4", "4.9", "4.14", "4.19", "5.4", "5.10", "5.15", "6.1", "6.6", "6.12", "6.18")
)
"""Tokens that name a branch rather than a reroll, where a project says nothing else."""

_REPLY = re.compile(
    r"\s*(re|aw|sv|vs|antw|antwort|odp|ynt|回复|答复|回覆|fwd|fw|wg|tr|转发)\s*(?:\[\d+\]|\(\d+\)|\^\d+)?\s*[:\uff1a]\s*",
    re.IGNORECASE,
)
_FORWARDS = {"fwd", "fw", "wg", "tr", "转发"}
_BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]")
_OF = re.compile(r"(?<![\w/])(\d{1,6})\s*(?:/|\s(?:of|OF)\s)\s*(\d{1,6})(?![\w/.])")
_NUMBERS = re.compile(r"(\d{1,6})/(\d{1,6})")
_REROLL = re.compile(r"[vV](\d{1,6}(?:\.\d{1,6})*)")
_POSTED = re.compile(r"PATCH(?:ES|SET)?|RFC|RESEND|v\d+(?:\.\d+)*|\d+/\d+", re.IGNORECASE)
_GLUED = re.compile(
    r"(PATCH(?:ES|SET)?(?=[-_:/]|v?\d)|(?:RFC|RESEND)(?=[-_:/]|v\d)|v\d+(?:\.\d+)*(?=[-_:]))[-_:/]*(.+)", re.IGNORECASE
)
_GLUED_MAX = 60
_GLUED_NUMBERS = re.compile(r"[vV](\d{1,6})/(\d{1,6})")
_CLOSING_REROLL = re.compile(
    r"(?<=[^\s,])(?: ?,? ?\( ?(?:v|take ?|version ?)(\d{1,3}) ?\)|(?: ?, ?| )(?:v|take |version )(\d{1,3})) ?$",
    re.IGNORECASE,
)
_NO_PREFIX = {"patch", "patches", "patchset", "resend", "candidate", "next"}
_KERNEL = re.compile(r"(?:linux-|stable-)?v?(\d+\.\d+(?:\.\d+)?)(?:\.[xy])?(?:-stable|-longterm|-lts)?")
_SPACE = re.compile(r"\s+")


class Subject(msgspec.Struct, frozen=True):
    """A subject as read. What is absent is None; nothing is inferred.

    name is what is shown: the tokens that were not dropped in brackets, then the title. prefix has the tokens that say
    what the patch is for: lower case, without order, reroll, `RESEND` and `candidate`, `-next` cut off.
    """

    title: str
    name: str
    is_reply: bool = False
    is_tagged: bool = False
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
    tokens = [token for group in groups for token in _tokens(group)]
    kept = [token for token in tokens if (word := token.lower()) != "patch" and word not in names and word not in tags]
    order = next((token for token in kept if _NUMBERS.fullmatch(token)), None)
    number, total = (int(part) for part in order.split("/")) if order else (None, None)
    branches = [token for token in kept if token.lower() in branch_tokens]
    rerolls = [token for token in kept if _REROLL.fullmatch(token) and token not in branches]
    title = _SPACE.sub(" ", title).strip()
    shown = ",".join(kept)
    return Subject(
        title=title,
        name=f"[{shown}] {title}".rstrip() if kept else title,
        is_reply=is_reply,
        is_tagged=any(token.lower() not in names for token in tokens),
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
    """The title as names are compared: case folded, white space single, no closing `v2`, `(v2)`, `, v2`, `take 2`."""
    return _CLOSING_REROLL.sub("", _SPACE.sub(" ", title)).strip().casefold()


def closing_reroll(title: str) -> tuple[int, ...] | None:
    """The reroll that a title's end names: "net: fix leak (v2)" gives (2,); None where it names none."""
    found = _CLOSING_REROLL.search(title)
    return (int(found[1] or found[2]),) if found else None


def name_other_kernels(prefix: Collection[str], other: Collection[str]) -> bool:
    """Whether two prefixes name different stable kernels."""
    kernels = _kernels(prefix)
    return bool(kernels) and bool(others := _kernels(other)) and kernels != others


def _kernels(prefix: Collection[str]) -> set[str]:
    found = (_KERNEL.fullmatch(word) for token in prefix for word in token.split("/"))
    return {kernel[1] for kernel in found if kernel}


def tags_of(text: str) -> str:
    """What stands before a subject's title, as a subject that is read alike but for its title, which is empty."""
    groups, _, is_reply = split_subject(text)
    return ("Re: " if is_reply else "") + "".join(f"[{group}]" for group in groups)


def split_subject(text: str) -> tuple[list[str], str, bool]:
    """The bracket groups, the title, and whether it is an answer: `Re:` stands before all that says what is posted."""
    groups: list[str] = []
    is_reply = False
    is_posted = False
    start = 0
    while True:
        if not is_posted and (answer := _REPLY.match(text, start)):
            is_reply = is_reply or answer[1].lower() not in _FORWARDS
            start = answer.end()
        elif brackets := _BRACKETS.match(text, start):
            groups.append(brackets[1])
            is_posted = is_posted or any(_POSTED.fullmatch(token) for token in _tokens(brackets[1]))
            start = brackets.end()
        else:
            return groups, text[start:], is_reply


@lru_cache(maxsize=4096)  # a list's mails say the same over and over
def _tokens(group: str) -> tuple[str, ...]:
    spaced = _OF.sub(r" \1/\2 ", group.replace(",", " "))
    return tuple([token for word in spaced.split() for token in _unglue(word.rstrip(":;.-"))])


def _unglue(word: str) -> list[str]:
    """Take apart what was written without a space: PATCHv2, PATCH-v2, PATCH1/8, RFC/PATCH, V22/7."""
    parts = []
    while len(word) <= _GLUED_MAX and (glued := _GLUED.fullmatch(word)):
        parts.append(glued[1])
        word = glued[2]
    if numbers := _GLUED_NUMBERS.fullmatch(word):
        digits, total = numbers[1], int(numbers[2])
        for cut in range(1, len(digits)):
            if int(digits[cut:]) <= total:
                return [*parts, f"v{int(digits[:cut])}", f"{int(digits[cut:])}/{total}"]
    return [*parts, word] if word else parts


def _reroll(token: str) -> tuple[int, ...]:
    numbers = [int(part) for part in token[1:].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _prefix_word(token: str) -> str:
    word = token.lower()
    if _NUMBERS.fullmatch(word) or word in _NO_PREFIX:
        return ""
    return word.removesuffix("-next")
