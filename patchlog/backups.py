"""Backups: a folder with the log as it was at one record, the settings beside it, and a manifest that says what it is.

A backup has its name only when it is whole, held to its own digests and on the disk. Until then it is a folder beside,
with `.part` behind the name; the one that it takes the place of is `.previous` for a moment.
"""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ingest.log import now_us, open_log
from ingest.log.portable import sync_folder
from ingest.log.sqlite_backup import copy_file, sync_file
from ingest.log.verifying import Verified, Witness, verify_log
from patchlog.configuration import FILE_NAME

FORMAT = "patchlog backup"
VERSION = 1
MANIFEST = "manifest.json"
LOG = "log.db"
OURS = (LOG, MANIFEST, FILE_NAME)

Progress = Callable[[int, int], None]
Report = Callable[[str], None]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is: up to which record of the log, when that was recorded, and the running hash (hexadecimal)."""

    format: str
    version: int
    made_at: datetime
    records: int
    last: int
    last_recorded_at: datetime
    running_hash: str


class Damaged(ValueError):
    """A log is not what it was; what is wrong has been reported."""


def make_backup(
    log: Path, settings: Path | None, folder: Path, witnesses: Sequence[Witness], report: Report, progress: Progress
) -> Manifest:
    """Copy the log while others append, and the settings' file if there is one, into a folder.

    The folder must be missing, empty or an earlier backup, whose place this one takes. What the witnesses know has to
    be older than this call. Raises Damaged, LogError, ValueError where something else is in the way.
    """
    check_place(folder)
    with _part(folder) as part:
        copy_file(log, part / LOG)
        manifest = _describe(part / LOG, witnesses, report, progress)
        if settings is not None:
            shutil.copyfile(settings, part / FILE_NAME)
            sync_file(part / FILE_NAME)
        (part / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
        sync_file(part / MANIFEST)
        sync_folder(part)
        _take_place(part, folder)
    return manifest


def check_place(folder: Path) -> None:
    """Raise ValueError where a folder is neither missing nor empty nor a backup, or something is beside it."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder}: expected a folder, came a file")
    for path in (folder, _beside(folder, "previous")):
        if path.is_dir() and any(path.iterdir()):
            read_manifest(path)
    part = _beside(folder, "part")
    if part.is_dir() and any(not file.name.startswith(OURS) for file in part.iterdir()):
        raise ValueError(f"{part}: expected nothing but what a backup that was killed left there")


def read_manifest(folder: Path) -> Manifest:
    """What a backup says of itself. Raises ValueError where there is none."""
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        previous = _beside(folder, "previous")
        hint = f"; there is one at {previous}" if (previous / MANIFEST).exists() else ""
        raise ValueError(
            f"{folder}: expected a backup that `patchlog backup` made, found no {MANIFEST}{hint}"
        ) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path}: expected the manifest of a backup: {error}") from None
    if (manifest.format, manifest.version) != (FORMAT, VERSION):
        raise ValueError(
            f"{path}: expected {FORMAT!r} version {VERSION}, came {manifest.format!r} version {manifest.version}"
        )
    return manifest


def restore_backup(folder: Path, manifest: Manifest, log: Path, report: Report, progress: Progress) -> None:
    """Put a backup's log in its place, where none may be. Raises Damaged, and ValueError where one is."""
    for path in (log, *(log.with_name(f"{log.name}-{end}") for end in ("wal", "shm"))):
        if path.exists():
            raise ValueError(f"{path} is there already: expected a place where no log is")
    part = _beside(log, "part")
    _remove(part)
    try:
        shutil.copyfile(folder / LOG, part)
        found = _verify(part, [], report, progress)
        if (found.records, found.last, found.running.hex()) != (
            manifest.records,
            manifest.last,
            manifest.running_hash,
        ):
            raise Damaged(
                f"{folder / LOG}: expected {manifest.records} records, running hash"
                f" {manifest.running_hash}@{manifest.last}; came {found.records}, {found.running.hex()}@{found.last}"
            )
        sync_file(part)
        part.rename(log)
        sync_folder(log.parent)
    finally:
        _remove(part)


def _remove(log: Path) -> None:
    for end in ("", "-wal", "-shm"):
        log.with_name(f"{log.name}{end}").unlink(missing_ok=True)


def _describe(log: Path, witnesses: Sequence[Witness], report: Report, progress: Progress) -> Manifest:
    found = _verify(log, witnesses, report, progress)
    copied = open_log(f"sqlite:///{log}")
    (last,) = copied.get([found.last])
    copied.close()
    return Manifest(
        format=FORMAT,
        version=VERSION,
        made_at=datetime.fromtimestamp(now_us() / 1_000_000, UTC),
        records=found.records,
        last=found.last,
        last_recorded_at=last.recorded_at,
        running_hash=found.running.hex(),
    )


def _verify(log: Path, witnesses: Sequence[Witness], report: Report, progress: Progress) -> Verified:
    opened = open_log(f"sqlite:///{log}")
    try:
        found = verify_log(opened, witnesses, report, progress)
    finally:
        opened.close()
    if found.wrong:
        things = "one thing is" if found.wrong == 1 else f"{found.wrong} things are"
        raise Damaged(
            f"{things} wrong with the log, see above: nothing was made of it (docs/log.md says how to mend it)"
        )
    return found


@contextmanager
def _part(folder: Path) -> Iterator[Path]:
    """An empty folder beside, which is ours alone until it has got the name of the backup, or goes."""
    part = _beside(folder, "part")
    part.mkdir(parents=True, exist_ok=True)
    lock = os.open(part, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"{part}: another backup is at work there") from None
        for left in part.iterdir():
            left.unlink()
        try:
            yield part
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    finally:
        os.close(lock)


def _take_place(part: Path, folder: Path) -> None:
    previous = _beside(folder, "previous")
    if folder.is_dir() and any(folder.iterdir()):
        shutil.rmtree(previous, ignore_errors=True)
        folder.rename(previous)
    part.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(previous, ignore_errors=True)


def _beside(path: Path, end: str) -> Path:
    return path.with_name(f"{path.name}.{end}")
