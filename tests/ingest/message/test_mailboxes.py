"""Names and addresses as people and mailers write them."""

import pytest

from ingest.message.mailboxes import read_mailbox, read_mailboxes
from schemas.mail import Mailbox


@pytest.mark.parametrize(
    ("text", "name", "email"),
    [
        pytest.param("Jane Doe <Jane@Example.org>", "Jane Doe", "jane@example.org", id="usual"),
        pytest.param("Jäne Doe <jane@example.org>", "Jäne Doe", "jane@example.org", id="beyond ASCII"),
        pytest.param('"Doe, Jane" <jane@example.org>', "Doe, Jane", "jane@example.org", id="quoted"),
        pytest.param("jane@example.org", "", "jane@example.org", id="bare"),
        pytest.param("<jane@example.org>", "", "jane@example.org", id="brackets alone"),
        pytest.param("jane@example.org (Jane Doe)", "Jane Doe", "jane@example.org", id="name in a comment"),
        pytest.param("=?utf-8?q?J=C3=A4ne=2C_Doe?= <jane@example.org>", "Jäne, Doe", "jane@example.org", id="encoded"),
        pytest.param(
            '"=?utf-8?q?J=C3=A4ne?= Doe" <j@example.org>', "Jäne Doe", "j@example.org", id="encoded in quotes"
        ),
        pytest.param("Doe, Jane <jane@example.org>", "Doe, Jane", "jane@example.org", id="comma without quotes"),
        pytest.param('"Jane \\(US\\) Doe" <jane@example.org>', "Jane (US) Doe", "jane@example.org", id="escapes"),
        pytest.param('"Jane \\"J\\" Doe" <jane@example.org>', "Jane 'J' Doe", "jane@example.org", id="escaped quotes"),
        pytest.param("\"'Jane Doe'\" <jane@example.org>", "Jane Doe", "jane@example.org", id="quotes in quotes"),
        pytest.param("'Jane Doe' <jane@example.org>", "Jane Doe", "jane@example.org", id="single quotes"),
        pytest.param("jane at example.org (Jane Doe)", "Jane Doe", "jane@example.org", id="an archive's spelling"),
        pytest.param("a@example.org, b@example.org", "", "a@example.org", id="two: the first"),
        pytest.param("Nobody <>, Jane <jane@example.org>", "Jane", "jane@example.org", id="the first with an address"),
        pytest.param("jane@example.org>", "", "jane@example.org", id="bracket not opened"),
        pytest.param("Jane <jane@example.org", "Jane", "jane@example.org", id="bracket not closed"),
        pytest.param("Jane <jane@ example.org>", "Jane", "jane@example.org", id="space inside"),
        pytest.param('"Jane <jane@example.org>', "Jane", "jane@example.org", id="quote not closed"),
        pytest.param("Jane <3 Doe <jane@example.org>", "Jane <3 Doe", "jane@example.org", id="bracket in a name"),
        pytest.param(f"J <{'j' * 2000}@x>", "J", "j" * 998, id="longer than a line"),
        pytest.param("Jane", "Jane", "", id="a name alone"),
        pytest.param("", "", "", id="empty"),
        pytest.param(",,", "", "", id="commas"),
    ],
)
def test_read_mailbox(text: str, name: str, email: str) -> None:
    assert read_mailbox(text) == Mailbox(name, email)


def test_read_mailboxes_in_their_order() -> None:
    text = '"Doe, J" <j@example.org>, b@example.org, C\u00e9 <c@example.org>, undisclosed'
    assert read_mailboxes(text) == [
        Mailbox("Doe, J", "j@example.org"),
        Mailbox("", "b@example.org"),
        Mailbox("C\u00e9", "c@example.org"),
        Mailbox("undisclosed", ""),
    ]


def test_a_comma_at_the_end_begins_no_mailbox() -> None:
    assert read_mailboxes("jane@example.org, ") == [Mailbox("", "jane@example.org")]


def test_two_hundred_mailboxes_are_read() -> None:
    assert len(read_mailboxes("a@example.org," * 300)) == 200
