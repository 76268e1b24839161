"""What can befall the file of a log: bytes that rot, and hands that know their way."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.log.codec import Codec
from schemas.fact import Fact
from schemas.records import Record


def flip_byte(path: Path, id: int) -> None:
    """Change one byte in the middle of a record."""
    with _open(path) as db:
        body = bytearray(_body(db, id))
        body[len(body) // 2] ^= 0x10
        db.execute("UPDATE record SET body = ? WHERE id = ?", (bytes(body), id))


def exchange(path: Path, one: int, other: int) -> None:
    with _open(path) as db:
        first, second = _body(db, one), _body(db, other)
        db.execute("UPDATE record SET body = ? WHERE id = ?", (second, one))
        db.execute("UPDATE record SET body = ? WHERE id = ?", (first, other))


def delete(path: Path, id: int) -> None:
    with _open(path) as db:
        db.execute("DELETE FROM record WHERE id = ?", (id,))


def delete_and_close_ranks(path: Path, id: int) -> None:
    """Take a record away, and move up all behind it, so that no id is missing."""
    with _open(path) as db:
        db.execute("DELETE FROM record WHERE id = ?", (id,))
        db.execute("UPDATE record SET id = -id + 1 WHERE id > ?", (id,))
        db.execute("UPDATE record SET id = -id WHERE id < 0")


def rewrite(path: Path, record: Record, fact: Fact) -> None:
    """Have a record say something else, with its digest made anew."""
    codec = Codec()
    with _open(path) as db:
        changed = codec.seal(codec.pack(fact), record.recorded_at)
        db.execute("UPDATE record SET body = ? WHERE id = ?", (changed, record.id))


def put(path: Path, id: int, body: bytes) -> None:
    """Have other bytes stand in the place of a record."""
    with _open(path) as db:
        db.execute("UPDATE record SET body = ? WHERE id = ?", (body, id))


def body(path: Path, id: int) -> bytes:
    with _open(path) as db:
        return _body(db, id)


def _body(db: sqlite3.Connection, id: int) -> bytes:
    body: bytes = db.execute("SELECT body FROM record WHERE id = ?", (id,)).fetchone()[0]
    return body


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(path)
    with db:
        yield db
    db.close()
