"""Requests that wait for the read model share one look at it, and there is none while nobody waits."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from api.progress import Progress
from projector.readmodel import tables
from projector.readmodel.generations import Reader
from tests.projector.fold.mailing import mail
from tests.projector.fold.world import World

LOOK_SECONDS = 0.001


class CountingReader(Reader):
    """A reader that knows how often it was asked."""

    looks = 0

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        self.looks += 1
        with super().connect() as connection:
            yield connection


class Waiting:
    """A world, and what waits for it."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.reader = CountingReader(f"sqlite:///{folder}/readmodel.db")
        self.progress = Progress(self.reader, LOOK_SECONDS)

    async def while_mail_comes(self, *waits: Coroutine[Any, Any, bool]) -> list[bool]:
        """What they get when they wait already, and a series comes."""
        tasks = [asyncio.create_task(wait) for wait in waits]
        before = self.reader.looks
        while self.reader.looks < before + 3:
            await asyncio.sleep(0)
        self.world.append(mail("[PATCH] net: fix", "a"))
        self.world.catch_up()
        return await asyncio.gather(*tasks)


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[Waiting]:
    waiting = Waiting(tmp_path)
    yield waiting
    waiting.reader.close()
    waiting.world.close()


def test_those_who_wait_are_told_when_it_came(waiting: Waiting) -> None:
    (project,), record = waiting.world.rows(tables.project), waiting.world.log.end() + 1
    waits = (waiting.progress.folded(record, 60), waiting.progress.event_after(project["id"], 0, 60))
    assert asyncio.run(waiting.while_mail_comes(*waits)) == [True, True]


def test_those_who_wait_in_vain_are_told_so(waiting: Waiting) -> None:
    assert asyncio.run(waiting.progress.folded(waiting.world.log.end() + 1, 0.02)) is False
    assert asyncio.run(waiting.progress.event_after(99, 0, 0.02)) is False


def test_a_hundred_who_wait_take_one_look_and_nobody_takes_none(waiting: Waiting) -> None:
    async def a_hundred() -> int:
        record = waiting.world.log.end()
        await asyncio.gather(*(waiting.progress.folded(record, 60) for _ in range(100)))
        return waiting.reader.looks

    assert asyncio.run(a_hundred()) == 1
    assert asyncio.run(waiting.progress.folded(waiting.world.log.end(), 60)) is True
    assert waiting.reader.looks == 2
