"""Who may deliver, and to whom."""

from dataclasses import dataclass

from schemas.networks import Networks, is_inside, read_networks


@dataclass(frozen=True, slots=True)
class Access:
    """Networks that may connect; recipients (lower case, `name@domain` or `@domain`) that are ours, none for any.

    proxies: networks whose connections begin by saying for whom they are.
    """

    clients: Networks
    recipients: frozenset[str]
    proxies: Networks = ()

    def allows_client(self, host: str) -> bool:
        """Whether a client may deliver. host is an IP address; an IPv4 address in IPv6 clothes counts as what it is.

        "" is a Unix socket, where the file's permissions have decided.
        """
        return not host or is_inside(host, self.clients)

    def is_proxy(self, host: str) -> bool:
        """Whether a connection from here must begin with a PROXY header."""
        return bool(host and self.proxies) and is_inside(host, self.proxies)

    def knows_recipient(self, address: str) -> bool:
        """Whether mail for an address is taken; letter case does not count."""
        if not self.recipients:
            return True
        address = address.lower()
        return address in self.recipients or address[address.rfind("@") :] in self.recipients


def read_access(clients: str, recipients: str, proxies: str = "") -> Access:
    """Read the settings `smtp_clients`, `smtp_recipients` and `smtp_proxies`, all comma-separated.

    Raises ValueError naming the setting, what was expected and what came.
    """
    return Access(
        read_networks("smtp_clients", clients),
        frozenset(_recipient(text.lower()) for text in _split(recipients)),
        read_networks("smtp_proxies", proxies),
    )


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _recipient(text: str) -> str:
    if text.count("@") != 1 or text.endswith("@"):
        raise ValueError(f"smtp_recipients: expected NAME@DOMAIN or @DOMAIN, came {text!r}")
    return text
