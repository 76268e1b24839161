"""Malformed and awkward mails, all of them, go through SMTP, the log, the projector and the API, and nothing breaks."""

import http.client
import json
import re
import socket
import tarfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ingest.log import Log, open_log
from ingest.receipt import PARSED_MAX_BYTES
from schemas.records import MailReceived, Record
from tests.databases import DATABASES, make_data_directory
from tests.e2e.running import PATIENCE_SECONDS, Running, eventually, patchlog, running

LIST = "hostile@example.org"
NO_MEMORY = b"451 4.3.1 Too much mail at once, try again later\r\n"
CLIENTS = 8
"""Connections that send at the same time: what they send is made durable together."""
LINE_END = re.compile(rb"\r?\n")

Get = Callable[[str], tuple[int, bytes]]


@pytest.fixture(scope="module")
def mails(real_mail: Path) -> list[bytes]:
    """Each mail twice: with CRLF, as a client sends it, and with whatever line ends it has."""
    archive = real_mail / "hostile/hostile.tar.xz"
    if not archive.is_file():
        pytest.skip("the hostile mail is not here (../shared/mail/hostile)")
    with tarfile.open(archive) as tar:
        members = [member for member in tar.getmembers() if member.isfile()]
        raws = [file.read() for member in members if (file := tar.extractfile(member)) is not None]
    assert len(raws) > 700
    return [as_sent(form) for raw in raws for form in (LINE_END.sub(b"\r\n", raw), raw)]


@pytest.fixture(scope="module", params=DATABASES)
def up(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, mails: list[bytes]
) -> Iterator[Running]:
    """A `patchlog up` that has folded all of them; they find their project by the recipient."""
    with running(make_data_directory(request.param, tmp_path_factory.mktemp("up"), request)) as started:
        names = ("--name=Hostile", "--listid=hostile.example.org", f"--listemail={LIST}")
        assert patchlog("project", "add", "hostile", *names, data=started.data).returncode == 0
        with ThreadPoolExecutor(CLIENTS) as pool:
            sent = pool.map(lambda client: send(started, mails[client::CLIENTS]), range(CLIENTS))
            answers = [answer for answered in sent for answer in answered]
        assert len(answers) == len(mails)
        assert [answer for answer in answers if not answer.startswith(b"250 ")] == []
        eventually(lambda: status(started)["lag"] == 0)
        yield started


@pytest.fixture(scope="module")
def get(up: Running) -> Iterator[Get]:
    """Ask on one connection, and give the status and the body."""
    connection = http.client.HTTPConnection(*up.http, timeout=PATIENCE_SECONDS)

    def ask(path: str) -> tuple[int, bytes]:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()

    yield ask
    connection.close()


def as_sent(raw: bytes) -> bytes:
    """A mail ends with a line end: SMTP has no other way to say where it ends (RFC 5321 section 4.1.1.4)."""
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def send(up: Running, mails: list[bytes]) -> list[bytes]:
    """Send mails on one connection, and give what was answered to each.

    One that is deferred, as several large ones at the same time may be, comes again after the others, as a mail server
    does it.
    """
    with socket.create_connection(up.smtp, timeout=PATIENCE_SECONDS) as connection, connection.makefile("rb") as lines:

        def say(text: bytes) -> bytes:
            connection.sendall(text)
            while True:
                line = lines.readline()
                if line[3:4] != b"-":
                    return line

        assert lines.readline().startswith(b"220 ")
        assert say(b"EHLO client.example.org\r\n").startswith(b"250 ")
        envelope = b"MAIL FROM:<>\r\n", b"RCPT TO:<" + LIST.encode() + b">\r\n", b"DATA\r\n"
        answers = []
        waiting = deque(mails)
        while waiting:
            mail = waiting.popleft()
            assert [say(line)[:3] for line in envelope] == [b"250", b"250", b"354"]
            dots_doubled = (b"\r\n" + mail).replace(b"\r\n.", b"\r\n..")[2:]
            answer = say(dots_doubled + b".\r\n")
            if answer == NO_MEMORY:
                waiting.append(mail)
            else:
                answers.append(answer)
        assert say(b"QUIT\r\n").startswith(b"221 ")
        return answers


def records(log: Log) -> Iterator[Record]:
    last = 0
    while found := log.read(last):
        yield from found
        last = found[-1].id


def status(up: Running) -> Any:
    return json.loads(patchlog("status", "--json", data=up.data).stdout)


def listed(get: Get, path: str) -> list[Any]:
    """All resources of a list, page after page."""
    found: list[Any] = []
    page = 1
    while True:
        code, body = get(f"/api/1.0/{path}?perpage=100&page={page}")
        assert code == 200, (path, page, body)
        document = json.loads(body)
        found += document["results"]
        if document["next"] is None:
            assert len(found) == document["count"]
            return found
        page += 1


def test_hostile_mail_goes_through_every_door_and_nothing_breaks(up: Running, get: Get, mails: list[bytes]) -> None:
    """One test, so that the mails are sent once however the tests are shared out among processes."""
    every_mail_is_on_the_log_byte_for_byte(up, mails)
    every_mail_is_accounted_for(up, mails)
    every_patch_and_series_answers_in_every_shape(get)
    every_mbox_of_a_patch_is_ascii(get)
    every_message_id_answers_without_a_fault(get, mails)
    no_part_complained_or_ended(up)


def every_mail_is_on_the_log_byte_for_byte(up: Running, mails: list[bytes]) -> None:
    log = open_log(f"sqlite:///{up.data}/log.db")
    try:
        facts = [record.fact for record in records(log)]
    finally:
        log.close()
    received = [fact for fact in facts if isinstance(fact, MailReceived)]
    assert len(received) == len(mails)
    assert sorted(fact.raw for fact in received) == sorted(mails)
    small = [fact for fact in received if len(fact.raw) <= PARSED_MAX_BYTES]
    assert [fact.raw[:80] for fact in small if fact.parsed is None] == []


def every_mail_is_accounted_for(up: Running, mails: list[bytes]) -> None:
    said = status(up)
    assert sum(said["mails"].values()) + said["duplicates"] + said["copies"] == len(mails)
    assert said["dead_letters"] == {}
    assert said["mails"]["patch"] > 100


def every_patch_and_series_answers_in_every_shape(get: Get) -> None:
    paths = []
    for patch in listed(get, "projects/hostile/patches/"):
        detail = f"/api/1.0/patches/{patch['id']}/"
        paths += [detail, f"{detail}mbox/", f"{detail}test-results/", f"/patch/{patch['id']}/"]
    for series in listed(get, "projects/hostile/series/"):
        detail = f"/api/1.0/series/{series['id']}/"
        paths += [detail, f"{detail}revisions/", f"/series/{series['id']}/"]
        for version in range(1, series["version"] + 1):
            revision = f"{detail}revisions/{version}/"
            paths += [revision, f"{revision}mbox/", f"{revision}test-results/"]
    listed(get, "projects/hostile/events/")
    assert len(paths) > 500
    answers = {path: get(path)[0] for path in ["/", "/project/hostile/series/", *paths]}
    assert {path: code for path, code in answers.items() if code != 200} == {}


def every_mbox_of_a_patch_is_ascii(get: Get) -> None:
    patches = listed(get, "projects/hostile/patches/")
    mboxes = {patch["id"]: get(f"/api/1.0/patches/{patch['id']}/mbox/")[1] for patch in patches}
    assert [id for id, mbox in mboxes.items() if not mbox.isascii() or not mbox.startswith(b"From ")] == []


def every_message_id_answers_without_a_fault(get: Get, mails: list[bytes]) -> None:
    names = {name for mail in mails for name in re.findall(rb"(?im)^message-id:\s*<([^<>\r\n]+)>", mail)}
    assert len(names) > 500
    codes = {name: get(f"/patch/msgid/{quoted(name)}/")[0] for name in sorted(names)}
    assert {name: code for name, code in codes.items() if code not in (200, 301, 302, 303, 307, 308, 404)} == {}
    assert sum(code != 404 for code in codes.values()) > 50


def no_part_complained_or_ended(up: Running) -> None:
    said = up.stderr.read_text()
    assert [
        line for line in said.splitlines() if "Traceback" in line or "exited:" in line or "not parsed" in line
    ] == []


def quoted(name: bytes) -> str:
    return "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in name)
