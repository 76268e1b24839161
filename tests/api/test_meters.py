"""The API tells how it is: health, readiness, and what it counts."""

from typing import Any

import pytest
from falcon.testing import TestClient

from api.app import create_app
from schemas.settings import Settings

SEEN = 'patchlog_http_request_seconds_count{{method="{}",route="{}",status="{}"}} {}'


@pytest.fixture
def own(database: str) -> TestClient:
    """A client of an app that has counted nothing yet."""
    return TestClient(create_app(Settings(database=database)))


@pytest.fixture
def empty(tmp_path: object) -> TestClient:
    return TestClient(create_app(Settings(database=f"sqlite:///{tmp_path}/readmodel.db")))


def asked_from(address: str, client: TestClient, path: str, **options: Any) -> Any:
    """The answer to somebody at an address."""
    app = client.app

    async def from_there(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await app({**scope, "client": (address, 5555)}, receive, send)

    return TestClient(from_there).simulate_get(path, **options)


def figures(client: TestClient) -> str:
    answer = asked_from("127.0.0.1", client, "/metrics")
    assert answer.status_code == 200
    text: str = answer.text
    return text


def test_a_request_is_counted_by_its_routes_template(own: TestClient) -> None:
    for number in (20, 20, 99):
        own.simulate_get(f"/api/1.0/series/{number}/")
    own.simulate_get("/nowhere/at/all")
    own.simulate_request("BREW", "/")
    lines = figures(own).splitlines()
    assert SEEN.format("GET", "/api/1.0/series/{series}", 200, "2.0") in lines
    assert SEEN.format("GET", "/api/1.0/series/{series}", 404, "1.0") in lines
    assert SEEN.format("GET", "other", 404, "1.0") in lines
    assert not [line for line in lines if "BREW" in line]


def test_a_refused_request_is_counted_too(own: TestClient) -> None:
    own.simulate_get("/api/1.0/", headers={"Authorization": "Bearer patchlog_wrong"})
    assert SEEN.format("GET", "/api/1.0", 401, "1.0") in figures(own).splitlines()


def test_says_how_far_the_read_model_is(own: TestClient) -> None:
    text = figures(own)
    assert "\npatchlog_database_reachable 1.0\n" in text
    assert "\npatchlog_projector_position " in text


def test_without_a_read_model_it_is_alive_and_not_ready(empty: TestClient) -> None:
    assert empty.simulate_get("/healthz").text == "ok\n"
    answer = empty.simulate_get("/readyz")
    assert answer.status_code == 503
    assert answer.text.startswith("no read model yet")
    assert "patchlog_database_reachable 0.0\n" in figures(empty)


def test_is_ready_with_a_read_model(own: TestClient) -> None:
    answer = own.simulate_get("/readyz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_figures_are_for_the_networks_that_may_have_them(own: TestClient) -> None:
    through_a_proxy = {"X-Forwarded-For": "192.0.2.7"}
    assert asked_from("127.0.0.1", own, "/metrics", headers=through_a_proxy).status_code == 403
    assert asked_from("192.0.2.7", own, "/metrics").status_code == 403
    assert asked_from("127.0.0.1", own, "/healthz", headers=through_a_proxy).status_code == 200
