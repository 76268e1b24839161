"""The API as its own process with two workers, and clients that come at the same moment."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any

from schemas.settings import Settings
from tests.api.changing.conftest import PASSWORD, basic
from tests.api.test_server import free_port, start, wait_until_it_listens

Call = tuple[str, str, Any, Mapping[str, str]]
"""Method, path, JSON and headers."""


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Served:
    """A server on a port of this machine."""

    port: int

    def call(self, method: str, path: str, document: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request on a connection of its own, as user max."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Authorization": basic("max", PASSWORD), "Content-Type": "application/json", **(headers or {})}
        try:
            body = json.dumps(document) if document is not None else None
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read())
        finally:
            connection.close()

    def race(self, calls: Sequence[Call]) -> list[Answer]:
        """Send requests at the same moment."""
        barrier = threading.Barrier(len(calls))

        def send(call: Call) -> Answer:
            barrier.wait()
            return self.call(*call)

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(send, calls))


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """Serve what is in the log and the database of these settings."""
    port = free_port()
    process = start(settings.database_url, f"127.0.0.1:{port}", log=settings.log_url)
    try:
        wait_until_it_listens(process, port)
        yield Served(port)
    finally:
        process.kill()
        process.communicate()
