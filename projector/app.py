"""The projector as a process, and a replay as a command."""

import signal
import threading

import structlog

from ingest.log import LogError, open_log
from projector.generation import CannotFold
from projector.live import follow
from projector.readmodel.generations import ReadModels
from projector.replay import Progress
from projector.replay import replay as replay_log
from schemas.settings import Settings

logger = structlog.get_logger()


def run(settings: Settings) -> int:
    """Follow the log until SIGTERM or SIGINT; gives the exit code: 0, or 1 with one line that says what is wrong."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    try:
        log = open_log(settings.log_url)
        try:
            follow(log, ReadModels(settings.database_url), stopping.is_set)
        finally:
            log.close()
    except CannotFold as error:
        logger.exception("projector.stopped", why=str(error))
        return 1
    except (LogError, ValueError, AssertionError) as error:
        logger.error("projector.stopped", why=str(error))
        return 1
    return 0


def replay(settings: Settings, progress: Progress, *, batch_size: int = 500, drop_old: bool = False) -> int:
    """Fill the next generation from the log and make it live; gives its number.

    Raises LogError, ReplayRunning, ValueError for a URL that is none.
    """
    log = open_log(settings.log_url)
    try:
        return replay_log(log, ReadModels(settings.database_url), progress, batch_size=batch_size, drop_old=drop_old)
    finally:
        log.close()
