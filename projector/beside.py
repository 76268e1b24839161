"""Generations that are never live: what a replay would change, and the state as of a moment."""

from collections.abc import Callable, Container
from datetime import UTC, datetime

import msgspec

from ingest.log import Log
from projector.differences import Differences, Snapshot, compare, expect
from projector.fold.moment import microseconds
from projector.generation import Generation
from projector.readmodel.generations import MOMENT, PASSING, About, NoReadModel, ReadModels
from projector.readmodel.preceding import read_preceding
from projector.readmodel.queries.snapshots import read_snapshot
from projector.readmodel.queries.status import read_position
from projector.replay import BATCH, Progress, alone, fill


def rehearse(
    log: Log,
    models: ReadModels,
    progress: Progress,
    *,
    batch_size: int = BATCH,
    is_stopping: Callable[[], bool] = lambda: False,
) -> Differences:
    """Fill a generation beside the live one, say what is other in it, and drop it. Changes nothing.

    Both are compared where the live one is on the log, which may be behind its end. One of another schema version has
    no such tables: then it is only said what will be announced. Raises NoReadModel where nothing is live,
    ReplayRunning, and ReplayStopped when told to stop.
    """
    with alone(models):
        live = _live_of_any_version(models)
        if live is None:
            raise NoReadModel(f"{models.name}: no live read model to compare with; `patchlog replay` makes one")
        drop_passing(models)
        generation = Generation(log, models, models.create(PASSING))
        try:
            fill(
                generation,
                lambda: models.successor(live)[1],
                progress,
                batch_size=batch_size,
                is_stopping=is_stopping,
            )
            before, position = (_look if models.live() == live else _look_at_position)(models, live)
            generation.reach(position, batch_size)
            preceding = read_preceding(models, live)
            generation.know_preceding([preceding] if preceding is not None else [])
            after, _ = _look(models, generation.number, generation.rebuilt())
        finally:
            generation.close()
            models.drop(generation.number)
    return compare(before, after) if before is not None else expect(after)


def _live_of_any_version(models: ReadModels) -> int | None:
    """The live generation: this version's, or else the one that has most of the log."""
    live, there = models.live(), models.numbers()
    if live is not None:
        return live
    abouts = [models.about(number) for number in models.pointed().values() if number in there]
    found = [(about.position, about.number) for about in abouts if about is not None]
    return max(found)[1] if found else None


def build_moment(
    log: Log,
    models: ReadModels,
    until: datetime,
    progress: Progress,
    *,
    batch_size: int = BATCH,
    is_stopping: Callable[[], bool] = lambda: False,
) -> int:
    """Fold what was recorded up to a moment into a generation that is never live, and give its number.

    It stays until it is dropped by its number. Raises ValueError where nothing had been recorded, ReplayRunning, and
    ReplayStopped when told to stop, with nothing left.
    """
    with alone(models):
        drop_passing(models)
        end = last_until(log, until)
        if end == 0:
            raise ValueError(f"nothing had been recorded by {until.isoformat()}: the log begins later")
        generation = Generation(log, models, models.create(PASSING))
        try:
            fill(generation, lambda: end, progress, batch_size=batch_size, is_stopping=is_stopping)
        except BaseException:
            generation.close()
            models.drop(generation.number)
            raise
        generation.close()
        models.keep(generation.number, microseconds(until))
        return generation.number


def last_until(log: Log, until: datetime) -> int:
    """The id of the last record that was recorded at a moment or before it; 0 where none was.

    Where the clocks of several machines stamped records, their order is the log's: the moment is where a search by
    halves finds it.
    """
    low, high = 0, log.end()
    while low < high:
        middle = (low + high + 1) // 2
        (record,) = log.read(middle - 1, 1)
        low, high = (middle, high) if record.recorded_at <= until else (low, middle - 1)
    return low


def drop_generation(models: ReadModels, number: int) -> None:
    """Drop a generation that is not live. Raises ValueError that says why it cannot be, and ReplayRunning."""
    with alone(models):
        pointed = models.pointed().values()
        if number not in models.numbers():
            raise ValueError(f"there is no generation {number}: `patchlog replay --list` names all")
        if number in pointed:
            raise ValueError(f"generation {number} is live: it can be dropped when another one is")
        if number in {models.successor(live)[0] for live in pointed if live in models.numbers()}:
            raise ValueError(f"generation {number} is about to be live: `patchlog replay` ends what was begun with it")
        models.drop(number)


def drop_passing(models: ReadModels) -> None:
    """Drop what was to be looked at once, and was left by somebody who was killed."""
    for number in models.numbers():
        about = models.about(number)
        if about is not None and about.purpose == PASSING:
            models.drop(number)


def _look(models: ReadModels, generation: int, rebuilt: Container[tuple[str, int]] = ()) -> tuple[Snapshot, int]:
    """What a generation shows, and the position where it does. rebuilt: as for `read_snapshot`."""
    engine = models.engine(generation, read_only=True)
    with engine.connect() as connection:
        found = read_snapshot(connection, rebuilt), read_position(connection)
    engine.dispose()
    return found


def _look_at_position(models: ReadModels, generation: int) -> tuple[None, int]:
    """Where a generation is whose tables are those of another version."""
    return None, models.successor(generation)[1]


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A generation for people.

    state: "live", "old" (it was live), "unfinished", "as of" (the moment `until`), "dry run", or "broken". A live one
    may be that of another version of this program.
    """

    generation: int
    state: str
    until: datetime | None
    records: int
    schema_version: int
    parser_version: int


def list_generations(models: ReadModels) -> list[Listed]:
    """All generations that are there, lowest first."""
    pointed = set(models.pointed().values())
    return [_listed(number, models.about(number), number in pointed) for number in models.numbers()]


def _listed(number: int, about: About | None, is_live: bool) -> Listed:
    if about is None:
        return Listed(generation=number, state="broken", until=None, records=0, schema_version=0, parser_version=0)
    state = {PASSING: "dry run", MOMENT: "as of"}.get(about.purpose, "old" if about.retired else "unfinished")
    until = datetime.fromtimestamp(about.until_us / 1_000_000, UTC) if about.purpose == MOMENT else None
    return Listed(
        generation=number,
        state="live" if is_live else state,
        until=until,
        records=about.position,
        schema_version=about.schema_version,
        parser_version=about.parser_version,
    )
