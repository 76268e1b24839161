"""Waiting for what changes, on either kind of database."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from projector.readmodel.database import Changes
from projector.readmodel.generations import Reader, ReadModels
from tests.e2e.running import eventually
from tests.projector.fold.mailing import series
from tests.projector.fold.world import World

PATIENCE_SECONDS = 30.0


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    yield world
    world.close()


@pytest.fixture
def changes(world: World, database_url: str) -> Iterator[Changes]:
    """Made when the world is there."""
    reader = Reader(database_url)
    changes = reader.changes()
    while changes.take():
        pass
    yield changes
    changes.close()
    reader.close()


def test_nothing_has_changed_until_the_projector_writes(world: World, changes: Changes) -> None:
    assert not changes.take()
    assert not changes.wait(0.05)
    world.append(*series("a", 2))
    assert not changes.wait(0.05), "what is on the log is not yet in the tables"
    world.catch_up()
    assert changes.wait(PATIENCE_SECONDS)
    eventually(lambda: not changes.wait(0.05))


def test_who_waits_is_woken_before_the_wait_is_over(world: World, changes: Changes) -> None:
    woken: list[bool] = []
    waiter = threading.Thread(target=lambda: woken.append(changes.wait(threading.TIMEOUT_MAX)), daemon=True)
    waiter.start()
    world.append(*series("a", 2))
    world.fold()
    waiter.join(PATIENCE_SECONDS)
    assert woken == [True]


def test_every_one_of_many_changes_is_told(world: World, changes: Changes) -> None:
    for number in range(20):
        world.append(*series(f"s{number}", 1))
        world.fold()
        assert changes.wait(PATIENCE_SECONDS), number
        while changes.take():
            pass


def test_pointer_that_moves_is_a_change(world: World, changes: Changes) -> None:
    models: ReadModels = world.models
    models.point_to(models.create())
    assert changes.wait(PATIENCE_SECONDS)


def test_watching_what_is_gone_makes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/read%20model.db"
    models = ReadModels(url)
    models.point_to(models.create())
    models.drop(1)
    changes = Reader(url).changes()
    assert not changes.wait(0.05)
    assert models.numbers() == []
    changes.close()


def test_watching_may_begin_before_there_is_anything(database_url: str) -> None:
    changes = Reader(database_url).changes()
    world = World(database_url)
    assert changes.wait(PATIENCE_SECONDS)
    while changes.take():
        pass
    world.append(*series("a", 1))
    world.fold()
    assert changes.wait(PATIENCE_SECONDS)
    changes.close()
    world.close()


def test_event_loop_can_watch_where_there_is_something_to_watch(world: World, changes: Changes) -> None:
    async def story() -> None:
        heard = asyncio.Event()
        descriptor = changes.fileno()
        loop = asyncio.get_running_loop()
        if descriptor is None:
            pytest.skip("SQLite tells nobody: there the clock decides when to look")
        loop.add_reader(descriptor, lambda: heard.set() if changes.take() else None)
        world.append(*series("a", 2))
        await loop.run_in_executor(None, world.fold)
        await asyncio.wait_for(heard.wait(), PATIENCE_SECONDS)
        loop.remove_reader(descriptor)

    asyncio.run(story())
