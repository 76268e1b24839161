"""Takes the words of mails away from all tables, and keeps in mind whose words must not come back."""

from collections.abc import Container

import msgspec

from projector.assembly.events import NEW_PULL_REQUEST
from projector.assembly.redaction import REDACTED
from projector.fold.mails import Mails
from projector.fold.moment import Moment
from projector.fold.pending import Pending
from projector.fold.people import People
from projector.fold.projects import Projects
from projector.readmodel import tables as t
from projector.readmodel.working import WorkingSet
from schemas.records import MailRedacted

_PARAMETERS = msgspec.json.encode({"pull_url": REDACTED}).decode()


class Redactions(Container[str]):
    """All Message-IDs that were redacted, in memory. There are few; every mail asks."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working
        self._message_ids: set[str] = set()

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._message_ids

    def load(self) -> None:
        """Read the redactions of the generation."""
        self._message_ids = {row["message_id"] for row in self._working.load_all(t.redaction)}

    def keep(self, id: int, fact: MailRedacted) -> None:
        """Keep what a record says: what comes with its Message-ID from now on has no words."""
        self._message_ids.add(fact.message_id)
        self._working.add(
            t.redaction, {"id": id, "message_id": fact.message_id, "reason": fact.reason, "user_id": fact.user}
        )


class Redacting:
    """Does what a MailRedacted says to everything that was made of the mail in all projects.

    It writes what is in memory first, so that the tables can be asked for all that has words of the mail.
    """

    def __init__(self, working: WorkingSet, projects: Projects, mails: Mails, people: People, pending: Pending) -> None:
        self._working, self._projects, self._mails = working, projects, mails
        self._people, self._pending = people, pending

    def redact(self, message_id: str, moment: Moment) -> None:
        """Take the words of a mail away, wherever it is by now."""
        self._working.write()
        records: set[int] = set()
        for project in sorted(self._projects.by_id):
            mail = self._mails.redact(project, message_id, moment)
            if mail is not None:
                self._redact_announced(mail)
                records |= {mail, *self._redact_further(mail)}
        self._people.forget_words(records)
        for row in self._working.dead_letters_of(message_id):
            self._working.add(t.dead_letter, {**row, "subject": REDACTED, "detail": REDACTED})

    def _redact_further(self, mail: int) -> list[int]:
        """Nobody is called by the further deliveries of a mail, whatever they say; gives their records."""
        duplicates, copies = self._working.duplicates_of(mail), self._working.copies_of(mail)
        for table, rows in ((t.duplicate, duplicates), (t.conflicting_copy, copies)):
            for row in rows:
                self._working.add(table, {**row, "author_id": None})
        return [row["id"] for row in (*duplicates, *copies)]

    def _redact_announced(self, mail: int) -> None:
        """The URL of a pull request is on the feed, or about to be."""
        self._pending.redact_pull_request(mail)
        for row in self._working.events_of(mail, NEW_PULL_REQUEST):
            self._working.add(t.event, {**row, "parameters": _PARAMETERS})
