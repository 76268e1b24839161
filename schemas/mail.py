"""What is read from one mail, and the pieces from which its mbox is written again."""

from datetime import datetime

import msgspec

PARSER_VERSION = 2
"""Moves whenever `ingest.message.parse` gives another result for any bytes: an older cached result is parsed anew."""


class Mailbox(msgspec.Struct, frozen=True, array_like=True):
    """A name and an address (RFC 5322 section 3.4). email is lower case; either may be empty."""

    name: str
    email: str


class ParsedMail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mail as read, before anything is inferred from other mails. Text is str without NULs; nothing is None but
    what is said to be. See `ingest.message.parse`, which makes it.
    """

    message_id: str
    """Without angle brackets (RFC 5322 section 3.6.4); where `message_id_derived`, made from `content_hash`."""
    message_id_derived: bool = False
    references: tuple[str, ...] = ()
    """Ancestors without angle brackets, oldest first, the nearest (In-Reply-To) last; no repeats; at most 100."""
    subject: str = ""
    """The Subject field, RFC 2047 decoded, white space folded to single spaces; brackets and Re: are still there."""
    author: Mailbox
    """The author, with a list's DMARC rewriting undone."""
    rewritten: Mailbox | None = None
    """From as it came, where that is not `author`. A project decides whether the one in it may rewrite."""
    date: datetime
    """Aware UTC, whole seconds: the Date field, else the topmost Received, else the receipt (assembly, section 1)."""
    date_from: str = "date"
    """Which of them: "date", "received" or "receipt"."""
    list_ids: tuple[str, ...] = ()
    """Lower-case list ids: every List-Id token, then X-Mailing-List, then X-List, as found, without repeats."""
    hint: str = ""
    """X-Patchwork-Hint, lower case."""
    first_state: str = ""
    """X-Patchwork-State, as written."""
    delegate: str = ""
    """X-Patchwork-Delegate, as written."""
    message: str = ""
    """The text of the mail up to its diff: the commit message and the diffstat of a patch, all of a comment. LF."""
    diff: str = ""
    """The diff alone, LF lines, as shown in `content`; empty when the mail has none."""
    files: tuple[str, ...] = ()
    """Paths that the diff touches, sorted, without a/ and b/; both names of a rename."""
    pull_url: str | None = None
    """What `git request-pull` asks to pull: "URL ref"; None when the mail asks for nothing."""
    change_id: str | None = None
    """`change-id:` of b4, lower case at the start of a line; Gerrit's `Change-Id:` is none."""
    supersedes: tuple[str, ...] = ()
    """Message-IDs that a Supersedes: or Link to vN: line names, in their order."""
    depends_on: tuple[str, ...] = ()
    """Based-on:, Depends-on: and prerequisite-*: targets: "message-id:ID" or "change-id:ID"."""
    base_commit: str | None = None
    trailers: tuple[str, ...] = ()
    """Trailers that a reviewer gave at the start of a line, unquoted, as "Reviewed-by: Name <a@example.org>"."""
    content_hash: bytes
    """16 bytes over author, date, subject and decoded content; equal for two deliveries of one mail whatever their
    trace fields (Received and the like) say."""


SAID = ("author", "title", "message", "diff")
"""The parts by which two mails with one Message-ID are compared."""


class Keys(msgspec.Struct, frozen=True, array_like=True):
    """What the words of a mail are compared by, which is all that the assembly sees of them; b"" stands for no words.

    A key is a digest: 16 bytes of names and addresses, 8 of a path. author: of the address, before a project's aliases;
    name: of the title as names are compared; closing: the reroll that the title's end names; delegate: of what
    X-Patchwork-Delegate says. has_diff and has_pull_url: whether the mail has one. said: a digest of 8 bytes for each
    part in SAID; empty where nobody knows it any more. sender: `projector.assembly.rewriting.sender_keys`.
    verified_by: `ingest.message.authentication.read_verifiers` of the author.
    """

    author: bytes
    name: bytes
    closing: tuple[int, ...] | None
    files: tuple[bytes, ...]
    delegate: bytes
    has_diff: bool
    has_pull_url: bool
    said: tuple[bytes, ...] = ()
    sender: tuple[bytes, ...] = ()
    verified_by: tuple[str, ...] = ()


class AmMail(msgspec.Struct, frozen=True, array_like=True):
    """A patch mail taken apart so that `git am` gets the same commit from it when it is written again.

    head: the header lines (From, Date, Subject, Message-ID), 7-bit, LF, without MIME fields and blank line.
    body: the decoded content: the commit message in UTF-8, then the diff's own bytes; lines end in LF, a CR is
        the file's.
    trailers_at: the offset in `body` where further trailers belong: behind the commit message's last line.
    """

    head: bytes
    body: bytes
    trailers_at: int
