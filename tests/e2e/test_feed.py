"""Who follows the feed in any of the three ways, and dies at any moment, sees every event once, in the same order."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bench.smtp_client import deliver, on_the_wire
from tests.databases import make_data_directory
from tests.e2e.accounts import add_user, caught_up, issue_token
from tests.e2e.feed_mails import Posted, post
from tests.e2e.following import Follower
from tests.e2e.running import PATIENCE_SECONDS, Running, eventually, patchlog, running

SESSIONS = 20
PERPAGE_MAX = 100
SECRET, CI_SECRET = "patchlog_maintainer", "patchlog_ci"
STATES = ("Under Review", "Accepted", "Rejected")
NAMES = "series-new-revision,patch-state-change,pull-request-new,patch-new,comment-new,test-result"


class Gate:
    """Mails, of which so many may go as the test allows by now."""

    def __init__(self, mails: list[bytes]) -> None:
        self._mails, self._allowed = mails, 0
        self._more = threading.Condition()

    def allow(self, count: int) -> None:
        with self._more:
            self._allowed = count
            self._more.notify_all()

    def __iter__(self) -> Iterator[bytes]:
        for number, mail in enumerate(self._mails):
            with self._more:
                while number >= self._allowed:
                    assert self._more.wait(PATIENCE_SECONDS), "nobody allowed more mails"
            yield on_the_wire(mail)


@pytest.mark.parametrize(
    ("log", "database", "mails", "kills"),
    [
        pytest.param("sqlite", "sqlite", 5000, 50, id="sqlite"),
        pytest.param("kafka", "postgresql", 1500, 15, id="kafka-postgresql", marks=pytest.mark.xdist_group("kafka")),
    ],
)
def test_three_ways_to_follow_the_feed_come_to_the_same_list_whenever_they_are_killed(
    log: str, database: str, mails: int, kills: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    posted = post(mails)
    with running(make_data_directory(database, tmp_path, request, log=log)) as up:
        project_and_accounts(up)
        followers = [Follower(tmp_path, up.http, way) for way in ("since", "after", "wait")]
        followers.append(Follower(tmp_path, up.http, "wait", NAMES))
        try:
            deliver_while_killing(up, posted, followers, kills)
            for follower in followers:
                follower.start(PERPAGE_MAX)
            eventually(lambda: caught_up(up) and not up.get_json("series/?state=incomplete")["count"])
            end_together(up, followers, len(posted.mails))
            compare(up, posted, followers, kills)
            replayed = patchlog("replay", data=up.data)
            assert (replayed.returncode, "is live" in replayed.stdout) == (0, True), replayed
            end_together(up, followers, len(posted.mails) + 1)
            compare(up, posted, followers, kills)
        finally:
            for follower in followers:
                follower.kill()


def project_and_accounts(up: Running) -> None:
    names = ("--name=Demo", "--listid=demo.example.org", "--listemail=demo@example.org")
    assert patchlog("project", "add", "demo", *names, data=up.data).returncode == 0
    maintainer = add_user(up, "max", "", maintainer_of=("demo",))
    issue_token(up, maintainer, SECRET)
    issue_token(up, maintainer, CI_SECRET, projects=("demo",), tests=("ci.*",))


def deliver_while_killing(up: Running, posted: Posted, followers: list[Follower], kills: int) -> None:
    """Let a share of the mails go, let every client live for some steps meanwhile, and somebody write."""
    chance = Random(4)
    gate = Gate(posted.mails)
    with ThreadPoolExecutor(len(followers) + 2) as pool:
        delivery = pool.submit(deliver, up.smtp[1], gate, sessions=SESSIONS, mails_a_session=50)
        for turn in range(kills):
            gate.allow((turn + 1) * len(posted.mails) // kills)
            lives = [
                pool.submit(live, follower, chance.randint(1, PERPAGE_MAX), steps_of(follower, chance))
                for follower in followers
            ]
            lives.append(pool.submit(change_something, up, turn))
            for life in lives:
                life.result()
        assert delivery.result().mails == len(posted.mails)


def steps_of(follower: Follower, chance: Random) -> int:
    """How long a life may be: one that waits for something new has five steps for sure, the others have any number."""
    return chance.randint(1, 5 if follower.way == "wait" else 14)


def live(follower: Follower, perpage: int, steps: int) -> None:
    follower.start(perpage)
    follower.kill_after(steps)


def change_something(up: Running, turn: int) -> None:
    """Report a test of the newest revision, and change the state of its first patch."""
    path = "projects/demo/events/?name=series-new-revision&perpage=1"
    (event,) = eventually(lambda: up.get_json(path)["results"])
    revision = f"series/{event['series']}/revisions/{event['parameters']['revision']}/"
    (patch, *_) = up.get_json(revision)["patches"]
    send(up, "POST", f"{revision}test-results/", CI_SECRET, f'{{"test_name": "ci.{turn}", "state": "success"}}')
    send(up, "PATCH", f"patches/{patch}/", SECRET, f'{{"state": "{STATES[turn % len(STATES)]}"}}')


def send(up: Running, method: str, path: str, secret: str, body: str) -> None:
    connection = HTTPConnection(*up.http, timeout=60)
    headers = {"Authorization": f"Token {secret}", "Content-Type": "application/json"}
    try:
        connection.request(method, f"/api/1.0/{path}", body, headers)
        response = connection.getresponse()
        answer = response.read()
    finally:
        connection.close()
    assert response.status in (200, 201), (response.status, answer)


def end_together(up: Running, followers: list[Follower], turn: int) -> None:
    """Make one more event, behind all others, and wait until each client has it."""
    change_something(up, turn)
    last = up.get_json("projects/demo/events/?perpage=1")["results"][0]["id"]
    for follower in followers:
        eventually(partial(follower.has, last))


def compare(up: Running, posted: Posted, followers: list[Follower], kills: int) -> None:
    """Each list is what the API lists, and that is what the mails and writes should make."""
    for follower in followers:
        listed = all_events(up, f"&name={follower.names}" if follower.names else "")
        events = follower.events()
        assert len({event["event_time"] for event in events}) == len(events), "nothing twice"
        assert events == listed, follower.file.name
    names = {series["id"]: series["name"] for series in all_pages(up, "projects/demo/series/?perpage=100")}
    announced = [names[event["series"]] for event in listed if event["name"] == "series-new-revision"]
    assert sorted(announced) == sorted(posted.series), "every complete series once"
    kinds = Counter(event["name"] for event in listed)
    assert (kinds["patch-new"], kinds["comment-new"], kinds["pull-request-new"]) == (
        posted.patches,
        posted.comments,
        posted.pulls,
    )
    assert kinds["test-result"] == kinds["patch-state-change"] >= kills
    assert max(Counter(event["event_time"][:23] for event in listed).values()) > 1, "many came in one millisecond"


def all_events(up: Running, names: str) -> list[dict[str, Any]]:
    return list(all_pages(up, f"projects/demo/events/?ordering=event_time&perpage=100{names}"))


def all_pages(up: Running, path: str) -> Iterator[dict[str, Any]]:
    following: str | None = path
    while following is not None:
        page = up.get_json(following)
        yield from page["results"]
        following = page["next"].partition("/api/1.0/")[2] if page["next"] else None
