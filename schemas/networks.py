"""Networks that a setting names, and whether an address is in one of them."""

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

SITE_BITS = 64
"""What one customer has in IPv6 at least: counting single addresses there would count nothing."""

Networks = tuple[IPv4Network | IPv6Network, ...]
HERE: Networks = (ip_network("127.0.0.1"), ip_network("::1"))
"""Where a proxy on this machine connects from."""
LOOPBACK: Networks = (ip_network("127.0.0.0/8"), ip_network("::1"))
"""Where a machine reaches itself."""


def read_networks(setting: str, text: str) -> Networks:
    """Read networks (CIDR) with commas between. Raises ValueError naming the setting, what was expected, what came."""
    return tuple(_network(setting, part.strip()) for part in text.split(",") if part.strip())


def is_inside(host: str, networks: Networks) -> bool:
    """Whether an IP address is in one of the networks; an IPv4 address in IPv6 clothes counts as what it is.

    What is no IP address is in none.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


def site_of(host: str, bits: int = SITE_BITS) -> str:
    """What a client is counted as: its IP address, or in IPv6 its network of so many bits; what is no address, as it
    is.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, bits), strict=False))


def _network(setting: str, text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"{setting}: expected networks such as 192.0.2.0/24, came {text!r} ({error})") from None
