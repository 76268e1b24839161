"""The users and their tokens, as the log has them by now."""

from collections.abc import Iterable

import msgspec

from projector.assembly.keys import key
from projector.fold.moment import Moment, microseconds
from projector.outcomes import CONFLICT, DONE, TARGET_GONE, UNAUTHORIZED, UNCHANGED, Outcome, Refused
from projector.readmodel import tables as t
from projector.readmodel.rows import Row
from projector.readmodel.working import WorkingSet
from projector.rights import Actor, Token, User, refuse_entry
from schemas.accounts import TokenIssued, TokenRevoked, UserAdded, UserChanged
from schemas.fact import Request


class Accounts:
    """All users and tokens, in memory. There are few, and every request asks."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working
        self._rows: dict[int, Row] = {}
        self._users: dict[int, User] = {}
        self._keys: dict[int, frozenset[bytes]] = {}
        self._tokens: dict[int, Row] = {}

    def load(self) -> None:
        """Read the accounts of the generation."""
        self._rows = {row["id"]: row for row in self._working.load_all(t.account)}
        self._users = {id: _user(row) for id, row in self._rows.items()}
        self._keys = {id: _keys(user) for id, user in self._users.items()}
        self._tokens = {row["id"]: row for row in self._working.load_all(t.token)}

    def add(self, id: int, fact: UserAdded) -> Outcome:
        taken = self.named(fact.name)
        if taken is not None:
            return Outcome(CONFLICT, f"There is a user {fact.name} already (record {taken.id}).")
        self._keep(
            {
                "id": id,
                "name": fact.name,
                "emails": _json(fact.emails),
                "password_hash": fact.password_hash,
                "maintainer_of": _json(sorted(set(fact.maintainer_of))),
                "active": True,
            }
        )
        return Outcome(DONE)

    def change(self, fact: UserChanged) -> Outcome:
        user = self.named(fact.name)
        if user is None:
            return Outcome(TARGET_GONE, f"There is no user {fact.name}.")
        row = dict(self._rows[user.id])
        if fact.emails is not msgspec.UNSET:
            row["emails"] = _json(fact.emails)
        if fact.maintainer_of is not msgspec.UNSET:
            row["maintainer_of"] = _json(sorted(set(fact.maintainer_of)))
        if fact.password_hash is not msgspec.UNSET:
            row["password_hash"] = fact.password_hash
        if fact.active is not msgspec.UNSET:
            row["active"] = fact.active
        if row == self._rows[user.id]:
            return Outcome(UNCHANGED)
        self._keep(row)
        return Outcome(DONE)

    def issue(self, id: int, fact: TokenIssued) -> Outcome:
        if fact.user not in self._users:
            return Outcome(TARGET_GONE, f"There is no user of record {fact.user}.")
        self._keep_token(
            {
                "id": id,
                "user_id": fact.user,
                "name": fact.name,
                "digest": fact.digest,
                "projects": _json(fact.projects),
                "tests": _json(fact.tests),
                "expires_us": microseconds(fact.expires_at) if fact.expires_at is not None else None,
                "revoked_us": None,
                "reason": "",
            }
        )
        return Outcome(DONE)

    def revoke(self, fact: TokenRevoked, moment: Moment) -> Outcome:
        row = self._tokens.get(fact.token)
        if row is None:
            return Outcome(TARGET_GONE, f"There is no token of record {fact.token}.")
        if row["revoked_us"] is not None:
            return Outcome(UNCHANGED, "It was revoked before.")
        self._keep_token({**row, "revoked_us": moment.time_us, "reason": fact.reason})
        return Outcome(DONE)

    def actor(self, request: Request, moment: Moment) -> Actor:
        """Who asks. Raises Refused for who is nobody by now."""
        user = self._users.get(request.user)
        row = self._tokens.get(request.token) if request.token is not None else None
        if user is None or (request.token is not None and (row is None or row["user_id"] != user.id)):
            raise Refused(UNAUTHORIZED, "There is no such user or token.")
        actor = Actor(user, token_of(row) if row is not None else None)
        refusal = refuse_entry(actor, moment.time_us)
        if refusal is not None:
            raise Refused(UNAUTHORIZED, refusal)
        return actor

    def user(self, id: int) -> User | None:
        """The user with this id."""
        return self._users.get(id)

    def find(self, wanted: bytes) -> User | None:
        """The user who has the address or the name of this key, in any case: the first who had it."""
        ids = sorted(self._users) if wanted else ()
        return next((self._users[id] for id in ids if wanted in self._keys[id]), None)

    def with_address(self, author: bytes) -> User | None:
        """The user who has the address of this key: the first who had it."""
        users = (self._users[id] for id in sorted(self._users))
        return next((user for user in users if author in (key(email.lower()) for email in user.emails)), None)

    def maintains(self, author: bytes, linkname: str) -> bool:
        """Whether an address, by its key, is that of a maintainer of a project."""
        return any(
            user.active and linkname in user.maintainer_of and author in map(key, user.emails)
            for user in self._users.values()
        )

    def users(self) -> list[Row]:
        """The rows of all users, by name."""
        return sorted(self._rows.values(), key=lambda row: str(row["name"]))

    def tokens(self) -> list[Row]:
        """The rows of all tokens, the oldest first."""
        return [self._tokens[id] for id in sorted(self._tokens)]

    def named(self, name: str) -> User | None:
        """The user of exactly this name."""
        return next((user for user in self._users.values() if user.name == name), None)

    def _keep(self, row: Row) -> None:
        self._rows[row["id"]] = row
        user = self._users[row["id"]] = _user(row)
        self._keys[user.id] = _keys(user)
        self._working.add(t.account, row)

    def _keep_token(self, row: Row) -> None:
        self._tokens[row["id"]] = row
        self._working.add(t.token, row)


def _user(row: Row) -> User:
    emails, linknames = _texts(row["emails"]), _texts(row["maintainer_of"])
    return User(row["id"], row["name"], emails, linknames, row["active"])


def _keys(user: User) -> frozenset[bytes]:
    return frozenset(map(key, (*user.emails, user.name.lower())))


def token_of(row: Row) -> Token:
    """A row of table token as the rules see it."""
    projects, tests, revoked = _texts(row["projects"]), _texts(row["tests"]), row["revoked_us"] is not None
    return Token(row["id"], row["user_id"], row["name"], projects, tests, row["expires_us"], revoked)


def _texts(stored: str) -> tuple[str, ...]:
    return msgspec.json.decode(stored, type=tuple[str, ...])


def _json(texts: Iterable[str]) -> str:
    return msgspec.json.encode(list(texts)).decode()
