"""What `git request-pull` writes: where to pull from."""

import re

_AVAILABLE = re.compile(r"\nare available in the git repository at:", re.IGNORECASE)
_SINCE = re.compile(r"\nThe following changes since commit ", re.IGNORECASE)
_URL = re.compile(
    r"\n[^\S\n]*((?:git|https?|ssh|git\+ssh|ftps?|rsync)://[^\s\\]+|[\w.-]+@[\w.-]+:[^\s\\]+)"
    r"(?:[^\S\n]*\\?[^\S\n]*\n?[^\S\n]*((?:refs/|tags/|heads/)[^\s\\]+)|[^\S\n]*\\?[^\S\n]*\n[^\S\n]+([^\s\\:]+)[^\S\n]*(?=\n)"
    r"|[^\S\n]+([^\s\\]+))?[^\S\n]*(?=\n)"
)
_SEARCHED_CHARS = 1500
"""How far behind the phrase the URL may stand."""


def read_pull_url(text: str) -> str | None:
    """Give "URL ref" (or "URL") where the phrase stands at the start of a line and a line below it is a URL; else None.

    text starts and ends with a line end. The ref may be on the URL's line, or on the next behind a backslash, indented,
    or as `tags/...` where a mailer wrapped the line.
    """
    if "git repository at:" not in text and "Git repository at:" not in text and "changes since commit" not in text:
        return None
    for phrase in (_AVAILABLE, _SINCE):
        found = phrase.search(text)
        url = _URL.search(text, found.end(), found.end() + _SEARCHED_CHARS) if found else None
        if url:
            ref = url[2] or url[3] or url[4]
            return f"{url[1]} {ref}" if ref else url[1]
    return None
