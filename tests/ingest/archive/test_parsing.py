"""Parsing in other processes: the same records in the same order, and an end when the one that asked is gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from ingest.archive.contract import ArchivedMail, ArchiveError
from ingest.archive.parsing import (
    LARGE_BYTES,
    Chunk,
    names_list,
    parse_apart,
    parse_chunks,
    start_processes,
    to_record,
)
from ingest.receipt import PARSED_MAX_BYTES
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


def with_large_ones() -> Iterator[Chunk]:
    """Every third chunk is one mail of more than is read while importing; its list and time stand in its header."""
    for number in range(1, 10):
        body = (f"body of {number}\n".encode() * LARGE_BYTES)[: LARGE_BYTES + 1] if number % 3 == 0 else b"small\n"
        raw = b"Date: Mon, 2 Mar 2026 11:%02d:00 +0000\nList-Id: <l%d.example.org>\n\n%b" % (number, number, body)
        yield Chunk([ArchivedMail(raw, f"key {number}", "", None, number)], number)


def test_a_large_mail_keeps_its_place_and_is_left_for_the_projector_to_read() -> None:
    with start_processes(2) as pool:
        apart = [fact for _, facts in parse_apart(pool, 4, with_large_ones(), "import:a", "") for fact in facts]
    assert apart == [fact for _, facts in parse_chunks(with_large_ones(), "import:a", "", 0) for fact in facts]
    assert [fact.archive.number for fact in apart if fact.archive] == list(range(1, 10))
    assert [number for number, fact in enumerate(apart, 1) if fact.parsed is None] == [3, 6, 9]
    assert [(fact.received_at.minute, names_list(fact)) for fact in apart] == [(n, True) for n in range(1, 10)]


@pytest.mark.parametrize(
    ("head", "list_id"),
    [
        pytest.param(b"List-Id: <other.example.org>\n", "", id="it names one"),
        pytest.param(b"", "demo.example.org", id="it names none"),
    ],
)
def test_a_large_mail_is_of_the_list_that_is_given_where_it_names_none(head: bytes, list_id: str) -> None:
    raw = b"Subject: a\n" + head + b"\n" + b"x" * PARSED_MAX_BYTES
    assert to_record(raw, None, "import:a", "demo.example.org").list_id == list_id


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
