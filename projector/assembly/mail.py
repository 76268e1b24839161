"""One mail as the assembly sees it: what was read, without its words. Those that are compared are keys."""

import msgspec

from ingest.message.notices import BUG, COMMITTED
from projector.assembly.keys import key, keys_of
from projector.assembly.subject import Subject, parse_subject
from schemas.mail import Keys, ParsedMail
from schemas.records import ProjectAdded

PATCH, COVER, COMMENT, PULL_REQUEST, OTHER, IGNORED = "patch", "cover", "comment", "pull-request", "other", "ignored"

_HINTS = ("ignore", "comment")
"""Values of X-Patchwork-Hint that say what a mail is."""


class Mail(msgspec.Struct, frozen=True, array_like=True):
    """A mail of one project. All in it was read from this mail alone; `kind` is what it is until others say more.

    date and received are whole seconds since 1970; message_id, references and former_ids are as in ParsedMail; author,
    name_key, closing, files and delegate as in Keys, the author after a project's aliases.
    """

    id: int
    record: int
    """The record whose bytes count: of deliveries that differ the first, or the one that was chosen; `id` stays."""
    message_id: str
    references: tuple[str, ...]
    author: bytes
    date: int
    kind: str
    name_key: bytes
    closing: tuple[int, ...] | None
    may_be_cover: bool
    """Whether it is a cover letter as soon as a series 1..n answers it."""
    number: int | None
    total: int | None
    reroll: tuple[int, ...] | None
    branch_reroll: tuple[int, ...] | None
    prefix: tuple[str, ...]
    files: tuple[bytes, ...]
    change_id: str | None
    supersedes: tuple[str, ...]
    depends_on: tuple[str, ...]
    source: str
    received: int
    delegate: bytes = b""
    """Whom X-Patchwork-Delegate names as reviewer."""
    said: tuple[bytes, ...] = ()
    """As in Keys."""
    is_verified: bool | None = None
    """Whether a mail server vouches for the author; None where the project asks none."""
    may_be_patch: bool = False
    """Whether it is a patch of a series that lacks just one: it has a diff, and no tag, and is no answer."""
    may_repeat: bool = False
    """Whether it only repeats the patch that it answers, where that is another author's and has the same diff."""
    is_proposed: bool = False
    """Whether its tag says PATCH: then it repeats only what is posted under the same tag."""
    is_notice: bool = False
    """Whether it seems to say that the patch it answers was committed, with whatever became of the diff."""
    former_ids: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    """What it names itself, where `references` has another id for some of it; see `former`."""

    @property
    def order(self) -> tuple[int, str]:
        """Where the mail stands among others: by Date, then by Message-ID."""
        return (self.date, self.message_id)


def read_mail(
    record_id: int,
    parsed: ParsedMail,
    project: ProjectAdded,
    source: str,
    received: int,
    subject: Subject | None = None,
    keys: Keys | None = None,
    is_verified: bool | None = None,
) -> Mail:
    """See a parsed mail with a project's eyes.

    subject: as the project reads it, where the caller has read it; keys: of a mail that has no words any more.
    """
    subject = subject or read_subject(parsed.subject, project)
    keys = keys or keys_of(parsed, subject.title)
    kind = kind_of(parsed, subject, keys)
    return Mail(
        id=record_id,
        record=record_id,
        message_id=parsed.message_id,
        references=parsed.references,
        author=aliased(keys.author, project),
        date=int(parsed.date.timestamp()),
        kind=kind,
        name_key=keys.name,
        closing=keys.closing,
        may_be_cover=_may_be_cover(parsed, subject, keys),
        number=subject.number,
        total=subject.total,
        reroll=subject.reroll,
        branch_reroll=subject.branch_reroll,
        prefix=subject.prefix,
        files=keys.files,
        change_id=parsed.change_id,
        supersedes=parsed.supersedes,
        depends_on=parsed.depends_on,
        source=source,
        received=received,
        delegate=keys.delegate,
        said=keys.said,
        is_verified=is_verified,
        may_be_patch=keys.has_diff
        and not (subject.is_tagged or subject.is_reply or parsed.hint in _HINTS or parsed.notice in (BUG, COMMITTED)),
        may_repeat=kind == PATCH and bool(parsed.references) and not subject.is_resend,
        is_proposed=subject.is_proposed,
        is_notice=bool(parsed.notice),
        former_ids=parsed.former_ids,
    )


def read_subject(text: str, project: ProjectAdded) -> Subject:
    """Read a subject with a project's names, tags and branches."""
    names = {project.linkname.lower(), project.listemail.partition("@")[0].lower()}
    tags = {tag.lower() for tag in project.subject_prefix_tags}
    if project.branch_tokens is None:
        return parse_subject(text, names, tags)
    return parse_subject(text, names, tags, {token.lower() for token in project.branch_tokens})


def aliased(author: bytes, project: ProjectAdded) -> bytes:
    """The key of the address that is shown for one, by the project's aliases."""
    return next((key(new) for old, new in project.author_aliases.items() if key(old) == author), author)


def kind_of(parsed: ParsedMail, subject: Subject, keys: Keys) -> str:
    """What a mail is by itself (assembly, section 1): the first kind that fits."""
    if parsed.hint == "ignore":
        return IGNORED
    if subject.is_reply or parsed.hint == "comment":
        return COMMENT
    if subject.number == 0 and not keys.has_diff:
        return COVER
    if keys.has_pull_url and not keys.has_diff:
        return PULL_REQUEST
    if keys.has_diff and _is_notice(parsed, subject):
        return COMMENT if parsed.references else OTHER
    if keys.has_diff and (subject.is_tagged or not parsed.references):
        return PATCH
    return COMMENT if parsed.references else OTHER


def is_spoiled(mail: Mail, parsed: ParsedMail) -> bool:
    """Whether a mail says PATCH and has a diff that cannot be read, and is nothing else."""
    is_open = mail.kind in (COMMENT, OTHER) and mail.is_proposed and parsed.hint not in _HINTS
    return is_open and parsed.is_diff_unreadable


def _is_notice(parsed: ParsedMail, subject: Subject) -> bool:
    """Whether a program wrote a mail with a diff, and proposes nothing."""
    return parsed.notice == BUG or (parsed.notice == COMMITTED and not subject.is_proposed)


def _may_be_cover(parsed: ParsedMail, subject: Subject, keys: Keys) -> bool:
    if subject.is_reply or parsed.hint in _HINTS or keys.has_diff or subject.number == 0:
        return False
    if subject.is_tagged and subject.number is not None:
        return bool(subject.number) and bool(subject.total)
    return not parsed.references
