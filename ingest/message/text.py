"""The text of a mail taken apart into the message and the diff, whose bytes are the ones that are applied."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

import msgspec

from ingest.message import marks
from ingest.message.body import Body, LeftOut, Piece
from ingest.message.charset import codec_of, decode_text, is_doubtful, is_known, is_wide, keeps_ascii
from ingest.message.diff import (
    count_whole_hunks,
    find_diff,
    find_message_end,
    find_start,
    goes_behind_signature,
    has_diff,
)
from ingest.message.flowed import unflow, unstuff
from ingest.message.view import escape, view_diff
from schemas.mail import LIKE_A_DIFF, Mark

_NOT_PLAIN = re.compile(rb"[\0-\x08\x0b-\x1f\x7f-\xff]")


PIECE_CHARS = 1 << 20
"""So much of a text is gone through at a time."""

_DROPPED = re.compile(rb"\0|\r(?!\n)")


class Text(msgspec.Struct, frozen=True):
    """What a mail says.

    before: of a mail with a diff what stands before it, of any other all. message: the same, but of an answer all, with
    LF lines, as people read it. diff_bytes: the bytes of the diff; diff: what is shown of them, line for line. behind:
    what stands behind the diff. around: all but the diff, in lines that start and end with a line end.
    """

    before: str
    message: str
    diff: str
    diff_bytes: bytes
    behind: str
    around: str
    marks: tuple[Mark, ...] = ()

    def whole(self) -> Iterator[str]:
        """All that the mail says with LF lines, as people read it, piece by piece: of a large one no copy is made."""
        for text in (self.before, self.diff, self.behind):
            for start in range(0, len(text), PIECE_CHARS):
                yield text[start : start + PIECE_CHARS].replace("\r", "")


def read_text(body: Body, *, is_answer: bool) -> Text:
    """Take the pieces of a mail apart. A CR is kept in the diff alone, where it is a file's. Never raises."""
    pieces = body.pieces
    content, place = _find(pieces)
    if place is None:
        whole = _whole(pieces)
        return Text(whole, whole, "", b"", "", f"\n{whole}\n")
    start, end = place[0] - 1, place[1] - 1
    message, told = _read_message(content, start)
    diff, told_of_diff = _read_diff(content, start, end)
    behind = content.decode(end, len(content.joined)).replace("\r", "")
    marked = (*told, *told_of_diff, *_marks_of_parts(body, content, *place))
    diff_bytes, around = content.joined[start:end], f"\n{message}{behind}"
    del content  # what it has is not needed twice
    whole = f"{message}{diff}{behind}".replace("\r", "") if is_answer else message
    return Text(message, whole, diff, diff_bytes, behind, around, marked)


def _find(pieces: Sequence[Piece]) -> tuple["_Content", tuple[int, int] | None]:
    """Find the diff as git would, or where it has no whole hunk so, as it is whole.

    There are mailers that say format=flowed and send patches as they are, and ones that encode all of a patch in UTF-7.
    """
    for is_flowed, is_recoded in ((True, False), (False, False), (True, True)):
        content = _Content([_applied(piece, is_flowed=is_flowed, is_recoded=is_recoded) for piece in pieces])
        place = find_diff(content.text)
        has_others = is_recoded or not is_flowed or any(piece.has_other_readings for piece in content.applied)
        if not has_others or _has_whole_hunks(content, place):
            return content, place
        del content  # or two readings of a large mail would be there at the same time
    content = _Content([_applied(piece) for piece in pieces])
    return content, find_diff(content.text)


def _has_whole_hunks(content: "_Content", place: tuple[int, int] | None) -> bool:
    return place is not None and count_whole_hunks(content.text, *place) > 0


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

    @property
    def has_other_readings(self) -> bool:
        return not keeps_ascii(codec_of(self.charset)) or any(mark.kind == marks.FLOWED for mark in self.told)


def _applied(piece: Piece, *, is_flowed: bool = True, is_recoded: bool = False) -> _Applied:
    content, label, told = piece.content, piece.kind.charset, []
    if is_wide(content, label) or (is_recoded and not keeps_ascii(codec_of(label))):
        content = decode_text(content, label).encode("utf-8", "replace")
        told.append(marks.recoded(label))
        label = "utf-8"
    if piece.kind.is_flowed:
        joined = unflow(content, delsp=piece.kind.is_delsp, joined_first=piece.is_encoded)
        if joined.rstrip(b"\n") != content.rstrip(b"\n"):
            told.append(marks.flowed() if is_flowed else marks.not_flowed())
        content = joined if is_flowed else content
    if piece.kind.kind == "text/html":
        told.append(marks.from_html())
    if piece.kind.kind.startswith("multipart/"):
        told.append(marks.no_parts())
    if not is_known(label):
        told.append(marks.unknown_charset(label))
    if piece.is_misnamed:
        told.append(marks.not_encoded())
    if piece.had_line_ends:
        told.append(marks.line_ends())
    if piece.is_nested:
        told.append(marks.nested())
    if piece.mails:
        told.append(marks.forwarded())
    return _Applied(piece, content, label, tuple(told))


def _ended(piece: _Applied, following: _Applied | None) -> _Applied:
    """End the last line of a text. Before a part that goes on with the message, or with the diff, git reads the line
    end before the boundary, too; so a blank line there is one of the message.
    """
    goes_on = following is not None and find_message_end(f"\n{following.content[:200].decode('latin-1')}") != 1
    if piece.content.endswith(b"\n") and (piece.piece.is_base64 or not goes_on):
        return piece
    return msgspec.structs.replace(piece, content=piece.content + b"\n")


class _Content:
    """The pieces joined; offsets are in bytes. text has a character for each byte, behind a line end."""

    def __init__(self, applied: Sequence[_Applied]) -> None:
        self.applied = [_ended(*pair) for pair in zip_longest(applied, applied[1:])]
        self.joined = b"".join(piece.content for piece in self.applied) or b"\n"
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
    is_plain = message.encode("utf-8", "replace") == raw
    told = [
        marks.charset(piece.charset) for piece, part in content.between(0, start) if is_doubtful(part, piece.charset)
    ]
    if is_plain or _ends_alike(message, content, start):
        return message, [*told, marks.dropped()] if _DROPPED.search(raw) else told
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
        told.append(marks.escaped(escaped[0]))
    return "".join(shown), told


def _marks_of_parts(body: Body, content: _Content, start: int, end: int) -> Iterator[Mark]:
    """What is marked of the parts that the diff is in, and of those that were left out. Offsets are of content.text."""
    with_diff = [piece for piece, _ in content.between(0, end - 1)]
    yield from dict.fromkeys(mark for piece in with_diff for mark in piece.told)
    if len(content.applied) > 1:
        several = sum(has_diff(piece.content) for piece in content.applied)
        if several > 1:
            yield marks.several_diffs(several)
        texts = [piece.place for piece in body.texts + body.pages if piece.content.strip()]
        if texts and any(patch.place < max(texts) for patch in body.patches):
            yield marks.other_order()
    if body.is_broken:
        yield marks.broken_part()
    if goes_behind_signature(content.text, start, end):
        yield marks.behind_signature()
    if LIKE_A_DIFF.search(content.text, end):
        yield marks.left_out_behind()
    if body.is_doubtful or (len(with_diff) > 1 and any(piece.piece.kind.is_flowed for piece in with_diff)):
        yield marks.doubtful_type()
    if _has_open_line(content, end - 1):
        yield marks.open_line()
    last = max(piece.piece.place for piece, _ in content.between(0, end))
    is_open = (
        count_whole_hunks(content.text, start, end) == 0 or "\nGIT binary patch\n" in content.text[start - 1 : end]
    )
    left_out = dict.fromkeys(
        marks.left_out_diff(left.what) if has_diff(left.content) else marks.left_out(left.what)
        for left in body.left_out
        if left.is_told or has_diff(left.content) or (left.place >= 0 and _counts_for_git(left, last, is_open=is_open))
    )
    yield from left_out


def _has_open_line(content: _Content, end: int) -> bool:
    """Whether a part that is read to its end before an offset leaves a line open for the part behind it."""
    return any(
        piece.piece.is_open and len(part) == len(piece.content) and bool(following.content.strip())
        for (piece, part), following in zip(content.between(0, end), content.applied[1:], strict=False)
    )


def _counts_for_git(left: LeftOut, last: int, *, is_open: bool) -> bool:
    """Tell whether git makes something of a part that has no diff: of text before the diff, or of more of the diff."""
    return bool(left.content.strip()) and (left.place < last or is_open or b"\n@@ -" in b"\n" + left.content)
