"""What `git pw` does works unchanged: list, apply, mbox, poll-events, post-result, post-result-patch."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.e2e.accounts import add_user, caught_up, issue_token
from tests.e2e.am.git import git
from tests.e2e.running import Running, eventually, patchlog, running
from tests.e2e.sending import LIST, PATCHES, applied, clone, make_repository, need_git_send_email, send
from tests.replay.walk import walk_server

ROOT = Path(__file__).parents[2]
SECRET = "patchlog_e2e-secret"
FULL_SECRET = "patchlog_e2e-maintainer"
NAMES = "series-new-revision,patch-new"
COUNTED = ("log_end", "position", "mails", "duplicates", "dead_letters", "alarms", "redactions", "to_redact")
ALL_NAMES = "series-new-revision,patch-state-change,patch-new,comment-new,test-result"


class Sent(NamedTuple):
    """A `patchlog up`, the repository whose commits were sent to it, and what became of them."""

    up: Running
    repository: Path
    series: int
    patches: list[int]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    need_git_send_email()
    repository = make_repository(tmp_path_factory.mktemp("repository"))
    with running(tmp_path_factory.mktemp("up") / "data") as up:
        names = ("--name=Demo", "--listid=demo.example.org", f"--listemail={LIST}")
        assert patchlog("project", "add", "demo", *names, data=up.data).returncode == 0
        maintainer = add_user(up, "max", "right", maintainer_of=("demo",))
        add_user(up, "sam", "right")
        issue_token(up, maintainer, SECRET, projects=("demo",), tests=("ci.*",))
        issue_token(up, maintainer, FULL_SECRET)
        send(repository, up)
        (event,) = eventually(lambda: up.get_json("projects/demo/events/")["results"])
        patches = up.get_json(f"series/{event['series']}/revisions/1/")["patches"]
        yield Sent(up, repository, event["series"], patches)


def pw(
    sent: Sent, folder: Path, *command: str | int, user: str = "max", password: str = "right"
) -> subprocess.CompletedProcess[bytes]:
    """Run one command of the client in a folder."""
    url = "http://{}:{}/".format(*sent.up.http)
    options = ("--url", url, "--project", "demo", "--user", user, "--password", password)
    line = [sys.executable, "-m", "tests.e2e.pw_client", *options, *map(str, command)]
    identity = {"GIT_COMMITTER_NAME": "C", "GIT_COMMITTER_EMAIL": "c@example.org", "HOME": str(folder)}
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **identity}
    return subprocess.run(line, cwd=folder, capture_output=True, timeout=60, env=environment)


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a command printed that went well."""
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def polled(sent: Sent, folder: Path, *options: str | int) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(pw(sent, folder, "poll-events", *options)).splitlines()]


def test_list(sent: Sent, tmp_path: Path) -> None:
    assert said(pw(sent, tmp_path, "list")) == f"{sent.series}\t1\t{PATCHES}\tS. Ender\tfive things\n"


def test_apply_makes_the_commits_that_were_sent(sent: Sent, tmp_path: Path) -> None:
    work = clone(sent.repository, tmp_path / "work")
    assert said(pw(sent, work, "apply", sent.series)) == "Applying series: five things\n"
    unchanged = ("log", "--format=%T%x00%an%x00%ae", "base..")
    assert git(work, *unchanged) == git(sent.repository, *unchanged[:2], "base..main")


def test_mbox_with_links_applies_to_the_same_trees_and_names_the_pages(sent: Sent, tmp_path: Path) -> None:
    printed = pw(sent, tmp_path, "mbox", sent.series, "--link", "Patchwork")
    assert printed.returncode == 0, printed.stderr
    work = applied(sent.repository, tmp_path / "work", printed.stdout)
    assert git(work, "log", "--format=%T", "base..") == git(sent.repository, "log", "--format=%T", "base..main")
    trailers = git(work, "log", "--reverse", "--format=%(trailers:key=Patchwork,valueonly,separator=)", "base..")
    host = "http://{}:{}".format(*sent.up.http)
    assert trailers.decode().split() == [f"{host}/patch/{patch}/" for patch in sent.patches]


@pytest.mark.parametrize(
    "perpage", [pytest.param("2", id="several pages"), pytest.param("", id="perpage without a value")]
)
def test_poll_events_from_the_beginning_then_from_the_file(sent: Sent, tmp_path: Path, perpage: str) -> None:
    options = ("--name", NAMES, "--perpage", perpage)
    events = polled(sent, tmp_path, *options)
    listed = sent.up.get_json(f"projects/demo/events/?ordering=event_time&name={NAMES}&perpage=100")
    assert events == listed["results"]
    assert [event["name"] for event in events] == ["patch-new"] * PATCHES + ["series-new-revision"]
    assert polled(sent, tmp_path, *options) == []


def test_poll_events_that_was_stopped_anywhere_goes_on_behind_it(sent: Sent, tmp_path: Path) -> None:
    options = ("--name", NAMES, "--perpage", "2")
    events = polled(sent, tmp_path, *options)
    for number, event in enumerate(events, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert polled(sent, folder, *options, "--stop-after", event["id"]) == events[:number]
        assert polled(sent, folder, *options) == events[number:]


def test_poll_events_of_the_kinds_that_are_shown_unasked(sent: Sent, tmp_path: Path) -> None:
    (event,) = polled(sent, tmp_path)
    assert (event["name"], event["series"], event["parameters"]) == (
        "series-new-revision",
        sent.series,
        {"revision": 1},
    )


@pytest.mark.parametrize("password", [pytest.param("right", id="password"), pytest.param(SECRET, id="token")])
def test_results_are_posted(sent: Sent, tmp_path: Path, password: str) -> None:
    details = ("--test-url", "https://ci.example.org/1", "--summary", "grüße")
    for command, target, path in (
        ("post-result", sent.series, f"series/{sent.series}/revisions/1"),
        ("post-result-patch", sent.patches[2], f"patches/{sent.patches[2]}"),
    ):
        for state in ("pending", "success"):
            done = pw(sent, tmp_path, command, target, "ci.build", state, *details, password=password)
            assert said(done) == f"ci.build: {state}\n"
        (result,) = sent.up.get_json(f"{path}/test-results/")
        assert (result["state"], result["url"], result["summary"]) == ("success", details[1], details[3])


@pytest.mark.parametrize(
    ("command", "who", "message"),
    [
        pytest.param(
            ("ci.build", "success"), ("max", "wrong"), "Not authorized: Invalid username/password.", id="wrong password"
        ),
        pytest.param(
            ("ci.build", "success"), ("nobody", "right"), "Not authorized: Invalid username/password.", id="nobody"
        ),
        pytest.param(
            ("ci.build", "success"), ("sam", SECRET), "Not authorized: Invalid username/password.", id="other's token"
        ),
        pytest.param(
            ("ci.build", "success"),
            ("sam", "right"),
            "Not authorized: User sam is not a maintainer of project demo.",
            id="no right",
        ),
        pytest.param(("bat", "success"), ("max", SECRET), "Not authorized: ", id="token for other tests"),
        pytest.param(
            ("ci.build", "good"),
            ("max", "right"),
            'state:\n  "good" is not a valid choice.\nInvalid input',
            id="no such state",
        ),
        pytest.param(
            ("ci.build", "success", "--test-url", "here"),
            ("max", "right"),
            "url:\n  Enter a valid URL.\nInvalid input",
            id="no URL",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["post-result", "post-result-patch"])
def test_what_is_refused_is_explained(
    sent: Sent, tmp_path: Path, kind: str, command: tuple[str, ...], who: tuple[str, str], message: str
) -> None:
    target = sent.series if kind == "post-result" else sent.patches[0]
    done = pw(sent, tmp_path, kind, target, *command, user=who[0], password=who[1])
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().strip().startswith(f"fatal: {message}")


def test_series_that_is_not_there_is_the_end(sent: Sent, tmp_path: Path) -> None:
    done = pw(sent, tmp_path, "apply", 999999)
    assert (done.returncode, b"HTTP 404" in done.stderr) == (1, True)


def test_user_of_the_command_line_reports_by_a_token_until_it_is_revoked(sent: Sent, tmp_path: Path) -> None:
    data, report = sent.up.data, ("post-result", sent.series, "cli.build", "success")
    added = patchlog("user", "add", "cli", "--maintainer-of", "demo", data=data)
    assert added.returncode == 0, added.stderr
    issued = patchlog("token", "issue", "cli", "--project", "demo", "--test", "cli.*", data=data)
    assert issued.returncode == 0, issued.stderr
    who = {"user": "cli", "password": issued.stdout.split()[-1]}
    assert said(pw(sent, tmp_path, *report, **who)) == "cli.build: success\n"
    (token,) = json.loads(patchlog("token", "list", "--json", data=data).stdout)[-1:]
    revoked = patchlog("token", "revoke", str(token["id"]), "--reason", "done", data=data)
    assert revoked.returncode == 0, revoked.stderr
    refused = pw(sent, tmp_path, *report, **who)
    assert (refused.returncode, b"Not authorized: " in refused.stderr) == (1, True), refused


def test_after_a_replay_every_answer_is_the_same_and_clients_go_on(sent: Sent, tmp_path: Path) -> None:
    """The last of this file: it shows again what all tests above have left."""
    report = ("post-result", sent.series, "ci.replayed")
    assert said(pw(sent, tmp_path, *report, "pending", password=SECRET)) == "ci.replayed: pending\n"
    change_state(sent.up, sent.patches[0], "Accepted")
    polled(sent, tmp_path, "--name", ALL_NAMES)
    before, status = walk_server(sent.up.http), eventually(lambda: caught_up(sent.up))
    assert {answer.status for answer in before.values()} == {200}

    replayed = patchlog("replay", data=sent.up.data)
    assert (replayed.returncode, "is live" in replayed.stdout) == (0, True), replayed
    assert walk_server(sent.up.http) == before
    again = eventually(lambda: caught_up(sent.up))
    assert {name: again[name] for name in COUNTED} == {name: status[name] for name in COUNTED}, "nothing was appended"

    behind = sent.up.get_json(f"projects/demo/events/?after=0&name={ALL_NAMES}&perpage=100")["results"][-1]["id"]
    assert polled(sent, tmp_path, "--name", ALL_NAMES) == [], "no event twice"
    assert said(pw(sent, tmp_path, *report, "success", password=SECRET)) == "ci.replayed: success\n"
    (event,) = polled(sent, tmp_path, "--name", ALL_NAMES)
    assert (event["name"], event["parameters"]["state"]) == ("test-result", "success")
    assert sent.up.get_json(f"projects/demo/events/?after={behind}&name={ALL_NAMES}&wait=30")["results"] == [event]


def change_state(up: Running, patch: int, state: str) -> None:
    connection = HTTPConnection(*up.http, timeout=60)
    headers = {"Authorization": f"Token {FULL_SECRET}", "Content-Type": "application/json"}
    try:
        connection.request("PATCH", f"/api/1.0/patches/{patch}/", json.dumps({"state": state}), headers)
        assert connection.getresponse().status == 200
    finally:
        connection.close()
