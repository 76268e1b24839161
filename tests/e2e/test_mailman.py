"""A real Mailman 3 sends what is posted to a list to us, as to any member, and it arrives as it was posted."""

import json
import os
import smtplib
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from tests.e2e.am.git import git
from tests.e2e.running import PATIENCE_SECONDS, Running, eventually, patchlog, running
from tests.e2e.test_postfix import mails

SCRIPT = Path(__file__).resolve().parents[2] / "deploy/mailman/local-mailman"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "patchlog"
LIST, LIST_ID = "patches@lists.example.org", "patches.lists.example.org"
MEMBER = "lists@patchlog.example.org"
DIFF = b"""\
diff --git a/x b/x
new file mode 100644
index 0000000..9daeafb
--- /dev/null
+++ b/x
@@ -0,0 +1 @@
+test
--\x20
2.39.5
"""


class Mailman:
    """A Mailman that was started, by where it says that it answers."""

    def __init__(self, place: dict[str, str]) -> None:
        self._rest = place["rest"]
        self._lmtp = place["lmtp"].rpartition(":")
        self._login = b64encode(f"{place['user']}:{place['password']}".encode()).decode()

    def ask(self, method: str, path: str, **fields: str) -> None:
        request = Request(self._rest + path, urlencode(fields).encode(), method=method)
        request.add_header("Authorization", f"Basic {self._login}")
        urlopen(request, timeout=PATIENCE_SECONDS).close()

    def post(self, mail: bytes) -> None:
        """Hand over a mail to the list, as the mail server in front of Mailman does."""
        with smtplib.LMTP(self._lmtp[0], int(self._lmtp[2])) as door:
            assert door.sendmail("ann@example.org", [LIST], mail) == {}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not list(CACHE.glob("mailman-*/installed")):
        pytest.skip("Mailman was not fetched (deploy/mailman/local-mailman fetch)")
    data = tmp_path_factory.mktemp("mailman") / "data"
    with running(data) as up:
        named = ("demo", "--name=Demo", f"--listid={LIST_ID}", f"--listemail={LIST}")
        assert patchlog("project", "add", *named, data=data).returncode == 0
        yield up


@pytest.fixture(scope="module")
def mailman(up: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailman]:
    folder = tmp_path_factory.mktemp("core")
    where = f"{up.smtp[0]}:{up.smtp[1]}"
    try:
        started = subprocess.run(
            [SCRIPT, "start", "--data", folder, "--deliver-to", where], capture_output=True, text=True, check=False
        )
        assert started.returncode == 0, started.stderr
        found = Mailman(json.loads(started.stdout))
        found.ask("POST", "domains", mail_host=LIST.partition("@")[2])
        found.ask("POST", "lists", fqdn_listname=LIST)
        found.ask("PATCH", f"lists/{LIST_ID}/config", default_nonmember_action="accept", digests_enabled="false")
        sure = {"pre_verified": "true", "pre_confirmed": "true", "pre_approved": "true"}
        found.ask("POST", "members", list_id=LIST_ID, subscriber=MEMBER, send_welcome_message="false", **sure)
        yield found
    finally:
        subprocess.run([SCRIPT, "stop", "--data", folder], check=True, capture_output=True)


def patch(number: int, total: int, body: bytes = DIFF) -> bytes:
    fields = [
        "From: Ann Author <ann@example.org>",
        f"To: {LIST}",
        f"Message-ID: <{number}-of-{total}@example.org>",
        *([f"In-Reply-To: <1-of-{total}@example.org>"] if number > 1 else []),
        f"Date: Mon, 2 Mar 2026 11:59:0{number} +0000",
        f"Subject: [PATCH {number}/{total}] x: step {number}",
    ]
    head = "\n".join(fields) + "\n\nSay why.\n\nSigned-off-by: Ann Author <ann@example.org>\n---\n x | 1 +\n\n"
    return (head.encode() + body).replace(b"\n", b"\r\n")


def series(up: Running) -> int | None:
    """The one series, when all of its patches are there."""
    found = up.get_json("projects/demo/series/")["results"]
    return found[0]["id"] if found and len(revision(up, found[0]["id"])["patches"]) == 2 else None


def revision(up: Running, series_id: int) -> Any:
    return up.get_json(f"series/{series_id}/revisions/1/")


def test_a_series_that_is_posted_to_the_list_is_shown_and_applies(
    up: Running, mailman: Mailman, tmp_path: Path
) -> None:
    mailman.post(patch(2, 2, DIFF.replace(b"x", b"y")))
    mailman.post(patch(1, 2))
    series_id = eventually(lambda: series(up))
    (tmp_path / "series.mbox").write_bytes(up.get(f"series/{series_id}/revisions/1/mbox/"))
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "am", "--quiet", "series.mbox")
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes() == b"test\n"
    said = git(tmp_path, "log", "--reverse", "--format=%an <%ae> %s").decode().splitlines()
    assert said == ["Ann Author <ann@example.org> x: step 1", "Ann Author <ann@example.org> x: step 2"]
    for mail in mails(up):
        assert b64decode(mail["raw"]).endswith(b"+test\r\n-- \r\n2.39.5\r\n")  # and no footer
