"""The projector as a process, and a replay as a command."""

import gc
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import structlog
from prometheus_client import REGISTRY

from ingest.log import Log, LogError, open_log
from ingest.probes import Probes, answered
from ingest.tracing import start_tracing, stop_tracing
from projector import beside
from projector.differences import Differences
from projector.generation import CannotFold
from projector.live import follow
from projector.meters import Pulse, Stores
from projector.publishing import publish_events
from projector.readmodel.generations import NoReadModel, Reader, ReadModels, is_unavailable, why_unavailable
from projector.replay import BATCH, Progress
from projector.replay import replay as replay_log
from schemas.networks import read_networks
from schemas.settings import Settings

COLLECT_AT = (50_000, 20, 100)
"""When Python looks for cycles: the fold keeps many small things and makes next to none. Its usual 700 cost 7% more."""

logger = structlog.get_logger()


def run(settings: Settings) -> int:
    """Follow the log until SIGTERM or SIGINT; gives the exit code: 0, or 1 with one line that says what is wrong."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    start_tracing("projector")
    try:
        with _log_of(settings) as log:
            _follow(settings, log, stopping.is_set)
    except CannotFold as error:
        logger.exception("projector.stopped", why=str(error))
        return 1
    except (LogError, NoReadModel, ValueError, AssertionError) as error:
        logger.error("projector.stopped", why=str(error))
        return 1
    except Exception as error:
        if not is_unavailable(error):
            raise
        logger.error("projector.stopped", why=f"cannot use the database: {why_unavailable(error)}")
        return 1
    finally:
        stop_tracing()
    return 0


def _follow(settings: Settings, log: Log, is_stopping: Callable[[], bool]) -> None:
    """Follow the log, and tell about it over HTTP where the settings say so."""
    pulse = Pulse()
    stores = Stores(log, Reader(settings.database_url), settings.log_url, settings.database_url)
    networks = read_networks("metrics_clients", settings.metrics_clients)
    probes = Probes(pulse.why_dead, stores.why_not_ready, networks)

    def is_over() -> bool:
        pulse.beat()
        return is_stopping()

    REGISTRY.register(stores)
    try:
        with answered("projector_http", settings.projector_http, probes) as port:
            if port:
                logger.info("probes", port=port)
            publish = partial(publish_events, log, Reader(settings.database_url), note=stores.note_published)
            follow(log, ReadModels(settings.database_url), is_over, publish)
    finally:
        REGISTRY.unregister(stores)


def replay(
    settings: Settings, progress: Progress, *, batch_size: int = BATCH, fresh: bool = False, drop_old: bool = False
) -> int:
    """Fill the next generation from the log and make it live; gives its number.

    Raises LogError, ReplayRunning, ReplayStopped after SIGINT or SIGTERM, ValueError for a URL that is none.
    """
    with _opened(settings) as (log, models), _until_signalled() as is_stopping:
        return replay_log(
            log, models, progress, batch_size=batch_size, fresh=fresh, drop_old=drop_old, is_stopping=is_stopping
        )


def rehearse(settings: Settings, progress: Progress) -> Differences:
    """What a replay would change. Raises as `replay` does, and NoReadModel where nothing is live to compare with."""
    with _opened(settings) as (log, models), _until_signalled() as is_stopping:
        return beside.rehearse(log, models, progress, is_stopping=is_stopping)


def build_moment(settings: Settings, until: datetime, progress: Progress) -> int:
    """Build the state as of a moment; gives its generation. Raises as `replay`, and ValueError for before the log."""
    with _opened(settings) as (log, models), _until_signalled() as is_stopping:
        return beside.build_moment(log, models, until, progress, is_stopping=is_stopping)


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Log, ReadModels]]:
    with _log_of(settings) as log:
        yield log, ReadModels(settings.database_url)


@contextmanager
def _log_of(settings: Settings) -> Iterator[Log]:
    log = open_log(settings.log_url, settings.max_mail_bytes)
    before = gc.get_threshold()
    gc.set_threshold(*COLLECT_AT)
    try:
        yield log
    finally:
        gc.set_threshold(*before)
        log.close()


@contextmanager
def _until_signalled() -> Iterator[Callable[[], bool]]:
    """Whether SIGINT or SIGTERM came by now; a second one does what it always does."""
    stopping = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(*_: object) -> None:
        stopping.set()
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, stop)
    try:
        yield stopping.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
