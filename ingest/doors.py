"""Where the receiver listens: addresses, and a Unix socket."""

import asyncio
import os
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog

BACKLOG = 512
MAX_MODE = 0o777

_logger = structlog.get_logger(__name__)


class Door(NamedTuple):
    """One place to listen at. setting is what names it, for complaints; path is that of a Unix socket, or "".

    is_shared: others that say so too may listen at the same address, each for a part of the connections.
    """

    setting: str
    host: str
    port: int
    path: str = ""
    mode: int = 0
    is_shared: bool = False

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


class CannotListen(Exception):
    """The place is taken, or not for us; the message is one clear sentence."""


def read_address(text: str, setting: str = "smtp", expected: str = "HOST:PORT") -> tuple[str, int]:
    """Read HOST:PORT; an IPv6 host stands in brackets. Raises ValueError with what came."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise ValueError(f"{setting}: expected {expected}, came {text!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


def read_lmtp_door(text: str, mode: str) -> Door | None:
    """Read the settings `lmtp` and `lmtp_mode`; None for no such door. Raises ValueError with what came."""
    if not text:
        return None
    if not text.startswith("/"):
        return Door("lmtp", *read_address(text, "lmtp", "HOST:PORT or the absolute path of a Unix socket"))
    try:
        number = int(mode, 8)
    except ValueError:
        number = -1
    if not 0 < number <= MAX_MODE:
        raise ValueError(f"lmtp_mode: expected permissions such as 660, came {mode!r}")
    return Door("lmtp", "", 0, text, number)


async def listen(door: Door, protocol: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    """Listen, and say where in the journal. Raises CannotListen."""
    loop = asyncio.get_running_loop()
    try:
        if door.path:
            server = await loop.create_unix_server(protocol, sock=_bind(door), backlog=BACKLOG)
            _logger.info("receiving", setting=door.setting, path=door.path)
            return server
        shared = door.is_shared or None
        server = await loop.create_server(protocol, door.host, door.port, backlog=BACKLOG, reuse_port=shared)
    except OSError as error:
        raise CannotListen(f"{door.setting}: cannot listen on {door}: {error.strerror or error}") from None
    for listener in server.sockets:
        address, number = listener.getsockname()[:2]
        _logger.info("receiving", setting=door.setting, address=address, port=number)
    return server


def close(door: Door, server: asyncio.Server) -> None:
    """Take no more connections, and take the socket's file away."""
    server.close()
    if door.path:
        with suppress(OSError):
            Path(door.path).unlink()


def _bind(door: Door) -> socket.socket:
    """A Unix socket with the permissions asked for. What a receiver that was killed left is replaced, nothing else."""
    _clear(door)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(MAX_MODE & ~door.mode)
    try:
        bound.bind(door.path)
        bound.listen(BACKLOG)  # at once: one that nobody listens at is taken for what was left
    except OSError:
        bound.close()
        raise
    finally:
        os.umask(before)
    return bound


def _clear(door: Door) -> None:
    path = Path(door.path)
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise CannotListen(f"{door.setting}: expected a place for a socket at {path}, there is another file")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
        try:
            knocking.connect(door.path)
        except ConnectionRefusedError:
            path.unlink()
        else:
            raise CannotListen(f"{door.setting}: cannot listen on {path}: another program listens there already")
