"""Reads who a request says it comes from (RFC 9110 section 11.6.2): a name with a password, or a secret."""

import base64
import binascii
from typing import NamedTuple


class Credentials(NamedTuple):
    """A user's name with a password, or, where name is None, the secret of a token."""

    name: str | None
    secret: str


class Unreadable(ValueError):
    """The field says nothing that we understand; the message is a sentence for the client."""


def read_credentials(field: str | None) -> Credentials | None:
    """Read the Authorization field: `Basic` (RFC 7617), or `Bearer` or `Token` with a token's secret.

    None where there is no field. Raises Unreadable.
    """
    if field is None:
        return None
    scheme, _, rest = field.strip().partition(" ")
    match scheme.lower(), rest.strip():
        case "basic", encoded:
            return _read_basic(encoded)
        case (("bearer" | "token"), secret) if secret and " " not in secret:
            return Credentials(None, secret)
        case (("bearer" | "token"), _):
            raise Unreadable(f"Expected one token after {scheme}.")
        case _:
            raise Unreadable("Expected Basic, Bearer or Token.")


def _read_basic(encoded: str) -> Credentials:
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise Unreadable("Expected base64 of NAME:PASSWORD in UTF-8 after Basic.") from None
    if not colon or not name:
        raise Unreadable("Expected NAME:PASSWORD after Basic.")
    return Credentials(name, password)
