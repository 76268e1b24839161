"""The log: one totally ordered sequence of records, behind one contract that every driver keeps."""

from ingest.clock import now_us
from ingest.log.contract import (
    Copy,
    Log,
    LogClosedError,
    LogError,
    LogUnavailable,
    Message,
    Outlet,
    Replaced,
    Stored,
    Turn,
    log_folder,
    make_log,
    open_copy,
    open_log,
)

__all__ = [
    "Copy",
    "Log",
    "LogClosedError",
    "LogError",
    "LogUnavailable",
    "Message",
    "Outlet",
    "Replaced",
    "Stored",
    "Turn",
    "log_folder",
    "make_log",
    "now_us",
    "open_copy",
    "open_log",
]
