"""What `take_apart` reads from a patch mail, rule by rule; `tests/e2e/am` asks git itself."""

from base64 import b64encode
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.message.am import take_apart
from schemas.mail import Mailbox, ParsedMail

DATE = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
HEAD = (
    b"From: Ann <ann@example.org>\nDate: Mon, 1 Mar 2021 10:00:00 +0100\n"
    b"Subject: [PATCH] x\nMessage-ID: <1@example.org>\n"
)
DIFF = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-1\n+2\n"


def parsed(name: str = "Ann", email: str = "ann@example.org", date_from: str = "date") -> ParsedMail:
    return ParsedMail(
        message_id="made@example.org",
        author=Mailbox(name=name, email=email),
        date=DATE,
        date_from=date_from,
        content_hash=bytes(16),
    )


def body_of(content_type: bytes, encoding: bytes, body: bytes) -> bytes:
    fields = b"Content-Type: " + content_type + b"\nContent-Transfer-Encoding: " + encoding
    return take_apart(HEAD + fields + b"\n\n" + body, parsed()).body


def part(fields: bytes, content: bytes) -> bytes:
    return b"--b\n" + fields + b"\n\n" + content


def multipart(*parts: bytes, end: bytes = b"--b--\nafter\n", kind: bytes = b"mixed") -> bytes:
    return body_of(b"multipart/" + kind + b'; boundary="b"', b"8bit", b"before\n" + b"".join(parts) + end)


def test_the_cr_of_the_transport_is_dropped_and_lines_are_otherwise_kept() -> None:
    mail = HEAD + b"\nText.\n---\n\n" + DIFF
    assert take_apart(mail, parsed()) == take_apart(mail.replace(b"\n", b"\r\n"), parsed())
    assert take_apart(mail, parsed()).head == HEAD
    assert take_apart(mail, parsed()).body == b"Text.\n---\n\n" + DIFF


@pytest.mark.parametrize(
    ("encoding", "sent", "body"),
    [
        pytest.param(b"8bit", b"a=3D\n", b"a=3D\n", id="8bit"),
        pytest.param(b"Quoted-Printable", b"a=3D=0D\nb=\nc=e4 \n", b"a=\r\nbc\xe4 \n", id="quoted-printable"),
        pytest.param(b"quoted-printable", b"==3D =G =\n\0x\ny=", b"== =G y", id="quoted-printable as git reads it"),
        pytest.param(b"quoted-printable", b"a==3Db\n", b"a==b\n", id="quoted-printable, an equals sign too many"),
        pytest.param(b"base64", b64encode(b"a\r\nb") + b"\n", b"a\r\nb", id="base64"),
        pytest.param(b"base64", b"YWJj!\nYWJjZA=\n-A\nYWI\n", b"abcabcdab", id="base64 line by line"),
        pytest.param(b"base64", b"YWJjZ!\nYWJj\n", b"abcabc", id="base64, a digit too many in a line"),
        pytest.param(b"x-uuencode", b"begin 644\n", b"begin 644\n", id="unknown"),
    ],
)
def test_transfer_encoding_is_undone(encoding: bytes, sent: bytes, body: bytes) -> None:
    assert body_of(b"text/plain", encoding, sent) == body


@pytest.mark.parametrize(
    ("charset", "sent", "body"),
    [
        pytest.param(b"iso-8859-1", b"gr\xf6\xdfe\n", "größe\n".encode(), id="ISO-8859-1"),
        pytest.param(b'"UTF-8"', b"gr\xf6\xdfe\n", b"gr\xf6\xdfe\n", id="said to be UTF-8: git mends it"),
        pytest.param(b"", b"gr\xf6\xdfe\n", b"gr\xf6\xdfe\n", id="none: git mends it"),
        pytest.param(b"'koi8-r'", "Текст\n".encode("koi8-r"), "Текст\n".encode(), id="in wrong quotes"),
        pytest.param(b"iso-2022-jp", "山田\n".encode("iso-2022-jp"), "山田\n".encode(), id="a 7-bit charset"),
        pytest.param(b"iso-2022-jp", b"\x1b$Bx\n", b"\x1b$Bx\n", id="a 7-bit charset that is none"),
        pytest.param(b"us-ascii", b"\xe2\x82\xac\n", b"\xe2\x82\xac\n", id="wrong, UTF-8 in truth"),
        pytest.param(b"yes", b"\x93x\x94\n", "“x”\n".encode(), id="unknown, windows-1252 in truth"),
        pytest.param(b"yes", b"\x81\n", b"\xc2\x81\n", id="unknown, not even windows-1252"),
        pytest.param(b"utf-8\0", b"\xe9\n", b"\xc3\xa9\n", id="NUL in the name"),
    ],
)
def test_the_message_becomes_utf_8_and_the_diff_keeps_its_bytes(charset: bytes, sent: bytes, body: bytes) -> None:
    diff = DIFF + b"+\xe4\r\n"
    encoded = b64encode(sent + b"---\n" + diff)
    assert body_of(b"text/plain; charset=" + charset + b"; x=y", b"base64", encoded) == body + b"---\n" + diff


def test_the_line_that_begins_the_diff_is_converted_as_git_does() -> None:
    assert (
        body_of(b"text/plain; charset=iso-8859-1", b"8bit", b"--- a/\xe4\n+++ b/\xe4\n")
        == b"--- a/\xc3\xa4\n+++ b/\xe4\n"
    )
    assert body_of(b"text/plain; charset=iso-8859-1", b"8bit", b"diff -u \xe4") == b"diff -u \xc3\xa4"


def test_a_diff_behind_one_empty_line_keeps_its_bytes() -> None:
    sent = b"\ndiff -u a b\n+\xe4\n"
    assert body_of(b"text/plain; charset=iso-8859-1", b"8bit", sent) == sent


@pytest.mark.parametrize(
    ("parameters", "encoding", "sent", "body"),
    [
        pytest.param(b"", b"8bit", b"one \ntwo\n", b"one two\n", id="joined"),
        pytest.param(b"; DelSp=Yes", b"8bit", b"one \ntwo\n", b"onetwo\n", id="joined without the space"),
        pytest.param(b"", b"8bit", b" From\n  x\n\n", b"From\n x\n\n", id="stuffed"),
        pytest.param(b"", b"8bit", b"one \n-- \nsig\n", b"one \n-- \nsig\n", id="a signature is not joined"),
        pytest.param(b"", b"quoted-printable", b"one =20\n-- \n", b"one  \n-- \n", id="nor in an encoded part"),
        pytest.param(b"", b"8bit", b"-- \nsig\nlast ", b"-- \nsig\nlast ", id="a flowed line at the end"),
        pytest.param(b"", b"quoted-printable", b"one =20\n two=0D\n", b"one   two\n", id="joined before unstuffed"),
        pytest.param(b"; delsp=no", b"8bit", b"one \n two\n", b"one two\n", id="unstuffed before joined"),
    ],
)
def test_flowed_lines_are_joined(parameters: bytes, encoding: bytes, sent: bytes, body: bytes) -> None:
    assert body_of(b"text/plain;\n format=flowed" + parameters, encoding, sent) == body


def test_text_parts_and_attached_patches_follow_one_another() -> None:
    assert (
        multipart(
            part(b"Content-Type: text/plain; charset=iso-8859-1", b"gr\xf6\xdfe\n"),
            part(
                b'Content-Type: text/x-patch; name="x.patch"\nContent-Transfer-Encoding: base64',
                b64encode(DIFF) + b"\n",
            ),
        )
        == "größe\n".encode() + DIFF + b"\n"
    )


@pytest.mark.parametrize(
    ("fields", "is_kept"),
    [
        pytest.param(b"Content-Type: text/html", False, id="HTML"),
        pytest.param(b'Content-Type: text/html; name="x.patch"', True, id="HTML with a name"),
        pytest.param(
            b"Content-Type: text/html\nContent-Disposition: inline; filename=x.patch", True, id="HTML, a file"
        ),
        pytest.param(b"Content-Type: IMAGE/png", False, id="picture"),
        pytest.param(b"Content-Type: application/pgp-signature", False, id="signature"),
        pytest.param(b"Content-Type: application/octet-stream", True, id="bytes"),
        pytest.param(b"X: y", True, id="no type"),
    ],
)
def test_parts_that_belong_to_no_commit_are_left_out(fields: bytes, is_kept: bool) -> None:
    body = multipart(part(b"X: y", b"text\n"), part(fields, b"other\n"))
    assert body == (b"text\nother\n\n" if is_kept else b"text\n\n")


def test_html_alone_stays() -> None:
    assert body_of(b"text/html", b"8bit", b"<p>\n") == b"<p>\n"


def test_a_nested_multipart_is_read_in_its_place() -> None:
    inner = b"--c\n\ninner\n--c--\n"
    nested = part(b"Content-Type: multipart/alternative; boundary=c", inner)
    assert multipart(nested, part(b"X: y", b"outer\n")) == b"inner\n\nouter\n\n"
    assert multipart(nested.replace(b"--c--\n", b"")) == b"inner\n\n"


def test_a_part_without_a_last_line_end_is_ended() -> None:
    text = part(b"Content-Transfer-Encoding: base64", b64encode(b"text") + b"\n")
    assert multipart(text, part(b"X: y", b"more\n")) == b"text\nmore\n\n"
    assert multipart(text) == b"text\n"


def test_a_multipart_that_is_none_is_text() -> None:
    assert multipart(end=b"") == b"before\n"
    assert multipart(b"--bc\n", end=b"--bc--\n") == b"before\n--bc\n--bc--\n"
    assert multipart(end=b"--b") == b""
    assert multipart(part(b"X: y", b"text\n"), end=b"--bc\n") == b"text\n--bc\n"


def test_multiparts_are_not_followed_down_without_end() -> None:
    deep = b"".join(
        b"--%d\nContent-Type: multipart/mixed; boundary=%d\n\n" % (depth, depth + 1) for depth in range(1, 99)
    )
    body = body_of(b"multipart/mixed; boundary=1", b"8bit", deep + b"--99\n\ntext\n")
    assert body.startswith(b"--17\nContent-Type")


def test_parts_are_not_told_apart_without_end() -> None:
    assert multipart(part(b"X: y", b"1\n") * 999) == b"1\n" * 999 + b"\n"
    assert multipart(part(b"X: y", b"1\n") * 2000) == b"1\n" * 1000
    left_out = part(b"Content-Type: image/png", b"2\n") * 1000
    assert multipart(left_out, part(b"X: y", b"1\n") * 2) == b"1\n--b\nX: y\n\n1\n--b--\nafter\n"
    nested = b"Content-Type: multipart/mixed; boundary=c\n\n" + b"--c\n\n2\n" * 600
    assert multipart(*[b"--b\n" + nested] * 3).count(b"2\n") == 1000


@pytest.mark.parametrize(
    ("body", "message"),
    [
        pytest.param(b"Text.\n---\n x | 2 +-\n\n" + DIFF, b"Text.\n", id="three dashes"),
        pytest.param(b"Text.\n\n\n" + DIFF, b"Text.\n", id="diff --git"),
        pytest.param(b"Text.\n \t\nIndex: x\n", b"Text.\n", id="Index:"),
        pytest.param(b"Text.\n--- a/x\n+++ b/x\n", b"Text.\n", id="unified diff"),
        pytest.param(b"Text.\n--- \t\nnote\n", b"Text.\n", id="dashes and white space"),
        pytest.param(b"Text.\n----\n---x\n---  y\n--- \n", b"Text.\n----\n---x\n---  y\n", id="other dashes"),
        pytest.param(b"Text.\n---", b"Text.\n---", id="three dashes without a line end"),
        pytest.param(b"diff -u a b\n", b"", id="a diff at once"),
        pytest.param(b"diff -u a b\nIndex: x\n---\n", b"", id="a diff at once, and the marks of others in it"),
        pytest.param(b"\n\n---\n", b"", id="no message"),
        pytest.param(b"From: A <a@example.org>\n\n---\n", b"From: A <a@example.org>\n", id="an author and no message"),
        pytest.param(b"Text.\n\nSigned-off-by: A\n\n---\n" + DIFF, b"Text.\n\nSigned-off-by: A\n", id="trailers"),
        pytest.param(b"Text. \n\n", b"Text. \n", id="no diff"),
        pytest.param(b"Text.", b"Text.", id="no diff and no line end"),
        pytest.param(b"Text.\n---\nIndex: x\ndiff -u\n", b"Text.\n", id="the first one counts"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
def test_trailers_belong_behind_the_last_line_of_the_message(body: bytes, message: bytes) -> None:
    mail = take_apart(HEAD + b"\n" + body, parsed())
    assert mail.body[: mail.trailers_at] == message
    assert mail.body == body


PIECES = st.sampled_from(
    [b"\n", b"\r\n", b"--b", b"--", b"---\n", b"diff -", b"From: ", b"Subject: ", b"Date: ", b"Content-Type: ",
     b"multipart/x; ", b"boundary=b", b"charset=", b"utf-7", b"format=flowed", b"Content-Transfer-Encoding: ",
     b"base64", b"quoted-printable", b"=?utf-8?q?", b"=?hz?b?", b"?=", b"=", b" ", b"\0", b"\xff", b"\xc3\xa4", b"text"]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=5), max_size=40).map(b"".join))
def test_whatever_comes_is_taken_apart(raw: bytes) -> None:
    mail = take_apart(raw, parsed())
    assert mail.head.isascii()
    assert b"\n\n" not in mail.head
    assert mail.head.endswith(b"\n")
    assert 0 <= mail.trailers_at <= len(mail.body)
    assert mail.trailers_at in (0, len(mail.body)) or mail.body[mail.trailers_at - 1 : mail.trailers_at] == b"\n"
