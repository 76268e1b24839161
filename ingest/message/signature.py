"""The text of a cover letter without what stands below it in every mail: the sender's signature, the list's footer."""

import re

SIGNATURE_MAX_LINES = 20
FOOTER_MAX_LINES = 10

_FOOTER = re.compile(rf"\n_{{20,100}}[^\S\n]*\n(?:[^\n]*\n){{1,{FOOTER_MAX_LINES}}}\Z")
_SIGNATURE = "\n-- \n"


def without_signature(text: str) -> str:
    """Cut off a list's footer (a rule of underscores and a few lines), then the signature behind the last `-- ` line.

    text has LF lines. What follows a rule or a `-- ` line stays if it is longer than a footer or a signature, as does a
    rule that stands above a signature. RFC 3676 section 4.3 has the signature, Mailman the footer.
    """
    lined = f"\n{text}" if text.endswith("\n") else f"\n{text}\n"
    footer = _FOOTER.search(lined, max(0, len(lined) - 10_000))
    if footer and _SIGNATURE not in footer[0]:
        lined = lined[: footer.start() + 1]
    start = lined.rfind(_SIGNATURE)
    if start >= 0 and lined.count("\n", start + len(_SIGNATURE)) <= SIGNATURE_MAX_LINES:
        lined = lined[: start + 1]
    elif not footer:
        return text
    kept = lined[1:].rstrip("\n")
    return f"{kept}\n" if kept else ""
