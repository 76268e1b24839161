"""A real series, sent by `git send-email` to a running `patchlog up`, comes back by `git am` as what was sent."""

import json
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.am.git import git
from tests.e2e.running import Running, eventually, patchlog, running

LIST = "demo@example.org"
PATCHES = 5
DETAILS = "--format=%T%x00%an%x00%ae%x00%ad%x00%B%x01"
UNCHANGED = "--format=%T%x00%an%x00%ae"
"""The date is that of the sending; the message of one patch ends where `git am` ends it."""


@pytest.fixture(scope="module", autouse=True)
def _git_send_email() -> None:
    folder = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=False).stdout.strip()
    if shutil.which("git-send-email", path=folder) is None:
        pytest.skip("git send-email is not installed (deploy/install-test-tools)")


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base commit with the tag `base`, and five commits on top of it."""
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "-q", "-b", "main")
    author, friend = "A. Author <a@example.org>", "Zoë Müller-Łódź <zoe@example.org>"
    commit(folder, "begin", author, {"a.txt": b"one\ntwo\nthree\n", "old name.txt": b"kept\n" * 20})
    git(folder, "tag", "base")
    commit(folder, "a: say two twice\n\nOnce is not enough.", author, {"a.txt": b"one\ntwo\ntwo\nthree\n"})
    commit(folder, "add a picture", author, {"picture.png": bytes(range(256)) * 8})
    commit(folder, "b: grüße\n\nÄpfel, Öl und Übel.", friend, {"b.txt": "grüße\n".encode()})
    lines = b"From me to you\n.\n..\n>From\n" + b"x" * 1500 + b"\n"
    commit(folder, "From here to there\n\n---\nis a separator in a mail", author, {"c.txt": lines})
    git(folder, "mv", "old name.txt", "new name.txt")
    commit(folder, "rename a file", author, {"d.txt": b"no line end"})
    return folder


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Running]:
    """A `patchlog up` with the project demo, to which the series was sent."""
    with running(tmp_path_factory.mktemp("up") / "data") as started:
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


def commit(folder: Path, message: str, author: str, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", f"--author={author}", "-F", "-", stdin=message.encode())


def send(repository: Path, up: Running) -> None:
    """Make the mails with a cover letter, and send them."""
    out = repository.parent / f"{repository.name}-out"
    git(repository, "format-patch", "-q", "--cover-letter", "-M", "-o", str(out), "base..main")
    cover = out / "0000-cover-letter.patch"
    text = cover.read_text().replace("*** SUBJECT HERE ***", "five things").replace("*** BLURB HERE ***", "Please.")
    cover.write_text(text)
    host, port = up.smtp
    server = (f"--smtp-server={host}", f"--smtp-server-port={port}", "--no-validate", "--confirm=never")
    addresses = ("--from=S. Ender <sender@example.org>", f"--to={LIST}", "--suppress-cc=all")
    git(repository, "send-email", "--quiet", *server, *addresses, str(out))


def applied(repository: Path, work: Path, mailbox: bytes) -> Path:
    """A clone at `base` upon which `git am` put the mails."""
    git(work.parent, "clone", "-q", "--branch", "base", str(repository), work.name)
    git(work, "am", "-q", stdin=mailbox)
    return work


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


def caught_up(up: Running) -> Any:
    status = json.loads(patchlog("status", "--json", data=up.data).stdout)
    return status if status["lag"] == 0 else None


def mails_on_the_log(up: Running) -> bytes:
    """The patches byte for byte as they were received, as an mbox."""
    printed = patchlog("log", "cat", "--raw", data=up.data).stdout
    records = [json.loads(line) for line in printed.splitlines()]
    mails = [b64decode(record["raw"]) for record in records if record["type"] == "mail.received"]
    assert len(mails) == PATCHES + 1
    return b"".join(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail.replace(b"\r\n", b"\n") for mail in mails[1:])
