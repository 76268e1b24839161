"""What servers of PostgreSQL may be like: of another encoding, with few rights, with trigrams here, there or not."""

from collections.abc import Iterator

import pytest

from projector.readmodel import queries
from projector.readmodel.generations import Reader, ReadModels
from tests.api.rows import make_read_model
from tests.databases import Cluster, ask, start_cluster


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    """A cluster that no other module uses, with a user called guest who may do nothing special."""
    cluster = start_cluster()
    ask(cluster.url, "CREATE ROLE guest LOGIN")
    yield cluster
    cluster.close()


@pytest.fixture
def url(own: Cluster) -> str:
    """A database that no other test uses."""
    return own.fresh()


def as_guest(url: str) -> str:
    return url.replace("//patchlog@", "//guest@")


def names_with(url: str, part: str) -> list[int]:
    """The series that have it in their name."""
    reader = Reader(url)
    with reader.connect() as connection:
        listed = queries.list_series(connection, {"name": part}, (), queries.Page(), expand=False)
    reader.close()
    return [series.id for series in listed.documents]


def test_database_of_another_encoding_is_refused(own: Cluster) -> None:
    ask(own.url, "CREATE DATABASE old TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    with pytest.raises(ValueError, match="expected a database with the encoding UTF8, came LATIN1"):
        ReadModels(own.url.rpartition("/")[0] + "/old").create()


def test_user_who_may_make_nothing_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"permission denied.*; expected a user who owns the database"):
        ReadModels(as_guest(url)).create()


def test_user_may_own_nothing_but_what_an_administrator_made_for_it(url: str) -> None:
    ask(url, f"GRANT CREATE ON DATABASE {url.rpartition('/')[2]} TO guest")
    ask(url, "CREATE TABLE patchlog_pointer (schema_version int PRIMARY KEY, generation bigint NOT NULL)")
    ask(url, "GRANT SELECT, INSERT, UPDATE ON patchlog_pointer TO guest")
    assert names_with(make_read_model(as_guest(url)), "ÄNDER") == [51]


@pytest.mark.parametrize("schema", ["public", "Extras"])
def test_names_are_found_by_trigrams_wherever_these_are(url: str, schema: str) -> None:
    ask(url, f'CREATE SCHEMA IF NOT EXISTS "{schema}"', f'CREATE EXTENSION pg_trgm SCHEMA "{schema}"')
    assert names_with(make_read_model(url), "ÄNDER") == [51]
    plan = ask(url, "SET enable_seqscan = off", "EXPLAIN SELECT * FROM patchlog_1.series WHERE name ~ '[aA][bB]c'")
    assert "series_by_part" in str(plan)


def test_names_are_found_where_the_server_has_no_trigrams(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("projector.readmodel.postgresql.tables.MAKE_TRIGRAMS", "CREATE EXTENSION none_such")
    assert names_with(make_read_model(url), "ÄNDER") == [51]
    assert ask(url, "SELECT 1 FROM pg_indexes WHERE indexname = 'series_by_part'") == []


def test_text_is_compressed_by_lz4_and_ordered_by_its_bytes(url: str) -> None:
    make_read_model(url)
    (column,) = ask(
        url,
        "SELECT a.attcompression, c.collname FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation"
        " WHERE attrelid = 'patchlog_1.patch_text'::regclass AND attname = 'content'",
    )
    assert column == ("l", "C")
