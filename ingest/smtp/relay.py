"""Which machine handed a mail on to this one: what a project can hold its list's mail to."""

import re

from schemas.networks import is_inside, read_networks

HEAD_BYTES = 8192
"""So much of a mail is looked through for its topmost Received field."""

_HERE = read_networks("here", "127.0.0.0/8,::1/128")
_RECEIVED = re.compile(rb"(?:\A|\n)received:((?:[^\n]|\n[ \t])*)", re.IGNORECASE)
_ADDRESS = re.compile(rb"\[(?:IPv6:)?([0-9a-f.:]{2,45})\]", re.IGNORECASE)


def relay_of(raw: bytes, client: str) -> str:
    """Give the IP address of the machine that a mail came from; "" where nobody can tell.

    client: the address that handed it over, "" for a Unix socket. A mail server of this machine says in the topmost
    Received field from where it has it (RFC 5321 section 4.4); what another machine says there is not asked.
    """
    if client and not is_inside(client, _HERE):
        return client
    field = _RECEIVED.search(raw[:HEAD_BYTES])
    header_end = re.search(rb"\r?\n\r?\n", raw[:HEAD_BYTES])
    if field is None or (header_end is not None and header_end.start() < field.start()):
        return ""
    origin = re.split(rb"\sby\s", field[1], maxsplit=1, flags=re.IGNORECASE)[0]
    address = _ADDRESS.search(origin)
    return address[1].decode().lower() if address is not None else ""
