"""A client of the API that behaves as freedesktop's `git pw` does; run as `python -m tests.e2e.pw_client`, in a clone.

Its habits are what matters here: it asks for /api/1.0/ first; where it follows `next` it puts all its parameters behind
that URL once more; each event's time is in a file before the next one is read; any status but 200 ends it; of a refused
result it shows `detail` (401, 403) or what is said of each field (400).
"""

import argparse
import base64
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit


class Failed(Exception):
    """What it says before it ends with status 1."""


class Answer(NamedTuple):
    """What the server answered."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Server:
    """One patchwork, as it is seen from outside."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._base = url.rstrip("/") + "/api/1.0"
        self._credentials = base64.b64encode(f"{user}:{password}".encode()).decode()

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        """Get a path below /api/1.0, or a whole URL; any status but 200 is the end."""
        url = path if path.startswith("http") else self._base + path
        if parameters:
            url += ("&" if "?" in url else "?") + urlencode(parameters)
        answer = _ask("GET", url, None, {"Accept": "*/*"})
        if answer.status != 200:
            raise Failed(f"HTTP {answer.status} for {url}")
        return answer

    def listed(self, path: str, parameters: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Each object of a list, to its last page."""
        following = path
        while following:
            page = self.get(following, parameters).json()
            yield from page["results"]
            following = page["next"]

    def post(self, path: str, document: Mapping[str, str | None]) -> Any:
        """Post JSON, and give the answer's."""
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {self._credentials}"}
        answer = _ask("POST", self._base + path, json.dumps(document), headers)
        if answer.status in (401, 403):
            raise Failed(f"Not authorized: {answer.json()['detail']}")
        if answer.status == 400:
            lines = [f"{field}:\n  " + "\n  ".join(texts) for field, texts in answer.json().items()]
            raise Failed("\n".join([*lines, "Invalid input"]))
        if not 200 <= answer.status < 300:
            raise Failed(f"HTTP {answer.status}")
        return answer.json()


def list_series(server: Server, given: argparse.Namespace) -> None:
    """Print a line for each series, the one that changed last first."""
    parameters = {"ordering": "-last_updated", "perpage": "100", "related": "expand", "submitter": "", "name": ""}
    for series in server.listed(f"/projects/{given.project}/series/", parameters):
        words = (series["id"], series["version"], series["n_patches"], series["submitter"]["name"], series["name"])
        print(*words, sep="\t")


def poll_events(server: Server, given: argparse.Namespace) -> None:
    """Print a line of JSON for each event since the last one that was printed."""
    stored = Path(f".git-pw.{given.project}.poll.timestamp")
    since = stored.read_text() if stored.exists() else ""
    parameters = {"ordering": "event_time", "name": given.name, "since": since, "perpage": given.perpage}
    for event in server.listed(f"/projects/{given.project}/events/", parameters):
        print(json.dumps(event), flush=True)
        stored.write_text(event["event_time"])
        if event["id"] == given.stop_after:
            return


def mbox(server: Server, given: argparse.Namespace) -> None:
    """Print a revision's mbox."""
    sys.stdout.buffer.write(_mailbox(server, given))


def apply(server: Server, given: argparse.Namespace) -> None:
    """Apply a revision to the repository that this stands in."""
    print(f"Applying series: {server.get(f'/series/{given.series}/').json()['name']}", flush=True)
    done = subprocess.run(["git", "am", "-3", "-q"], input=_mailbox(server, given))
    if done.returncode:
        raise Failed("git am failed")


def post_result(server: Server, given: argparse.Namespace) -> None:
    """Report a test of a revision."""
    version = given.revision or server.get(f"/series/{given.series}/").json()["version"]
    _report(server, f"/series/{given.series}/revisions/{version}/test-results/", given)


def post_result_patch(server: Server, given: argparse.Namespace) -> None:
    """Report a test of a patch."""
    _report(server, f"/patches/{given.patch}/test-results/", given)


def main() -> None:
    """Do what the command line says; ends with 1 and a reason where that fails."""
    given = _command_line().parse_args()
    server = Server(given.url, given.user, given.password)
    try:
        assert server.get("/").json()["revision"] >= 3
        given.run(server, given)
    except Failed as failed:
        sys.exit(f"fatal: {failed}")


def _command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pw_client")
    for option in ("--url", "--project", "--user", "--password"):
        parser.add_argument(option, default="")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("list").set_defaults(run=list_series)
    for run in (mbox, apply):
        command = commands.add_parser(run.__name__)
        command.set_defaults(run=run)
        command.add_argument("series")
        command.add_argument("--revision", default="")
        command.add_argument("--link", default="")
    polling = commands.add_parser("poll-events")
    polling.set_defaults(run=poll_events)
    polling.add_argument("--name", default="")
    polling.add_argument("--perpage", default="")
    polling.add_argument("--stop-after", type=int, default=0, help="the id of an event: end there, as if killed")
    for name, target, report in (
        ("post-result", "series", post_result),
        ("post-result-patch", "patch", post_result_patch),
    ):
        command = commands.add_parser(name)
        command.set_defaults(run=report)
        command.add_argument(target)
        command.add_argument("test_name")
        command.add_argument("state")
        command.add_argument("--revision", default="")
        command.add_argument("--test-url", default=None)
        command.add_argument("--summary", default=None)
    return parser


def _mailbox(server: Server, given: argparse.Namespace) -> bytes:
    version = given.revision or server.get(f"/series/{given.series}/").json()["version"]
    return server.get(f"/series/{given.series}/revisions/{version}/mbox/", {"link": given.link}).body


def _report(server: Server, path: str, given: argparse.Namespace) -> None:
    document = {"test_name": given.test_name, "state": given.state, "url": given.test_url, "summary": given.summary}
    stored = server.post(path, document)
    print(f"{stored['test_name']}: {stored['state']}")


def _ask(method: str, url: str, body: str | None, headers: Mapping[str, str]) -> Answer:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, dict(headers))
        response = connection.getresponse()
        return Answer(response.status, response.read())
    finally:
        connection.close()


if __name__ == "__main__":
    main()
