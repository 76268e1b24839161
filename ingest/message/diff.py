"""Where the diff in a text starts and ends."""

import re
from collections.abc import Callable

FALSE_STARTS_MAX = 1000
"""Lines that look like the first of a diff and are none; a text with more of them has no diff."""

GIT_HEADER = re.compile(
    r"\ndiff --git ([^\n]+)"
    r"((?:\n(?:old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|"
    r"similarity index|dissimilarity index|index) [^\n]*)*+)"
    r"(\n--- ([^\n]+)\n\+\+\+ ([^\n]+)|\nBinary files [^\n]*|\nGIT binary patch(?=\n))?"
)
"""What stands before a file's hunks: (1) both names, (2) the extended header, (3) what comes below, with
(4, 5) the two sides. Starts with a line end and ends before one; a header without (2) and (3) is none."""

PLAIN_HEADER = re.compile(r"\n--- ([^\n]+)\n\+\+\+ ([^\n]+)(?=\n@@ -\d)")
HUNK_HEADER = re.compile(r"\n@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@")
_INDEX_HEADER = re.compile(
    r"\nIndex: [^\n]+\n={60,80}\n(?:(?!---)[^\n]*\n){0,4}(?:--- [^\n]*\n\+\+\+ |Cannot display: )"
)
_BINARY_BLOCKS = re.compile(r"(?:(?:literal|delta) \d+\n(?:[A-Za-z][!-~]*\n)*+\n?){1,2}")
_NOT_EMPTY = re.compile(r"[^\n]")
_BEFORE_PLAIN = ("diff ", "Index: ", "====", "RCS file: ", "retrieving revision ", "copying from ")


def find_diff(text: str) -> tuple[int, int] | None:
    """Give the (start, end) of the diff in a text that starts and ends with a line end; None without one.

    It starts at the first `diff --git` with a header line below it, `Index:` with its rule, or `---`, `+++`, `@@`,
    and the lines of other diff programs before these. It ends behind the last hunk, git header or binary patch: hunk
    lines are counted, so that a `-- ` in a hunk is data and the signature below it is not. What people write between
    the two ends is kept. Lines are what LF ends; quoted lines (`> `), a diffstat or a lone `---` are no diff.
    """
    start = _start(text)
    return None if start < 0 else (start + 1, _end(text, start))


def _start(text: str) -> int:
    """The offset of the line end before the diff, or -1."""
    git = _first(text, "\ndiff --git ", len(text), _is_git_header)
    index = _first(text, "\nIndex: ", len(text) if git < 0 else git, _INDEX_HEADER.match)
    start = git if index < 0 else index
    plain = _first(text, "\n--- ", len(text) if start < 0 else start, PLAIN_HEADER.match)
    return start if plain < 0 else _with_lines_before(text, plain)


def _first(text: str, opening: str, limit: int, is_header: Callable[[str, int], object]) -> int:
    """Where the first real header stands that opens like this; -1 where none does before the limit."""
    at = text.find(opening, 0, limit)
    for _ in range(FALSE_STARTS_MAX):
        if at < 0 or is_header(text, at):
            return at
        at = text.find(opening, at + 1, limit)
    return -1


def _is_git_header(text: str, at: int) -> bool:
    header = GIT_HEADER.match(text, at)
    return header is not None and bool(header[2] or header[3])


def _with_lines_before(text: str, at: int) -> int:
    """Take in the lines that `diff -r`, CVS and Subversion put before the two names."""
    for _ in range(6):
        line = text.rfind("\n", 0, at)
        if line < 0 or not text.startswith(_BEFORE_PLAIN, line + 1):
            break
        at = line
    return at


def _end(text: str, start: int) -> int:
    """The offset behind the last line of the diff that starts behind `start`."""
    hunk = _last_hunk(text, start)
    end = end_of_hunk(text, hunk) if hunk else start + 1
    git = text.rfind("\ndiff --git ", end - 1)
    header = GIT_HEADER.match(text, git) if git >= 0 else None
    if header:
        end = header.end() + 1
    binary = text.rfind("\nGIT binary patch\n", start)
    blocks = _BINARY_BLOCKS.match(text, binary + 18) if binary >= 0 else None
    if blocks:
        end = max(end, blocks.end())
    cannot = text.rfind("\nCannot display: file marked as a binary type.\n", end - 1)
    return end if cannot < 0 else text.find("\n", cannot + 1) + 1


def _last_hunk(text: str, start: int) -> re.Match[str] | None:
    at = len(text)
    for _ in range(FALSE_STARTS_MAX):
        at = text.rfind("\n@@ -", start, at)
        hunk = HUNK_HEADER.match(text, at) if at >= 0 else None
        if at < 0 or hunk:
            return hunk
    return None


def end_of_hunk(text: str, header: re.Match[str]) -> int:
    """The offset behind the last line of a hunk: all lines that its header promises, or those up to one that is none.

    An empty line is a context line that lost its space. A `\\ No newline at end of file` belongs to the line before.
    """
    old, new = int(header[1] or 1), int(header[2] or 1)
    at = text.find("\n", header.end()) + 1
    length = len(text)
    while (old > 0 or new > 0) and at < length:
        kind = text[at]
        if kind == "+" and new > 0:
            new -= 1
        elif kind == "-" and old > 0:
            old -= 1
        elif kind == " ":
            old -= 1
            new -= 1
        elif kind == "\n":
            others = _NOT_EMPTY.search(text, at)  # a run at once: a hostile hunk has one byte a line
            empty = min((others.start() if others else length) - at, max(old, new))
            old, new, at = old - empty, new - empty, at + empty - 1
        elif kind != "\\":
            return at
        at = text.find("\n", at) + 1
    return text.find("\n", at) + 1 if text.startswith("\\ ", at) else at
