"""The live projector: follows the log, announces what became complete, lets waits end."""

import fcntl
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import structlog

from ingest.log import Log, LogUnavailable
from ingest.log.advance import advance_clock, seconds_until
from projector.generation import Generation, NotLive
from projector.readmodel.generations import ReadModels

BATCH = 500
IDLE_SECONDS = 1.0

logger = structlog.get_logger()


def follow(log: Log, models: ReadModels, is_stopping: Callable[[], bool]) -> None:
    """Fold the log into the live generation until told to stop. One at a time: others stand by until it is gone."""
    with _take_turn(models, is_stopping) as held:
        if held is None:
            return
        while not is_stopping():
            generation = open_live(log, models)
            try:
                _follow(log, generation, is_stopping)
            except NotLive as error:
                logger.info("generation.left", generation=generation.number, why=str(error))
            finally:
                generation.close()


def open_live(log: Log, models: ReadModels) -> Generation:
    """Open the live generation; where there is none, make one and let it be live at once.

    A generation that was retired while its successor was not made live yet (a replay that was killed between the two)
    is followed by the successor, as soon as that has what the retired one has.
    """
    number = models.live()
    if number is None:
        number = models.create()
        models.point_to(number)
        logger.info("generation.made", generation=number)
    successor, position = models.successor(number)
    if successor == 0:
        return Generation(log, models, number)
    generation = Generation(log, models, successor)
    generation.reach(position, BATCH)
    models.point_to(successor)
    return generation


def _follow(log: Log, generation: Generation, is_stopping: Callable[[], bool]) -> None:
    logger.info("projector.follows", generation=generation.number, position=generation.position)
    while not is_stopping():
        try:
            if generation.fold(BATCH):
                continue
            facts = generation.announcements()
            if facts:
                log.append(facts)
                continue
            if not _wait(log, generation):
                log.wait(generation.position, IDLE_SECONDS)
        except LogUnavailable as error:
            logger.warning("log.unavailable", why=str(error))
            time.sleep(IDLE_SECONDS)


def _wait(log: Log, generation: Generation) -> bool:
    """Let a wait end whose time has come; or wait for a record no longer than until then. False when nothing waits."""
    until_us = generation.next_wait_us()
    if until_us is None:
        return False
    if not advance_clock(log, until_us):
        log.wait(generation.position, max(0.0, min(IDLE_SECONDS, seconds_until(until_us))))
    return True


class _take_turn:
    """Holds the lock of the live projector: the file is None where it was told to stop before it came to that."""

    def __init__(self, models: ReadModels, is_stopping: Callable[[], bool]) -> None:
        self._path = Path(f"{models.pointer}.projector")
        self._is_stopping = is_stopping
        self._file: TextIO | None = None

    def __enter__(self) -> TextIO | None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a")
        stands_by = False
        while not self._is_stopping():
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not stands_by:
                    logger.info("projector.stands-by", lock=str(self._path))
                stands_by = True
                time.sleep(0.2)
            else:
                self._file = file
                return file
        file.close()
        return None

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
