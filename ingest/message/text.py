"""The text of a mail taken apart into the message and the diff, whose bytes are the ones that are applied."""

import re
from collections.abc import Iterator, Sequence

import msgspec

from ingest.message import marks
from ingest.message.body import Body, Piece
from ingest.message.charset import decode_text, is_wide
from ingest.message.diff import find_diff, find_start, goes_behind_signature, has_diff
from ingest.message.flowed import unflow, unstuff
from ingest.message.view import escape, view_diff
from schemas.mail import Mark

_NOT_PLAIN = re.compile(rb"[\0-\x08\x0b-\x1f\x7f-\xff]")


class Text(msgspec.Struct, frozen=True):
    """What a mail says.

    whole: all of it, with LF lines, as people read it. message: of a mail with a diff what stands before it, of an
    answer and of any other mail all. diff_bytes: the bytes of the diff; diff: what is shown of them, line for line.
    around: all but the diff, in lines that start and end with a line end.
    """

    whole: str
    message: str
    diff: str
    diff_bytes: bytes
    around: str
    is_answer: bool
    marks: tuple[Mark, ...] = ()


def read_text(body: Body, *, is_answer: bool) -> Text:
    """Take the pieces of a mail apart. A CR is kept in the diff alone, where it is a file's. Never raises."""
    pieces = body.pieces
    content = _Content([_applied(piece) for piece in pieces])
    place = find_diff(content.text)
    if place is None or (is_answer and any(piece.kind.is_flowed for piece in pieces)):
        whole = _whole(pieces)
        if place is None:
            return Text(whole, whole, "", b"", f"\n{whole}\n", is_answer)
    else:
        whole = ""
    start, end = place[0] - 1, place[1] - 1
    message, told = _read_message(content, start)
    diff, told_of_diff = _read_diff(content, start, end)
    behind = content.decode(end, len(content.joined)).replace("\r", "")
    whole = whole or f"{message}{diff}{behind}".replace("\r", "")
    marked = () if is_answer else (*told, *told_of_diff, *_marks_of_parts(body, content, *place))
    around = f"\n{message}{behind}"
    return Text(whole, whole if is_answer else message, diff, content.joined[start:end], around, is_answer, marked)


def _whole(pieces: Sequence[Piece]) -> str:
    """The text of a mail for people: lines of format=flowed are not joined, for they were broken to be read."""
    texts = []
    for piece in pieces:
        text = decode_text(piece.content, piece.kind.charset)
        text = unstuff(text) if piece.kind.is_flowed else text
        texts.append(text if len(pieces) == 1 or text.endswith("\n") else text + "\n")
    return "".join(texts).replace("\r", "")


class _Applied(msgspec.Struct, frozen=True):
    """A piece whose bytes are applied: format=flowed undone, and in a charset whose lines end in LF."""

    piece: Piece
    content: bytes
    charset: str
    told: tuple[Mark, ...] = ()


def _applied(piece: Piece) -> _Applied:
    content, label, told = piece.content, piece.kind.charset, []
    if is_wide(content, label):
        content = decode_text(content, label).encode("utf-8", "replace")
        told.append(marks.recoded(label))
        label = "utf-8"
    if piece.kind.is_flowed:
        joined = unflow(content, delsp=piece.kind.is_delsp, joined_first=piece.is_encoded)
        if joined.rstrip(b"\n") != content.rstrip(b"\n"):
            told.append(marks.flowed())
        content = joined
    if piece.kind.kind == "text/html":
        told.append(marks.from_html())
    if piece.had_line_ends:
        told.append(marks.line_ends())
    if piece.mails:
        told.append(marks.forwarded())
    return _Applied(piece, content if content.endswith(b"\n") else content + b"\n", label, tuple(told))


class _Content:
    """The pieces joined; offsets are in bytes. text has a character for each byte, behind a line end."""

    def __init__(self, applied: Sequence[_Applied]) -> None:
        self.applied = applied
        self.joined = b"".join(piece.content for piece in applied) or b"\n"
        self.text = "\n" + self.joined.decode("latin-1")

    def between(self, start: int, end: int) -> Iterator[tuple[_Applied, bytes]]:
        """What lies between two offsets, by the pieces that it is in."""
        at = 0
        for piece in self.applied:
            low, high = max(start - at, 0), min(end - at, len(piece.content))
            if low < high:
                yield piece, piece.content[low:high]
            at += len(piece.content)

    def decode(self, start: int, end: int) -> str:
        return "".join(decode_text(content, piece.charset) for piece, content in self.between(start, end))


def _read_message(content: _Content, start: int) -> tuple[str, list[Mark]]:
    """Decode the message so that git finds the end of its text where it is found in the bytes."""
    message = content.decode(0, start).replace("\r", "")
    raw = content.joined[:start]
    if message.encode("utf-8", "replace") == raw or _ends_alike(message, content, start):
        return message, []
    message = escape(raw, _NOT_PLAIN)
    return message if _ends_alike(message, content, start) else "", [marks.message_escaped()]


def _ends_alike(message: str, content: _Content, start: int) -> bool:
    encoded = message.encode("utf-8", "replace").decode("latin-1")
    return find_start(f"\n{encoded}{content.text[start + 1 :]}") == len(encoded)


def _read_diff(content: _Content, start: int, end: int) -> tuple[str, list[Mark]]:
    """The diff as it is shown, and what is marked of its characters."""
    shown: list[str] = []
    told: list[Mark] = []
    escaped: list[int] = []
    for piece, part in content.between(start, end):
        view = view_diff(part, piece.charset)
        before = sum(text.count("\n") for text in shown)
        escaped += [before + line + 1 for line in view.escaped]
        if not view.has_one_reading:
            told.append(marks.charset(piece.charset))
        shown.append(view.text)
    if escaped:
        told.append(marks.escaped(len(escaped), escaped[0]))
    return "".join(shown), told


def _marks_of_parts(body: Body, content: _Content, start: int, end: int) -> Iterator[Mark]:
    """What is marked of the parts that the diff is in, and of those that were left out. Offsets are of content.text."""
    with_diff = [piece for piece, _ in content.between(start - 1, end - 1)]
    yield from dict.fromkeys(mark for piece in with_diff for mark in piece.told)
    if len(content.applied) > 1:
        several = sum(has_diff(piece.content) for piece in content.applied)
        if several > 1:
            yield marks.several_diffs(several)
        texts = [piece.place for piece in body.texts + body.pages if piece.content.strip()]
        if texts and any(patch.place < max(texts) for patch in body.patches):
            yield marks.other_order()
    if goes_behind_signature(content.text, start, end):
        yield marks.behind_signature()
    for what in dict.fromkeys(left.what for left in body.left_out if left.is_told or has_diff(left.content)):
        yield marks.left_out(what)
