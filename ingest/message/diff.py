"""Where the diff in a text starts and ends."""

import re

_EXTENDED = (
    r"(?:old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to|"
    r"similarity index|dissimilarity index|index) [^\n]*\n"
)
GIT_HEADER = re.compile(
    r"\ndiff --git ([^\n]+)\n((?:" + _EXTENDED + r")*+)"
    r"(?:--- ([^\n]+)\n\+\+\+ ([^\n]+)(?=\n)|Binary files [^\n]*(?=\n)|GIT binary patch(?=\n))?"
)
"""What stands before a file's hunks: (1) both names, (2) the extended header, (3, 4) the two sides. Ends before or behind a line
end; use it on text that starts with one and ends with one."""

PLAIN_HEADER = re.compile(r"\n--- ([^\n]+)\n\+\+\+ ([^\n]+)(?=\n@@ -\d)")
HUNK_HEADER = re.compile(r"\n@@ -\d{1,9}(?:,(\d{1,9}))? \+\d{1,9}(?:,(\d{1,9}))? @@")
_INDEX_HEADER = re.compile(
    r"\nIndex: [^\n]+\n={60,80}\n(?:(?!---)[^\n]*\n){0,4}(?:--- [^\n]*\n\+\+\+ |Cannot display: )"
)
_BINARY_BLOCKS = re.compile(r"(?:(?:literal|delta) \d+\n(?:[A-Za-z][!-~]*\n)*+\n?){1,2}")
_BEFORE_PLAIN = ("diff ", "Index: ", "====", "RCS file: ", "retrieving revision ", "copying from ")


def find_diff(text: str) -> tuple[int, int] | None:
    """Give the (start, end) of the diff in a text that starts and ends with a line end; None without one.

    It starts at the first `diff --git` with a header line below it, `Index:` with its rule, or `---`, `+++`, `@@`, and the
    lines of other diff programs before these. It ends behind the last hunk, git header or binary patch: hunk lines are
    counted, so that a `-- ` in a hunk is data and the signature below it is not. What people write between the two ends
    is kept. Lines are what LF ends; quoted lines (`> `), a diffstat or a lone `---` are no diff.
    """
    start = _start(text)
    return None if start < 0 else (start + 1, _end(text, start))


def _start(text: str) -> int:
    """The offset of the line end before the diff, or -1."""
    git = text.find("\ndiff --git ")
    while git >= 0 and not _is_git_header(text, git):
        git = text.find("\ndiff --git ", git + 1)
    limit = len(text) if git < 0 else git
    index = text.find("\nIndex: ", 0, limit)
    while index >= 0 and not _INDEX_HEADER.match(text, index):
        index = text.find("\nIndex: ", index + 1, limit)
    limit = limit if index < 0 else index
    plain = text.find("\n--- ", 0, limit)
    while plain >= 0 and not PLAIN_HEADER.match(text, plain):
        plain = text.find("\n--- ", plain + 1, limit)
    if plain >= 0:
        return _with_lines_before(text, plain)
    return git if index < 0 else index


def _is_git_header(text: str, at: int) -> bool:
    header = GIT_HEADER.match(text, at)
    return header is not None and (bool(header[2]) or header[3] is not None or text[header.end() - 1] != "\n")


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
    end = end_of_hunk(text, hunk) if hunk else start
    git = text.rfind("\ndiff --git ", end - 1)
    header = GIT_HEADER.match(text, git) if git >= 0 else None
    if header:
        end = _behind_line(text, header.end())
    binary = text.rfind("\nGIT binary patch\n", start)
    blocks = _BINARY_BLOCKS.match(text, binary + 18) if binary >= 0 else None
    if blocks:
        end = max(end, blocks.end())
    cannot = text.rfind("\nCannot display: file marked as a binary type.\n", end - 1)
    return end if cannot < 0 else _behind_line(text, cannot + 1)


def _behind_line(text: str, at: int) -> int:
    return at if text[at - 1] == "\n" else text.find("\n", at) + 1


def _last_hunk(text: str, start: int) -> re.Match[str] | None:
    at = text.rfind("\n@@ -", start)
    while at >= 0:
        hunk = HUNK_HEADER.match(text, at)
        if hunk:
            return hunk
        at = text.rfind("\n@@ -", start, at)
    return None


def end_of_hunk(text: str, header: re.Match[str]) -> int:
    """The offset behind the last line of a hunk: all lines that its header promises, or those up to one that is none.

    An empty line is a context line that lost its space. A `\\ No newline at end of file` belongs to the line before.
    """
    old, new = int(header[1] or 1), int(header[2] or 1)
    at = text.find("\n", header.end()) + 1
    while (old > 0 or new > 0) and at < len(text):
        kind = text[at]
        if kind == "+":
            new -= 1
        elif kind == "-":
            old -= 1
        elif kind == " " or kind == "\n":
            old -= 1
            new -= 1
        elif kind != "\\":
            return at
        at = text.find("\n", at) + 1
    return text.find("\n", at) + 1 if text.startswith("\\ ", at) else at
