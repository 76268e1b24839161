"""Unpacks gzip, bzip2, xz and zstd, told apart by their first bytes, and gives all that stands before a break."""

import bz2
import lzma
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ingest.archive.contract import ArchiveError

MAGIC = {"gzip": b"\x1f\x8b", "xz": b"\xfd7zXZ\x00", "bzip2": b"BZh", "zstd": b"\x28\xb5\x2f\xfd"}
CHUNK_BYTES = 1 << 18
"""At most so much text at a time."""
FED_BYTES = 1 << 16
"""So much of the file at a time."""


def compression_of(head: bytes) -> str | None:
    """Say how a file that begins with these bytes is packed: a key of MAGIC, or None."""
    return next((kind for kind, magic in MAGIC.items() if head.startswith(magic)), None)


class Unpacking:
    """Reads one packed file from its start. `position` is how far in the file it is, in bytes."""

    def __init__(self, path: Path, kind: str) -> None:
        self.position = 0
        self._path = path
        self._kind = kind
        self._chunk_bytes = CHUNK_BYTES
        self._fed_bytes = FED_BYTES

    def chunks(self) -> Iterator[bytes]:
        """Give the text. Raises ArchiveError where the file is broken, after the last byte that could be unpacked."""
        given = 0
        try:
            for chunk in self._unpack():
                given += len(chunk)
                yield chunk
        except _Broken as broken:
            problem = broken
        else:
            return
        for chunk in self._rest_before_the_break(given):
            given += len(chunk)
            yield chunk
        raise ArchiveError(
            f"{self._path}: expected {self._kind} data, came {problem} near byte {self.position} of the file "
            f"(byte {given} of the text in it)"
        )

    def _rest_before_the_break(self, given: int) -> Iterator[bytes]:
        """What the decompressor had in hand when it failed: read again, byte by byte at the end."""
        self.position = 0
        skipped = 0
        try:
            outputs = self._unpack()
            while skipped < given:
                self._chunk_bytes = min(CHUNK_BYTES, given - skipped)
                skipped += len(next(outputs))
            self._chunk_bytes, self._fed_bytes = 1, 256
            yield from outputs
        except _Broken:
            return

    def _unpack(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            fed = file.read(self._fed_bytes)
            self.position = len(fed)
            while fed:
                decompressor = _decompressor(self._kind)
                while not decompressor.eof:
                    if not fed and decompressor.needs_input:
                        fed = file.read(self._fed_bytes)
                        self.position += len(fed)
                        if not fed:
                            raise _Broken("the end of the file")
                    text = _decompress(decompressor, fed, self._chunk_bytes)
                    fed = b""
                    if text:
                        yield text
                fed = decompressor.unused_data.lstrip(b"\0")
                while not fed and (more := file.read(self._fed_bytes)):  # padding behind a member, or the next one
                    self.position += len(more)
                    fed = more.lstrip(b"\0")


class _Broken(Exception):
    """What stood where packed data was expected."""


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's decompressor with the ways of the others."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        text = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self.needs_input = len(text) < max_length
        return text


def _decompressor(kind: str) -> _Decompressor:
    if kind == "gzip":
        return _Gzip()
    if kind == "xz":
        return lzma.LZMADecompressor(lzma.FORMAT_XZ)
    if kind == "bzip2":
        return bz2.BZ2Decompressor()
    from backports import zstd

    return zstd.ZstdDecompressor()


def _decompress(decompressor: _Decompressor, data: bytes, max_length: int) -> bytes:
    from backports.zstd import ZstdError

    try:
        return decompressor.decompress(data, max_length)
    except (zlib.error, lzma.LZMAError, ZstdError, OSError, EOFError) as error:
        raise _Broken(f"something else ({error})") from None
