"""The receiver's process: opens the log, serves SMTP, and ends when it is told to."""

import asyncio
import signal
import socket
import sys
from functools import partial

import structlog
import uvloop

from ingest.journal import keep_journal
from ingest.log import LogError, open_log
from ingest.smtp.access import read_access
from ingest.smtp.session import Receiver, Reception
from schemas.settings import Settings

LEAVE_SECONDS = 8.0
"""How long mails that are being recorded may take when the process is to end."""
BACKLOG = 512

_logger = structlog.get_logger(__name__)


class CannotStart(Exception):
    """A setting is wrong, the address is taken or the log cannot be opened; the message is one clear sentence."""


def run(settings: Settings) -> int:
    """Receive mail until SIGTERM or SIGINT; returns the exit code: 0, or 1 with a line on stderr if it cannot start."""
    try:
        keep_journal(settings.log_format)
        uvloop.run(serve(settings))
    except (CannotStart, ValueError) as error:
        sys.stderr.write(f"patchlog ingest: {error}\n")
        return 1
    return 0


async def serve(settings: Settings) -> None:
    """Open the log, listen, and return when a signal came and what was being recorded is answered.

    Raises CannotStart.
    """
    try:
        access = read_access(settings.smtp_clients, settings.smtp_recipients)
        host, port = read_address(settings.smtp)
        if settings.max_mail_bytes <= 0:
            raise ValueError(f"max_mail_bytes: expected a number above 0, came {settings.max_mail_bytes}")
        log = open_log(settings.log_url)
    except (ValueError, LogError) as error:
        raise CannotStart(str(error)) from None
    try:
        await _receive(Reception(log, access, settings.max_mail_bytes, socket.gethostname()), host, port)
    finally:
        log.close()


def read_address(text: str) -> tuple[str, int]:
    """Read HOST:PORT; an IPv6 host stands in brackets. Raises ValueError with what came."""
    host, colon, port = text.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise ValueError(f"smtp: expected HOST:PORT, came {text!r}")
    return host.removeprefix("[").removesuffix("]"), int(port)


async def _receive(reception: Reception, host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    try:
        server = await loop.create_server(partial(Receiver, reception, loop), host, port, backlog=BACKLOG)
    except OSError as error:
        raise CannotStart(f"smtp: cannot listen on {host}:{port}: {error.strerror or error}") from None
    for listener in server.sockets:
        address, number = listener.getsockname()[:2]
        _logger.info("receiving", address=address, port=number)
    await stop.wait()
    server.close()
    await reception.leave(LEAVE_SECONDS)
