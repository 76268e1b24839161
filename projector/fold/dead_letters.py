"""The mails of which nothing can be made: set aside with a reason, read again when asked, acknowledged."""

from collections.abc import Callable, Sequence

from projector.assembly.dead_letters import BAD_HEADER, DIFF_UNREADABLE, NO_PROJECT, NOT_BY_LIST, Reason, fault_of
from projector.assembly.origin import came_from_list
from projector.assembly.redaction import REDACTED
from projector.fold.moment import Moment, microseconds
from projector.fold.projects import Projects
from projector.fold.reading import Reading, Received
from projector.readmodel import tables as t
from projector.readmodel.working import WorkingSet
from schemas.records import DeadLettersAcknowledged, MailStub, Record, RetryRequested

ReadRecords = Callable[[Sequence[int]], list[Record]]
Receive = Callable[[int, Received, Moment], None]
"""Reads a mail: the id of its record, what it says, and when."""


class DeadLetters:
    """Every mail that no project takes, and each patch whose diff cannot be read."""

    def __init__(self, working: WorkingSet, projects: Projects, read_records: ReadRecords) -> None:
        self._working, self._projects, self._read_records = working, projects, read_records

    def set_aside(self, id: int, fact: Received, reading: Reading) -> None:
        """Keep a mail that no project takes, or can show, with the reason."""
        reason, detail = self._why(fact, reading)
        self._working.counts[f"dead-letter:{reason.name}"] += 1
        self._working.add(
            t.dead_letter,
            {
                "id": id,
                "reason": reason.name,
                "detail": REDACTED if reading.is_redacted else detail,
                "message_id": reading.parsed.message_id,
                "subject": REDACTED if reading.is_redacted else reading.parsed.subject,
                "received_us": microseconds(fact.received_at),
                "acknowledged_id": None,
            },
        )

    def retry(self, fact: RetryRequested, moment: Moment, receive: Receive) -> None:
        """Read dead letters again; what is none is left alone.

        Who asks for it wants to hear of it: one that is a dead letter still is no longer acknowledged. It is, if a
        project was the cause and the reason is the same: that project has nothing to do with it.
        """
        for before in self._working.load(t.dead_letter, *fact.mails):
            for record in self._read_records([before["id"]]):
                assert isinstance(record.fact, Received), f"dead letter {record.id}: expected a mail"
                self._working.remove(t.dead_letter, record.id)
                self._working.counts[f"dead-letter:{before['reason']}"] -= 1
                receive(record.id, record.fact, moment)
                for now in self._working.load(t.dead_letter, record.id) if fact.cause is not None else ():
                    if now["reason"] == before["reason"]:
                        self._working.add(t.dead_letter, {**now, "acknowledged_id": before["acknowledged_id"]})

    def acknowledge(self, fact: DeadLettersAcknowledged, record: int) -> None:
        """Somebody has looked at dead letters: the first who did counts. What is no dead letter is left alone."""
        for row in self._working.load(t.dead_letter, *fact.mails):
            if row["acknowledged_id"] is None:
                self._working.add(t.dead_letter, {**row, "acknowledged_id": record})

    def _why(self, fact: Received, reading: Reading) -> tuple[Reason, str]:
        project = self._projects.place(reading.parsed, fact.list_id, fact.recipients)
        if project is not None and came_from_list(fact, project.settings.from_list):
            return DIFF_UNREADABLE, f"it is for project {project.settings.linkname}, and has lines of a diff alone"
        if project is not None:
            return NOT_BY_LIST, f"it names the list of project {project.settings.linkname}, and did not come from it"
        names = (*reading.parsed.list_ids, *([fact.list_id] if fact.list_id else ()))
        for name in (*names, *fact.recipients):
            if self._projects.sharing(name):
                return (
                    NO_PROJECT,
                    f"the projects that read {name!s} take only subjects with tags, and it has none of these",
                )
        if names:
            return NO_PROJECT, f"no project has the list it came by ({', '.join(names)})"
        fault = fact.fault if isinstance(fact, MailStub) else fault_of(fact.raw)
        if fault is not None:
            return BAD_HEADER, fault
        if fact.recipients:
            return NO_PROJECT, "it names no list, and no project has an address it was sent to"
        return NO_PROJECT, "it names no list, and none was said where it came from"
