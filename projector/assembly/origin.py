"""Whether a mail came from its list: by the envelope sender, or by the machine that handed it on."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from schemas.networks import is_inside, read_networks
from schemas.records import MailReceived, MailStub


def came_from_list(fact: MailReceived | MailStub, patterns: Sequence[str]) -> bool:
    """Whether a mail fits one of a project's patterns, or was imported, or there are none.

    A pattern with an @ is compared with the envelope sender; any other is a network that the machine is in.
    """
    if not patterns or fact.envelope_sender is None:
        return True
    sender = fact.envelope_sender.lower()
    return any(
        fnmatchcase(sender, pattern.lower()) if "@" in pattern else is_inside(fact.relay, read_networks("", pattern))
        for pattern in patterns
    )
