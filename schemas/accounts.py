"""The records of those who may change something: users, and the tokens by which their programs come."""

from datetime import datetime
from typing import ClassVar

import msgspec

from schemas.fact import Fact


class UserAdded(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who may come with a password or a token. The user's id is this record's. A taken name has no effect."""

    type_name: ClassVar[str] = "user.added"
    name: str
    emails: tuple[str, ...] = ()
    """Lower case: whose mails are this user's own."""
    password_hash: str = ""
    """Argon2 in its usual form ($argon2id$...); "" for a user who comes with tokens alone."""
    maintainer_of: tuple[str, ...] = ()
    """Linknames of projects."""


class UserChanged(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Some fields of a user changed; a field that is UNSET stays. Who is not active can do nothing."""

    type_name: ClassVar[str] = "user.changed"
    name: str
    emails: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    password_hash: str | msgspec.UnsetType = msgspec.UNSET
    maintainer_of: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class TokenIssued(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A secret by which programs come as a user. The token's id is this record's; the secret itself is nowhere."""

    type_name: ClassVar[str] = "token.issued"
    user: int
    name: str
    digest: bytes
    """SHA-256 of the secret, which has 256 random bits."""
    projects: tuple[str, ...] = ()
    """Linknames: it is good for these projects alone; none: for all."""
    tests: tuple[str, ...] = ()
    """Patterns (`*`, `?`, `[...]`): it is good for reporting results of tests of such names, and for nothing else."""
    expires_at: datetime | None = None


class TokenRevoked(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A token is good for nothing any more."""

    type_name: ClassVar[str] = "token.revoked"
    token: int
    reason: str = ""
