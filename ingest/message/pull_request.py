"""What `git request-pull` writes: where to pull from."""

import re

_AVAILABLE = re.compile(r"\nare\s+available\s+in\s+the\s+git\s+repository\s+at:", re.IGNORECASE)
_SINCE = re.compile(r"\nThe\s+following\s+changes\s+since\s+commit\s", re.IGNORECASE)
_WITH_SCHEME = r"(?:git|https?|ssh|git\+ssh|ftps?|rsync)://[^\s\\<>\[\]]+|[\w.-]+@[\w.-]+:[^\s\\<>]+"
_SSH = r"[A-Za-z0-9][\w-]*(?:\.[\w-]+)+:(?!//)[/~\w][^\s\\<>]*"
"""`host:path`: only behind a phrase that says that a URL comes."""
_REF = (
    r"[>\]]?(?:[^\S\n]*\n?[^\S\n]*<[^<>\n]*>)?(?:[^\S\n]*\\?[^\S\n]*\n?[^\S\n]*((?:refs/|tags/|heads/)[^\s\\<>]+)"
    r"|[^\S\n]*\\?[^\S\n]*\n[^\S\n]+([^\s\\:<>]+)[^\S\n]*(?=\n)"
    r"|[^\S\n]+(?:branch[^\S\n]+)?((?:tag[^\S\n]+)?[^\s\\<>]+))?(?:<[^<>\n]*>)?[^\S\n]*(?=\n)"
)
_URL = re.compile(rf"\n[^\S\n]*[<\[]?({_WITH_SCHEME}){_REF}")
_URL_OR_SSH = re.compile(rf"\n[^\S\n]*[<\[]?({_WITH_SCHEME}|{_SSH}){_REF}")
_SEARCHED_CHARS = 1500
"""How far behind the phrase the URL may stand."""


def read_pull_url(text: str) -> str | None:
    """Give "URL ref" (or "URL") where the phrase stands at the start of a line and a line below it is a URL; else None.

    text starts and ends with a line end. The ref may be on the URL's line, or on the next behind a backslash, indented,
    or as `tags/...` where a mailer wrapped the line. A URL in brackets, or written twice by a mailer
    (`https://a<https://a>`), is given once and bare.
    """
    if "repository" not in text and "changes" not in text:
        return None
    for phrase, form in ((_AVAILABLE, _URL_OR_SSH), (_SINCE, _URL)):
        found = phrase.search(text)
        url = form.search(text, found.end(), found.end() + _SEARCHED_CHARS) if found else None
        if url:
            ref = url[2] or url[3] or url[4]
            return f"{url[1]} {ref}" if ref else url[1]
    return None
