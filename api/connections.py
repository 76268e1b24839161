"""Gunicorn's worker with bounds on what a connection may take: time to ask, time to read, memory, and its place.

The library waits for ever for a first request, for a body that trickles and for a reader who does not read, and holds
every answer until then. What is overridden of it: how a worker begins to listen, and the calls of one connection that
asyncio makes or that mark its way. `tests/api/test_connections.py` tells when a new version moves them.
"""

import asyncio
import os
from typing import Any

import structlog
from gunicorn.asgi.protocol import HIGH_WATER_LIMIT, ASGIProtocol
from gunicorn.workers.gasgi import ASGIWorker

from api.crowd import Crowd

READ_BYTES_A_SECOND = 4096
"""Who reads an answer slower than this does not want it."""
HEARTBEAT_SECONDS = 1.0
RETRY_AFTER = (("Retry-After", "10"),)

_logger = structlog.get_logger(__name__)


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """A worker whose app has a `crowd`, empty at first."""

    async def _serve(self) -> None:
        self.crowd: Crowd[Connection] = self.app.crowd
        for one in self.sockets:
            self.servers.append(await self.loop.create_server(lambda: Connection(self), sock=one.sock))
        while self.alive and self.ppid == os.getppid():
            self.notify()
            await asyncio.sleep(HEARTBEAT_SECONDS)
        await self._shutdown()


class Connection(ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """One connection: refused, or served within the limits."""

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self._crowd = worker.crowd
        self._limits = worker.crowd.limits
        self._host = ""
        self._asking: asyncio.TimerHandle | None = None
        """Runs while a request is expected or comes, up to its body's last byte."""
        self._reading: asyncio.TimerHandle | None = None
        """Runs while an answer waits for its reader, or a closed connection for the end of its last answer."""
        self._is_answering = False
        self._answer_bytes = self._left_bytes = 0

    def connection_made(self, transport: Any) -> None:
        self._host = str((transport.get_extra_info("peername") or ("",))[0])
        why_not = self._crowd.enter(self, self._host)
        if why_not is not None:
            self.transport = transport
            self.worker.nr_conns += 1
            self._send_error_response(503, why_not, RETRY_AFTER)
            self._close_transport()
            return
        super().connection_made(transport)
        # Below the lower mark nobody counts what an answer holds, and it holds all of it up to its last byte.
        transport.set_write_buffer_limits(high=HIGH_WATER_LIMIT, low=0)
        self._expect_request()

    def connection_lost(self, error: Exception | None) -> None:
        """Also let whoever waits for the reader or for a request go on at once, for they hold on to the answer."""
        super().connection_lost(error)
        self.worker.loop.call_soon(self._crowd.leave, self)  # when those that wait here have let go of the answer
        self._stop_asking()
        self._stop_looking()
        if self._flow_control is not None:
            self._flow_control.resume_writing()
        if self._request_ready is not None:
            self._request_ready.set()

    def pause_writing(self) -> None:
        """An answer waits for its reader: count it, and look again and again how far the reader is."""
        super().pause_writing()
        if self._conn_lost_handled:
            return
        self._left_bytes = self.transport.get_write_buffer_size()
        for other in self._crowd.hold(self, max(self._answer_bytes, self._left_bytes)):
            other._hang_up("memory")
        self._look_later()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._crowd.let_go(self)
        if not self._closed:
            self._stop_looking()

    def _feed_callback_parser(self, data: bytes) -> bool:
        """Take what came; a request that came at once, as most do, needs no time to be limited."""
        goes_on: bool = super()._feed_callback_parser(data)
        if goes_on and self._asking is None and self._body_receiver is not None and not self._body_receiver._complete:
            self._expect_request()
        return goes_on

    def _is_websocket_upgrade(self, request: Any) -> bool:
        """Answer a request for another protocol like any other: we speak HTTP alone."""
        return False

    def _on_headers_complete(self) -> Any:
        self._is_answering = False
        return super()._on_headers_complete()

    async def _serve_http_request(self, *arguments: Any) -> Any:
        """Answer in the connection's own task: with our app nothing goes on after an answer."""
        return await self._handle_http_request(*arguments)

    def _on_message_complete(self) -> None:
        self._stop_asking()
        super()._on_message_complete()

    def _send_response_start(self, *arguments: Any, **options: Any) -> None:
        self._is_answering = True
        super()._send_response_start(*arguments, **options)

    def _send_body(self, body: bytes, *arguments: Any, **options: Any) -> None:
        self._answer_bytes = len(body)
        super()._send_body(body, *arguments, **options)

    def _close_transport(self) -> None:
        """Close when the last answer has been read, but do not wait for that for ever."""
        super()._close_transport()
        self._stop_asking()
        if not self._conn_lost_handled and self._reading is None:
            self._look_later()

    def _expect_request(self) -> None:
        self._asking = self.worker.loop.call_later(self._limits.request_seconds, self._asked_too_slowly)

    def _asked_too_slowly(self) -> None:
        self._asking = None
        _logger.debug("request came too slowly", client=self._host)
        if not self._is_answering:
            self._send_error_response(408, "The request took too long to come.")
        self._close_transport()
        self._request_ready.set()

    def _check_reader(self) -> None:
        """Hang up on a reader who took too little since it was looked at last."""
        self._reading = None
        left_bytes = self.transport.get_write_buffer_size()
        if self._left_bytes - left_bytes < READ_BYTES_A_SECOND * self._limits.answer_seconds:
            self._hang_up("slow")
            return
        self._left_bytes = left_bytes
        self._look_later()

    def _hang_up(self, why: str) -> None:
        _logger.info("reader hung up on", why=why, client=self._host, answer_bytes=self._answer_bytes)
        self.transport.abort()

    def _look_later(self) -> None:
        self._stop_looking()
        self._reading = self.worker.loop.call_later(self._limits.answer_seconds, self._check_reader)

    def _stop_looking(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
