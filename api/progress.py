"""Lets requests wait until the read model has come far enough, with one look at it for all of them."""

import asyncio
from collections.abc import Callable

from projector.readmodel.generations import Changes, NoReadModel, Reader, is_unavailable
from projector.readmodel.queries import Reached, read_reached

RECORD_LOOK_SECONDS = 0.01
"""How soon one who wrote sees that it was folded. A look costs some 80 us, and there is none while nobody waits."""
FEED_LOOK_SECONDS = 0.05
"""How soon one who waits for events sees them. That is for hours: with 0.01 it took a worker 5% of a core."""
LISTEN_SECONDS_MAX = 1.0
"""How long a database that tells of changes is trusted to do so."""


class Progress:
    """Knows how far the read model is while somebody waits for it.

    A database that tells of changes is listened to; at another it looks every so many seconds.
    """

    def __init__(self, reader: Reader, look_seconds: float) -> None:
        self._reader, self._look_seconds = reader, look_seconds
        self._changes: Changes | None = None
        self._reached: Reached | None = None
        self._waiting: dict[asyncio.Future[None], Callable[[Reached], bool]] = {}
        self._looking: asyncio.Task[None] | None = None

    async def folded(self, record: int, seconds: float) -> bool:
        """Wait until a record was folded; False when it was not in time."""
        return await self._wait(lambda reached: reached.position >= record, seconds)

    async def event_after(self, project: int | None, time_us: int, seconds: float) -> bool:
        """Wait until a project, or any one, has an event behind this time; False when none came."""

        def has_come(reached: Reached) -> bool:
            feeds = reached.feeds
            return (max(feeds.values(), default=0) if project is None else feeds.get(project, 0)) > time_us

        return await self._wait(has_come, seconds)

    async def _wait(self, is_over: Callable[[Reached], bool], seconds: float) -> bool:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = is_over
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.pop(future, None)
        return True

    async def _look(self) -> None:
        if self._changes is None:  # before the first look, so that nothing is missed between the two
            self._changes = self._reader.changes()
        while self._waiting:
            reached = self._read()
            if reached is not None:
                for future, is_over in list(self._waiting.items()):
                    if not future.done() and is_over(reached):
                        future.set_result(None)
            await _heard(self._changes, self._look_seconds)

    def _read(self) -> Reached | None:
        """How far it is; None where it cannot be asked now, as while a replay's result takes over."""
        try:
            with self._reader.connect() as connection:
                self._reached = read_reached(connection, self._reached)
        except NoReadModel:
            return None
        except Exception as error:
            if not is_unavailable(error):
                raise
            return None
        return self._reached


async def _heard(changes: Changes, look_seconds: float) -> None:
    """Wait until something may have changed: until the database tells, or for as long as one looks anew."""
    descriptor = changes.fileno()
    if descriptor is None:
        await asyncio.sleep(look_seconds)
    else:
        loop = asyncio.get_running_loop()
        heard = asyncio.Event()
        loop.add_reader(descriptor, heard.set)
        try:
            await asyncio.wait_for(heard.wait(), LISTEN_SECONDS_MAX)
        except TimeoutError:
            pass
        finally:
            loop.remove_reader(descriptor)
    changes.take()
