"""What is read from one mail, and what its mbox is written from."""

import re
from datetime import datetime

import msgspec

PARSER_VERSION = 2
"""Moves whenever `ingest.message.parse` gives another result for any bytes: an older cached result is parsed anew."""


LIKE_A_DIFF = re.compile(r"^(?:@@ -|diff |--- |\+\+\+ |Index: )", re.MULTILINE)
"""Lines over which git could stumble. Notes between message and diff that have one are shown, and not in the mbox."""


class Mailbox(msgspec.Struct, frozen=True, array_like=True):
    """A name and an address (RFC 5322 section 3.4). email is lower case; either may be empty."""

    name: str
    email: str


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """One thing that a careful reader and git would read differently in a mail as it was sent, and how it was read.

    kind is a word of `ingest.message.marks`; text says it in a sentence.
    """

    kind: str
    text: str


class Commit(msgspec.Struct, frozen=True, array_like=True):
    """The commit that `git am` makes of a patch, but for its message and diff.

    name, email: its author, as spelled; from an in-body From: where there is one. date: ISO 8601 in whole seconds, with
    the author's offset from UTC. title: the first paragraph of its message, in one line. subject: the Subject that
    gives this title, with its brackets. message_start, message_end: where, in the text before the diff, the commit's
    message goes on: behind the in-body header, up to the line that git takes for its end, less the blank lines there.
    """

    name: str
    email: str
    date: str
    title: str
    subject: str
    message_start: int
    message_end: int


class LimitedTrailer(msgspec.Struct, frozen=True, array_like=True):
    """A trailer, and the orders of those patches of the series that it was given for: none where nobody can tell;
    None: for all.
    """

    text: str
    patches: tuple[int, ...] | None = None


class ParsedMail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mail as read, before anything is inferred from other mails. Text is str without NULs; nothing is None but
    what is said to be. See `ingest.message.parse`, which makes it.
    """

    message_id: str
    """Without angle brackets (RFC 5322 section 3.6.4); where `message_id_derived`, made from `content_hash`."""
    message_id_derived: bool = False
    references: tuple[str, ...] = ()
    """Ancestors without angle brackets, oldest first, the nearest (In-Reply-To) last; no repeats; at most 100."""
    former_ids: tuple[str, ...] = ()
    """Message-IDs that it had before a provider gave it another one, as its header says."""
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
    notice: str = ""
    """Of a mail with a diff, what program wrote it by its own account: a value of `ingest.message.notices`."""
    first_state: str = ""
    """X-Patchwork-State, as written."""
    delegate: str = ""
    """X-Patchwork-Delegate, as written."""
    message: str = ""
    """The text of the mail up to its diff: the commit message and the diffstat of a patch, all of a comment. LF."""
    diff: str = ""
    """The diff alone, as shown in `content`: one line for each line of its bytes; empty when the mail has none."""
    is_diff_unreadable: bool = False
    """Whether a mail that is no answer has lines of a diff, of which none can be made."""
    diff_bytes: bytes = b""
    """The bytes of the diff, where they are not `diff` in UTF-8; see `bytes_of_diff`."""
    diff_at: int | None = None
    """Of an answer with a diff, where in `message` that begins; see `text_before_diff`."""
    commit: Commit | None = None
    """The commit that a diff or a pull request makes, should the mail be a patch; None of other mail."""
    to: tuple[Mailbox, ...] = ()
    """Whom To names, with an address each; only of mail with a commit."""
    cc: tuple[Mailbox, ...] = ()
    """Whom Cc names, as `to`."""
    marks: tuple[Mark, ...] = ()
    """What is read otherwise than it might be; only of mail with a commit."""
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
    limited_trailers: tuple[LimitedTrailer, ...] = ()
    """Those that were given for some patches of a series alone; they are not among `trailers`."""
    content_hash: bytes
    """16 bytes over author, date, subject and decoded content; equal for two deliveries of one mail whatever their
    trace fields (Received and the like) say."""


def text_before_diff(parsed: ParsedMail) -> str:
    """Give the text before a mail's diff, all of it where there is no diff: it has the message of the commit."""
    return parsed.message if parsed.diff_at is None else parsed.message[: parsed.diff_at]


def bytes_of_diff(parsed: ParsedMail) -> bytes:
    """Give the bytes of a mail's diff: these are what is applied."""
    return parsed.diff_bytes or parsed.diff.encode()


def write_trailers(parsed: ParsedMail) -> str:
    """Write a mail's trailers as `read_trailers` reads them: a line each, the orders before a tab where it has some."""
    limited = [f"{' '.join(map(str, given.patches or ()))}\t{given.text}" for given in parsed.limited_trailers]
    return "\n".join([*parsed.trailers, *limited])


def read_trailers(lines: str) -> list[LimitedTrailer]:
    """Read what `write_trailers` wrote."""
    found = []
    for line in lines.splitlines():
        orders, tab, text = line.rpartition("\t")
        found.append(LimitedTrailer(text, tuple(map(int, orders.split())) if tab else None))
    return found


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


class Sent(msgspec.Struct, frozen=True, array_like=True):
    """To whom a patch was sent, and where: below which mails (`ParsedMail.references`), on which list (RFC 2919)."""

    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    references: tuple[str, ...] = ()
    list_id: str = ""


class MboxHeader(msgspec.Struct, frozen=True, array_like=True):
    """What is told of a patch in its mbox beside the commit, in fields that git passes over.

    submitter: who is shown as such; with neither name nor address nobody is. delegate: who reviews its series, by
    address or name; "" for nobody.
    """

    patch_id: int
    submitter: Mailbox
    delegate: str
    sent: Sent


class MboxMail(msgspec.Struct, frozen=True, array_like=True):
    """What is shown of a patch, from which its mbox is written: `git am` makes this commit of it and no other.

    message is the text before the diff. Of a pull request diff is empty.
    """

    message_id: str
    commit: Commit
    message: str
    diff: bytes
    header: MboxHeader | None = None
