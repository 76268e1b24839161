"""Further mails with the Message-ID of one that is there: the first one stays, whatever the others say.

A Date, a hash or anything else that its author chooses must not let a second mail take the place of one that was shown,
tested or accepted. One that says the same is a duplicate; one that does not is kept as a conflicting copy, and told.
"""

from collections.abc import Container

import msgspec

from projector.assembly.copies import differences, digest_of
from projector.assembly.mail import Mail
from projector.fold.moment import Moment
from projector.fold.people import People
from projector.fold.reading import Reading
from projector.outcomes import DONE, Outcome
from projector.readmodel import tables as t
from projector.readmodel.rows import Entry, Row
from projector.readmodel.working import WorkingSet
from schemas.records import CopiesAcknowledged

DUPLICATE, CONFLICTING_COPY = "duplicate", "conflicting-copy"
SECOND_US = 1_000_000


class Copies:
    """Deliveries of mails that were there already."""

    def __init__(self, working: WorkingSet, people: People, redacted: Container[str | int]) -> None:
        """redacted: the Message-IDs and records of mails without words."""
        self._working, self._people, self._redacted = working, people, redacted

    def receive(self, project: int, entry: Entry, mail: Mail, reading: Reading) -> str:
        """Keep a further delivery of a mail; nothing that is shown changes. Gives what it became."""
        differs = differences(entry.mail, mail)
        same = self._working.copy_saying(entry.mail.id, digest_of(mail)) if differs else entry.mail.record
        outcome = DUPLICATE if same is not None else CONFLICTING_COPY
        self._working.counts[f"mail:{outcome}"] += 1
        if outcome == CONFLICTING_COPY:
            row = _row(project, entry.mail.id, mail, differs)
            if mail.message_id in self._redacted:  # there is nothing to look at
                row["acknowledged_id"] = mail.id
            self._working.add(t.conflicting_copy, row)
        else:
            author = self._people.meet(mail, reading) if not differs else None
            row = {"id": mail.id, "mail_id": entry.mail.id, "copy_id": same, "author_id": author}
            self._working.add(t.duplicate, row)
        return outcome

    def exchange(self, row: Row, shown: Mail, mail: Mail, author: int | None, moment: Moment) -> None:
        """Keep that a copy counts in the place of the mail that is shown, which is a copy from now on.

        Nobody has to look at the copies of this mail any more: somebody has.
        """
        before = next(iter(self._working.load(t.conflicting_copy, shown.record)), None)
        if before is None:  # the first one has its author in its own row
            before = _row(row["project_id"], shown.id, shown, ())
        differs = msgspec.json.encode(differences(mail, shown)).decode()
        self._working.add(t.conflicting_copy, {**before, "counts": False, "differs": differs})
        self._working.add(t.conflicting_copy, {**row, "counts": True, "author_id": author})
        for other in self._working.copies_of(shown.id):
            if other["acknowledged_id"] is None:
                self._working.add(t.conflicting_copy, {**other, "acknowledged_id": moment.record})

    def acknowledge(self, fact: CopiesAcknowledged, record: int) -> Outcome:
        """Somebody has looked at copies: the first who did counts."""
        for row in self._working.load(t.conflicting_copy, *fact.records):
            if row["acknowledged_id"] is None:
                self._working.add(t.conflicting_copy, {**row, "acknowledged_id": record})
        return Outcome(DONE)


def _row(project: int, holder: int, mail: Mail, differs: tuple[str, ...]) -> Row:
    return {
        "id": mail.record,
        "project_id": project,
        "mail_id": holder,
        "differs": msgspec.json.encode(differs).decode(),
        "said": digest_of(mail),
        "received_us": mail.received * SECOND_US,
        "counts": False,
        "author_id": None,
        "acknowledged_id": None,
    }
