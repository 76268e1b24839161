"""One fact of every type, for round trips."""

from datetime import UTC, datetime

import msgspec

from schemas import records
from schemas.mail import Mailbox, ParsedMail

WHEN = datetime(2024, 2, 29, 12, 30, 59, 123456, tzinfo=UTC)
PARSED = ParsedMail(
    message_id="one@example.org",
    references=("zero@example.org",),
    subject="[PATCH] grüße",
    author=Mailbox("A Ü", "a@example.org"),
    date=WHEN.replace(microsecond=0),
    list_ids=("list.example.org",),
    message="Fix it.\n",
    diff="--- a/x\n+++ b/x\n",
    files=("x",),
    content_hash=bytes(range(16)),
)
MAIL = records.MailReceived(
    source="smtp",
    received_at=WHEN,
    envelope_sender="",
    recipients=("patches@example.org",),
    raw=b"Subject: x\r\n\r\n\x00\xff bare\nlf\rcr\r\n",
    parser_version=1,
    parsed=PARSED,
)
EVERY_FACT: tuple[records.Fact, ...] = (
    MAIL,
    records.MailReceived(
        source="import:x", received_at=WHEN, raw=b"", list_id="l", archive=records.ArchivePlace(1, "k", "7")
    ),
    records.ImportFinished(source="import:x", mails=7),
    records.ProjectAdded(
        linkname="p", name="P", listid="l", listemail="l@example.org", author_aliases={"a@example.org": "b@example.org"}
    ),
    records.ProjectChanged(linkname="p", name="Q", branch_tokens=()),
    records.TestResultReported(
        target="revision", patches=(1, 2), test_name="ci", state="success", url=None, summary=msgspec.UNSET
    ),
    records.PatchStateChanged(patch=2**53, state="accepted", user=3),
    records.SeriesMerged(mails=(5, 7), series=(5, 6), user=3, reason="one piece of work"),
    records.SeriesSplit(mail=7, series=5, revision=2),
    records.RevisionLinked(mail=7, to=5, series=6, revision=1, to_series=5),
    records.RetryRequested(mails=(1, 2, 3), cause=9),
    records.RevisionAnnounced(project=1, cause=2, series=3, revision=4, patches=(5, 6), older_than=5),
    records.PullRequestAnnounced(project=1, cause=2, pull_url="https://git.example.org main"),
    records.ClockAdvanced(until=WHEN),
)


def state(number: int) -> records.PatchStateChanged:
    """A small fact that says which one it is."""
    return records.PatchStateChanged(patch=number, state="new")
