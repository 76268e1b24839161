"""What the process tells its operator: one line on stderr for everything that happens, as text or JSON."""

import json
import logging
import sys
from collections.abc import Callable

import msgspec
import structlog
from structlog.typing import EventDict, Processor

FORMATS = ("text", "json")


def keep_journal(log_format: str) -> None:
    """Set up structlog for the whole process: "text" is `key=value` words (logfmt), "json" one object a line.

    Cheap on purpose, as there is a line for every mail: no colours, and nothing below INFO is even put together. The
    SMTP library's own chatter is cut to warnings. Raises ValueError for any other format.
    """
    if log_format not in FORMATS:
        raise ValueError(f"log_format: expected one of {', '.join(FORMATS)}, came {log_format!r}")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _render_json if log_format == "json" else _text_renderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )


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
