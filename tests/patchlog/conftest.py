"""Commands are called in the process of the tests: what they make is for nobody else, as it is with the program."""

import os
from collections.abc import Iterator

import pytest

from patchlog.modes import UMASK


@pytest.fixture(autouse=True)
def own_files() -> Iterator[None]:
    """The umask that `patchlog` sets for itself."""
    before = os.umask(UMASK)
    yield
    os.umask(before)
