"""Requests that are refused or set right before anything is made of them."""

import json
import socket
from typing import Any

import pytest

from api.door import straighten, why_refused
from tests.api.test_server import port as port  # a server as a process


def scope(path: str = "/", version: str = "1.1", **headers: str) -> dict[str, Any]:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {"path": path, "http_version": version, "headers": pairs}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        pytest.param(scope(host="x"), "", id="host"),
        pytest.param(scope(), "Expected a Host header.", id="no host"),
        pytest.param(scope(version="1.0"), "", id="no host in HTTP/1.0"),
        pytest.param(scope(upgrade="WebSocket", host="x"), "WebSocket is not spoken here.", id="upgrade"),
        pytest.param(scope(upgrade="h2c", host="x"), "", id="another upgrade"),
    ],
)
def test_why_refused(asked: dict[str, Any], why: str) -> None:
    assert why_refused(asked) == why


@pytest.mark.parametrize(
    ("path", "host", "expected"),
    [
        pytest.param("/api/", "x", ("/api/", [b"x"]), id="path"),
        pytest.param("http://y.example.org:81/api/", "x", ("/api/", [b"y.example.org:81"]), id="absolute"),
        pytest.param("HTTPS://y", "x", ("/", [b"y"]), id="absolute, without a path"),
        pytest.param("ftp://y/api/", "x", ("ftp://y/api/", [b"x"]), id="another scheme"),
        pytest.param("*", "x", ("*", [b"x"]), id="asterisk"),
    ],
)
def test_target_names_the_path_alone(path: str, host: str, expected: tuple[str, list[bytes]]) -> None:
    straight = straighten(scope(path, host=host, accept="a"))
    hosts = [value for name, value in straight["headers"] if name == b"host"]
    assert (straight["path"], hosts) == expected
    assert (b"accept", b"a") in straight["headers"]


def test_server_answers_what_is_odd(port: int) -> None:
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    upgrade += b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    for target, headers, status in (
        (b"/api/1.0/", b"Host: x\r\n" + upgrade, b"400"),
        (b"/api/1.0/", b"", b"400"),
        (b"http://x/api/1.0/series/20/", b"Host: x\r\n", b"200"),
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(b"GET " + target + b" HTTP/1.1\r\n" + headers + b"\r\n")
            connection.shutdown(socket.SHUT_WR)
            answer = connection.makefile("rb").read()
        assert answer.split()[1] == status, answer
        assert isinstance(json.loads(answer.partition(b"\r\n\r\n")[2]), dict)
