"""Where the command line asks: users, tokens and projects as the log has them, and what became of a new record."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
import msgspec

from ingest.log import Log
from patchlog import stores
from projector.fold.accounts import Accounts
from projector.fold.moment import Moment, microseconds
from projector.fold.projects import Projects
from projector.outcomes import CONFLICT, DONE, UNCHANGED, Outcome
from projector.readmodel.generations import NoReadModel, Reader
from projector.readmodel.queries.outcomes import read_outcomes
from projector.readmodel.working import WorkingSet
from schemas.accounts import TokenIssued, TokenRevoked, UserAdded, UserChanged
from schemas.fact import Fact
from schemas.records import ProjectAdded, ProjectChanged, Record
from schemas.settings import Settings


class Said(msgspec.Struct, frozen=True):
    """A record that was appended. folded: the read model has passed it; outcome: None where only a projector knows."""

    record: int
    folded: bool
    outcome: Outcome | None

    def progress(self) -> str:
        """Say how far it is."""
        return "the projector has done it" if self.folded else "a projector will do it when it runs"


class Known:
    """Users, tokens and projects by now: what the read model has, and by the fold's own rules what came since.

    position: the last record that the read model has; outcomes: of the records behind it.
    """

    def __init__(self) -> None:
        self._working = WorkingSet()
        self.accounts, self.projects = Accounts(self._working), Projects(self._working)
        self.position = 0
        self.outcomes: dict[int, Outcome] = {}

    def load(self, reader: Reader) -> None:
        """Begin with the read model. Without one everything is on the log."""
        try:
            with reader.connect() as connection:
                self._working.connection = connection
                self.accounts.load()
                self.projects.load()
                self.position = self._working.position()
        except NoReadModel:
            self.position = 0

    def fold(self, record: Record) -> None:
        """Add what a record says; most say nothing of these."""
        outcome = self._fold(record)
        if outcome is not None:
            self.outcomes[record.id] = outcome

    def _fold(self, record: Record) -> Outcome | None:
        match record.fact:
            case ProjectAdded() as fact:
                return self.projects.add(record.id, fact)
            case ProjectChanged() as fact:
                return self.projects.change(fact)
            case UserAdded() as fact:
                return self.accounts.add(record.id, fact)
            case UserChanged() as fact:
                return self.accounts.change(fact)
            case TokenIssued() as fact:
                return self.accounts.issue(record.id, fact)
            case TokenRevoked() as fact:
                return self.accounts.revoke(fact, Moment(record.id, microseconds(record.recorded_at)))
        return None


class Desk:
    """A log and a read model, open for one command."""

    def __init__(self, log: Log, reader: Reader) -> None:
        self.log, self.reader = log, reader

    def know(self) -> Known:
        """What the log comes to by now."""
        known = Known()
        known.load(self.reader)
        for record in stores.all_records(self.log, known.position):
            known.fold(record)
        return known

    def say(self, *facts: Fact) -> list[Said]:
        """Append facts, and wait a few seconds for what becomes of them: the projector says so, else the log's end."""
        ids = self.log.append(list(facts))
        if stores.wait_until_folded(self.reader, ids[-1]):
            return self._folded(ids)
        known = self.know()
        if known.position >= ids[-1]:
            return self._folded(ids)
        return [Said(id, False, known.outcomes.get(id)) for id in ids]

    def say_one(self, fact: Fact) -> Said:
        """Append a fact. Raises ClickException when it had no effect, as when somebody else was faster."""
        (said,) = self.say(fact)
        if said.outcome is not None and said.outcome.status not in (DONE, UNCHANGED):
            faster = "somebody else was faster: " if said.outcome.status == CONFLICT else "nothing was done: "
            raise click.ClickException(faster + as_clause(said.outcome.detail))
        return said

    def _folded(self, ids: Sequence[int]) -> list[Said]:
        with self.reader.connect() as connection:
            outcomes = read_outcomes(connection, ids)
        return [Said(id, True, outcome) for id, outcome in zip(ids, outcomes, strict=True)]


@contextmanager
def opened_desk(settings: Settings, *, make: bool = False) -> Iterator[Desk]:
    """Open log and read model, and close them afterwards. Raises ValueError when there is no log, unless to be made."""
    with stores.opened_log(settings, make=make) as log:
        reader = Reader(settings.database_url)
        try:
            yield Desk(log, reader)
        finally:
            reader.close()


def as_clause(sentence: str) -> str:
    """A sentence as it stands behind a colon: without the capital and the stop."""
    return sentence[:1].lower() + sentence[1:].removesuffix(".")


def print_json(document: object) -> None:
    """Print a document for programs."""
    click.echo(msgspec.json.format(msgspec.json.encode(document)))
