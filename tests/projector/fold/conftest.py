"""A fresh world for each test, on each kind of database."""

from collections.abc import Iterator

import pytest

from tests.projector.fold.world import World


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    world = World(database_url)
    yield world
    world.close()
