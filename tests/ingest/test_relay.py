"""Which machine a mail came from: the client, or, where that is a mail server of this machine, what it wrote."""

import pytest

from ingest.smtp.relay import relay_of

ABOVE = (
    b"Received: from lists.example.org (lists.example.org [192.0.2.7])\r\n\tby here.example (Postfix); Mon, 2 Mar\r\n"
)
BELOW = b"Received: from [198.51.100.9] by lists.example.org\r\nSubject: x\r\n\r\nReceived: from [203.0.113.1] by x\r\n"


@pytest.mark.parametrize(
    ("raw", "client", "relay"),
    [
        pytest.param(ABOVE + BELOW, "203.0.113.5", "203.0.113.5", id="another machine is believed nothing"),
        pytest.param(ABOVE + BELOW, "127.0.0.1", "192.0.2.7", id="by a mail server of this machine"),
        pytest.param(ABOVE + BELOW, "", "192.0.2.7", id="by a Unix socket"),
        pytest.param(b"X: y\r\n" + ABOVE.replace(b"192.0.2.7", b"IPv6:2001:DB8::7"), "::1", "2001:db8::7", id="IPv6"),
        pytest.param(ABOVE.replace(b"\r\n", b"\n") + b"\n", "::1", "192.0.2.7", id="lines that end in LF"),
        pytest.param(b"Received: by here.example with LMTP from [192.0.2.7]\r\n\r\n", "", "", id="from nowhere"),
        pytest.param(b"Subject: x\r\n\r\nReceived: from [203.0.113.1] by x\r\n", "", "", id="in the text"),
        pytest.param(b"", "", "", id="nothing"),
    ],
)
def test_relay(raw: bytes, client: str, relay: str) -> None:
    assert relay_of(raw, client) == relay
