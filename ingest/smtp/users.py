"""Who may deliver from elsewhere: names with hashes of passwords, in a file of the operator's."""

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ingest.smtp.files import Fresh

CHECKS_AT_ONCE = 2
"""A check of a password takes 64 MiB, and four threads of CPU for a while (argon2-cffi's defaults)."""
FAILURES = "20/5 minutes"
"""So many wrong passwords are borne with from one client; then none is looked at for a while."""


class Users:
    """The users of one file. Nothing of Argon2 is loaded where there is none."""

    def __init__(self, path: Path) -> None:
        """Raises ValueError naming the setting, the line, what was expected and what came."""
        from argon2 import PasswordHasher
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        self.hashes = Fresh([path], lambda: read_users(path))
        self._hasher = PasswordHasher()
        self._nobodys_hash = self._hasher.hash(secrets.token_urlsafe())
        self._turns = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._limit = parse(FAILURES)
        self._failures: Any = MovingWindowRateLimiter(MemoryStorage())

    def is_kept_out(self, client: str) -> bool:
        """Whether a client guessed too often of late."""
        return not self._failures.test(self._limit, client)

    async def is_password(self, client: str, name: bytes, password: bytes) -> bool | None:
        """Whether the password is that of the user; None where the client is kept out by now.

        Nobody's password takes as long to be wrong as somebody's.
        """
        stored = self.hashes.get().get(name.decode(errors="replace"), "")
        async with self._turns:
            if self.is_kept_out(client):  # others of this client were before this one
                return None
            right = await asyncio.get_running_loop().run_in_executor(None, self._verify, stored, password)
        if not right:
            self._failures.hit(self._limit, client)
        return right

    def _verify(self, stored: str, password: bytes) -> bool:
        from argon2.exceptions import Argon2Error

        try:
            self._hasher.verify(stored or self._nobodys_hash, password)
        except Argon2Error:
            return False
        return bool(stored)


def open_users(path: str, *, is_tls: bool) -> Users | None:
    """Read the setting `smtp_users`; None where there is none. The file is read again when it is replaced.

    Raises ValueError, also where STARTTLS is not offered: a password is never asked for in the clear.
    """
    if not path:
        return None
    if not is_tls:
        raise ValueError(f"smtp_users: expected smtp_certificate beside it, came {path!r} alone")
    return Users(Path(path))


def read_users(path: Path) -> Mapping[str, str]:
    """Read lines NAME:HASH, as `patchlog smtp-user` prints them; blank lines and those that begin with # say nothing.

    Raises ValueError naming the setting, the line, what was expected and what came.
    """
    from argon2 import extract_parameters
    from argon2.exceptions import InvalidHashError

    try:
        lines = path.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"smtp_users: expected a file of NAME:HASH lines, came {path} ({error})") from None
    users: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, lines), start=1):
        if not line or line.startswith("#"):
            continue
        name, _, stored = line.partition(":")
        try:
            extract_parameters(stored)
        except InvalidHashError:
            raise ValueError(
                f"smtp_users: {path}:{number}: expected NAME:HASH with an Argon2 hash, came {name!r} and none"
            ) from None
        users[name] = stored
    return users
