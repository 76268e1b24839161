"""A client of the app over the read model of `rows`."""

from collections.abc import Callable
from typing import Any

import pytest
from falcon.testing import TestClient

from api.app import create_app
from schemas.settings import Settings
from tests.api.rows import make_read_model
from tests.databases import DATABASES, fresh_databases

Get = Callable[..., Any]


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
