"""What a CI system asks of a running `patchlog up`: results posted, the feed behind a cursor, idle long polls."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from bench.figures import Figure
from bench.http_load import CONNECTIONS, get, load, tool
from bench.mailing import mails
from bench.processes import cpu_by_process, free_port, patchlog, run, serving
from bench.smtp_client import deliver, on_the_wire
from ingest.log import open_log
from schemas.accounts import TokenIssued, UserAdded

MAILS, QUICK_MAILS = 2000, 200
POSTS, QUICK_POSTS = 300, 30
SECONDS, QUICK_SECONDS = 10, 2
WAITING = 200
"""Long polls at the same time: a hundred for each of two workers."""
SECRET = "patchlog_bench"
PROJECT = "/api/1.0/projects/bench"


def measure(quick: bool) -> list[Figure]:
    """On one `patchlog up`, one after the other."""
    seconds = QUICK_SECONDS if quick else SECONDS
    with TemporaryDirectory() as folder, _filled(Path(folder), QUICK_MAILS if quick else MAILS) as (pid, port):
        figures = _posts(port, QUICK_POSTS if quick else POSTS)
        figures += _cursor(port, seconds)
        figures += _waiting(pid, port, seconds)
    return figures


@contextmanager
def _filled(folder: Path, count: int) -> Iterator[tuple[int, int]]:
    """A `patchlog up` with mail, and a user with a token: its process id and HTTP port."""
    data, smtp, http = folder / "data", free_port(), free_port()
    named = ("--name", "Bench", "--listid", "bench.example.org", "--listemail", "bench@lists.example.org")
    run(patchlog("project", "add", "bench", *named, "--data", data))
    addresses = ("--smtp", f"127.0.0.1:{smtp}", "--http", f"127.0.0.1:{http}")
    with serving(patchlog("up", "--data", data, *addresses), smtp, http) as pid:
        log = open_log(f"sqlite:///{data}/log.db")
        (user,) = log.append([UserAdded(name="ci", maintainer_of=("bench",))])
        log.append([TokenIssued(user=user, name="bench", digest=sha256(SECRET.encode()).digest())])
        deliver(smtp, [on_the_wire(mail.raw) for mail in mails(count)], sessions=20, mails_a_session=100)
        end = log.end()
        while json.loads(get(http, f"{PROJECT}/events/?perpage=1"))["count"] == 0 or log.end() != end:
            end = log.end()
            time.sleep(1)
        log.close()
        yield pid, http


def _posts(port: int, posts: int) -> list[Figure]:
    """Results of one test after the other, each on the connection of the one before."""
    event = json.loads(get(port, f"{PROJECT}/events/?name=series-new-revision&perpage=1"))["results"][0]
    path = f"/api/1.0/series/{event['series']}/revisions/{event['parameters']['revision']}/test-results/"
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Token {SECRET}", "Content-Type": "application/json"}
    taken = []
    for number in range(posts):
        begun = time.perf_counter()
        connection.request("POST", path, json.dumps({"test_name": f"t{number % 10}", "state": "success"}), headers)
        response = connection.getresponse()
        response.read()
        taken.append(1000 * (time.perf_counter() - begun))
        assert response.status == 201, response.status
    connection.close()
    cuts = quantiles(taken, n=100, method="inclusive")
    return [Figure(f"a test result by POST, to its answer: p{part}", cuts[part - 1], "ms") for part in (50, 99)]


def _cursor(port: int, seconds: int) -> list[Figure]:
    events = json.loads(get(port, f"{PROJECT}/events/?perpage=20"))["results"]
    figures = []
    for what, after in (("20 events behind a cursor", 0), ("nothing behind a cursor", events[0]["id"])):
        path = f"{PROJECT}/events/?after={after}"
        rate = load(port, path, seconds) / seconds
        figures.append(Figure(f"{what}, {CONNECTIONS} connections, by {tool()}: rate", rate, "answers/s"))
    return figures


def _waiting(pid: int, port: int, seconds: int) -> list[Figure]:
    """CPU that the API takes while many wait for something that does not come."""
    last = json.loads(get(port, f"{PROJECT}/events/?perpage=1"))["results"][0]["id"]
    figures = [Figure("API with nobody waiting: CPU", _share(pid, seconds), "% of a core")]
    question = f"GET {PROJECT}/events/?after={last}&wait=60 HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    waiting = [socket.create_connection(("127.0.0.1", port)) for _ in range(WAITING)]
    for connection in waiting:
        connection.sendall(question)
    time.sleep(1)
    figures.append(Figure(f"API with {WAITING} long polls waiting: CPU", _share(pid, seconds), "% of a core"))
    for connection in waiting:
        connection.close()
    return figures


def _share(pid: int, seconds: int) -> float:
    """CPU of the API's processes, in percent of one core, over some seconds."""
    before = _api_cpu(pid)
    time.sleep(seconds)
    return 100 * (_api_cpu(pid) - before) / seconds


def _api_cpu(pid: int) -> float:
    return sum(taken for process, taken in cpu_by_process(pid).items() if b"\0api\0" in _command(process))


def _command(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()
