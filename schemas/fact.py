"""What all records of the log have in common, and who asks for those that were asked for."""

from typing import ClassVar

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a record says; the base of all types below. `type_name` and `version` are what is stored."""

    type_name: ClassVar[str] = ""
    version: ClassVar[int] = 1


class Request(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who asks for a change over HTTP, and on which conditions. The fold decides whether they hold."""

    user: int
    """The record of the user's UserAdded."""
    token: int | None = None
    """The record of the TokenIssued by which the user came; None for a password."""
    if_match: tuple[int, ...] | None = None
    """The versions of the target, one of which it must have (If-Match, RFC 9110 section 13.1.1); None: any."""
    key: str = ""
    """The Idempotency-Key: of the requests of one user with one key only the first has an effect."""
    part: int = 0
    """Which of the facts of one request this is."""
    digest: bytes = b""
    """What the request asked for, in 16 bytes: a key that comes again with another digest is a mistake."""
    traceparent: str = ""
    """Names the request's span (W3C Trace Context), where it is traced. Nothing is made of it but a trace."""
