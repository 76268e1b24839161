"""Looks for words in everything that is left of a log and a read model."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from backports import zstd
from sqlalchemy import MetaData, create_engine, inspect, select

from ingest.log import Log

FRAME = b"\x28\xb5\x2f\xfd"
"""How a zstd frame begins (RFC 8878 section 3.1.1)."""
PIECE_BYTES = 48


def words_in_log(log: Log, words: Collection[str]) -> set[str]:
    """Those of some words that a record says, as far as it can be unpacked."""
    return _among(words, (repr(record).encode() for record in log.read(0, 100_000)))


def words_in_files(folder: Path, words: Collection[str]) -> set[str]:
    """Those that are in any file below a folder: in its bytes as they are, or in a zstd frame that begins in them.

    So free pages, write-ahead logs and old generations are looked through as well.
    """
    return _among(words, (text for path in _files(folder) for text in _texts(path.read_bytes())))


def pieces_left(folder: Path, stored: bytes) -> list[str]:
    """The files that have a piece of a record as it was stored, wherever a page may have cut it."""
    pieces = [stored[at : at + PIECE_BYTES] for at in range(0, len(stored) - PIECE_BYTES, PIECE_BYTES)]
    assert pieces, "a record has more bytes"
    contents = {path.name: path.read_bytes() for path in _files(folder)}
    return [name for name, content in contents.items() if any(piece in content for piece in pieces)]


def words_in_database(url: str, words: Collection[str]) -> set[str]:
    """Those that are in any row of any table of any schema of a database."""
    engine, found = create_engine(url), set[str]()
    with engine.connect() as connection:
        for schema in inspect(engine).get_schema_names():
            if schema.startswith("patchlog"):
                metadata = MetaData(schema=schema)
                metadata.reflect(connection)
                for table in metadata.sorted_tables:
                    rows = (_row(tuple(row)) for row in connection.execute(select(table)))
                    found |= _among(words, rows)
    engine.dispose()
    return found


def _row(values: tuple[object, ...]) -> bytes:
    return b"\0".join(
        bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in values
    )


def _among(words: Collection[str], texts: Iterator[bytes]) -> set[str]:
    found: set[str] = set()
    for text in texts:
        found.update(word for word in words if word.encode() in text)
    return found


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _texts(content: bytes) -> Iterator[bytes]:
    yield content
    at = content.find(FRAME)
    while at >= 0:
        with suppress(zstd.ZstdError):  # cut off by the end of a page, or no frame
            yield zstd.ZstdDecompressor().decompress(content[at : at + 2**20])
        at = content.find(FRAME, at + 1)
