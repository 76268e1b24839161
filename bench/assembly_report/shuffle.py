"""Folds a list in other orders and says what that changes: ids and numbers aside, it should be nothing."""

import random
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.assembly_report.core import Result
from projector.assembly.mail import read_subject
from projector.fold.series import NO_NAME
from schemas.records import ImportFinished, MailReceived, ProjectAdded
from tests.projector.fold.world import World, deliver, shape

WITHIN_DAYS, WHOLLY = "within windows of a day", "wholly"


@dataclass(frozen=True)
class Shuffles:
    """What other orders changed. runs: by kind of shuffle; changes: each difference in words."""

    core_agrees: bool
    runs: dict[str, int]
    changes: tuple[str, ...]


def shuffle_list(
    project: ProjectAdded, facts: Sequence[MailReceived], result: Result, days: int, whole: int
) -> Shuffles:
    """Fold a list as it came, `days` times shuffled within each day, and `whole` times wholly."""
    base = fold(project, facts)
    orders = [(WITHIN_DAYS, seed, within_days(facts, seed)) for seed in range(days)]
    orders += [(WHOLLY, seed, wholly(facts, seed)) for seed in range(whole)]
    changes = [
        f"{kind}, seed {seed}: {change}"
        for kind, seed, order in orders
        for change in compare(base, fold(project, order))
    ]
    return Shuffles(
        core_agrees=series_of_fold(base) == series_of_core(result, project, facts),
        runs={WITHIN_DAYS: days, WHOLLY: whole},
        changes=tuple(changes),
    )


def fold(project: ProjectAdded, facts: Sequence[MailReceived]) -> dict[str, Any]:
    """What the projector makes of mails in this order, in words that do not depend on ids."""
    sources = dict.fromkeys(fact.source for fact in facts)
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), project=project)
        deliver(world, [*facts, *(ImportFinished(source=source, mails=len(facts)) for source in sources)])
        found = shape(world)
        world.close()
    return found


def within_days(facts: Sequence[MailReceived], seed: int) -> list[MailReceived]:
    """The mails, those of each day (UTC) in any order."""
    chance = random.Random(seed)
    shuffled: list[MailReceived] = []
    for _, day in groupby(sorted(facts, key=lambda fact: fact.received_at), lambda fact: fact.received_at.date()):
        mails = list(day)
        chance.shuffle(mails)
        shuffled += mails
    return shuffled


def wholly(facts: Sequence[MailReceived], seed: int) -> list[MailReceived]:
    """The mails in any order."""
    shuffled = list(facts)
    random.Random(seed).shuffle(shuffled)
    return shuffled


def compare(base: dict[str, Any], other: dict[str, Any]) -> Iterable[str]:
    """Each thing that is in one of two results only."""
    for kind, things in base.items():
        yield from (f"{kind}: no more {thing}" for thing in things if thing not in other[kind])
        yield from (f"{kind}: new {thing}" for thing in other[kind] if thing not in things)


def series_of_core(result: Result, project: ProjectAdded, facts: Sequence[MailReceived]) -> list[list[tuple[Any, ...]]]:
    """The series by the Message-IDs of their revisions' patches. Names are those of the heads."""
    names = {id: mail.message_id for id, mail in result.mails.items()}

    def title(head: int | None) -> str:
        if head is None:
            return NO_NAME
        parsed = facts[result.mails[head].record - 1].parsed
        assert parsed is not None
        return read_subject(parsed.subject, project).title

    return sorted(
        sorted(
            (
                tuple(names[id] for id in revision.patches),
                revision.is_complete,
                names[revision.cover] if revision.cover is not None else "",
                title(revision.head),
            )
            for revision in revisions
        )
        for revisions in result.series
        if revisions
    )


def series_of_fold(found: dict[str, Any]) -> list[list[tuple[Any, ...]]]:
    """The same of what the projector made."""
    return sorted(series[-1] for series in found["series"])
