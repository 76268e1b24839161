"""What is read past SQLAlchemy's execution is what SQLAlchemy reads, in one snapshot, and it can be done at once."""

import sqlite3
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, bindparam, create_engine, select, text

from projector.readmodel.database import NoReadModel
from projector.readmodel.generations import Reader, ReadModels
from projector.readmodel.queries.status import read_position
from projector.readmodel.reading import fetch_all, fetch_first, fetch_value
from projector.readmodel.tables import metadata, patch
from tests.api.rows import make_read_model
from tests.databases import DATABASES, fresh_databases

SOME = select(patch.c.id).where(patch.c.id.in_(bindparam("ids", expanding=True))).order_by(patch.c.id)
ONE = select(patch.c.redacted, patch.c.id).where(patch.c.id == bindparam("id"))


@pytest.fixture(scope="module", params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_read_model(fresh_databases(request.param, tmp_path_factory.mktemp("reading"), request)())


@pytest.fixture
def reader(url: str) -> Iterator[Reader]:
    reader = Reader(url)
    yield reader
    reader.close()


@pytest.fixture
def connection(reader: Reader) -> Iterator[Connection]:
    with reader.connect() as connection:
        yield connection


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_every_table_reads_as_by_sqlalchemy(connection: Connection, name: str) -> None:
    statement = select(metadata.tables[name]).order_by(*metadata.tables[name].primary_key.columns)
    expected = [tuple(row) for row in connection.execute(statement)]
    assert repr(fetch_all(connection, statement, {})) == repr(expected)  # so that True is not 1


def test_lists_of_any_length(connection: Connection) -> None:
    known = [row[0] for row in fetch_all(connection, select(patch.c.id).order_by(patch.c.id), {})]
    assert len(known) > 2
    for ids in ([], known[:1], known[1:2], known, known[::-1], (*known, 1 << 40), []):
        assert [row[0] for row in fetch_all(connection, SOME, {"ids": ids})] == [id for id in known if id in ids]


def test_first_row_and_value(connection: Connection) -> None:
    (known, *_), *_ = fetch_all(connection, select(patch.c.id).order_by(patch.c.id), {})
    assert fetch_first(connection, ONE, {"id": known}) == (False, known)
    assert fetch_value(connection, ONE, {"id": known}) is False
    assert fetch_first(connection, ONE, {"id": 0}) is None
    assert fetch_value(connection, ONE, {"id": 0}) is None


def test_a_parameter_that_is_missing_is_no_null(connection: Connection) -> None:
    with pytest.raises((sqlite3.ProgrammingError, KeyError)):
        fetch_all(connection, ONE, {})


def test_a_look_sees_one_moment_and_the_next_look_a_later_one(url: str, reader: Reader) -> None:
    models = ReadModels(url)
    live = models.live()
    assert live is not None
    until = metadata.tables["meta"].c
    writer = models.engine(live)
    with reader.connect() as looking:
        before = read_position(looking)
        with writer.begin() as writing:
            writing.execute(until.name.table.update().where(until.name == "position").values(value=before + 1))
        assert read_position(looking) == before
    with reader.connect() as looking:
        assert read_position(looking) == before + 1
    writer.dispose()


def test_the_basis_moves_with_the_position_and_with_the_generation(url: str, reader: Reader) -> None:
    models = ReadModels(url)
    live = models.live()
    assert live is not None
    first = reader.basis()
    with reader.connect() as looking:
        assert first.position == read_position(looking)
    assert reader.basis().is_same(first)
    _set_position(models, live, first.position + 1)
    moved = reader.basis()
    assert (moved.position, moved.is_same(first)) == (first.position + 1, False)
    other = models.create()
    _set_position(models, other, moved.position)
    models.point_to(other)
    elsewhere = reader.basis()
    assert (elsewhere.position, elsewhere.is_same(moved)) == (moved.position, False)
    models.point_to(live)
    models.drop(other)
    assert reader.basis().position == moved.position


def test_the_basis_of_a_generation_that_was_named(url: str) -> None:
    models = ReadModels(url)
    number = models.create()
    fixed = Reader(url, number)
    assert fixed.basis().position == 0
    assert fixed.basis().is_same(fixed.basis())
    models.drop(number)
    with pytest.raises(NoReadModel):
        fixed.basis()
    fixed.close()


def test_looks_at_the_same_time_have_connections_of_their_own(reader: Reader) -> None:
    with reader.connect() as one, reader.connect() as other:
        assert one is not other
        assert read_position(one) == read_position(other)
    found: list[int] = []
    with reader.connect() as one:
        thread = threading.Thread(target=lambda: found.append(read_position(one)))
        thread.start()
        thread.join()
        assert found == [read_position(one)]


def test_a_look_that_fails_leaves_the_next_one_well(reader: Reader) -> None:
    for _ in range(3):
        with pytest.raises(KeyError), reader.connect():
            raise KeyError
    with reader.connect() as connection:
        assert fetch_all(connection, SOME, {"ids": [0]}) == []


def test_nothing_is_read_once_nothing_is_live(tmp_path_factory: pytest.TempPathFactory) -> None:
    reader = Reader(f"sqlite:///{tmp_path_factory.mktemp('none')}/readmodel.db")
    with pytest.raises(NoReadModel), reader.connect():
        pass
    with pytest.raises(NoReadModel):
        reader.basis()


def _set_position(models: ReadModels, generation: int, position: int) -> None:
    engine = models.engine(generation)
    with engine.begin() as writing:
        writing.execute(metadata.tables["meta"].update().where(text("name = 'position'")).values(value=position))
    engine.dispose()


def test_the_time_that_a_statement_has_is_not_that_of_the_look_for_what_is_live(url: str, reader: Reader) -> None:
    """The look waits behind a lock for longer than that."""
    if url.startswith("sqlite"):
        pytest.skip("SQLite counts the steps of statements, not their time")
    other = create_engine(url)
    answers: list[int | None] = []

    def ask() -> None:
        with reader.connect(200) as connection:
            answers.append(connection.execute(text("SELECT pg_backend_pid()")).scalar())

    ask()  # which makes the connection
    with other.connect() as holder, other.connect() as watcher:
        holder.execute(text("LOCK TABLE public.patchlog_pointer IN ACCESS EXCLUSIVE MODE"))
        asking = threading.Thread(target=ask)
        asking.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'public.patchlog_pointer'::regclass"
        while watcher.execute(text(waiting)).scalar() == 0:
            watcher.rollback()
        watcher.execute(text("SELECT pg_sleep(0.3)"))  # the limit is over
        holder.rollback()
        asking.join()
    other.dispose()
    assert (len(answers), len(set(answers))) == (2, 1), "no other connection was made"
