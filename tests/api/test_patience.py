"""What takes long holds nobody up, and one client alone cannot have it all."""

import asyncio
import threading
from typing import Any

import pytest
from falcon.testing import ASGIConductor, Result
from sqlalchemy import Connection, text

from api.app import create_app
from api.resource import Site
from projector.readmodel.generations import Reader
from schemas.settings import Settings

EVENTS = "/api/1.0/projects/widgets/events"
COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n"


def settings(database: str, **changes: Any) -> Settings:
    return Settings(database=database, base_url="https://patches.example.org", **changes)


async def ask(conductor: ASGIConductor, path: str, client: str, query: str = "") -> Result:
    return await conductor.simulate_get(path, query_string=query, remote_addr=client)


def test_query_that_proves_long_is_begun_again_in_a_thread(database: str) -> None:
    threads: list[int] = []

    def query(connection: Connection) -> Any:
        threads.append(threading.get_ident())
        return connection.execute(text(COUNT)).scalar()

    site = Site(Reader(database), settings(database), statement_ms_max=1)
    assert asyncio.run(site.read(query)) == 300_000
    assert threads[0] == threading.get_ident() and threads[1] != threads[0]


def test_connection_that_proved_slow_is_good_for_the_next_question(database: str) -> None:
    """PostgreSQL's transaction has failed by then, and its limit was for that one alone."""
    reader = Reader(database)
    site = Site(reader, settings(database), statement_ms_max=1)

    def shown(connection: Connection) -> Any:
        return connection.execute(text("SHOW statement_timeout")).scalar()

    assert asyncio.run(site.read(lambda connection: connection.execute(text(COUNT)).scalar())) == 300_000
    assert asyncio.run(Site(reader, settings(database)).read(lambda c: c.execute(text("SELECT 7")).scalar())) == 7
    if database.startswith("postgresql"):
        with reader.connect() as connection:
            assert shown(connection) == "15s"
        with reader.connect(7000) as connection:
            assert shown(connection) == "7s"


def test_short_query_stays_where_it_is(database: str) -> None:
    threads: list[int] = []

    def query(connection: Connection) -> Any:
        threads.append(threading.get_ident())
        return connection.execute(text("SELECT 7")).scalar()

    site = Site(Reader(database), settings(database))
    assert asyncio.run(site.read(query)) == 7
    assert threads == [threading.get_ident()]


def test_who_has_used_its_time_is_answered_short_questions_alone(database: str) -> None:
    async def run() -> None:
        async with ASGIConductor(create_app(settings(database, http_client_query_seconds=1e-6))) as conductor:
            first = await ask(conductor, "/api/1.0/patches", "192.0.2.1", "name=xy")
            assert first.status_code == 200
            second = await ask(conductor, "/api/1.0/patches", "192.0.2.1", "name=xy")
            assert second.status_code == 429
            assert int(second.headers["retry-after"]) > 0
            assert second.headers["content-type"] == "application/problem+json"
            assert (await ask(conductor, "/api/1.0/patches", "192.0.2.1")).status_code == 200
            assert (await ask(conductor, "/api/1.0/patches", "192.0.2.2", "name=xy")).status_code == 200

    asyncio.run(run())


@pytest.mark.parametrize("query", ["since=2100-01-01&wait=2", "wait=2&after=999999999"])
@pytest.mark.parametrize(
    ("limits", "clients", "refused"),
    [
        pytest.param({"http_client_waits_max": 1}, ["2001:db8::1", "2001:db8::2", "2001:db8::3"], 2, id="one network"),
        pytest.param({"http_waits_max": 2}, ["192.0.2.1", "192.0.2.2", "192.0.2.3"], 1, id="all"),
    ],
)
def test_so_many_wait_and_others_are_answered(
    database: str, query: str, limits: dict[str, int], clients: list[str], refused: int
) -> None:
    async def run() -> None:
        async with ASGIConductor(create_app(settings(database, **limits))) as conductor:
            waiting = [ask(conductor, EVENTS, client, query) for client in clients]
            answers = await asyncio.gather(*waiting, ask(conductor, EVENTS, clients[0]))
            assert sorted(one.status_code for one in answers) == [200] * (len(clients) + 1 - refused) + [429] * refused
            assert answers[-1].status_code == 200, "who does not wait is answered"
            assert all(one.headers["retry-after"] == "10" for one in answers if one.status_code == 429)
            again = await ask(conductor, EVENTS, clients[-1], query.replace("wait=2", "wait=0.01"))
            assert again.status_code == 200, "a place is free again"

    asyncio.run(run())
