"""What holds for any bytes."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ingest.message import parse, received_time
from schemas.mail import ParsedMail

RECEIPT = datetime(2024, 5, 2, 12, tzinfo=UTC)
PIECES = st.sampled_from(
    [
        b"\n",
        b"\n\n",
        b" ",
        b"\t",
        b"\r",
        b"\0",
        b"\xff",
        b"\xe4",
        "ä".encode(),
        b"x",
        b"-",
        b"--b",
        b"--b--",
        b"=",
        b"=0D=\n",
        b"From: ",
        b"From x\n",
        b">From x\n",
        b"Subject: ",
        b"Re: ",
        b"Date: ",
        b"Thu, 2 May 2024 13:00:00 +0200",
        b"9999",
        b"Message-ID: <a@x>\n",
        b"In-Reply-To: ",
        b"References: ",
        b"<a@x>",
        b"<",
        b">",
        b'"',
        b"(",
        b")",
        b"\\",
        b",",
        b"List-Id: <l.x>\n",
        b"Reply-To: ",
        b"Jane via l <l@x>",
        b"=?utf-8?q?=C3=A4?=",
        b"=?x?b?",
        b"?=",
        b"Content-Type: text/plain; charset=",
        b"utf-16",
        b"utf-7",
        b"gb2312",
        b"+2AA-",
        b"Content-Type: multipart/mixed; boundary=b\n\n",
        b"Content-Type: message/rfc822\n\n",
        b"Content-Type: text/html\n\n",
        b"Content-Transfer-Encoding: base64\n\n",
        b"Content-Transfer-Encoding: quoted-printable\n\n",
        b"YQ==",
        b"&#x110000;",
        b"<!--",
        b"<p>",
        b"diff --git a/x b/x\nindex 1\n",
        b"--- a/x\n+++ b/x\n",
        b"@@ -1,2 +1 @@\n",
        b"-a\n",
        b"+a\n",
        b" a\n",
        b"GIT binary patch\n",
        b"literal 1\nA\n\n",
        b"Index: x\n",
        b"=" * 67,
        b'"a/\\303"',
        b"rename from x\n",
        b"are available in the git repository at:\n",
        b"git://x/y z\n",
        b"v1: https://x/a@b\n",
        b"Acked-by: x\n",
    ]
)
MAILS = st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=30).map(b"".join))


@given(MAILS)
def test_any_bytes_are_read_and_can_be_stored(raw: bytes) -> None:
    mail = parse(raw, RECEIPT)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(mail), type=ParsedMail) == mail
    received_time(raw)


@given(MAILS)
def test_the_same_mail_with_crlf_is_the_same(raw: bytes) -> None:
    first_line = raw.lstrip(b">").partition(b"\n")[0]
    if first_line.startswith(b"From ") or first_line.endswith(b"\r"):
        raw = b"X: y\n" + raw
    assert parse(raw.replace(b"\n", b"\r\n"), RECEIPT) == parse(raw, RECEIPT)


@given(MAILS)
def test_text_has_lf_lines_and_no_nul(raw: bytes) -> None:
    mail = parse(raw, RECEIPT)
    assert "\r" not in mail.message
    for text in (
        mail.message_id,
        mail.subject,
        mail.message,
        mail.diff,
        mail.author.name,
        *mail.references,
        *mail.files,
    ):
        assert "\0" not in text
    assert not any(character < " " for character in mail.message_id + mail.subject + "".join(mail.references))
    assert mail.date.tzinfo is UTC
    assert mail.date.microsecond == 0
