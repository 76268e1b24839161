"""One mail as the assembly sees it: what was read, without its text."""

import msgspec

from projector.assembly.subject import Subject, name_key, parse_subject
from schemas.mail import ParsedMail
from schemas.records import ProjectAdded

PATCH, COVER, COMMENT, PULL_REQUEST, OTHER, IGNORED = "patch", "cover", "comment", "pull-request", "other", "ignored"


class Mail(msgspec.Struct, frozen=True, array_like=True):
    """A mail of one project. All in it was read from this mail alone; `kind` is what it is until others say more.

    date and received are whole seconds since 1970; message_id and references are as in ParsedMail.
    """

    id: int
    record: int
    """The record whose bytes count: of two deliveries that differ, the one that won; `id` stays."""
    message_id: str
    references: tuple[str, ...]
    author: str
    date: int
    kind: str
    title: str
    name_key: str
    name: str
    may_be_cover: bool
    """Whether it is a cover letter as soon as a series 1..n answers it."""
    number: int | None
    total: int | None
    reroll: tuple[int, ...] | None
    branch_reroll: tuple[int, ...] | None
    prefix: tuple[str, ...]
    files: tuple[str, ...]
    change_id: str | None
    supersedes: tuple[str, ...]
    depends_on: tuple[str, ...]
    source: str
    received: int
    content_hash: bytes

    @property
    def order(self) -> tuple[int, str]:
        """Where the mail stands among others: by Date, then by Message-ID."""
        return (self.date, self.message_id)


def read_mail(record_id: int, parsed: ParsedMail, project: ProjectAdded, source: str, received: int) -> Mail:
    """See a parsed mail with a project's eyes."""
    subject = read_subject(parsed.subject, project)
    author = parsed.author.email
    return Mail(
        id=record_id,
        record=record_id,
        message_id=parsed.message_id,
        references=parsed.references,
        author=project.author_aliases.get(author, author),
        date=int(parsed.date.timestamp()),
        kind=kind_of(parsed, subject),
        title=subject.title,
        name_key=name_key(subject.title),
        name=subject.name,
        may_be_cover=_may_be_cover(parsed, subject),
        number=subject.number,
        total=subject.total,
        reroll=subject.reroll,
        branch_reroll=subject.branch_reroll,
        prefix=subject.prefix,
        files=parsed.files,
        change_id=parsed.change_id,
        supersedes=parsed.supersedes,
        depends_on=parsed.depends_on,
        source=source,
        received=received,
        content_hash=parsed.content_hash,
    )


def read_subject(text: str, project: ProjectAdded) -> Subject:
    """Read a subject with a project's names, tags and branches."""
    names = {project.linkname.lower(), project.listemail.partition("@")[0].lower()}
    tags = {tag.lower() for tag in project.subject_prefix_tags}
    if project.branch_tokens is None:
        return parse_subject(text, names, tags)
    return parse_subject(text, names, tags, {token.lower() for token in project.branch_tokens})


def kind_of(parsed: ParsedMail, subject: Subject) -> str:
    """What a mail is by itself (assembly, section 1): the first kind that fits."""
    if parsed.hint == "ignore":
        return IGNORED
    if subject.is_reply or parsed.hint == "comment":
        return COMMENT
    if subject.number == 0 and not parsed.diff:
        return COVER
    if parsed.pull_url is not None and not parsed.diff:
        return PULL_REQUEST
    if parsed.diff and (subject.is_tagged or not parsed.references):
        return PATCH
    return COMMENT if parsed.references else OTHER


def _may_be_cover(parsed: ParsedMail, subject: Subject) -> bool:
    if subject.is_reply or parsed.hint in ("ignore", "comment") or parsed.diff or subject.number == 0:
        return False
    if subject.is_tagged:
        return bool(subject.number) and bool(subject.total)
    return not parsed.references
