"""The commit of a mail, as git's mailinfo reads it; `tests/e2e/am` asks git itself."""

from datetime import UTC, datetime

import pytest

from ingest.message.commit import clean_subject, read_commit, read_git_author, read_in_body
from ingest.message.headers import split_mail
from schemas.mail import Commit, Mailbox

RECEIVED = datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC)
ANN = Mailbox("Ann", "ann@example.org")
HEAD = "From: Ann <Ann@example.org>\nDate: Mon, 1 Mar 2021 10:00:00 +0100\nSubject: [PATCH 1/2] x: y\n\n"


def commit(message: str, head: str = HEAD, author: Mailbox = ANN, *, has_diff: bool = True) -> tuple[Commit, list[str]]:
    fields, _ = split_mail(head.encode("utf-8", "surrogateescape"))
    made, marks = read_commit(fields, message, author, RECEIVED, has_diff=has_diff)
    return made, [mark.kind for mark in marks]


def test_a_commit_is_what_the_header_says() -> None:
    expected = Commit("Ann", "Ann@example.org", "2021-03-01T10:00:00+01:00", "x: y", "[PATCH 1/2] x: y", 0, 6)
    assert commit("Text.\n---\n x | 2\n") == (expected, [])


@pytest.mark.parametrize(
    ("message", "rest"),
    [
        pytest.param("Text.\n\nCc: A\n\n---\n", "Text.\n\nCc: A\n", id="dashes"),
        pytest.param("\n\nText.\n\n", "Text.\n", id="blank lines"),
        pytest.param("Text.\n\n--- a\n", "Text.\n", id="a file's name"),
        pytest.param("---\nnote\n", "", id="no message"),
        pytest.param("", "", id="nothing"),
        pytest.param("From: B <b@example.org>\n\nText.\n", "Text.\n", id="behind an in-body header"),
        pytest.param("From: B <b@example.org>\n---\n", "", id="an in-body header alone"),
        pytest.param("Text.", "Text.", id="no line end"),
    ],
)
def test_where_the_message_of_the_commit_is(message: str, rest: str) -> None:
    made, _ = commit(message)
    assert message[made.message_start : made.message_end] == rest


def test_all_the_text_of_a_pull_request_is_its_message() -> None:
    made, _ = commit("Please pull.\n---\nmore\n", has_diff=False)
    assert made.message_end == len("Please pull.\n---\nmore\n")


@pytest.mark.parametrize(
    ("message", "fields", "rest"),
    [
        pytest.param("Text.\n", {}, "Text.\n", id="none"),
        pytest.param("From: B <b@x>\nSubject: z\nDate: d\n\nText.\n", {"from": "B <b@x>", "subject": "z", "date": "d"},
                     "Text.\n", id="all three"),
        pytest.param("\n\nfrom: B\n\nText.\n", {"from": "B"}, "Text.\n", id="behind blank lines, in small letters"),
        pytest.param("Subject: a\n b\n\tc\nText.\n", {"subject": "a b c"}, "Text.\n", id="lines that go on"),
        pytest.param("From: B\nFrom: C\n", {"from": "B"}, "From: C\n", id="only the first of a name"),
        pytest.param("From:B\n", {"from": "B"}, "", id="no space behind the colon"),
        pytest.param("From:\n\nx", {"from": ""}, "x", id="an empty field"),
        pytest.param("[PATCH] z\nFrom: B\n\nText.\n", {"subject": "[PATCH] z", "from": "B"}, "Text.\n", id="a title"),
        pytest.param("[PATCH] z\n\nFrom: B\n\nText.\n", {"subject": "[PATCH] z", "from": "B"}, "Text.\n",
                     id="a blank line behind a title ends nothing"),
        pytest.param("Subject: a\n[PATCH] z\n\nx", {"subject": "[PATCH] z"}, "\nx"[1:], id="a title behind a subject"),
        pytest.param(f">From {'a' * 40} Mon Sep 17 00:00:00 2001\nFrom: B\n\nx", {"from": "B"}, "x", id="a separator"),
        pytest.param(">From me\nFrom: B\n", {}, ">From me\nFrom: B\n", id="no separator"),
        pytest.param("From: B\n", {"from": "B"}, "", id="nothing behind"),
        pytest.param("", {}, "", id="nothing"),
        pytest.param("[PATCH] z\n" * 101 + "x", {"subject": "[PATCH] z"}, "[PATCH] z\nx", id="a hundred lines"),
    ],
)  # fmt: skip
def test_header_in_the_text(message: str, fields: dict[str, str], rest: str) -> None:
    found = read_in_body(message)
    assert found.fields == fields
    assert message[found.end :] == rest


@pytest.mark.parametrize(
    ("message", "author", "marks"),
    [
        pytest.param("", ("Ann", "Ann@example.org"), [], id="the header's"),
        pytest.param("From: Bo <B@x.org>\n\n", ("Bo", "B@x.org"), [], id="the text's"),
        pytest.param("From: =?utf-8?q?B=C3=B6?= <b@x.org>\n\n", ("Bö", "b@x.org"), [], id="encoded"),
        pytest.param('From: "a@x" <b@x.org>\n\n', ("b@x.org", "b@x.org"), ["author"], id="two addresses in the text"),
        pytest.param("From: here on\n\n", ("Ann", "Ann@example.org"), ["author"], id="no address in the text"),
    ],
)
def test_author(message: str, author: tuple[str, str], marks: list[str]) -> None:
    made, told = commit(message)
    assert ((made.name, made.email), told) == (author, marks)


@pytest.mark.parametrize(
    ("spelled", "author", "expected", "marks"),
    [
        pytest.param('"a@x.org" <b@x.org>', Mailbox("a@x.org", "b@x.org"), ("b@x.org", "b@x.org"), ["author"],
                     id="git would take another address"),
        pytest.param("Bo via L <l@x.org>", Mailbox("Bo", "b@x.org"), ("Bo", "b@x.org"), ["from-rewritten"],
                     id="rewritten by a list"),
        pytest.param("b.@x.org", Mailbox("", "b.@x.org"), ("b.@x.org", "b.@x.org"), [], id="no name"),
        pytest.param("... <b@x.org>", Mailbox("...", "b@x.org"), ("b", "b@x.org"), ["author"],
                     id="no letter in the name"),
        pytest.param("( ) <b@x.org>", Mailbox("( )", "b@x.org"), ("b", "b@x.org"), ["author"], id="an empty comment"),
        pytest.param("() <b@x.org>", Mailbox("()", "b@x.org"), ("b@x.org", "b@x.org"), [], id="nothing in a comment"),
        pytest.param("Bo (x <b@x.org>", Mailbox("Bo (x", "b@x.org"), ("Bo (x", "b@x.org"), ["author"],
                     id="an open comment"),
        pytest.param('Bo "x <b@x.org>', Mailbox("Bo x", "b@x.org"), ("Bo x", "b@x.org"), ["author"],
                     id="an open quote"),
        pytest.param("((Bo)) <bo>", Mailbox("((Bo))", "bo"), ("((Bo))", ""), ["author"], id="brackets, no address"),
        pytest.param('J \\"B <b>', Mailbox('J "B', "b"), ("J B", ""), ["author"], id="quotes and no address"),
        pytest.param("", Mailbox("", ""), ("unknown", ""), ["author"], id="nobody"),
        pytest.param("Bo <b@x.(org>", Mailbox("Bo", "b@x.(org"), ("Bo", "b@x"), ["author"], id="cut at a dot"),
        pytest.param("Bo <b@.(org>", Mailbox("Bo", "b@.(org"), ("Bo", ""), ["author"], id="nothing behind the @"),
        pytest.param("a@x.org(b", Mailbox("", "a@x.org(b"), ("a@x.org", "a@x.org"), ["author"], id="half a comment"),
    ],
)  # fmt: skip
def test_authors_that_are_not_plain(spelled: str, author: Mailbox, expected: tuple[str, str], marks: list[str]) -> None:
    made, told = commit("", HEAD.replace("Ann <Ann@example.org>", spelled), author)
    assert ((made.name, made.email), told) == (expected, marks)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Bo B <b@x.org>", ("Bo B", "b@x.org"), id="name and address"),
        pytest.param("b@x.org (Bo B)", ("Bo B", "b@x.org"), id="comment"),
        pytest.param("Bo (zz) B <b@x.org> (c)", ("Bo (zz) B (c)", "b@x.org"), id="comments"),
        pytest.param('"Bo \\"B\\" C" <b@x.org>', ('Bo "B" C', "b@x.org"), id="quoted"),
        pytest.param("Bo (a \\( b (c) d) <b@x.org>", ("Bo (a ( b (c) d)", "b@x.org"), id="backslash in a comment"),
        pytest.param("Bo \\ B <b@x.org>", ("Bo \\ B", "b@x.org"), id="backslash outside"),
        pytest.param('"(" B <b@x.org>', ("( B", "b@x.org"), id="quoted parenthesis"),
        pytest.param('Bo ") B <b@x.org>', ("Bo ) B", "b@x.org"), id="an open quote"),
        pytest.param('Bo ("a) <b@x.org>', ('Bo ("a)', "b@x.org"), id="a quote in a comment"),
        pytest.param("b@x.org", ("b@x.org", "b@x.org"), id="address alone"),
        pytest.param("x" * 61 + " <b@x.org>", ("b@x.org", "b@x.org"), id="a name of over 60 bytes"),
        pytest.param("Bo <bo>", ("Bo", "bo"), id="no @"),
        pytest.param("Bo", ("", ""), id="no address"),
        pytest.param("Bo <bo", ("", ""), id="no address, open"),
        pytest.param(") b@x.org", (")", "b@x.org"), id="a parenthesis that nothing opened"),
    ],
)
def test_git_author(text: str, expected: tuple[str, str]) -> None:
    assert read_git_author(text) == expected


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        pytest.param("[PATCH v2 1/2] x: y", "x: y", id="a tag"),
        pytest.param("Re: [a] [b]: x", "x", id="answer, tags, colon"),
        pytest.param("RE:x", "x", id="answer without a space"),
        pytest.param("Re:", "Re:", id="nothing but an answer"),
        pytest.param("[open", "[open", id="an open bracket"),
        pytest.param("rex", "rex", id="a word that begins so"),
        pytest.param("[x]", "", id="a tag alone"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_clean_subject(subject: str, title: str) -> None:
    assert clean_subject(subject) == title


def test_the_title_of_the_text_goes_behind_the_brackets_of_the_mail() -> None:
    made, _ = commit("Subject: [foo] other: =?utf-8?q?=C3=A4?=\n\nText.\n")
    assert (made.title, made.subject) == ("other: ä", "[PATCH 1/2] other: ä")


@pytest.mark.parametrize(
    ("message", "title"),
    [("a\n b \n\nc\n", "a  b"), ("\n\na", "a"), ("---\n", ""), ("From: B <b@x>\n\na\n", "a")],
)
def test_the_first_lines_are_the_title_where_there_is_no_subject(message: str, title: str) -> None:
    assert (
        commit(message, "From: Ann <Ann@example.org>\nSubject: [PATCH]\nDate: 1 Mar 2021 10:00\n\n")[0].title == title
    )


def test_a_title_that_is_cut_from_the_message_has_no_controls() -> None:
    head = "From: Ann <Ann@example.org>\nSubject: [PATCH]\nDate: Mon, 1 Mar 2021 10:00:00 +0100\n\n"
    made, told = commit("a\x1bb " + "y" * 5000, head)
    assert made.title == made.subject == "a b " + "y" * 3996
    assert told == ["cut"]


@pytest.mark.parametrize(
    ("date", "message", "expected", "marks"),
    [
        pytest.param("Mon, 1 Mar 2021 10:00:00 -0730", "", "2021-03-01T10:00:00-07:30", [], id="an offset"),
        pytest.param("Mon, 1 Mar 2021 10:00:00", "", "2021-03-01T10:00:00+00:00", ["date"], id="no offset"),
        pytest.param("Mon, 1 Mar 2021 10:00:00 +9900", "", "2021-03-01T10:00:00+00:00", ["date"], id="days"),
        pytest.param("2021-03-01 10:00:00 +0100", "", "2021-03-01T10:00:00+01:00", [], id="ISO 8601"),
        pytest.param("2021-03-01T10:00:00Z", "", "2021-03-01T10:00:00+00:00", [], id="ISO 8601 in UTC"),
        pytest.param("2021-03-01 10:00:00", "", "2021-03-01T10:00:00+00:00", ["date"], id="ISO 8601, git's own zone"),
        pytest.param("1614589200 +0100", "", "2021-03-01T10:00:00+01:00", ["date"], id="seconds since 1970"),
        pytest.param("1969-12-31T23:00:00-0500", "", "2021-03-04T05:06:07+00:00", ["date"], id="1969 there"),
        pytest.param("Mon, 1 Mar 2021 10:00:00 +0100", "Date: 2 Mar 2021 10:00:00 +0200\n\n",
                     "2021-03-02T10:00:00+02:00", [], id="the text's"),
        pytest.param("Mon, 1 Mar 2021 10:00:00 +0100", "Date: x\n\n", "2021-03-01T10:00:00+01:00", ["date"],
                     id="the text's is none"),
        pytest.param("yesterday", "", "2021-03-04T05:06:07+00:00", ["date"], id="none"),
        pytest.param("1 Mar 2100 10:00:00 +0000", "", "2021-03-04T05:06:07+00:00", ["date"], id="too late for git"),
    ],
)  # fmt: skip
def test_date(date: str, message: str, expected: str, marks: list[str]) -> None:
    made, told = commit(message, HEAD.replace("Mon, 1 Mar 2021 10:00:00 +0100", date))
    assert (made.date, told) == (expected, marks)
