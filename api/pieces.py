"""Answers that are written piece by piece: of a large text in them only a piece is in memory at a time."""

import codecs
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeAlias

import msgspec

from projector.readmodel.queries import LargeText

PIECE_BYTES = 512 * 1024
"""Of a text, what is read at a time."""
SENT_BYTES = 64 * 1024
"""What is handed to the reader at a time, before escapes make it longer."""

Pieces: TypeAlias = AsyncIterator[bytes]
ReadPiece: TypeAlias = Callable[[LargeText, int], Awaitable[bytes]]
"""Gives a piece of a text from an offset on; b"" behind its end. Raises TextGone."""

_ENCODER = msgspec.json.Encoder()


class TextGone(Exception):
    """A text is not any more what it was when its answer was begun: the answer breaks off."""


async def json_pieces(read: ReadPiece, parts: Sequence[bytes | LargeText]) -> Pieces:
    """Write a document in JSON, with the large texts where they belong."""
    for part in parts:
        if isinstance(part, bytes):
            for start in range(0, len(part), SENT_BYTES):
                yield part[start : start + SENT_BYTES]
            continue
        yield b'"'
        decoder = codecs.getincrementaldecoder("utf-8")()
        async for piece in bytes_of(read, part):
            text = decoder.decode(piece)
            for start in range(0, len(text), SENT_BYTES):
                yield _ENCODER.encode(text[start : start + SENT_BYTES])[1:-1]
        yield b'"'


async def bytes_of(read: ReadPiece, text: LargeText) -> Pieces:
    """The bytes of a text, piece by piece."""
    start = 0
    while piece := await read(text, start):
        yield piece
        start += len(piece)
