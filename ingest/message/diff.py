"""Where the message of a text ends, and where its diff starts and ends, so that nothing is applied that is not in it.

What counts is what git would take. `git mailinfo` ends the message at a line that `MESSAGE_END` matches; `git apply`
looks in all that follows for the header of a file's changes. So the diff that is shown starts at the first line where
git could find such a header, and it goes on as far as git could find another. What is outside of it, git passes over.
"""

import re

FALSE_HUNKS_MAX = 1000
"""Lines at the end that look like a hunk's first and are none; of a text with more of them all is its diff."""

_EXTENDED = (
    r"old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|rename old|rename new|"
    r"similarity index|dissimilarity index|index"
)
GIT_HEADER = re.compile(
    rf"\ndiff --git ([^\n]+)((?:\n(?:{_EXTENDED}) [^\n]*)*+)"
    r"(\n--- ([^\n]+)\n\+\+\+ ([^\n]+)|\nBinary files [^\n]*|\nGIT binary patch(?=\n))?"
)
"""What stands before a file's hunks: (1) both names, (2) the extended header, (3) what comes below, with
(4, 5) the two sides. Starts with a line end and ends before one; a header without (2) and (3) is none."""

PLAIN_HEADER = re.compile(r"\n--- ([^\n]+)\n\+\+\+ ([^\n]+)(?=\n@@ -\d)")
HUNK_HEADER = re.compile(r"\n@@ -\d++(?:,(\d++))? \+\d++(?:,(\d++))? @@")
MESSAGE_END = re.compile(r"\n(?:diff -|Index: |--- (?![ \t\r\n])|---[ \t\r]*\n)")
_FILE_HEADER = re.compile(
    rf"\n(?:diff --git [^\n]*\n(?:(?:{_EXTENDED}|---|\+\+\+) |Binary files |GIT binary patch\n)"
    r"|--- [^\n]*\n\+\+\+ [^\n]*\n@@ -"
    r"|Index: [^\n]+\n={60,80}\n(?:(?!---)[^\n]*\n){0,4}(?:--- [^\n]*\n\+\+\+ |Cannot display: ))"
)
"""Wherever git finds the header of a file's changes this matches, and at Subversion's headers."""

_BINARY_BLOCKS = re.compile(r"(?:(?:literal|delta) \d+\n(?:[A-Za-z][!-~]*\n)*+\n?){1,2}")
_NOT_EMPTY = re.compile(r"[^\n]")
_BEFORE_PLAIN = ("diff ", "Index: ", "====", "RCS file: ", "retrieving revision ", "copying from ")
_LINES_MAX = 10**9
"""More lines than a mail can have."""


_LIKE_A_DIFF = re.compile(
    r"^[ \t\xa0]{0,8}(?:diff --git \"?\w/\S|@@ ?-\d+(?:,\d+)? \+\d+(?:,\d+)? ?@@|Index: \S+[ \t]*\n={20})", re.MULTILINE
)


def is_like_a_diff(text: str) -> bool:
    """Tell whether a text without a diff has lines of one: what carried it has spoiled it. Quoted ones do not count."""
    return _LIKE_A_DIFF.search(text) is not None


def find_message_end(text: str, limit: int | None = None) -> int:
    """Give the offset behind which git takes no line of a text for the message; that of its end, or limit, without one.

    text starts with a line end.
    """
    end = len(text) if limit is None else limit
    found = MESSAGE_END.search(text, 0, end)
    return end if found is None else found.start() + 1


def find_diff(text: str) -> tuple[int, int] | None:
    """Give the (start, end) of the diff in a text that starts and ends with a line end; None without one.

    It starts at the first `diff --git` with a header line below it, `Index:` with its rule, or `---`, `+++`, `@@`,
    and the lines of other diff programs before these, as far as these do not belong to the message for git. It ends
    behind the last hunk, git header or binary patch: hunk lines are counted, so that a `-- ` in a hunk is data and the
    signature below it is not. What people write between the two ends is kept. Lines are what LF ends; quoted lines
    (`> `), a diffstat or a lone `---` are no diff.
    """
    start = find_start(text)
    return None if start < 0 else (start + 1, _end(text, start))


def find_start(text: str) -> int:
    """Give the offset of the line end before the diff of a text that starts with a line end; -1 where there is none."""
    found = MESSAGE_END.search(text)
    if found is None:
        return -1
    header = _FILE_HEADER.search(text, found.start())
    if header is None:
        return -1
    start = header.start()
    return _with_lines_before(text, start, found.start()) if text.startswith("--- ", start + 1) else start


def _with_lines_before(text: str, at: int, first: int) -> int:
    """Take in the lines that `diff -r`, CVS and Subversion put before the two names, not before `first`."""
    for _ in range(6):
        line = text.rfind("\n", first, at)
        if line < 0 or not text.startswith(_BEFORE_PLAIN, line + 1):
            break
        at = line
    return at


def _end(text: str, start: int) -> int:
    """The offset behind the last line of the diff that starts behind `start`."""
    hunk = _last_hunk(text, start)
    if hunk is None and text.count("\n@@ -", start) > FALSE_HUNKS_MAX:
        return len(text)
    end = end_of_hunk(text, hunk) if hunk else start + 1
    git = text.rfind("\ndiff --git ", end - 1)
    header = GIT_HEADER.match(text, git) if git >= 0 else None
    if header and (header[2] or header[3]):
        end = header.end() + 1
    binary = text.rfind("\nGIT binary patch\n", start)
    blocks = _BINARY_BLOCKS.match(text, binary + 18) if binary >= 0 else None
    if blocks:
        end = max(end, blocks.end())
    cannot = text.rfind("\nCannot display: file marked as a binary type.\n", end - 1)
    end = end if cannot < 0 else text.find("\n", cannot + 1) + 1
    return len(text) if _FILE_HEADER.search(text, end - 1) else end


def _last_hunk(text: str, start: int) -> re.Match[str] | None:
    at = len(text)
    for _ in range(FALSE_HUNKS_MAX + 1):
        at = text.rfind("\n@@ -", start, at)
        hunk = HUNK_HEADER.match(text, at) if at >= 0 else None
        if at < 0 or hunk:
            return hunk
    return None


def end_of_hunk(text: str, header: re.Match[str]) -> int:
    """The offset behind the last line of a hunk: all lines that its header promises, or those up to one that is none.

    An empty line is a context line that lost its space. A `\\ No newline at end of file` belongs to the line before.
    """
    old, new = _count(header[1]), _count(header[2])
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


def count_whole_hunks(text: str, start: int, end: int) -> int:
    """Count the hunks of the diff text[start:end]; 0 where one of them has not just the lines that its header says."""
    count = 0
    hunk = HUNK_HEADER.search(text, start - 1, end)
    while hunk:
        old, new = _count(hunk[1]), _count(hunk[2])
        at = text.find("\n", hunk.end()) + 1
        while (old > 0 or new > 0) and at < end:
            kind = text[at]
            if kind not in " \n+-\\":
                return 0
            old -= kind in " \n-"
            new -= kind in " \n+"
            at = text.find("\n", at) + 1
        if old != 0 or new != 0:
            return 0
        count += 1
        hunk = HUNK_HEADER.search(text, at - 1, end)
    return count


def _count(digits: str | None) -> int:
    """How many lines a hunk's header says; leading zeros count for nothing, and no number is too long."""
    if digits is None:
        return 1
    digits = digits.lstrip("0")
    return int(digits or 0) if len(digits) < 10 else _LINES_MAX


def has_diff(content: bytes) -> bool:
    """Tell whether git could find a diff in a piece of a mail, wherever it stands in it."""
    return _FILE_HEADER.search("\n" + content.decode("latin-1") + "\n") is not None


def goes_behind_signature(text: str, start: int, end: int) -> bool:
    """Tell whether a signature (RFC 3676 section 4.3) stands inside of a diff, outside of its hunks, with more behind.

    text[start:end] is the diff, as `find_diff` gives it.
    """
    at = text.find("\n-- \n", start, end)
    while at >= 0:
        hunk = HUNK_HEADER.search(text, start - 1, at)
        while hunk and start <= at:
            start = end_of_hunk(text, hunk)
            hunk = HUNK_HEADER.search(text, start - 1, at + 1) if start <= at else None
        if start <= at + 1:
            return _FILE_HEADER.search(text, at, end + 20) is not None or HUNK_HEADER.search(text, at, end) is not None
        at = text.find("\n-- \n", start - 1, end)
    return False
