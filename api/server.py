"""Serves the app by gunicorn's ASGI worker, in as many processes as the settings say."""

import logging
import os
import resource
import socket
import sys
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger as GunicornLogger

from api.app import create_app
from api.crowd import Crowd, read_limits
from api.meter_files import shared_meters
from api.revalidation import App
from ingest.tracing import start_tracing, stop_tracing
from projector.readmodel.generations import NoReadModel, ReadModels, is_unavailable, why_unavailable
from schemas.networks import read_networks
from schemas.settings import Settings

BACKLOG = 2048
GRACEFUL_SECONDS = 3
REQUEST_LINE_MAX_BYTES = 8190


def run(settings: Settings, generation: int | None = None) -> int:
    """Serve until SIGTERM or SIGINT, which let running requests finish; give the exit code.

    generation: what is served instead of what is live, read only. 0 after such a signal, 1 with one line on standard
    error when the address is taken, or it, the database's or another setting is wrong, when the database is away or
    has read models of other schema versions only, or when there is no such generation.
    """
    why_not = _refusal(settings, generation)
    if why_not:
        sys.stderr.write(f"api: {why_not}\n")
        return 1
    try:
        listener = listen(settings.http)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"api: cannot listen at {settings.http}: {_reason(error)}\n")
        return 1
    _allow_files()
    try:
        with shared_meters():
            _Server(settings, listener.detach(), generation).run()
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    return 0


def _refusal(settings: Settings, generation: int | None) -> str:
    """Why nothing can be served; "" where it can, or where a projector has only to begin."""
    try:
        read_limits(settings)
        read_networks("metrics_clients", settings.metrics_clients)
        models = ReadModels(settings.database_url)
        if generation is None:
            models.check()
        else:
            models.check_shown(generation)
    except (ValueError, NoReadModel) as error:
        return str(error)
    except Exception as error:
        if not is_unavailable(error):
            raise
        return f"cannot use the database: {why_unavailable(error)}"
    return ""


def _allow_files() -> None:
    """Let each worker have as many files open as the system lets it: every connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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


def _end_worker(server: object, worker: object) -> None:
    stop_tracing()


class _Logger(GunicornLogger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's logger without a way out of its own: what it says goes where everything goes."""

    def setup(self, cfg: Any) -> None:
        self.error_log.setLevel(logging.WARNING)
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
            log.propagate = log is self.error_log


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with our settings and nobody else's: no file and no environment variable of its own counts."""

    def __init__(self, settings: Settings, listener: int, generation: int | None) -> None:
        """listener: the descriptor of a socket that listens; it is gunicorn's from here on."""
        self._settings = settings
        self._listener = listener
        self._generation = generation
        self.crowd: Crowd[Any] = Crowd(read_limits(settings))
        """The connections of one worker; a worker is forked while there are none."""
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"fd://{self._listener}",
            "workers": self._settings.api_workers,
            "worker_class": "api.connections.Worker",
            "asgi_loop": "uvloop",
            "asgi_lifespan": "off",
            "control_socket_disable": True,
            "graceful_timeout": GRACEFUL_SECONDS,
            "limit_request_line": REQUEST_LINE_MAX_BYTES,
            "forwarded_allow_ips": "",
            "loglevel": "warning",
            "logger_class": _Logger,
            "proc_name": "patchlog-api",
            "worker_exit": _end_worker,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> App:
        """Make the app, in each worker after it was forked."""
        start_tracing("api")
        return create_app(self._settings, generation=self._generation, room=self.crowd.room)
