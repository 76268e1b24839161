"""Which files a diff touches."""

import re
from collections.abc import Iterator
from itertools import islice

from ingest.message.charset import decode_text
from ingest.message.diff import GIT_HEADER, HUNK_HEADER, PLAIN_HEADER, end_of_hunk

HEADERS_MAX = 2000
"""Headers of a diff that are looked at, and hunks of one that is not git's; names behind them are left out."""

_FIRST_GIT_HEADER = re.compile(GIT_HEADER.pattern.removeprefix(r"\n"))
_SVN = re.compile(r"\nIndex: ([^\n]+)\n={60,80}\n")
_RENAMES = re.compile(r"(?:rename|copy) (?:from|to) ([^\n]+)\n")
_ESCAPE = re.compile(rb"\\(?:([0-3][0-7]{2})|(.))")
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_STAMP = re.compile(r" +\d{4}-\d\d-\d\d \d\d:\d\d[^\n]*$")
_NOWHERE = "/dev/null"


def read_files(diff: str) -> tuple[str, ...]:
    """Give the paths that a diff names, both sides, sorted, each once. diff starts and ends as `find_diff` found it.

    /dev/null is none; a/ and b/ are taken off, and the first folder where the two sides differ in it alone
    (`linux.orig/fs/x.c`, `linux/fs/x.c`); names that git quoted are unquoted. In a diff that starts as git's, only
    git's headers are looked at.
    """
    found: set[str] = set()
    for header in islice(_git_headers(diff), HEADERS_MAX):
        if header[2] or header[3]:
            found.update(_git_names(header))
    if not diff.startswith("diff --git "):
        _add_plain_names("\n" + diff, found)
    found -= {_NOWHERE, ""}
    return tuple(sorted(found))


def _git_headers(diff: str) -> Iterator[re.Match[str]]:
    """The headers of a diff: one at its start, which no line end stands before, and those behind."""
    first = _FIRST_GIT_HEADER.match(diff)
    if first is not None:
        yield first
    yield from GIT_HEADER.finditer(diff, 0 if first is None else first.end())


def _git_names(header: re.Match[str]) -> tuple[str, ...]:
    if header[4]:
        return _both_sides(header[4], header[5])
    renamed = tuple(_unquote(name.rstrip("\r")) for name in _RENAMES.findall(header[2] + "\n"))
    return renamed or _halves(header[1].rstrip("\r"))


def _halves(names: str) -> tuple[str, ...]:
    """The names in `diff --git a/x b/x`: where neither is quoted, two halves, as a rename would have said so below."""
    if names.startswith('"'):
        end = names.find('" ', 1) + 1
        return _both_sides(names[:end], names[end + 1 :]) if end else ()
    middle = len(names) // 2
    if names[middle : middle + 1] == " ":
        return _both_sides(names[:middle], names[middle + 1 :])
    old, _, new = names.partition(" ")
    return _both_sides(old, new)


def _add_plain_names(text: str, found: set[str]) -> None:
    """Names from other diffs. Hunks are stepped over: a removed `-- x` and an added `++ y` in them look like names."""
    found.update(name.rstrip("\r") for name in _SVN.findall(text)[:HEADERS_MAX])
    at = 0
    for _ in range(HEADERS_MAX):
        hunk = HUNK_HEADER.match(text, at)
        if hunk:
            at = end_of_hunk(text, hunk) - 1
            continue
        names = PLAIN_HEADER.search(text, at)
        if names is None:
            return
        found.update(_both_sides(names[1], names[2]))
        at = names.end()


def _both_sides(old: str, new: str) -> tuple[str, ...]:
    old, new = _path(old), _path(new)
    old_top, _, old_rest = old.partition("/")
    new_top, _, new_rest = new.partition("/")
    if old_rest == new_rest != "" and old_top != new_top:
        return (new_rest,)
    return old.removeprefix("a/").removeprefix("b/"), new.removeprefix("b/").removeprefix("a/")


def _path(name: str) -> str:
    """A name without what follows it: a tab and a time stamp or a revision."""
    if name.startswith('"'):
        return _unquote(name)
    name = name.partition("\t")[0].rstrip("\r")
    return _STAMP.sub("", name) if name[-1:].isdigit() else name


def _unquote(name: str) -> str:
    """Undo git's quoting: `"a/\\303\\244"` is a/ä."""
    if not name.startswith('"'):
        return name
    inside = name[1:].rpartition('"')[0].encode("utf-8")
    return decode_text(_ESCAPE.sub(_unescape, inside), "")


def _unescape(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8)]) if escape[1] else _ESCAPED.get(escape[2], escape[2])
