"""Where headers end, and what a value is."""

import pytest

from ingest.message.headers import (
    decode_header,
    find_break,
    head_of,
    header_bytes,
    header_text,
    normalise,
    split_mail,
    split_part,
    within_line,
)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"A: b\r\n\r\nc\r\n", b"A: b\n\nc\n", id="CRLF"),
        pytest.param(b"A: b\n\nc\r\n", b"A: b\n\nc\n", id="LF and CRLF, which git reads alike"),
        pytest.param(b"A: b\r\n\r\nc\r\r\n", b"A: b\n\nc\r\n", id="CRLF with a file's CR"),
        pytest.param(b"From x@example.org Mon\nA: b\r\n\r\n", b"A: b\n\n", id="folder line before CRLF"),
        pytest.param(b">From x\n>>From y\nA: b\n", b"A: b\n", id="quoted folder lines"),
        pytest.param(b"From x", b"From x", id="folder line without an end"),
        pytest.param(b"\nA\r\n", b"\nA\n", id="empty first line"),
        pytest.param(b"\nA\r\nB\r", b"\nA\nB\r", id="empty first line, CR at the end"),
        pytest.param(b"", b"", id="nothing"),
    ],
)
def test_normalise(raw: bytes, expected: bytes) -> None:
    assert normalise(raw) == expected


@pytest.mark.parametrize(
    ("raw", "subject", "body"),
    [
        pytest.param(b"Subject: a\n\nbody\n", [b" a"], b"body\n", id="usual"),
        pytest.param(b"subject: a\n b\n\tc\nX: y\n\nbody", [b" a\n b\n\tc"], b"body", id="folded"),
        pytest.param(b"Subject: a\nSubject: b\n\n", [b" a", b" b"], b"", id="twice"),
        pytest.param(b"Subject: a", [b" a"], b"", id="no body"),
        pytest.param(b"Subject: a\n", [b" a"], b"", id="no blank line, no body"),
        pytest.param(b"\nSubject: a\n", [], b"Subject: a\n", id="starts with the blank line"),
        pytest.param(b"Hello,\nSubject: a\n", [], b"Hello,\nSubject: a\n", id="no headers at all"),
        pytest.param(b"Subject: a\nHello\n\nmore", [b" a"], b"Hello\n\nmore", id="blank line missing"),
        pytest.param(b"Subject: a\nFrom x y\nX: b\n\nc", [b" a"], b"c", id="folder line among the headers"),
        pytest.param(b"Subject : a\n\nb", [], b"Subject : a\n\nb", id="space in a name"),
        pytest.param(b": a\nSubject: b\n\nc", [b" b"], b"c", id="a field without a name"),
        pytest.param(b" x\nSubject: b\n\nc", [b" b"], b"c", id="starts with a continuation"),
        pytest.param(b"", [], b"", id="nothing"),
    ],
)
def test_split_mail(raw: bytes, subject: list[bytes], body: bytes) -> None:
    fields, start = split_mail(raw)
    assert fields.get(b"subject", []) == subject
    assert raw[start:] == body


@pytest.mark.parametrize(
    ("mail", "line"),
    [
        pytest.param(b"Subject: a\n\nbody\n", None, id="usual"),
        pytest.param(b"Subject: a\n b\nX: y\n", None, id="no body"),
        pytest.param(b"Subject: a\n\n", None, id="empty body"),
        pytest.param(b"\nHello\n", None, id="starts with the blank line"),
        pytest.param(b"", None, id="nothing"),
        pytest.param(b"Hello,\nSubject: a\n", 1, id="no headers at all"),
        pytest.param(b"Subject: a\n b\nHello\n\nmore", 3, id="blank line missing"),
        pytest.param(b"Subject: a\nX : y\nFrom: b\n\nc", 2, id="space in a name"),
    ],
)
def test_line_at_which_a_header_section_breaks_off(mail: bytes, line: int | None) -> None:
    assert find_break(mail, split_mail(mail)[1]) == line


def test_a_part_has_its_own_headers_and_body() -> None:
    raw = b"xxContent-Type: text/html\nSubject: no\n\nbodyyy"
    fields, start = split_part(raw, 2, len(raw) - 2)
    assert fields == {b"content-type": [b" text/html"]}
    assert raw[start:-2] == b"body"
    assert split_part(b"a\n", 1, 1) == ({}, 1)


def test_only_wanted_fields_are_collected() -> None:
    fields, _ = split_mail(b"X-Spam: 1\nX-Patchwork-Hint: ignore\nList-Id: <a>\nSender: x@example.org\n\n")
    assert fields == {b"x-patchwork-hint": [b" ignore"], b"list-id": [b" <a>"]}


def test_the_first_value_counts_folded_and_decoded() -> None:
    fields = {b"subject": [b" =?utf-8?q?=C3=A4?=\n\tb  c ", b"other"]}
    assert header_bytes(fields, b"subject") == b"=?utf-8?q?=C3=A4?= b c"
    assert header_text(fields, b"subject") == "ä b c"
    assert header_bytes(fields, b"cc") == b""
    assert header_text(fields, b"cc") == ""


def test_a_value_is_cut_where_nobody_writes_more() -> None:
    assert len(header_bytes({b"subject": [b"a" * 100_000]}, b"subject")) == 65536


def test_what_names_something_is_cut_to_a_line_between_two_letters() -> None:
    assert within_line("a" * 998) == "a" * 998
    assert within_line("a" * 999) == "a" * 998
    assert within_line("a" * 997 + "ä") == "a" * 997


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("Frösche".encode(), "Frösche", id="raw UTF-8"),
        pytest.param(b"Fr\xf6sche", "Frösche", id="raw windows-1252"),
        pytest.param(b"a\x00b\x01c\x7fd", "ab c d", id="NUL and control characters"),
        pytest.param(b"=?utf-8?q?a=0Ab=E2=80=A8c?=", "a b c", id="line ends in an encoded word"),
    ],
)
def test_decode_header(value: bytes, expected: str) -> None:
    assert decode_header(value) == expected


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"Subject: a\nList-Id: <l>\n\nFrom: b\n\nc\n", id="LF"),
        pytest.param(b"Subject: a\r\nList-Id: <l>\r\n\r\nFrom: b\r\n\r\nc\r\n", id="CRLF"),
        pytest.param(b"Subject: a\r\nList-Id: <l>\n\r\nFrom: b\n", id="mixed"),
        pytest.param(b"Subject: a\nno field\nFrom: b\n\nc\n", id="broken off"),
        pytest.param(b"\nSubject: a\n\nb\n", id="starts with the blank line"),
        pytest.param(b"From x\nSubject: a\n b\n", id="no body"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_head_has_the_fields_of_the_mail(raw: bytes) -> None:
    head = head_of(raw)
    assert raw.startswith(head)
    assert split_mail(normalise(head))[0] == split_mail(normalise(raw))[0]
    assert b"\n\n" not in normalise(head)[:-1]
