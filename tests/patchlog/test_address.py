"""HOST:PORT, read and claimed."""

import socket

import pytest

from patchlog.address import Address, claim, parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("127.0.0.1:8025", Address("127.0.0.1", 8025), id="IPv4"),
        pytest.param("[::1]:25", Address("::1", 25), id="IPv6"),
        pytest.param("localhost:0", Address("localhost", 0), id="a name, any port"),
    ],
)
def test_address(text: str, expected: Address) -> None:
    assert parse_address("smtp", text) == expected
    assert str(expected) == text


@pytest.mark.parametrize("text", ["", "8025", ":25", "host:", "host:smtp", "host:65536", "host:-1", "host:²"])
def test_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="smtp: expected HOST:PORT"):
        parse_address("smtp", text)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param(Address("0.0.0.0", 25), Address("127.0.0.1", 25), id="any IPv4"),
        pytest.param(Address("::", 25), Address("::1", 25), id="any IPv6"),
        pytest.param(Address("192.0.2.1", 25), Address("192.0.2.1", 25), id="one"),
    ],
)
def test_where_a_client_finds_it(address: Address, expected: Address) -> None:
    assert address.reachable() == expected


def test_port_0_becomes_a_free_port() -> None:
    address = claim("SMTP", Address("127.0.0.1", 0))
    assert address.port > 0
    assert claim("SMTP", address) == address


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(Address("192.0.2.1", 8025), id="not an address of this machine"),
        pytest.param(Address("no.such.host.invalid", 8025), id="no such name"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused(address: Address) -> None:
    with pytest.raises(ValueError, match=r"cannot listen on .* for SMTP: "):
        claim("SMTP", address)


def test_a_taken_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = Address("127.0.0.1", other.getsockname()[1])
        with pytest.raises(ValueError, match="another program listens there already"):
            claim("HTTP", taken)
