"""Serves the app by gunicorn's ASGI worker, in as many processes as the settings say."""

import os
import socket
import sys
from typing import Any

from gunicorn.app.base import BaseApplication

from api.app import App, create_app
from schemas.settings import Settings

BACKLOG = 2048
GRACEFUL_SECONDS = 3
REQUEST_LINE_MAX_BYTES = 8190


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, which let running requests finish; give the exit code.

    0 after such a signal, 1 with one line on standard error when the address is taken or is none.
    """
    try:
        listener = listen(settings.http)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"api: cannot listen at {settings.http}: {_reason(error)}\n")
        return 1
    try:
        _Server(settings, listener.detach()).run()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    return 0


def listen(address: str) -> socket.socket:
    """Listen at HOST:PORT; an IPv6 host may stand in brackets. Raises ValueError or OSError."""
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError("expected HOST:PORT")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, int(port)), family=family, backlog=BACKLOG)


def _reason(error: OSError | ValueError) -> str:
    """Short where the system has words for it; a name that cannot be resolved has a number below zero."""
    if isinstance(error, OSError) and error.errno is not None and error.errno > 0:
        return os.strerror(error.errno)
    return str(error.args[-1])


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with our settings and nobody else's: no file and no environment variable of its own counts."""

    def __init__(self, settings: Settings, listener: int) -> None:
        """listener: the descriptor of a socket that listens; it is gunicorn's from here on."""
        self._settings = settings
        self._listener = listener
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"fd://{self._listener}",
            "workers": self._settings.api_workers,
            "worker_class": "asgi",
            "asgi_loop": "uvloop",
            "asgi_lifespan": "off",
            "control_socket_disable": True,
            "graceful_timeout": GRACEFUL_SECONDS,
            "limit_request_line": REQUEST_LINE_MAX_BYTES,
            "forwarded_allow_ips": "",
            "loglevel": "warning",
            "proc_name": "patchlog-api",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> App:
        """Make the app, in each worker after it was forked."""
        return create_app(self._settings)
