"""The text of a mail, out of whatever MIME structure."""

import pytest

from ingest.message.body import Body, read_body
from ingest.message.headers import split_mail


def walk(raw: str) -> Body:
    mail = raw.encode()
    fields, start = split_mail(mail)
    return read_body(mail, start, fields)


def text(raw: str) -> str:
    pieces = [piece.content.decode() for piece in walk(raw).pieces]
    return "".join(piece if piece.endswith("\n") else piece + "\n" for piece in pieces)


def left_out(raw: str) -> list[str]:
    return [left.what for left in walk(raw).left_out]


MIXED = 'Content-Type: multipart/mixed; boundary="b"\n\n'
PATCH = "Content-Type: text/x-patch\nContent-Transfer-Encoding: base64\n\nZGlmZgo=\n"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param("A: b\n\nhello\n", "hello\n", id="plain"),
        pytest.param(
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n=C3=A4\n",
            "ä\n",
            id="plain, encoded",
        ),
        pytest.param("Content-Type: text/html\n\n<p>hello</p>", "hello\n", id="HTML alone"),
        pytest.param("Content-Type: image/png\n\nhello", "", id="a picture"),
        pytest.param("Content-Type: application/x-patch\n\nhello", "hello\n", id="a patch alone"),
        pytest.param(MIXED + "pre\n--b\n\none\n--b\n\ntwo\n--b--\nepilogue\n", "one\ntwo\n", id="two texts"),
        pytest.param(MIXED + "--b\n\none\n--b \t\n\ntwo", "one\ntwo\n", id="no last boundary"),
        pytest.param(MIXED + "--b\n--b\n\none\n--b--", "\none\n", id="an empty part"),
        pytest.param(MIXED + "--b\n\none\n--bc\n--b-\n--b--\n", "one\n--bc\n--b-\n", id="longer lines are no boundary"),
        pytest.param(MIXED + "no boundary\n", "no boundary\n", id="boundary that never comes"),
        pytest.param("Content-Type: multipart/mixed\n\n--\nhello\n", "--\nhello\n", id="no boundary named"),
        pytest.param(
            MIXED + "--b\n" + PATCH + "--b\n\nsee above\n--b--\n", "see above\ndiff\n", id="a patch stands last"
        ),
        pytest.param(
            MIXED + "--b\nContent-Type: text/html\n\n<b>hi\n--b\n\nfooter\n--b--\n", "hi\nfooter\n", id="HTML, footer"
        ),
        pytest.param(
            MIXED + "--b\n\nhi\n--b\nContent-Type: text/html\n\nattached\n--b--\n", "hi\n", id="HTML behind text"
        ),
        pytest.param(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<b>hi\n"
            "--b\n\nhi\n--b\n\nagain\n--b--\n",
            "hi\n",
            id="of alternatives the plain one",
        ),
        pytest.param(
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<b>hi\n--b--\n",
            "hi\n",
            id="of alternatives the only one",
        ),
        pytest.param(
            'Content-Type: multipart/signed; boundary="s"\n\n--s\n' + MIXED + "--b\n\nhi\n--b--\n\n--s\n"
            "Content-Type: application/pgp-signature\n\nxyz\n--s--\n",
            "hi\n",
            id="signed",
        ),
    ],
)
def test_text(raw: str, expected: str) -> None:
    assert text(raw) == expected


def test_a_wrapped_mail_is_read_and_its_author_noted() -> None:
    raw = MIXED + "--b\n\nnotice\n--b\nContent-Type: message/rfc822\n\nFrom: Jane\n <j@example.org>\n\nhi\n--b\n"
    raw += "Content-Type: message/rfc822\n\nFrom: Other <o@example.org>\n\nho\n--b--\n"
    assert text(raw) == "notice\nhi\nho\n"
    assert walk(raw).wrapped_from == b"Jane <j@example.org>"
    assert [piece.mails for piece in walk(raw).pieces] == [0, 1, 1]


def test_flowed_text_is_said_to_be() -> None:
    assert [piece.kind.is_flowed for piece in walk("Content-Type: text/plain; format=flowed\n\n x\n").pieces] == [True]
    flowed = MIXED + "--b\nContent-Type: text/plain; format=flowed\n\n x\n"
    assert [piece.kind.is_flowed for piece in walk(flowed + "--b\n\nfooter\n--b--\n").pieces] == [True, False]


def test_mails_inside_mails_are_read_to_a_depth_of_sixteen() -> None:
    inner = "Content-Type: message/rfc822\n\n"
    assert text(inner * 16 + "A: b\n\nhi\n") == "hi\n"
    assert text(inner * 17 + "A: b\n\nhi\n") == ""
    assert left_out(inner * 17 + "A: b\n\nhi\n") == ["a part inside too many others"]


def test_a_hundred_parts_are_read() -> None:
    assert text(MIXED + "--b\n\nx\n" * 300) == "x\n" * 100
    assert left_out(MIXED + "--b\n\nx\n" * 300)[1:] == ["a part behind 100 others"]
    nested = MIXED + "--b\nContent-Type: multipart/mixed; boundary=c\n\n" + "--c\n\nx\n" * 50 + "--c--\n--b\n\nlast\n"
    assert text(nested + "--b\n\ny\n" * 60).count("y\n") == 48


def test_lines_that_begin_like_the_boundary_are_looked_at_a_thousand_times() -> None:
    assert text(MIXED + "--b\n\none\n" + "--bc\n" * 1100 + "--b\n\ntwo\n").endswith("--bc\n--b\n\ntwo\n")


def test_what_is_not_read_is_left_out_by_name() -> None:
    bytes_, page = "Content-Type: application/octet-stream\n\nx\n", "Content-Type: text/html\n\n<b>x\n"
    raw = MIXED + f"pre\n--b\n\nhi\n--b\n{bytes_}--b\n{page}--b--\nepilogue\n"
    assert left_out(raw) == [
        "the text before the first part",
        "the text behind the last part",
        "a part of the type application/octet-stream",
        "HTML behind the text",
    ]


def test_alternatives_are_left_out_whatever_is_in_them() -> None:
    kind = "Content-Type: multipart/alternative; boundary=b\n\n"
    page, bytes_ = "--b\nContent-Type: text/html\n\n<b>hi\n", "--b\nContent-Type: image/png\n\nx\n"
    raw = f"{kind}{page}--b\n\nhi\n{page}{bytes_}--b\nContent-Transfer-Encoding: base64\n\nZGlmZgo=\n--b--"
    assert text(raw) == "hi\n"
    assert [(left.what, left.content) for left in walk(raw).left_out] == [
        ("the text before the first part", b"--b\n"),
        ("the text behind the last part", b"\n--b--"),
        ("HTML beside the text", b"hi\n"),
        ("an alternative to the text", b"hi\n"),
        ("a part of the type image/png", b"x"),
        ("an alternative to the text", b"diff\n"),
    ]


def test_what_follows_an_encoded_text_is_told_of_where_it_is_more_of_it() -> None:
    encoded = "Content-Transfer-Encoding: base64\n\naGVsbG8=\n"
    more = [(left.what, left.content, left.is_told) for left in walk(encoded + "aGVsbG8haGVsbG8h\n").left_out]
    what = "the lines behind the end of a base64 text"
    assert more == [(what, b"aGVsbG8haGVsbG8h\n", True), (what, b"hello!hello!", False)]
    footer = [left.is_told for left in walk(encoded + "____\nlist footer\n").left_out]
    assert footer == [False, False]
