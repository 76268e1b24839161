"""Whom To and Cc name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.message import parse
from ingest.message.headers import split_mail
from ingest.message.mailboxes import MAILBOXES_MAX, read_mailboxes
from ingest.message.recipients import read_recipients
from schemas.mail import Mailbox
from tests.ingest.message.test_parse import DIFF, RECEIPT


def read(value: bytes) -> list[tuple[str, str]]:
    fields, _ = split_mail(b"To: " + value + b"\n\n")
    return [(mailbox.name, mailbox.email) for mailbox in read_recipients(fields, b"to")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"a@example.org", [("", "a@example.org")], id="an address"),
        pytest.param(b"A <a@b.c>,\n B <b@b.c>", [("A", "a@b.c"), ("B", "b@b.c")], id="folded"),
        pytest.param(b'"Doe, Jane" <j@b.c>, k@b.c', [("Doe, Jane", "j@b.c"), ("", "k@b.c")], id="a comma in quotes"),
        pytest.param(b"undisclosed-recipients:;", [], id="a group of nobody"),
        pytest.param("Zoë <z@b.c>".encode("latin-1"), [("Zoë", "z@b.c")], id="8 bit"),
        pytest.param(b"A\x00\x1b[8m <a\x00@b.c>", [("A [8m", "a@b.c")], id="control characters"),
    ],
)
def test_recipients(value: bytes, expected: list[tuple[str, str]]) -> None:
    assert read(value) == expected


def test_no_field() -> None:
    assert read_recipients({}, b"cc") == ()


def test_a_long_list_ends_before_the_address_that_is_cut() -> None:
    long = b", ".join(b"A%d <address-%d@lists.example.org>" % (number, number) for number in range(400))
    found = read(long)
    assert 100 < len(found) <= MAILBOXES_MAX
    assert found == [(f"A{number}", f"address-{number}@lists.example.org") for number in range(len(found))]
    assert read(b"x" * 9000 + b"@example.org") == []


def test_only_what_makes_a_commit_says_to_whom_it_was_sent() -> None:
    head = b"To: a@b.c\nCc: d@e.f\nSubject: x\n\n"
    assert parse(head + b"I think so.\n", RECEIPT).to == ()
    patch = parse(head + DIFF.encode(), RECEIPT)
    assert (patch.to, patch.cc) == ((Mailbox("", "a@b.c"),), (Mailbox("", "d@e.f"),))


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab.@<>\", ()=?_-'\\ä"), max_size=60))
def test_what_is_read_faster_is_the_same(value: str) -> None:
    slowly = [(mailbox.name, mailbox.email) for mailbox in read_mailboxes(" ".join(value.split()))]
    assert read(value.encode()) == [(name, email) for name, email in slowly if "@" in email]
