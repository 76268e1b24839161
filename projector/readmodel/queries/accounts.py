"""Users and tokens: who comes with a name or a secret, and lists of them."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from projector.readmodel.queries.listing import time_of
from projector.readmodel.rows import Row
from projector.readmodel.tables import account, token
from projector.rights import Actor, Token, User


class KnownUser(msgspec.Struct, frozen=True):
    """A user, and what the password is checked against; "" where there is none."""

    user: User
    password_hash: str


class ListedUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user as the command line shows one."""

    id: int
    name: str
    emails: tuple[str, ...]
    maintainer_of: tuple[str, ...]
    active: bool
    has_password: bool


class ListedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token as the command line shows one. Times are naive UTC."""

    id: int
    name: str
    user: str
    projects: tuple[str, ...]
    tests: tuple[str, ...]
    expires: datetime | None
    revoked: datetime | None
    reason: str


def find_user(connection: Connection, name: str) -> KnownUser | None:
    """The user of this name, with the hash of the password."""
    row = connection.execute(_BY_NAME, {"name": name}).first()
    return KnownUser(_user(row), row.password_hash) if row is not None else None


def find_token(connection: Connection, digest: bytes) -> Actor | None:
    """Whose token has a secret of this digest, however good it is by now."""
    row = connection.execute(_BY_DIGEST, {"digest": digest}).mappings().first()
    if row is None:
        return None
    user = connection.execute(_BY_ID, {"id": row["user_id"]}).one()
    projects, tests = _texts(row["projects"]), _texts(row["tests"])
    revoked = row["revoked_us"] is not None
    found = Token(row["id"], row["user_id"], row["name"], projects, tests, row["expires_us"], revoked)
    return Actor(_user(user), found)


def has_user(connection: Connection, id: int) -> bool:
    """Whether there is a user with this id."""
    return connection.execute(_BY_ID, {"id": id}).first() is not None


def listed_user(row: Row) -> ListedUser:
    """Make what is shown of a row of table account."""
    return ListedUser(
        id=row["id"],
        name=row["name"],
        emails=_texts(row["emails"]),
        maintainer_of=_texts(row["maintainer_of"]),
        active=row["active"],
        has_password=bool(row["password_hash"]),
    )


def listed_token(row: Row, user: str) -> ListedToken:
    """Make what is shown of a row of table token."""
    return ListedToken(
        id=row["id"],
        name=row["name"],
        user=user,
        projects=_texts(row["projects"]),
        tests=_texts(row["tests"]),
        expires=_time(row["expires_us"]),
        revoked=_time(row["revoked_us"]),
        reason=row["reason"],
    )


def _user(row: Any) -> User:
    return User(row.id, row.name, _texts(row.emails), _texts(row.maintainer_of), row.active)


def _texts(stored: str) -> tuple[str, ...]:
    return msgspec.json.decode(stored, type=tuple[str, ...])


def _time(time_us: Any) -> datetime | None:
    return time_of(time_us) if time_us is not None else None


_BY_NAME = select(account).where(account.c.name == bindparam("name"))
_BY_ID = select(account).where(account.c.id == bindparam("id"))
_BY_DIGEST = select(token).where(token.c.digest == bindparam("digest")).order_by(token.c.id).limit(1)
