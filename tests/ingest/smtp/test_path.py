"""Plain MAIL and RCPT arguments, and which ones are left to the library."""

import pytest

from ingest.smtp.path import Sender, read_recipient, read_sender


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        pytest.param("FROM:<a.b+c@x.example.org>", Sender("a.b+c@x.example.org", [], False), id="address"),
        pytest.param("from: <a@b>", Sender("a@b", [], False), id="lower case and a space"),
        pytest.param("FROM:<>", Sender("", [], False), id="null sender"),
        pytest.param(
            "FROM:<A@b> size=9 body=8bitmime", Sender("A@b", ["SIZE=9", "BODY=8BITMIME"], False, 9), id="options"
        ),
        pytest.param("FROM:<a@b> SMTPUTF8", Sender("a@b", ["SMTPUTF8"], True), id="smtputf8"),
        pytest.param("FROM:<a@b> SIZE=10", Sender("a@b", ["SIZE=10"], False, 10), id="size at the limit"),
        pytest.param("FROM:<a@b> SIZE=11", None, id="size above the limit"),
        pytest.param("FROM:<a@b> SIZE", None, id="size without a number"),
        pytest.param("FROM:<a@b> SIZE=x", None, id="size that is no number"),
        pytest.param("FROM:<a@b> RET=FULL", None, id="unknown option"),
        pytest.param('FROM:<"a b"@c>', None, id="quoted local part"),
        pytest.param("FROM:<a..b@c>", None, id="two dots"),
        pytest.param("FROM:<ä@b>", None, id="not ASCII"),
        pytest.param("FROM:a@b", None, id="no brackets"),
        pytest.param("FROM:<@relay:a@b>", None, id="source route"),
        pytest.param("TO:<a@b>", None, id="another keyword"),
        pytest.param("FROM:<a@b>\n", None, id="line end"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_sender(argument: str, expected: Sender | None) -> None:
    assert read_sender(argument, 10) == expected


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        pytest.param("TO:<a@b>", "a@b", id="address"),
        pytest.param("to: <a@b>", "a@b", id="lower case and a space"),
        pytest.param("TO:<>", None, id="empty"),
        pytest.param("TO:<postmaster>", None, id="no domain"),
        pytest.param("TO:<a@b> NOTIFY=NEVER", None, id="option"),
    ],
)
def test_recipient(argument: str, expected: str | None) -> None:
    assert read_recipient(argument) == expected
