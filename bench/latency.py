"""How soon a mail can be seen: from SMTP's 250 to the API's 200; and what Patchlog takes when nothing happens.

A 250 names the record, and a patch's id is its record's, so each mail is asked for by its id until it is there.
"""

import re
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from statistics import quantiles
from typing import Self

from bench.figures import Figure
from bench.mailing import LIST_ADDRESS, LIST_ID, patches
from bench.processes import cpu_by_process, free_port, patchlog, run, serving, stores
from bench.smtp_client import ENVELOPE, on_the_wire

RATES = (50, 200)
"""Mails a second, evenly."""
SECONDS, QUICK_SECONDS = 30, 4
SENDERS = 20
WITHIN_MS = 150.0
IDLE_SHARE = 1.0
IDLE_SECONDS, QUICK_IDLE_SECONDS = 20, 4
LOOK_SECONDS = 0.002
"""Between two looks at whether a mail can be seen: the figures are that coarse."""
_LENGTH = re.compile(rb"(?is)\r\ncontent-length: *(\d+)\r\n.*?\r\n\r\n")
PARTS = ("ingest", "projector", "api", "up")


def measure(quick: bool) -> Iterator[Figure]:
    """All on one `patchlog up`, on the log and the database that the environment names; both have to be empty."""
    smtp, http_port = free_port(), free_port()
    seconds = QUICK_SECONDS if quick else SECONDS
    wire = iter([on_the_wire(mail.raw) for mail in patches((RATES[0] + sum(RATES)) * seconds)])
    with tempfile.TemporaryDirectory() as data:
        settings = stores()
        run(patchlog("log", "init", "--data", data), settings)
        names = ("--name", "Bench", "--listid", LIST_ID, "--listemail", LIST_ADDRESS)
        run(patchlog("project", "add", "bench", *names, "--data", data), settings)
        doors = (f"--smtp=127.0.0.1:{smtp}", f"--http=127.0.0.1:{http_port}")
        with serving(patchlog("up", "--data", data, *doors), smtp, http_port, settings=settings) as pid:
            _send_all(list(islice(wire, RATES[0])), RATES[0], smtp, http_port)
            for rate in RATES:
                before, start = _cpu_by_part(pid), time.perf_counter()
                waited = _send_all(list(islice(wire, rate * seconds)), rate, smtp, http_port)
                yield from _figures(rate, waited, _used(before, _cpu_by_part(pid), time.perf_counter() - start))
            time.sleep(1)
            idle = _idle(pid, QUICK_IDLE_SECONDS if quick else IDLE_SECONDS)
    yield from (Figure(f"idle: CPU of {part}", used, "% of a core") for part, used in idle.items())
    yield Figure("idle: CPU of all parts", sum(idle.values()), "% of a core", at_most=IDLE_SHARE)


def _figures(rate: int, waited: Sequence[float], busy: Mapping[str, float]) -> Iterator[Figure]:
    percentiles = quantiles(waited, n=100)
    what = f"250 to visible, {rate} mails/s"
    yield Figure(f"{what}, half of {len(waited)} mails within", 1000 * percentiles[49], "ms")
    yield Figure(f"{what}, 99 % of the mails within", 1000 * percentiles[98], "ms", at_most=WITHIN_MS)
    yield Figure(f"{what}, the slowest", 1000 * max(waited), "ms")
    yield from (Figure(f"at {rate} mails/s: CPU of {part}", used, "% of a core") for part, used in busy.items())


def _send_all(mails: Sequence[bytes], rate: int, smtp: int, http_port: int) -> list[float]:
    """Send mails at a rate from SENDERS threads; for each, the seconds from its 250 until it could be seen."""
    begun = time.perf_counter()
    shares = [list(range(sender, len(mails), SENDERS)) for sender in range(SENDERS)]
    with ThreadPoolExecutor(SENDERS) as threads:
        answers = threads.map(lambda share: _send(mails, share, rate, begun, smtp, http_port), shares)
        return [seconds for share in answers for seconds in share]


def _send(
    mails: Sequence[bytes], share: Sequence[int], rate: int, begun: float, smtp: int, http_port: int
) -> list[float]:
    """Send each mail when it is due, at place / rate seconds, or as soon as the one before can be seen."""
    waited = []
    with socket.create_connection(("127.0.0.1", smtp)) as connection, _Api(http_port) as api:
        _say(connection, b"")
        _say(connection, b"HELO client.example.org\r\n")
        for place in share:
            time.sleep(max(0.0, begun + place / rate - time.perf_counter()))
            for command in ENVELOPE:
                _say(connection, command)
            answer = _say(connection, mails[place])
            recorded = time.perf_counter()
            found = re.fullmatch(rb"250 2\.0\.0 Recorded as (\d+)\r\n", answer)
            assert found, answer
            api.wait_until_visible(int(found[1]))
            waited.append(time.perf_counter() - recorded)
    return waited


def _say(connection: socket.socket, words: bytes) -> bytes:
    connection.sendall(words)
    answer = connection.recv(4096)
    assert answer[:1] in (b"2", b"3") and answer.endswith(b"\r\n"), answer
    return answer


class _Api:
    """Asks by a plain socket: twenty who asked by http.client at once would wait for each other longer than for us."""

    def __init__(self, port: int) -> None:
        self._address = "127.0.0.1", port

    def __enter__(self) -> Self:
        self._connection = socket.create_connection(self._address, timeout=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def wait_until_visible(self, patch: int) -> None:
        while (status := self._status(f"/api/1.0/patches/{patch}/")) != 200:
            assert status in (404, 503), status  # 503: the projector has not yet begun
            time.sleep(LOOK_SECONDS)

    def _status(self, path: str) -> int:
        """The status of an answer, read to its end."""
        self._connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        came = b""
        while not (length := _LENGTH.search(came)) or len(came) < length.end() + int(length[1]):
            more = self._connection.recv(1 << 16)
            assert more, "the API hung up"
            came += more
        return int(came.split(b" ", 2)[1])


def _idle(pid: int, seconds: float) -> dict[str, float]:
    before, start = _cpu_by_part(pid), time.perf_counter()
    time.sleep(seconds)
    return _used(before, _cpu_by_part(pid), time.perf_counter() - start)


def _used(before: dict[str, float], after: dict[str, float], seconds: float) -> dict[str, float]:
    """Hundredths of a core that each part used."""
    return {part: 100 * (after[part] - before[part]) / seconds for part in PARTS}


def _cpu_by_part(up: int) -> dict[str, float]:
    """CPU seconds of each part with its own children; `up` is the supervisor alone."""
    taken = dict.fromkeys(PARTS, 0.0)
    for process, seconds in cpu_by_process(up).items():
        words = Path(f"/proc/{process}/cmdline").read_text().split("\0")
        taken[next(part for part in PARTS if part in words)] += seconds
    return taken
