"""Mails to assemble, written as people think of them, and postings as a line of text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from projector.assembly.mail import Mail, read_mail
from projector.assembly.posting import Posting, assemble
from projector.assembly.subject import parse_subject
from schemas.mail import Mailbox, ParsedMail
from schemas.records import ProjectAdded

PROJECT = ProjectAdded(linkname="demo", name="Demo", listid="demo.lists.example.org", listemail="demo@example.org")
START = datetime(2024, 3, 1, 12, tzinfo=UTC)
DAY = 24 * 60
"""A day in minutes."""


@dataclass(frozen=True)
class Letter:
    """A mail called `name`, which is its Message-ID; answers: its references, oldest first; at: minutes since START.

    It has a diff unless its subject says that it is a cover letter or an answer, or `diff` says otherwise.
    """

    name: str
    subject: str
    answers: str = ""
    at: float = 0
    by: str = "ada"
    diff: bool | None = None
    files: tuple[str, ...] = ("a.c",)
    change_id: str | None = None
    supersedes: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    pull_url: str | None = None
    hint: str = ""
    notice: str = ""
    content: str | None = None
    """What its diff adds; None: what no other one does."""

    def parsed(self) -> ParsedMail:
        """What would be read from this mail."""
        subject = parse_subject(self.subject)
        has_diff = not subject.is_reply and subject.number != 0 if self.diff is None else self.diff
        return ParsedMail(
            message_id=self.name,
            references=tuple(self.answers.split()),
            subject=self.subject,
            author=Mailbox(self.by.title(), f"{self.by}@example.org"),
            date=START + timedelta(minutes=self.at),
            hint=self.hint,
            diff=f"diff --git a/a.c b/a.c\n+{self.name if self.content is None else self.content}\n"
            if has_diff
            else "",
            notice=self.notice if has_diff else "",
            files=self.files if has_diff else (),
            pull_url=self.pull_url,
            change_id=self.change_id,
            supersedes=self.supersedes,
            depends_on=self.depends_on,
            content_hash=blake2b(self.name.encode(), digest_size=16).digest(),
        )


def read(letters: Sequence[Letter], project: ProjectAdded = PROJECT) -> list[Mail]:
    """The letters as mails of a project, with record ids 1, 2, ... in their order; received when they were sent."""
    mails = []
    for number, letter in enumerate(letters, 1):
        parsed = letter.parsed()
        mails.append(read_mail(number, parsed, project, "smtp", int(parsed.date.timestamp())))
    return mails


def describe(posting: Posting, name_of: dict[int, str]) -> str:
    """A posting in a line: "c: 1=p1 2=p2 of 3 v2" has cover c and two of three patches, and is the second reroll."""
    words = [f"{name_of[posting.cover]}:"] if posting.cover is not None else []
    words += [f"{patch.place}={name_of[patch.id]}" for patch in posting.patches]
    words += [f"+{name_of[extra]}" for extra in posting.extras]
    words += [] if posting.is_full else [f"of {posting.total}"]
    words += ["replacing"] if posting.is_partial else []
    words += ["v" + ".".join(map(str, posting.reroll))] if posting.reroll != (1,) else []
    return " ".join(words)


def posted(letters: Sequence[Letter], announced: Iterable[Sequence[str]] = ()) -> list[str]:
    """The postings of some letters, each in a line, by Date. `announced` has the names in each announced reroll."""
    mails = read(letters)
    name_of = {mail.id: mail.message_id for mail in mails}
    id_of = {mail.message_id: mail.id for mail in mails}
    sealed = {id_of[name]: id_of[names[0]] for names in announced for name in names}
    return [describe(posting, name_of) for posting in assemble(mails, announced=sealed).postings]
