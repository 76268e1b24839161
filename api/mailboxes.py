"""Answers with an mbox that `git am` takes."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

import falcon
import msgspec
from falcon.asgi import Request, Response
from msgspec import structs

from api.mbox import Encoder, Measured, compose, write_head, write_text
from api.pieces import SENT_BYTES, Pieces, ReadPiece, bytes_of
from api.resource import Site, answer_in_pieces
from projector.readmodel.queries import Mailbox, PatchMail

_NO_FILE_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_FILE_NAME_LENGTH_MAX = 100
LONG_MESSAGE_BYTES = 1 << 20
"""A longer message is in memory of one answer at a time."""
LINE_MAX_BYTES = 990
"""What is longer is no line that could go as it is."""


def answer_mailbox(request: Request, response: Response, site: Site, mailbox: Mailbox, tag: str | None) -> None:
    """Answer with the mails of a revision or a patch; with a tag, each gets its patch's URL as a trailer.

    The first mail says in a field of its own, which git passes over, which patches were left out.
    """
    link = f"{tag}: {site.url(request, '/patch/')}" if tag else ""
    response.content_type = falcon.MEDIA_TEXT.partition(";")[0]
    response.set_header("Content-Disposition", f"attachment; filename={file_name(mailbox.name, mailbox.ending)}")
    mails = [(mail, (*mail.trailers, f"{link}{mail.patch_id}/") if link else mail.trailers) for mail in mailbox.mails]
    left_out = f"redacted, patch {', '.join(map(str, mailbox.left_out))}" if mailbox.left_out else ""
    if all(mail.digest is None for mail, _ in mails):
        response.data = compose([(mail.mail, trailers) for mail, trailers in mails], left_out)
        return
    told = msgspec.msgpack.encode(([(msgspec.structs.astuple(mail), trailers) for mail, trailers in mails], left_out))
    answer_in_pieces(response, told, partial(_write, mails=mails, left_out=left_out, turn=site.long_message))


async def _write(
    read: ReadPiece, mails: Sequence[tuple[PatchMail, Sequence[str]]], left_out: str, turn: asyncio.Semaphore
) -> Pieces:
    """Write an mbox mail by mail, of a large one piece by piece: once to see how it is encoded, then encoded.

    turn: had by who has a long message in memory.
    """
    for mail, trailers in mails:
        if mail.digest is None:
            yield compose([(mail.mail, trailers)], left_out)
        else:
            measured = Measured()
            async for piece in _body(read, mail, trailers, turn):
                measured.add(piece)
            yield write_head(mail.mail, left_out) + measured.encoding + b"\n\n"
            encoder = Encoder(measured.encoding)
            async for piece in _body(read, mail, trailers, turn):
                yield encoder.add(piece)
            yield encoder.end() + b"\n"
        left_out = ""


async def _body(read: ReadPiece, mail: PatchMail, trailers: Sequence[str], turn: asyncio.Semaphore) -> Pieces:
    """The body of a large mail, in pieces that end where lines end, unless a line is longer than one."""
    rest = b""
    async for piece in _parts(read, mail, trailers, turn):
        for start in range(0, len(piece), SENT_BYTES):
            rest += piece[start : start + SENT_BYTES]
            end = rest.rfind(b"\n") + 1 or (len(rest) if len(rest) > LINE_MAX_BYTES else 0)
            if end:
                yield rest[:end]
                rest = rest[end:]
    if rest:
        yield rest


async def _parts(read: ReadPiece, mail: PatchMail, trailers: Sequence[str], turn: asyncio.Semaphore) -> Pieces:
    has_diff = bool(await read(mail.diff, 0))
    async with turn if await read(mail.message, LONG_MESSAGE_BYTES) else nullcontext():
        message = b"".join([piece async for piece in bytes_of(read, mail.message)]).decode()
        yield write_text(structs.replace(mail.mail, message=message), trailers, has_diff=has_diff)
        del message
    async for piece in bytes_of(read, mail.diff):
        yield piece


def file_name(name: str, ending: str) -> str:
    """A file's name from that of a series or a patch, in letters that every system takes and a header needs no quotes
    for: clients such as freedesktop's `git pw` take what stands behind `filename=` as it is.
    """
    return (_NO_FILE_NAME.sub("-", name)[:_FILE_NAME_LENGTH_MAX].strip("-.") or "patches") + ending
