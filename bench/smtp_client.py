"""A lean SMTP client: many sessions in one process, one mail after the other in each.

It must not be what is measured: no line is parsed beyond its status, no mail is made while the clock runs.
"""

import selectors
import socket
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass

from bench.processes import own_cpu_seconds

ENVELOPE = (b"MAIL FROM:<sender@example.org>\r\n", b"RCPT TO:<bench@lists.example.org>\r\n", b"DATA\r\n")

Dialogue = Generator[int, bytes, None]
"""Yields how many replies it waits for next; is sent them."""


@dataclass(frozen=True)
class Delivery:
    """How long it took to deliver mails, and what it cost the client."""

    mails: int
    wall_seconds: float
    client_cpu_seconds: float


def on_the_wire(raw: bytes) -> bytes:
    """A mail as it follows DATA: CRLF, dots at line starts doubled, the lone dot (RFC 5321 section 4.5.2)."""
    body = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    return (b"\r\n" + body).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


def deliver(
    port: int, mails: Iterable[bytes], *, sessions: int, mails_a_session: int, is_pipelining: bool = False
) -> Delivery:
    """Deliver mails, made by `on_the_wire`, to 127.0.0.1:port, and return when the last was answered with 250.

    `sessions` are open at a time; after `mails_a_session` one ends and the next begins. With is_pipelining, MAIL, RCPT
    and DATA go together (RFC 2920). Raises AssertionError for any answer that is not the one hoped for.
    """
    counted = _Counted(iter(mails))
    cpu, start = own_cpu_seconds(), time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(sessions):
            _connect(selector, port, counted, mails_a_session, is_pipelining)
        while selector.get_map():
            for key, _ in selector.select():
                if not key.data.advance():
                    selector.unregister(key.fileobj)
                    key.data.close()
                    if not counted.is_over:
                        _connect(selector, port, counted, mails_a_session, is_pipelining)
    return Delivery(counted.taken, time.perf_counter() - start, own_cpu_seconds() - cpu)


class _Counted:
    """Mails that all sessions take from."""

    def __init__(self, mails: Iterator[bytes]) -> None:
        self._mails = mails
        self.taken = 0
        self.is_over = False

    def take(self) -> bytes | None:
        mail = next(self._mails, None)
        if mail is None:
            self.is_over = True
        else:
            self.taken += 1
        return mail


class _Session:
    """One connection, and how far its dialogue is."""

    def __init__(self, connection: socket.socket, dialogue: Dialogue) -> None:
        self._connection, self._dialogue = connection, dialogue
        self._awaited = next(dialogue)
        self._received = b""

    def advance(self) -> bool:
        """Take what has come, and go on if it is all that was awaited. False: the dialogue is over."""
        came = self._connection.recv(65536)
        assert came, f"the server hung up after {self._received!r}"
        self._received += came
        if not came.endswith(b"\r\n") or _replies(self._received) < self._awaited:
            return True
        received, self._received = self._received, b""
        try:
            self._awaited = self._dialogue.send(received)
        except StopIteration:
            return False
        return True

    def close(self) -> None:
        self._connection.close()


def _connect(
    selector: selectors.BaseSelector, port: int, counted: _Counted, mails_a_session: int, is_pipelining: bool
) -> None:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    dialogue = _dialogue(connection, counted, mails_a_session, is_pipelining)
    selector.register(connection, selectors.EVENT_READ, _Session(connection, dialogue))


def _dialogue(connection: socket.socket, counted: _Counted, mails: int, is_pipelining: bool) -> Dialogue:
    _expect(b"220", (yield 1))
    connection.sendall(b"EHLO client.example.org\r\n")
    _expect(b"250", (yield 1))
    together = b"".join(ENVELOPE)
    for _ in range(mails):
        mail = counted.take()
        if mail is None:
            break
        if is_pipelining:
            connection.sendall(together)
            _expect(b"250", (yield 3))
        else:
            for command in ENVELOPE:
                connection.sendall(command)
                _expect(b"354" if command == b"DATA\r\n" else b"250", (yield 1))
        connection.sendall(mail)
        _expect(b"250", (yield 1))
    connection.sendall(b"QUIT\r\n")
    _expect(b"221", (yield 1))


def _expect(status: bytes, received: bytes) -> None:
    assert received.startswith(status), f"expected {status!r}, came {received!r}"


def _replies(received: bytes) -> int:
    """How many replies there are; of one with many lines, only the last has a space behind its status."""
    if received.count(b"\n") == 1:
        return 1 if received[3:4] == b" " else 0
    return sum(line[3:4] == b" " for line in received.split(b"\r\n"))
