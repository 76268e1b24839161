"""What the receiver counts. Only its process imports this: the client library of Prometheus takes 60 ms to load.

Every label has a bounded number of values: the names of lists come from whoever sends mail, so only the first ones that
are seen get a name of their own.
"""

import math

from prometheus_client import Counter, Gauge, Histogram

from ingest.room import room_of
from schemas.mail import ParsedMail

LISTS_MAX = 200
OTHER, NO_LIST = "other", "none"

RECEIVED = Counter("patchlog_mails_received", "Mails that were answered after DATA.", ["list", "answer"])
SIZE = Histogram(
    "patchlog_mail_size_bytes",
    "How large the mails are.",
    buckets=[1e3, 4e3, 1.6e4, 6.4e4, 2.56e5, 1e6, 4e6, 1.6e7, 6.4e7],
)
APPEND = Histogram(
    "patchlog_log_append_seconds",
    "How long a mail took from the receiver until it was durable on the log.",
    buckets=[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
)
SESSIONS = Gauge("patchlog_smtp_sessions", "SMTP sessions that are open.")
LOG_END = Gauge("patchlog_log_end", "Id of the last record on the log.")
DISK_FREE = Gauge("patchlog_disk_free_bytes", "Room for what is on a disk here.", ["store"])
DISK_SIZE = Gauge("patchlog_disk_size_bytes", "How large that disk is.", ["store"])
DISK_RESERVE = Gauge("patchlog_disk_reserve_bytes", "With less room than this, mail is deferred.", ["store"])
LOG = "log"

_known: dict[tuple[str, str], Counter] = {}
_lists: set[str] = set()


def list_of(parsed: ParsedMail | None) -> str:
    """The list that a mail came by: the first that it names; "" for none."""
    return parsed.list_ids[0] if parsed is not None and parsed.list_ids else ""


def count_answer(list_id: str, answer: str) -> None:
    """Count a mail by its list ("" for none) and the code of its answer, which begins `answer`."""
    key = (list_id, answer[:3])
    counter = _known.get(key)
    if counter is None:
        counter = RECEIVED.labels(_label(list_id), answer[:3])
        if list_id in _lists or not list_id:
            _known[key] = counter
    counter.inc()


def watch_disk(url: str, reserve_bytes: int) -> None:
    """From now on look at the disk that a log is on whenever somebody asks; of one that is on no disk here say nothing.

    A disk that cannot be asked any more has room of NaN.
    """
    for gauge in (DISK_FREE, DISK_SIZE, DISK_RESERVE):
        gauge.clear()
    if room_of(url) is None:
        return
    DISK_FREE.labels(LOG).set_function(lambda: room.free_bytes if (room := room_of(url)) else math.nan)
    DISK_SIZE.labels(LOG).set_function(lambda: room.size_bytes if (room := room_of(url)) else math.nan)
    DISK_RESERVE.labels(LOG).set(reserve_bytes)


def _label(list_id: str) -> str:
    if not list_id:
        return NO_LIST
    if len(_lists) < LISTS_MAX:
        _lists.add(list_id)
    return list_id if list_id in _lists else OTHER
