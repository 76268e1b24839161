"""HTML mail as plain text: tags taken out, nothing laid out."""

import contextlib
import html
import re

PAGE_MAX_CHARS = 1_000_000
"""What is read of one page."""

_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/pre|/blockquote)\b[^<>]{0,1000}>\n?", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!?][^<>]{0,10000}>")
_OPENING = re.compile(r"<(?:(style|script|head|title)\b|(!--))", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")


def html_to_text(page: str) -> str:
    """Give the text of a page with its entities read; the line ends of the source stay, as <pre> needs them. Never raises.

    Works in time proportional to the page, also for one that opens a thousand comments and closes none.
    """
    text = _TAG.sub("", _BREAK.sub("\n", _without_hidden(page[:PAGE_MAX_CHARS])))
    with contextlib.suppress(ValueError):  # a character's number of over 4,300 digits
        text = html.unescape(text)
    text = text.replace("\0", "").replace("\xa0", " ")
    return _BLANK_LINES.sub("\n\n", text).strip("\n") + "\n"


def _without_hidden(page: str) -> str:
    """Cut out comments and elements that are not shown; one that is not closed is shown."""
    lower = page.lower() if page.isascii() else page
    kept: list[str] = []
    at = 0
    unclosed: set[str] = set()
    while opening := _OPENING.search(page, at):
        name = (opening[1] or "--").lower()
        closing = "-->" if name == "--" else f"</{name}>"
        end = -1 if name in unclosed else lower.find(closing, opening.end())
        kept.append(page[at : opening.start()])
        if end < 0:
            unclosed.add(name)
            kept.append(opening[0])
            at = opening.end()
        else:
            at = end + len(closing)
    kept.append(page[at:])
    return "".join(kept)
