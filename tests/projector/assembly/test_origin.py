"""Whether a mail came from its list."""

import msgspec
import pytest

from projector.assembly.origin import came_from_list
from projector.assembly.redaction import stub_of
from projector.fold.reading import read
from schemas.records import MailReceived
from tests.projector.fold.mailing import mail


def sent(envelope_sender: str | None, relay: str = "") -> MailReceived:
    return msgspec.structs.replace(mail("[PATCH] x", "a"), envelope_sender=envelope_sender, relay=relay)


@pytest.mark.parametrize(
    ("fact", "patterns", "came"),
    [
        pytest.param(sent("eve@example.net"), (), True, id="no pattern"),
        pytest.param(sent(None), ("@lists.example.org",), True, id="imported"),
        pytest.param(sent("Demo-Bounces+1@Lists.example.org"), ("demo-bounces@lists.example.org",), True, id="sender"),
        pytest.param(sent("eve@example.net"), ("@lists.example.org",), False, id="another sender"),
        pytest.param(sent(""), ("@lists.example.org",), False, id="a bounce"),
        pytest.param(sent("eve@example.net", "192.0.2.7"), ("x@y", "192.0.2.0/28"), True, id="the list's machine"),
        pytest.param(sent("eve@example.net", "192.0.2.99"), ("192.0.2.0/28",), False, id="another machine"),
        pytest.param(sent("eve@example.net", ""), ("192.0.2.0/28",), False, id="no machine known"),
    ],
)
def test_a_mail_comes_from_where_its_list_delivers(fact: MailReceived, patterns: tuple[str, ...], came: bool) -> None:
    assert came_from_list(fact, patterns) == came
    assert came_from_list(stub_of(fact, read(fact), bytes(32)), patterns) == came, (
        "a stub comes from where its mail did"
    )
