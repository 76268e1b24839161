"""The tables of the read model: everything the API shows, and what the fold needs to go on.

Times are whole microseconds since 1970 in UTC (`*_us`). Ids are record ids of the log. Nothing here is ever numbered by
the database, so that a replay gives the same rows. They stand in one file, so that one look shows what is stored.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

SCHEMA_VERSION = 6
"""Moves whenever a table changes or old records read differently: the next start needs a replay."""

metadata = MetaData()


def _id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


def _ref(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


# --- what the API shows ---

project = Table(
    "project", metadata, _id(),
    Column("linkname", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("listid", Text, nullable=False),
    Column("listemail", Text, nullable=False),
    Column("web_url", Text, nullable=False),
    Column("scm_url", Text, nullable=False),
    Column("webscm_url", Text, nullable=False),
    Column("settings", LargeBinary, nullable=False),  # MessagePack of the last ProjectAdded with its changes
    Column("last_event_us", BigInteger, nullable=False),
)  # fmt: skip

person = Table(
    "person", metadata, _id(),  # the record that first named the address
    Column("key", LargeBinary, nullable=False, unique=True),  # projector.assembly.keys: of the address
    Column("email", Text),  # null where all mails that name it are redacted
    Column("name", Text, nullable=False),
    _ref("named_by", null=True),  # the lowest record that names it and is not redacted
)  # fmt: skip

patch = Table(
    "patch", metadata, _id(),
    _ref("project_id"),
    Column("message_id", Text, nullable=False),
    Column("name", Text, nullable=False),  # with its brackets, as shown
    Column("date_us", BigInteger, nullable=False),
    Column("last_updated_us", BigInteger, nullable=False),
    _ref("submitter_id"),
    Column("state", BigInteger, nullable=False),  # 1..10, projector.assembly.states
    _ref("series_id", null=True),  # the series whose revision has it; null while it waits, and for pull requests
    Column("pull_url", Text),  # not null: a pull request; one with a diff is a patch as well
    Column("test_state", Text),  # worst of the results posted for this patch
    Column("diff_id", Text),  # what `git patch-id --stable` says of the diff; null where it says nothing
    _ref("changed_id"),  # the record that changed what is shown of it last: its version
    Column("verified", Boolean),  # whether a mail server vouches for its author; null where none is asked
    Column("redacted", Boolean, nullable=False),  # it has no row in patch_text then
    Index("patch_by_project", "project_id", "date_us", "id"),
    Index("patch_by_state", "project_id", "state", "date_us", "id"),
    Index("patch_by_all_states", "state", "date_us", "id"),
    Index("patch_by_date", "date_us", "id"),
    Index("patch_by_submitter", "submitter_id", "date_us", "id"),
    Index("patch_by_updated", "last_updated_us", "id"),
    Index("patch_by_message_id", "message_id"),
    Index("patch_by_diff_id", "diff_id"),
)  # fmt: skip

patch_text = Table(
    "patch_text", metadata, Column("patch_id", BigInteger, primary_key=True, autoincrement=False),
    Column("message", Text, nullable=False),  # commit message and diffstat
    Column("content", Text),  # the diff alone; null for a pull request
    Column("diff_bytes", LargeBinary),  # the bytes of content, where they are not its UTF-8
    Column("commit_name", Text, nullable=False),  # schemas.mail.Commit, from here to commit_message_end
    Column("commit_email", Text, nullable=False),
    Column("commit_date", Text, nullable=False),
    Column("commit_title", Text, nullable=False),
    Column("commit_subject", Text, nullable=False),
    Column("commit_message_start", BigInteger, nullable=False),
    Column("commit_message_end", BigInteger, nullable=False),
    Column("marks", Text),  # JSON array of {kind, text}, ready to serve; null where there is none
    Column("is_doubtful", Boolean, nullable=False),  # a mark says that git could read the mail otherwise
    Column("digest", Text),  # of message, content and diff_bytes, where one is large (`projector.readmodel.large`)
    Column("sent", Text),  # JSON of schemas.mail.Sent; null where it is not known
    Index(
        "patch_text_doubtful", "patch_id", sqlite_where=text("is_doubtful = 1"), postgresql_where=text("is_doubtful"),
    ),
)  # fmt: skip

comment = Table(
    "comment", metadata, _id(),
    _ref("project_id"),
    Column("message_id", Text, nullable=False),
    _ref("target_id", null=True),  # the patch or cover letter it is about: its nearest such ancestor
    Column("parent", Text),  # the Message-ID that it answers
    _ref("author_id"),
    Column("date_us", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("trailers", Text, nullable=False),  # one a line
    Column("digest", Text),  # of a large text
    Index("comment_by_target", "target_id", "date_us", "id"),
)  # fmt: skip

series = Table(
    "series", metadata, _id(),
    _ref("project_id"),
    Column("name", Text, nullable=False),
    _ref("head_id", null=True),  # the mail whose title the name is; null where it has none
    Column("n_patches", BigInteger, nullable=False),
    _ref("submitter_id"),
    Column("submitted_us", BigInteger, nullable=False),
    Column("last_updated_us", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    _ref("reviewer_id", null=True),  # a user
    Column("state", Text, nullable=False),  # incomplete, initial, in progress, done
    Column("state_summary", Text, nullable=False),  # JSON, ready to serve
    Column("test_state", Text),
    Column("test_summary", Text, nullable=False),  # JSON, ready to serve
    Column("depends_on", Text, nullable=False),  # JSON array of series ids, ready to serve
    _ref("may_follow", null=True),  # a series
    _ref("changed_id"),  # the record that changed what is shown of it last: its version
    Index("series_by_project", "project_id", "id"),
    Index("series_by_updated", "project_id", "last_updated_us", "id"),
    Index("series_by_submitted", "project_id", "submitted_us", "id"),
    Index("series_by_state", "project_id", "state", "id"),
    Index("series_by_test_state", "project_id", "test_state", "id"),
    Index("series_by_reviewer", "project_id", "reviewer_id", "id"),
    Index("series_by_submitter", "submitter_id", "id"),
    Index("series_by_all_updated", "last_updated_us", "id"),
)  # fmt: skip

revision = Table(
    "revision", metadata,
    _ref("series_id"),
    Column("version", BigInteger, nullable=False),
    _ref("posting_id"),  # the posting it came from (of a rerun, the RerunRequested)
    _ref("cover_id", null=True),  # the cover letter's mail
    Column("cover_letter", Text),  # its text, or null
    Column("name", Text, nullable=False),
    _ref("head_id", null=True),  # the mail whose title the name is; null where it has none
    _ref("submitter_id"),
    Column("n_patches", BigInteger, nullable=False),  # as the marker says
    Column("reroll", Text, nullable=False),  # JSON array: by it and its Date it is newer or older than others
    Column("complete", Boolean, nullable=False),
    _ref("event_id", null=True),  # its RevisionAnnounced, once it was announced
    Column("submitted_us", BigInteger, nullable=False),
    Column("patches", Text, nullable=False),  # JSON array of patch ids, in order, ready to serve
    Column("rerun_of", BigInteger),  # the revision that it is a copy of, for another test
    Column("test_state", Text),
    Column("cover_digest", Text),  # of a large cover letter, whose text is its cover's alone; cover_letter is null then
    PrimaryKeyConstraint("series_id", "version"),
    Index("revision_by_posting", "posting_id"),
    Index(  # of the few alone that are
        "revision_incomplete", "submitted_us", sqlite_where=text("complete = 0"), postgresql_where=text("NOT complete"),
    ),
)  # fmt: skip

revision_patch = Table(
    "revision_patch", metadata,
    _ref("patch_id"),
    _ref("series_id"),
    Column("version", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),  # place in the revision, from 0
    PrimaryKeyConstraint("series_id", "version", "number"),
    Index("revision_patch_by_patch", "patch_id"),
)  # fmt: skip

cover = Table(
    "cover", metadata, _id(),
    _ref("project_id"),
    Column("message_id", Text, nullable=False),
    _ref("author_id"),
    Column("date_us", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("digest", Text),  # of a large text
    Index("cover_by_message_id", "message_id"),
)  # fmt: skip

series_alias = Table(  # a series that was merged into another; chains are resolved when written
    "series_alias", metadata, _id(), _ref("target_id"),
)  # fmt: skip

revision_alias = Table(  # a revision that was shown there and is now elsewhere
    "revision_alias", metadata,
    _ref("series_id"),
    Column("version", BigInteger, nullable=False),
    _ref("target_series_id"),
    Column("target_version", BigInteger, nullable=False),
    PrimaryKeyConstraint("series_id", "version"),
)  # fmt: skip

test_result = Table(
    "test_result", metadata, _id(),
    Column("target", Text, nullable=False),  # "revision" or "patch"
    _ref("posting_id", null=True),  # of a revision: its posting_id, so that results follow a merge
    _ref("patch_id", null=True),
    Column("test_name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("url", Text),
    Column("summary", Text),
    Column("date_us", BigInteger, nullable=False),
    _ref("user_id", null=True),
    UniqueConstraint("posting_id", "patch_id", "test_name"),
    Index("test_result_by_posting", "posting_id", "test_name"),
    Index("test_result_by_patch", "patch_id", "test_name"),
)  # fmt: skip

event = Table(
    "event", metadata,
    _ref("id"),  # the record that put it on the feed
    Column("number", BigInteger, nullable=False),  # among those of the record, from 0
    _ref("project_id"),
    Column("name", Text, nullable=False),
    Column("by_name_only", Boolean, nullable=False),  # shown to those alone who ask for its name
    Column("event_time_us", BigInteger, nullable=False),
    _ref("series_id", null=True),
    _ref("patch_id", null=True),
    _ref("user_id", null=True),
    Column("parameters", Text, nullable=False),  # JSON, ready to serve
    PrimaryKeyConstraint("id", "number"),
    Index("event_by_time", "project_id", "by_name_only", "event_time_us", "id", "number"),
    Index("event_by_id", "project_id", "by_name_only", "id", "number"),
    Index("event_by_name", "project_id", "name", "event_time_us", "id"),
    Index("event_by_all_names", "name", "event_time_us", "id"),
    Index("event_by_series", "series_id", "event_time_us"),
    Index("event_by_patch", "patch_id", "event_time_us"),
)  # fmt: skip

account = Table(  # the users; all are in the memory of the fold
    "account", metadata, _id(),
    Column("name", Text, nullable=False, unique=True),
    Column("emails", Text, nullable=False),  # JSON array
    Column("password_hash", Text, nullable=False),
    Column("maintainer_of", Text, nullable=False),  # JSON array of linknames
    Column("active", Boolean, nullable=False),
)  # fmt: skip

token = Table(  # all are in the memory of the fold
    "token", metadata, _id(),
    _ref("user_id"),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("projects", Text, nullable=False),  # JSON array of linknames
    Column("tests", Text, nullable=False),  # JSON array of patterns
    Column("expires_us", BigInteger),
    Column("revoked_us", BigInteger),
    Column("reason", Text, nullable=False),  # why it was revoked
    Index("token_by_digest", "digest"),
)  # fmt: skip

outcome = Table(  # what became of the records that somebody asked for
    "outcome", metadata, _id(),
    Column("status", Text, nullable=False),  # projector.outcomes
    Column("detail", Text, nullable=False),
    _ref("original_id", null=True),
    Column("document", Text),  # JSON
)  # fmt: skip

idempotency = Table(  # the first record of each request that came with a key
    "idempotency", metadata,
    _ref("user_id"),
    Column("key", Text, nullable=False),
    Column("part", BigInteger, nullable=False),
    _ref("record_id"),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("user_id", "key", "part"),
)  # fmt: skip

dead_letter = Table(
    "dead_letter", metadata, _id(),  # the mail's record
    Column("reason", Text, nullable=False),  # projector.assembly.dead_letters
    Column("detail", Text, nullable=False),  # one sentence for people
    Column("message_id", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("received_us", BigInteger, nullable=False),
    _ref("acknowledged_id", null=True),  # the record by which an operator said that it has been looked at
    Index("dead_letter_by_reason", "reason", "id"),
)  # fmt: skip

count = Table(  # rows of lists that are asked for without a filter, and mails by kind; kept by the projector
    "count", metadata,
    Column("name", Text, primary_key=True),  # "series", "series:PROJECT", "patch", "mail:KIND", ...
    Column("n", BigInteger, nullable=False),
)  # fmt: skip

# --- what the fold needs to go on ---

meta = Table(  # "schema_version", "position", "retired"
    "meta", metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)  # fmt: skip

checkpoint = Table(  # the log's running hash at every 1,000th record, and at the last one that was folded
    "checkpoint", metadata,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)  # fmt: skip

mail = Table(  # every mail of a project that is neither a duplicate nor a dead letter
    "mail", metadata, _id(),
    _ref("project_id"),
    Column("message_id", Text, nullable=False),
    _ref("thread_id"),
    Column("kind", Text, nullable=False),
    _ref("target_id", null=True),  # of a comment: the patch or cover letter it is about
    _ref("author_id", null=True),  # whom the first delivery names; null where it is redacted
    Column("summary", LargeBinary, nullable=False),  # MessagePack of projector.assembly.mail.Mail
    UniqueConstraint("project_id", "message_id"),
    Index("mail_by_thread", "thread_id", "id"),
)  # fmt: skip

thread_name = Table(  # every Message-ID that was seen or merely named -> its thread
    "thread_name", metadata,
    _ref("project_id"),
    Column("message_id", Text, nullable=False),
    _ref("thread_id"),
    PrimaryKeyConstraint("project_id", "message_id"),
    Index("thread_name_by_thread", "thread_id"),
)  # fmt: skip

posting = Table(
    "posting", metadata, _id(),  # the lowest record id of its mails when first seen
    _ref("project_id"),
    _ref("thread_id"),
    _ref("series_id", null=True),
    Column("state", LargeBinary, nullable=False),  # MessagePack of projector.readmodel.rows.PostingState
    Index("posting_by_thread", "thread_id"),
    Index("posting_by_series", "series_id"),
)  # fmt: skip

posting_key = Table(  # by what other postings find this one: change-id, name, author with patch name
    "posting_key", metadata,
    _ref("project_id"),
    _ref("key"),  # 64 bits of a hash of what projector.assembly.links.keys says
    _ref("posting_id"),
    PrimaryKeyConstraint("project_id", "key", "posting_id"),
    Index("posting_key_by_posting", "posting_id"),
)  # fmt: skip

correction = Table(  # what operators said of links and series; all are in the memory of the fold
    "correction", metadata, _id(),
    Column("kind", Text, nullable=False),  # "merge", "split", "link"
    _ref("mail_id"),
    _ref("other_id", null=True),  # of a merge and a link, the other mail
    Column("reason", Text, nullable=False),
    _ref("user_id", null=True),
)  # fmt: skip

duplicate = Table(  # deliveries of a mail that was there already
    "duplicate", metadata, _id(),  # the record of the later delivery
    _ref("mail_id"),
    _ref("copy_id"),  # the record that says the same: of the mail, or of a conflicting copy of it
    _ref("author_id", null=True),  # whom it names; null where it is redacted
    Index("duplicate_by_mail", "mail_id", "id"),
)  # fmt: skip

conflicting_copy = Table(  # mails with the Message-ID of one that was there already, which say something else
    "conflicting_copy", metadata, _id(),  # the record of the copy
    _ref("project_id"),
    _ref("mail_id"),
    Column("differs", Text, nullable=False),  # JSON array: the parts in which it differs from the copy that counted
    Column("said", LargeBinary, nullable=False),  # projector.assembly.copies.digest_of
    Column("received_us", BigInteger, nullable=False),
    Column("counts", Boolean, nullable=False),  # it was chosen, and is what is shown
    _ref("author_id", null=True),  # whom it names, once it was chosen; null where it is redacted
    _ref("acknowledged_id", null=True),  # the record by which an operator said that it has been looked at
    Index("conflicting_copy_by_mail", "mail_id", "said"),
    Index(  # of the few alone that alarm
        "conflicting_copy_alarming", "project_id", "id", sqlite_where=text("acknowledged_id IS NULL"),
        postgresql_where=text("acknowledged_id IS NULL"),
    ),
)  # fmt: skip

redaction = Table(  # the mails whose words are gone; all Message-IDs are in the memory of the fold
    "redaction", metadata, _id(),  # the MailRedacted
    Column("message_id", Text, nullable=False),
    Column("records", Text),  # JSON array: of one copy alone its deliveries; null: all that has the Message-ID
    Column("reason", Text, nullable=False),
    _ref("user_id", null=True),
)  # fmt: skip

superseding = Table(  # which announcement made a patch Superseded, so that it can be undone
    "superseding", metadata,
    Column("patch_id", BigInteger, primary_key=True, autoincrement=False),
    _ref("event_id"),  # the RevisionAnnounced
    Column("state_before", Integer, nullable=False),
)  # fmt: skip

pending = Table(  # announcements and retries that the active projector has still to put on the log, and waits
    "pending", metadata,
    Column("kind", Text, nullable=False),  # "revision", "pull-request", "retry", "supersede", "restore", "wait"
    _ref("cause"),  # the posting, mail or record
    _ref("project_id"),
    _ref("since"),  # the record that made it so; of a wait, microseconds of log time when it ends
    Column("detail", Text, nullable=False),  # of a wait its source, of a pull request its URL, JSON of patches
    PrimaryKeyConstraint("kind", "cause"),
)  # fmt: skip

log_time = Table(  # the latest receipt seen of a project and source, by which waits end
    "log_time", metadata,
    _ref("project_id"),
    Column("source", Text, nullable=False),
    Column("time_us", BigInteger, nullable=False),
    PrimaryKeyConstraint("project_id", "source"),
)  # fmt: skip

FOUND_BY_PARTS = (series, patch)
"""The tables whose `name` readers look for by a part of it; both databases have an index of three-letter parts."""

WITH_WORDS = (person, patch, patch_text, comment, series, revision, cover, event, dead_letter, pending)
"""The tables that have words of mails. All others have keys at most."""
