"""Which rule made a mail what it is, in words (assembly, section 1)."""

from ingest.message.notices import BUG, COMMITTED
from projector.assembly.mail import COMMENT, COVER, IGNORED, OTHER, PATCH, PULL_REQUEST
from projector.assembly.redaction import REDACTED
from projector.assembly.subject import Subject
from schemas.mail import Keys, ParsedMail

_NOTICES = {COMMITTED: "it says that a patch was committed", BUG: "a bug tracker sent it"}


def why_kind(parsed: ParsedMail, subject: Subject, keys: Keys, kind: str) -> str:
    """Say why a mail is of a kind. The rules are those of `kind_of`, in their order, then what its answers showed."""
    if kind == IGNORED:
        return "its X-Patchwork-Hint says to ignore it"
    if kind == COMMENT:
        return _why_comment(parsed, subject, keys)
    if kind == COVER:
        return _why_cover(subject, keys)
    if kind == PULL_REQUEST:
        return f"it asks to pull {parsed.pull_url or REDACTED} and has no diff"
    if kind == PATCH:
        return f"it has a diff and {_why_patch(parsed, subject)}"
    assert kind == OTHER
    if keys.has_diff:
        return f"{_NOTICES[parsed.notice]}, and answers nothing"
    return "it has no diff, is no cover letter, asks to pull nothing and answers nothing"


def _why_comment(parsed: ParsedMail, subject: Subject, keys: Keys) -> str:
    if parsed.hint == "comment":
        return "its X-Patchwork-Hint says that it is one"
    if subject.is_reply:
        return "its subject starts as an answer does (Re:)" + (", though it has a diff" if keys.has_diff else "")
    if keys.has_diff and parsed.notice in _NOTICES:
        return f"{_NOTICES[parsed.notice]}, and proposes nothing"
    if keys.has_diff and subject.is_tagged:
        return "it repeats another author's patch that it answers, and proposes nothing"
    if keys.has_diff:
        return "it answers another mail, and has a diff but no tag in brackets"
    return "it answers another mail, and has no diff"


def _why_patch(parsed: ParsedMail, subject: Subject) -> str:
    if subject.is_tagged:
        return "a tag in brackets"
    return "is the one that its author's series lacks, whose tag it lost" if parsed.references else "no references"


def _why_cover(subject: Subject, keys: Keys) -> str:
    if subject.number == 0:
        diff = "numbered patches answer it, though it has a diff" if keys.has_diff else "it has no diff"
        return f"its number is 0 and {diff}"
    if subject.is_tagged:
        return f"patches 1 to n by its author answer it, and it ({subject.number}/{subject.total}) has no diff itself"
    return "patches 1 to n by its author answer it directly, and it starts its thread without tag and diff"
