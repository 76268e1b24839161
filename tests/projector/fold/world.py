"""A projector over a log in memory, and what it comes to, in words that do not depend on ids."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
from sqlalchemy import Table, select

from ingest.log import Log
from projector.generation import Generation
from projector.readmodel import tables as t
from projector.readmodel.generations import ReadModels
from schemas.fact import Fact
from schemas.records import ProjectAdded
from tests.projector.fold.listlog import ListLog

PROJECT = ProjectAdded(linkname="demo", name="Demo", listid="demo.example.org", listemail="demo@example.org")

Rows = list[dict[str, Any]]


class World:
    """A log, and the live projector of one generation, driven by hand."""

    def __init__(self, place: Path | str, log: ListLog | None = None, *, project: ProjectAdded = PROJECT) -> None:
        """place: the URL of an empty database, or a folder for one of SQLite."""
        self.log = log or ListLog()
        if log is None:
            self.log.append([project])
        self.models = ReadModels(place if isinstance(place, str) else f"sqlite:///{place}/readmodel.db")
        self.generation = Generation(cast(Log, self.log), self.models, self.models.create())
        self.models.point_to(self.generation.number)
        if log is None:
            self.catch_up()

    def append(self, *facts: Fact) -> list[int]:
        return self.log.append(facts)

    def catch_up(self, batch: int = 500) -> None:
        """Fold to the end, announcing what is complete, until nothing is left to say."""
        while True:
            while self.generation.fold(batch):
                pass
            facts = self.generation.announcements()
            if not facts:
                return
            self.log.append(facts)

    def fold(self, batch: int = 500) -> None:
        """Fold to the end, announcing nothing: what a replay does."""
        while self.generation.fold(batch):
            pass

    def rows(self, table: Table) -> Rows:
        engine = self.models.engine(self.generation.number, read_only=True)
        with engine.connect() as connection:
            found = connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            rows = [dict(row) for row in found]
        engine.dispose()
        return rows

    def everything(self) -> dict[str, Rows]:
        """Every row of every table."""
        return {name: self.rows(table) for name, table in t.metadata.tables.items()}

    def close(self) -> None:
        self.generation.close()


def shape(world: World) -> dict[str, Any]:
    """Series, revisions, patches and comments by Message-ID, so that worlds with other ids and numbers compare."""
    names = {row["id"]: row["message_id"] for row in world.rows(t.mail)}
    return {
        "series": sorted(_series(world, names)),
        "patches": sorted((row["message_id"], row["name"], row["date_us"]) for row in world.rows(t.patch)),
        "comments": sorted((row["message_id"], names.get(row["target_id"], "")) for row in world.rows(t.comment)),
        "kinds": sorted((row["message_id"], row["kind"]) for row in world.rows(t.mail)),
    }


def _series(world: World, names: dict[int, str]) -> Iterable[tuple[Any, ...]]:
    revisions: dict[int, list[tuple[Any, ...]]] = {}
    for row in world.rows(t.revision):
        patches = tuple(names[id] for id in msgspec.json.decode(row["patches"], type=list[int]))
        cover = names.get(row["cover_id"]) or ""
        revisions.setdefault(row["series_id"], []).append((patches, row["complete"], cover, row["name"]))
    for row in world.rows(t.series):
        yield (
            row["name"],
            row["n_patches"],
            row["submitted_us"],
            row["state"],
            sorted(revisions[row["id"]]),
        )


def feed(world: World) -> list[tuple[int, int]]:
    """The announced (series, revision) pairs in the order of the feed."""
    events = sorted(world.rows(t.event), key=lambda row: row["event_time_us"])
    return [(row["series_id"], _revision(row)) for row in events if row["name"] == "series-new-revision"]


def _revision(row: dict[str, Any]) -> int:
    parameters: dict[str, int] = msgspec.json.decode(row["parameters"])
    return parameters["revision"]


def deliver(world: World, facts: Sequence[Fact], batch: int = 500) -> World:
    """Append facts and catch up."""
    world.append(*facts)
    world.catch_up(batch)
    return world
