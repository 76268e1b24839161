"""Characters that deceive the eye: they are not seen, reorder what is seen, or look like a line end and are none.

CVE-2021-42574 shows what can be done with them: code that reads otherwise than it runs.
"""

import re

_FORMAT = (
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
"""Of Unicode 15: the category Cf, blanks that count as letters, and selectors of variants."""

_LINE_ENDS = "\x0b\x0c\x85\u2028\u2029"
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"

DECEIVING = re.compile(f"[{_FORMAT}{_LINE_ENDS}{_CONTROLS}]|\r(?!\n)")
"""One character that has to be shown as a mark. A CR before an LF ends a line of a file and is none."""

FORM_FEED = "\x0c"
"""Stands between the pages of old sources: it is shown as a mark, and is nothing to warn of."""


_LONE_CR = re.compile("\r(?!\n)")


def deceiving_in(text: str) -> list[str]:
    """The characters of a text that deceive, each once, in no order that means anything.

    There may be millions of them: what is kept of the text is each character once.
    """
    if DECEIVING.search(text) is None:
        return []
    found: list[str] = DECEIVING.findall("\n".join({*text} - {"\r"}))
    return [*found, "\r"] if _LONE_CR.search(text) else found


def name_character(character: str) -> str:
    """Give the mark that stands for a character: U+202E."""
    return f"U+{ord(character):04X}"


def make_visible(text: str) -> str:
    """Give a text for a terminal or a line of a journal: each character that deceives as its mark in <>."""
    return DECEIVING.sub(lambda found: f"<{name_character(found[0])}>", text)
