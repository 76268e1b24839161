"""Message-IDs that a provider replaced: the old one threads mails of the same author (assembly, section 1).

Who sends through such a provider names mails by ids that nobody else has ever seen. A real Message-ID always goes
before one that a mail says it had, and nobody's saying so leads anybody else's mails anywhere.
"""

from collections.abc import Callable, Iterable

import msgspec

from projector.assembly.mail import Mail

HoldersOf = Callable[[str], Iterable[Mail]]
"""The mails that say they had a Message-ID before; none where a mail has it."""


def with_real_references(mail: Mail, holders_of: HoldersOf) -> Mail:
    """A mail as it would be if it named those of its author's mails that it answers as they are called now.

    `given` keeps what it names itself, so that this can be asked again as more mails come.
    """
    given = mail.given or mail.references
    found = [_real(mail, name, holders_of) for name in given]
    references = tuple(reversed(dict.fromkeys(reversed(found))))
    if references == given:
        given = ()
    if (references, given) == (mail.references, mail.given):
        return mail
    return msgspec.structs.replace(mail, references=references, given=given)


def _real(mail: Mail, name: str, holders_of: HoldersOf) -> str:
    """The Message-ID of the earliest mail by the same author that had another one before; else this."""
    own = [other for other in holders_of(name) if other.author == mail.author and other.message_id != mail.message_id]
    return min(own, key=lambda other: other.order).message_id if own else name
