"""Those who may change something in a running `patchlog up`: put on its log, and waited for."""

import json
from hashlib import sha256
from typing import Any

from argon2 import PasswordHasher

from ingest.log import open_log
from schemas.accounts import TokenIssued, UserAdded
from schemas.fact import Fact
from tests.databases import log_of
from tests.e2e.running import Running, eventually, patchlog

_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def add_user(up: Running, name: str, password: str, **fields: Any) -> int:
    """Add a user with a password, and give the user's id; fields as of UserAdded."""
    return _append(up, UserAdded(name=name, password_hash=_QUICK.hash(password), **fields))


def issue_token(up: Running, user: int, secret: str, **scope: Any) -> int:
    """Issue a token with this secret to a user; scope as of TokenIssued."""
    return _append(up, TokenIssued(user=user, name="ci", digest=sha256(secret.encode()).digest(), **scope))


def caught_up(up: Running) -> Any:
    """What `patchlog status` says where the projector has read everything; None where it has not."""
    status = json.loads(patchlog("status", "--json", data=up.data).stdout)
    return status if status["lag"] == 0 else None


def _append(up: Running, fact: Fact) -> int:
    log = open_log(log_of(up.data))
    try:
        (id,) = log.append([fact])
    finally:
        log.close()
    eventually(lambda: caught_up(up))
    return id
