"""Folds a list in other orders and says what that changes: but for what the order may change, it should be nothing."""

import random
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

import msgspec

from bench.assembly_report import core
from bench.assembly_report.core import Result
from bench.assembly_report.folding import Folded, import_all, receive_all
from projector.assembly.mail import COMMENT, read_subject
from projector.assembly.newer import Newest
from projector.fold.series import NO_NAME
from schemas.records import MailReceived, ProjectAdded
from tests.projector.fold.orders import differing

IMPORTED, RECEIVED = "imported", "received"
IN_ORDER, WITHIN_DAYS, WHOLLY = "in order", "within days", "wholly"
AFTER_ANNOUNCED = "more revisions, as mails came after their partial reroll was announced"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Run:
    """One fold in another order. arrival: imported, or received and announced in between.

    allowed: how often what the order may change did, by kind; cases: those that make further revisions, in words;
    faults: each other difference, in words.
    """

    arrival: str
    order: str
    seed: int
    allowed: dict[str, int]
    cases: tuple[str, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Shuffles:
    """What other orders changed. core_differs: what the fold and the pure core make in another way."""

    core_differs: tuple[str, ...]
    runs: tuple[Run, ...]

    @property
    def faults(self) -> list[str]:
        """What no order may change."""
        return [f"{run.arrival} {run.order}, seed {run.seed}: {fault}" for run in self.runs for fault in run.faults]


def shuffle_list(
    project: ProjectAdded, facts: Sequence[MailReceived], result: Result, days: int, whole: int
) -> Shuffles:
    """Fold a list as it came, `days` times shuffled within each day, and `whole` times wholly: each time as an import,
    and mail by mail with announcements in between; the latter in the order of receipt, too.
    """
    base = import_all(project, facts)
    orders = [(WITHIN_DAYS, seed, within_days(facts, seed)) for seed in range(days)]
    orders += [(WHOLLY, seed, wholly(facts, seed)) for seed in range(whole)]
    runs = [judge(IMPORTED, *order, base, import_all(project, order[-1]), project) for order in orders]
    in_order = (IN_ORDER, 0, sorted(facts, key=lambda fact: fact.received_at))
    for name, seed, mails in [in_order, *orders]:
        late = later(mails, name)
        runs.append(judge(RECEIVED, name, seed, late, base, receive_all(project, late), project))
    return Shuffles(
        core_differs=tuple(compare(shape_of_core(result, project, facts), core_part(base.found))), runs=tuple(runs)
    )


def judge(
    arrival: str,
    order: str,
    seed: int,
    facts: Sequence[MailReceived],
    base: Folded,
    other: Folded,
    project: ProjectAdded,
) -> Run:
    """Tell what the order may have changed from what it may not.

    Where partial rerolls were announced before all of their mails were there, the pure core is told the same: what it
    makes then is what the fold has to have.
    """
    changes = list(compare(base.found, other.found))
    allowed = Counter(differing(base.given, other.given))
    cases: list[str] = []
    if changes and other.announced:
        ids = {_message_id(fact): id for id, fact in enumerate(facts, 1)}
        announced = {ids[patch]: ids[first] for patch, first in other.announced.items()}
        told = core.run(core.see(facts, project), announced)
        expected = shape_of_core(told, project, facts)
        if expected == core_part(other.found):
            alike = _alike(base.found, other.found)
            may_be = [change.startswith("series: ") and not change.endswith(alike) for change in changes]
            cases = [change for change, may in zip(changes, may_be, strict=True) if may]
            changes = [change for change, may in zip(changes, may_be, strict=True) if not may]
            allowed[AFTER_ANNOUNCED] += sum(case.startswith("series: new") for case in cases)
    return Run(arrival, order, seed, dict(allowed), tuple(cases), tuple(changes))


def within_days(facts: Sequence[MailReceived], seed: int) -> list[MailReceived]:
    """The mails, those of each day (UTC) in any order."""
    chance = random.Random(seed)
    shuffled: list[MailReceived] = []
    for _, day in groupby(sorted(facts, key=lambda fact: fact.received_at), lambda fact: fact.received_at.date()):
        mails = list(day)
        chance.shuffle(mails)
        shuffled += mails
    return _keep_first_copies(facts, shuffled)


def wholly(facts: Sequence[MailReceived], seed: int) -> list[MailReceived]:
    """The mails in any order."""
    shuffled = list(facts)
    random.Random(seed).shuffle(shuffled)
    return _keep_first_copies(facts, shuffled)


def later(facts: Sequence[MailReceived], order: str) -> list[MailReceived]:
    """The mails as they are received in this order: in the list's own rhythm, and none before its first receipt."""
    times = sorted(fact.received_at for fact in facts)
    delay = {IN_ORDER: timedelta(), WITHIN_DAYS: DAY}.get(order, times[-1] - times[0])
    return [msgspec.structs.replace(fact, received_at=time + delay) for fact, time in zip(facts, times, strict=True)]


def compare(base: dict[str, Any], other: dict[str, Any]) -> Iterable[str]:
    """Each thing that is in one of two results only."""
    for kind, things in base.items():
        before, after = dict.fromkeys(map(str, things)), dict.fromkeys(map(str, other[kind]))
        yield from (f"{kind}: no more {thing}" for thing in before if thing not in after)
        yield from (f"{kind}: new {thing}" for thing in after if thing not in before)


def core_part(found: dict[str, Any]) -> dict[str, Any]:
    """Of what a fold came to, what the pure core says, too."""
    series = [(name, n_patches, revisions) for name, n_patches, _, _, revisions in found["series"]]
    return {"series": sorted(series), "comments": found["comments"], "kinds": found["kinds"]}


def shape_of_core(result: Result, project: ProjectAdded, facts: Sequence[MailReceived]) -> dict[str, Any]:
    """Series with what their newest revision gives them, kinds and what comments are about, by Message-ID."""
    names = {id: mail.message_id for id, mail in result.mails.items()}
    title = _titles(result, project, facts)
    series = []
    for revisions in filter(None, result.series):
        newest = Newest((revision.place, revision) for revision in revisions).get()
        assert newest is not None
        shown = sorted(
            (
                tuple(names[id] for id in revision.patches),
                revision.is_complete,
                names[revision.cover] if revision.cover is not None else "",
                title(revision.head),
            )
            for revision in revisions
        )
        series.append((title(newest.head), newest.n_patches, shown))
    comments = [id for id, kind in result.kinds.items() if kind == COMMENT]
    return {
        "series": sorted(series),
        "comments": sorted((names[id], names.get(result.targets[id] or 0, "")) for id in comments),
        "kinds": sorted((names[id], kind) for id, kind in result.kinds.items()),
    }


def _alike(base: dict[str, Any], other: dict[str, Any]) -> tuple[str, ...]:
    """How series end, in words, that have the same revisions in both: the order may change nothing else of these."""
    one, two = ({f"{series[-1]})" for series in found["series"]} for found in (base, other))
    return tuple(one & two)


def _titles(result: Result, project: ProjectAdded, facts: Sequence[MailReceived]) -> Callable[[int | None], str]:
    def title(head: int | None) -> str:
        if head is None:
            return NO_NAME
        parsed = facts[result.mails[head].record - 1].parsed
        assert parsed is not None
        return read_subject(parsed.subject, project).title

    return title


def _keep_first_copies(facts: Sequence[MailReceived], shuffled: Sequence[MailReceived]) -> list[MailReceived]:
    """Let mails with one Message-ID come in their own order: which of them counts hangs on it, and may."""
    copies: dict[str, deque[MailReceived]] = defaultdict(deque)
    for fact in facts:
        copies[_message_id(fact)].append(fact)
    return [copies[_message_id(fact)].popleft() for fact in shuffled]


def _message_id(fact: MailReceived) -> str:
    assert fact.parsed is not None
    return fact.parsed.message_id
