"""What a plain reader sees of a mail: its fields by the standard library and a few patterns of our own.

Nothing here comes from the code under test: what it reads wrongly must not be wrong here in the same way.
"""

import email
import email.header
import email.message
import email.utils
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.records import MailReceived

DAY_SECONDS = 86400
_ID = re.compile(r"<\s*([^<>\s]+)\s*>")
_ANSWER = re.compile(r"\s*(?:re|aw|sv|fwd?|antw)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_BRACKETS = re.compile(r"\s*\[([^\[\]]*)\]")
_PLACE = re.compile(r"(\d+)\s*/\s*(\d+)")
_VERSION = re.compile(r"(?:PATCH[-_]?|RFC[-_]?)?v(\d+)", re.IGNORECASE)
_TAG = re.compile(r"\b(?:PATCH|RFC)", re.IGNORECASE)
_CLOSING = re.compile(r"[\s,(]*\b(?:v|take |version )\s*\d+\s*\)?\s*$", re.IGNORECASE)
_DIFF = re.compile(r"^diff --git |^--- \S.*\n\+\+\+ \S", re.MULTILINE)
_FILE = re.compile(r"^(?:\+\+\+ b/|--- a/|rename (?:from|to) |\+\+\+ (?!/dev/null))([^\t\n]+)", re.MULTILINE)
_BINARY = re.compile(r"^diff --git a/(\S+) b/\1$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sight:
    """One mail. answers: the Message-ID that it answers directly; references: all that it names above it, the nearest
    last; date: seconds since 1970; version: 1 unmarked.
    """

    id: int
    message_id: str
    answers: str | None
    references: tuple[str, ...]
    author: str
    date: int
    subject: str
    title: str
    number: int | None
    total: int | None
    version: int
    prefix: frozenset[str]
    is_reply: bool
    is_tagged: bool
    has_diff: bool
    files: frozenset[str]

    @property
    def is_patch(self) -> bool:
        """Whether anybody would call it a patch: a tag, a diff, and no `Re:`."""
        return self.is_tagged and self.has_diff and not self.is_reply and self.number != 0

    @property
    def is_cover(self) -> bool:
        return self.number == 0 and self.is_tagged and not self.is_reply and not self.has_diff

    @property
    def name(self) -> str:
        """The title as people compare titles: without case, and without a version at its end."""
        return _CLOSING.sub("", " ".join(self.title.split())).strip().casefold()


def look(facts: Sequence[MailReceived]) -> list[Sight]:
    """See all mails of a list, each Message-ID once, the first one that came; ids are 1, 2, ... in the order given."""
    seen: dict[str, Sight] = {}
    for id, fact in enumerate(facts, 1):
        sight = _see(id, fact)
        seen.setdefault(sight.message_id, sight)
    return list(seen.values())


def _see(id: int, fact: MailReceived) -> Sight:
    mail = email.message_from_bytes(fact.raw)
    subject = _text(mail, "Subject")
    is_reply, tokens, title = _take_apart(subject)
    place = next((found for token in tokens if (found := _PLACE.fullmatch(token))), None)
    versions = [int(found[1]) for token in tokens if (found := _VERSION.fullmatch(token))]
    body = _body(mail)
    references = _references(mail)
    return Sight(
        id=id,
        message_id=next(iter(_ID.findall(_text(mail, "Message-ID"))), f"none {id}"),
        answers=references[-1] if references else None,
        references=references,
        author=_author(mail, body),
        date=_date(mail, fact.received_at),
        subject=subject,
        title=title,
        number=int(place[1]) if place else None,
        total=int(place[2]) if place else None,
        version=versions[-1] if versions else 1,
        prefix=frozenset(token.lower() for token in tokens if not _PLACE.fullmatch(token)),
        is_reply=is_reply,
        is_tagged=any(_TAG.match(token) for token in tokens),
        has_diff=_DIFF.search(body) is not None,
        files=frozenset(_paths(body)),
    )


def _take_apart(subject: str) -> tuple[bool, list[str], str]:
    """Whether it is an answer, the words in its brackets, and the rest."""
    is_reply, words, at = False, list[str](), 0
    while True:
        if answer := _ANSWER.match(subject, at):
            is_reply, at = True, answer.end()
        elif group := _BRACKETS.match(subject, at):
            words += re.split(r"[,\s]+", _PLACE.sub(r" \1/\2 ", group[1]).strip())
            at = group.end()
        else:
            return is_reply, words, subject[at:].strip()


def _text(mail: email.message.Message, name: str) -> str:
    value = str(mail.get(name, ""))
    with suppress(ValueError, LookupError):
        value = str(email.header.make_header(email.header.decode_header(value)))
    return " ".join(value.replace("\0", "").split())


def _references(mail: email.message.Message) -> tuple[str, ...]:
    named, answered = _ids(_text(mail, "References")), _ids(_text(mail, "In-Reply-To"))[:1]
    return tuple(dict.fromkeys(reversed([*named, *answered])))[::-1]


def _ids(text: str) -> list[str]:
    """What is in angle brackets; where nothing is, the words with an @."""
    return _ID.findall(text) or [word for word in text.split() if "@" in word]


def _author(mail: email.message.Message, body: str) -> str:
    """The address of the author; where the list wrote its own there, what other fields say, else the name."""
    name, address = email.utils.parseaddr(_text(mail, "From"))
    if " via " not in name:
        return address.lower()
    for field in ("X-Original-From", "Reply-To"):
        others = [other.lower() for _, other in email.utils.getaddresses([_text(mail, field)])]
        others = [other for other in others if other and other != address.lower()]
        if len(others) == 1:
            return others[0]
    first = body.lstrip().partition("\n")[0]
    if first.startswith("From: "):
        return email.utils.parseaddr(first[6:])[1].lower()
    return name.partition(" via ")[0].casefold()


def _date(mail: email.message.Message, received_at: datetime) -> int:
    received = int(received_at.timestamp())
    try:
        found = email.utils.parsedate_to_datetime(str(mail.get("Date", "")))
    except (ValueError, TypeError, IndexError, OverflowError):
        return received
    date = int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
    return date if date <= received + DAY_SECONDS else received


def _body(mail: email.message.Message) -> str:
    return "\n".join(_texts(mail)).replace("\r\n", "\n")


def _texts(mail: email.message.Message) -> Iterable[str]:
    for part in mail.walk():
        name = (part.get_filename() or "").lower()
        if part.get_content_maintype() == "text" or name.endswith((".patch", ".diff")):
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload.decode("utf-8", "replace")


def _paths(body: str) -> Iterable[str]:
    yield from (path.removeprefix("b/").strip() for path in _FILE.findall(body))
    yield from _BINARY.findall(body)
