"""What clients are told when something is wrong: always JSON, never how we are made."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from falcon.testing import TestClient
from sqlalchemy import text

from api.app import create_app
from api.problems import TooSlow
from api.resource import Site
from projector.readmodel.generations import Reader
from projector.readmodel.queries import Connection
from schemas.settings import Settings


@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*", "application/xml", "nonsense"])
@pytest.mark.parametrize(
    "path",
    [
        "/api/1.0/nothing/",
        "/api/2.0/",
        "/api",
        "/api/1.0/projects/nothing/",
        "/api/1.0/projects/999/",
        "/api/1.0/projects/99999999999999999999999/",
        "/api/1.0/projects/nothing/series/",
        "/api/1.0/projects/nothing/patches/",
        "/api/1.0/projects/nothing/events/",
        "/api/1.0/projects/%00/series/",
        "/api/1.0/projects/%ff%fe/",
        "/api/1.0/series/999/",
        "/api/1.0/series/0/",
        "/api/1.0/series/-1/",
        "/api/1.0/series/twenty/",
        "/api/1.0/series/9223372036854775808/",
        "/api/1.0/series/9999999999999999999999999/",
        "/api/1.0/series/20%00/",
        "/api/1.0/series/999/revisions/",
        "/api/1.0/series/20/revisions/3/",
        "/api/1.0/series/20/revisions/3/mbox/",
        "/api/1.0/series/20/revisions/3/test-results/",
        "/api/1.0/series/20/revisions/9223372036854775807/",
        "/api/1.0/patches/999/",
        "/api/1.0/patches/20/",
        "/api/1.0/patches/999/mbox/",
        "/api/1.0/patches/999/test-results/",
    ],
)
def test_not_found(client: TestClient, path: str, accept: str) -> None:
    result = client.simulate_get(path, headers={"Accept": accept})
    assert result.status_code == 404
    assert result.headers["content-type"] == "application/problem+json"
    assert result.headers["access-control-allow-origin"] == "*"
    assert result.json == {"detail": "Not found."}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/projects/widgets/events/?since=yesterday", "since"),
        ("/projects/widgets/events/?since=%ff", "since"),
        ("/series/?submitted_since=2024-13-01", "submitted_since"),
        ("/series/?submitted_before=x", "submitted_before"),
        ("/projects/widgets/series/?updated_since=0", "updated_since"),
        ("/patches/?updated_before=x%00", "updated_before"),
        ("/patches/31/mbox/?link=a%20b", "link"),
        ("/series/20/revisions/2/mbox/?link=%0A", "link"),
    ],
)
def test_parameter_that_cannot_be_read_is_named(client: TestClient, path: str, field: str) -> None:
    path, _, query = path.partition("?")
    result = client.simulate_get(f"/api/1.0{path}", query_string=query, headers={"Accept": "text/html"})
    assert result.status_code == 400
    assert result.headers["content-type"] == "application/json"
    assert list(result.json) == [field]
    assert isinstance(result.json[field][0], str)


def test_method_that_does_not_exist(client: TestClient) -> None:
    result = client.simulate_post("/api/1.0/series/", body=b"{}", headers={"Accept": "text/html"})
    assert result.status_code == 405
    assert result.json == {"detail": "Method not allowed."}
    assert result.headers["content-type"] == "application/problem+json"


def test_no_read_model_yet(database_url: str) -> None:
    client = TestClient(create_app(Settings(database=database_url)))
    result = client.simulate_get("/api/1.0/projects/")
    assert result.status_code == 503
    assert result.headers["retry-after"] == "5"
    assert "no read model yet" in result.json["detail"]
    assert client.simulate_get("/api/1.0/").status_code == 200


class BrokenReader(Reader):
    """A reader that fails as the test says."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    @contextmanager
    def connect(self, statement_ms_max: int = 0) -> Iterator[Connection]:
        raise self._error
        yield


@pytest.mark.parametrize("path", ["/api/1.0/series/20/", "/series/20/"])
def test_mistake_of_ours_is_no_business_of_the_client(path: str) -> None:
    client = TestClient(create_app(Settings(), BrokenReader(RuntimeError("secret table"))))
    result = client.simulate_get(path)
    assert result.status_code == 500
    assert "Something went wrong here" in result.text
    assert "secret" not in result.text
    assert "Traceback" not in result.text


def test_database_that_fails_is_unavailable(database: str) -> None:
    reader = Reader(database)
    with reader.connect() as connection, pytest.raises(Exception, match="secret") as caught:
        connection.execute(text("SELECT 1 FROM secret"))
    client = TestClient(create_app(Settings(), BrokenReader(caught.value)))
    result = client.simulate_get("/api/1.0/series/20/")
    assert result.status_code == 503
    assert result.headers["retry-after"] == "5"
    assert "secret" not in result.text


def count_forever(connection: Connection) -> Any:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    return connection.execute(text(endless)).scalar()


def test_query_that_takes_too_long_is_stopped_and_leaves_a_usable_reader(database: str) -> None:
    reader = Reader(database)

    async def story() -> None:
        site = Site(reader, Settings(), long_query_seconds_max=0.05)
        with pytest.raises(TooSlow):
            await site.read_patiently(count_forever)
        assert await site.read_patiently(lambda connection: connection.execute(text("SELECT 7")).scalar()) == 7

    asyncio.run(story())
    reader.close()


def test_reader_who_goes_away_stops_the_query(database: str) -> None:
    async def story() -> None:
        site = Site(Reader(database), Settings())
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def query(connection: Connection) -> Any:
            loop.call_soon_threadsafe(started.set)
            return count_forever(connection)

        request = asyncio.create_task(site.read_patiently(query))
        await started.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request

    asyncio.run(story())
