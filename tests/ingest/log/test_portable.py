"""A log to one file and back, between SQLite and Kafka."""

import itertools
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from ingest.log import Log, LogError, open_copy, open_log
from ingest.log.portable import Export, Footer, export_log
from ingest.log.restoring import check_export, restore_log
from ingest.log.verifying import verify_log
from schemas.records import LogClosed, LogRestored
from tests.ingest.log.damage import delete, flip_byte
from tests.ingest.log.facts import EVERY_FACT, state
from tests.ingest.log.test_copying import everything, filled, ignore
from tests.kafka_cluster import KafkaCluster

Place = Callable[[str], str]
_numbers = itertools.count()


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A URL for a log of a kind, where none is yet."""

    def new(kind: str) -> str:
        number = next(_numbers)
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{number}.db"
        cluster: KafkaCluster = request.getfixturevalue("kafka")
        return f"kafka://{cluster.bootstrap}/portable-{number}"

    return new


def exported(url: str, path: Path) -> Footer:
    log = open_log(url)
    try:
        return export_log(log, path, ignore)
    finally:
        log.close()


def restored(path: Path, url: str) -> int:
    export, copy = Export(path), open_copy(url)
    there: Log | None = open_log(url) if copy.end() else None
    try:
        return restore_log(export, copy, there, ignore)
    finally:
        copy.close()
        if there is not None:
            there.close()


WAYS = [
    pytest.param("sqlite", "sqlite", id="sqlite to sqlite"),
    pytest.param("sqlite", "kafka", id="sqlite to kafka", marks=pytest.mark.xdist_group("kafka")),
    pytest.param("kafka", "sqlite", id="kafka to sqlite", marks=pytest.mark.xdist_group("kafka")),
]


@pytest.mark.parametrize(("here", "there"), WAYS)
def test_every_record_comes_back_with_its_id_and_the_log_takes_appends(
    place: Place, tmp_path: Path, here: str, there: str
) -> None:
    source_url, target_url, path = place(here), place(there), tmp_path / "file"
    filled(source_url, 2500)
    footer = exported(source_url, path)
    source = open_log(source_url)
    end = source.end()
    found = verify_log(source, [], pytest.fail, ignore)
    assert footer == Footer(records=end, last=end, running_hash=found.running.hex())
    check_export(Export(path), ignore)
    assert restored(path, target_url) == end + 1
    target = open_log(target_url)
    assert everything(target)[:-1] == everything(source)
    assert target.get([end + 1])[0].fact == LogRestored(last=end)
    assert target.append([state(7)]) == [end + 2]
    assert verify_log(target, [], pytest.fail, ignore).records == end + 2
    source.close()
    target.close()


def test_an_export_ends_where_the_log_ended_when_it_began(place: Place, tmp_path: Path) -> None:
    url, path = place("sqlite"), tmp_path / "file"
    filled(url, 5000)
    log, stopping = open_log(url), threading.Event()
    before = log.end()

    def write() -> None:
        while not stopping.is_set():
            log.append([state(1)] * 50)

    author = threading.Thread(target=write)
    author.start()
    footer = export_log(log, path, lambda done, end: log.wait(end + 100, 30) or pytest.fail("nobody appends"))
    stopping.set()
    author.join()
    assert before <= footer.last == footer.records < log.end() - 100
    assert [record.id for record in Export(path).records()] == list(range(1, footer.last + 1))
    log.close()


def test_a_restored_log_and_one_that_moved_can_be_exported_and_restored_again(place: Place, tmp_path: Path) -> None:
    first, second, third = place("sqlite"), place("sqlite"), place("sqlite")
    filled(first, 985 - len(EVERY_FACT))
    log = open_log(first)
    log.append([LogClosed(moved_to=second)])
    assert log.end() == 987
    log.close()
    exported(first, tmp_path / "one")
    assert restored(tmp_path / "one", second) == 988
    grown = open_log(second)
    grown.append([state(number) for number in range(3000)])
    grown.close()
    exported(second, tmp_path / "two")
    assert restored(tmp_path / "two", third) == 3989


def test_a_log_that_closed_another_at_the_end_of_a_batch_is_restored_whole(place: Place, tmp_path: Path) -> None:
    first, second, third = place("sqlite"), place("sqlite"), place("sqlite")
    filled(first, 998 - len(EVERY_FACT))
    log = open_log(first)
    assert log.append([LogClosed(moved_to=second)]) == [1000]
    log.close()
    exported(first, tmp_path / "one")
    restored(tmp_path / "one", second)
    exported(second, tmp_path / "two")
    copy, seen = open_copy(third), []

    def look(done: int, end: int) -> None:
        seen.append((done, copy.is_finished()))

    restore_log(Export(tmp_path / "two"), copy, None, look)
    copy.close()
    assert seen == [(1001, False)], "nobody could append in between"


def test_a_damaged_log_is_not_exported_and_leaves_no_file(place: Place, tmp_path: Path) -> None:
    url, folder = place("sqlite"), tmp_path / "out"
    folder.mkdir()
    filled(url, 10)
    flip_byte(Path(url.removeprefix("sqlite:///")), 17)
    with pytest.raises(LogError, match="record 17: its content does not have the digest"):
        exported(url, folder / "file")
    delete(Path(url.removeprefix("sqlite:///")), 17)
    with pytest.raises(LogError, match="expected record 17 next, came record 18"):
        exported(url, folder / "file")
    assert list(folder.iterdir()) == []


def test_a_file_that_is_there_is_left_alone(place: Place, tmp_path: Path) -> None:
    url, path = place("sqlite"), tmp_path / "file"
    filled(url, 10)
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="is there already"):
        exported(url, path)
    assert path.read_bytes() == b"mine"


def shorter(content: bytes) -> bytes:
    return content[:-10]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :]


def unpacked(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda content: zstd.compress(change(zstd.decompress(content)))


def without_last_record(content: bytes) -> bytes:
    """As if the log had ended before, with the end line of the longer one."""
    line_end = content.index(b"\n") + 1
    place, last = line_end, line_end
    while size := int.from_bytes(content[place : place + 4]):
        last, place = place, place + 4 + size
    return content[:last] + content[place:]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(shorter, "the file is cut", id="cut"),
        pytest.param(flipped, r"(cut or damaged|record \d+: )", id="one byte"),
        pytest.param(unpacked(shorter), r"cut or damaged behind record \d+", id="cut before it was packed"),
        pytest.param(unpacked(lambda content: content[:3000]), r"it ends there", id="cut in a record"),
        pytest.param(unpacked(flipped), r"(cut or damaged|record \d+: )", id="one byte before it was packed"),
        pytest.param(unpacked(without_last_record), "expected .* records, running hash .* at its end", id="a record"),
        pytest.param(lambda content: b"", "the file is cut", id="empty"),
        pytest.param(lambda content: b"no zstd", "expected a file that `patchlog log export` wrote", id="no zstd"),
        pytest.param(lambda content: zstd.compress(b"{}\n"), "expected a file that", id="other JSON"),
        pytest.param(
            unpacked(lambda content: content.replace(b'"version":1', b'"version":2', 1)),
            "expected 'patchlog log' version 1, came 'patchlog log' version 2",
            id="later version",
        ),
    ],
)
def test_a_file_that_is_not_what_was_written_is_refused(
    place: Place, tmp_path: Path, change: Callable[[bytes], bytes], said: str
) -> None:
    url, path = place("sqlite"), tmp_path / "file"
    filled(url, 200)
    exported(url, path)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(LogError, match=said):
        check_export(Export(path), ignore)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("kafka", marks=pytest.mark.xdist_group("kafka"))])
def test_a_killed_import_goes_on_where_it_stopped_and_nobody_appends_before_it_is_done(
    place: Place, tmp_path: Path, kind: str
) -> None:
    source_url, target_url, path = place("sqlite"), place(kind), tmp_path / "file"
    filled(source_url, 20_000)
    end = exported(source_url, path).last
    program = f"""
from pathlib import Path
from ingest.log import open_copy
from ingest.log.portable import Export
from ingest.log.restoring import restore_log
restore_log(Export(Path({str(path)!r})), open_copy({target_url!r}), None, lambda done, end: print(done, flush=True))
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert int(process.stdout.readline()) > 0
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    unfinished = open_log(target_url)
    with pytest.raises(LogError, match="not finished"):
        unfinished.append([state(1)])
    unfinished.close()
    assert restored(path, target_url) == end + 1
    source, target = open_log(source_url), open_log(target_url)
    assert everything(target)[:-1] == everything(source)
    source.close()
    target.close()


def test_another_logs_unfinished_copy_is_refused(place: Place, tmp_path: Path) -> None:
    first, second, target = place("sqlite"), place("sqlite"), place("sqlite")
    filled(first, 10)
    filled(second, 20)
    exported(first, tmp_path / "file")
    log, copy = open_log(second), open_copy(target)
    copy.append(log.read_stored(0, 15))
    copy.close()
    log.close()
    with pytest.raises(LogError, match="record 1: the log has another record there than the export"):
        restored(tmp_path / "file", target)


def test_a_log_that_is_there_is_refused_and_left_alone(place: Place, tmp_path: Path) -> None:
    url = place("sqlite")
    filled(url, 10)
    exported(url, tmp_path / "file")
    with pytest.raises(LogError, match="records of its own"):
        restored(tmp_path / "file", url)
