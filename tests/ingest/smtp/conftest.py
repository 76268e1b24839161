"""A receiver with a log, for dialogues."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ingest.log import open_log
from tests.ingest.smtp.dialogue import LOOPBACK, Server

StartServer = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartServer]:
    """Starts a receiver: start(clients=, recipients=, size_max_bytes=)."""
    with ExitStack() as stack:

        def started(clients: str = LOOPBACK, recipients: str = "", size_max_bytes: int = 100_000) -> Server:
            log = open_log(f"sqlite:///{tmp_path}/log.db")
            stack.callback(log.close)
            return stack.enter_context(Server(log, clients, recipients, size_max_bytes).running())

        yield started


@pytest.fixture
def server(start: StartServer) -> Server:
    return start()
