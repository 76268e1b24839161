"""Reads archives of one file a mail: maildirs, and folders of .eml files."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.archive.contract import ArchivedMail, ArchiveError, OversizeMail, PlaceLost
from schemas.records import ArchivePlace

_DELIVERY = re.compile(r"(\d{1,11})\.(?:[^.]*?M(\d{1,6}))?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that is one mail, and the key that stays when the file is renamed within its archive."""

    path: Path
    key: str
    size_bytes: int
    archived_at: datetime | None = None


class FileArchive:
    """Mails in files of their own. New ones may come anywhere in the order, so no place to go on from: keys tell."""

    unit = "bytes"

    def __init__(self, kind: str, files: list[MailFile], max_mail_bytes: int) -> None:
        self.kind = kind
        self.size = sum(file.size_bytes for file in files)
        self._files = files
        self._max_mail_bytes = max_mail_bytes

    def mails(self, after: ArchivePlace | None = None) -> Iterator[ArchivedMail | OversizeMail]:
        if after:
            raise PlaceLost
        done = 0
        for file in self._files:
            done += file.size_bytes
            if file.size_bytes > self._max_mail_bytes:
                yield OversizeMail(str(file.path), file.size_bytes, done)
            elif (raw := _read(file.path)) is not None:
                yield ArchivedMail(raw, file.key, "", file.archived_at, done)


def maildir(path: Path, max_mail_bytes: int) -> FileArchive:
    """The mails in new/ and cur/ in the order of delivery, as their names say it; a key is the name without its flags.

    Folders inside a maildir (`.Sent`) are maildirs of their own. A mail that a mail program moves while we read counts
    once.
    """
    files = {
        file.key: file
        for folder in ("new", "cur")
        for entry in _entries(path / folder)
        if not entry.name.startswith(".") and entry.is_file()
        for file in [_delivered(entry)]
    }
    return FileArchive("maildir", sorted(files.values(), key=_by_delivery), max_mail_bytes)


def eml_files(path: Path, max_mail_bytes: int) -> FileArchive | None:
    """The .eml files below a folder, ordered by their paths, or the one that `path` is; None when there is none."""
    if path.is_file():
        files = [MailFile(path, _text(path.name), path.stat().st_size)] if path.suffix.lower() == ".eml" else []
    else:
        found = sorted(_eml_below(path), key=lambda entry: Path(entry.path).parts)
        files = [
            MailFile(Path(entry.path), _text(os.path.relpath(entry.path, path)), entry.stat().st_size)
            for entry in found
        ]
    return FileArchive(".eml files", files, max_mail_bytes) if files else None


def _eml_below(folder: Path) -> Iterator["os.DirEntry[str]"]:
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield from _eml_below(Path(entry.path))
        elif entry.name.lower().endswith(".eml") and entry.is_file():
            yield entry


def _delivered(entry: "os.DirEntry[str]") -> MailFile:
    key = _text(entry.name.partition(":")[0])
    return MailFile(Path(entry.path), key, entry.stat().st_size, delivery_time(entry.name))


def delivery_time(name: str) -> datetime | None:
    """When it was delivered, by its name in a maildir: seconds, a dot, perhaps M and microseconds. None: no such."""
    found = _DELIVERY.match(name)
    if found is None or int(found[1]) == 0:
        return None
    try:
        return _EPOCH + timedelta(seconds=int(found[1]), microseconds=int(found[2] or 0))
    except OverflowError:
        return None


def _by_delivery(file: MailFile) -> tuple[bool, datetime, str]:
    return file.archived_at is None, file.archived_at or _EPOCH, file.key


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise ArchiveError(f"{folder}: cannot be listed: {error.strerror}") from None


def _read(path: Path) -> bytes | None:
    """The bytes of a file, wherever in its maildir a mail program has put it since; None for one that is gone."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        moved = _moved(path)
        return moved.read_bytes() if moved else None
    except OSError as error:
        raise ArchiveError(f"{path}: cannot be read: {error.strerror}") from None


def _moved(path: Path) -> Path | None:
    cur = path.parent.parent / "cur"
    unique = path.name.partition(":")[0]
    if path.parent.name not in ("new", "cur") or not cur.is_dir():
        return None
    return next((Path(entry.path) for entry in _entries(cur) if entry.name.partition(":")[0] == unique), None)


def _text(name: str) -> str:
    """A file's name as text that can be stored, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
