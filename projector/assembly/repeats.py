"""Tells a mail that only repeats a patch from a patch of its own (assembly, section 1).

A commit bot sends what was committed, and a reviewer the whole patch under his answer without `Re:`. Both answer the
patch, are by another author, and propose nothing.
"""

from collections.abc import Mapping

from projector.assembly.mail import COVER, PATCH, PULL_REQUEST, Mail
from projector.assembly.subject import is_backport

POSTED = (PATCH, COVER, PULL_REQUEST)
"""What a comment may be about."""

_DIFF = 3
"""Where `Mail.said` has the digest of the diff."""
_FIRST = (1,)


def repeats(mail: Mail, above: Mail | None, kind: str | None) -> bool:
    """Whether a mail only repeats the nearest that it may be about. kind: of that one, as it was found to be.

    It carries the same diff, or seems to say that the patch was committed and has its title. Where it says PATCH, it
    has the same tag, too. A higher marker, a stable kernel's name and RESEND are those of a posting.
    """
    if above is None or not mail.may_repeat or kind != PATCH or mail.author == above.author:
        return False
    if _marker(mail) > _marker(above) or is_backport(mail.prefix, above.prefix):
        return False
    if mail.number is not None and (mail.number, mail.total) != (above.number, above.total):
        return False
    if mail.is_proposed and mail.prefix != above.prefix:
        return False
    has_same_diff = mail.said[_DIFF:] == above.said[_DIFF:] != ()
    return has_same_diff or (mail.is_notice and mail.name_key == above.name_key != b"")


def posted_above(about: Mapping[str, Mail | None], kinds: Mapping[int, str], name: str) -> Mail | None:
    """The nearest cover letter or patch above a name. about: the nearest of these or of the pull requests."""
    above = about[name]
    while above is not None and kinds[above.id] == PULL_REQUEST:
        above = about[above.message_id]
    return above


def _marker(mail: Mail) -> tuple[int, ...]:
    return mail.reroll or mail.closing or _FIRST
