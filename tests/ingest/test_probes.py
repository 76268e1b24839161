"""The small listener of a process: health, readiness, figures."""

import socket
from http.client import HTTPConnection

import pytest
from prometheus_client import CollectorRegistry, Counter

from ingest import probes as module
from ingest.probes import Probes, answered
from schemas.networks import read_networks

HERE, ELSEWHERE = read_networks("x", "127.0.0.0/8"), read_networks("x", "192.0.2.0/24")


def fails() -> str:
    raise OSError("the log is away")


def probes(networks: object = HERE) -> Probes:
    registry = CollectorRegistry()
    Counter("test_things", "Things.", registry=registry).inc()
    return Probes(lambda: "", fails, networks, registry)  # type: ignore[arg-type]


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path)
    response = connection.getresponse()
    found = response.status, response.read().decode()
    connection.close()
    return found


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        pytest.param("/healthz", 200, "ok\n", id="alive"),
        pytest.param("/healthz/?verbose", 200, "ok\n", id="slash and query"),
        pytest.param("/readyz", 503, "the log is away\n", id="not ready"),
        pytest.param("/", 404, "Here are /healthz, /readyz and /metrics.\n", id="another path"),
    ],
)
def test_says_how_the_process_is(path: str, status: int, said: str) -> None:
    with answered("x", "127.0.0.1:0", probes()) as port:
        assert ask(port, path) == (status, said)


def test_figures_are_for_the_networks_that_may_have_them() -> None:
    with answered("x", "127.0.0.1:0", probes()) as port:
        status, text = ask(port, "/metrics")
        assert status == 200 and "test_things_total 1.0\n" in text
        assert ask(port, "/metrics", "HEAD") == (200, "")
    with answered("x", "127.0.0.1:0", probes(ELSEWHERE)) as port:
        assert ask(port, "/metrics") == (403, "The setting metrics_clients does not name your address.\n")
        assert ask(port, "/healthz") == (200, "ok\n")


def test_a_crowd_that_says_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLIENTS_MAX", 1)
    with answered("x", "127.0.0.1:0", probes()) as port, socket.create_connection(("127.0.0.1", port)) as silent:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as late:
            assert late.recv(1) == b""
        silent.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert silent.makefile("rb").readline().startswith(b"HTTP/1.0 200")


def test_without_an_address_nobody_is_answered() -> None:
    with answered("x", "", probes()) as port:
        assert port == 0


@pytest.mark.parametrize("address", ["8026", ":8026", "localhost:x", "localhost:70000"])
def test_what_is_no_address_is_named_with_its_setting(address: str) -> None:
    with (
        pytest.raises(ValueError, match=f"ingest_http: expected HOST:PORT, came '{address}'"),
        answered("ingest_http", address, probes()),
    ):
        pass


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(ValueError, match=f"ingest_http: cannot listen on {address}: Address already in use"),
            answered("ingest_http", address, probes()),
        ):
            pass
