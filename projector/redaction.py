"""What stands in the log in the place of a record whose mail is redacted."""

from projector.assembly.redaction import REDACTED, stub_of
from projector.fold.reading import read
from schemas.records import MailReceived, MailStub, PullRequestAnnounced, PullRequestStub, Record


def stub_for(record: Record) -> MailStub | PullRequestStub | None:
    """The stub of a mail or of the announcement of one; None for a record that has no words of a mail."""
    match record.fact:
        case MailReceived() as fact:
            return stub_of(fact, read(fact), record.digest)
        case PullRequestAnnounced() as fact if fact.pull_url != REDACTED:
            return PullRequestStub(project=fact.project, cause=fact.cause, digest=record.digest, rebuilt=fact.rebuilt)
    return None
