"""The private PostgreSQL cluster, as an operator starts and stops it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.databases import SCRIPT, Cluster, plain, start_cluster


@pytest.fixture
def own() -> Iterator[Cluster]:
    """A cluster that no other test uses."""
    cluster = start_cluster()
    yield cluster
    cluster.close()


def answer(url: str) -> object:
    with psycopg.connect(plain(url)) as connection:
        return connection.execute("SELECT current_database()").fetchone()


def test_its_last_word_is_a_url_that_answers_and_stays_when_it_is_started_again(own: Cluster) -> None:
    assert answer(own.url) == ("patchlog",)
    assert own.run("start").stdout.split()[-1] == own.url
    assert own.run("status").stdout.split()[-1] == own.url
    own.run("stop")
    own.run("stop")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        own.run("status")
    assert (refused.value.returncode, "no cluster runs in" in refused.value.output) == (3, True)
    assert own.run("start", "--throw-away").stdout.split()[-1] == own.url
    assert answer(own.url) == ("patchlog",)


def test_one_that_was_killed_starts_again(own: Cluster) -> None:
    os.kill(own.pid(), signal.SIGKILL)
    own.start_again()
    assert answer(own.url) == ("patchlog",)


@pytest.mark.parametrize(
    "arguments", [(), ("start",), ("start", "--data"), ("begin", "--data", "x"), ("start", "--data", "x", "y")]
)
def test_wrong_use_exits_with_2(arguments: tuple[str, ...], tmp_path: Path) -> None:
    refused = subprocess.run([str(SCRIPT), *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (refused.returncode, refused.stderr.startswith("usage: local-cluster")) == (2, True), refused
