"""What stands before a subject's tag and is not its sender's: `Re:`, and what filters and bug trackers put there."""

import re

FORWARDS = frozenset({"fwd", "fw", "wg", "tr", "转发"})

REPLY = re.compile(
    r"\s*(re|aw|sv|vs|antw|antwort|odp|ynt|回复|答复|回覆|fwd|fw|wg|tr|转发)\s*(?:\[\d+\]|\(\d+\)|\^\d+)?\s*[:\uff1a]\s*",
    re.IGNORECASE,
)
"""`Re:` and its like in other languages, and a forward's, which are in FORWARDS in lower case."""

_FILTER = (
    r"(?:spam|junk|bulk|external|extern|suspect(?:ed)?|suspicious|caution|warning|phishing|scam|virus|unverified|"
    r"untrusted|quarantined?|dmarc|marketing|(?-i:EXT))"
)
_FILTER_WORDS = rf"(?:(?:possibl[ey]|probabl[ey]|likely|e-?mail|mail|message|sender|from|is|the)\W+)*{_FILTER}"
FILTERED = re.compile(
    rf"\W*{_FILTER_WORDS}(?:\W+(?:{_FILTER}|e-?mail|mail|message|sender|link|score|\d+(?:\.\d+)?))*\W*", re.IGNORECASE
)
"""What a filter writes: `SUSPECTED SPAM`, `External email`, `Spam?`."""

_BUG = r"(?:(?:bug|issue|ticket|debbugs)\s?#?\s?|#)\d{1,9}"
BUG = re.compile(rf"(?<![\w#-]){_BUG}(?![\w./])", re.IGNORECASE)
"""The number that a bug tracker gave."""

MARK = re.compile(
    rf"\s*(?:\*{{2,}}[^*\n]{{1,60}}\*{{2,}}|[{{(<]{_FILTER_WORDS}[^\[\](){{}}<>\n]{{0,40}}[}})>]"
    rf"|{_FILTER_WORDS}(?:\W{{1,3}}(?:e-?mail|mail|message|sender))?\W{{0,2}}:|\({_BUG}\)|{_BUG}\s*[:-])\s*[:-]?\s*",
    re.IGNORECASE,
)
"""A filter's or a bug tracker's mark without brackets: `***SPAM***`, `{Spam?}`, `EXTERNAL:`, `bug#4711:`."""

_BEFORE = re.compile(r"\s*\[[^\[\]]{0,100}\]\s*")


def is_answer(subject: str) -> bool:
    """Tell whether a subject, decoded and unfolded, is that of an answer: `Re:` stands behind marks and brackets."""
    at = 0
    while True:
        reply = REPLY.match(subject, at)
        if reply and reply[1].lower() not in FORWARDS:
            return True
        found = reply or _BEFORE.match(subject, at) or MARK.match(subject, at)
        if found is None:
            return False
        at = found.end()
