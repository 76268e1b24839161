"""A receiver with a log, for dialogues."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ingest.log import open_log
from ingest.smtp.limits import Limits
from tests.ingest.smtp.dialogue import LOOPBACK, Server

StartServer = Callable[..., Server]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[StartServer]:
    """Starts a receiver: start(clients=, recipients=, size_max_bytes=); more is that of `Limits` or of `Server`."""
    with ExitStack() as stack:

        def started(
            clients: str = LOOPBACK, recipients: str = "", size_max_bytes: int = 100_000, **more: Any
        ) -> Server:
            given = {name: more.pop(name) for name in Limits.__slots__ if name in more}
            limits = Limits(size_max_bytes, **given)
            log = open_log(f"sqlite:///{tmp_path}/log.db")
            stack.callback(log.close)
            return stack.enter_context(Server(log, clients, recipients, limits, **more).running())

        yield started


@pytest.fixture
def server(start: StartServer) -> Server:
    return start()
