"""What the receiver says of the disk that its log is on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from ingest import meters

NAMES = ("patchlog_disk_free_bytes", "patchlog_disk_size_bytes", "patchlog_disk_reserve_bytes")


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    meters.watch_disk("", 0)


def said() -> list[float | None]:
    return [REGISTRY.get_sample_value(name, {"store": "log"}) for name in NAMES]


def test_the_disk_is_looked_at_when_somebody_asks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    meters.watch_disk(f"sqlite:///{tmp_path}/log.db", 4096)
    found = os.statvfs(tmp_path)
    fields = list(found)
    fields[1], fields[2], fields[4] = 512, 1000, 600
    monkeypatch.setattr("os.statvfs", lambda folder: os.statvfs_result(fields))
    assert said() == [600 * 512, 1000 * 512, 4096]
    fields[4] = 10
    assert said() == [10 * 512, 1000 * 512, 4096]


def test_a_disk_that_went_away_has_no_figure(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    meters.watch_disk(f"sqlite:///{folder}/log.db", 4096)
    folder.rmdir()
    assert [str(value) for value in said()] == ["nan", "nan", "4096.0"]


def test_of_a_log_that_is_no_file_here_nothing_is_said() -> None:
    meters.watch_disk("sqlite:////tmp/log.db", 4096)
    meters.watch_disk("kafka://broker:9092/patchlog", 4096)
    assert said() == [None] * 3
