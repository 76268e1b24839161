"""The PROXY protocol: a proxy says for whom it connects, and nobody else may."""

from collections.abc import Callable

import pytest

from patchlog.address import Address
from patchlog.ready import probe
from schemas.networks import read_networks
from tests.ingest.smtp.dialogue import Server

StartServer = Callable[..., Server]
PROXY = "127.0.0.2"
VERSION_2 = b"\r\n\r\n\x00\r\nQUIT\n"


def v2(command: int, host: bytes) -> bytes:
    """Version 2 of the header: TCP over IPv4, from a host to 127.0.0.1."""
    return VERSION_2 + bytes([0x20 | command, 0x11, 0, 12]) + host + bytes([127, 0, 0, 1, 0, 99, 0, 25])


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        pytest.param(b"PROXY TCP4 192.0.2.7 127.0.0.1 4000 25\r\n", "220", id="a client that is allowed"),
        pytest.param(b"PROXY TCP4 198.51.100.7 127.0.0.1 4000 25\r\n", "554", id="a client that is not"),
        pytest.param(b"PROXY TCP6 2001:db8::7 ::1 4000 25\r\n", "220", id="IPv6"),
        pytest.param(b"PROXY UNKNOWN\r\n", "554", id="the proxy itself, which is no client"),
        pytest.param(v2(1, bytes([192, 0, 2, 7])), "220", id="version 2"),
        pytest.param(v2(1, bytes([198, 51, 100, 7])), "554", id="version 2, a client that is not"),
        pytest.param(v2(0, bytes([192, 0, 2, 7])), "554", id="version 2, the proxy itself"),
        pytest.param(b"EHLO client.example.org\r\n", "", id="no header"),
        pytest.param(b"PROXY TCP4 192.0.2.7 x 4000 25\r\n", "", id="a header that is none"),
    ],
)
def test_the_header_says_who_the_client_is(start: StartServer, header: bytes, answer: str) -> None:
    server = start(clients="192.0.2.0/24,2001:db8::/32", proxies=PROXY)
    client = server.connect(PROXY)
    assert client.say(header)[:3] == answer


def test_what_follows_the_header_is_smtp_and_sessions_are_counted_by_client(start: StartServer) -> None:
    server = start(clients="192.0.2.0/24", proxies=PROXY, client_sessions_max=1)
    one, two = b"PROXY TCP4 192.0.2.1 127.0.0.1 4000 25\r\n", b"PROXY TCP4 192.0.2.2 127.0.0.1 4000 25\r\n"
    client = server.connect(PROXY)
    client.socket.sendall(one)
    assert client.greet().send(b"x\r\n").startswith("250 ")
    assert server.connect(PROXY).say(one).startswith("421 4.7.0 ")
    assert server.connect(PROXY).say(two).startswith("220 ")


def test_a_client_that_is_no_proxy_speaks_for_nobody(start: StartServer) -> None:
    server = start(clients="192.0.2.0/24,127.0.0.1", proxies=PROXY)
    client = server.connect()
    assert client.hear().startswith("220 ")
    assert client.say(b"PROXY TCP4 192.0.2.7 127.0.0.1 4000 25\r\n").startswith("500 ")
    assert server.connect("127.0.0.3").hear().startswith("554 ")


def test_a_proxy_that_says_nothing_is_not_waited_for(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.smtp.session.PROXY_SECONDS", 0.2)
    silent = start(proxies=PROXY).connect(PROXY)
    assert (silent.hear()[:3], silent.hear()) == ("421", "")


def test_the_supervisors_knock_is_answered_where_it_counts_as_a_proxy(start: StartServer) -> None:
    """A receiver does not greet a proxy before it has said for whom it comes."""
    server = start(proxies="127.0.0.0/8")
    address, nowhere = Address("127.0.0.1", server.port), Address("127.0.0.1", 1)
    assert probe(address, nowhere, read_networks("smtp_proxies", "127.0.0.0/8")).smtp == ""
