"""The same log gives the same answers, byte for byte, however it is cut into batches, and in every database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ingest.archive import find_earlier, import_archive, open_archive, source_of
from ingest.log import Log, open_log
from projector import outcomes
from projector.assembly.dead_letters import REASONS
from projector.generation import Generation
from projector.readmodel.generations import ReadModels
from projector.readmodel.tables import metadata
from projector.replay import replay
from schemas.records import ProjectAdded
from tests.databases import Fresh
from tests.replay.everything import Telling, tell_everything
from tests.replay.walk import walk

MAX_MAIL_BYTES = 1 << 25
STATUSES = {
    outcomes.DONE,
    outcomes.UNCHANGED,
    outcomes.TARGET_GONE,
    outcomes.CONFLICT,
    outcomes.UNAUTHORIZED,
    outcomes.FORBIDDEN,
    outcomes.CHANGED_MEANWHILE,
    outcomes.KEY_REUSED,
    outcomes.REPEATED,
}
Rows = dict[str, list[tuple[Any, ...]]]


def follow(log: Log, models: ReadModels) -> int:
    """Do what the live projector does until nothing is left to do, and give the position."""
    number = models.live()
    generation = Generation(log, models, number if number is not None else models.create())
    models.point_to(generation.number)
    while True:
        while generation.fold(100):
            pass
        facts = generation.announcements()
        if not facts:
            break
        log.append(facts)
    generation.close()
    return generation.position


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite:///{tmp_path}/log.db")
    yield log
    log.close()


def every_row(models: ReadModels) -> Rows:
    """The rows of each table of the live read model."""
    number = models.live()
    assert number is not None
    engine = models.engine(number, read_only=True)
    with engine.connect() as connection:
        rows = {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for name, table in metadata.tables.items()
        }
    engine.dispose()
    return rows


def dead_letters(models: ReadModels) -> list[dict[str, Any]]:
    columns = [column.name for column in metadata.tables["dead_letter"].columns]
    return [dict(zip(columns, row, strict=True)) for row in every_row(models)["dead_letter"]]


def a_real_list(log: Log, folder: Path) -> None:
    (path,) = folder.glob("lists/spice-devel*")
    list_id = "spice-devel.lists.freedesktop.org"
    log.append([ProjectAdded(linkname="spice", name="Spice", listid=list_id, listemail="spice@example.org")])
    archive = open_archive(path, MAX_MAIL_BYTES)
    import_archive(log, archive, find_earlier(log, source_of(path), ""))


def same_after_replays(log: Log, lived: str, fresh_database: Fresh) -> None:
    """Replay into databases of any kind, and compare with the answers from what the live projector made."""
    end = log.end()
    before, rows = walk(lived), every_row(ReadModels(lived))
    assert {answer.status for answer in before.values()} == {200}
    for batch in (1, 7, 1000):
        url = fresh_database()
        replay(log, ReadModels(url), lambda position, end: None, batch_size=batch)
        assert walk(url) == before
        assert every_row(ReadModels(url)) == rows
    assert log.end() == end, "a replay appends nothing"
    assert follow(log, ReadModels(url)) == end, "and leaves nothing to announce"


def test_lost_read_model_comes_back_byte_for_byte(log: Log, tmp_path: Path, fresh_database: Fresh) -> None:
    lived = f"sqlite:///{tmp_path}/readmodel.db"
    models = ReadModels(lived)
    tell_everything(Telling(log, lambda: follow(log, models)))
    assert {row[1] for row in every_row(models)["outcome"]} == STATUSES, "all that may become of a request is there"
    letters = [(row["reason"], row["acknowledged_id"] is not None) for row in dead_letters(models)]
    assert set(letters) == {(name, seen) for name in REASONS for seen in (True, False)}, (
        "each reason, looked at and not"
    )
    same_after_replays(log, lived, fresh_database)


def test_real_list_comes_back_byte_for_byte(log: Log, tmp_path: Path, real_mail: Path, fresh_database: Fresh) -> None:
    a_real_list(log, real_mail)
    lived = fresh_database()
    follow(log, ReadModels(lived))
    on_sqlite = f"sqlite:///{tmp_path}/readmodel.db"
    replay(log, ReadModels(on_sqlite), lambda position, end: None)
    assert walk(on_sqlite) == walk(lived), "live on one kind, replayed on the other"
    same_after_replays(log, lived, fresh_database)
