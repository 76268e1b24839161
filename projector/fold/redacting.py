"""Takes the words of mails away from all tables, and keeps in mind whose words must not come back."""

from collections.abc import Container

import msgspec

from projector.assembly.events import NEW_PULL_REQUEST, REBUILT
from projector.assembly.redaction import REDACTED
from projector.fold.mails import Mails
from projector.fold.moment import Moment
from projector.fold.pending import Pending
from projector.fold.people import People
from projector.fold.projects import Projects
from projector.readmodel import tables as t
from projector.readmodel.working import WorkingSet
from schemas.records import MailRedacted

_PULL_REQUESTS = (NEW_PULL_REQUEST, REBUILT[NEW_PULL_REQUEST])


class Redactions(Container[str | int]):
    """All that was redacted, in memory: Message-IDs, and records of single copies. There are few; every mail asks."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working
        self._redacted: set[str | int] = set()

    def __contains__(self, name: object) -> bool:
        return name in self._redacted

    def load(self) -> None:
        """Read the redactions of the generation."""
        self._redacted = set()
        for row in self._working.load_all(t.redaction):
            records = row["records"]
            self._redacted.update([row["message_id"]] if records is None else msgspec.json.decode(records))

    def keep(self, id: int, fact: MailRedacted) -> None:
        """Keep what a record says: what comes with its Message-ID from now on has no words, but of a single copy."""
        self._redacted.update([fact.message_id] if fact.record is None else fact.mails)
        records = msgspec.json.encode(fact.mails).decode() if fact.record is not None else None
        row = {"id": id, "message_id": fact.message_id, "records": records}
        self._working.add(t.redaction, {**row, "reason": fact.reason, "user_id": fact.user})


class Redacting:
    """Does what a MailRedacted says to everything that was made of the mail in all projects.

    It writes what is in memory first, so that the tables can be asked for all that has words of the mail.
    """

    def __init__(self, working: WorkingSet, projects: Projects, mails: Mails, people: People, pending: Pending) -> None:
        self._working, self._projects, self._mails = working, projects, mails
        self._people, self._pending = people, pending

    def redact(self, fact: MailRedacted, moment: Moment) -> None:
        """Take the words of a mail away, wherever it is by now, or those of one copy of it."""
        self._working.write()
        only = frozenset(fact.mails) if fact.record is not None else None
        records: set[int] = set()
        for project in sorted(self._projects.by_id):
            mail = self._mails.redact(project, fact.message_id, moment, only)
            if mail is not None:
                if only is None or mail in only or self._mails.counts(mail) in only:
                    self._redact_announced(mail)
                records |= {mail, *self._redact_further(mail, only, moment)}
        self._people.forget_words(records if only is None else records & only)
        for row in self._working.dead_letters_of(fact.message_id):
            if only is None or row["id"] in only:
                self._working.add(t.dead_letter, {**row, "subject": REDACTED, "detail": REDACTED})

    def _redact_further(self, mail: int, only: Container[int] | None, moment: Moment) -> list[int]:
        """Nobody is called by the further deliveries of a mail, or by some of them; gives their records.

        Nor has anybody to look at what says nothing any more.
        """
        duplicates, copies = self._working.duplicates_of(mail), self._working.copies_of(mail)
        for row in duplicates:
            if only is None or row["id"] in only:
                self._working.add(t.duplicate, {**row, "author_id": None})
        for row in copies:
            if only is None or row["id"] in only:
                seen = row["acknowledged_id"] or moment.record
                self._working.add(t.conflicting_copy, {**row, "author_id": None, "acknowledged_id": seen})
        return [row["id"] for row in (*duplicates, *copies)]

    def _redact_announced(self, mail: int) -> None:
        """The URL of a pull request is on the feed, or about to be."""
        self._pending.redact_pull_request(mail)
        for row in self._working.events_of(mail, *_PULL_REQUESTS):
            parameters = {**msgspec.json.decode(row["parameters"]), "pull_url": REDACTED}
            self._working.add(t.event, {**row, "parameters": msgspec.json.encode(parameters).decode()})
