"""What a program wrote and no person: a commit bot's word that a patch was committed, a bug tracker's notification.

Such a mail may carry a diff, and proposes nothing. Which program writes how is nowhere laid down; the words are those
of the bots of the kernel, media, DPDK and -mm trees, of git's hooks, and of Bugzilla, Jira, Launchpad and Roundup.
"""

import re

from ingest.message.headers import Headers

COMMITTED, APPLIED, BUG = "committed", "applied", "bug"
"""Values of `ParsedMail.notice`."""

OPENING_MAX_CHARS = 600
"""So much of a text is looked at: a notice says at its start what it is."""
TEXT_MAX_CHARS = 20_000
"""In so much of a text a bug tracker's words are looked for."""

_TRACKERS = (b"x-bugzilla-reason", b"x-bugzilla-type", b"x-jira-fingerprint", b"x-launchpad-bug", b"x-roundup-name")
"""Header fields that a bug tracker's mail has."""
_TRACKER = re.compile(r"(?:[\w.+-]*[.+_-])?(?:bugzilla|jira|bugtracker|bug-tracker|redmine|mantis)\b", re.IGNORECASE)
_TOLD_BY_TRACKER = re.compile(
    r"you are (?:receiving|on) th(?:is|e) (?:e-?mail|mail|message|bug|cc list)\b|configure (?:bug|issue)mail\b"
    r"|(?:^|\n)-* ?comment #\d+ from |(?:^|\n)(?:bug id|severity|bug number|issue type):? ",
    re.IGNORECASE,
)

_GREETING = r"\s*(?:(?:hello|hi|dear|fyi|note)\b[^:,.!]{0,40}[:,.!]\s*)?"
_COMMITTED = r"(?:merged|applied|queued|committed|pushed|cherry-?picked)"
_WHAT = r"(?:commits?|patch(?:es)?|changes?|changesets?|series)"
_OPENING = re.compile(
    rf"{_GREETING}(?:"
    rf"the following {_WHAT} (?:has|have|was|were)(?: now)?(?: been)? {_COMMITTED}\b"
    rf"|this is an automat(?:ed|ic|ically)(?: generated)? (?:e-?mail|message|notification)\b"
    rf"|your {_WHAT} (?:has|have|was|were)(?: now)?(?: been)? {_COMMITTED}\b"
    rf"|the patch(?: titled)?(?: subject:)? .{{1,300}}? (?:has been|was) (?:now )?{_COMMITTED} (?:to|into|in)\b"
    r"|commit-id: [0-9a-f]{7,64} (?:gitweb|author|committer|authordate):"
    r")",
    re.IGNORECASE,
)
"""How the text of a commit bot's mail begins, with its white space single."""
_MAYBE = re.compile(
    rf"{_GREETING}(?:this|the) (?:commit|patch|change|series)(?: (?:has|was|is))(?: now)?(?: been)? {_COMMITTED}\b"
    rf"|{_GREETING}(?:thanks?(?: you)?[,.!]* )?(?:now )?{_COMMITTED}(?: (?:to|into|in|as|for)\b|[,.!])",
    re.IGNORECASE,
)
"""How it may begin; so does many a message of a patch."""
_QUOTED = r"""["'\u2018\u201c].*["'\u2019\u201d]"""
_TITLE = re.compile(
    rf"\s*(?:\[[^\[\]]{{0,100}}\]\s*)*(?:patch {_QUOTED} has been {_COMMITTED}\b|applied {_QUOTED} to\b)", re.IGNORECASE
)
_TIP = re.compile(r"\s*\[(?:tip|git|committed|applied|merged|queued|pushed)\b", re.IGNORECASE)
_BUG = re.compile(r"\s*\[(?:bug|issue|jira)\b[\s#:]{0,3}[a-z\d-]{0,20}\](?!\s*\[?(?:patch|rfc)\b)", re.IGNORECASE)


def read_notice(fields: Headers, subject: str, author: str, before: str, behind: str) -> str:
    """Tell what a mail with a diff says of itself: COMMITTED, APPLIED where that is not certain, BUG, or "".

    subject is decoded and unfolded; author is an address; before and behind are what stands around the diff.
    """
    if any(name in fields for name in _TRACKERS) or _TRACKER.match(author):
        return BUG
    if _BUG.match(subject) and any(_TOLD_BY_TRACKER.search(said, 0, TEXT_MAX_CHARS) for said in (before, behind)):
        return BUG
    opening = " ".join(before[:OPENING_MAX_CHARS].split())
    if _OPENING.match(opening) or _TITLE.match(subject):
        return COMMITTED
    return APPLIED if _MAYBE.match(opening) or _TIP.match(subject) else ""
