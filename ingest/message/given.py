"""Trailers that somebody gave in an answer: who reviewed, acked, tested or reported, and what a patch fixes.

They go into commits, so what is not certainly a trailer stays out: prose with a colon, one that a mailer cut, and those
of a patch that the answer itself proposes.
"""

import re
from collections.abc import Iterator
from itertools import islice

from ingest.message.diff import find_message_end
from schemas.mail import LimitedTrailer

LINES_MAX = 1000
"""Lines that look like a trailer's first and are read."""
WRAPPED_MAX_LINES = 3
"""So many lines go on with a trailer that a mailer wrapped."""
VALUE_MAX_CHARS = 1000
"""A trailer with a longer value is left out."""
PEOPLE_MAX = 10
"""So many are named in one trailer."""
SCOPE_MAX_CHARS = 2000
"""So far above a trailer the line is looked for that says for which patches it is."""
PATCHES_MAX = 1000
"""No series has more."""

Scope = tuple[int, ...] | None
"""The orders of the patches that something is for, none where nobody can tell; None: all."""

_SIGNED = "Signed-off-by"
_TAGS = {
    tag.lower(): tag for tag in ("Reviewed-by", "Acked-by", "Tested-by", "Reported-by", "Nacked-by", "Fixes", _SIGNED)
}
_LINE = re.compile(rf"\n({'|'.join(_TAGS)})[ \t]*:[ \t]*([^\n]*)", re.IGNORECASE)
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30}[ \t]*:")
_DOUBLED = re.compile(r" ?[<\[(] ?mailto:[^\s<>\[\]()]* ?[>\])]", re.IGNORECASE)
_MAILTO = re.compile(r"(?<=<)mailto:", re.IGNORECASE)
_ADDRESS = r"[^\s<>()\[\]\",;:@]+@[^\s<>()\[\]\",;:@]+"
_REMARK = r"(?: ?(?:#.*|\([^()]*\)|\[[^\[\]]*\]|(?:for|on) patch(?:es)? [#\d][^?<>@]{0,60}))?"
_NAME = r"(?:\"[^\"<>]{1,80}\"|[^<>?!:;@#()\[\]\"]{1,80}(?:\([^()<>@]{1,40}\) ?)?)?"
_PERSON = re.compile(rf"(?:{_NAME} ?< ?{_ADDRESS} ?>|[^<>?!:;@()]{{0,80}}\({_ADDRESS}\)|{_ADDRESS}){_REMARK}")
_AND = re.compile(r"(?<=>) ?(?:,|and|&) ?")
_CAPITALS = re.compile(rf"(?:[A-Z\u0080-\uffff][^\s<>@]*\s+){{1,5}}({_ADDRESS}){_REMARK}")
_COMMIT = re.compile(r"(?:commit\s+)?(?=[a-f]*\d)[0-9a-f]{6,64}(?![0-9A-Za-z])", re.IGNORECASE)
_TITLE = re.compile(
    r"""\s*[:,-]?\s*(?:\(\s*".*"\s*\)|\(\s*'.*'\s*\)|\((?!["'])[^()]*(?:\([^()]*\)[^()]*)*\)|"[^"]*"|“[^”]*”|\(\s*“.*”\s*\)"""
    r"""|(?![("'“])[\w./*,-]+(?: [\w./*,-]+)?: [^?\n]*)?(?:\s*#[^\n]*|\s*\[[^\[\]]*\])?[\s.,;]*"""
)
_SCISSORS = re.compile(r"\n[-=_ \t]*(?:>8|8<|>%|%<)[^\n]{0,200}(?=\n)")
_SCISSORS_WORDS = re.compile(r"cut here|cut|snip|[-=_ \t><8%]", re.IGNORECASE)
_BLOCK = re.compile(
    r"(?:\A|(?<=\n))\n(?:>?From [0-9a-f]{40} [^\n]*\n)?(?:From|Subject)[ \t]*:[^\n]*\n"
    r"(?:[ \t]*\n|(?:From|Subject|Date)[ \t]*:)",
    re.IGNORECASE,
)
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)*")
_NUMBER = r"#?\d{1,4}(?:/\d{1,4})?"
_TO = r"\s*(?:-|–|\.\.+|\bto\b|\bthrough\b)\s*"
_RANGE = re.compile(rf"#?(\d{{1,4}})(?:/\d{{1,4}})?(?:{_TO}#?(\d{{1,4}})(?:/\d{{1,4}})?)?", re.IGNORECASE)
_LIST = rf"{_NUMBER}(?:(?:{_TO}|\s*(?:,\s*and\b|,|&|\+|\band\b)\s*){_NUMBER}){{0,50}}"
_SCOPE = re.compile(
    rf"\s*(?:and\s+)?(?:(?:(?:for|on|to)\s+)?(?:the\s+)?patch(?:es|s)?\s+(?:numbers?\s+)?({_LIST})|(?:for|on)\s+({_LIST})"
    r"|(?:for|on)\s+the\s+first\s+(?:(\w+)\s+)?patch(?:es)?)(?![\w/])(?:[^\n:]{0,80}:|[.,]?)\s*",
    re.IGNORECASE,
)
_OTHER_SCOPE = re.compile(
    r"\s*(?:and\s+)?(?:for|on)\s+(?:the\s+)?(?!all\b|these\b|both\b)\w+\s+(?:\w+\s+)?(?:patches|ones|bits|parts)\b[^\n]*:\s*",
    re.IGNORECASE,
)
_REMARK_SCOPE = re.compile(
    rf"(?:[#(\[]\s*(?:for\s+|on\s+)?|(?<=> )(?:for|on) )patch(?:es|s)?\s+({_LIST})(?![\w/])", re.IGNORECASE
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}


def read_given(before: str, behind: str, author: str | None, *, has_diff: bool) -> tuple[LimitedTrailer, ...]:
    """Read the trailers of a text, each once. before and behind: what stands around its diff; a text without one is all
    before. author: the address of who wrote an answer, whose own Signed-off-by counts, and nobody else's; None
    of another mail, which proposes no patch beside what it is.
    """
    own = f"\n{before}\n"
    if author is not None:
        own = own[: _start_of_proposal(own, has_diff=has_diff)] + "\n"
    found: dict[LimitedTrailer, None] = {}
    for text in (own, f"\n{behind}\n"):
        if text.strip():
            found.update(dict.fromkeys(_read(text, author)))
    return tuple(found)


def _read(text: str, author: str | None) -> Iterator[LimitedTrailer]:
    scope: Scope = None
    last = 0
    for line in islice(_LINE.finditer(text), LINES_MAX):
        scope = _scope_above(text, line.start() + 1, last, scope)
        tag = _TAGS[line[1].lower()]
        value, last = _whole_value(text, line, is_commit=tag == "Fixes")
        if not value or (tag == _SIGNED and author not in _addresses(value)):
            continue
        remark = _REMARK_SCOPE.search(value)
        yield LimitedTrailer(f"{tag}: {value}", _numbers(remark[1]) if remark else scope)


def _whole_value(text: str, line: re.Match[str], *, is_commit: bool) -> tuple[str, int]:
    """The whole value of a trailer, over all its lines, and the offset of its end; "" where it is no trailer."""
    is_whole = _is_commit if is_commit else _is_person
    value, end = line[2], line.end()
    if len(value) > VALUE_MAX_CHARS:
        return "", end
    for _ in range(WRAPPED_MAX_LINES + 1):
        tidy = _tidy(value)
        next_end = text.find("\n", end + 1)
        following = text[end + 1 : min(next_end, end + VALUE_MAX_CHARS)] if next_end >= 0 else ""
        goes_on = following.startswith((" ", "\t", '("', "('")) and following.strip()
        if is_whole(tidy) and not (goes_on and is_whole(_tidy(f"{value} {following}"))):
            return tidy, end
        if not _may_go_on(value, following, is_commit=is_commit):
            break
        value, end = f"{value} {following}", next_end
    return "", line.end()


def _may_go_on(value: str, following: str, *, is_commit: bool) -> bool:
    if not following.strip() or following.startswith(">") or _KEY.match(following):
        return False
    return _COMMIT.match(value.strip()) is not None if is_commit else len(value) < 200


def _tidy(value: str) -> str:
    """A value in one line, without what mailers make of an address: `<a@example.org<mailto:a@example.org>>`."""
    value = " ".join(value.split())
    if "mailto:" in value.lower():
        value = _MAILTO.sub("", _DOUBLED.sub(_undoubled, value))
    return value.rstrip(".,;")


def _undoubled(found: re.Match[str]) -> str:
    """Nothing behind an address, which it says once more."""
    words = found.string[: found.start()].split(" ")
    return "" if "@" in words[-1] else found[0]


def _is_commit(value: str) -> bool:
    commit = _COMMIT.match(value)
    return commit is not None and _TITLE.fullmatch(value, commit.end()) is not None


def _is_person(value: str) -> bool:
    people = _AND.split(value, maxsplit=PEOPLE_MAX)
    return all(_PERSON.fullmatch(one) for one in people) or _CAPITALS.fullmatch(value) is not None


def _addresses(value: str) -> list[str]:
    return [address.lower() for address in re.findall(_ADDRESS, value)]


def _start_of_proposal(text: str, *, has_diff: bool) -> int:
    """Where a patch begins that a text proposes: at scissors, at a block of header fields, or with the trailers right
    above the end of its message; the end of the text where it proposes none.
    """
    cut = next((found for found in islice(_SCISSORS.finditer(text), LINES_MAX) if _is_cut(found[0])), None)
    if cut is not None:
        return cut.start()
    if not has_diff:
        return len(text)
    block = _BLOCK.search(text)
    if block:
        return block.start()
    end = find_message_end(text)
    start = _start_of_trailers(text, end)
    is_message = text.startswith("---", end) or f"\n{_SIGNED}:" in text[start - 1 : end]
    return start if is_message else len(text)


def _is_cut(line: str) -> bool:
    """Whether a line with scissors has nothing but what is cut along (gitmailinfo's --scissors)."""
    return not _SCISSORS_WORDS.sub("", line).strip() and "-" in line


def _start_of_trailers(text: str, end: int) -> int:
    """Where the paragraph of trailers begins that ends at an offset, but for blank lines."""
    start = len(text[:end].rstrip("\n")) + 1
    for _ in range(LINES_MAX):
        line = text.rfind("\n", 0, start - 1) + 1
        if not _KEY.match(text, line) and text[line : line + 1] not in (" ", "\t"):
            break
        start = line
    return start


def _scope_above(text: str, at: int, last: int, scope: Scope) -> Scope:
    """The patches that a trailer at an offset is for: by the line above it, else as the trailer was that ended at
    `last`, where nothing stands between the two.
    """
    lines = [line for line in text[max(last, at - SCOPE_MAX_CHARS) : at].split("\n") if line.strip()]
    if not lines:
        return scope
    found = _SCOPE.fullmatch(lines[-1])
    if found is None:
        return () if _OTHER_SCOPE.fullmatch(lines[-1]) else scope if _KEY.match(lines[-1]) else None
    listed = found[1] or found[2]
    return _numbers(listed) if listed else tuple(range(1, _COUNTS.get((found[3] or "").lower(), 1) + 1))


def _numbers(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for first, last in _RANGE.findall(text):
        found.update(range(int(first), min(int(last or first), int(first) + PATCHES_MAX) + 1))
    return tuple(sorted(found))
