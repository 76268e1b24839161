"""Replay: fills the next generation beside the live one, then moves the pointer."""

import fcntl
from collections.abc import Callable
from pathlib import Path

from ingest.log import Log
from projector.generation import Generation
from projector.readmodel.generations import ReadModels

Progress = Callable[[int, int], None]
"""Is told the position, and the end of the log as it is by now."""


class ReplayRunning(Exception):
    """Another replay is at work on these read models."""


def replay(log: Log, models: ReadModels, progress: Progress, *, batch_size: int = 500, drop_old: bool = False) -> int:
    """Fold the whole log into a new generation, make it the live one and give its number.

    Readers stay where they are until the pointer moves; a live projector goes on with the new generation by itself.
    Raises ReplayRunning. A replay that was stopped leaves a generation that nobody reads; the next one takes it away.
    """
    lock = Path(f"{models.pointer}.replay")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReplayRunning(f"{lock}: another replay is running; wait for it, or stop it") from None
        return _replay(log, models, progress, batch_size, drop_old)


def _replay(log: Log, models: ReadModels, progress: Progress, batch_size: int, drop_old: bool) -> int:
    live = models.live()
    for number in models.numbers():
        if live is None or number > live:
            models.drop(number)
    generation = Generation(log, models, models.create())
    try:
        _catch_up(log, generation, progress, batch_size)
        if live is not None:
            stopped_at = models.retire(live, generation.number)
            generation.reach(stopped_at, batch_size)  # a live projector may be at it too, from now on
        models.point_to(generation.number)
        progress(generation.position, log.end())
    finally:
        generation.close()
    if drop_old and live is not None:
        models.drop(live)
    return generation.number


def _catch_up(log: Log, generation: Generation, progress: Progress, batch_size: int) -> None:
    while generation.fold(batch_size):
        progress(generation.position, log.end())
