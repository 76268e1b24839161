"""Public list mail and other programs' test mails: nothing raises, and the standard library reads the same."""

import email
import email.utils
import lzma
import re
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from functools import cache
from pathlib import Path

import msgspec
import pytest

from ingest.message import parse
from ingest.message.dates import parse_date
from ingest.message.headers import header_bytes, normalise, raw_text, split_mail
from ingest.message.mailboxes import read_mailbox
from schemas.mail import ParsedMail

MAIL = Path(__file__).parents[4] / "shared" / "mail"
NOW = datetime(2040, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not MAIL.is_dir(), reason="the collection of real mail is not beside this repository")

FIELDS = (
    "message-id",
    "subject",
    "from",
    "date",
    "in-reply-to",
    "references",
    "list-id",
    "list-post",
    "reply-to",
    "cc",
    "x-original-from",
    "x-mailing-list",
    "received",
    "content-type",
    "content-transfer-encoding",
)


@cache
def list_mail() -> tuple[bytes, ...]:
    mails: list[bytes] = []
    for path in sorted((MAIL / "lists").glob("*.mbox.xz")):
        folder = re.split(rb"(?:\A|\n)From mboxrd@z [^\n]*\n", lzma.decompress(path.read_bytes()))[1:]
        mails += [re.sub(rb"(?m)^>(>*From )", rb"\1", mail) for mail in folder]
    return tuple(mails)


@cache
def hostile_mail() -> dict[str, bytes]:
    with tarfile.open(MAIL / "hostile" / "hostile.tar.xz") as archive:
        return {entry.name: content.read() for entry in archive if (content := archive.extractfile(entry))}


def every_mail() -> Iterator[bytes]:
    yield from list_mail()
    yield from hostile_mail().values()


def test_every_mail_is_read_and_can_be_stored() -> None:
    for raw in every_mail():
        mail = parse(raw, NOW)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(mail), type=ParsedMail) == mail


def test_every_mail_is_the_same_with_crlf() -> None:
    for raw in every_mail():
        lines = normalise(raw)
        assert parse(lines.replace(b"\n", b"\r\n"), NOW) == parse(lines, NOW)


def test_headers_are_those_that_the_standard_library_finds() -> None:
    for raw in every_mail():
        lines = normalise(raw)
        fields, _ = split_mail(lines)
        theirs = email.message_from_bytes(lines)
        for name in FIELDS:
            values = [_raw(value) for key, value in theirs.raw_items() if key.lower() == name]
            assert [value.split() for value in fields.get(name.encode(), [])] == [value.split() for value in values]


def _raw(value: object) -> bytes:
    return str(value).encode("ascii", "surrogateescape")


def test_dates_are_those_that_the_standard_library_reads() -> None:
    for raw in every_mail():
        value = header_bytes(split_mail(normalise(raw))[0], b"date")
        try:
            theirs = email.utils.parsedate_to_datetime(value.decode("latin-1"))
        except (ValueError, OverflowError):
            assert parse_date(value) is None
        else:
            assert parse_date(value) == (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))


def test_authors_of_list_mail_are_those_that_the_standard_library_reads() -> None:
    differing = []
    for raw in list_mail():
        value = raw_text(header_bytes(split_mail(raw)[0], b"from"))
        if read_mailbox(value).email != email.utils.parseaddr(value)[1].lower():
            differing.append(value)
    assert differing == []


def test_the_text_of_plain_mail_is_what_the_standard_library_decodes() -> None:
    compared = 0
    for raw in list_mail():
        theirs = email.message_from_bytes(raw)
        if not theirs.is_multipart() and theirs.get_content_type() == "text/plain" and theirs["subject"]:
            lines = _their_text(theirs).replace("\r", "").replace("\0", "")
            mail = parse(raw.replace(b"\nSubject:", b"\nSubject: Re:", 1), NOW)
            if theirs.get_param("format") != "flowed":
                assert mail.message == lines
                compared += 1
    assert compared > 4000


def _their_text(mail: Message) -> str:
    content = mail.get_payload(decode=True)
    assert isinstance(content, bytes)
    for charset in (mail.get_content_charset() or "utf-8", "utf-8"):
        try:
            return content.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("windows-1252", "replace")


def test_every_git_diff_at_the_start_of_a_line_is_found() -> None:
    for raw in list_mail():
        mail = parse(raw, NOW)
        header = re.search(r"^diff --git a/\S+ b/\S+\n(?:index|new|old|similarity|deleted|rename)", mail.message, re.M)
        assert bool(mail.diff) or header is None
        assert bool(mail.files) == bool(mail.diff)


def test_no_author_of_list_mail_is_the_list() -> None:
    munged = [mail.author for raw in list_mail() if " via " in (mail := parse(raw, NOW)).author.name]
    assert munged == []


@pytest.mark.parametrize(
    "kind", ["real-attached-patch", "real-octet-patch", "real-signed-patch", "real-patch-with-html"]
)
def test_attached_patches_have_a_diff(kind: str) -> None:
    mails = [raw for name, raw in hostile_mail().items() if Path(name).name.startswith(kind)]
    assert mails
    assert [mail.subject for raw in mails if not (mail := parse(raw, NOW)).diff] == []
