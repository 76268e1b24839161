"""Who waits for a file hears of each change, also of one that came before the wait, and sees it without a bell, too."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.log import bell as bells
from ingest.log import open_log
from ingest.log.bell import Bell, ring
from tests.ingest.log.facts import state

LONG_SECONDS = 60.0


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "log.db").touch()
    return str(tmp_path / "log.db")


@pytest.fixture
def bell(path: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bell]:
    monkeypatch.setattr(bells, "LOOK_SECONDS", LONG_SECONDS)
    bell = Bell(path)
    yield bell
    bell.close()


def test_nothing_is_heard_where_nobody_rang(bell: Bell) -> None:
    assert not bell.wait(0)


def test_a_ring_before_the_wait_is_heard_once(bell: Bell, path: str) -> None:
    for _ in range(3):
        ring(path)
        ring(path)
        assert bell.wait(LONG_SECONDS)
        assert not bell.wait(0)


def test_a_ring_ends_a_wait(bell: Bell, path: str) -> None:
    heard: list[bool] = []
    waiting = threading.Thread(target=lambda: heard.append(bell.wait(LONG_SECONDS)))
    waiting.start()
    ring(path)
    waiting.join(LONG_SECONDS)
    assert heard == [True]


def test_each_hears_every_ring(bell: Bell, path: str) -> None:
    other = Bell(path)
    ring(path)
    assert (bell.wait(LONG_SECONDS), other.wait(LONG_SECONDS)) == (True, True)
    other.close()


def test_a_file_that_is_gone_rings_no_bell_and_harms_nobody(tmp_path: Path) -> None:
    ring(str(tmp_path / "nothing"))
    bell = Bell(str(tmp_path / "nothing"))
    assert not bell.wait(0)
    bell.close()


@pytest.mark.parametrize("has_bells", [True, False])
def test_a_follower_hears_of_all_that_others_and_it_itself_append(
    path: str, has_bells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if has_bells:
        monkeypatch.setattr(bells, "LOOK_SECONDS", LONG_SECONDS)
    else:
        monkeypatch.setattr(bells, "_listen", lambda path: None)
    follower, author = open_log(f"sqlite:///{path}"), open_log(f"sqlite:///{path}")
    assert not follower.wait(1, 0.0)
    for id, log in enumerate((author, follower, author), start=2):
        writing = threading.Thread(target=log.append, args=([state(id)],))
        writing.start()
        assert follower.wait(id - 1, LONG_SECONDS)
        writing.join()
    follower.close()
    author.close()
