"""Whether there is room is asked of the disk, and said when the answer turns."""

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ingest.disk import SURE_SECONDS, Disk, DiskShort


class Free:
    """A file system that has as much free as a test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        real = os.statvfs("/")
        monkeypatch.setattr("os.statvfs", lambda folder: self.found(real))

    def found(self, real: os.statvfs_result) -> os.statvfs_result:
        fields = list(real)
        fields[1], fields[4] = 1, self.bytes
        return os.statvfs_result(fields)


def test_it_is_short_below_the_reserve_until_an_eighth_more_is_free_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    free, disk = Free(monkeypatch), Disk(tmp_path, 800)
    answers = []
    with capture_logs() as lines:
        for free.bytes in (800, 799, 700, 850, 899, 900, 800):
            answers.append(disk.has_room(0))
    assert answers == [True, False, False, False, False, True, True]
    assert [(line["log_level"], line["event"].partition(":")[0], line["free_bytes"]) for line in lines] == [
        ("error", "disk nearly full", 799),
        ("info", "disk has room again", 900),
    ]


def test_a_mail_needs_room_twice_and_who_ran_short_of_it_waits_for_an_eighth_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    free, disk = Free(monkeypatch), Disk(tmp_path, 800)
    free.bytes = 1000
    with capture_logs() as lines:
        answers = [disk.has_room(size) for size in (100, 101, 100)]
        free.bytes = 1102
        answers += [disk.has_room(size) for size in (152, 100)]
    assert answers == [True, False, False, False, True]
    assert [line["log_level"] for line in lines] == ["error", "info"]


def test_where_there_is_plenty_it_is_not_asked_again_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free, disk = Free(monkeypatch), Disk(tmp_path, 800)
    clock = [5.0]
    monkeypatch.setattr("ingest.disk.time.monotonic", lambda: clock[0])
    free.bytes = 4000
    assert disk.has_room(0)
    free.bytes = 0
    assert disk.has_room(0)
    clock[0] += SURE_SECONDS
    assert not disk.has_room(0)


def test_an_import_leaves_twice_the_reserve(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free, disk = Free(monkeypatch), Disk(tmp_path, 800)
    free.bytes = 1800
    disk.check_import(100)
    said = "1800 bytes are free, and an import leaves 1600 so that mail can come"
    with pytest.raises(DiskShort, match=f"^{tmp_path}: {said}"):
        disk.check_import(101)
    assert disk.has_room(101)


def test_a_real_disk_is_asked(tmp_path: Path) -> None:
    assert Disk(tmp_path, 1).has_room(0)
    assert not Disk(tmp_path, 2**62).has_room(0)


@pytest.mark.parametrize(
    "disk",
    [
        pytest.param(Disk(None, 2**62), id="no file of ours"),
        pytest.param(Disk(Path("/"), 0), id="no reserve"),
        pytest.param(Disk(Path("/not/there"), 2**62), id="a folder that went away"),
    ],
)
def test_where_nothing_can_be_asked_there_is_room(disk: Disk) -> None:
    assert disk.has_room(2**40)
    disk.check_import(2**40)
