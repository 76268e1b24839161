"""Who may deliver, and to whom."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


@dataclass(frozen=True, slots=True)
class Access:
    """Networks that may connect; recipients (lower case, `name@domain` or `@domain`) that are ours, none for any."""

    clients: tuple[IPv4Network | IPv6Network, ...]
    recipients: frozenset[str]

    def allows_client(self, host: str) -> bool:
        """Whether a client may deliver. host is an IP address; an IPv4 address in IPv6 clothes counts as what it is."""
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.clients)

    def knows_recipient(self, address: str) -> bool:
        """Whether mail for an address is taken; letter case does not count."""
        if not self.recipients:
            return True
        address = address.lower()
        return address in self.recipients or address[address.rfind("@") :] in self.recipients


def read_access(clients: str, recipients: str) -> Access:
    """Read the settings `smtp_clients` and `smtp_recipients`, both comma-separated.

    Raises ValueError naming the setting, what was expected and what came.
    """
    return Access(
        tuple(_network(text) for text in _split(clients)),
        frozenset(_recipient(text.lower()) for text in _split(recipients)),
    )


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(f"smtp_clients: expected networks such as 192.0.2.0/24, came {text!r} ({error})") from None


def _recipient(text: str) -> str:
    if text.count("@") != 1 or text.endswith("@"):
        raise ValueError(f"smtp_recipients: expected NAME@DOMAIN or @DOMAIN, came {text!r}")
    return text
