"""Redacts a mail: says so on the log, replaces its records there, and cleans the read models."""

from collections.abc import Iterable

import msgspec

from ingest.log import Log, Replaced
from patchlog import stores
from projector.cleaning import Cleaned, clean
from projector.fold.reading import reading_of
from projector.readmodel.generations import NoReadModel, Reader, ReadModels
from projector.readmodel.queries.redactions import (
    announcements_of,
    answers_to,
    copy_of,
    deliveries_of,
    redacted_copies,
    redacted_message_ids,
    redactions_of,
)
from projector.readmodel.queries.status import read_position
from projector.redaction import stub_for
from schemas.fact import Fact
from schemas.records import (
    MailReceived,
    MailRedacted,
    MailStub,
    PullRequestAnnounced,
    PullRequestStub,
    Record,
)


class Traces(msgspec.Struct):
    """Where a mail is: the records of its deliveries, announcements and redactions, and of mails that answer it."""

    mails: set[int]
    announcements: set[int]
    redactions: set[int]
    answers: set[int]


class Redacted(msgspec.Struct, frozen=True, kw_only=True):
    """What was done. stubs: the records replaced, or, where the log cannot, to be left out of its next copy.

    record: the last MailRedacted. cleaned: None where no projector has folded it yet.
    """

    record: int
    mails: tuple[int, ...]
    stubs: tuple[int, ...]
    replaced: Replaced
    cleaned: Cleaned | None
    answers: tuple[int, ...]


def redact(log: Log, reader: Reader, models: ReadModels, message_id: str, reason: str) -> Redacted:
    """Redact all that came with a Message-ID; what was stopped is ended when it is called again.

    Raises ValueError where no such mail has come, LogUnavailable.
    """
    traces = find(log, reader, message_id)
    if not traces.mails:
        raise ValueError(f"no mail with the Message-ID <{message_id}> has come")
    return _redact(log, reader, models, traces, MailRedacted(message_id=message_id, mails=(), reason=reason))


def redact_copy(log: Log, reader: Reader, models: ReadModels, record: int, reason: str) -> Redacted:
    """Redact one copy of a mail alone: what its record says, and the deliveries that say the same.

    Raises ValueError where the read model knows no such mail, LogUnavailable.
    """
    with reader.connect() as connection:
        copy = copy_of(connection, record)
        if copy is None:
            raise ValueError(f"the read model has no mail of record {record}")
        announcements = announcements_of(connection, [copy.announced] if copy.announced is not None else [])
        redactions = redactions_of(connection, copy.message_id)
        answers = answers_to(connection, copy.message_id)
    traces = Traces(set(copy.mails), set(announcements), set(redactions), set(answers))
    fact = MailRedacted(message_id=copy.message_id, mails=(), reason=reason, record=record)
    return _redact(log, reader, models, traces, fact)


def _redact(log: Log, reader: Reader, models: ReadModels, traces: Traces, fact: MailRedacted) -> Redacted:
    """Say so on the log, with the mails that were found, unless it was said; replace these there; clean up."""
    records = log.get(sorted(traces.mails | traces.announcements))
    if not _is_named(records, log.get(sorted(traces.redactions))):
        said = msgspec.structs.replace(fact, mails=tuple(sorted(traces.mails)))
        traces.redactions.update(log.append([said]))
    stubs = stubs_of(records)
    replaced, record = log.replace(stubs), max(traces.redactions)
    folded = stores.wait_until_folded(reader, record)
    return Redacted(
        record=record,
        mails=tuple(sorted(traces.mails)),
        stubs=tuple(stubs),
        replaced=replaced,
        cleaned=clean(models, record) if folded else None,
        answers=tuple(sorted(traces.answers)),
    )


def find(log: Log, reader: Reader, message_id: str) -> Traces:
    """Look for a mail in the read model, and in the log behind what that has."""
    traces, position = Traces(set(), set(), set(), set()), 0
    try:
        with reader.connect() as connection:
            position = read_position(connection)
            traces.mails.update(deliveries_of(connection, message_id))
            traces.announcements.update(announcements_of(connection, traces.mails))
            traces.redactions.update(redactions_of(connection, message_id))
            traces.answers.update(answers_to(connection, message_id))
    except NoReadModel:
        position = 0
    for record in stores.all_records(log, position):
        _look(traces, record, message_id)
    return traces


def still_there(log: Log, reader: Reader) -> int:
    """How many records of the log have words of mails that the read model knows to be redacted. Raises NoReadModel."""
    ids: set[int] = set()
    with reader.connect() as connection:
        for message_id in redacted_message_ids(connection):
            mails = deliveries_of(connection, message_id)
            ids.update(mails, announcements_of(connection, mails))
        for record in redacted_copies(connection):
            copy = copy_of(connection, record)
            ids.update(copy.mails if copy is not None else ())
    return len(stubs_of(log.get(sorted(ids))))


def stubs_of(records: Iterable[Record]) -> dict[int, Fact]:
    """Record id -> its stub, of those records that have words."""
    return {record.id: stub for record in records if (stub := stub_for(record)) is not None}


def _look(traces: Traces, record: Record, message_id: str) -> None:
    match record.fact:
        case MailReceived() | MailStub() as fact:
            parsed = reading_of(record.id, fact).parsed
            if parsed.message_id == message_id:
                traces.mails.add(record.id)
            elif parsed.references[-1:] == (message_id,):
                traces.answers.add(record.id)
        case PullRequestAnnounced(cause=mail) | PullRequestStub(cause=mail) if mail in traces.mails:
            traces.announcements.add(record.id)
        case MailRedacted() as fact if fact.message_id == message_id:
            traces.redactions.add(record.id)


def _is_named(records: Iterable[Record], redactions: Iterable[Record]) -> bool:
    """Whether each record, or the mail that it announces, is named by a redaction behind it."""
    named_at: dict[int, int] = {}
    for redaction in redactions:
        assert isinstance(redaction.fact, MailRedacted)
        named_at.update(dict.fromkeys(redaction.fact.mails, redaction.id))
    return all(named_at.get(_mail_of(record), 0) > record.id for record in records)


def _mail_of(record: Record) -> int:
    return record.fact.cause if isinstance(record.fact, PullRequestAnnounced | PullRequestStub) else record.id
