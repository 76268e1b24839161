"""A log as it is once all that was redacted was replaced."""

from hashlib import sha256

import msgspec

from projector.assembly.redaction import stub_of
from projector.fold.reading import read
from schemas.fact import Fact
from schemas.records import MailReceived, MailRedacted, PullRequestAnnounced, PullRequestStub, Record
from tests.projector.fold.listlog import ListLog


def stubbed(log: ListLog) -> ListLog:
    """The same log, with stubs for all records that a later MailRedacted names, or whose cause it names."""
    ids: set[int] = set()
    records: list[Record] = []
    for record in reversed(log.records):
        if isinstance(record.fact, MailRedacted):
            ids.update(record.fact.mails)
        records.insert(0, msgspec.structs.replace(record, fact=_stub(record, ids)))
    stubs = ListLog()
    stubs.records = records
    return stubs


def _stub(record: Record, ids: set[int]) -> Fact:
    fact, digest = record.fact, sha256(b"%d" % record.id).digest()
    if isinstance(fact, MailReceived) and record.id in ids:
        return stub_of(fact, read(fact), digest)
    if isinstance(fact, PullRequestAnnounced) and fact.cause in ids:
        return PullRequestStub(project=fact.project, cause=fact.cause, digest=digest, rebuilt=fact.rebuilt)
    return fact
