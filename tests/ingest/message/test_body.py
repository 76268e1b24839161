"""The text of a mail, out of whatever MIME structure."""

import pytest

from ingest.message.body import read_body
from ingest.message.headers import split_mail


def body(raw: str) -> tuple[str, bytes, bool]:
    mail = raw.encode()
    fields, start = split_mail(mail)
    return read_body(mail, start, fields)


MIXED = 'Content-Type: multipart/mixed; boundary="b"\n\n'
PATCH = "Content-Type: text/x-patch\nContent-Transfer-Encoding: base64\n\nZGlmZgo=\n"


@pytest.mark.parametrize(
    ("raw", "text"),
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
def test_text(raw: str, text: str) -> None:
    assert body(raw) == (text, b"", False)


def test_a_wrapped_mail_is_read_and_its_author_noted() -> None:
    raw = MIXED + "--b\n\nnotice\n--b\nContent-Type: message/rfc822\n\nFrom: Jane\n <j@example.org>\n\nhi\n--b\n"
    raw += "Content-Type: message/rfc822\n\nFrom: Other <o@example.org>\n\nho\n--b--\n"
    assert body(raw) == ("notice\nhi\nho\n", b"Jane <j@example.org>", False)


def test_flowed_text_is_said_to_be() -> None:
    assert body("Content-Type: text/plain; format=flowed\n\n x\n") == (" x\n", b"", True)
    flowed = MIXED + "--b\nContent-Type: text/plain; format=flowed\n\n x\n"
    assert body(flowed + "--b--\n") == (" x\n", b"", True)
    assert body(flowed + "--b\n\nfooter\n--b--\n") == (" x\nfooter\n", b"", True)


def test_mails_inside_mails_are_read_to_a_depth_of_sixteen() -> None:
    inner = "Content-Type: message/rfc822\n\n"
    assert body(inner * 16 + "A: b\n\nhi\n")[0] == "hi\n"
    assert body(inner * 17 + "A: b\n\nhi\n")[0] == ""


def test_a_hundred_parts_are_read() -> None:
    assert body(MIXED + "--b\n\nx\n" * 300)[0] == "x\n" * 100
    nested = MIXED + "--b\nContent-Type: multipart/mixed; boundary=c\n\n" + "--c\n\nx\n" * 50 + "--c--\n--b\n\nlast\n"
    assert body(nested + "--b\n\ny\n" * 60)[0].count("y\n") == 48


def test_lines_that_begin_like_the_boundary_are_looked_at_a_thousand_times() -> None:
    assert body(MIXED + "--b\n\none\n" + "--bc\n" * 1100 + "--b\n\ntwo\n")[0].endswith("--bc\n--b\n\ntwo\n")
