"""Whether a running `patchlog up` answers: SMTP with 220, HTTP with 200."""

import http.client
import json
import socket
import time
from dataclasses import dataclass

from patchlog.address import Address

PROBE_SECONDS = 2.0
PAUSE_SECONDS = 0.02


@dataclass(frozen=True)
class Readiness:
    """What the doors said when they were last tried: "" for a door that is open."""

    smtp: str
    http: str

    @property
    def open(self) -> bool:
        return not self.smtp and not self.http


def probe(smtp: Address, http_address: Address) -> Readiness:
    """Knock at both doors once."""
    return Readiness(_probe_smtp(smtp.reachable()), _probe_http(http_address.reachable()))


def wait_until_open(smtp: Address, http_address: Address, seconds: float) -> Readiness:
    """Knock until both doors are open or the time is over, and give what they said last."""
    for _ in range(max(1, int(seconds / PAUSE_SECONDS))):
        readiness = probe(smtp, http_address)
        if readiness.open:
            break
        time.sleep(PAUSE_SECONDS)
    return readiness


def count_projects(http_address: Address) -> int:
    """How many projects the API shows; 0 when it does not say."""
    try:
        status, body = _get(http_address.reachable(), "/api/1.0/projects/?perpage=1")
        return int(json.loads(body)["count"]) if status == 200 else 0
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return 0


def _probe_smtp(address: Address) -> str:
    try:
        with socket.create_connection(address, PROBE_SECONDS) as connection:
            greeting = connection.recv(512)
            connection.sendall(b"QUIT\r\n")
            connection.recv(512)
    except OSError as error:
        return str(error)
    return "" if greeting.startswith(b"220") else f"expected 220, came {greeting[:80]!r}"


def _probe_http(address: Address) -> str:
    try:
        status, body = _get(address, "/api/1.0/")
    except (OSError, http.client.HTTPException) as error:
        return str(error)
    return "" if status == 200 else f"expected status 200, came {status}: {body[:200].decode(errors='replace')}"


def _get(address: Address, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(address.host, address.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
