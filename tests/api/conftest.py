"""A client of the app over the read model of `rows`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from falcon.testing import TestClient

from api import resource
from api.app import create_app
from schemas.settings import Settings
from tests.api.rows import make_read_model
from tests.databases import DATABASES, fresh_databases

Get = Callable[..., Any]


@pytest.fixture(scope="session", autouse=True)
def no_clock() -> Iterator[None]:
    """What is a short query for PostgreSQL goes by the clock, and so by how busy the machine is; not so here."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(resource, "STATEMENT_MS_MAX", 0)
        yield


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a read model that no test changes."""
    return make_read_model(fresh_databases(request.param, tmp_path_factory.mktemp("readmodel"), request)())


@pytest.fixture(scope="session")
def client(database: str) -> TestClient:
    return TestClient(create_app(Settings(database=database, base_url="https://patches.example.org")))


@pytest.fixture(scope="session")
def get(client: TestClient) -> Get:
    """Get a path below /api/1.0 that has to answer 200, and give its document."""

    def get(path: str) -> Any:
        path, _, query = path.partition("?")
        result = client.simulate_get(f"/api/1.0{path}", query_string=query)
        assert result.status_code == 200, result.text
        assert result.headers["content-type"] == "application/json"
        return result.json

    return get
