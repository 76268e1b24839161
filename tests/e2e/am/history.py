"""A repository of awkward commits, the same on every machine: what patches can carry, by `git fast-import`."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.am.git import git

BASE = "refs/heads/base"
HEAD = "refs/heads/main"

AUTHORS = (
    "Ann Author <ann@example.org>",
    "Jürgen Groß <juergen@example.org>",
    "O'Neil, Pat <pat@example.org>",
    "山田太郎 <yamada@example.org>",
    'Bob "Bobby" Brown <bob@example.org>',
    "Łukasz Żółć <lukasz@example.org>",
    "A. B. C. (Dee) <abc@example.org>",
)


@dataclass(frozen=True)
class Commit:
    """A commit to be. Bytes as a path's change are its new content, a path is its new name, None removes it."""

    message: str
    changes: dict[str, bytes | str | None] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    encoding: str = "UTF-8"


def build(folder: Path) -> None:
    """Make a bare repository in folder: `base` is the commit that the patches of `main` go upon."""
    git(folder.parent, "init", "-q", "--bare", folder.name)
    git(folder, "fast-import", "--quiet", stdin=b"".join(_stream()))


def _stream() -> Iterator[bytes]:
    content: dict[str, bytes] = dict(_base_files())
    yield from _commit(0, BASE, Commit("base: begin", dict(content)), content)
    yield b"reset " + HEAD.encode() + b"\nfrom " + BASE.encode() + b"\n\n"
    for number, commit in enumerate(commits(), start=1):
        yield from _commit(number, HEAD, commit, content)


def _commit(number: int, ref: str, commit: Commit, content: dict[str, bytes]) -> Iterator[bytes]:
    author = AUTHORS[number % len(AUTHORS)]
    message = (commit.message + "\n").encode(commit.encoding)
    stamp = f"{1_600_000_000 + number * 3607} {('+0000', '-0730', '+0545')[number % 3]}"
    yield f"commit {ref}\nauthor ".encode() + author.encode(commit.encoding, "replace") + f" {stamp}\n".encode()
    yield f"committer C O Mitter <committer@example.org> {stamp}\n".encode()
    if commit.encoding != "UTF-8":
        yield f"encoding {commit.encoding}\n".encode()
    yield b"data %d\n%s\n" % (len(message), message)
    for path, change in commit.changes.items():
        quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'
        if change is None:
            yield f"D {quoted}\n".encode()
        elif isinstance(change, str):
            yield f'R {quoted} "{change}"\n'.encode()
            content[change] = content.pop(path)
        else:
            content[path] = change
            mode = commit.modes.get(path, "100644")
            yield f"M {mode} inline {quoted}\ndata {len(change)}\n".encode() + change + b"\n"
    yield b"\n"


def _lines(name: str, end: bytes = b"\n") -> list[bytes]:
    return [f"{name} line {number}\tand more  ".encode() + end for number in range(60)]


def _base_files() -> Iterator[tuple[str, bytes]]:
    for name in ("plain", "moved", "script", "gone", "spaced"):
        yield name + ".txt", b"".join(_lines(name))
    yield "windows.txt", b"".join(_lines("windows", b"\r\n"))
    yield (
        "mixed.txt",
        b"".join(line + (b"\r\n", b"\n", b"\r\r\n")[at % 3] for at, line in enumerate(_lines("mixed", b""))),
    )
    yield "latin.txt", "".join(f"größe {number} élan\n" for number in range(60)).encode("latin-1")
    yield "utf8.txt", "".join(f"größe {number} 山田 ✓\n" for number in range(60)).encode()
    yield "noise.txt", b"".join(bytes(range(128, 256)) + b" %d\n" % number for number in range(20))
    yield "from.txt", b"".join(b"From here %d\n>From there\n" % number for number in range(30))
    yield "long.txt", b"".join(b"%d " % number + b"x" * (900 + number * 30) + b"\n" for number in range(10))
    yield "picture.bin", random.Random(1).randbytes(3000)
    yield "empty-gone.txt", b""


def commits() -> Iterator[Commit]:
    """Give the commits upon the base: the shapes one by one, then each text file changed a few times, in many words."""
    yield from _shapes()
    yield from _messages()
    yield from _edits()


def _shapes() -> Iterator[Commit]:
    yield Commit("move a file", {"moved.txt": "a/b/moved elsewhere.txt"})
    yield Commit("make it run", {"script.txt": b"".join(_lines("script"))}, {"script.txt": "100755"})
    yield Commit("add an empty file", {"empty.txt": b""})
    yield Commit("remove an empty file", {"empty-gone.txt": None})
    yield Commit("remove a file", {"gone.txt": None})
    yield Commit("add a link", {"link": b"plain.txt"}, {"link": "120000"})
    yield Commit("turn the link", {"link": b"a/b/moved elsewhere.txt"}, {"link": "120000"})
    yield Commit("change a picture", {"picture.bin": random.Random(2).randbytes(3100)})
    yield Commit("change a little of a picture", {"picture.bin": random.Random(2).randbytes(3090) + b"\0\1\2"})
    yield Commit("add a picture", {"pictures/new.bin": random.Random(3).randbytes(500)})
    yield Commit("remove a picture", {"pictures/new.bin": None})
    yield Commit("add a file without a last line end", {"no-end.txt": b"one\ntwo"})
    yield Commit("change a file without a last line end", {"no-end.txt": b"one\nzwei"})
    yield Commit("end the last line", {"no-end.txt": b"one\nzwei\n"})
    yield Commit("add names to be quoted", {'quo"ted\tname.txt': b"1\n", "back\\slash": b"2\n", "grün/山.txt": b"3\n"})
    yield Commit("change names to be quoted", {'quo"ted\tname.txt': b"4\n", "grün/山.txt": b"5\n"})
    yield Commit("add lines as mail has them", {"mail.txt": b"From: a\n-- \nFrom me Mon Sep 17 00:00:00 2001\n.\n..\n"})
    yield Commit("add a very long line", {"longest.txt": b"y" * 25_000 + b"\n"})
    yield Commit("add escapes", {"escapes.txt": b"=3D ==3D =\n=20\n= \n\x0c\n\x1b[0m\x7f\n"})
    yield Commit("add a CR file", {"cr.txt": b"one\rtwo\rthree\n\r\n\r\r\n"})
    yield Commit("add diffs", {"some.diff": b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n---\n"})
    yield Commit("add blanks at line ends", {"blanks.txt": b" \n\t\n  \t \nx \n\n\n"})


MESSAGES = (
    "[RFC] keep brackets: not for git am",
    "a title so long that it has to be folded more than once, as the header of a mail wants it to be " * 2,
    "größe: ein Titel, der so lang ist, dass er kodiert und gefaltet werden muß, und zwar nach RFC 2047, größer als je",
    "山田: 変更\n\n本文です。\n\nSigned-off-by: 山田太郎 <yamada@example.org>",
    "no body",
    "only a trailer\n\nSigned-off-by: Ann Author <ann@example.org>",
    'many trailers\n\nText.\n\nFixes: 123456789abc ("x")\nReported-by: Jürgen Groß <juergen@example.org>\n'
    "[ ann: edited ]\nSigned-off-by: Ann Author <ann@example.org>",
    "lines of mail\n\nFrom the start\nFrom me Mon Sep 17 00:00:00 2001\n>From there\n>>From afar\n.\n..\n-- \nx",
    "lines of dashes\n\n----\n-----------\n --- indented\n* * *\n==\n",
    "a long line\n\n" + "word " * 250 + "\n\n" + "z" * 1100,
    "escapes =3D and =?utf-8?q?no_word?= here\n\n=20 =\n==\n=?utf-8?q?x?=",
    "header-like: text\n\nNote: this is\nCc: stable@example.org\n\nLink: https://example.org/?a=b&c=d",
    "scissors\n\n-- >8 --\nstay",
    "tabs\n\n\tint x;\n  two  spaces  \n",
    'quotes "and" (comments) <brackets> \\ slash',
)


def _messages() -> Iterator[Commit]:
    for number, message in enumerate(MESSAGES):
        yield Commit(message, {f"message-{number}.txt": b"1\n"})
    yield Commit("größe in ISO-8859-1\n\nÄrger, ñ, ç.", {"plain-1.txt": b"1\n"}, encoding="ISO-8859-1")
    yield Commit("размер в KOI8-R\n\nТекст.", {"plain-2.txt": b"1\n"}, encoding="KOI8-R")
    yield Commit("大きさ EUC-JP\n\n本文。", {"plain-3.txt": b"1\n"}, encoding="EUC-JP")


EDITED = ("plain", "spaced", "windows", "mixed", "latin", "utf8", "noise", "from", "long")


def _edits() -> Iterator[Commit]:
    content = dict(_base_files())
    for turn in range(16):
        for name in (*(f"{edited}.txt" for edited in EDITED), "picture.bin"):
            lines = content[name].split(b"\n")
            at = turn * 7 % (len(lines) - 1)
            lines[at] = lines[at][: len(lines[at]) // 2] + b" turn %d " % turn + lines[at][len(lines[at]) // 2 :]
            content[name] = b"\n".join(lines)
            body = "\n\nWhy: größer.\n\nSigned-off-by: Ann Author <ann@example.org>" if turn % 3 else "\n\nWhy: plain."
            yield Commit(f"{name}: edit, turn {turn}{body}", {name: content[name]})
