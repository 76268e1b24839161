"""The records of the log: what came from outside, and what the projector told the world.

A record is immutable, and named in the past. Each type has a stored name and a version of our choosing; a change of
shape is a new version and an upcaster in `ingest.log.codec` from the old one. Records name mails by record id, never by
derived numbers; numbers that a client saw ride along for people.
"""

from datetime import datetime
from typing import ClassVar

import msgspec

from schemas.mail import ParsedMail


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a record says; the base of all types below. `type_name` and `version` are what is stored."""

    type_name: ClassVar[str] = ""
    version: ClassVar[int] = 1


class LogOpened(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """The first record of a log. The record at offset n has the id `base + n + 1`."""

    type_name: ClassVar[str] = "log.opened"
    base: int = 0


class LogClosed(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """The last record of a log that moved elsewhere: later appends are refused."""

    type_name: ClassVar[str] = "log.closed"
    moved_to: str = ""


class ArchivePlace(msgspec.Struct, frozen=True, array_like=True):
    """Where an imported mail stands in its archive, so that an import goes on behind it and takes no mail twice.

    number counts the mails of the source from 1. key names the mail whatever stands before it: a digest of its bytes,
    a blob's id or a file's name. place is where an archive that only grows is taken up again: a byte or a commit.
    """

    number: int
    key: str
    place: str = ""


class MailReceived(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """One mail as it came, byte for byte, with what was read from it (a cache: `parsed` is for `parser_version`)."""

    type_name: ClassVar[str] = "mail.received"
    source: str
    """Where it came in: "smtp", or "import:" and the archive's name."""
    received_at: datetime
    """Aware UTC, microseconds: the receipt; for an import the original receipt, never later than recorded_at."""
    envelope_sender: str | None = None
    """SMTP's MAIL FROM, "" for the null sender; None for an import, which has no envelope."""
    recipients: tuple[str, ...] = ()
    """SMTP's RCPT TO."""
    list_id: str = ""
    """The list that an imported archive is of, lower case, where the mail itself names none."""
    archive: ArchivePlace | None = None
    """Where an imported mail stands in its archive; None for a mail that came by SMTP."""
    raw: bytes
    parser_version: int = 0
    parsed: ParsedMail | None = None


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
    branch_tokens: tuple[str, ...] | None = None
    """Tokens such as v6.1 that are branches rather than rerolls; None: the long-term kernels."""
    author_aliases: dict[str, str] = {}
    """Old address -> new address, lower case."""


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
    branch_tokens: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    author_aliases: dict[str, str] | msgspec.UnsetType = msgspec.UNSET


class TestResultReported(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A test's result for a revision (all its patches named, in order) or for one patch."""

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
    user: int | None = None


class PatchStateChanged(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody moved a patch to another state."""

    type_name: ClassVar[str] = "patch.state-changed"
    patch: int
    state: str
    user: int | None = None


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


class RevisionAnnounced(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A revision is complete and the world is told. A second one for the same cause has no effect."""

    type_name: ClassVar[str] = "revision.announced"
    project: int
    cause: int
    """The posting that became complete, by the record id of the mail that stands for it."""
    series: int
    revision: int
    patches: tuple[int, ...]
    older_than: int | None = None
    """The newest revision already announced, where this one is older than it."""


class PullRequestAnnounced(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """A pull request came and the world is told."""

    type_name: ClassVar[str] = "pull-request.announced"
    project: int
    cause: int
    pull_url: str


class ClockAdvanced(Fact, frozen=True, kw_only=True, omit_defaults=True):
    """Log time passed `until` and no mail came: waits that ended by then are over."""

    type_name: ClassVar[str] = "clock.advanced"
    until: datetime


FACT_TYPES: tuple[type[Fact], ...] = (
    LogOpened, LogClosed, MailReceived, ImportFinished, ProjectAdded, ProjectChanged, TestResultReported,
    PatchStateChanged, SeriesMerged, SeriesSplit, RevisionLinked, RetryRequested, RevisionAnnounced,
    PullRequestAnnounced, ClockAdvanced,
)  # fmt: skip


class Record(msgspec.Struct, frozen=True):
    """A fact at its place in the log. recorded_at is aware UTC with microseconds, stamped by `append`."""

    id: int
    recorded_at: datetime
    fact: Fact
