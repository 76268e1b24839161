"""A real receiver on a free port, and a client that says bytes and reads answers."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import uvloop

from ingest.disk import Disk
from ingest.log import Log
from ingest.smtp.access import read_access
from ingest.smtp.limits import Limits
from ingest.smtp.lmtp import LmtpReceiver
from ingest.smtp.reception import Reception
from ingest.smtp.session import Receiver
from ingest.smtp.tls import open_certificate
from ingest.smtp.users import open_users

LOOPBACK = "127.0.0.0/8,::1/128"


class Client:
    """One connection. `say` sends bytes and returns the answer's last line."""

    def __init__(self, port: int, from_host: str = "127.0.0.1") -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", port), 30, (from_host, 0))
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

    def start_tls(self) -> "Client":
        assert self.say(b"STARTTLS\r\n").startswith("220 ")
        return self.wrap()

    def wrap(self) -> "Client":
        """Speak TLS from here, with a server whoever it is."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.lines.close()
        self.socket = context.wrap_socket(self.socket)
        self.lines = self.socket.makefile("rb")
        return self

    def offered(self, hello: bytes = b"EHLO client") -> set[str]:
        """The first words of the lines that EHLO is answered with."""
        self.socket.sendall(hello + b"\r\n")
        words = set()
        while (line := self.lines.readline().decode())[3:4] == "-":
            words.add(line[4:].split()[0])
        return words

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

    def __init__(
        self,
        log: Log,
        clients: str,
        recipients: str,
        limits: Limits,
        *,
        disk: Disk | None = None,
        proxies: str = "",
        certificate: str = "",
        users: str = "",
        lmtp: bool = False,
    ) -> None:
        self.log = log
        self.reception = Reception(
            log,
            read_access(clients, recipients, proxies),
            limits,
            "mx.example.org",
            disk or Disk(None, 0),
            open_certificate(certificate, ""),
            open_users(users, is_tls=bool(certificate)),
        )
        self.port = 0
        self._protocol = LmtpReceiver if lmtp else Receiver
        self._clients: list[Client] = []

    def connect(self, from_host: str = "127.0.0.1") -> Client:
        self._clients.append(Client(self.port, from_host))
        return self._clients[-1]

    @contextmanager
    def running(self) -> Iterator["Server"]:
        ready = threading.Event()
        loop = uvloop.new_event_loop()
        stop = asyncio.Event()

        async def serve() -> None:
            server = await loop.create_server(partial(self._protocol, self.reception, loop), "127.0.0.1", 0)
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
