"""`patchlog backup` and `restore`, in this process."""

import fcntl
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest.log import open_log
from ingest.log.codec import CHANGED
from patchlog.__main__ import patchlog_commands
from patchlog.backups import make_backup
from schemas.records import ClockAdvanced
from tests.ingest.log.damage import flip_byte, rewrite
from tests.ingest.log.facts import WHEN, state
from tests.ingest.log.test_copying import everything
from tests.patchlog.station import Station

SETTINGS = 'max_mail_bytes = 1000\nlog_format = "json"\n'


@pytest.fixture
def station(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Station]:
    monkeypatch.chdir(tmp_path)
    station = Station(tmp_path / "data", *map(state, range(100)))
    station.follow()
    (station.folder / "patchlog.toml").write_text(SETTINGS)
    yield station
    station.log.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "backups" / "today"


def backup(station: Station, folder: Path) -> Result:
    return station.run("backup", str(folder))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def restore(folder: Path, data: Path) -> Result:
    return CliRunner().invoke(patchlog_commands, ["restore", str(folder), "--data", str(data)])


def manifest(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "manifest.json").read_text())
    return found


def test_a_backup_has_the_log_the_settings_and_what_it_is(station: Station, folder: Path) -> None:
    made = backup(station, folder)
    assert made.exit_code == 0, made.output
    assert names(folder) == ["log.db", "manifest.json", "patchlog.toml"]
    assert names(folder.parent) == ["today"]
    running = station.json("log", "info")["running_hash"]
    said = manifest(folder)
    assert (said["last"], said["records"], f"{said['running_hash']}@103") == (103, 103, running)
    assert made.stdout.startswith(f"{folder} has the log up to record 103, recorded 2")
    assert made.stdout.endswith(f" UTC; running hash {running}\n")


def test_a_backup_comes_back_and_says_up_to_where(station: Station, folder: Path, tmp_path: Path) -> None:
    backup(station, folder)
    station.log.append([state(1)])
    restored = restore(folder, tmp_path / "new")
    assert restored.exit_code == 0, restored.output
    time = str(manifest(folder)["last_recorded_at"])[:19].replace("T", " ")
    assert restored.stdout == (
        f"{tmp_path / 'new' / 'log.db'} reaches up to record 103, recorded {time} UTC; what came later is not in it."
        f" Next: `patchlog replay --fresh --data {tmp_path / 'new'}`\n"
    )
    assert (tmp_path / "new" / "patchlog.toml").read_text() == SETTINGS
    log = open_log(f"sqlite:///{tmp_path}/new/log.db")
    assert everything(log) == everything(station.log)[:-1]
    assert log.append([state(2)]) == [104]
    log.close()
    assert names(tmp_path / "new") == ["log.db", "patchlog.toml", "up.lock"]


def test_a_backup_is_of_one_moment_while_others_append(station: Station, folder: Path) -> None:
    stopping, after = threading.Event(), threading.Event()

    def write() -> None:
        while not stopping.is_set():
            station.log.append([ClockAdvanced(until=WHEN)] * 20)
            if station.log.end() > 2000:
                after.set()

    author = threading.Thread(target=write)
    author.start()
    assert after.wait(60)
    before = station.log.end()
    made = make_backup(station.folder / "log.db", None, folder, [], pytest.fail, lambda done, end: None)
    stopping.set()
    author.join()
    assert before <= made.last < station.log.end()
    log = open_log(f"sqlite:///{folder}/log.db")
    assert everything(log) == everything(station.log)[: made.last]
    log.close()


def test_a_later_backup_takes_the_place_of_an_earlier_one(station: Station, folder: Path) -> None:
    backup(station, folder)
    station.log.append([state(1)])
    assert backup(station, folder).exit_code == 0
    assert (manifest(folder)["last"], names(folder.parent)) == (104, ["today"])


def test_what_a_killed_backup_left_is_in_nobodys_way(station: Station, folder: Path) -> None:
    backup(station, folder)
    part = folder.with_name("today.part")
    part.mkdir()
    (part / "log.db").write_bytes(b"half")
    (part / "log.db-journal").write_bytes(b"")
    folder.rename(folder.with_name("today.previous"))
    refused = restore(folder.parent, folder)
    assert (refused.exit_code, "found no manifest.json" in refused.stderr) == (1, True)
    folder.mkdir()
    assert f"there is one at {folder}.previous" in restore(folder, folder.parent / "new").stderr
    assert backup(station, folder).exit_code == 0
    assert names(folder.parent) == ["today"]


@pytest.mark.parametrize("place", ["today", "today.previous", "today.part"])
def test_a_folder_with_something_else_is_refused_and_left_alone(station: Station, folder: Path, place: str) -> None:
    there = folder.with_name(place)
    there.mkdir(parents=True)
    (there / "mine").write_text("mine")
    refused = backup(station, folder)
    assert (refused.exit_code, refused.stderr.startswith(f"Error: {there}: expected ")) == (1, True)
    assert (there / "mine").read_text() == "mine"
    assert names(folder.parent) == [place]


def test_two_backups_at_a_time_are_not_made(station: Station, folder: Path) -> None:
    part = folder.with_name("today.part")
    part.mkdir(parents=True)
    held = os.open(part, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    refused = backup(station, folder)
    os.close(held)
    assert (refused.exit_code, "another backup is at work there" in refused.stderr) == (1, True)


def test_a_damaged_log_takes_no_good_backups_place(station: Station, folder: Path) -> None:
    backup(station, folder)
    flip_byte(station.folder / "log.db", 50)
    refused = backup(station, folder)
    assert (refused.exit_code, refused.stdout) == (1, f"record 50: {CHANGED}\n")
    assert "one thing is wrong with the log, see above" in refused.stderr
    assert (manifest(folder)["last"], names(folder.parent)) == (103, ["today"])


def test_a_log_that_is_not_what_the_projector_read_is_not_saved(station: Station, folder: Path) -> None:
    rewrite(station.folder / "log.db", station.log.get([50])[0], state(7))
    refused = backup(station, folder)
    assert (refused.exit_code, refused.stdout.startswith("between record 1 and record 103: ")) == (1, True)


@pytest.mark.parametrize("name", ["log.db", "log.db-wal"])
def test_nothing_is_restored_over_a_log(station: Station, folder: Path, tmp_path: Path, name: str) -> None:
    backup(station, folder)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / name).write_bytes(b"")
    refused = restore(folder, tmp_path / "new")
    assert (refused.exit_code, f"{name} is there already" in refused.stderr) == (1, True)


def test_a_backup_that_rotted_is_not_restored(station: Station, folder: Path, tmp_path: Path) -> None:
    backup(station, folder)
    flip_byte(folder / "log.db", 50)
    refused = restore(folder, tmp_path / "new")
    assert (refused.exit_code, refused.stdout) == (1, f"record 50: {CHANGED}\n")
    assert names(tmp_path / "new") == ["up.lock"]


def test_a_backup_that_is_not_what_its_manifest_says_is_not_restored(
    station: Station, folder: Path, tmp_path: Path
) -> None:
    backup(station, folder)
    rewrite(folder / "log.db", station.log.get([50])[0], state(7))
    refused = restore(folder, tmp_path / "new")
    assert (refused.exit_code, "expected 103 records, running hash" in refused.stderr) == (1, True)
    assert not (tmp_path / "new" / "log.db").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "expected the manifest of a backup", id="empty"),
        pytest.param("{}", "expected the manifest of a backup", id="no manifest"),
        pytest.param(None, "expected 'patchlog backup' version 1, came 'patchlog backup' version 2", id="later"),
    ],
)
def test_what_is_no_backup_is_not_restored(
    station: Station, folder: Path, tmp_path: Path, text: str | None, said: str
) -> None:
    backup(station, folder)
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 2') if text is None else text)
    refused = restore(folder, tmp_path / "new")
    assert (refused.exit_code, said in refused.stderr) == (1, True)
    assert not (tmp_path / "new").exists()


def test_a_log_that_its_settings_put_elsewhere_is_restored_there(
    station: Station, folder: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / "my.db"
    (station.folder / "patchlog.toml").write_text(f'log = "sqlite:///{elsewhere}"\n')
    assert "no log at" in backup(station, folder).stderr
    elsewhere.parent.mkdir()
    station.log.close()
    (station.folder / "log.db").rename(elsewhere)
    assert backup(station, folder).exit_code == 0
    elsewhere.unlink()
    assert restore(folder, tmp_path / "new").exit_code == 0
    assert elsewhere.exists()
    assert names(tmp_path / "new") == ["patchlog.toml", "up.lock"]


def test_a_running_patchlog_is_not_restored_into(station: Station, folder: Path, tmp_path: Path) -> None:
    backup(station, folder)
    (tmp_path / "new").mkdir()
    held = os.open(tmp_path / "new" / "up.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    refused = restore(folder, tmp_path / "new")
    os.close(held)
    assert (refused.exit_code, "is in use by another `patchlog up`" in refused.stderr) == (1, True)


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_log_in_kafka_is_told_what_to_do_instead(station: Station, folder: Path, command: str) -> None:
    backup(station, folder)
    (folder / "patchlog.toml").unlink()
    environment = {"PATCHLOG_LOG": "kafka://127.0.0.1:1/log?security_protocol=SSL"}
    refused = CliRunner().invoke(patchlog_commands, [command, str(folder)], env=environment)
    instead = {"backup": "`patchlog log export FILE`", "restore": "`patchlog log import FILE`"}[command]
    assert (refused.exit_code, instead in refused.stderr) == (1, True)
    assert refused.stderr.startswith("Error: kafka://127.0.0.1:1/log: expected a log in SQLite; ")
