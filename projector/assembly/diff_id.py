"""What `git patch-id --stable` says of a diff, so that a commit and the mail it came by can be found to be one.

This walks through a diff as git's builtin/patch-id.c does, with its oddities: a file without hunks is hashed with the
next one, and the `diff` line behind a binary file is not hashed at all. Only hunks that are as long as they say are
taken whole.
"""

import re
from hashlib import sha1

_WHITE_SPACE = b" \t\r\n"
"""What git calls so: no vertical tabs, no form feeds."""
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))?[^\n]*\n")
_HEADER = re.compile(
    rb"(diff [^\n]*\n(?:(?:old|new|deleted|similarity|rename|copy) [^\n]*\n)*)"
    rb"(?:index ([^\n]*?)\.\.([^ \n]*)[^\n]*\n)?"
    rb"(--- [^\n]*\n\+\+\+ [^\n]*\n)"
)
_INDEX = re.compile(rb"index (.*?)\.\.([^ \n]*)")
_NEXT_COMMIT = re.compile(rb"(?:commit |From )?[0-9a-fA-F]{40}")
_REST_BEHIND_NUL = re.compile(rb"\0[^\n]*")
_NO_NEWLINE_BYTES = 12
"""A line that begins with a backslash and is longer says that there is no newline at the end of a file."""


def diff_id(text: bytes) -> str | None:
    """The patch id of the diff that begins with the first `diff ` line of a text, as 40 hexadecimal digits.

    As git counts: white space, line numbers and what stands outside of diff and hunks make no difference, each file is
    hashed by itself and the order of files makes none (git-patch-id(1)). None where there is no such diff.
    """
    at = 0 if text.startswith(b"diff ") else text.find(b"\ndiff ") + 1
    if not text.startswith(b"diff ", at):
        return None
    if b"\0" in text:  # where a string ends for git
        return diff_id(_REST_BEHIND_NUL.sub(b"", text))
    return (sum(map(_number, _parts(text, at))) % (1 << 160)).to_bytes(20, "little").hex()


def _number(part: bytes) -> int:
    return int.from_bytes(sha1(part.translate(None, _WHITE_SPACE), usedforsecurity=False).digest(), "little")


def _parts(text: bytes, at: int) -> list[bytes]:
    """What is hashed, part by part: mostly a part is a file's header and the lines of its hunks.

    before and after are the lines that a hunk still has to have; -1 is a header, whose `---` and `+++` are a hunk too.
    Longer than a function should be, so that it can be read beside git's loop.
    """
    parts: list[bytes] = []
    kept: list[bytes] = []
    names: tuple[bytes, ...] = ()
    before = after = -1
    is_binary = False
    while at < len(text):
        if not is_binary and before == after and before in (0, -1):
            if before == 0:
                at = _take_hunks(text, at, kept)
            if head := _HEADER.match(text, at):
                if before == 0:
                    parts.append(b"".join(kept))
                    kept = []
                kept += (head[1], head[4])
                names = head.group(2, 3) if head[2] is not None else names
                at, before, after = head.end(), 0, 0
                continue
        end = text.find(b"\n", at) + 1 or len(text)
        line, at = text[at:end], end
        if line.startswith(b"\\ ") and len(line) > _NO_NEWLINE_BYTES:
            continue
        if _NEXT_COMMIT.match(line):
            break
        if before == -1:
            if line.startswith((b"GIT binary patch", b"Binary files")):
                parts.append(b"".join((*kept, *names)))
                kept, before, is_binary = [], 0, True
                continue
            if line.startswith(b"index "):
                found = _INDEX.match(line)
                names = found.groups() if found else names
                continue
            if line.startswith(b"--- "):
                before = after = 1
            elif not line[:1].isalpha():
                break
        if is_binary:
            if line.startswith(b"diff "):
                before, is_binary = -1, False
            continue
        if before == after == 0:
            if line.startswith(b"@@ -"):
                before, after = _counts(_HUNK.match(line))
                continue
            if not line.startswith(b"diff "):
                break
            parts.append(b"".join(kept))
            kept, before, after = [], -1, -1
        before -= line[:1] in (b"-", b" ")
        after -= line[:1] in (b"+", b" ")
        kept.append(line)
    return [*parts, b"".join(kept)]


def _counts(head: re.Match[bytes] | None) -> tuple[int, int]:
    """How many lines a hunk has before and after; none, where its head is broken."""
    if head is None:
        return 0, 0
    before, after = head.groups()
    return int(before or 1), int(after or 1)


def _take_hunks(text: bytes, at: int, kept: list[bytes]) -> int:
    """Keep the hunks that stand here, as long as they are what their heads say; give the offset behind them."""
    while head := _HUNK.match(text, at):
        hunk = _whole_hunk(text, head.end(), *_counts(head))
        if not hunk:
            break
        kept.append(hunk)
        at = head.end() + len(hunk) - 1
    return at


def _whole_hunk(text: bytes, at: int, before: int, after: int) -> bytes:
    """The lines from `at` on, with the line end in front of them, up to what begins something else; b"" where these
    are not exactly what the hunk's head said.
    """
    end = text.find(b"\n@@ -", at - 1)
    other = text.find(b"\ndiff ", at - 1, end if end >= 0 else len(text))
    if other >= 0:
        end = other
    elif end < 0:
        end = text.find(b"\n-- \n", at - 1)  # a mail's signature
    hunk = text[at - 1 : end + 1] if end >= 0 else text[at - 1 :]
    same, less, more = hunk.count(b"\n "), hunk.count(b"\n-"), hunk.count(b"\n+")
    fits = same + less == before and same + more == after and same + less + more == hunk.count(b"\n") - 1
    return hunk if fits and hunk.endswith(b"\n") else b""
