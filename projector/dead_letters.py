"""Collects what people need to see of a dead letter, so that they can mend it: from its record and the projects."""

import re
from collections.abc import Iterator
from datetime import datetime

import msgspec

from ingest.message.headers import (
    VALUE_MAX_BYTES,
    Headers,
    decode_header,
    header_bytes,
    normalise,
    raw_text,
    split_mail,
)
from projector.assembly.dead_letters import REASONS, DeadMail, Step
from projector.fold.projects import Projects
from projector.fold.reading import read
from projector.readmodel.queries.dead_letters import DeadLetter
from schemas.mail import ParsedMail
from schemas.records import DeadLettersAcknowledged, MailReceived, Record

SHOWN = (
    "From", "X-Original-From", "Reply-To", "Cc", "Date", "Subject", "Message-ID", "In-Reply-To", "References",
    "List-Id", "List-Post", "X-Mailing-List", "X-List", "Received",
)  # fmt: skip
VALUES_MAX = 3
"""How many values of one field are shown, the first of all."""
VALUE_MAX_CHARS = 1000
LINES_MAX = 20
LINE_MAX_CHARS = 500

_MAILTO = re.compile(r"mailto:([^>?\s]+)", re.IGNORECASE)


class Field(msgspec.Struct, frozen=True):
    """A field of the header, decoded and on one line."""

    name: str
    value: str


class Acknowledged(msgspec.Struct, frozen=True):
    """Who looked at it left this record of the log, with a note."""

    record: int
    at: datetime
    note: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter with its mail. text: the first lines of what the mail says; lines_left: how many follow them.

    envelope_sender: None for a mail that did not come by SMTP. mend: what to do about it, the likeliest first.
    """

    id: int
    reason: str
    detail: str
    meaning: str
    alarms: bool
    acknowledged: Acknowledged | None
    source: str
    received_at: datetime
    recorded_at: datetime
    envelope_sender: str | None
    recipients: tuple[str, ...]
    archive_list: str
    header: tuple[Field, ...]
    text: tuple[str, ...]
    lines_left: int
    size_bytes: int
    mend: tuple[Step, ...]


def show(letter: DeadLetter, record: Record, acknowledgement: Record | None, projects: Projects) -> Shown:
    """Show a dead letter. record: that of its mail; acknowledgement: the one that `letter.acknowledged_id` names."""
    fact = record.fact
    assert isinstance(fact, MailReceived), f"record {record.id}: expected a mail, came {type(fact).__name__}"
    parsed = read(fact)
    lines = "\n".join(text.strip("\n") for text in (parsed.message, parsed.diff) if text.strip("\n")).split("\n")
    return Shown(
        id=letter.id,
        reason=letter.reason,
        detail=letter.detail,
        meaning=REASONS[letter.reason].meaning,
        alarms=letter.alarms,
        acknowledged=_acknowledged(acknowledgement),
        source=fact.source,
        received_at=fact.received_at,
        recorded_at=record.recorded_at,
        envelope_sender=fact.envelope_sender,
        recipients=fact.recipients,
        archive_list=fact.list_id,
        header=tuple(_fields(split_mail(normalise(fact.raw))[0])),
        text=tuple(line[:LINE_MAX_CHARS] for line in lines[:LINES_MAX]),
        lines_left=max(0, len(lines) - LINES_MAX),
        size_bytes=len(fact.raw),
        mend=mending(letter, fact, parsed, projects),
    )


def mending(letter: DeadLetter, fact: MailReceived, parsed: ParsedMail, projects: Projects) -> tuple[Step, ...]:
    """What to do about a dead letter, as the projects are by now."""
    lists = (*parsed.list_ids, *([fact.list_id] if fact.list_id else ()))
    posting = _MAILTO.search(raw_text(header_bytes(split_mail(normalise(fact.raw))[0], b"list-post")))
    known = DeadMail(
        id=letter.id,
        lists=lists,
        posting=posting[1].lower() if posting else "",
        recipients=fact.recipients,
        is_import=fact.envelope_sender is None,
        tags={
            project.settings.linkname: project.settings.subject_prefix_tags
            for name in (*lists, *fact.recipients)
            for project in projects.sharing(name)
        },
    )
    return tuple(REASONS[letter.reason].mend(known))


def _acknowledged(record: Record | None) -> Acknowledged | None:
    if record is None:
        return None
    assert isinstance(record.fact, DeadLettersAcknowledged), f"record {record.id}: expected an acknowledgement"
    return Acknowledged(record.id, record.recorded_at, record.fact.note)


def _fields(fields: Headers) -> Iterator[Field]:
    for name in SHOWN:
        for value in fields.get(name.lower().encode(), ())[: 1 if name == "Received" else VALUES_MAX]:
            text = decode_header(b" ".join(value[:VALUE_MAX_BYTES].split()))
            yield Field(name, text[:VALUE_MAX_CHARS])
