"""What other versions of this program had folded of the log, and had still to tell, when their generations were left.

Their tables are those of their schema version: only what has been there since the first version is asked for, and a
generation that has it otherwise says nothing.
"""

from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Connection, inspect, select

from projector.readmodel.generations import SUCCESSOR, ReadModels
from projector.readmodel.tables import checkpoint, meta, pending, revision

COLUMNS: Mapping[str, frozenset[str]] = {
    meta.name: frozenset({"name", "value"}),
    checkpoint.name: frozenset({"record_id", "hash"}),
    pending.name: frozenset({"kind", "cause"}),
    revision.name: frozenset({"posting_id", "patches"}),
}
"""What is asked of another version's tables."""
UNTOLD = ("revision", "pull-request", "wait")
"""The kinds of what is pending that end in an event of a revision or a pull request."""


class Preceding(msgspec.Struct, frozen=True):
    """A generation that was live.

    position and running: the last record that was folded into it, and the log's running hash there. untold: what was
    still to be announced there or waited for, by the records of postings, their patches, pull requests and reruns.
    """

    position: int
    running: bytes
    untold: frozenset[int]


def list_preceding(models: ReadModels, own: int) -> list[Preceding]:
    """The generations that were live for other versions of this program than the one that fills `own`."""
    pointed = set(models.pointed().values())
    found = []
    for number in models.numbers():
        about = models.about(number) if number != own else None
        was_live = about is not None and about.purpose == SUCCESSOR and (number in pointed or about.retired)
        if about is not None and was_live and not about.is_ours:
            found.append(read_preceding(models, number))
    return [one for one in found if one is not None]


def read_preceding(models: ReadModels, number: int) -> Preceding | None:
    """What a generation had folded; None where it had nothing, or its tables say that otherwise."""
    engine = models.engine(number, read_only=True)
    try:
        with engine.connect() as connection:
            return _read(connection) if _has_columns(connection) else None
    finally:
        engine.dispose()


def _has_columns(connection: Connection) -> bool:
    look = inspect(connection)
    return all(
        look.has_table(name) and columns <= {column["name"] for column in look.get_columns(name)}
        for name, columns in COLUMNS.items()
    )


def _read(connection: Connection) -> Preceding | None:
    position = connection.execute(select(meta.c.value).where(meta.c.name == "position")).scalar()
    running = connection.execute(select(checkpoint.c.hash).where(checkpoint.c.record_id == position)).scalar()
    if position is None or running is None:
        return None
    untold = connection.execute(select(pending.c.cause).where(pending.c.kind.in_(UNTOLD))).scalars().all()
    return Preceding(position, running, frozenset({*untold, *_patches(connection, set(untold))}))


def _patches(connection: Connection, postings: set[int]) -> Iterable[int]:
    """The patches of the revisions that some postings are."""
    for posting, patches in connection.execute(select(revision.c.posting_id, revision.c.patches)):
        if posting in postings:
            yield from msgspec.json.decode(patches, type=list[int])
