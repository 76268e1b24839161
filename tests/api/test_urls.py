"""Where links lead: the configured URL, else what the request says."""

import pytest

from api.request import Request, base_url_of


async def receive() -> dict[str, object]:
    raise AssertionError("nobody reads the body")


def request_from(remote: str, headers: dict[str, str]) -> Request:
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "client": (remote, 5555),
        "server": ("192.0.2.1", 8000),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    return Request(scope, receive)


@pytest.mark.parametrize(
    ("remote", "headers", "expected"),
    [
        pytest.param("192.0.2.9", {"Host": "lists.example.org"}, "http://lists.example.org", id="host"),
        pytest.param("192.0.2.9", {"Host": "lists.example.org:81"}, "http://lists.example.org:81", id="host and port"),
        pytest.param("192.0.2.9", {"Host": "[::1]:81"}, "http://[::1]:81", id="IPv6 host"),
        pytest.param("192.0.2.9", {"Host": "a/b?<c>"}, "http://192.0.2.1:8000", id="no host at all"),
        pytest.param(
            "127.0.0.1",
            {"Host": "inside", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "outside.example.org"},
            "https://outside.example.org",
            id="proxy on this machine",
        ),
        pytest.param(
            "::1",
            {"Host": "inside", "X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "outside.example.org, middle"},
            "https://outside.example.org",
            id="several proxies",
        ),
        pytest.param(
            "192.0.2.9",
            {"Host": "inside", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example.org"},
            "http://inside",
            id="forwarded by a stranger",
        ),
        pytest.param(
            "192.0.2.9",
            {"Host": "inside", "X-Forwarded-Host": "evil.example.org", "X-Forwarded-For": "192.0.2.9, 127.0.0.1"},
            "http://inside",
            id="stranger who claims to come from here",
        ),
        pytest.param("127.0.0.1", {"Host": "inside", "X-Forwarded-Proto": "gopher"}, "http://inside", id="odd scheme"),
    ],
)
def test_base_url(remote: str, headers: dict[str, str], expected: str) -> None:
    assert base_url_of(request_from(remote, headers), "") == expected


def test_configured_url_counts_before_all() -> None:
    request = request_from("127.0.0.1", {"Host": "inside", "X-Forwarded-Host": "x"})
    assert base_url_of(request, "https://example.org/lists/") == "https://example.org/lists"
