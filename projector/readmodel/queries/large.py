"""Large texts in answers. A document has a mark in place of each, whose text is read piece by piece when written."""

import re
import secrets
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Integer, Label, Table, bindparam, case, cast, func, literal_column, select

from projector.readmodel.reading import fetch_first
from projector.readmodel.tables import comment, cover, patch_text

DIFF, DIFF_BYTES, MESSAGE, COMMENT, COVER = "diff", "diff-bytes", "message", "comment", "cover"
_MARK = secrets.token_hex(16)
"""Nobody can write a mail that has it."""
_FOUND = re.compile(rf'"{_MARK}:([a-z-]+):(\d+):([0-9a-f]+)"'.encode())


class LargeText(NamedTuple):
    """A text by its kind, the id of its row and its digest."""

    kind: str
    id: int
    digest: str


class _Kept(NamedTuple):
    """Where the texts of a kind are."""

    table: Table
    key: Column[Any]
    column: Column[Any]
    is_text: bool = True


_KEPT = {
    DIFF: _Kept(patch_text, patch_text.c.patch_id, patch_text.c.content),
    DIFF_BYTES: _Kept(patch_text, patch_text.c.patch_id, patch_text.c.diff_bytes, is_text=False),
    MESSAGE: _Kept(patch_text, patch_text.c.patch_id, patch_text.c.message),
    COMMENT: _Kept(comment, comment.c.id, comment.c.text),
    COVER: _Kept(cover, cover.c.id, cover.c.text),
}


def small(column: Column[Any], digest: Column[Any]) -> Label[Any]:
    """A column where its text is no large one; null where it is."""
    return case((digest.is_(None), column), else_=None).label(column.name)


def shown(text: str | None, kind: str, id: int, digest: str | None) -> str | None:
    """What a document has of a text: the text, or the mark of a large one."""
    return text if digest is None else f"{_MARK}:{kind}:{id}:{digest}"


def split_large(answer: bytes) -> tuple[bytes, list[bytes | LargeText]] | None:
    """Take an answer in JSON apart where large texts belong; None where there are none.

    Gives also what tells all that it will say: the same for every process.
    """
    if _MARK.encode() not in answer:
        return None
    parts: list[bytes | LargeText] = []
    at = 0
    for found in _FOUND.finditer(answer):
        parts += (answer[at : found.start()], LargeText(found[1].decode(), int(found[2]), found[3].decode()))
        at = found.end()
    return answer.replace(_MARK.encode(), b""), [*parts, answer[at:]]


def read_piece(connection: Connection, text: LargeText, start: int, size_bytes: int) -> bytes | None:
    """So many bytes of a text, in UTF-8, from an offset on; b"" behind its end. None where it is another text now."""
    kept = _KEPT[text.kind]
    if connection.dialect.name != "sqlite":
        parameters = {"id": text.id, "start": start + 1, "size": size_bytes}
        row = fetch_first(connection, _PIECES[text.kind], parameters)
        return bytes(row[1] or b"") if row is not None and row[0] == text.digest else None
    row = fetch_first(connection, _ROW_IDS[text.kind], {"id": text.id})
    if row is None or row[0] != text.digest:
        return None
    driver: Any = connection.connection.driver_connection
    with driver.blobopen(kept.table.name, kept.column.name, row[1], readonly=True) as blob:
        if start >= len(blob):
            return b""
        blob.seek(start)
        return bytes(blob.read(size_bytes))


def _piece_of(kept: _Kept) -> Any:
    stored = func.convert_to(kept.column, "UTF8") if kept.is_text else kept.column
    start, size = (cast(bindparam(name, type_=Integer), Integer) for name in ("start", "size"))
    piece = func.substr(stored, start, size)
    return select(kept.table.c.digest, piece).where(kept.key == bindparam("id"))


_PIECES = {kind: _piece_of(kept) for kind, kept in _KEPT.items()}
_ROW_IDS = {
    kind: select(kept.table.c.digest, literal_column("rowid")).where(kept.key == bindparam("id"))
    for kind, kept in _KEPT.items()
}
