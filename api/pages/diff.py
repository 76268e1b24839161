"""Text for inside a page: with marks for what deceives the eye, and a diff in colours, one span a line."""

import unicodedata

from markupsafe import Markup, escape

from schemas.characters import DECEIVING, name_character

COLOURED_LENGTH_MAX = 300_000
"""A longer diff is shown plain."""

_NO_CHARACTERS = dict.fromkeys([*range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd")
_CLASSES = (
    ("+++ ", "file"),
    ("--- ", "file"),
    ("diff ", "file"),
    ("index ", "file"),
    ("@@", "part"),
    ("+", "added"),
    ("-", "removed"),
)


def clean(text: str) -> str:
    """Give a text that can stand anywhere in a page, also as a title or in an attribute.

    A character that deceives the eye becomes its name in brackets; what XML 1.0 section 2.2 does not allow, however it
    is written, becomes U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    return DECEIVING.sub(lambda found: f"[{name_character(found[0])}]", text).translate(_NO_CHARACTERS)


def with_marks(text: str) -> Markup:
    """Give a text as HTML, with a visible mark for each character that is not seen or changes the order of reading."""
    if text.isascii() and text.isprintable():
        return escape(text)
    pieces: list[str] = []
    at = 0
    for found in DECEIVING.finditer(text):
        pieces += (str(escape(clean(text[at : found.start()]))), _mark(found[0]))
        at = found.end()
    return Markup("".join([*pieces, str(escape(clean(text[at:])))]))


def _mark(character: str) -> str:
    name = name_character(character)
    meaning = unicodedata.name(character, "control character").lower()
    return f'<span class="mark" title="{meaning}">[{name}]</span>'


def mark_up(diff: str) -> Markup:
    """Give a diff as HTML for inside a `pre`."""
    if len(diff) > COLOURED_LENGTH_MAX:
        return with_marks(diff)
    return Markup("\n".join(map(_mark_up_line, diff.split("\n"))))


def _mark_up_line(line: str) -> str:
    for start, name in _CLASSES:
        if line.startswith(start):
            return f'<span class="{name}">{with_marks(line)}</span>'
    return str(with_marks(line))
