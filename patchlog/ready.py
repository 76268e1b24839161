"""Whether a running `patchlog up` answers: SMTP with 220, or with 554 where we are no client; HTTP with 200."""

import http.client
import json
import socket
import time
from dataclasses import dataclass

from patchlog.address import Address
from schemas.networks import Networks, is_inside

PROBE_PATH = "/api/1.0/projects/?perpage=1"
"""Answered with 200 when there is a read model to answer from, so when the projector has begun too."""
PROBE_SECONDS = 2.0
PAUSE_SECONDS = 0.02
PAUSE_SECONDS_MAX = 0.5


@dataclass(frozen=True)
class Readiness:
    """What the doors said when they were last tried: "" for a door that is open. projects: how many the API shows."""

    smtp: str
    http: str
    projects: int = 0

    @property
    def open(self) -> bool:
        return not self.smtp and not self.http


def probe(smtp: Address, http_address: Address, proxies: Networks = ()) -> Readiness:
    """Knock at both doors once. proxies: from where SMTP expects a line of the PROXY protocol first."""
    answer, projects = _probe_http(http_address.reachable())
    return Readiness(_probe_smtp(smtp.reachable(), proxies), answer, projects)


def wait_until_open(smtp: Address, http_address: Address, seconds: float, proxies: Networks = ()) -> Readiness:
    """Knock until both doors are open or the time is over, and give what they said last. proxies: as in `probe`."""
    deadline = time.monotonic() + seconds
    pause = PAUSE_SECONDS
    while not (readiness := probe(smtp, http_address, proxies)).open and time.monotonic() < deadline:
        time.sleep(pause)
        pause = min(pause * 1.2, PAUSE_SECONDS_MAX)
    return readiness


def _probe_smtp(address: Address, proxies: Networks) -> str:
    try:
        with socket.create_connection(address, PROBE_SECONDS) as connection:
            source, target = connection.getsockname(), connection.getpeername()
            if is_inside(source[0], proxies):
                family = "TCP6" if ":" in source[0] else "TCP4"
                connection.sendall(f"PROXY {family} {source[0]} {target[0]} {source[1]} {target[1]}\r\n".encode())
            greeting = connection.recv(512)
            connection.sendall(b"QUIT\r\n")
            connection.recv(512)
    except OSError as error:
        return str(error)
    return "" if greeting.startswith((b"220", b"554")) else f"expected 220, came {greeting[:80]!r}"


def _probe_http(address: Address) -> tuple[str, int]:
    try:
        status, body = _get(address, PROBE_PATH)
        if status == 200:
            return "", int(json.loads(body)["count"])
    except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
        return str(error) or type(error).__name__, 0
    return f"expected status 200, came {status}: {body[:200].decode(errors='replace')}", 0


def _get(address: Address, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
