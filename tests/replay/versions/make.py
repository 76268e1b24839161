"""Makes what a released version wrote, for the tests of later ones: see README.md beside this file.

Run it in a checkout of the version: the code that writes, and `tests`, are that version's own.
"""

import json
import lzma
import os
import re
import smtplib
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.log import open_log
from projector.readmodel.generations import ReadModels
from schemas.records import ClockAdvanced, MailReceived
from tests.projector.fold.mailing import answer, mail, series
from tests.replay.everything import PULL, Telling, tell_everything
from tests.replay.test_same_answers import follow

DEMO = "projects/demo/"
KINDS = "series-new-revision,patch-state-change,pull-request-new,patch-new,comment-new,test-result,series-merged"
EVENT_FIELDS = ("id", "name", "event_time", "series", "patch", "user", "parameters")
SERIES_FIELDS = ("id", "name", "version", "n_patches", "state", "state_summary", "test_state", "submitted", "reviewer")
PATCH_FIELDS = ("id", "name", "state", "msgid", "date", "pull_url")
PATIENCE_SECONDS = 60


def main(folder: Path) -> None:
    """Write FOLDER/data.tar.xz and FOLDER/shown.json."""
    with tempfile.TemporaryDirectory() as place:
        moved, data = Path(place) / "moved", Path(place) / "data"
        tell_what_is_of_the_log_alone(moved)
        carry(moved, data)
        shown = live(data)
        pack(folder / "data.tar.xz", moved, data)
    (folder / "shown.json").write_text(json.dumps(shown, indent=1, sort_keys=True) + "\n")


def tell_what_is_of_the_log_alone(data: Path) -> None:
    """A log with all that the version's own tests of replays tell, and the end of a wait."""
    data.mkdir()
    log, models = open_log(f"sqlite:///{data}/log.db"), ReadModels(f"sqlite:///{data}/readmodel.db")
    tell_everything(Telling(log, lambda: follow(log, models)))
    log.append([ClockAdvanced(until=datetime(2026, 3, 3, tzinfo=UTC) + timedelta(days=365))])
    follow(log, models)
    log.close()


def carry(moved: Path, data: Path) -> None:
    """Move the log, which closes it, and make the log that is used from now on of an export of the moved one."""
    copied = moved.parent / "copied"
    for one in (copied, data):
        one.mkdir()
    patchlog("log", "copy", f"sqlite:///{moved}/log.db", f"sqlite:///{copied}/log.db", data=copied)
    export = moved.parent / "log.zst"
    patchlog("log", "export", str(export), data=copied)
    patchlog("log", "import", str(export), data=data)
    patchlog("replay", data=data)


def live(data: Path) -> dict[str, Any]:
    """Run everything: mail by SMTP, an import, people, writes over HTTP, a link, redactions; gives what is shown."""
    with running(data) as (smtp, ask):
        maintainer, secret = make_maintainer(data)
        send(smtp, [*series("w", 2, name="old: a whole series", minute=90_000, patch_names=["old: one", "old: two"])])
        wait_for(lambda: find_series(ask, "old: a whole series"))
        send(smtp, mails_behind())
        found = wait_for(lambda: find_series(ask, "old: a whole series", version=2))
        import_some(data, data.parent)
        wait_for(lambda: find_series(ask, "old: by an archive"))
        write(ask, found["id"], maintainer, secret)
        correct(data, ask)
        for id in ("w-pull", "w-secret"):
            patchlog("redact", f"{id}@example.org", "--reason", "was asked for", data=data)
        wait_for(lambda: (patchlog("status", "--json", data=data) or {})["lag"] == 0)
        patchlog("log", "verify", data=data)
        return what_is_shown(ask)


def mails_behind() -> list[MailReceived]:
    """A reroll, an answer to it, a pull request and a patch whose words go, and two that an operator links."""
    return [
        *series(
            "v", 2, name="old: a whole series", marker="v2", minute=90_300, patch_names=["old: one", "old: two"],
            answers="w-0",
        ),
        answer("v-r", ("w-0", "v-0", "v-1"), minute=90_400, body="Reviewed-by: Otto Other <otto@example.org>\n"),
        mail("[GIT PULL] old: pull", "w-pull", minute=90_500, body=PULL, has_diff=False),
        mail("[PATCH] old: secret words", "w-secret", minute=90_600, path="secret.c"),
        mail("[PATCH] old: one that is linked", "w-link", minute=90_800, path="linked.c"),
        mail("[PATCH] old: quite another name", "v-link", minute=90_900, path="other.c"),
    ]  # fmt: skip


def make_maintainer(data: Path) -> tuple[int, str]:
    """A user with a token; gives the user's id and the token's secret."""
    who = ("olga", "--email", "olga@example.org", "--maintainer-of", "demo", "--json")
    added = patchlog("user", "add", *who, data=data)
    command = [*COMMAND, "token", "issue", "olga", "--project", "demo", "--data", str(data)]
    return added["record"], subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]


def import_some(data: Path, place: Path) -> None:
    """Import an mbox of a series that names no list."""
    mails = series("arc", 1, name="old: by an archive", minute=91_000, patch_names=["old: archived"])
    lines = [b"From ada@example.org Mon May  4 14:00:00 2026\n" + _raw(fact) + b"\n" for fact in mails]
    (place / "demo.mbox").write_bytes(b"".join(lines).replace(b"List-Id: <demo.example.org>\n", b""))
    patchlog("import", str(place / "demo.mbox"), "--list-id", "demo.example.org", data=data)


def write(ask: Callable[..., Any], id: int, reviewer: int, secret: str) -> None:
    """A result and a state that a token may set, and a reviewer, by the API."""
    revision = ask(f"series/{id}/revisions/2/")
    patch = revision["patches"][0]
    result = {"test_name": "old.build", "state": "success", "url": "https://ci.example.org/1", "summary": "built"}
    ask(f"series/{id}/revisions/2/test-results/", result, secret=secret)
    ask(f"patches/{patch}/", {"state": "accepted"}, secret=secret, method="PATCH")
    ask(f"series/{id}/", {"reviewer": reviewer}, secret=secret, method="PATCH")


def correct(data: Path, ask: Callable[..., Any]) -> None:
    """Link a patch to another, of which no rule makes it a reroll."""
    last, first = (
        wait_for(lambda name=name: find_series(ask, name))["id"]
        for name in ("old: quite another name", "old: one that is linked")
    )
    patchlog("series", "link", f"{last}/1", str(first), "--reason", "renamed", data=data)


def what_is_shown(ask: Callable[..., Any]) -> dict[str, Any]:
    """What later versions have to show: the feeds with their ids, and the series of the mails that were sent here."""
    projects = [project["linkname"] for project in ask("projects/")["results"]]
    feeds = {name: [pick(event, EVENT_FIELDS) for event in all_events(ask, name)] for name in projects}
    all_series = [one for one in ask(f"{DEMO}series/?perpage=100")["results"] if one["name"].startswith("old: ")]
    return {
        "events": feeds,
        "series": [{**pick(one, SERIES_FIELDS), "revisions": revisions(ask, one["id"])} for one in all_series],
    }


def all_events(ask: Callable[[str], Any], linkname: str) -> list[dict[str, Any]]:
    """Every event of a project of every kind, the oldest first."""
    found: list[dict[str, Any]] = ask(f"projects/{linkname}/events/?after=0&perpage=100&name={KINDS}")["results"]
    assert len(found) < 100, "expected all in one page"
    return found


def revisions(ask: Callable[..., Any], id: int) -> list[dict[str, Any]]:
    """Each revision's version, its patches, and its results by name."""
    return [
        {
            "version": one["version"],
            "patches": [pick(ask(f"patches/{patch}/"), PATCH_FIELDS) for patch in one["patches"]],
            "results": {
                result["test_name"]: result["state"]
                for result in ask(f"series/{id}/revisions/{one['version']}/test-results/")
            },
        }
        for one in ask(f"series/{id}/revisions/?perpage=100")["results"]
    ]


def pick(document: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    return {name: document[name] for name in fields if name in document}


def pack(path: Path, *folders: Path) -> None:
    """Pack the files of the folders, without what only a running program needs."""
    with lzma.open(path, "wb", preset=9 | lzma.PRESET_EXTREME) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for file in sorted(one for folder in folders for one in folder.rglob("*")):
            if file.is_file() and file.name.startswith(("log.db", "readmodel.db")):
                tar.add(file, f"{file.parent.name}/{file.name}", filter=_nobodys)


def _nobodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member


COMMAND = (sys.executable, "-m", "patchlog")


def patchlog(*arguments: str, data: Path) -> Any:
    """Run a command to its end; gives what it printed as JSON, where that is what it printed."""
    done = subprocess.run([*COMMAND, *arguments, "--data", str(data)], capture_output=True, text=True)
    assert done.returncode == 0 or arguments[0] == "status", (arguments, done.stdout, done.stderr)
    return json.loads(done.stdout) if "--json" in arguments else None


@contextmanager
def running(data: Path) -> Iterator[tuple[tuple[str, int], Callable[..., Any]]]:
    """A `patchlog up`, by its SMTP address and a function that asks its API."""
    command = [*COMMAND, "up", "--data", str(data), "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    ready = re.search(r"SMTP on (\S+):(\d+), .*(http://[^ ,]+/api/1\.0/)", process.stdout.readline())
    assert ready is not None
    base = ready[3]

    def ask(path: str, document: object = None, *, secret: str = "", method: str = "") -> Any:
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(base + path, body, method=method or ("POST" if body else "GET"))
        request.add_header("Content-Type", "application/json")
        if secret:
            request.add_header("Authorization", f"Token {secret}")
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.loads(answer.read() or b"null")

    try:
        yield (ready[1], int(ready[2])), ask
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def send(smtp: tuple[str, int], mails: Sequence[Any]) -> None:
    with smtplib.SMTP(*smtp, timeout=PATIENCE_SECONDS) as client:
        for fact in mails:
            client.sendmail("ada@example.org", ["demo@example.org"], _raw(fact))


def _raw(fact: Any) -> bytes:
    assert isinstance(fact, MailReceived)
    return fact.raw


def find_series(ask: Callable[..., Any], name: str, version: int = 1) -> Any:
    """The series of this name with so many complete revisions, or None."""
    for one in ask(f"{DEMO}series/?perpage=100")["results"]:
        if one["name"] == name and one["version"] >= version and one["state"] != "incomplete":
            return one
    return None


def wait_for(ask: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE_SECONDS
    while not (found := ask()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
    return found


if __name__ == "__main__":
    os.environ.pop("PATCHLOG_DATA", None)
    main(Path(sys.argv[1]).resolve())
