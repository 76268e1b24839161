"""What the process tells its operator: one line on stderr for everything that happens, as text or JSON.

All of it goes through one logger, also what libraries and the interpreter have to say, and nothing that a stranger
wrote reaches a terminal as more than text.
"""

import io
import json
import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, TextIO, cast

import msgspec
import structlog
from structlog.typing import EventDict, Processor

FORMATS = ("text", "json")


def keep_journal(log_format: str) -> None:
    """Set up structlog for the whole process: "text" is `key=value` words (logfmt), "json" one object a line.

    Cheap on purpose, as there is a line for every mail: no colours, and nothing below INFO is even put together.
    Libraries are heard from warnings on. As JSON, whatever else is printed becomes an object, too. Raises ValueError
    for any other format.
    """
    if log_format not in FORMATS:
        raise ValueError(f"log_format: expected one of {', '.join(FORMATS)}, came {log_format!r}")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _show_strange,
            _render_json if log_format == "json" else _text_renderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    _hear_libraries()
    sys.excepthook = _tell_end
    threading.excepthook = _tell_thread_end
    if log_format == "json":
        sys.stdout, sys.stderr = as_objects(sys.stdout), as_objects(sys.stderr)


def shown(text: str) -> str:
    """A text in which everything that is not to be seen stands as its escape: a terminal obeys some of it.

    That is control characters but the line end, marks that turn the direction of writing, and halves of surrogates.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one == "\n" else _escape(one) for one in text)


def as_objects(stream: TextIO) -> TextIO:
    """A stream whose lines go to the journal instead, each an event of its own."""
    return stream if isinstance(stream, _Events) else cast(TextIO, _Events(stream))


class _Events(io.TextIOBase):
    """Takes lines for the journal. buffer: where bytes can still be written that are an object already."""

    encoding, errors = "utf-8", "backslashreplace"

    def __init__(self, stream: TextIO) -> None:
        self.buffer = stream.buffer
        self._rest = ""

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line.strip():
                structlog.get_logger().info(line)
        return len(text)

    def flush(self) -> None:
        self.buffer.flush()


class _Forward(logging.Handler):
    """Hands what a library logs to the one logger."""

    def emit(self, record: logging.LogRecord) -> None:
        exception = record.exc_info if record.exc_info and record.exc_info[0] is not None else None
        more = {"exc_info": exception} if exception else {}
        structlog.get_logger().log(record.levelno, "library says", logger=record.name, said=_said(record), **more)


def _said(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:  # a library's mistake
        return str(record.msg)


def _hear_libraries() -> None:
    root = logging.getLogger()
    root.handlers[:] = [_Forward()]
    root.setLevel(logging.WARNING)
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    logging.captureWarnings(True)


def _tell_end(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger().error("stopped by a mistake", exc_info=(kind, error, trace))


def _tell_thread_end(ended: Any) -> None:
    _tell_end(ended.exc_type, ended.exc_value, ended.exc_traceback)


def _show_strange(logger: object, name: str, event: EventDict) -> EventDict:
    return {key: _plain(value) for key, value in event.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {shown(str(key)): _plain(one) for key, one in value.items()}
    return shown(str(value))


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode() if character != "\t" else "\\t"


def _render_json(logger: object, name: str, event: EventDict) -> bytes:
    try:
        return msgspec.json.encode(event, enc_hook=str)
    except UnicodeEncodeError:  # a lone surrogate; a line that cannot be written must not undo what it tells of
        return json.dumps(event, default=str).encode()


def _text_renderer() -> Callable[[object, str, EventDict], bytes]:
    logfmt: Processor = structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "event"], drop_missing=True
    )

    def render(logger: object, name: str, event: EventDict) -> bytes:
        return str(logfmt(logger, name, event)).encode("utf-8", "backslashreplace")

    return render
