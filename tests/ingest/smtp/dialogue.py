"""A real receiver on a free port, and a client that says bytes and reads answers."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from ingest.log import Log
from ingest.smtp.access import read_access
from ingest.smtp.session import Receiver, Reception

LOOPBACK = "127.0.0.0/8,::1/128"


class Client:
    """One connection. `say` sends bytes and returns the answer's last line."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.lines = self.socket.makefile("rb")

    def hear(self) -> str:
        """The last line of the next answer; "" when the server closed."""
        while True:
            line = self.lines.readline().decode()
            if line[3:4] != "-":
                return line.rstrip("\r\n")

    def say(self, text: bytes) -> str:
        self.socket.sendall(text)
        return self.hear()

    def greet(self) -> "Client":
        assert self.hear().startswith("220 ")
        assert self.say(b"EHLO client.example.org\r\n").startswith("250 ")
        return self

    def announce(self, sender: bytes = b"s@example.org", *recipients: bytes) -> None:
        """MAIL, RCPT and DATA, all of which must be taken."""
        assert self.say(b"MAIL FROM:<" + sender + b">\r\n").startswith("250")
        for recipient in recipients or (b"r@example.org",):
            assert self.say(b"RCPT TO:<" + recipient + b">\r\n").startswith("250")
        assert self.say(b"DATA\r\n").startswith("354")

    def send(self, received: bytes) -> str:
        """A whole mail; `received` is what stands between DATA and the terminator, dots doubled."""
        self.announce()
        return self.say(received + b".\r\n")

    def close(self) -> None:
        self.lines.close()
        self.socket.close()


class Server:
    """A receiver in a thread of its own."""

    def __init__(self, log: Log, clients: str, recipients: str, size_max_bytes: int) -> None:
        self.log = log
        self.reception = Reception(log, read_access(clients, recipients), size_max_bytes, "mx.example.org")
        self.port = 0
        self._clients: list[Client] = []

    def connect(self) -> Client:
        self._clients.append(Client(self.port))
        return self._clients[-1]

    @contextmanager
    def running(self) -> Iterator["Server"]:
        ready = threading.Event()
        loop = asyncio.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            server = await loop.create_server(partial(Receiver, self.reception, loop), "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await stop.wait()
            server.close()
            await self.reception.leave(30)

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
        thread.start()
        assert ready.wait(30)
        try:
            yield self
        finally:
            for client in self._clients:
                client.close()
            loop.call_soon_threadsafe(stop.set)
            thread.join(30)
            loop.close()
