"""The records of the log: what came from outside, and what the projector told the world.

A record is immutable, and named in the past. Each type has a stored name and a version of our choosing; a change of
shape is a new version and an upcaster in `ingest.log.codec` from the old one. Records name mails by record id, never by
derived numbers; numbers that a client saw ride along for people.
"""

from datetime import datetime
from typing import ClassVar

import msgspec

from schemas.accounts import TokenIssued, TokenRevoked, UserAdded, UserChanged
from schemas.fact import Fact, Request
from schemas.mail import Keys, ParsedMail


class LogOpened(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """The first record of a log. The record at offset n has the id `base + n + 1`."""

    type_name: ClassVar[str] = "log.opened"
    base: int = 0


class LogClosed(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """The last record of a log that moved elsewhere: later appends are refused."""

    type_name: ClassVar[str] = "log.closed"
    moved_to: str = ""


class LogRestored(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """The records up to `last` were taken from the export of a log. What that log had behind them is not here."""

    type_name: ClassVar[str] = "log.restored"
    last: int


class ArchivePlace(msgspec.Struct, frozen=True, array_like=True):
    """Where an imported mail stands in its archive, so that an import goes on behind it and takes no mail twice.

    number counts the mails of the source from 1. key names the mail whatever stands before it: a digest of its bytes,
    a blob's id or a file's name. place is where an archive that only grows is taken up again: a byte or a commit.
    """

    number: int
    key: str
    place: str = ""
    scattered: bool = False
    """Whether mails of the archive that are behind it may be on the log already, or before it not: then what is new is
    told by the keys alone."""


class MailReceived(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """One mail as it came, byte for byte, with what was read from it (a cache: `parsed` is for `parser_version`)."""

    type_name: ClassVar[str] = "mail.received"
    source: str
    """Where it came in: "smtp" (by LMTP too), or "import:" and the archive's name."""
    received_at: datetime
    """Aware UTC, microseconds: the receipt; for an import the original receipt, never later than recorded_at."""
    envelope_sender: str | None = None
    """SMTP's MAIL FROM, "" for the null sender; None for an import, which has no envelope."""
    recipients: tuple[str, ...] = ()
    """SMTP's RCPT TO."""
    relay: str = ""
    """The IP address of the machine that it came from by SMTP; "" where nobody can tell."""
    list_id: str = ""
    """The list that an imported archive is of, lower case, where the mail itself names none."""
    archive: ArchivePlace | None = None
    """Where an imported mail stands in its archive; None for a mail that came by SMTP."""
    raw: bytes
    parser_version: int = 0
    parsed: ParsedMail | None = None
    traceparent: str = ""
    """Names the span in which it was received (W3C Trace Context), where that is traced. Nothing is made of it but a
    trace: no table has it, and a stub has none."""


class MailStub(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """What is left of a MailReceived whose words were redacted: it stands at its place, with its id and time.

    It says all that the mail's place among others depends on, and nothing of what it said. A log has it only where a
    later MailRedacted names it.
    """

    type_name: ClassVar[str] = "mail.stub"
    source: str
    received_at: datetime
    recipients: tuple[bytes, ...] = ()
    """The keys of SMTP's RCPT TO, lower case: a project may be found by them."""
    list_id: str = ""
    archive: ArchivePlace | None = None
    parser_version: int
    parsed: ParsedMail
    """Of the subject what stands before the title (`Re:` and brackets); no author, message, diff, files, trailers."""
    keys: Keys
    fault: str | None = None
    """What is wrong with the header of the mail, in words of ours; None where it will do."""
    digest: bytes
    """SHA-256 of what the log had here before, as the record that was replaced carried it."""
    envelope_sender: tuple[bytes, ...] | None = None
    """The keys of what may be said of SMTP's MAIL FROM; None for an import."""
    relay: str = ""


class MailRedacted(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """All that came with a Message-ID loses its words, and so does what comes later.

    mails: the records of its deliveries by now, to be replaced by MailStubs. record: the words of this copy alone go,
    which `mails` are the deliveries of; what else has the Message-ID keeps its own.
    """

    type_name: ClassVar[str] = "mail.redacted"
    message_id: str
    mails: tuple[int, ...]
    reason: str = ""
    user: int | None = None
    record: int | None = None


class ImportFinished(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """An import reached its end: nothing waits for more of `source`."""

    type_name: ClassVar[str] = "import.finished"
    source: str
    mails: int


class ProjectAdded(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A project: one list, or one part of a list. The project's id is this record's. A taken linkname has no effect."""

    type_name: ClassVar[str] = "project.added"
    linkname: str
    name: str
    listid: str
    listemail: str
    web_url: str = ""
    scm_url: str = ""
    webscm_url: str = ""
    subject_prefix_tags: tuple[str, ...] = ()
    wait_seconds: int = 1800
    partial_wait_seconds: int = 120
    """So long more is waited for where single patches of a revision are replaced; they lie no further apart."""
    branch_tokens: tuple[str, ...] | None = None
    """Tokens such as v6.1 that are branches rather than rerolls; None: the long-term kernels."""
    author_aliases: dict[str, str] = msgspec.field(default_factory=dict)
    """Old address -> new address, lower case."""
    supersedes: bool = False
    """Whether a complete revision makes the patches of older ones Superseded."""
    from_list: tuple[str, ...] = ()
    """Envelope senders, domains behind an @, and networks: mail by SMTP that fits none did not come from the list."""
    rewriters: tuple[str, ...] = ()
    """Addresses, and domains behind an @, whose rewriting of From is undone, besides the list's own."""
    require_dkim: str = ""
    """The mail server that says whether a mail has a signature of its author's domain; "": nobody is asked."""
    submitter_states: tuple[str, ...] | None = None
    """The states that submitters may set on their own patches; None: `projector.assembly.states.OWN_STATES`."""


class ProjectChanged(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Some fields of a project changed; a field that is UNSET stays."""

    type_name: ClassVar[str] = "project.changed"
    linkname: str
    name: str | msgspec.UnsetType = msgspec.UNSET
    listid: str | msgspec.UnsetType = msgspec.UNSET
    listemail: str | msgspec.UnsetType = msgspec.UNSET
    web_url: str | msgspec.UnsetType = msgspec.UNSET
    scm_url: str | msgspec.UnsetType = msgspec.UNSET
    webscm_url: str | msgspec.UnsetType = msgspec.UNSET
    subject_prefix_tags: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    wait_seconds: int | msgspec.UnsetType = msgspec.UNSET
    partial_wait_seconds: int | msgspec.UnsetType = msgspec.UNSET
    branch_tokens: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    author_aliases: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    supersedes: bool | msgspec.UnsetType = msgspec.UNSET
    submitter_states: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    from_list: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    rewriters: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    require_dkim: str | msgspec.UnsetType = msgspec.UNSET


class TestResultReported(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A test's result for a revision (all its patches named, in order) or for one patch.

    rerun is the record of the RerunRequested, where the revision is a copy that was made by one.
    """

    __test__: ClassVar[bool] = False
    type_name: ClassVar[str] = "test-result.reported"
    target: str
    """"revision" or "patch"."""
    patches: tuple[int, ...]
    rerun: int | None = None
    series: int | None = None
    revision: int | None = None
    test_name: str
    state: str
    url: str | msgspec.UnsetType | None = msgspec.UNSET
    summary: str | msgspec.UnsetType | None = msgspec.UNSET
    request: Request | None = None


class PatchStateChanged(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A patch moved to another state. Without a request an operator said so, or, with a cause, the projector."""

    type_name: ClassVar[str] = "patch.state-changed"
    patch: int
    state: str
    commit: str = ""
    """The commit that was found to be this patch, where that is the reason."""
    cause: int | None = None
    """The RevisionAnnounced that superseded the patch; where one did before that is in another series now, and the
    patch gets its state back, the record by which it moved."""
    request: Request | None = None


class SeriesChanged(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody is to review a series, or nobody is. The series is named by one of its mails."""

    type_name: ClassVar[str] = "series.changed"
    mail: int
    series: int | None = None
    reviewer: int | None
    """A user."""
    request: Request | None = None


class RerunRequested(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A complete revision is to be tested again: a copy of it becomes a revision of its own.

    Which one is said as in TestResultReported.
    """

    type_name: ClassVar[str] = "rerun.requested"
    patches: tuple[int, ...]
    rerun: int | None = None
    series: int | None = None
    revision: int | None = None
    request: Request | None = None


class SeriesMerged(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """An operator says that two series are one. Each is named by one of its mails; what has these by now is joined."""

    type_name: ClassVar[str] = "series.merged"
    mails: tuple[int, int]
    series: tuple[int, int] | None = None
    user: int | None = None
    reason: str = ""


class SeriesSplit(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """An operator says that a revision, named by one of its posting's mails, is no next revision of anything before.

    It begins a series, with all that links to it, until a later correction says otherwise.
    """

    type_name: ClassVar[str] = "series.split"
    mail: int
    series: int | None = None
    revision: int | None = None
    user: int | None = None
    reason: str = ""


class RevisionLinked(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """An operator says that a revision is the next one of the series that another mail's posting is in.

    mail and to are mails of the two postings. It leaves the series that it is in, with all that links to it.
    """

    type_name: ClassVar[str] = "revision.linked"
    mail: int
    to: int
    series: int | None = None
    revision: int | None = None
    to_series: int | None = None
    user: int | None = None
    reason: str = ""


class RetryRequested(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Read these dead letters again: at most 500 record ids. `cause` is the record that made them readable."""

    type_name: ClassVar[str] = "retry.requested"
    mails: tuple[int, ...]
    cause: int | None = None


class DeadLettersAcknowledged(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """An operator has looked at these dead letters: at most 500 record ids. They alarm no more.

    One that is asked to be read again, and is a dead letter still, alarms again.
    """

    type_name: ClassVar[str] = "dead-letters.acknowledged"
    mails: tuple[int, ...]
    note: str = ""


class CopyChosen(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """An operator says that another of the mails with one Message-ID counts from now on.

    What was announced with the one that counted before is a new revision: its results, and the state of the patch,
    begin anew.
    """

    type_name: ClassVar[str] = "copy.chosen"
    record: int
    """The mail that counts."""
    reason: str
    user: int | None = None


class CopiesAcknowledged(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """An operator has looked at mails that say something else than an earlier one with their Message-ID.

    records: at most 500. They alarm no more.
    """

    type_name: ClassVar[str] = "copies.acknowledged"
    records: tuple[int, ...]
    note: str = ""


class RevisionAnnounced(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A revision is complete and the world is told. A second one for the same cause has no effect,
    unless another copy of a mail was chosen in between.
    """

    type_name: ClassVar[str] = "revision.announced"
    project: int
    cause: int
    """The posting that became complete, by the record id of the mail that stands for it; of a rerun, its record."""
    series: int
    revision: int
    patches: tuple[int, ...]
    older_than: int | None = None
    """The newest revision already announced, where this one is older than it."""
    rerun_of: int | None = None
    """The revision of which this one is a copy."""
    chosen: int | None = None
    """The CopyChosen that made it a new revision."""
    submitter_changed: bool = False
    """Whether somebody else submitted it than the first revision of its series."""
    continues: int | None = None
    """The announced revision that its patches would have been in, had they come before."""
    user: int | None = None
    """The user who had the submitter's address then; what was announced before this was told names nobody."""
    rebuilt: bool = False
    """Whether only changed rules made it pending: those alone are told who ask for such, and it supersedes nothing."""


class PullRequestAnnounced(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A pull request came and the world is told."""

    type_name: ClassVar[str] = "pull-request.announced"
    project: int
    cause: int
    pull_url: str
    rebuilt: bool = False
    """As of a RevisionAnnounced."""


class PullRequestStub(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """What is left of a PullRequestAnnounced whose mail was redacted: all but the URL. See MailStub."""

    type_name: ClassVar[str] = "pull-request.stub"
    project: int
    cause: int
    digest: bytes
    rebuilt: bool = False


class ClockAdvanced(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Log time passed `until` and no mail came: waits that ended by then are over."""

    type_name: ClassVar[str] = "clock.advanced"
    until: datetime


FACT_TYPES: tuple[type[Fact], ...] = (
    LogOpened, LogClosed, LogRestored, MailReceived, MailStub, MailRedacted, ImportFinished, ProjectAdded,
    ProjectChanged, UserAdded, UserChanged, TokenIssued, TokenRevoked, TestResultReported, PatchStateChanged,
    SeriesChanged, RerunRequested, SeriesMerged, SeriesSplit, RevisionLinked, RetryRequested, DeadLettersAcknowledged,
    CopyChosen, CopiesAcknowledged,
    RevisionAnnounced, PullRequestAnnounced, PullRequestStub, ClockAdvanced,
)  # fmt: skip


STUB_TYPES = (MailStub, PullRequestStub)
"""What stands in the place of a record that was redacted, and carries the digest of what was there."""


class Record(msgspec.Struct, frozen=True):
    """A fact at its place in the log. recorded_at is aware UTC with microseconds, stamped by `append`.

    digest: what of it goes into the log's running hash, 32 bytes; empty for a record that was not read from a log.
    """

    id: int
    recorded_at: datetime
    fact: Fact
    digest: bytes = b""
