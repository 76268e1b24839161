"""A log in one file, to be carried anywhere, and read without this program.

The file is one zstd stream with a checksum. In it stand a line of JSON, the records, and a line of JSON:

    {"format": "patchlog log", "version": 1, "base": 0, "first": 1, "last": 5234, "written_at": "..."}
    each record: its length in 4 bytes, the highest first, and its bytes as `ingest.log.codec` has them, with its id
    a length of 0
    {"records": 5234, "last": 5234, "running_hash": "..."}

So a file that was cut is known by its missing end, and one that was changed by the running hash at it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import msgspec
from backports import zstd

from ingest import clock
from ingest.log.codec import Codec
from ingest.log.contract import Log, LogError, Stored
from ingest.log.copying import BATCH, Progress
from ingest.log.running import START, advance
from schemas.records import LogOpened

FORMAT = "patchlog log"
VERSION = 1
LENGTH_BYTES = 4
RECORD_MAX_BYTES = 1 << 30
LINE_MAX_BYTES = 64 * 1024
OPTIONS: dict[int, int] = {
    zstd.CompressionParameter.compression_level: 3,
    zstd.CompressionParameter.checksum_flag: 1,
}


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first line: which records are in the file."""

    format: str
    version: int
    base: int
    first: int
    last: int
    written_at: str


class Footer(msgspec.Struct, frozen=True, kw_only=True):
    """The last line: how many records there were, and what they were. running_hash is hexadecimal."""

    records: int
    last: int
    running_hash: str


def export_log(log: Log, path: Path, progress: Progress) -> Footer:
    """Write all records up to the end as it is now. The file has its name only when it is whole and on the disk.

    Raises LogError for a record that is damaged or missing, FileExistsError, OSError.
    """
    if path.exists():
        raise FileExistsError(f"{path} is there already: expected a new name")
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as file:
            with zstd.ZstdFile(file, "w", options=OPTIONS) as stream:
                footer = _write(log, cast("IO[bytes]", stream), progress)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)
    return footer


def sync_folder(path: Path) -> None:
    """Have the disk know the names in a folder."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write(log: Log, stream: IO[bytes], progress: Progress) -> Footer:
    codec, end = Codec(), log.end()
    count, position, running = 0, 0, START
    for record in _records(log, end):
        if count == 0:
            stream.write(_line(_header(codec, record, end)))
        running = advance(running, codec.unpack(*record).digest)
        stored = codec.copy(*record)
        stream.write(len(stored).to_bytes(LENGTH_BYTES) + stored)
        count, position = count + 1, record.id
        if count % BATCH == 0:
            progress(position, end)
    footer = Footer(records=count, last=position, running_hash=running.hex())
    stream.write(bytes(LENGTH_BYTES) + _line(footer))
    return footer


def _records(log: Log, end: int) -> Iterator[Stored]:
    position = 0
    while position < end and (records := log.read_stored(position, BATCH)):
        for record in records:
            if position and record.id != position + 1:
                raise LogError(f"expected record {position + 1} next, came record {record.id}")
            if record.id > end:
                return
            position = record.id
            yield record


def _header(codec: Codec, first: Stored, end: int) -> Header:
    opened = codec.unpack(*first).fact
    if not isinstance(opened, LogOpened):
        raise LogError(f"record {first.id}: expected {LogOpened.type_name} first, came {opened.type_name}")
    written_at = clock.now().isoformat()
    return Header(format=FORMAT, version=VERSION, base=opened.base, first=first.id, last=end, written_at=written_at)


def _line(document: Header | Footer) -> bytes:
    return msgspec.json.encode(document) + b"\n"


class Export:
    """Such a file, open to be read from its beginning as often as wanted.

    Raises LogError for a file that is something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            self.header = self._read_header(zstd.ZstdFile(file))

    def records(self) -> Iterator[Stored]:
        """All records in order, each held to its digest and its place; at the end, all of them to the running hash.

        Raises LogError where the file is cut or damaged, when it comes there.
        """
        codec, count, last, running = Codec(), 0, self.header.first - 1, START
        with self._path.open("rb") as file:
            stream = zstd.ZstdFile(file)
            self._read_header(stream)
            while stored := self._read_entry(stream, last):
                record = codec.unpack(last + 1, stored)
                if codec.front(record.id, stored).id != record.id:
                    raise self._damaged(last, "its id is another")
                count, last, running = count + 1, record.id, advance(running, record.digest)
                yield Stored(record.id, stored)
            found = Footer(records=count, last=last, running_hash=running.hex())
            self._check_end(found, self._read_line(stream, last, Footer))

    def _read_header(self, stream: zstd.ZstdFile) -> Header:
        try:
            header = msgspec.json.decode(stream.readline(LINE_MAX_BYTES), type=Header)
        except EOFError:
            raise LogError(f"{self._path}: the file is cut: it ends before its first line") from None
        except (zstd.ZstdError, msgspec.DecodeError, UnicodeDecodeError):
            raise LogError(f"{self._path}: expected a file that `patchlog log export` wrote") from None
        if (header.format, header.version) != (FORMAT, VERSION):
            raise LogError(
                f"{self._path}: expected {FORMAT!r} version {VERSION}, came {header.format!r} version {header.version}"
            )
        return header

    def _read_entry(self, stream: zstd.ZstdFile, last: int) -> bytes:
        """The bytes of a record; b"" behind the last one."""
        size = int.from_bytes(self._read(stream, LENGTH_BYTES, last))
        if size > RECORD_MAX_BYTES:
            raise self._damaged(last, f"expected the length of a record, came {size}")
        return self._read(stream, size, last)

    def _read(self, stream: zstd.ZstdFile, size: int, last: int) -> bytes:
        try:
            found = stream.read(size) if size else b""
        except (zstd.ZstdError, EOFError) as error:
            raise self._damaged(last, str(error)) from None
        if len(found) != size:
            raise self._damaged(last, "it ends there")
        return found

    def _read_line(self, stream: zstd.ZstdFile, last: int, kind: type[Footer]) -> Footer:
        try:
            line = stream.readline(LINE_MAX_BYTES)
            stream.read(1)  # the checksum of the whole stream is read with its end
            return msgspec.json.decode(line, type=kind)
        except (zstd.ZstdError, EOFError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._damaged(last, str(error)) from None

    def _check_end(self, found: Footer, expected: Footer) -> None:
        if found != expected or found.last != self.header.last:
            raise LogError(f"{self._path}: expected {_told(expected)} at its end, came {_told(found)}")

    def _damaged(self, last: int, why: Any) -> LogError:
        return LogError(f"{self._path}: the file is cut or damaged behind record {last}: {why}")


def _told(footer: Footer) -> str:
    return f"{footer.records} records, running hash {footer.running_hash}@{footer.last}"
