"""A mail as it is folded: read, without its words where these are redacted, and seen with a project's eyes."""

from collections.abc import Container

from ingest.message import parse
from ingest.message.authentication import read_verifiers
from projector.assembly.mail import Mail, read_mail, read_subject
from projector.assembly.redaction import without_words
from projector.assembly.rewriting import as_sent, as_sent_by_key
from projector.assembly.subject import Subject
from projector.fold.moment import microseconds
from schemas.mail import PARSER_VERSION, Keys, ParsedMail
from schemas.records import MailReceived, MailStub, ProjectAdded

Received = MailReceived | MailStub


class Reading:
    """What was read from a mail, and its bytes; these are None where its words are redacted, and keys stand for them.

    What a project sees of it has the author that counts for the project; subject and email are as the project has them:
    its tags are not shown, and one address may stand for another.
    """

    __slots__ = ("_read", "email", "keys", "parsed", "raw", "subject")

    def __init__(self, parsed: ParsedMail, raw: bytes | None, keys: Keys | None = None) -> None:
        self.parsed, self.raw, self.keys = parsed, raw, keys
        self._read = parsed, keys
        self.subject: Subject | None = None
        self.email = ""

    @property
    def is_redacted(self) -> bool:
        return self.raw is None

    def see(self, project: ProjectAdded) -> Subject:
        """Read the subject and the author's address with a project's eyes."""
        parsed, keys = self._read
        self.parsed = as_sent(parsed, project)
        self.keys = as_sent_by_key(keys, project) if keys is not None else None
        author = self.parsed.author.email
        self.email = project.author_aliases.get(author, author)
        self.subject = read_subject(self.parsed.subject, project)
        return self.subject

    def is_verified(self, project: ProjectAdded) -> bool | None:
        """Whether the server that a project believes vouches for the author; None where it believes none."""
        if not project.require_dkim:
            return None
        if self.keys is not None:
            return project.require_dkim in self.keys.verified_by
        is_undone = self.parsed is self._read[0]
        return is_undone and project.require_dkim in read_verifiers(self.raw or b"", self.parsed.author.email)


def read(fact: MailReceived) -> ParsedMail:
    """What is read from a mail: as its record has it where the parser was this one, else read anew."""
    if fact.parsed is not None and fact.parser_version == PARSER_VERSION:
        return fact.parsed
    return parse(fact.raw, fact.received_at)


def is_redacted(id: int, parsed: ParsedMail, redacted: Container[str | int]) -> bool:
    """Whether the mail of a record has no words, whatever the log has. redacted: Message-IDs and records."""
    return parsed.message_id in redacted or id in redacted


def reading_of(id: int, fact: Received, redacted: Container[str | int] = ()) -> Reading:
    """Read the mail of a record, or what is left of it. redacted: as in `is_redacted`."""
    if isinstance(fact, MailStub):
        return Reading(fact.parsed, None, fact.keys)
    parsed = read(fact)
    if is_redacted(id, parsed, redacted):
        wordless, keys = without_words(parsed, fact.raw)
        return Reading(wordless, None, keys)
    return Reading(parsed, fact.raw)


def see(id: int, fact: Received, reading: Reading, project: ProjectAdded) -> Mail:
    """The mail of a reading as a project's assembly sees it."""
    subject, received = reading.see(project), microseconds(fact.received_at) // 1_000_000
    return read_mail(
        id, reading.parsed, project, fact.source, received, subject, reading.keys, reading.is_verified(project)
    )
