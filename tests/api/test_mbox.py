"""What `compose` writes, rule by rule; `tests/e2e/am` asks git itself."""

import base64
import quopri
import re

import pytest

from api.mbox import compose
from schemas.mail import Commit, MboxMail

HEAD = (
    b"From: Ann <ann@example.org>\nDate: Mon, 01 Mar 2021 10:00:00 +0100\nSubject: [PATCH] x\n"
    b"Message-ID: <1@example.org>\n"
)
FROM_LINE = b"From patchlog Mon Sep 17 00:00:00 2001\n"
DIFF = b"---\n\ndiff --git a/x b/x\n"


def mail(message: str, diff: bytes = b"", end: int | None = None, start: int = 0) -> MboxMail:
    end = len(message) if end is None else end
    date = "2021-03-01T10:00:00+01:00"
    commit = Commit("Ann", "ann@example.org", date, "x", "[PATCH] x", start, end)
    return MboxMail("1@example.org", commit, message, diff)


def written(body: bytes) -> tuple[bytes, bytes]:
    """Give the transfer encoding that was chosen, and the content as written, without the blank line behind it."""
    mbox = compose([(mail("", body), ())])
    assert mbox.isascii()
    assert mbox.startswith(FROM_LINE + HEAD + b"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n")
    assert len(re.findall(rb"^>*From ", mbox, re.MULTILINE)) == 1
    assert max(map(len, mbox.split(b"\n"))) <= 998
    header, _, content = mbox.partition(b"\n\n")
    return header.rpartition(b": ")[2], content.removesuffix(b"\n")


def message_with(message: str, *trailers: str) -> str:
    encoded = compose([(mail(message, DIFF), trailers)])
    header, _, content = encoded.partition(b"\n\n")
    body = quopri.decodestring(content) if header.endswith(b"quoted-printable") else content
    assert body.endswith(DIFF + b"\n")
    return body.removesuffix(DIFF + b"\n").decode()


def test_an_mbox_of_nothing_is_empty() -> None:
    assert compose([]) == b""


def test_mails_follow_one_another_after_a_blank_line() -> None:
    one, two = (mail(message) for message in ("one\n", "two\n"))
    mbox = compose(iter([(one, ()), (two, ())]))
    assert mbox == compose([(one, ())]) + compose([(two, ())])
    assert b"\n\none\n\nFrom patchlog " in mbox


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"one\n\ttwo = \n \n-- \n2.30\n", id="plain"),
        pytest.param((b"x" * 990 + b"\n") * 3, id="lines as long as may be"),
        pytest.param(b"y\n" * 700, id="short lines"),
        pytest.param(b"x From the\n> From\nFrom\nfrom \n", id="From elsewhere"),
        pytest.param(b"\n", id="blank"),
    ],
)
def test_a_clean_body_is_written_as_it_is(body: bytes) -> None:
    assert written(body) == (b"7bit", body)


@pytest.mark.parametrize(
    ("body", "content"),
    [
        pytest.param(
            "a größe = of so very many words\n".encode(), b"a gr=C3=B6=C3=9Fe =3D of so very many words\n", id="8 bit"
        ),
        pytest.param(b"carriage return\r\n", b"carriage return=0D\n", id="CR"),
        pytest.param(b"a NUL in a long line\0\n", b"a NUL in a long line=00\n", id="NUL"),
        pytest.param(b"From me\n>>From you\n", b"=46rom me\n>>=46rom you\n", id="From"),
        pytest.param(
            b"ends in white space \nand tab\t\n\xffx\n", b"ends in white space=20\nand tab=09\n=FFx\n", id="blanks"
        ),
        pytest.param(b"x" * 74 + b"\xff\n", b"x" * 73 + b"=\nx=FF\n", id="soft break"),
        pytest.param(b"x" * 71 + b"\xff\n", b"x" * 71 + b"=FF\n", id="no soft break"),
        pytest.param(b"x" * 72 + b"\xffyy\n", b"x" * 72 + b"=\n=FFyy\n", id="no break behind an escape's sign"),
        pytest.param(b"x" * 71 + b"\xffyy\n", b"x" * 71 + b"=\n=FFyy\n", id="no break within an escape"),
        pytest.param(b"x" * 70 + b"\xffyy\n", b"x" * 70 + b"=FF=\nyy\n", id="a break behind an escape"),
        pytest.param(b"x" * 73 + b"From y\xff\n", b"x" * 73 + b"=\n=46rom y=FF\n", id="From behind a soft break"),
    ],
)
def test_a_body_that_is_not_clean_is_quoted(body: bytes, content: bytes) -> None:
    assert written(body) == (b"quoted-printable", content)
    assert quopri.decodestring(content) == body


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"x" * 991 + b"\n", id="a long line"),
        pytest.param(b"short\n" * 300 + b"y" * 20_000 + b"\nshort\n", id="a very long line within"),
        pytest.param(b"word " * 400 + b"\r\n", id="a long line of words"),
    ],
)
def test_long_lines_are_broken_softly(body: bytes) -> None:
    encoding, content = written(body)
    assert encoding == b"quoted-printable"
    assert quopri.decodestring(content) == body
    assert max(map(len, content.split(b"\n"))) <= 76


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(bytes(range(256)) + b"\n", id="more bytes than text"),
        pytest.param("山田太郎\n".encode() * 40, id="more characters than ASCII"),
        pytest.param(b"no line end", id="no line end"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_quoting_would_bloat_or_end_is_base64(body: bytes) -> None:
    encoding, content = written(body)
    assert encoding == b"base64"
    assert base64.b64decode(content) == body
    assert max(map(len, content.split(b"\n"))) <= 76


@pytest.mark.parametrize(
    ("message", "trailers", "expected"),
    [
        pytest.param("Text.\n", ("Acked-by: A",), "Text.\n\nAcked-by: A\n", id="set off from text"),
        pytest.param("Text.\n\nCc: B\n", ("Acked-by: A",), "Text.\n\nCc: B\nAcked-by: A\n", id="joined to trailers"),
        pytest.param("", ("Acked-by: A",), "Acked-by: A\n", id="no message"),
        pytest.param("Text.\n", ("A: 1", "B: 2", "A: 3"), "Text.\n\nA: 1\nB: 2\nA: 3\n", id="in their order"),
        pytest.param("Text.\n", (), "Text.\n", id="none"),
        pytest.param("Text.\n\nCc: Bo B\n", ("cc:  bo b", "Cc: C"), "Text.\n\nCc: Bo B\nCc: C\n", id="what is there"),
        pytest.param("Text.\n\nCc: Bo\n B\n", ("Cc: Bo B",), "Text.\n\nCc: Bo\n B\n", id="what is there, folded"),
        pytest.param("Text.\n", ("Cc: B", "CC:  b"), "Text.\n\nCc: B\n", id="once each"),
        pytest.param("Text.\n", ("Cc: Zoë ß",), "Text.\n\nCc: Zoë ß\n", id="not ASCII"),
        pytest.param("Täxt.\n", ("Cc: A\n---\0 B",), "Täxt.\n\nCc: A --- B\n", id="one line each"),
        pytest.param("Text.\n", ("no trailer", "", "x y: z", "A:"), "Text.\n", id="what is no trailer"),
        pytest.param(
            "Text.\n", ("From: A", "date: b", "Subject: c", "Index: d"), "Text.\n", id="what git reads otherwise"
        ),
        pytest.param("Text.\n", ("Date-x: b",), "Text.\n\nDate-x: b\n", id="what only begins so"),
        pytest.param("A: 1\nmore\n", ("B: 2",), "A: 1\nmore\n\nB: 2\n", id="a paragraph that is not all trailers"),
        pytest.param("A: 1\n more\n# x\n", ("B: 2",), "A: 1\n more\n# x\nB: 2\n", id="a folded trailer and a comment"),
        pytest.param(
            "[ a ]\n[ b ]\n[ c ]\nSigned-off-by: A\n",
            ("B: 2",),
            "[ a ]\n[ b ]\n[ c ]\nSigned-off-by: A\nB: 2\n",
            id="one line in four, and git's own",
        ),
        pytest.param(
            "a\nb\nc\nd\n(cherry picked from commit 1)\n",
            ("B: 2",),
            "a\nb\nc\nd\n(cherry picked from commit 1)\n\nB: 2\n",
            id="fewer than one line in four",
        ),
        pytest.param(
            "Text.\n\nA: 1\n \t\nB: 2\n", ("C: 3",), "Text.\n\nA: 1\n \t\nB: 2\nC: 3\n", id="blank with white space"
        ),
        pytest.param(" indented\n", ("C: 3",), " indented\n\nC: 3\n", id="only indented"),
    ],
)
def test_trailers_are_added_to_the_message(message: str, trailers: tuple[str, ...], expected: str) -> None:
    assert message_with(message, *trailers) == expected


def test_a_message_without_a_last_line_end_is_ended_before_trailers() -> None:
    mbox = compose([(mail("Text."), ("Cc: B",))])
    assert mbox.endswith(b"\n\nText.\n\nCc: B\n\n")


def test_trailers_stand_between_the_message_and_what_git_leaves_out() -> None:
    mbox = compose([(mail("Text.\n\n---\nnote\n", DIFF, len("Text.\n")), ("Cc: B",))])
    assert mbox.endswith(b"\n\nText.\n\nCc: B\n\n---\nnote\n" + DIFF + b"\n")


@pytest.mark.parametrize(
    "message",
    [
        "From: B <b@example.org>\n",
        "Subject: y\n",
        " \ndate: x\n",
        "[PATCH] y\n",
        ">From " + "a" * 40 + "\n",
        "From me\n",
    ],
)
def test_a_message_that_begins_like_a_header_stands_behind_one_of_ours(message: str) -> None:
    body = compose([(mail(message, DIFF), ())]).partition(b"\n\n")[2]
    assert quopri.decodestring(body) == f"From: Ann <ann@example.org>\n\n{message}".encode() + DIFF + b"\n"


def test_the_header_of_the_text_is_not_repeated() -> None:
    start = len("From: Ann <ann@example.org>\n\n")
    mbox = compose([(mail("From: Ann <ann@example.org>\n\nText.\n", DIFF, start=start), ())])
    assert mbox.endswith(b"\n\nText.\n" + DIFF + b"\n")


def test_a_trailer_has_no_character_that_deceives() -> None:
    mbox = compose([(mail("Text.\n"), ("Acked-by: A\x1b[8m\u202eB\u200b",))])
    assert mbox.endswith(b"\n\nText.\n\nAcked-by: A [8m B\n\n")
