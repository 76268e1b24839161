"""Where links lead: the configured URL, else what the request says."""

import pytest

from api.request import Request, address_of, base_url_of, client_of, request_type, with_page
from schemas.settings import Settings


async def receive() -> dict[str, object]:
    raise AssertionError("nobody reads the body")


OURS = Settings(
    http_names="lists.example.org, Outside.example.org, inside", http_proxies="127.0.0.0/8, ::1, 10.0.0.0/8"
)


def request_from(remote: str, headers: dict[str, str], settings: Settings = OURS) -> Request:
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
    return request_type(settings)(scope, receive)


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
        pytest.param("192.0.2.9", {"Host": "evil.example.org"}, "http://192.0.2.1:8000", id="a name that is not ours"),
        pytest.param("192.0.2.9", {"Host": "192.0.2.1:81"}, "http://192.0.2.1:81", id="where it came to"),
        pytest.param("192.0.2.9", {"Host": "LocalHost:81"}, "http://LocalHost:81", id="this machine"),
        pytest.param(
            "127.0.0.1",
            {"Host": "inside", "X-Forwarded-Host": "evil.example.org"},
            "http://192.0.2.1:8000",
            id="proxy that forwards any name",
        ),
        pytest.param("127.0.0.1", {"Host": "inside", "X-Forwarded-Proto": "gopher"}, "http://inside", id="odd scheme"),
    ],
)
def test_base_url(remote: str, headers: dict[str, str], expected: str) -> None:
    assert base_url_of(request_from(remote, headers), "") == expected


def test_any_name_is_repeated_where_the_setting_says_so() -> None:
    request = request_from("192.0.2.9", {"Host": "any.example.org"}, Settings(http_names="*"))
    assert base_url_of(request, "") == "http://any.example.org"


@pytest.mark.parametrize(
    ("remote", "forwarded", "address", "client"),
    [
        pytest.param("192.0.2.9", "198.51.100.7", "192.0.2.9", "192.0.2.9", id="a stranger forwards for nobody"),
        pytest.param("127.0.0.1", "198.51.100.7", "198.51.100.7", "198.51.100.7", id="a proxy for somebody"),
        pytest.param("10.1.2.3", "6.6.6.6, 198.51.100.7", "198.51.100.7", "198.51.100.7", id="whom it saw itself"),
        pytest.param("::1", "198.51.100.7, 10.9.9.9,", "198.51.100.7", "198.51.100.7", id="through two proxies"),
        pytest.param("::1", "2001:db8:1:2:3::4", "2001:db8:1:2:3::4", "2001:db8:1:2::/64", id="IPv6 by its network"),
        pytest.param("127.0.0.1", "", "127.0.0.1", "", id="a proxy that says nothing"),
        pytest.param("127.0.0.1", "10.1.1.1", "10.1.1.1", "", id="a proxy for another"),
        pytest.param("127.0.0.1", "unknown", "unknown", "unknown", id="a proxy that hides it"),
    ],
)
def test_client_is_whom_trusted_proxies_saw(remote: str, forwarded: str, address: str, client: str) -> None:
    request = request_from(remote, {"X-Forwarded-For": forwarded})
    assert (address_of(request), client_of(request)) == (address, client)


def test_configured_url_counts_before_all() -> None:
    request = request_from("127.0.0.1", {"Host": "inside", "X-Forwarded-Host": "x"})
    assert base_url_of(request, "https://example.org/lists/") == "https://example.org/lists"


@pytest.mark.parametrize(
    ("parameters", "number", "expected"),
    [
        pytest.param({"page": "2", "a": "b"}, 1, "/x/?a=b", id="the first page is not named"),
        pytest.param({"page": "2"}, 1, "/x/", id="nothing else is asked"),
        pytest.param({"page": "last", "a": "&"}, 2, "/x/?a=%26&page=2", id="another page"),
        pytest.param({}, 3, "/x/?page=3", id="from the first page"),
    ],
)
def test_url_of_another_page(parameters: dict[str, str], number: int, expected: str) -> None:
    assert with_page("/x/", parameters, number) == expected
