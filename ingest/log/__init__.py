"""The log: one totally ordered sequence of records, behind one contract that every driver keeps."""

from ingest.log.contract import Log, LogClosedError, LogError, LogUnavailable, open_log

__all__ = ["Log", "LogClosedError", "LogError", "LogUnavailable", "open_log"]
