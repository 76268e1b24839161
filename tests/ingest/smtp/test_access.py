"""Who may deliver, and to whom."""

import pytest

from ingest.smtp.access import read_access


@pytest.mark.parametrize(
    ("clients", "host", "expected"),
    [
        pytest.param("127.0.0.0/8,::1/128", "127.0.0.1", True, id="loopback"),
        pytest.param("127.0.0.0/8,::1/128", "::1", True, id="loopback of IPv6"),
        pytest.param("127.0.0.0/8", "::ffff:127.0.0.1", True, id="IPv4 mapped"),
        pytest.param("fe80::/10", "fe80::1%eth0", True, id="with a zone"),
        pytest.param("127.0.0.0/8", "192.0.2.1", False, id="elsewhere"),
        pytest.param("192.0.2.7", "192.0.2.7", True, id="a single host"),
        pytest.param("", "127.0.0.1", False, id="nobody"),
        pytest.param("0.0.0.0/0", "not an address", False, id="no address"),
    ],
)
def test_clients(clients: str, host: str, expected: bool) -> None:
    assert read_access(clients, "").allows_client(host) is expected


@pytest.mark.parametrize(
    ("recipients", "address", "expected"),
    [
        pytest.param("", "any@example.org", True, id="any"),
        pytest.param("a@example.org", "A@Example.ORG", True, id="address, letter case"),
        pytest.param("a@example.org", "b@example.org", False, id="another address"),
        pytest.param(" @example.org , b@example.com ", "any@example.org", True, id="domain"),
        pytest.param("@example.org", "any@sub.example.org", False, id="not its sub-domains"),
        pytest.param("@example.org", "any@example.org@example.com", False, id="the last @ decides"),
        pytest.param("@example.org", "postmaster", False, id="no domain"),
    ],
)
def test_recipients(recipients: str, address: str, expected: bool) -> None:
    assert read_access("", recipients).knows_recipient(address) is expected


@pytest.mark.parametrize(
    ("clients", "recipients", "message"),
    [
        pytest.param("localhost", "", "smtp_clients: expected networks .* came 'localhost'", id="host name"),
        pytest.param("10.0.0.1/8", "", "smtp_clients: .* host bits", id="host bits"),
        pytest.param(
            "", "example.org", "smtp_recipients: expected NAME@DOMAIN or @DOMAIN, came 'example.org'", id="no @"
        ),
    ],
)
def test_a_bad_setting_is_named(clients: str, recipients: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_access(clients, recipients)
