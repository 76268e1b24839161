"""Parsing in other processes: the same records in the same order, and an end when the one that asked is gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ingest.archive.contract import ArchivedMail, ArchiveError
from ingest.archive.parsing import Chunk, parse_apart, parse_chunks, start_processes
from tests.ingest.archive.making import mail

ASKING = """
import os, sys, time
from ingest.archive.parsing import start_processes
if __name__ == "__main__":
    pool = start_processes(2)
    print(pool.submit(os.getpid).result(), flush=True)
    time.sleep(600)
"""


def chunks() -> Iterator[Chunk]:
    mails = [ArchivedMail(mail(number, list_id=""), f"key {number}", "", None, number) for number in range(1, 51)]
    for first in range(0, 50, 4):
        yield Chunk(mails[first : first + 4], first + 1)


def test_other_processes_give_the_same_records_in_the_same_order() -> None:
    with start_processes(2) as pool:
        apart = list(parse_apart(pool, 4, chunks(), "import:a", "demo.example.org"))
    assert apart == list(parse_chunks(chunks(), "import:a", "demo.example.org", 0))
    assert [fact.raw for _, facts in apart for fact in facts] == [mail(n, list_id="") for n in range(1, 51)]


def test_killed_process_is_an_error_in_one_sentence() -> None:
    with start_processes(1) as pool:
        found = parse_apart(pool, 1, chunks(), "import:a", "")
        next(found)
        os.kill(pool.submit(os.getpid).result(), signal.SIGKILL)
        with pytest.raises(ArchiveError, match="a process that parses mail was killed"):
            list(found)


def test_processes_end_when_the_one_that_started_them_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", ASKING], stdout=subprocess.PIPE) as asking:
        assert asking.stdout is not None
        assert int(asking.stdout.readline()) > 0
        asking.kill()
        assert asking.stdout.read() == b""  # the pipe ends when its last writer, which is one of them, has ended
