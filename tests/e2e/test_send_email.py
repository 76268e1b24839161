"""A real series, sent by `git send-email` to a running `patchlog up`, comes back by `git am` as what was sent."""

import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import COMBINATIONS, make_data_directory
from tests.e2e.accounts import caught_up
from tests.e2e.am.git import git
from tests.e2e.running import Running, eventually, patchlog, running
from tests.e2e.sending import LIST, PATCHES, applied, make_repository, need_git_send_email, send

DETAILS = "--format=%T%x00%an%x00%ae%x00%ad%x00%B%x01"
UNCHANGED = "--format=%T%x00%an%x00%ae"
"""The date is that of the sending; the message of one patch ends where `git am` ends it."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_git_send_email()
    return make_repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="module", params=COMBINATIONS)
def up(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Running]:
    """A `patchlog up` with the project demo, to which the series was sent."""
    log, database = request.param
    with running(make_data_directory(database, tmp_path_factory.mktemp("up"), request, log=log)) as started:
        names = ("--name=Demo", "--listid=demo.example.org", f"--listemail={LIST}")
        assert patchlog("project", "add", "demo", *names, data=started.data).returncode == 0
        send(repository, started)
        yield started


@pytest.fixture(scope="module")
def event(up: Running) -> Any:
    """The one event that the feed has about it."""
    feed = eventually(lambda: up.get_json("projects/demo/events/?name=series-new-revision")["results"])
    assert len(feed) == 1
    return feed[0]


def test_the_series_is_shown_as_it_was_sent(up: Running, event: Any) -> None:
    series = up.get_json(f"series/{event['series']}/")
    assert (series["name"], series["n_patches"], series["version"]) == ("five things", PATCHES, 1)
    assert event["parameters"]["revision"] == 1
    revision = up.get_json(f"series/{event['series']}/revisions/1/")
    names = [up.get_json(f"patches/{patch}/")["name"] for patch in revision["patches"]]
    assert names == [
        "[1/5] a: say two twice",
        "[2/5] add a picture",
        "[3/5] b: grüße",
        "[4/5] From here to there",
        "[5/5] rename a file",
    ]
    assert "\n\nPlease.\n\n" in revision["cover_letter"]


def test_git_am_makes_of_the_revision_what_it_makes_of_the_mails(
    up: Running, event: Any, repository: Path, tmp_path: Path
) -> None:
    served = applied(repository, tmp_path / "served", up.get(f"series/{event['series']}/revisions/1/mbox/"))
    sent = applied(repository, tmp_path / "sent", mails_on_the_log(up))
    assert git(served, "log", DETAILS, "base..") == git(sent, "log", DETAILS, "base..")
    assert git(served, "log", UNCHANGED, "base..") == git(repository, "log", UNCHANGED, "base..main")


def test_status_accounts_for_every_mail(up: Running, event: Any) -> None:
    status = eventually(lambda: caught_up(up))
    assert status["mails"] == {"cover": 1, "patch": PATCHES}
    assert (status["duplicates"], status["dead_letters"]) == (0, {})


def test_a_replay_shows_the_same(up: Running, event: Any) -> None:
    eventually(lambda: caught_up(up))
    lists = [f"projects/demo/{name}/" for name in ("events", "series", "patches")]
    paths = [*lists, f"series/{event['series']}/revisions/1/mbox/"]
    before = [up.get(path) for path in paths]
    replayed = patchlog("replay", data=up.data)
    assert (replayed.returncode, "is live" in replayed.stdout) == (0, True), replayed
    assert [up.get(path) for path in paths] == before


def mails_on_the_log(up: Running) -> bytes:
    """The patches byte for byte as they were received, as an mbox."""
    printed = patchlog("log", "cat", "--json", "--raw", data=up.data).stdout
    records = [json.loads(line) for line in printed.splitlines()]
    mails = [b64decode(record["raw"]) for record in records if record["type"] == "mail.received"]
    assert len(mails) == PATCHES + 1
    return b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail.replace(b"\r\n", b"\n") for mail in mails[1:])
