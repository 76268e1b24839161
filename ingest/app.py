"""The receiver's process: opens the log, serves SMTP and LMTP, and ends when it is told to."""

import asyncio
import math
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from functools import partial

import structlog
import uvloop

from ingest.disk import Disk
from ingest.doors import CannotListen, Door, close, listen, read_address, read_lmtp_door
from ingest.journal import keep_journal
from ingest.log import Log, LogError, log_folder, open_log
from ingest.memory import keep_mappings_apart
from ingest.meters import LOG_END, SESSIONS, watch_disk
from ingest.probes import Probes, answered
from ingest.smtp.access import read_access
from ingest.smtp.limits import read_limits
from ingest.smtp.lmtp import LmtpReceiver
from ingest.smtp.reception import Reception
from ingest.smtp.session import Receiver
from ingest.smtp.tls import open_certificate
from ingest.smtp.users import open_users
from ingest.tracing import start_tracing, stop_tracing
from schemas.networks import Networks, read_networks
from schemas.settings import Settings

LEAVE_SECONDS = 8.0
"""How long mails that are being recorded may take when the process is to end."""
LOOP_SECONDS = 3.0
"""How late the event loop may be before the process counts as stuck."""

_logger = structlog.get_logger(__name__)


class CannotStart(Exception):
    """A setting is wrong, the address is taken or the log cannot be opened; the message is one clear sentence."""


def run(settings: Settings) -> int:
    """Receive mail until SIGTERM or SIGINT; returns the exit code: 0, or 1 with a line on stderr if it cannot start."""
    try:
        keep_journal(settings.log_format)
        keep_mappings_apart()
        start_tracing("ingest")
        uvloop.run(serve(settings))
    except (CannotStart, ValueError) as error:
        sys.stderr.write(f"patchlog ingest: {error}\n")
        return 1
    finally:
        stop_tracing()
    return 0


async def serve(settings: Settings) -> None:
    """Open the log, listen, and return when a signal came and what was being recorded is answered.

    Raises CannotStart.
    """
    try:
        doors = read_doors(settings)
        reception = partial(
            Reception,
            access=read_access(settings.smtp_clients, settings.smtp_recipients, settings.smtp_proxies),
            limits=read_limits(settings),
            hostname=socket.gethostname(),
            disk=Disk(log_folder(settings.log_url), settings.disk_reserve_bytes),
            certificate=open_certificate(settings.smtp_certificate, settings.smtp_key),
            users=open_users(settings.smtp_users, is_tls=bool(settings.smtp_certificate)),
        )
        networks = read_networks("metrics_clients", settings.metrics_clients)
        log = open_log(settings.log_url, settings.max_mail_bytes)
    except (ValueError, LogError) as error:
        raise CannotStart(str(error)) from None
    try:
        room = reception(log)
        watch_disk(settings.log_url, settings.disk_reserve_bytes)
        with answered("ingest_http", settings.ingest_http, probes_of(room, networks)) as probes_port:
            if probes_port:
                _logger.info("probes", port=probes_port)
            await _receive(room, doors)
    except ValueError as error:
        raise CannotStart(str(error)) from None
    finally:
        log.close()


def read_doors(settings: Settings) -> dict[Door, type[Receiver]]:
    """Where to listen, and what is spoken there. Raises ValueError naming the setting."""
    doors: dict[Door, type[Receiver]] = {
        Door("smtp", *read_address(settings.smtp), is_shared=settings.smtp_shared): Receiver
    }
    lmtp = read_lmtp_door(settings.lmtp, settings.lmtp_mode)
    if lmtp is not None:
        doors[lmtp] = LmtpReceiver
    return doors


def probes_of(reception: Reception, networks: Networks) -> Probes:
    """What the receiver tells about itself: it works while its loop turns, and is ready while the log answers."""
    loop = asyncio.get_running_loop()
    SESSIONS.set_function(lambda: len(reception.sessions))
    LOG_END.set_function(lambda: _end_of(reception.log))

    def is_alive() -> str:
        turned = threading.Event()
        loop.call_soon_threadsafe(turned.set)
        return "" if turned.wait(LOOP_SECONDS) else f"the event loop has not come round for {LOOP_SECONDS} s"

    def is_ready() -> str:
        reception.log.end()
        return ""

    return Probes(is_alive, is_ready, networks)


def _end_of(log: Log) -> float:
    """The end of the log; not a number while it is away."""
    try:
        return log.end()
    except LogError:
        return math.nan


async def _receive(reception: Reception, doors: Mapping[Door, type[Receiver]]) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, stop.set)
    servers: dict[Door, asyncio.Server] = {}
    try:
        for door, receiver in doors.items():
            servers[door] = await listen(door, partial(receiver, reception, loop))
        await stop.wait()
    except CannotListen as error:
        raise CannotStart(str(error)) from None
    finally:
        for door, server in servers.items():
            close(door, server)
    await reception.leave(LEAVE_SECONDS)
