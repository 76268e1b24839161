"""Runs parts as child processes with the supervisor library: restarts one that dies, joins what they print, stops them.

supervisord's own program reads a file, polls once a second and prints without names; its classes, used here in this
process, do without a file, wake up at once for a signal, and say who speaks. This is the only module that knows them.
"""

import io
import os
import shlex
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from supervisor import events, loggers
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

ENDING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
START_SECONDS = 5
"""A part that ends sooner than this is started again after a pause that grows by a second each time."""


@dataclass(frozen=True)
class Part:
    """One child process. Parts are listed in the order in which they stop."""

    name: str
    command: tuple[str, ...]
    stop_seconds: int
    """How long it may take to stop by SIGTERM before its process group is killed."""


class Supervision:
    """Runs parts until SIGTERM, SIGINT or SIGHUP, or until `stop` is called."""

    def __init__(self, parts: Sequence[Part], write: Callable[[str, bytes], None]) -> None:
        """write(name, line) is given each line the parts print, and supervisor's warnings under the name "up"."""
        self.on_exit: Callable[[str], None] = lambda name: None
        """Called with a part's name when it ended unasked."""
        self._parts = tuple(parts)
        self._lines = Lines(write)
        self._options = _Options(self._lines)
        self._options.configfile = io.StringIO(_configuration(parts))
        self._options.realize(["-n"], doc="", progname="patchlog up")
        self._options.first, self._options.test = True, False

    def run(self) -> None:
        """Start the parts and return when all of them have stopped. Takes over the process's signals."""
        supervisor = _Supervisor(self._options)
        supervisor.started = self._subscribe
        with suppress(ExitNow):
            supervisor.main()
        for part in self._parts:
            self._lines.finish(part.name)

    def stop(self) -> None:
        """Stop all parts, in their order. Safe to call from another thread."""
        os.kill(os.getpid(), signal.SIGTERM)

    def _subscribe(self) -> None:
        events.subscribe(events.ProcessLogEvent, lambda event: self._lines.add(event.process.config.name, event.data))
        for kind in (events.ProcessStateBackoffEvent, events.ProcessStateExitedEvent):
            events.subscribe(kind, lambda event: self._ended(event.process.config.name))

    def _ended(self, name: str) -> None:
        self._lines.finish(name)
        self.on_exit(name)


class Lines:
    """Cuts what the parts print into lines."""

    def __init__(self, write: Callable[[str, bytes], None]) -> None:
        self._write = write
        self._rest: dict[str, bytes] = {}

    def add(self, name: str, data: bytes) -> None:
        *lines, self._rest[name] = (self._rest.get(name, b"") + data).split(b"\n")
        for line in lines:
            self._write(name, line)

    def finish(self, name: str) -> None:
        """Write what a part printed without ending its line."""
        if rest := self._rest.pop(name, b""):
            self._write(name, rest)


def _configuration(parts: Sequence[Part]) -> str:
    # A group with a higher priority starts later and stops earlier; the next group is stopped when one has.
    sections = ["[supervisord]", "minfds=64", "minprocs=1", "nocleanup=true", "loglevel=warn"]
    for priority, part in enumerate(reversed(parts), start=1):
        sections += [
            f"[program:{part.name}]",
            f"command={shlex.join(part.command).replace('%', '%%')}",
            f"priority={priority}",
            f"startsecs={START_SECONDS}",
            "startretries=1000000000",
            "autorestart=true",
            f"stopwaitsecs={part.stop_seconds}",
            "killasgroup=true",
            "redirect_stderr=true",
            "stdout_logfile=NONE",
            "stdout_events_enabled=true",
        ]
    return "\n".join(sections)


class _Options(ServerOptions):  # type: ignore[misc]  # supervisor has no types
    """supervisord's options, with its warnings among the lines and no files of its own."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def make_logger(self) -> None:
        self.logger = loggers.getLogger(self.loglevel)
        self.logger.handlers.append(_LinesHandler(self._lines))

    def write_pidfile(self) -> None:
        pass

    def fork(self) -> int:
        """Fork a child that a signal ends, also before it has become a part: our handlers in it would swallow it."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            for number in ENDING:
                signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return pid


class _LinesHandler(loggers.Handler):  # type: ignore[misc]  # supervisor has no types
    fmt = "%(message)s\n"
    level = loggers.LevelsByName.WARN

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: loggers.LogRecord) -> None:
        self._lines.add("up", (record.msg % record.kw if record.kw else record.msg).encode() + b"\n")


class _Supervisor(Supervisor):  # type: ignore[misc]  # supervisor has no types
    """supervisord's loop, woken up by signals instead of looking for them once a second."""

    started: Callable[[], None]

    def runforever(self) -> None:
        self.started()  # here, as run() forgets every subscription before it
        bell = _Bell()
        self.options.get_socket_map()[bell.fileno()] = bell
        try:
            super().runforever()
        finally:
            del self.options.get_socket_map()[bell.fileno()]
            bell.close()

    def handle_signal(self) -> None:
        super().handle_signal()
        if self.options.mood == SupervisorStates.RESTARTING:  # SIGHUP: the terminal is gone
            self.options.mood = SupervisorStates.SHUTDOWN


class _Bell:
    """A socket that is readable once at the start, so that the parts start at once, and after every signal."""

    def __init__(self) -> None:
        self._heard, self._rung = socket.socketpair()
        self._heard.setblocking(False)
        self._rung.setblocking(False)
        signal.set_wakeup_fd(self._rung.fileno(), warn_on_full_buffer=False)
        self._rung.send(b"\0")

    def fileno(self) -> int:
        return self._heard.fileno()

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def handle_read_event(self) -> None:
        self._heard.recv(4096)

    def handle_error(self) -> None:
        raise AssertionError("the socket that wakes `patchlog up` broke")

    def close(self) -> None:
        signal.set_wakeup_fd(-1)
        self._heard.close()
        self._rung.close()
