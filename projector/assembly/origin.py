"""Whether a mail came from its list: by the envelope sender, or by the machine that handed it on.

Envelope senders are compared whole, without what stands behind a + in them (lists put the recipient there), or by
their domain; so a mail that has keys in their place is found to have come from the same place.
"""

from collections.abc import Iterator, Sequence

from projector.assembly.keys import key
from schemas.networks import is_inside, read_networks
from schemas.records import MailReceived, MailStub


def came_from_list(fact: MailReceived | MailStub, patterns: Sequence[str]) -> bool:
    """Whether a mail fits one of a project's patterns, or was imported, or there are none.

    A pattern is an address, a domain behind an @, or a network that the machine is in.
    """
    if not patterns or fact.envelope_sender is None:
        return True
    if isinstance(fact, MailStub):
        senders = {pattern for pattern in patterns if "@" in pattern and key(pattern) in fact.envelope_sender}
    else:
        senders = set(patterns) & {*sender_names(fact.envelope_sender)}
    networks = (read_networks("", pattern) for pattern in patterns if "@" not in pattern)
    return bool(senders) or any(is_inside(fact.relay, network) for network in networks)


def sender_names(address: str) -> Iterator[str]:
    """All that a pattern may call an envelope sender."""
    local, _, domain = address.lower().rpartition("@")
    yield from (f"{local}@{domain}", f"{local.partition('+')[0]}@{domain}", f"@{domain}")
