"""The header of a patch mail, as `take_apart` reads and writes it."""

import re

import pytest

from ingest.message.am import take_apart
from schemas.mail import Mailbox, ParsedMail
from tests.ingest.message.test_am import DATE, parsed


def field_of(head: bytes, name: bytes) -> bytes:
    found = re.search(rb"^" + name + rb": (.*(?:\n[ \t].*)*)", head, re.MULTILINE)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("raw", "body"),
    [
        pytest.param(b"\n \r\nA: b\n\ntext\n", b"text\n", id="blank lines in front"),
        pytest.param(b"From x@y Mon\nA: b\n>From z\n\ntext\n", b"text\n", id="mbox lines are fields"),
        pytest.param(b"A: b\nno field\ntext\n", b"no field\ntext\n", id="header ends at a line that is no field"),
        pytest.param(b"A: b\n\x0b\ntext\n", b"text\n", id="header ends at a blank line of white space"),
        pytest.param(b"A: b\n c\n\td\n\ntext", b"text", id="folded field"),
        pytest.param(b"no field\ntext\n", b"no field\ntext\n", id="no header"),
        pytest.param(b"A: b", b"", id="no body and no line end"),
        pytest.param(b"A: b\n", b"", id="no body"),
        pytest.param(b"A: b\nlast", b"last", id="no line end behind the header"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
def test_where_the_body_begins(raw: bytes, body: bytes) -> None:
    assert take_apart(raw, parsed()).body == body


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(b"plain", b"plain", id="ASCII"),
        pytest.param(b"=?utf-8?q?gr=C3=B6=C3=9Fe?=\n =?UTF-8?b?eA==?=", None, id="encoded words stay, folded"),
        pytest.param(b"=?iso-8859-1?q?gr=F6=DFe?=", None, id="a charset that git knows"),
        pytest.param(b"=?UTF-8?q?a=FF?=", None, id="bytes that are no UTF-8, as git takes them"),
        pytest.param("größe x".encode(), b"=?utf-8?q?gr=C3=B6=C3=9Fe?= x", id="bare UTF-8"),
        pytest.param(b"a gr\xf6\xdfe b \xe9 c", b"a =?utf-8?q?gr=C3=B6=C3=9Fe_b_=C3=A9?= c", id="bare ISO-8859-1"),
        pytest.param("a  ü  b".encode(), b"a  =?utf-8?q?=C3=BC?=  b", id="two spaces"),
        pytest.param(b"a =? b", b"=?utf-8?q?a_=3D=3F_b?=", id="what only looks like an encoded word"),
        pytest.param(b"=?y?q?a=FC_b?= c", b"=?utf-8?q?a=C3=BC?= b c", id="unknown charset"),
        pytest.param(
            b"=?utf-8*de?q?a_b?= \n =?y?b?w7w=?=", b"a =?utf-8?q?b=C3=BC?=", id="language, then unknown charset"
        ),
        pytest.param(b"=?us-ascii?b?w7w?=", b"=?utf-8?q?=C3=BC?=", id="bytes that are none of the charset, no padding"),
        pytest.param(b"=?us-ascii?b?w7w=2?= \xfc", b"=?utf-8?q?=C3=BC_=C3=BC?=", id="padding within"),
        pytest.param(b"=?y?b?abcde?=", b"=?utf-8?q?=3D=3Fy=3Fb=3Fabcde=3F=3D?=", id="bytes that are no base64"),
        pytest.param(b"=?punycode?q?a?=", b"a", id="a codec that is no charset"),
        pytest.param(b"a\rb\0c", b"a b c", id="control characters"),
        pytest.param(b"=?y?q?a=0AFrom:_b?=", b"a From: b", id="an encoded line end"),
        pytest.param(b"", b"", id="empty"),
    ],
)
def test_a_subject_is_written_so_that_git_reads_the_same(value: bytes, written: bytes | None) -> None:
    head = take_apart(b"Subject: " + value + b" \n\n", parsed()).head
    assert field_of(head, b"Subject") == (value if written is None else written)


def test_a_long_field_is_folded_and_an_endless_one_is_cut() -> None:
    for value in (b"word " * 300, b"x" * 2000, b"=?a?q?" * 100_000, b"a " * 600 + b"\n =?utf-8?q?b?="):
        written = field_of(take_apart(b"Subject: " + value + b"\n\n", parsed()).head, b"Subject")
        assert max(map(len, written.split(b"\n"))) <= 990
        assert len(written) < 30_000
    assert b"Subject" not in take_apart(b"From: a@b\n\n", parsed()).head


def test_a_long_field_whose_lines_are_short_enough_stays() -> None:
    value = b"x" * 600 + b"\n " + b"y" * 600
    assert field_of(take_apart(b"Subject: " + value + b"\n\n", parsed()).head, b"Subject") == value


def test_the_last_field_of_a_name_counts_as_it_does_for_git() -> None:
    mail = b"SUBJECT: one\nX: y\nSubject: two\n\n"
    assert field_of(take_apart(mail, parsed()).head, b"Subject") == b"two"


@pytest.mark.parametrize(
    ("value", "author", "written"),
    [
        pytest.param(b"Ann <Ann@Example.org>", ("Ann", "ann@example.org"), b"Ann <Ann@Example.org>", id="as it is"),
        pytest.param(b"=?y?q?=FC?= <a@b.c>", ("x", ""), b"=?utf-8?q?=C3=BC?= <a@b.c>", id="no address was read"),
        pytest.param(
            b"A via L <l@x.org>", ("Ann", "ann@example.org"), b"Ann <ann@example.org>", id="rewritten by a list"
        ),
        pytest.param(None, ("Ann", "ann@example.org"), b"Ann <ann@example.org>", id="absent"),
        pytest.param(None, ("", "ann@example.org"), b"<ann@example.org>", id="absent, no name"),
        pytest.param(None, ('A. "B", \\', "a@b.c"), b'"A. \\"B\\", \\\\" <a@b.c>', id="a name to be quoted"),
        pytest.param(None, ("Zoë B", "a@b.c"), b"=?utf-8?q?Zo=C3=AB?= B <a@b.c>", id="a name to be encoded"),
    ],
)
def test_from_names_the_author(value: bytes | None, author: tuple[str, str], written: bytes) -> None:
    mail = b"X: y\n\n" if value is None else b"From: " + value + b"\n\n"
    assert field_of(take_apart(mail, parsed(*author)).head, b"From") == written


@pytest.mark.parametrize(
    ("value", "date_from", "written"),
    [
        pytest.param(b"Mon, 1 Mar 2021 10:00:00 +0100", "date", b"Mon, 1 Mar 2021 10:00:00 +0100", id="as it is"),
        pytest.param(
            b"1 Mar 2090 10:00:00 +0100", "receipt", b"1 Mar 2090 10:00:00 +0100", id="not believed, but read"
        ),
        pytest.param(b"yesterday", "received", b"Thu, 04 Mar 2021 05:06:07 +0000", id="unreadable"),
        pytest.param(None, "receipt", b"Thu, 04 Mar 2021 05:06:07 +0000", id="absent"),
    ],
)
def test_date_is_what_git_can_read(value: bytes | None, date_from: str, written: bytes) -> None:
    mail = b"X: y\n\n" if value is None else b"Date: " + value + b"\n\n"
    assert field_of(take_apart(mail, parsed(date_from=date_from)).head, b"Date") == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        pytest.param(b"<1@example.org>", b"<1@example.org>", id="as it is"),
        pytest.param(b"<\xff@example.org>", b"<made@example.org>", id="not ASCII"),
        pytest.param(b"<\0@example.org>", b"<made@example.org>", id="NUL"),
        pytest.param(b"<" + b"x" * 1000 + b">", b"<made@example.org>", id="too long"),
        pytest.param(None, b"<made@example.org>", id="absent"),
    ],
)
def test_message_id_is_seven_bit(value: bytes | None, written: bytes) -> None:
    mail = b"X: y\n\n" if value is None else b"Message-Id: " + value + b"\n\n"
    assert field_of(take_apart(mail, parsed()).head, b"Message-ID") == written


def test_a_message_id_that_was_read_is_written_in_seven_bits_too() -> None:
    mail = ParsedMail(message_id="é 1@example.org", author=Mailbox("", ""), date=DATE, content_hash=bytes(16))
    assert field_of(take_apart(b"X: y\n\n", mail).head, b"Message-ID") == b"<?1@example.org>"
