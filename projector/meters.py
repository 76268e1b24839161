"""What the projector counts, and what it says of the log and the read model when it is asked."""

import threading
import time
from collections.abc import Generator, Iterable, Iterator

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from ingest.log import Log, LogError, now_us
from ingest.room import room_of
from projector.fold.fold import Became
from projector.lag import lag_of
from projector.readmodel.generations import Reader
from projector.readmodel.queries.health import count_incomplete, events_waiting
from projector.readmodel.queries.status import read_position, read_status

STUCK_SECONDS = 120.0
"""Longer than any batch takes, and than a database or a broker is waited for at a time."""
INCOMPLETE_US = 86_400_000_000
NO_PROJECT = "none"

FOLDS = Histogram(
    "patchlog_fold_seconds",
    "How long a batch of records took to be folded and written.",
    buckets=[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
)
RECORDS = Counter("patchlog_records_folded", "Records that were folded.")
MAILS = Counter("patchlog_mails_folded", "Mails that were folded, by what they became.", ["project", "outcome"])
ACTIVE = Gauge("patchlog_projector_active", "1 while it is this projector's turn, 0 while it stands by.")
PUBLISHED = Counter("patchlog_events_published", "Events that were published on Kafka.")


def count_folded(records: int, seconds: float, became: Iterable[Became]) -> None:
    """Count one batch."""
    FOLDS.observe(seconds)
    RECORDS.inc(records)
    for one in became:
        MAILS.labels(one.project or NO_PROJECT, one.outcome).inc()


class Pulse:
    """Whether a loop comes round."""

    def __init__(self) -> None:
        self._beaten_at = time.monotonic()

    def beat(self) -> None:
        self._beaten_at = time.monotonic()

    def why_dead(self) -> str:
        """ "" for a loop that came round lately; else how long it has not."""
        seconds = time.monotonic() - self._beaten_at
        return "" if seconds < STUCK_SECONDS else f"the loop has not come round for {seconds:.0f} s"


class Stores:
    """Asks the log and the read model, one at a time, whoever wants to know."""

    def __init__(self, log: Log, reader: Reader, log_url: str, database_url: str) -> None:
        self._log, self._reader = log, reader
        self._urls = {"log": log_url, "database": database_url}
        self._lock = threading.Lock()
        self._published: tuple[int, int] | None = None

    def note_published(self, place: tuple[int, int]) -> None:
        """Note the place up to which all events are published. Where nobody notes one, nothing is published."""
        self._published = place

    def why_not_ready(self) -> str:
        """ "" where both answer. Raises what they raise."""
        with self._lock:
            self._log.end()
            with self._reader.connect() as connection:
                read_position(connection)
        return ""

    def describe(self) -> Iterable[Metric]:
        """Nothing: the names are found out when somebody asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The figures that are looked up when somebody asks. What cannot be reached is missing, and said to be."""
        with self._lock:
            position = None
            try:
                position = yield from self._database()
            except Exception:  # whatever it is: the database does not answer
                yield _gauge("patchlog_database_reachable", "Whether the read model answers.", 0)
            try:
                yield from self._end(position)
            except LogError:
                yield _gauge("patchlog_log_reachable", "Whether the log answers.", 0)
            yield from _disks(self._urls)

    def _database(self) -> Generator[Metric, None, int]:
        with self._reader.connect() as connection:
            status = read_status(connection)
            incomplete = count_incomplete(connection, now_us() - INCOMPLETE_US)
            behind = None if self._published is None else events_waiting(connection, *self._published)[0]
        yield _gauge("patchlog_database_reachable", "Whether the read model answers.", 1)
        yield _gauge("patchlog_projector_position", "Id of the last record that was folded.", status.position)
        yield _gauge("patchlog_series_incomplete", "Series that are incomplete for more than a day.", incomplete)
        yield _by("reason", "patchlog_dead_letters", "Dead letters, by reason.", status.dead_letters)
        yield _by("reason", "patchlog_dead_letters_alarming", "Those that somebody has to look at.", status.alarms)
        yield _by("project", "patchlog_copies_alarming", "Conflicting copies not acknowledged.", status.copy_alarms)
        if behind is not None:
            yield _gauge("patchlog_publishing_lag_events", "Events that are not published yet.", behind)
        return status.position

    def _end(self, position: int | None) -> Iterator[Metric]:
        lag = lag_of(self._log, position or 0)
        yield _gauge("patchlog_log_reachable", "Whether the log answers.", 1)
        yield _gauge("patchlog_log_end", "Id of the last record on the log.", lag.end)
        if position is not None:
            yield _gauge("patchlog_projector_lag_records", "Records that are not folded yet.", lag.records)
            yield _gauge(
                "patchlog_projector_lag_seconds", "How long the first of them has been on the log.", lag.seconds
            )


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value)


def _by(label: str, name: str, text: str, counted: dict[str, int]) -> Metric:
    found = GaugeMetricFamily(name, text, labels=[label])
    for value, n in counted.items():
        found.add_metric([value], n)
    return found


def _disks(urls: dict[str, str]) -> Iterator[Metric]:
    free = GaugeMetricFamily("patchlog_disk_free_bytes", "Room for what is on a disk here.", labels=["store"])
    size = GaugeMetricFamily("patchlog_disk_size_bytes", "How large that disk is.", labels=["store"])
    for store, url in urls.items():
        if (room := room_of(url)) is not None:
            free.add_metric([store], room.free_bytes)
            size.add_metric([store], room.size_bytes)
    yield from (free, size)
