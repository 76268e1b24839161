"""`git mailinfo` reads in our mbox of a list's patch what it reads in the mail itself, where nothing is marked."""

import lzma
import re
import subprocess
from collections.abc import Iterator
from email.utils import mktime_tz, parsedate_tz
from pathlib import Path
from typing import NamedTuple

import pytest

from api.mbox import compose
from ingest.message.parse import parse
from tests.e2e.am.git import environment
from tests.e2e.am.post import RECEIVED_AT, as_shown

LISTS = Path(__file__).parents[4] / "shared/mail/lists"
EVERY = 4
"""Every fourth patch, to hold the time."""

_FROM_LINE = re.compile(rb"(?:\A|\n)From mboxrd@z [^\n]*\n")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_BLANK_LINES = re.compile(rb"\n+")


def mails(path: Path) -> Iterator[bytes]:
    for mail in _FROM_LINE.split(lzma.decompress(path.read_bytes()))[1:]:
        yield _QUOTED_FROM.sub(rb"\1", mail) + b"\n"


class Info(NamedTuple):
    """What git says of a mail: the fields, the time of the Date and its offset, the message, and the patch."""

    fields: dict[str, str]
    date: tuple[float, int | None]
    message: bytes
    patch: bytes


@pytest.mark.skipif(not LISTS.is_dir(), reason="needs the lists' mail at ../shared/mail/lists")
def test_mailinfo_reads_the_same_author_date_title_message_and_patch(tmp_path: Path) -> None:
    patches = (parsed for path in sorted(LISTS.glob("*.xz")) for mail in mails(path) if (parsed := _unmarked(mail)))
    compared, different = 0, []
    for number, (mail, mbox) in enumerate(patches):
        if number % EVERY == 0:
            compared += 1
            sent, ours = mailinfo(tmp_path, mail), mailinfo(tmp_path, mbox)
            if sent._replace(patch=b"") != ours._replace(patch=b"") or not sent.patch.startswith(ours.patch):
                different.append((number, ours))
    assert compared >= 600
    assert different == []


def _unmarked(mail: bytes) -> tuple[bytes, bytes] | None:
    """A patch that can be read in one way, and our mbox of it."""
    parsed = parse(mail, RECEIVED_AT)
    if not parsed.diff or parsed.commit is None or parsed.marks:
        return None
    return mail, compose([(as_shown(parsed), ())])


def mailinfo(folder: Path, mail: bytes) -> Info:
    command = ["git", "mailinfo", "message", "patch"]
    done = subprocess.run(command, cwd=folder, input=mail, env=environment(folder), capture_output=True, check=True)
    fields = dict(line.split(": ", 1) for line in done.stdout.decode().splitlines() if ": " in line)
    date = parsedate_tz(fields.pop("Date"))
    assert date is not None
    message = (folder / "message").read_bytes().rstrip()
    patch = _BLANK_LINES.sub(b"\n", (folder / "patch").read_bytes()).rstrip(b"\n")
    return Info(fields, (mktime_tz(date), date[9]), message, patch)
