"""Patches as they are sent: by `git format-patch` and `git send-email`, then over SMTP, where lines end in CRLF."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from ingest.message.parse import parse
from schemas.mail import MboxHeader, MboxMail, ParsedMail, Sent, bytes_of_diff, text_before_diff
from tests.e2e.am.git import git
from tests.e2e.am.history import BASE, HEAD

RECEIVED_AT = datetime(2100, 1, 1, tzinfo=UTC)
"""Later than any mail that a test sends today."""

_END = b"\0end of mail\0\n"
_BARE_LF = re.compile(rb"(?<!\r)\n")


class Made(NamedTuple):
    """What a commit says. The trailers are the lines that git takes for trailers."""

    tree: str
    name: str
    email: str
    date: str
    message: str
    trailers: str


def send(repository: Path, folder: Path, encoding: str, *paths: str) -> list[bytes]:
    """Send the patches that touch paths (none: all) in one thread; give the mails in their order, as they come by SMTP.

    encoding is send-email's `--transfer-encoding`.
    """
    store, box = folder / "store", folder / "box"
    store.write_text(f'#!/bin/sh\n{{ cat; printf "\\0end of mail\\0\\n"; }} >> {box}\n')
    store.chmod(0o755)
    out = folder / "out"
    form = ("format-patch", "-q", "--subject-prefix=RFC PATCH v2", "-o", str(out), f"{BASE}..{HEAD}", "--", *paths)
    git(repository, *form)
    git(
        repository,
        *("-c", "sendemail.confirm=never", "send-email", "--quiet", "--no-validate", "--suppress-cc=all"),
        *("--8bit-encoding=UTF-8", "--from=Séndér, A. <sender@example.org>", "--to=list@example.org"),
        *(f"--smtp-server={store}", f"--transfer-encoding={encoding}", str(out)),
    )
    return [_BARE_LF.sub(b"\r\n", mail) for mail in box.read_bytes().split(_END)[:-1]]


def taken(mail: bytes) -> MboxMail:
    """What an mbox of a mail is written from, as the projector keeps it."""
    return as_shown(parse(mail, RECEIVED_AT))


def as_shown(parsed: ParsedMail) -> MboxMail:
    """What is shown of a patch or pull request that was read."""
    assert parsed.commit is not None
    sent = Sent(parsed.to, parsed.cc, parsed.references, (*parsed.list_ids, "")[0])
    header = MboxHeader(7, parsed.author, parsed.delegate, sent)
    return MboxMail(parsed.message_id, parsed.commit, text_before_diff(parsed), bytes_of_diff(parsed), header)


def print_patches(repository: Path, folder: Path, option: str, *paths: str) -> list[bytes]:
    """Write the patches that touch paths as format-patch does with that option; another mail program sends them."""
    out = folder / "out"
    git(repository, "format-patch", "-q", option, "-o", str(out), f"{BASE}..{HEAD}", "--", *paths)
    mails = (path.read_bytes().partition(b"\n")[2] for path in sorted(out.iterdir()))
    return [_BARE_LF.sub(b"\r\n", mail) for mail in mails]


def apply(repository: Path, work: Path, mails: Sequence[bytes]) -> list[Made]:
    """Let `git am`, without options, make commits of files upon `base`, in a new work tree; give the commits."""
    git(work.parent, "clone", "-q", "--shared", "--branch", "base", str(repository), work.name)
    names = [f"{number:04}.eml" for number in range(len(mails))]
    for name, mail in zip(names, mails, strict=True):
        (work / ".git" / name).write_bytes(mail)
    git(work, "am", "-q", *(f".git/{name}" for name in names))
    return commits_of(work, "origin/base..HEAD")


def commits_of(repository: Path, commits: str) -> list[Made]:
    """Give the commits of a range, the oldest first."""
    form = "--format=%T%x01%an%x01%ae%x01%ad%x01%B%x01%(trailers:only,unfold)%x02"
    log = git(repository, "log", "--reverse", "--date=raw", "--encoding=UTF-8", form, commits)
    return [Made(*commit.lstrip("\n").split("\x01")) for commit in log.decode().split("\x02")[:-1]]
