"""Who sent a mail that a list sent on under its own address."""

import pytest

from ingest.message.author import read_author
from schemas.mail import Mailbox

JANE = Mailbox("Jane Doe", "jane@example.org")
LIST = b"list@lists.example.com"


def author(values: dict[str, bytes], in_body: str = "", wrapped_from: bytes = b"") -> Mailbox:
    fields = {name.encode(): [value] for name, value in values.items()}
    return read_author(fields, ("list.lists.example.com",), in_body, wrapped_from)


def test_an_author_who_wrote_himself_is_taken_as_he_is() -> None:
    fields = {b"from": [b"Jane Doe <jane@example.org>"], b"reply-to": [b"Other <other@example.org>"]}
    assert read_author(fields, (), "X <x@example.org>", b"") == JANE


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"x-original-from": b"Jane Doe <jane@example.org>"}, JANE, id="X-Original-From"),
        pytest.param({"reply-to": b"Jane Doe <jane@example.org>"}, JANE, id="Reply-To"),
        pytest.param({"x-original-sender": b"jane@example.org"}, JANE, id="X-Original-Sender alone"),
        pytest.param({"x-original-sender": LIST}, Mailbox("Jane Doe via list", LIST.decode()), id="the list sent it"),
        pytest.param(
            {"x-original-sender": b"bounces@example.net", "reply-to": b"Jane Doe <jane@example.org>"},
            JANE,
            id="who is named goes before X-Original-Sender",
        ),
        pytest.param(
            {"reply-to": b"The list <" + LIST + b">", "cc": b"X <x@example.org>, Jane Doe <jane@example.org>"},
            JANE,
            id="Cc by name",
        ),
        pytest.param({"reply-to": b"jane@example.org"}, JANE, id="nameless Reply-To"),
        pytest.param(
            {"reply-to": b"a@example.org, b@example.org"},
            Mailbox("Jane Doe via list", LIST.decode()),
            id="two in Reply-To",
        ),
        pytest.param(
            {"reply-to": b"Other <other@example.org>"},
            Mailbox("Jane Doe via list", LIST.decode()),
            id="another name in Reply-To",
        ),
        pytest.param({"reply-to": LIST}, Mailbox("Jane Doe via list", LIST.decode()), id="the list in Reply-To"),
        pytest.param(
            {"cc": b"jane d <x@example.org>", "list-post": b"<mailto:x@example.org>"},
            Mailbox("Jane Doe via list", LIST.decode()),
            id="nobody",
        ),
    ],
)
def test_via(values: dict[str, bytes], expected: Mailbox) -> None:
    assert author({"from": b"Jane Doe via list <" + LIST + b">", **values}) == expected


def test_a_list_with_nothing_behind_via() -> None:
    assert author({"from": b"Jane Doe via <" + LIST + b">", "reply-to": b"jane@example.org"}) == JANE


def test_quotes_around_the_name_before_via() -> None:
    assert author({"from": b"\"'Jane Doe' via list\" <" + LIST + b">", "reply-to": b"jane@example.org"}) == JANE


def test_a_relay_that_is_no_list() -> None:
    values = {
        "from": b"Jane Doe via Relay <devnull+jane@example.com>",
        "x-original-from": b"Jane Doe <jane@example.org>",
    }
    assert author(values) == JANE


def test_a_nameless_mailbox_whose_local_part_is_the_name() -> None:
    values = {"from": b'"jane--- via list" <' + LIST + b">", "cc": b"x@example.org, jane@example.org"}
    assert author(values) == Mailbox("jane---", "jane@example.org")


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"list-post": b"<mailto:list@lists.example.com>"}, id="List-Post"),
        pytest.param({}, id="List-Id"),
    ],
)
def test_the_lists_own_address_without_via(values: dict[str, bytes]) -> None:
    fields = {"from": b"Jane Doe <" + LIST + b">", "reply-to": b"Jane Doe <jane@example.org>"}
    assert author({**fields, **values}) == JANE


def test_a_posting_address_that_is_not_spelled_like_the_list_id() -> None:
    values = {"from": b"Jane Doe <all@example.com>", "reply-to": b"Jane Doe <jane@example.org>"}
    assert author(values).email == "all@example.com"
    assert author({**values, "list-post": b"<mailto:All@example.com>"}) == JANE


def test_the_from_at_the_start_of_the_text() -> None:
    values = {"from": b"Jane Doe via list <" + LIST + b">"}
    assert author(values, in_body="Jane Q. Doe <jane@example.org>") == Mailbox("Jane Q. Doe", "jane@example.org")


def test_the_from_of_the_wrapped_mail() -> None:
    values = {"from": b"Jane Doe via list <" + LIST + b">"}
    assert author(values, wrapped_from=b"Jane Doe <jane@example.org>") == JANE
    assert author(values, in_body="nobody", wrapped_from=b"<" + LIST + b">").email == LIST.decode()


def test_an_address_spelled_into_the_lists_own() -> None:
    assert author({"from": b"Jane Doe via lists.example.com <jane=example.org@lists.example.com>"}) == JANE
    assert author({"from": b"Jane Doe via x <jane=nodots@lists.example.com>"}).email == "jane=nodots@lists.example.com"


def test_no_from_at_all() -> None:
    assert author({}) == Mailbox("", "")


@pytest.mark.parametrize(
    "name", [b"'Jane Doe' via list", b"\"'Jane Doe' via list\"", b"Jane Doe via The List", b"'Jane Doe' VIA list"]
)
def test_a_name_via_a_list_is_the_author_s(name: bytes) -> None:
    assert author({"from": name + b" <" + LIST + b">", "x-original-sender": b"jane@example.org"}) == JANE
