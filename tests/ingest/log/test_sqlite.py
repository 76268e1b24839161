"""The SQLite driver: the common suite, and what only a file can suffer."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.log import LogError, LogUnavailable, Replaced, open_log
from ingest.log.codec import Codec
from ingest.log.sqlite import SqliteLog
from ingest.log.sqlite_file import ROWS_MAX
from ingest.log.writer import WAITING_MAX_BYTES
from schemas.records import MailReceived
from tests.ingest.log.contract import LogContract, numbers
from tests.ingest.log.facts import MAIL, STUB, WHEN, state

FULL_DISK = """
import os, resource, sys
from ingest.log import LogUnavailable, open_log
from schemas.records import MailReceived
from tests.ingest.log.facts import WHEN, state

log = open_log(sys.argv[1])
log.append([state(1)])
unlimited, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
small, large = log.submit([state(2)]), MailReceived(source="smtp", received_at=WHEN, raw=os.urandom(2_000_000))
print(small.result(30))
try:
    log.append([state(3), large])
except LogUnavailable as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (unlimited, hard))
print(log.append([state(4)]))
log.close()
"""


class TestSqliteLog(LogContract):
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        return f"sqlite:///{tmp_path}/folder/log.db"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


@pytest.mark.parametrize("count", [ROWS_MAX - 1, ROWS_MAX, ROWS_MAX + 1, 2 * ROWS_MAX + 1])
def test_a_batch_of_any_length_is_written_in_its_order(path: Path, count: int) -> None:
    log = SqliteLog(str(path))
    assert log.append([*map(state, range(count))]) == list(range(2, count + 2))
    assert numbers(log.read(0)) == list(range(count))
    log.close()


def test_records_are_replaced_while_others_append(path: Path) -> None:
    log, other = open_log(f"sqlite:///{path}"), open_log(f"sqlite:///{path}")
    ids = log.append([MAIL, *map(state, range(5))])
    before = log.get(ids)
    assert log.replace({ids[0]: STUB, 99: STUB}) is Replaced.DONE
    assert other.append([state(7)]) == [ids[-1] + 1]
    after = other.get(ids)
    assert (after[0].fact, after[0].recorded_at) == (STUB, before[0].recorded_at)
    assert after[1:] == before[1:]
    assert log.replace({}) is Replaced.DONE
    log.close()
    other.close()


def test_a_full_disk_refuses_the_append_and_the_log_goes_on_when_there_is_room(path: Path) -> None:
    run = subprocess.run([sys.executable, "-c", FULL_DISK, f"sqlite:///{path}"], capture_output=True, text=True)
    first, error, second = run.stdout.splitlines()
    assert (first, error.startswith(f"{path}: "), second) == ("[3]", True, "[4]"), run.stderr
    log = SqliteLog(str(path))
    assert numbers(log.read(0)) == [1, 2, 4]
    log.close()


def test_a_lock_that_others_keep_is_unavailable_and_passes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.log.sqlite.LOCK_SECONDS", 0.01)
    log = SqliteLog(str(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogUnavailable, match="locked"):
        log.append([state(1)])
    other.execute("ROLLBACK")
    assert log.append([state(2)]) == [2]
    other.close()
    log.close()


def test_more_bytes_than_may_wait_are_refused_at_once_and_nothing_that_waits_is_lost(path: Path) -> None:
    log = SqliteLog(str(path))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    large = MailReceived(source="smtp", received_at=WHEN, raw=bytes(WAITING_MAX_BYTES // 5))
    futures = [log.submit([large]) for _ in range(6)]
    other.execute("ROLLBACK")
    other.close()
    outcomes = [future.exception(30) for future in futures]
    assert isinstance(outcomes[-1], LogUnavailable)
    assert log.end() == 1 + outcomes.count(None) > 2
    log.close()


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" * 100)
    with pytest.raises(LogError, match="not a database"):
        open_log(f"sqlite:///{path}")


def test_another_database_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE mine (x)")
    other.close()
    with pytest.raises(LogError, match="expected a Patchlog log"):
        open_log(f"sqlite:///{path}")
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("mine",)]
    other.close()


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(LogUnavailable, match="file"):
        open_log(f"sqlite:///{tmp_path}/file/log.db")


def test_a_record_of_a_later_version_stops_its_reader_and_says_which(path: Path) -> None:
    log = SqliteLog(str(path))
    codec = Codec()
    later = codec.pack(state(1))
    with sqlite3.connect(path) as other:
        for id, packed in ((2, later), (3, later._replace(type_name="mail.forwarded"))):
            other.execute("INSERT INTO record (id, body) VALUES (?, ?)", (id, codec.seal(packed, WHEN)))
    other.close()
    assert numbers(log.read(0, limit=2)) == [1]
    with pytest.raises(LogError, match=r"record 3: .* 'mail\.forwarded' version 1"):
        log.read(2)
    log.close()
