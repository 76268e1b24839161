"""The bytes of a diff as text: line for line what is applied."""

import re
from typing import NamedTuple

from ingest.message.charset import codec_of, codecs_of, keeps_ascii

LINES_MAX = 20_000
"""Lines that are looked at one by one."""

_NOT_IN_1252 = re.compile(rb"[\0\x81\x8d\x8f\x90\x9d]")
_NOT_ASCII = re.compile(rb"[\0\x80-\xff]")
_WITH_STATES = re.compile(rb"[\0\x0e\x0f\x1b\x80-\xff]")


class View(NamedTuple):
    """How bytes are shown. has_one_reading: that all of them are text in the charset that was declared.

    escaped: the lines, from 0, that are shown with escapes, for they could not be told from other bytes otherwise.
    """

    text: str
    has_one_reading: bool = True
    escaped: tuple[int, ...] = ()


def view_diff(content: bytes, label: str) -> View:
    """Show the bytes of a diff as they are in their charset. label is as declared, or "" for none.

    Text that gives other bytes when it is encoded again would hide what is applied. So a line whose bytes are not in
    that charset, nor in UTF-8, nor in windows-1252 so that they can be told from the text, is shown with `\\xNN` for
    the bytes that are not ASCII, and so is a NUL. In a charset with states (ISO 2022, UTF-7, HZ), where git applies
    what a reader does not see, all lines are shown as their bytes.
    """
    codec = codec_of(label)
    if not keeps_ascii(codec):
        return _view_with_states(content, codec)
    if content.isascii() and b"\0" not in content:
        return View(content.decode("ascii"))
    for name in codecs_of(label):
        text = _decode(content, name)
        if text is not None:
            return View(text)
    if content.count(b"\n") > LINES_MAX:
        return _view_at_once(content)
    lines = content.split(b"\n")
    shown = [_view_line(line, codec) for line in lines]
    escaped = tuple(number for number, line in enumerate(shown) if line is None)
    texts = [escape(line, _NOT_ASCII) if text is None else text for line, text in zip(lines, shown, strict=True)]
    return View("\n".join(texts), False, escaped)


def _view_at_once(content: bytes) -> View:
    """Read many lines that are in no charset as windows-1252, with escapes for what it has not: NUL and five bytes."""
    text = content.decode("cp1252", "backslashreplace").replace("\0", "\\x00")
    odd = _NOT_IN_1252.search(content)
    return View(text, False, () if odd is None else (content.count(b"\n", 0, odd.start()),))


def escape(content: bytes, pattern: re.Pattern[bytes]) -> str:
    """Write `\\xNN` for each byte that the pattern matches; the others are ASCII."""
    return pattern.sub(lambda byte: b"\\x%02x" % byte[0][0], content).decode("ascii")


def _decode(content: bytes, codec: str) -> str | None:
    """The text of bytes, if it gives these bytes again, and if each line of the one is a line of the other."""
    try:
        text = content.decode(codec)
        if text.encode(codec) != content or "\0" in text:
            return None
    except UnicodeError:
        return None
    return text if text.count("\n") == content.count(b"\n") else None


def _view_line(line: bytes, codec: str) -> str | None:
    if line.isascii() and b"\0" not in line:
        return line.decode("ascii")
    return next((text for name in (codec, "utf_8", "cp1252") if (text := _decode(line, name)) is not None), None)


def _view_with_states(content: bytes, codec: str) -> View:
    text = escape(content, _WITH_STATES)
    if text.encode("ascii") == content:
        return View(text, _decode(content, codec) == text)
    lines = content.split(b"\n")
    return View(text, False, tuple(number for number, line in enumerate(lines) if _WITH_STATES.search(line)))
