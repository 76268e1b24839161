"""A small HTTP listener of a process: /healthz, /readyz and, for those who may, /metrics.

It runs in threads of its own beside the work. Eight clients at a time, five seconds each, so that whoever is slow to
ask or to read costs the process nothing.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6, socket
from socketserver import TCPServer
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from schemas.networks import Networks, is_inside

CLIENTS_MAX = 8
CLIENT_SECONDS = 5.0
PLAIN = "text/plain; charset=utf-8"

Ask = Callable[[], str]
"""Says why something is not as it should be, in one line; "" where all is well. What it raises says so too."""


@dataclass(frozen=True)
class Probes:
    """What a process tells about itself: whether it works, whether it can do its work now, and its figures."""

    is_alive: Ask
    is_ready: Ask
    networks: Networks
    """Who may read the figures."""
    registry: CollectorRegistry = REGISTRY


@contextmanager
def answered(setting: str, address: str, probes: Probes) -> Iterator[int]:
    """Answer at HOST:PORT while the body runs, and give the port; "" answers nobody, and gives 0.

    Raises ValueError naming the setting where that cannot be listened at.
    """
    if not address:
        yield 0
        return
    server = _listen(setting, address, probes)
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def _listen(setting: str, address: str, probes: Probes) -> "_Server":
    host, colon, port = address.rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise ValueError(f"{setting}: expected HOST:PORT, came {address!r}")
    try:
        return _Server((host.removeprefix("[").removesuffix("]"), int(port)), probes)
    except OSError as error:
        raise ValueError(f"{setting}: cannot listen on {address}: {error.strerror or error}") from None


class _Server(ThreadingHTTPServer):
    """Answers in daemon threads, at most so many; who comes when all are taken is hung up on."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], probes: Probes) -> None:
        self.probes = probes
        self.address_family = AF_INET6 if ":" in address[0] else AF_INET
        self._places = threading.BoundedSemaphore(CLIENTS_MAX)
        super().__init__(address, _Answer)

    def server_bind(self) -> None:
        """Without the library's look-up of our own name, which may take seconds."""
        TCPServer.server_bind(self)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return self._places.acquire(blocking=False)

    def process_request_thread(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has gone: nobody is left to be told."""


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    timeout = CLIENT_SECONDS
    server_version, sys_version = "patchlog", ""

    def do_GET(self) -> None:
        status, kind, body = self._answer(self.path.partition("?")[0].rstrip("/"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who looks every few seconds would fill the journal."""

    def _answer(self, path: str) -> tuple[int, str, bytes]:
        probes = self.server.probes
        if path == "/healthz":
            return _said(probes.is_alive)
        if path == "/readyz":
            return _said(probes.is_ready)
        if path != "/metrics":
            return 404, PLAIN, b"Here are /healthz, /readyz and /metrics.\n"
        if not is_inside(self.client_address[0], probes.networks):
            return 403, PLAIN, b"The setting metrics_clients does not name your address.\n"
        return 200, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(probes.registry)


def _said(ask: Ask) -> tuple[int, str, bytes]:
    try:
        why_not = ask()
    except Exception as error:  # whatever it is, it is why not
        why_not = str(error) or type(error).__name__
    return (503, PLAIN, f"{why_not}\n".encode()) if why_not else (200, PLAIN, b"ok\n")
