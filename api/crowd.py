"""Who is connected to one worker, and what answers that are not read yet hold in memory, counted by client."""

import asyncio
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, fields
from typing import Generic, TypeVar

from schemas.networks import HERE, Networks, is_inside, read_networks, site_of
from schemas.settings import Settings

SHARES = ("waits_max", "client_waits_max", "client_query_seconds")
"""Settings of what the app itself shares out: see `api.sharing`."""
Who = TypeVar("Who", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Limits:
    """Each is the setting of the same name (with `http_` before it); `Settings` says what it means."""

    connections_max: int = 500
    client_connections_max: int = 100
    request_seconds: float = 30.0
    answer_seconds: float = 30.0
    memory_bytes: int = 134_217_728
    proxies: Networks = HERE
    """Where proxies connect from, each for all its readers: of these, connections are not counted by client."""


def read_limits(settings: Settings) -> Limits:
    """The limits that the settings say. Raises ValueError naming the setting, what was expected and what came."""
    names = [field.name for field in fields(Limits) if field.name != "proxies"]
    values = {name: getattr(settings, f"http_{name}") for name in names}
    for name in (*names, *SHARES):
        value = getattr(settings, f"http_{name}")
        if not value > 0:
            raise ValueError(f"http_{name}: expected more than 0, came {value}")
    return Limits(**values, proxies=read_networks("http_proxies", settings.http_proxies))


class Crowd(Generic[Who]):
    """All connections of one worker, each standing for itself by any hashable value. For one thread."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.held_bytes = 0
        """What answers hold that wait for their readers."""
        self._clients: dict[Who, str] = {}
        self._connections: Counter[str] = Counter()
        self._held: dict[Who, int] = {}
        """Who waits for its reader first is first."""
        self._held_by: Counter[str] = Counter()
        self._going: set[Who] = set()
        self.room = asyncio.Event()
        """Set unless what holds too much is just being let go: until then no other answer should be made."""
        self.room.set()

    def enter(self, who: Who, host: str) -> str | None:
        """Count one more connection from an IP address; or why it has to come again later."""
        client = site_of(host)
        if len(self._clients) >= self.limits.connections_max:
            return "Too many connections, try again later."
        of_client = self._connections[client]
        if of_client >= self.limits.client_connections_max and not is_inside(host, self.limits.proxies):
            return "Too many connections of yours, try again later."
        self._clients[who] = client
        self._connections[client] += 1
        return None

    def leave(self, who: Who) -> None:
        """Forget a connection and what it holds. One that did not enter changes nothing."""
        self.let_go(who)
        self._going.discard(who)
        if not self._going:
            self.room.set()
        client = self._clients.pop(who, None)
        if client is not None:
            _take(self._connections, client, -1)

    def hold(self, who: Who, size_bytes: int) -> list[Who]:
        """Count what an answer holds until it is read; gives those who have to leave for it, and counts them no more.

        Where all together hold too much, that is whoever waits longest among those of the client that holds most. It is
        never the one who holds this: an answer larger than all the memory is given, too, if alone.
        """
        self.let_go(who)
        self._held[who] = size_bytes
        self.held_bytes += size_bytes
        _take(self._held_by, self._clients[who], size_bytes)
        leaving = list(self._shed(who))
        self._going.update(leaving)
        if leaving:
            self.room.clear()
        return leaving

    def let_go(self, who: Who) -> None:
        """Count what a connection held no more: its reader has it all. One that held nothing changes nothing."""
        size_bytes = self._held.pop(who, 0)
        if size_bytes:
            self.held_bytes -= size_bytes
            _take(self._held_by, self._clients[who], -size_bytes)

    def _shed(self, latest: Who) -> Iterator[Who]:
        while self.held_bytes > self.limits.memory_bytes and len(self._held) > 1:
            others = [who for who in self._held if who != latest]
            goes = max(others, key=lambda who: self._held_by[self._clients[who]])  # of equals, the first
            self.let_go(goes)
            yield goes


def _take(counted: Counter[str], client: str, number: int) -> None:
    counted[client] += number
    if not counted[client]:
        del counted[client]
