"""Mails for a busy feed: many short series with comments and pull requests, the same each time."""

from collections.abc import Iterator
from typing import NamedTuple

SIZES = (1, 2, 1, 3, 2)
COMMENTED = 4
"""Every so many series have a comment on a patch."""
PULLED = 50
"""Behind every so many series comes a pull request."""


class Posted(NamedTuple):
    """Mails, and what should become of them."""

    mails: list[bytes]
    series: set[str]
    """The names of complete series."""
    patches: int
    comments: int
    pulls: int


def post(count: int) -> Posted:
    """`count` mails or a few more: only whole series."""
    mails: list[bytes] = []
    names: set[str] = set()
    patches = comments = pulls = number = 0
    while len(mails) < count:
        size = SIZES[number % len(SIZES)]
        mails += _series(number, size)
        names.add(f"topic {number}" if size > 1 else f"topic {number} part 1")
        patches += size
        if number % COMMENTED == 0:
            mails.append(_mail(f"t{number}-r", f"Re: [PATCH] topic {number}", "Looks good.\n", f"t{number}-1"))
            comments += 1
        if number % PULLED == 0:
            mails.append(_mail(f"t{number}-pull", f"[GIT PULL] fixes {number}", _pull(number)))
            pulls += 1
        number += 1
    return Posted(mails, names, patches, comments, pulls)


def _series(number: int, size: int) -> Iterator[bytes]:
    name = f"topic {number}"
    if size > 1:
        yield _mail(f"t{number}-0", f"[PATCH 0/{size}] {name}", "Why.\n")
    for part in range(1, size + 1):
        tag = f"[PATCH {part}/{size}]" if size > 1 else "[PATCH]"
        yield _mail(
            f"t{number}-{part}",
            f"{tag} {name} part {part}",
            _diff(number, part),
            f"t{number}-0" if size > 1 else "",
        )


def _mail(id: str, subject: str, text: str, answers: str = "") -> bytes:
    number = id.partition("-")[0]
    answering = f"In-Reply-To: <{answers}@example.org>\n" if answers else ""
    return (
        f"From: Ada <{number}@example.org>\nSubject: {subject}\n{answering}Message-ID: <{id}@example.org>\n"
        f"Date: Mon, 02 Mar 2026 09:00:00 +0000\nList-Id: <demo.example.org>\n\n{text}"
    ).encode()


def _diff(number: int, part: int) -> str:
    path = f"f{number}.{part}"
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+{number}.{part}\n"


def _pull(number: int) -> str:
    return (
        "The following changes since commit 1:\n\nare available in the Git repository at:\n\n"
        f"  git://example.org/x v{number}\n"
    )
