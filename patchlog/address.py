"""HOST:PORT, as settings write it."""

import errno
import socket
from typing import NamedTuple


class Address(NamedTuple):
    """A place to listen at. str() writes it as settings do, with an IPv6 host in brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def reachable(self) -> "Address":
        """Where a client on this machine finds it: a wildcard host is the loopback's."""
        return Address({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host), self.port)


def parse_address(setting: str, text: str) -> Address:
    """Read HOST:PORT. Raises ValueError that names the setting, what was expected and what came."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isascii() or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"{setting}: expected HOST:PORT, came {text!r}")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def claim(setting: str, address: Address) -> Address:
    """Make sure that an address is free to listen at; port 0 becomes a free port.

    Raises ValueError in one sentence when it is not.
    """
    try:
        with socket.create_server(
            (address.host, address.port), family=socket.AF_INET6 if ":" in address.host else socket.AF_INET
        ) as server:
            return Address(address.host, server.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            reason = "another program listens there already"
        else:
            reason = error.strerror or str(error)
        raise ValueError(f"cannot listen on {address} for {setting}: {reason}") from None
