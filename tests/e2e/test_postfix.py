"""A real Postfix relays what `git send-email` sends to a running receiver, and keeps what it does not take."""

import json
import smtplib
import sqlite3
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bench.postfix import Postfix
from tests.e2e.am.git import git
from tests.e2e.postfix import DOMAIN, postfix
from tests.e2e.running import Running, eventually, patchlog, running
from tests.e2e.sending import PATCHES, make_repository, need_git_send_email
from tests.ingest.smtp.certificates import make_certificate

pytestmark = pytest.mark.xdist_group("postfix")
LIST = f"demo@{DOMAIN}"


class Relayed(NamedTuple):
    """A receiver, and a Postfix in front of it."""

    up: Running
    postfix: Postfix


Transport = Callable[[Running, Path], str]
WAYS: dict[str, Transport] = {
    "smtp": lambda up, socket: f"smtp:[127.0.0.1]:{up.smtp[1]}",
    "smtp with tls": lambda up, socket: f"smtp:[127.0.0.1]:{up.smtp[1]}",
    "lmtp": lambda up, socket: f"patchlog:unix:{socket}",
}


@pytest.fixture(scope="module", params=list(WAYS))
def relayed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relayed]:
    data = tmp_path_factory.mktemp("relayed") / "data"
    data.mkdir()
    certificate = make_certificate(data / "mx.pem")
    place = Path(f"/tmp/patchlog-{tmp_path_factory.getbasetemp().name}-{data.parent.name}-{id(request)}.lmtp")
    settings = {"lmtp": str(place), "lmtp_mode": "666", "smtp_certificate": str(certificate)}
    (data / "patchlog.toml").write_text("".join(f"{name} = {json.dumps(text)}\n" for name, text in settings.items()))
    with running(data) as up:
        names = ("--name=Demo", "--listid=demo.example.org", f"--listemail={LIST}")
        assert patchlog("project", "add", "demo", *names, data=data).returncode == 0
        tls = "encrypt" if request.param == "smtp with tls" else "none"
        with postfix(WAYS[request.param](up, place), tls) as server:
            yield Relayed(up, server)


def mails(up: Running) -> list[Any]:
    """The mails on the log."""
    printed = patchlog("log", "cat", "--json", "--raw", data=up.data).stdout
    records = [json.loads(line) for line in printed.splitlines()]
    return [record for record in records if record["type"] == "mail.received"]


def with_subject(up: Running, subject: str) -> list[Any]:
    return [mail for mail in mails(up) if f"\r\nSubject: {subject}\r\n".encode() in b64decode(mail["raw"])]


def send(server: Postfix, subject: str, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=60) as client:
        text = f"From: a@example.org\r\nTo: {LIST}\r\nSubject: {subject}\r\n\r\n.\r\n..dots\r\nhello\r\n"
        assert client.sendmail("a@example.org", recipients, text) == {}


def test_a_series_by_git_send_email_is_shown_as_it_was_sent(relayed: Relayed, tmp_path: Path) -> None:
    need_git_send_email()
    repository = make_repository(tmp_path)
    server = ("--smtp-server=127.0.0.1", f"--smtp-server-port={relayed.postfix.port}", "--no-validate")
    addresses = ("--from=S. Ender <sender@example.org>", f"--to={LIST}", "--suppress-cc=all", "--confirm=never")
    git(repository, "send-email", "--quiet", *server, *addresses, "base..main")
    events = eventually(lambda: relayed.up.get_json("projects/demo/events/?name=series-new-revision")["results"])
    assert relayed.up.get_json(f"series/{events[0]['series']}/")["n_patches"] == PATCHES
    assert relayed.postfix.outcomes("deferred") == []
    (tmp_path / "again").mkdir()
    git(tmp_path, "clone", "-q", "--branch", "base", str(repository), "again/clone")
    git(tmp_path / "again/clone", "am", "-q", stdin=relayed.up.get(f"series/{events[0]['series']}/revisions/1/mbox/"))
    assert git(tmp_path / "again/clone", "log", "--format=%T %an", "base..") == git(
        repository, "log", "--format=%T %an", "base..main"
    )


def test_a_mail_for_two_recipients_is_one_record_and_both_are_told(relayed: Relayed) -> None:
    send(relayed.postfix, "to both", LIST, f"other@{DOMAIN}")
    (mail,) = eventually(lambda: with_subject(relayed.up, "to both"))
    assert sorted(mail["recipients"]) == [LIST, f"other@{DOMAIN}"]
    assert b"\r\n\r\n.\r\n..dots\r\nhello\r\n" in b64decode(mail["raw"])
    eventually(lambda: any(f"to=<other@{DOMAIN}>" in line for line in relayed.postfix.outcomes("sent")))


def test_what_cannot_be_written_is_kept_by_postfix_and_delivered_afterwards_once(relayed: Relayed) -> None:
    holder = sqlite3.connect(relayed.up.data / "log.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    send(relayed.postfix, "held up", LIST)
    (kept,) = eventually(lambda: relayed.postfix.outcomes("deferred"))
    assert "451 4.3.0 Log" in kept
    assert json.loads(relayed.postfix.queue())["recipients"][0]["address"] == LIST
    holder.execute("ROLLBACK")
    holder.close()
    assert with_subject(relayed.up, "held up") == []
    relayed.postfix.try_again()
    eventually(lambda: relayed.postfix.queue() == "")
    assert len(with_subject(relayed.up, "held up")) == 1
    assert relayed.postfix.outcomes("bounced") == []
