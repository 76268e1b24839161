"""Finds the tags of a subject: the groups in brackets before its title, also where a bracket is missing or too many."""

import re
from functools import lru_cache

from ingest.message.answers import BUG, FILTERED, FORWARDS, MARK, REPLY

GROUP_MAX_CHARS = 200
"""A group with brackets inside of it, or without one of its own, is looked for in so many."""
STRANGE_MAX = 2
"""So many words that are not understood stand between two of a tag that has no closing bracket."""

_BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]")
_CLOSING = re.compile(r"\]+")
_NOT_OPENED = re.compile(r"\s*((?:PATCH|RFC|RESEND)[^\[\](){}<>]{0,60})\]", re.IGNORECASE)
_OTHER_BRACKETS = re.compile(r"\s*[({<]\s*((?:PATCH|RFC PATCH|RESEND PATCH)[^\[\](){}<>]{0,60})[)}>\]]", re.IGNORECASE)
_BARE = re.compile(r"\s*(?=PATCH(?:ES|SET)?[\s\d:_/-])|\s*(?=[Pp]atch \d+(?:/| of )\d+:)")
_WIDE = str.maketrans("［］【】", "[][]")
_POSTED = re.compile(r"PATCH(?:ES|SET)?|RFC|RESEND|v\d+(?:\.\d+)*|\d+/\d+", re.IGNORECASE)
_PATCH = re.compile(r"PATCH(?:ES|SET)?|RFC", re.IGNORECASE)

_OF = re.compile(r"(?<![\w/])(\d{1,6})\s*(?:/|\s(?:of|OF)\s)\s*(\d{1,6})(?![\w/.])")
_SAID = r"(?:v{1,2}|ver(?:s(?:ion)?)?|rev(?:ision)?|take|try|round|attempt)"
_N = r"(\d{1,3}(?:\.\d{1,3})*+)"
_VERSION = re.compile(
    rf"[(\[{{<]\s*(?:{_SAID}|#)[\s.:=#_-]{{0,2}}{_N}\s*[)\]}}>]"
    rf"|(?:(?<![A-Za-z0-9.])|(?<=PATCH))(?:(?!v\d){_SAID}[\s.:=#_]{{0,2}}|(?!v){_SAID}-|#){_N}(?![\w/]|-rc\d)-?"
    rf"|(?<!\S)[-+~]+v{_N}(?![\w/])"
    r"|(?<![\w.])(\d)(?:st|nd|rd|th)(?: (?:version|try|take|round))?(?!\w)",
    re.IGNORECASE,
)
"""`ver2`, `v 2`, `v.2`, `(v2)`, `#2`, `take 2`, `-v2`, `2nd`."""
_BEHIND = re.compile(
    rf"\s*(?:[(\[{{<]\s*(?:{_SAID}|#)[\s.:=#_-]{{0,2}}(\d{{1,3}}(?:\.\d{{1,3}})*)\s*[)\]}}>][\s:,-]*"
    rf"|(?:{_SAID}|#)[\s.#_-]{{0,2}}(\d{{1,3}}(?:\.\d{{1,3}})*)(?:\s*[:,]|\s+-)\s*|(?:v|ver|#)(\d{{1,2}})\s+)(?=\S)",
    re.IGNORECASE,
)
"""A reroll right behind the brackets."""
BRANCH = re.compile(
    r"v(?:(?:19|20)\d\d(?!\d)|[12]\d\.(?:0[1-9]|1[0-2])(?!\d)|\d+(?:\.\d+)+-rc\d)[\w.+-]*", re.IGNORECASE
)
"""A version of what the patch is for, named after a year or a candidate of one: `v2019.04-board`, `v5.15-rc3`."""
_GLUED = re.compile(
    r"(PATCH(?:ES|SET)?(?=[-_:/]|v?\d)|(?:RFC|RESEND)(?=[-_:/]|v\d)|v\d+(?:\.\d+)*(?=[-_:]))[-_:/]*(.+)", re.IGNORECASE
)
_GLUED_MAX = 60
_GLUED_NUMBERS = re.compile(r"[vV](\d{1,6})/(\d{1,6})")
_WORD = re.compile(r"[\s,;]*([^\s,;\[\]]+)")
_NUMBERS_AT = re.compile(r"[\s,;]*(\d{1,6}\s*(?:/|\s(?:of|OF)\s)\s*\d{1,6})[)}>]*(?=[\s:,;]|$)")
_VERSION_AT = re.compile(rf"[\s,;]*((?:{_SAID}|#)[\s.]{{0,2}}\d{{1,3}}(?:\.\d{{1,3}})*)(?=[\s:,;]|$)", re.IGNORECASE)


def split_subject(text: str) -> tuple[list[str], str, bool]:
    """The groups of tags, the title, and whether it is an answer: `Re:` stands before all that says what is posted.

    A filter's or a bug tracker's mark before a tag is no part of the title, and no group. A tag that lost a bracket, or
    has one too many, and a reroll right behind the tags, are groups like others.
    """
    if not text.isascii():
        text = text.translate(_WIDE)
    groups: list[str] = []
    is_reply = has_tag = False
    at = accepted = 0
    while True:
        if not has_tag and (answer := REPLY.match(text, at)):
            is_reply = is_reply or answer[1].lower() not in FORWARDS
            at = accepted = answer.end()
        elif found := _group(text, at, has_tag=has_tag):
            group, at = found
            groups += [group] if not _is_filtered(group) else []
            has_tag = has_tag or is_posted(group)
            accepted = at = _behind_closing(text, at) if has_tag else at
        elif not has_tag and (mark := MARK.match(text, at)):
            at = mark.end()
        else:
            break
    if has_tag and (behind := _reroll_behind(text, accepted, groups)):
        groups.append(behind[0])
        accepted = behind[1]
    return groups, text[accepted:], is_reply


@lru_cache(maxsize=4096)  # a list's mails say the same over and over
def tokens_of(group: str) -> tuple[str, ...]:
    """The tokens of a group, which commas, semicolons and white space separate: orders as 1/3, rerolls as v2."""
    spaced = _OF.sub(r" \1/\2 ", BUG.sub(_no_bug, group.replace(",", " ").replace(";", " ")))
    spaced = _VERSION.sub(_as_reroll, spaced)
    return tuple([token for word in spaced.split() for token in _unglue(word.rstrip(":;.-"))])


def _no_bug(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith("#") and len(found[0]) < 4 else " "


def _as_reroll(found: re.Match[str]) -> str:
    return f" v{next(filter(None, found.groups()))} "


def _unglue(word: str) -> list[str]:
    """Take apart what was written without a space: PATCHv2, PATCH-v2, PATCH1/8, RFC/PATCH, V22/7."""
    parts = []
    while len(word) <= _GLUED_MAX and not BRANCH.fullmatch(word) and (glued := _GLUED.fullmatch(word)):
        parts.append(glued[1])
        word = glued[2]
    if numbers := _GLUED_NUMBERS.fullmatch(word):
        digits, total = numbers[1], int(numbers[2])
        for cut in range(1, len(digits)):
            if int(digits[cut:]) <= total:
                return [*parts, f"v{int(digits[:cut])}", f"{int(digits[cut:])}/{total}"]
    return [*parts, word] if word else parts


@lru_cache(maxsize=4096)
def _is_filtered(group: str) -> bool:
    return FILTERED.fullmatch(group) is not None


@lru_cache(maxsize=4096)
def is_posted(group: str) -> bool:
    """Whether a group says that something is posted: PATCH, an order, a reroll."""
    return any(_POSTED.fullmatch(token) for token in tokens_of(group))


def _group(text: str, at: int, *, has_tag: bool) -> tuple[str, int] | None:
    """The group at a place, and the offset behind it. A damaged one is the first that says what is posted."""
    brackets = _BRACKETS.match(text, at)
    if brackets:
        return brackets[1], brackets.end()
    if has_tag:
        return None
    start = at + len(text[at : at + GROUP_MAX_CHARS]) - len(text[at : at + GROUP_MAX_CHARS].lstrip())
    if text.startswith("[", start):
        return _nested(text, start) or _not_closed(text, start + 1)
    whole = _OTHER_BRACKETS.match(text, at) or _NOT_OPENED.match(text, at)
    if whole and _is_tag(whole[1]):
        return whole[1], whole.end()
    return _not_closed(text, start) if _BARE.match(text, at) else None


def _nested(text: str, start: int) -> tuple[str, int] | None:
    """A group that has brackets in it, as many as there are: up to the one that closes the first, or any of them."""
    depth = 0
    for end in range(start, min(start + GROUP_MAX_CHARS, len(text))):
        depth += (text[end] == "[") - (text[end] == "]")
        if depth == 0:
            break
    ends = [end + 1] if depth == 0 else []
    first = text.find("]", start, start + GROUP_MAX_CHARS) + 1
    for end in [*ends, first] if first else []:
        inside = text[start:end].replace("[", " ").replace("]", " ").strip()
        if _is_tag(inside):
            return inside, end
    return None


def _is_tag(inside: str) -> bool:
    """Whether a damaged group says what is posted, and nothing that belongs to a title: a word with a colon."""
    words = inside.split()
    return is_posted(inside) and not any(word.endswith(":") and not is_posted(word) for word in words)


def _not_closed(text: str, start: int) -> tuple[str, int] | None:
    """A tag without its closing bracket: the words from `start` on, up to the last one that is understood."""
    at = end = start
    strange = 0
    while strange <= STRANGE_MAX:
        found = _NUMBERS_AT.match(text, at) or _VERSION_AT.match(text, at) or _WORD.match(text, at)
        if found is None:
            break
        word = found[1].rstrip(")}>:")
        if tokens_of(word) and all(_POSTED.fullmatch(token) for token in tokens_of(word)):
            end, strange = found.end(), 0
        else:
            strange += 1
        at = found.end()
        if found[0].endswith(":") or text.startswith(":", at):
            break
    group = text[start:end].rstrip(")}>: ")
    is_bare = not text.startswith("[", start - 1) or start == 0
    says_more = len(tokens_of(group)) > 1 or text[end - 1 : end] == ":" or text.startswith(":", end)
    if not any(_PATCH.fullmatch(token) for token in tokens_of(group)) or (is_bare and not says_more):
        return None
    return group, end + text.startswith(":", end)


def _behind_closing(text: str, at: int) -> int:
    """Pass over brackets that close nothing."""
    closing = _CLOSING.match(text, at)
    return closing.end() if closing else at


def _reroll_behind(text: str, at: int, groups: list[str]) -> tuple[str, int] | None:
    """The reroll right behind the tags, where none of them has one, and the offset behind it."""
    found = _BEHIND.match(text, at)
    if found is None or any(is_reroll(token) for group in groups for token in tokens_of(group)):
        return None
    return f"v{found[1] or found[2] or found[3]}", found.end()


def is_reroll(token: str) -> bool:
    """Whether a token says which posting of the same work it is."""
    return _REROLL.fullmatch(token) is not None and not BRANCH.fullmatch(token)


_REROLL = re.compile(r"[vV]\d{1,6}(?:\.\d{1,6})*")
