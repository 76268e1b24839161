"""Who is here, and what each holds: sessions and bytes of mail, counted by client, so that none starves the rest."""

from collections import Counter

from ingest.smtp.limits import Limits
from schemas.networks import site_of

UNIX = "unix socket"
"""What all that comes by a Unix socket is counted as."""


def client_of(host: str) -> str:
    """What a connection is counted as. host is an IP address; "" for a Unix socket."""
    return site_of(host) if host else UNIX


class Crowd:
    """All clients of one receiver. For one thread."""

    def __init__(self, limits: Limits) -> None:
        self.held_bytes = 0
        """What is kept free for the mails that are being received, beyond the READ_BYTES that every session has."""
        self.arrived_bytes = 0
        """How much of that has come."""
        self._limits = limits
        self._sessions: Counter[str] = Counter()
        self._sessions_all = 0
        self._bytes: Counter[str] = Counter()

    def enter(self, client: str) -> str | None:
        """Count one more session; or the answer to a client that has to come again later."""
        if self._sessions_all >= self._limits.sessions_max:
            return "421 4.3.2 Too many sessions, try again later"
        if self._sessions[client] >= self._limits.client_sessions_max:
            return "421 4.7.0 Too many sessions of yours, try again later"
        self._sessions[client] += 1
        self._sessions_all += 1
        return None

    def leave(self, client: str) -> None:
        self._sessions_all -= 1
        self._sessions[client] -= 1
        if not self._sessions[client]:
            del self._sessions[client]

    def has_room(self, client: str, size_bytes: int) -> bool:
        """Whether a client may hold so much more."""
        if self.held_bytes + size_bytes > self._limits.memory_bytes:
            return False
        return self._bytes[client] + size_bytes <= self._limits.client_memory_bytes

    def take(self, client: str, size_bytes: int) -> None:
        """Count bytes that a client holds, or with a negative number, holds no more."""
        self.held_bytes += size_bytes
        self._bytes[client] += size_bytes
        if not self._bytes[client]:
            del self._bytes[client]


class Hold:
    """What is kept free for one mail, beyond READ_BYTES, while it comes and is recorded; `with` lets go of it.

    It is kept free all at once: would mails take block after block, many of them at the same time would all be stopped
    in the middle, again and again.
    """

    def __init__(self, crowd: Crowd, client: str, expected_bytes: int, most_bytes: int) -> None:
        """expected_bytes: the size that the client announced, 0 if it did not. most_bytes: what any mail may take."""
        self._crowd = crowd
        self._client = client
        self._steps_bytes = (expected_bytes, most_bytes)
        self._arrived_bytes = 0
        self._free_bytes = 0

    def __enter__(self) -> "Hold":
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()

    def grow(self, size_bytes: int) -> bool:
        """Keep so much more; False where there is no room for a mail that is as large as this one may become."""
        arrived = self._arrived_bytes + size_bytes
        if arrived > self._free_bytes:
            wanted = next((step for step in self._steps_bytes if arrived <= step), arrived)
            if not self._crowd.has_room(self._client, wanted - self._free_bytes):
                return False
            self._crowd.take(self._client, wanted - self._free_bytes)
            self._free_bytes = wanted
        self._arrived_bytes = arrived
        self._crowd.arrived_bytes += size_bytes
        return True

    def let_go(self) -> None:
        """Keep nothing any more."""
        if self._free_bytes:
            self._crowd.take(self._client, -self._free_bytes)
            self._crowd.arrived_bytes -= self._arrived_bytes
            self._free_bytes = self._arrived_bytes = 0
