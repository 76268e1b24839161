"""Networks as settings name them."""

import pytest

from schemas.networks import is_inside, read_networks, site_of


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("192.0.2.7", True, id="inside"),
        pytest.param("192.0.3.7", False, id="outside"),
        pytest.param("2001:db8::7%eth0", True, id="with its interface"),
        pytest.param("::ffff:192.0.2.7", True, id="IPv4 in IPv6 clothes"),
        pytest.param("", False, id="no address"),
    ],
)
def test_an_address_is_inside_or_not(host: str, expected: bool) -> None:
    assert is_inside(host, read_networks("x", "192.0.2.0/24, 2001:db8::/32,")) is expected


def test_what_is_no_network_is_named_with_its_setting() -> None:
    with pytest.raises(ValueError, match=r"metrics_clients: expected networks such as 192.0.2.0/24, came 'all'"):
        read_networks("metrics_clients", "127.0.0.0/8,all")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("192.0.2.7", "192.0.2.7", id="an IPv4 address"),
        pytest.param("2001:db8:0:1::7", "2001:db8:0:1::/64", id="an IPv6 address counts as its network"),
        pytest.param("fe80::7%eth0", "fe80::/64", id="with its interface"),
        pytest.param("::ffff:192.0.2.7", "192.0.2.7", id="IPv4 in IPv6 clothes"),
        pytest.param("a socket", "a socket", id="no address"),
    ],
)
def test_a_client_is_counted_as_its_site(host: str, expected: str) -> None:
    assert site_of(host) == expected
