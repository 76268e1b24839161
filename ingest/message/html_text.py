"""HTML mail as plain text: tags taken out, nothing laid out."""

import re

PAGE_MAX_CHARS = 1_000_000
"""What is read of one page."""

HIDDEN_MAX = 1000
"""Comments and elements of one page that are cut out; the text of those behind is shown."""

_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/pre|/blockquote)\b[^<>]{0,1000}>\n?", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!?][^<>]{0,10000}>")
_OPENING = re.compile(r"<(?:(style|script|head|title)\b|(!--))", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n\s*\n")
_NUMBER = re.compile(r"&#(\d{1,7}|[xX][0-9a-fA-F]{1,6});")
_NAMED = (("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


def html_to_text(page: str) -> str:
    """Give the text of a page, entities read; the line ends of the source stay, as <pre> needs them. Never raises.

    Works in time proportional to the page, also for one that opens a thousand comments and closes none.
    """
    page = page[:PAGE_MAX_CHARS]
    while "<<" in page:
        page = page.replace("<<", "<")
    text = _TAG.sub("", _BREAK.sub("\n", _without_hidden(page)))
    return _BLANK_LINES.sub("\n\n", _unescape(text)).strip("\n") + "\n"


def _unescape(text: str) -> str:
    """Read the entities: numbers, and of the names those that mailers write."""
    pieces = _NUMBER.split(text)
    pieces[1::2] = map(_character, pieces[1::2])
    text = "".join(pieces)
    for name, character in _NAMED:
        text = text.replace(name, character)
    return text


def _character(number: str) -> str:
    code = int(number[1:], 16) if number[0] in "xX" else int(number)
    return "\ufffd" if code > 0x10FFFF or 0xD800 <= code < 0xE000 else chr(code).replace("\0", "").replace("\xa0", " ")


def _without_hidden(page: str) -> str:
    """Cut out comments and elements that are not shown; one that is not closed is shown."""
    lower = page.lower() if page.isascii() else page
    kept: list[str] = []
    at = 0
    unclosed: set[str] = set()
    for _ in range(HIDDEN_MAX):
        opening = _OPENING.search(page, at)
        if opening is None:
            break
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
