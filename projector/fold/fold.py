"""What each type of record does to the read model."""

from collections.abc import Callable, Iterable, Sequence

from ingest.log import LogUnavailable
from ingest.message import parse
from projector.assembly.mail import Mail, read_mail
from projector.fold.announcing import Announcing
from projector.fold.corrections import Corrections
from projector.fold.failing import CannotFold
from projector.fold.grouping import Grouping
from projector.fold.mails import Mails
from projector.fold.pending import RETRY, Pending
from projector.fold.projects import Project, Projects
from projector.fold.series import Moment, microseconds
from projector.fold.shown import Reading
from projector.fold.verdicts import Verdicts
from projector.readmodel import tables as t
from projector.readmodel.working import WorkingSet
from schemas.mail import PARSER_VERSION, ParsedMail
from schemas.records import (
    ClockAdvanced,
    ImportFinished,
    LogClosed,
    LogOpened,
    MailReceived,
    PatchStateChanged,
    ProjectAdded,
    ProjectChanged,
    PullRequestAnnounced,
    Record,
    RetryRequested,
    RevisionAnnounced,
    RevisionLinked,
    SeriesMerged,
    SeriesSplit,
    TestResultReported,
)

ReadRecords = Callable[[Sequence[int]], list[Record]]


class Fold:
    """The fold of one generation. `apply` changes the working set; saving it is the caller's.

    `read_records` gives records of the log by id: for mails that turn out later to be something else, and for retries.
    """

    def __init__(self, working: WorkingSet, read_records: ReadRecords) -> None:
        self._working, self._read_records = working, read_records
        self._ahead: dict[int, tuple[ProjectAdded, Mail]] = {}  # the mails of the batch, as `prefetch` saw them
        self.pending = Pending(working)
        self.projects = Projects(working)
        self._corrections = Corrections(working)
        self._grouping = Grouping(working, self.pending, self.projects, self._corrections)
        self._mails = Mails(working, self.pending, self._grouping, self._reread)
        self.announcing = Announcing(working, self.pending, self.projects, self._grouping)
        self._verdicts = Verdicts(working, self._grouping, self.announcing)

    def load(self) -> None:
        """Read what is kept in memory all the time. Forgets everything else first."""
        self._working.forget()
        self.projects.load()
        self.pending.load()
        self._corrections.load()

    def prefetch(self, records: Sequence[Record]) -> None:
        """Load what a batch will ask for in a few queries. Changes nothing."""
        mails = []
        self._ahead.clear()
        for record in records:
            if isinstance(record.fact, MailReceived):
                try:
                    seen = self._look_ahead(record.id, record.fact)
                except Exception as error:
                    raise CannotFold(record.id, error) from error
                if seen is not None:
                    mails.append(seen)
        self._mails.prefetch(mails)

    def _look_ahead(self, id: int, fact: MailReceived) -> tuple[int, Mail] | None:
        parsed = read(fact)
        project = self.projects.place(parsed, fact.list_id, fact.recipients)
        if project is None:
            return None
        mail = _see(id, fact, parsed, project)
        self._ahead[id] = (project.settings, mail)
        return project.id, mail

    def apply(self, record: Record) -> None:
        """Fold one record in. Raises CannotFold for one that it does not know or stumbles over: it is never skipped."""
        try:
            self._apply(record)
        except LogUnavailable:
            raise
        except Exception as error:
            raise CannotFold(record.id, error) from error

    def _apply(self, record: Record) -> None:
        moment = Moment(record.id, microseconds(record.recorded_at))
        match record.fact:
            case MailReceived() as fact:
                self._working.counts["mail"] += 1
                self._receive(record.id, fact, moment)
            case RevisionAnnounced() as fact:
                self.announcing.revision(fact, moment)
            case PullRequestAnnounced() as fact:
                self.announcing.pull_request(fact, moment)
            case ClockAdvanced() as fact:
                self._settle(self.pending.advance_all(microseconds(fact.until)), moment)
            case ImportFinished() as fact:
                self._settle(self.pending.finish(fact.source), moment)
            case ProjectAdded() as fact:
                if self.projects.add(record.id, fact):
                    self._want_retry(record.id, record.id)
            case ProjectChanged() as fact:
                project = self.projects.change(fact)
                if project is not None:
                    self._want_retry(record.id, project.id)
            case RetryRequested() as fact:
                self._retry(fact, moment)
            case TestResultReported() as fact:
                self._verdicts.test_result(fact, moment)
            case PatchStateChanged() as fact:
                self._verdicts.patch_state(fact, moment)
            case SeriesMerged() | SeriesSplit() | RevisionLinked() as fact:
                self._grouping.correct(self._corrections.add(record.id, fact), moment)
            case LogOpened() | LogClosed():
                pass
            case other:
                raise TypeError(
                    f"record {record.id}: expected a type this projector folds, came {type(other).__name__}"
                )

    def _receive(self, id: int, fact: MailReceived, moment: Moment) -> None:
        parsed = read(fact)
        project = self.projects.place(parsed, fact.list_id, fact.recipients)
        if project is None:
            names = ", ".join(parsed.list_ids) or fact.list_id or "no list"
            self._set_aside(id, fact, parsed, "no-project", f"no project has the list it came by ({names})")
            return
        self._receive_in(id, fact, project, Reading(parsed, fact.raw), moment)

    def _receive_in(self, id: int, fact: MailReceived, project: Project, reading: Reading, moment: Moment) -> None:
        received_us = microseconds(fact.received_at)
        self._settle(self.pending.advance(project.id, fact.source, received_us), moment)
        settings, mail = self._ahead.get(id, (None, None))
        if mail is None or settings is not project.settings:
            mail = _see(id, fact, reading.parsed, project)
        self._mails.receive(project.id, mail, reading, moment)

    def _set_aside(self, id: int, fact: MailReceived, parsed: ParsedMail, reason: str, detail: str) -> None:
        self._working.counts[f"dead-letter:{reason}"] += 1
        self._working.add(
            t.dead_letter,
            {
                "id": id,
                "reason": reason,
                "detail": detail,
                "message_id": parsed.message_id,
                "subject": parsed.subject,
                "received_us": microseconds(fact.received_at),
            },
        )

    def _settle(self, postings: Iterable[int], moment: Moment) -> None:
        for posting in postings:
            self._grouping.settle(posting, moment)

    def _want_retry(self, cause: int, project: int) -> None:
        """Mails that lacked a project may find it now."""
        if self._working.dead_letters("no-project"):
            self.pending.note(RETRY, cause, project, cause)

    def _retry(self, fact: RetryRequested, moment: Moment) -> None:
        if fact.cause is not None:
            self.pending.done(RETRY, fact.cause)
        for row in self._working.load(t.dead_letter, *fact.mails):
            for record in self._read_records([row["id"]]):
                assert isinstance(record.fact, MailReceived), f"dead letter {record.id}: expected a mail"
                self._working.remove(t.dead_letter, record.id)
                self._working.counts[f"dead-letter:{row['reason']}"] -= 1
                self._receive(record.id, record.fact, moment)

    def _reread(self, id: int) -> Reading:
        (record,) = self._read_records([id])
        assert isinstance(record.fact, MailReceived), f"record {id}: expected a mail, came {type(record.fact).__name__}"
        return Reading(read(record.fact), record.fact.raw)


def _see(id: int, fact: MailReceived, parsed: ParsedMail, project: Project) -> Mail:
    received = microseconds(fact.received_at) // 1_000_000
    return read_mail(id, parsed, project.settings, fact.source, received)


def read(fact: MailReceived) -> ParsedMail:
    """What is read from a mail: as its record has it where the parser was this one, else read anew."""
    if fact.parsed is not None and fact.parser_version == PARSER_VERSION:
        return fact.parsed
    return parse(fact.raw, fact.received_at)
