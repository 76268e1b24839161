"""`git mailinfo` reads in our mbox of a list's mail what it reads in the mail itself."""

import lzma
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.mbox import compose
from ingest.message.parse import parse
from tests.e2e.am.git import git
from tests.e2e.am.post import RECEIVED_AT, as_shown

LISTS = Path(__file__).parents[4] / "shared/mail/lists"
EVERY = 4
"""Every fourth patch, to hold the time."""

_FROM_LINE = re.compile(rb"(?:\A|\n)From mboxrd@z [^\n]*\n")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_REPLY = re.compile(rb"^subject: *re:", re.MULTILINE | re.IGNORECASE)
_REWRITTEN = re.compile(rb"^from: [^\n]* via ", re.MULTILINE | re.IGNORECASE)
_READ_BETTER = re.compile(
    rb"^content-type:\s*(?:text/html|image/|application/(?:pgp|x-pkcs7|pkcs7)-signature)"  # left out
    rb"|\n\n--[^\n]*\ncontent-type:.*\n\n--[^\n]*\ncontent-",  # the first delimiter of a nested multipart
    re.MULTILINE | re.IGNORECASE,
)


def mails(path: Path) -> Iterator[bytes]:
    for mail in _FROM_LINE.split(lzma.decompress(path.read_bytes()))[1:]:
        yield _QUOTED_FROM.sub(rb"\1", mail) + b"\n"


@pytest.mark.skipif(not LISTS.is_dir(), reason="needs the lists' mail at ../shared/mail/lists")
def test_mailinfo_reads_the_same_author_date_title_message_and_patch(tmp_path: Path) -> None:
    compared = 0
    different: list[str] = []
    for path in sorted(LISTS.glob("*.xz")):
        for number, mail in enumerate(mails(path)):
            if number % EVERY or _REPLY.search(mail):
                continue
            parsed = parse(mail, RECEIVED_AT)
            header = mail.partition(b"\n\n")[0]
            if not parsed.diff or not header.isascii() or _READ_BETTER.search(mail) or _REWRITTEN.search(header):
                continue
            mbox = compose([(as_shown(parsed), ())])
            assert mbox.isascii()
            compared += 1
            if mailinfo(tmp_path, mail) != mailinfo(tmp_path, mbox):
                different.append(f"{path.name} {number}")
    assert compared >= 100
    assert different == []


def mailinfo(folder: Path, mail: bytes) -> tuple[bytes, bytes, bytes]:
    said = git(folder, "mailinfo", "message", "patch", stdin=mail)
    return said, (folder / "message").read_bytes().rstrip(), (folder / "patch").read_bytes().rstrip(b"\n")
