"""What each type of record does to the read model."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import NamedTuple

from ingest.log import LogUnavailable
from projector.assembly.mail import Mail, is_spoiled
from projector.assembly.origin import came_from_list
from projector.fold.accounts import Accounts
from projector.fold.announcing import Announcing
from projector.fold.checkpoints import Checkpoints
from projector.fold.corrections import Corrections
from projector.fold.dead_letters import DeadLetters, ReadRecords
from projector.fold.failing import CannotFold
from projector.fold.feed import Feed
from projector.fold.grouping import Grouping
from projector.fold.mails import Mails
from projector.fold.moment import Moment, microseconds
from projector.fold.pending import RETRY, Pending
from projector.fold.people import People
from projector.fold.projects import Project, Projects
from projector.fold.reading import Reading, Received, is_redacted, reading_of, see
from projector.fold.rebuilt import Rebuilt
from projector.fold.redacting import Redacting, Redactions
from projector.fold.requests import Requests
from projector.fold.superseding import Superseding
from projector.fold.verdicts import Verdicts
from projector.outcomes import DONE, Outcome
from projector.readmodel.working import WorkingSet
from schemas.accounts import TokenIssued, TokenRevoked, UserAdded, UserChanged
from schemas.records import (
    ClockAdvanced,
    CopiesAcknowledged,
    CopyChosen,
    DeadLettersAcknowledged,
    ImportFinished,
    LogClosed,
    LogOpened,
    LogRestored,
    MailReceived,
    MailRedacted,
    MailStub,
    PatchStateChanged,
    ProjectAdded,
    ProjectChanged,
    PullRequestAnnounced,
    PullRequestStub,
    Record,
    RerunRequested,
    RetryRequested,
    RevisionAnnounced,
    RevisionLinked,
    SeriesChanged,
    SeriesMerged,
    SeriesSplit,
    TestResultReported,
)


class Became(NamedTuple):
    """What a mail became, when it was folded: "patch", "comment", "duplicate", "dead-letter", ...

    list_id: the list that it came by; project: the linkname. Either may be "".
    """

    record: int
    message_id: str
    list_id: str
    project: str
    outcome: str


class Fold:
    """The fold of one generation. `apply` changes the working set; saving it is the caller's.

    `read_records` gives records of the log by id: for mails that turn out later to be something else, and for retries.
    """

    def __init__(self, working: WorkingSet, read_records: ReadRecords) -> None:
        self._working, self._read_records = working, read_records
        self._ahead: dict[int, tuple[ProjectAdded, Mail, Reading]] = {}  # mails of the batch, as `prefetch` saw them
        self.checkpoints = Checkpoints(working)
        self.became: list[Became] = []
        """The mails of the batch, in their order."""
        self.pending = Pending(working)
        self.projects = Projects(working)
        self._dead_letters = DeadLetters(working, self.projects, read_records)
        self._feed = Feed(working, self.projects)
        self._accounts = Accounts(working)
        self._requests = Requests(working, self._accounts)
        self._corrections = Corrections(working)
        self._redactions = Redactions(working)
        people = People(working, self._reread)
        superseding = Superseding(working, self.pending, self.projects, self._accounts)
        self._grouping = Grouping(
            working,
            self.pending,
            self.projects,
            self._corrections,
            self._feed,
            people,
            self._accounts.find,
            superseding,
        )
        self._mails = Mails(
            working, self.pending, self._grouping, people, self._feed, self._see_again, self._redactions, superseding
        )
        self._redacting = Redacting(working, self.projects, self._mails, people, self.pending)
        self.rebuilt = Rebuilt(working, self.projects)
        self.announcing = Announcing(
            working,
            self.pending,
            self.projects,
            self._grouping,
            self._feed,
            self._redactions,
            self._mails.prefer,
            self._accounts,
            superseding,
            self.rebuilt,
        )
        self._verdicts = Verdicts(
            working, self._grouping, self._feed, self.projects, self._accounts, self.pending, superseding
        )

    def load(self) -> None:
        """Read what is kept in memory all the time. Forgets everything else first."""
        self._working.forget()
        self.checkpoints.load()
        self.projects.load()
        self.pending.load()
        self.rebuilt.load()
        self._feed.load()
        self._accounts.load()
        self._corrections.load()
        self._redactions.load()

    def begin(self) -> None:
        """Begin a batch."""
        self.became.clear()

    def end(self) -> None:
        """Let go of what was read of the batch's mails."""
        self._ahead.clear()

    def prefetch(self, records: Sequence[Record]) -> None:
        """Load what the next records will ask for in a few queries. Changes nothing."""
        mails = []
        self._ahead.clear()
        for record in records:
            if isinstance(record.fact, Received):
                try:
                    seen = self._look_ahead(record.id, record.fact)
                except Exception as error:
                    raise CannotFold(record.id, error) from error
                if seen is not None:
                    mails.append(seen)
        self._mails.prefetch(mails)

    def _look_ahead(self, id: int, fact: Received) -> tuple[int, Mail] | None:
        reading = reading_of(id, fact, self._redactions)
        project = self._place(fact, reading)
        if project is None:
            return None
        mail = see(id, fact, reading, project.settings)
        self._ahead[id] = (project.settings, mail, reading)
        return project.id, mail

    def apply(self, record: Record) -> None:
        """Fold one record in. Raises CannotFold for one that it does not know or stumbles over: it is never skipped."""
        try:
            self._apply(record)
            self.checkpoints.take(record)
        except LogUnavailable:
            raise
        except Exception as error:
            raise CannotFold(record.id, error) from error

    def _apply(self, record: Record) -> None:
        moment = Moment(record.id, microseconds(record.recorded_at))
        match record.fact:
            case MailReceived() | MailStub() as fact:
                self._working.counts["mail"] += 1
                self._receive(record.id, fact, moment)
            case RevisionAnnounced() as fact:
                self.announcing.revision(fact, moment)
            case PullRequestAnnounced() | PullRequestStub() as fact:
                self.announcing.pull_request(fact, moment)
            case MailRedacted() as fact:
                self._redactions.keep(record.id, fact)
                self._redacting.redact(fact, moment)
            case ClockAdvanced() as fact:
                self._settle(self.pending.advance_all(microseconds(fact.until)), moment)
            case ImportFinished() as fact:
                self._settle(self.pending.finish(fact.source), moment)
            case ProjectAdded() as fact:
                self._requests.keep(moment, self._add_project(fact, record.id))
            case ProjectChanged() as fact:
                self._requests.keep(moment, self._change_project(fact, record.id))
            case UserAdded() as fact:
                self._requests.keep(moment, self._accounts.add(record.id, fact))
            case UserChanged() as fact:
                self._requests.keep(moment, self._accounts.change(fact))
            case TokenIssued() as fact:
                self._requests.keep(moment, self._accounts.issue(record.id, fact))
            case TokenRevoked() as fact:
                self._requests.keep(moment, self._accounts.revoke(fact, moment))
            case RetryRequested() as fact:
                if fact.cause is not None:
                    self.pending.done(RETRY, fact.cause)
                self._dead_letters.retry(fact, moment, self._receive)
            case DeadLettersAcknowledged() as fact:
                self._dead_letters.acknowledge(fact, record.id)
            case CopyChosen() as fact:
                self._requests.keep(moment, self._mails.choose(fact, moment))
            case CopiesAcknowledged() as fact:
                self._requests.keep(moment, self._mails.copies.acknowledge(fact, record.id))
            case PatchStateChanged(cause=int()) as fact:
                self._requests.decide(None, moment, partial(self._verdicts.supersede, fact, moment))
            case TestResultReported() | PatchStateChanged() | SeriesChanged() | RerunRequested() as fact:
                self._requests.decide(fact.request, moment, partial(self._verdicts.say, fact, moment))
            case SeriesMerged() | SeriesSplit() | RevisionLinked() as fact:
                self._grouping.correct(self._corrections.add(record.id, fact), moment)
            case LogOpened() | LogClosed() | LogRestored():
                pass
            case other:
                raise TypeError(
                    f"record {record.id}: expected a type this projector folds, came {type(other).__name__}"
                )

    def _add_project(self, fact: ProjectAdded, record: int) -> Outcome:
        outcome = self.projects.add(record, fact)
        if outcome.status == DONE:
            self._want_retry(record, record)
        return outcome

    def _change_project(self, fact: ProjectChanged, record: int) -> Outcome:
        outcome, project = self.projects.change(fact), self.projects.find(fact.linkname)
        if project is not None:
            self._want_retry(record, project.id)
        return outcome

    def _receive(self, id: int, fact: Received, moment: Moment) -> None:
        settings, mail, reading = self._ahead.get(id, (None, None, None))
        if reading is None or (not reading.is_redacted and is_redacted(id, reading.parsed, self._redactions)):
            settings, mail, reading = None, None, reading_of(id, fact, self._redactions)
        project = self._place(fact, reading)
        if project is None:
            self._dead_letters.set_aside(id, fact, reading)
            linkname, outcome = "", "dead-letter"
        else:
            if mail is None or settings is not project.settings:
                mail = see(id, fact, reading, project.settings)
            received_us = microseconds(fact.received_at)
            self._settle(self.pending.advance(project.id, fact.source, received_us), moment)
            linkname = project.settings.linkname
            if is_spoiled(mail, reading.parsed) and not self._working.has_mail(project.id, mail.message_id):
                self._dead_letters.set_aside(id, fact, reading)
                outcome = "dead-letter"
            else:
                outcome = self._mails.receive(project.id, mail, reading, moment)
                self._bring_home(project, fact, reading, moment)
        list_id = reading.parsed.list_ids[0] if reading.parsed.list_ids else fact.list_id
        self.became.append(Became(id, reading.parsed.message_id, list_id, linkname, outcome))

    def _place(self, fact: Received, reading: Reading) -> Project | None:
        """The project that takes a mail: one whose list it names, and from whose list it came."""
        project = self.projects.place(reading.parsed, fact.list_id, fact.recipients)
        return project if project is not None and came_from_list(fact, project.settings.from_list) else None

    def _bring_home(self, project: Project, fact: Received, reading: Reading, moment: Moment) -> None:
        """Of projects that share a list, let those have a mail that lost its tag which have what it answers now."""
        sharing = self.projects.reading(reading.parsed, fact.list_id, fact.recipients)
        todo = [(project, reading.parsed.message_id)] if len(sharing) > 1 else []
        seen: set[int] = set()
        while todo:
            home, name = todo.pop()
            strays = [id for other in sharing if other is not home for id in self._mails.answering(other.id, name)]
            for id in strays:
                fact = self._fact(self._mails.counts(id))
                here = self._place(fact, reading_of(id, fact, self._redactions))
                if id not in seen and here is not None and self._mails.may_leave(id, here.id):
                    seen.add(id)
                    self._mails.move(id, here.id, moment)
                    todo.append((here, reading_of(id, fact, self._redactions).parsed.message_id))

    def _settle(self, postings: Iterable[int], moment: Moment) -> None:
        for posting in postings:
            self._grouping.settle(posting, moment)

    def _want_retry(self, cause: int, project: int) -> None:
        """Mails that no project took may find one now."""
        if self._working.dead_letters():
            self.pending.note(RETRY, cause, project, cause)

    def _reread(self, id: int) -> Reading:
        fact = self._fact(id)
        reading = reading_of(id, fact, self._redactions)
        thread = self._working.thread_of(id)
        project = self.projects.by_id[thread.project] if thread is not None else self._place(fact, reading)
        if project is not None:
            reading.see(project.settings)
        return reading

    def _fact(self, id: int) -> Received:
        (record,) = self._read_records([id])
        assert isinstance(record.fact, Received), f"record {id}: expected a mail, came {type(record.fact).__name__}"
        return record.fact

    def _see_again(self, id: int, project: int) -> tuple[Mail, Reading]:
        fact = self._fact(id)
        reading = reading_of(id, fact, self._redactions)
        return see(id, fact, reading, self.projects.by_id[project].settings), reading
