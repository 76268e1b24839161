"""Every route answers GET, HEAD and OPTIONS, with or without the slash at its end, and nothing else."""

import pytest
from falcon.testing import TestClient

READ = "GET, HEAD, OPTIONS"
CHANGED = {
    "/api/1.0/series/20/": "GET, PUT, PATCH, HEAD, OPTIONS",
    "/api/1.0/patches/31/": "GET, PUT, PATCH, HEAD, OPTIONS",
    "/api/1.0/series/20/revisions/2/test-results/": "GET, POST, HEAD, OPTIONS",
    "/api/1.0/patches/31/test-results/": "GET, POST, HEAD, OPTIONS",
}
"""The methods where there are more than to read."""
ROUTES = [
    "/api/1.0/",
    "/api/1.0/openapi.json",
    "/api/docs",
    "/api/1.0/projects/",
    "/api/1.0/projects/widgets/",
    "/api/1.0/projects/2/",
    "/api/1.0/projects/widgets/events/",
    "/api/1.0/projects/widgets/series/",
    "/api/1.0/projects/widgets/patches/",
    "/api/1.0/series/",
    "/api/1.0/series/20/",
    "/api/1.0/series/20/comments/",
    "/api/1.0/series/20/revisions/",
    "/api/1.0/series/20/revisions/2/",
    "/api/1.0/series/20/revisions/2/mbox/",
    "/api/1.0/series/20/revisions/2/test-results/",
    "/api/1.0/events/",
    "/api/1.0/patches/",
    "/api/1.0/patches/31/",
    "/api/1.0/patches/31/mbox/",
    "/api/1.0/patches/31/test-results/",
    "/api/1.0/patches/31/comments/",
    "/project/widgets/series/",
    "/series/20/",
    "/patch/31/",
]


@pytest.mark.parametrize("path", [*ROUTES, "/"])
def test_get_says_which_methods_there_are(client: TestClient, path: str) -> None:
    result = client.simulate_get(path)
    assert result.status_code == 200
    assert result.headers["allow"] == CHANGED.get(path, READ)
    assert result.headers["vary"] == "Accept"
    assert result.headers["access-control-allow-origin"] == "*"
    assert result.content


@pytest.mark.parametrize("path", ROUTES)
def test_slash_at_the_end_makes_no_difference(client: TestClient, path: str) -> None:
    assert client.simulate_get(path.rstrip("/")).content == client.simulate_get(path).content


@pytest.mark.parametrize("path", [*ROUTES, "/"])
def test_head_is_get_without_content(client: TestClient, path: str) -> None:
    head, get = client.simulate_head(path), client.simulate_get(path)
    assert head.status_code == 200
    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)


@pytest.mark.parametrize("path", [*ROUTES, "/"])
def test_options(client: TestClient, path: str) -> None:
    result = client.simulate_options(path)
    assert result.status_code == 200
    assert result.headers["allow"] == CHANGED.get(path, READ)


ASKING = {"Origin": "https://ci.example.net", "Access-Control-Request-Method": "PATCH"}


@pytest.mark.parametrize("path", ROUTES)
def test_browser_is_told_what_scripts_of_other_sites_may_send(client: TestClient, path: str) -> None:
    headers = {**ASKING, "Access-Control-Request-Headers": "authorization,content-type"}
    result = client.simulate_options(path, headers=headers)
    assert (result.status_code, result.headers["access-control-allow-origin"]) == (200, "*")
    assert result.headers["access-control-allow-methods"] == result.headers["allow"]
    assert set(result.headers["access-control-allow-headers"].lower().split(", ")) >= {
        "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match",
    }  # fmt: skip
    assert "access-control-allow-credentials" not in result.headers


@pytest.mark.parametrize("path", ["/api/1.0/series/20/", "/api/1.0/series/30/", "/api/1.0/nothing/"])
def test_scripts_of_other_sites_may_read_tags_and_where_to_go_on(client: TestClient, path: str) -> None:
    first = client.simulate_get(path, headers={"Origin": "https://ci.example.net"})
    assert first.headers["access-control-expose-headers"] == "ETag, Link, Location"
    assert "access-control-allow-methods" not in first.headers
    for _ in range(3):  # the last ones turn back at the door
        again = client.simulate_get(path, headers={"If-None-Match": first.headers.get("etag", '"none"')})
        assert again.headers["access-control-expose-headers"] == "ETag, Link, Location"
        assert again.status_code == (304 if first.status_code == 200 else first.status_code)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ROUTES)
def test_other_methods_are_told_which_there_are(client: TestClient, path: str, method: str) -> None:
    if method in CHANGED.get(path, READ):
        assert client.simulate_request(method, path, body=b"{}").status_code == 401
        return
    result = client.simulate_request(method, path, body=b"{}")
    assert result.status_code == 405
    assert result.headers["allow"] == CHANGED.get(path, READ)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/1.0/series/30/", "/api/1.0/series/20/"),
        ("/api/1.0/series/30/revisions/", "/api/1.0/series/20/revisions/"),
        ("/api/1.0/series/30/revisions/1", "/api/1.0/series/20/revisions/2/"),
        ("/api/1.0/series/30/revisions/1/mbox/", "/api/1.0/series/20/revisions/2/mbox/"),
        ("/api/1.0/series/30/revisions/1/test-results/", "/api/1.0/series/20/revisions/2/test-results/"),
        ("/series/30/", "/series/20/"),
    ],
)
def test_what_was_merged_redirects_to_where_it_is(client: TestClient, path: str, target: str) -> None:
    for result in (client.simulate_get(path, query_string="a=%2B"), client.simulate_head(path, query_string="a=%2B")):
        assert result.status_code == 301
        assert result.headers["location"] == f"https://patches.example.org{target}?a=%2B"


def test_alias_of_a_series_says_nothing_of_revisions_that_nobody_saw(client: TestClient) -> None:
    assert client.simulate_get("/api/1.0/series/30/revisions/2/").status_code == 404
