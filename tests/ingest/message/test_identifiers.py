"""Message-IDs, references and list ids as they come."""

from datetime import UTC, datetime

import pytest

from ingest.message import parse
from ingest.message.identifiers import read_list_ids, read_message_id, read_references


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([b" <a@example.org>"], "a@example.org", id="usual"),
        pytest.param([b" <a@example.org>", b" <b@example.org>"], "a@example.org", id="two: the first"),
        pytest.param([b"\t<a@example.org> <b@example.org>"], "a@example.org", id="two in one: the first"),
        pytest.param([b" <" + b"a" * 247 + b"@x>"], "a" * 247 + "@x", id="as long as the usual ones may be"),
        pytest.param([" <ä@example.org>".encode()], "ä@example.org", id="beyond ASCII"),
        pytest.param([b"\n <a@exam\n ple.org>"], "a@example.org", id="folded inside"),
        pytest.param([b" <a\x01@example.org> (added by x@example.org)"], "a@example.org", id="control and comment"),
        pytest.param([b" <a@example.org>+2D7A"], "a@example.org", id="text behind"),
        pytest.param([b" 6889974815295288970"], "6889974815295288970", id="bare"),
        pytest.param([b" <a@example.org"], "a@example.org", id="not closed"),
        pytest.param([b" one two@example.org three"], "two@example.org", id="bare among words"),
        pytest.param([b" one two"], "", id="words alone"),
        pytest.param([b" <" + b"a" * 2000 + b"@x>"], "a" * 998, id="longer than a line"),
        pytest.param([b" <>"], "", id="empty brackets"),
        pytest.param([b" "], "", id="empty"),
        pytest.param([], "", id="absent"),
    ],
)
def test_message_id(values: list[bytes], expected: str) -> None:
    assert read_message_id({b"message-id": values} if values else {}) == expected


@pytest.mark.parametrize(
    ("in_reply_to", "references", "expected"),
    [
        pytest.param(b"<c@x>", b"<a@x> <b@x>\n <c@x>", ("a@x", "b@x", "c@x"), id="usual"),
        pytest.param(b"<d@x>", b"<a@x> <b@x>", ("a@x", "b@x", "d@x"), id="parent not among the references"),
        pytest.param(b"<a@x>", b"<a@x> <b@x>", ("b@x", "a@x"), id="In-Reply-To is nearest"),
        pytest.param(b"<p@x> <q@x>", b"<a@x>", ("a@x", "q@x", "p@x"), id="several parents: the first is nearest"),
        pytest.param(None, b"<a@x><a@x> <b@x>,<a@x>", ("b@x", "a@x"), id="repeats: the nearer counts"),
        pytest.param(b'<a@x> (Jane\'s message of "Thu")', None, ("a@x",), id="comment"),
        pytest.param(b"Jane's message of Sun, 01 Sep 2002", None, (), id="phrase without an id"),
        pytest.param(b"a@x", b"b@x c@x", ("b@x", "c@x", "a@x"), id="bare"),
        pytest.param(b"<[PATCH] fix it>", None, ("[PATCH]fixit",), id="no id in the brackets: kept"),
        pytest.param(b"<me@x>", b"<a@x> <me@x>", ("a@x",), id="not itself"),
        pytest.param(None, None, (), id="absent"),
    ],
)
def test_references(in_reply_to: bytes | None, references: bytes | None, expected: tuple[str, ...]) -> None:
    fields = {}
    if in_reply_to is not None:
        fields[b"in-reply-to"] = [in_reply_to]
    if references is not None:
        fields[b"references"] = [references]
    assert read_references(fields, "me@x") == expected


def test_the_last_hundred_references_count() -> None:
    value = b" ".join(b"<%d@x>" % number for number in range(20_000))
    assert read_references({b"references": [value]}, "") == tuple(f"{number}@x" for number in range(19_900, 20_000))


def test_list_ids_in_their_order() -> None:
    fields = {
        b"x-list": [b" <extra@example.org> 7"],
        b"list-id": [b' "The <big> list"\n <Big.Lists.example.org>', b" small.example.org ", b" <>"],
        b"x-mailing-list": [b" linux-x@example.org", b"<big.lists.example.org>"],
    }
    assert read_list_ids(fields) == (
        "big.lists.example.org",
        "small.example.org",
        "linux-x@example.org",
        "extra@example.org",
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (b"X-Microsoft-Original-Message-ID: <old@x>\n", ("old@x",)),
        (b"X-Google-Original-Message-ID: <old@x>\nX-Original-Message-ID: <older@x>\n", ("old@x", "older@x")),
        (b"Original-Message-ID: <old@x> <other@x>\n", ("old@x",)),
        (b"X-Microsoft-Original-Message-ID: <new@x>\n", ()),
        (b"X-Microsoft-Original-Message-ID:\n", ()),
        (b"X-Original-Message-ID: <old@x>\nX-Original-Message-ID: <second@x>\n", ("old@x",)),
        (b"", ()),
    ],
)
def test_what_a_mail_was_called_before_a_provider_gave_it_another_id(header: bytes, expected: tuple[str, ...]) -> None:
    raw = b"From: a@x\nMessage-ID: <new@x>\n" + header + b"\nText\n"
    assert parse(raw, datetime(2026, 1, 1, tzinfo=UTC)).former_ids == expected
