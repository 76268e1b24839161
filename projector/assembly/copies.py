"""Two mails with one Message-ID: whether they say the same, and in which parts they do not (assembly, section 1).

They are compared by digests that each mail's summary has, so that no earlier mail has to be read again, and one whose
words are gone is compared as it was.
"""

from hashlib import blake2b

import msgspec

from projector.assembly.mail import Mail
from schemas.mail import SAID


def differences(mail: Mail, other: Mail) -> tuple[str, ...]:
    """The parts in which two mails differ, in the order of SAID; none where nobody can tell what one of them said."""
    if not mail.said or not other.said:
        return ()
    different = {name for name, one, two in zip(SAID, mail.said, other.said, strict=True) if one != two}
    if _tags(mail) != _tags(other) or not _is_one_prefix(set(mail.prefix), set(other.prefix)):
        different.add("title")
    return tuple(name for name in SAID if name in different)


def digest_of(mail: Mail) -> bytes:
    """The digest of what is compared but for the prefix, 16 bytes: two mails that do not differ have the same."""
    return blake2b(msgspec.msgpack.encode((mail.said, _tags(mail))), digest_size=16).digest()


def _tags(mail: Mail) -> tuple[object, ...]:
    """What the brackets before the title say to the project."""
    return mail.number, mail.total, mail.reroll, mail.branch_reroll


def _is_one_prefix(prefix: set[str], other: set[str]) -> bool:
    """Whether one prefix may be the other with the tag of one more list in it."""
    return prefix <= other or other <= prefix
