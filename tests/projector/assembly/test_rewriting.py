"""Whose rewriting of From is undone."""

from datetime import UTC, datetime

import msgspec
import pytest

from ingest.message import parse
from projector.assembly.keys import keys_of
from projector.assembly.redaction import without_words
from projector.assembly.rewriting import as_sent, as_sent_by_key
from tests.projector.fold.world import PROJECT

AT = datetime(2026, 3, 2, tzinfo=UTC)
OTHERS = msgspec.structs.replace(PROJECT, rewriters=("@relay.example.net", "one@web.example"))


@pytest.mark.parametrize(
    ("sender", "undone"),
    [
        pytest.param("Ada via demo <demo@example.org>", True, id="the list"),
        pytest.param(
            "Ada via demo <post@demo.example.org>", True, id="an address in the domain that the list is called by"
        ),
        pytest.param("Ada via demo <demo@other.example>", False, id="somebody's list"),
        pytest.param("Ada via X <devnull+ada@relay.example.net>", True, id="a domain of the settings"),
        pytest.param("Ada via X <one@web.example>", True, id="an address of the settings"),
        pytest.param("Ada via X <two@web.example>", False, id="another address"),
        pytest.param("Ada <ada@example.org>", False, id="nobody rewrote it"),
    ],
)
def test_only_what_a_project_knows_is_undone(sender: str, undone: bool) -> None:
    raw = f"From: {sender}\nReply-To: Ada <ada@real.example>\nSubject: [PATCH] x\nMessage-ID: <a@b>\n\nText.\n"
    parsed = parse(raw.encode(), AT)
    seen = as_sent(parsed, OTHERS)
    assert (seen.author.email == "ada@real.example") == undone
    wordless, keys = without_words(parsed)
    assert (wordless.author.email, wordless.rewritten) == ("", None)
    expected = keys_of(seen, "x")
    assert msgspec.structs.replace(as_sent_by_key(keys, OTHERS), sender=()) == expected, "a stub is seen alike"


def test_the_claim_of_a_mail_alone_undoes_nothing() -> None:
    """Its own List-Post names an address as a list's."""
    raw = b"From: eve@evil.example\nList-Post: <mailto:eve@evil.example>\nX-Original-From: ada@example.org\n\n"
    parsed = parse(raw, AT)
    assert parsed.author.email == "ada@example.org"
    assert as_sent(parsed, PROJECT).author.email == "eve@evil.example"
