"""Text for inside a page: without what no page may hold, and a diff in colours, one span a line that says something."""

from markupsafe import Markup, escape

COLOURED_LENGTH_MAX = 300_000
"""A longer diff is shown plain."""

_CONTROLS = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127, *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd")
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
    """Replace the characters that XML 1.0 section 2.2 does not allow in a document, however they are written."""
    return text.translate(_CONTROLS)


def mark_up(diff: str) -> Markup:
    """Give a diff as HTML for inside a `pre`."""
    diff = clean(diff)
    if len(diff) > COLOURED_LENGTH_MAX:
        return escape(diff)
    return Markup("\n".join(map(_mark_up_line, diff.split("\n"))))


def _mark_up_line(line: str) -> str:
    for start, name in _CLASSES:
        if line.startswith(start):
            return f'<span class="{name}">{escape(line)}</span>'
    return str(escape(line))
