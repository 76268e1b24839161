"""What is left of a mail when its words are taken away, and what is shown in their place.

A mail and its stub are seen alike by the assembly: both are read through the same two functions.
"""

import msgspec

from ingest.message.authentication import read_verifiers
from projector.assembly.dead_letters import fault_of
from projector.assembly.keys import key, keys_of
from projector.assembly.origin import sender_names
from projector.assembly.rewriting import sender_keys
from projector.assembly.states import find_state
from projector.assembly.subject import parse_subject, tags_of
from schemas.mail import PARSER_VERSION, Keys, Mailbox, ParsedMail
from schemas.records import MailReceived, MailStub

REDACTED = "[redacted]"
"""Stands where a name, a text or a person was."""

_HINTS = ("ignore", "comment")


def without_words(parsed: ParsedMail, raw: bytes = b"") -> tuple[ParsedMail, Keys]:
    """A mail as it is read when its words are gone, and the keys that stand for them. raw: its bytes.

    Message-IDs, list ids, change-ids, dates and what stands in brackets before the title are no words.
    """
    state = find_state(parsed.first_state)
    wordless = msgspec.structs.replace(
        parsed,
        subject=tags_of(parsed.subject),
        author=Mailbox("", ""),
        rewritten=None,
        hint=parsed.hint if parsed.hint in _HINTS else "",
        first_state=state.name if state is not None else "",
        delegate="",
        message="",
        diff="",
        diff_bytes=b"",
        diff_at=None,
        commit=None,
        to=(),
        cc=(),
        marks=(),
        files=(),
        pull_url=None,
        base_commit=None,
        trailers=(),
        limited_trailers=(),
    )
    keys = keys_of(parsed, parse_subject(parsed.subject).title)
    verified_by = read_verifiers(raw, parsed.author.email)
    return wordless, msgspec.structs.replace(keys, sender=sender_keys(parsed), verified_by=verified_by)


def stub_of(fact: MailReceived, parsed: ParsedMail, digest: bytes) -> MailStub:
    """The record that takes the place of a mail's. parsed: as this program reads it; digest: of what is replaced."""
    wordless, keys = without_words(parsed, fact.raw)
    sender = fact.envelope_sender
    return MailStub(
        source=fact.source,
        received_at=fact.received_at,
        recipients=tuple(key(recipient.lower()) for recipient in fact.recipients),
        list_id=fact.list_id,
        archive=fact.archive,
        parser_version=PARSER_VERSION,
        parsed=wordless,
        keys=keys,
        fault=fault_of(fact.raw),
        digest=digest,
        envelope_sender=tuple(map(key, sender_names(sender))) if sender is not None else None,
        relay=fact.relay,
    )
