"""What is asked of PostgreSQL past its driver's cursor gives what the cursor gives, and fails as it does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.pq import TransactionStatus
from sqlalchemy import make_url

from projector.readmodel.postgresql import asking
from projector.readmodel.postgresql.asking import Asker
from projector.readmodel.postgresql.connecting import Server, TextDumper
from tests.databases import fresh_databases


@pytest.fixture
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[psycopg.Connection[Any]]:
    url = make_url(fresh_databases("postgresql", tmp_path, request)())
    connection = Server(url.set(drivername="postgresql+psycopg")).connect()
    connection.adapters.register_dumper(str, TextDumper)
    yield connection
    connection.close()


@pytest.fixture
def asker(driver: psycopg.Connection[Any]) -> Asker:
    return Asker(driver)


@pytest.mark.parametrize(
    ("type", "values"),
    [
        pytest.param("bigint", (0, -1, 1 << 62, None), id="numbers"),
        pytest.param("text", ("", "é\n\\", "'", None), id="texts"),
        pytest.param("boolean", (True, False, None), id="booleans"),
        pytest.param("bytea", (b"", b"\x00\\x", None), id="bytes"),
    ],
)
def test_values_come_back_as_they_were(asker: Asker, type: str, values: tuple[Any, ...]) -> None:
    for value in values:
        assert asker.ask(f"SELECT $1::{type}, 1 AS one", [value]) == [(value, 1)]


def test_a_nul_is_no_text(asker: Asker) -> None:
    assert asker.ask("SELECT $1::text", ["a\0b"]) == [("a\ufffdb",)]


def test_many_statements_are_asked_and_few_are_kept(
    driver: psycopg.Connection[Any], asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PREPARED_MAX", 3)
    for number in (0, 1, 2, 0, 3, 4, 0, 1):
        assert asker.ask(f"SELECT {number}, $1::int", [5]) == [(number, 5)]
    kept = [row[0] for row in driver.execute("SELECT statement FROM pg_prepared_statements").fetchall()]
    assert sorted(kept) == [f"SELECT {number}, $1::int" for number in (0, 1, 4)]


def test_what_looks_for_a_pattern_is_planned_for_each(driver: psycopg.Connection[Any], asker: Asker) -> None:
    for pattern, found in (("^a", True), ("^b", False)) * 8:
        assert asker.ask("SELECT 'ab'::text ~ $1 AS found, $2::int", [pattern, 5]) == [(found, 5)]
    assert driver.execute("SELECT statement FROM pg_prepared_statements").fetchall() == []


def test_what_the_server_refuses_is_raised_and_the_next_is_well(asker: Asker) -> None:
    with pytest.raises(errors.UndefinedTable):
        asker.ask("SELECT * FROM nothing", [])
    with pytest.raises(errors.DivisionByZero):
        asker.ask("SELECT 1 / $1::int", [0])
    assert asker.ask("SELECT 1 / $1::int", [1]) == [(1,)]


def test_a_connection_that_is_lost_says_that_the_database_is_away(
    driver: psycopg.Connection[Any], asker: Asker
) -> None:
    assert asker.ask("SELECT 1", []) == [(1,)]
    with pytest.raises(psycopg.OperationalError):
        asker.ask("SELECT pg_terminate_backend(pg_backend_pid())", [])
    with pytest.raises(psycopg.OperationalError):
        asker.ask("SELECT 1", [])


def test_a_transaction_begins_where_the_connection_keeps_none_by_itself(
    driver: psycopg.Connection[Any], asker: Asker
) -> None:
    driver.autocommit = False
    for _ in range(2):
        assert asker.ask("SELECT 1", []) == [(1,)]
        assert driver.info.transaction_status == TransactionStatus.INTRANS
    (before,) = asker.ask("SELECT txid_current()", [])
    assert driver.execute("SELECT txid_current()").fetchone() == before
    driver.rollback()
    driver.autocommit = True
    assert asker.ask("SELECT 1", []) == [(1,)]
    assert driver.info.transaction_status == TransactionStatus.IDLE
