"""Folds a list as the projector does: as an import, or mail by mail as it comes by SMTP, announced in between."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from projector.readmodel import tables as t
from projector.readmodel.rows import PostingState
from schemas.fact import Fact
from schemas.records import (
    ClockAdvanced,
    ImportFinished,
    MailReceived,
    ProjectAdded,
    ProjectChanged,
    RevisionAnnounced,
)
from tests.projector.fold.orders import given
from tests.projector.fold.world import World, deliver, shape

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SMTP = "smtp"


@dataclass(frozen=True)
class Folded:
    """What a fold came to, all by Message-IDs. found: as in `shape`; given: as in `given`.

    announced: each patch that was announced in a partial reroll -> the first patch of that; continues: how many
    announcements said that they continue another one.
    """

    found: dict[str, Any]
    given: dict[str, Any]
    announced: Mapping[str, str]
    continues: int


def import_all(project: ProjectAdded, facts: Sequence[MailReceived]) -> Folded:
    """Fold mails in this order, and announce what is complete when all are there."""
    sources = dict.fromkeys(fact.source for fact in facts)
    with _world(project) as world:
        deliver(world, [*facts, *(ImportFinished(source=source, mails=len(facts)) for source in sources)])
        return _folded(world)


def receive_all(
    project: ProjectAdded, facts: Sequence[MailReceived], partial_wait_seconds: int | None = None
) -> Folded:
    """Fold mails one by one, each at its receipt, and announce at once what is complete. Receipts must not go back.

    Waits end as the live projector lets them end: as soon as the time has come, whether or not a mail comes.
    partial_wait_seconds: the project's setting; None: as it is.
    """
    with _world(project) as world:
        if partial_wait_seconds is not None:
            change = ProjectChanged(linkname=project.linkname, partial_wait_seconds=partial_wait_seconds)
            deliver(world, [change])
        for fact in facts:
            _end_waits(world, fact.received_at)
            deliver(world, [msgspec.structs.replace(fact, source=SMTP)])
        _end_waits(world, None)
        return _folded(world)


@contextmanager
def _world(project: ProjectAdded) -> Iterator[World]:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder), project=project)
        try:
            yield world
        finally:
            world.close()


def _end_waits(world: World, until: datetime | None) -> None:
    """End one wait after the other whose time comes before `until`, or all of them."""
    while (end_us := world.generation.next_wait_us()) is not None:
        end = EPOCH + timedelta(microseconds=end_us)
        if until is not None and end > until:
            return
        deliver(world, [ClockAdvanced(until=end)])


def _folded(world: World) -> Folded:
    names = {row["id"]: row["message_id"] for row in world.rows(t.mail)}
    states = [msgspec.msgpack.decode(row["state"], type=PostingState) for row in world.rows(t.posting)]
    partial = [state.posting.patches for state in states if state.posting.is_partial and state.event is not None]
    facts: list[Fact] = [record.fact for record in world.log.records]
    return Folded(
        found=shape(world),
        given=given(world),
        announced={names[patch.id]: names[patches[0].id] for patches in partial for patch in patches},
        continues=sum(isinstance(fact, RevisionAnnounced) and fact.continues is not None for fact in facts),
    )
