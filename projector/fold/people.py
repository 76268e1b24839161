"""Who wrote the mails: people by the keys of their addresses, with the name and address that their mails say.

A person is called as the lowest record of those deliveries says that have their words; so the name does not depend on
which of them came first, nor on when others were redacted.
"""

from collections.abc import Callable, Collection

from projector.assembly.mail import Mail
from projector.assembly.redaction import REDACTED
from projector.fold.reading import Reading
from projector.readmodel.rows import Row
from projector.readmodel.working import WorkingSet

Reread = Callable[[int], Reading]
"""What is read from the mail of a record that was folded before."""


class People:
    """The people of table `person`. A person's id is the record that first named the address, and stays."""

    def __init__(self, working: WorkingSet, reread: Reread) -> None:
        self._working, self._reread = working, reread

    def meet(self, mail: Mail, reading: Reading) -> int | None:
        """Take in who wrote a delivery, which is seen for the first time; gives the person, None where it is wordless.

        mail.record is the record of the delivery.
        """
        found = self._working.people.get(mail.author)
        if found is None:
            found = {"id": mail.record, "key": mail.author, "email": None, "name": REDACTED, "named_by": None}
            self._working.people.put(mail.author, found)
        if reading.is_redacted:
            return None
        if found["named_by"] is None or mail.record < found["named_by"]:
            name = {"email": reading.email, "name": reading.parsed.author.name, "named_by": mail.record}
            self._working.people.put(mail.author, {**found, **name})
        return int(found["id"])

    def id_of(self, author: bytes) -> int:
        """The person of an author who was met."""
        row = self._working.people.get(author)
        assert row is not None, f"author {author.hex()}: expected a row of table person, found none"
        return int(row["id"])

    def forget_words(self, records: Collection[int]) -> None:
        """The deliveries of some records say nothing any more: whoever is called by one is called by the next lowest.

        What was folded before has to be in the tables.
        """
        for row in self._working.people_named_by(records):
            named_by = self._working.lowest_delivery_of(row["id"], records)
            self._working.people.put(row["key"], {**row, **self._name(row, named_by)})

    def _name(self, row: Row, named_by: int | None) -> Row:
        if named_by is None:
            return {"email": None, "name": REDACTED, "named_by": None}
        reading = self._reread(named_by)
        name = REDACTED if reading.is_redacted else reading.parsed.author.name
        return {"email": row["email"], "name": name, "named_by": named_by}
