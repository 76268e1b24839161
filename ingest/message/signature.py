"""The text of a cover letter without what stands below it in every mail: the sender's signature, the list's footer."""

import re

SIGNATURE_MAX_LINES = 20
FOOTER_MAX_LINES = 10

_FOOTER_MAX_CHARS = 10_000
"""A footer is looked for in so many."""

_FOOTER = re.compile(rf"\n_{{20,100}}[^\S\n]*\n(?:[^\n]*\n){{1,{FOOTER_MAX_LINES}}}\Z")
_SIGNATURE = "\n-- \n"


def without_signature(text: str) -> str:
    """Cut off a list's footer (a rule of underscores and a few lines), then the signature behind the last `-- ` line.

    text has LF lines. What follows a rule or a `-- ` line stays if it is longer than a footer or a signature, as does a
    rule that stands above a signature. RFC 3676 section 4.3 has the signature, Mailman the footer.
    """
    start = _start_of_end(text)
    if start == 0:
        return _cut(text)
    end = text[start:]
    kept = _cut(end)
    if kept == end:
        return text
    return text[:start] + kept if kept else _ended(text[:start])


def _start_of_end(text: str) -> int:
    """Where the lines begin by which it is decided what is cut off: of a large text no copies are made for that."""
    start = len(text) - 2 * _FOOTER_MAX_CHARS
    signature = text.rfind(_SIGNATURE)
    if signature < 0 and text.startswith(_SIGNATURE[1:]):
        signature = 0
    if signature >= 0 and text.count("\n", signature) <= 2 * (SIGNATURE_MAX_LINES + FOOTER_MAX_LINES):
        start = min(start, signature)
    return text.rfind("\n", 0, start) + 1 if start > 0 else 0


def _cut(text: str) -> str:
    lined = f"\n{text}" if text.endswith("\n") else f"\n{text}\n"
    footer = _FOOTER.search(lined, max(0, len(lined) - _FOOTER_MAX_CHARS))
    if footer and _SIGNATURE not in footer[0]:
        lined = lined[: footer.start() + 1]
    start = lined.rfind(_SIGNATURE)
    if start >= 0 and lined.count("\n", start + len(_SIGNATURE)) <= SIGNATURE_MAX_LINES:
        lined = lined[: start + 1]
    elif not footer:
        return text
    return _ended(lined[1:])


def _ended(text: str) -> str:
    """A text with one line end behind its last line."""
    kept = text.rstrip("\n")
    return f"{kept}\n" if kept else ""
