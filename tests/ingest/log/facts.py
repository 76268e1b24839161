"""One fact of every type, for round trips."""

from datetime import UTC, datetime

import msgspec

from schemas import accounts, records
from schemas.fact import Fact, Request
from schemas.mail import Keys, Mailbox, ParsedMail

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
KEYS = Keys(b"a" * 16, b"n" * 16, (2,), (b"f" * 8,), b"", has_diff=True, has_pull_url=False)
MAIL = records.MailReceived(
    source="smtp",
    received_at=WHEN,
    envelope_sender="",
    recipients=("patches@example.org",),
    raw=b"Subject: x\r\n\r\n\x00\xff bare\nlf\rcr\r\n",
    parser_version=1,
    parsed=PARSED,
    traceparent=f"00-{'a' * 32}-{'b' * 16}-01",
)
REQUEST = Request(
    user=3, token=4, if_match=(5, 6), key="k", part=1, digest=bytes(16), traceparent=f"00-{'c' * 32}-{'d' * 16}-01"
)
STUB = records.MailStub(
    source="smtp",
    received_at=WHEN,
    recipients=(b"k" * 16,),
    parser_version=1,
    parsed=PARSED,
    keys=KEYS,
    digest=b"d" * 32,
)
EVERY_FACT: tuple[Fact, ...] = (
    MAIL,
    records.MailReceived(
        source="import:x", received_at=WHEN, raw=b"", list_id="l", archive=records.ArchivePlace(1, "k", "7")
    ),
    STUB,
    records.PullRequestStub(project=1, cause=2, digest=b"d" * 32),
    records.PullRequestStub(project=1, cause=2, digest=b"d" * 32, rebuilt=True),
    records.MailRedacted(message_id="one@example.org", mails=(2, 4, 5, 6, 7), reason="asked for", user=3),
    records.ImportFinished(source="import:x", mails=7),
    records.LogRestored(last=7),
    records.ProjectAdded(
        linkname="p", name="P", listid="l", listemail="l@example.org", author_aliases={"a@example.org": "b@example.org"}
    ),
    records.ProjectChanged(linkname="p", name="Q", branch_tokens=()),
    records.TestResultReported(
        target="revision", patches=(1, 2), test_name="ci", state="success", url=None, summary=msgspec.UNSET
    ),
    accounts.UserAdded(name="ada", emails=("a@example.org",), password_hash="$argon2id$x", maintainer_of=("p",)),
    accounts.UserChanged(name="ada", emails=(), active=False),
    accounts.TokenIssued(user=3, name="ci", digest=bytes(32), projects=("p",), tests=("ci.*",), expires_at=WHEN),
    accounts.TokenRevoked(token=4, reason="lost"),
    records.PatchStateChanged(patch=2**53, state="accepted", commit="a" * 40, request=REQUEST),
    records.PatchStateChanged(patch=1, state="Superseded", cause=7),
    records.SeriesChanged(mail=5, series=5, reviewer=None, request=REQUEST),
    records.RerunRequested(patches=(5, 6), rerun=9, series=5, revision=2, request=REQUEST),
    records.SeriesMerged(mails=(5, 7), series=(5, 6), user=3, reason="one piece of work"),
    records.SeriesSplit(mail=7, series=5, revision=2),
    records.RevisionLinked(mail=7, to=5, series=6, revision=1, to_series=5),
    records.RetryRequested(mails=(1, 2, 3), cause=9),
    records.CopyChosen(record=9, reason="the first one was forged", user=4),
    records.CopiesAcknowledged(records=(8, 9), note="a relay"),
    records.DeadLettersAcknowledged(mails=(1, 2), note="a broken relay"),
    records.RevisionAnnounced(project=1, cause=2, series=3, revision=4, patches=(5, 6), older_than=5, rerun_of=1),
    records.PullRequestAnnounced(project=1, cause=2, pull_url="https://git.example.org main"),
    records.ClockAdvanced(until=WHEN),
)


def state(number: int) -> records.PatchStateChanged:
    """A small fact that says which one it is."""
    return records.PatchStateChanged(patch=number, state="new")
