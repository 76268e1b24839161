"""Replay: fills the next generation beside the live one, then moves the pointer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ingest.log import Log
from projector.generation import Generation, NotLive
from projector.live import open_live
from projector.readmodel.generations import MOMENT, SUCCESSOR, ReadModels

Progress = Callable[[int, int], None]
"""Is told the position, and the end of the log as it is by now; first before anything was folded."""

BATCH = 2000
"""Records in one transaction: more than a live projector takes, since nobody waits to see them, and a page of the
database that several of them change is written once.
"""


class ReplayRunning(Exception):
    """Another replay is at work on these read models."""


class ReplayStopped(Exception):
    """A replay was told to stop before it was through."""


def replay(
    log: Log,
    models: ReadModels,
    progress: Progress,
    *,
    batch_size: int = BATCH,
    fresh: bool = False,
    drop_old: bool = False,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Fold the whole log into a new generation, make it the live one and give its number.

    Readers stay where they are until the pointer moves; a live projector goes on with the new generation by itself.
    Raises ReplayRunning, and ReplayStopped when told to stop. What a replay that was stopped has filled, the next one
    goes on to fill, unless this program would have filled it otherwise, or it is to begin afresh. Old generations stay
    until they are to be dropped.
    """
    with alone(models):
        generation = Generation(log, models, _next(log, models, fresh))
        try:
            fill(generation, log.end, progress, batch_size=batch_size, is_stopping=is_stopping)
            _switch(models, generation, batch_size)
            progress(generation.position, log.end())
        finally:
            generation.close()
        if drop_old:
            _drop_old(models)
        return generation.number


@contextmanager
def alone(models: ReadModels) -> Iterator[None]:
    """Keep all others from replaying. Raises ReplayRunning."""
    lock = models.try_lock("replay")
    if lock is None:
        raise ReplayRunning(f"{models.name}: another replay is running; wait for it, or stop it")
    try:
        yield
    finally:
        lock.release()


def fill(
    generation: Generation,
    find_end: Callable[[], int],
    progress: Progress,
    *,
    batch_size: int,
    is_stopping: Callable[[], bool],
) -> None:
    """Fold up to an end that may move meanwhile. Raises ReplayStopped."""
    while True:
        end = find_end()
        progress(generation.position, end)
        if generation.position >= end:
            return
        if is_stopping():
            raise ReplayStopped(f"stopped at record {generation.position} of {end}")
        with suppress(NotLive):  # a projector that found nothing live has made this one live, and folds it too
            generation.fold(min(batch_size, end - generation.position))


def _next(log: Log, models: ReadModels, fresh: bool) -> int:
    """The generation to fill: one that was begun, or a new one. All others that were begun go."""
    begun = _begun(models)
    usable = [number for number in begun if not fresh and _is_as_ours(models, number)]
    live = models.live()
    successor = models.successor(live)[0] if live is not None else 0
    if successor and successor not in usable:
        open_live(log, models).close()  # a switch to it was begun: only that generation can end it
        begun, usable = _begun(models), []
    chosen = successor if successor in usable else max(usable, default=0)
    for number in begun:
        if number != chosen:
            models.drop(number)
    return chosen or models.create()


def _begun(models: ReadModels) -> list[int]:
    """The generations that have never been live, and are not to be kept as the state of a moment."""
    pointed = set(models.pointed().values())
    abouts = {number: models.about(number) for number in models.numbers() if number not in pointed}
    kept = {
        number for number, about in abouts.items() if about is not None and (about.retired or about.purpose == MOMENT)
    }
    return [number for number in abouts if number not in kept]


def _is_as_ours(models: ReadModels, number: int) -> bool:
    """Whether a generation is to be live, and this program would have filled it in the same way."""
    about = models.about(number)
    return about is not None and about.is_ours and about.purpose == SUCCESSOR


def _switch(models: ReadModels, generation: Generation, batch_size: int) -> None:
    live = models.live()
    if live not in (None, generation.number):
        assert live is not None
        stopped_at = models.retire(live, generation.number)
        generation.reach(stopped_at, batch_size)  # a live projector may be at it too, from now on
    models.point_to(generation.number)


def _drop_old(models: ReadModels) -> None:
    """Drop all that were live and are not any more, for any version of this program."""
    pointed = set(models.pointed().values())
    for number in models.numbers():
        about = models.about(number) if number not in pointed else None
        if about is not None and about.retired:
            models.drop(number)
