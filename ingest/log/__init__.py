"""The log: one totally ordered, append-only sequence of records; the only truth.

    append(facts) -> ids              returns when they are durable, not before
    read(after_id, limit) -> records  in order
    end() -> id

One contract (`ingest.log.contract`), one suite of tests for every driver (`tests/ingest/log/contract.py`).
"""

from ingest.log.contract import Log, LogClosedError, LogError, LogUnavailable, open_log

__all__ = ["Log", "LogClosedError", "LogError", "LogUnavailable", "open_log"]
