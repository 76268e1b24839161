"""Every process stays below the limit that docker-compose.yml gives it, with the largest mails that are taken."""

import http.client
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from ingest.log import open_log
from schemas.records import MailReceived
from schemas.settings import Settings
from tests.e2e.accounts import caught_up
from tests.e2e.memory import MIB, limit_of, watched
from tests.e2e.running import PATIENCE_SECONDS, Running, eventually, patchlog, running
from tests.ingest.smtp.dialogue import Client

SIZE_BYTES = Settings().max_mail_bytes
CLIENTS, EACH = 2, 5
UNREAD = 4
HEAD = (
    b"From: Ada <ada@example.org>\r\nSubject: %b\r\nMessage-ID: <%d@example.org>\r\nList-Id: <large.example.org>\r\n"
    b"%bDate: Mon, 2 Mar 2026 11:%02d:00 +0000\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=%b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
)
DIFF = b"It is large.\r\n---\r\n\r\ndiff --git a/x b/x\r\n--- /dev/null\r\n+++ b/x\r\n@@ -0,0 +1,%d @@\r\n"
Note = Callable[[str, object], None]


def large_mail(number: int, subject: bytes, charset: bytes, first: bytes, line: bytes | None) -> bytes:
    """A mail just below the limit: a text, and lines; None: of bytes that cannot be packed."""
    parent = b"In-Reply-To: <1@example.org>\r\n" if subject.startswith(b"Re:") else b""
    head = HEAD % (subject, number, parent, number, charset)
    room = SIZE_BYTES - len(head) - len(first) - 100
    if line is None:
        noise = os.urandom(room).translate(None, b"\r\n\0")
        lines = [b"+" + noise[at : at + 77] for at in range(0, len(noise) // 80 * 77, 77)]
    else:
        lines = [line] * (room // (len(line) + 2))
    text = first % len(lines) if b"%d" in first else first
    return head + text + b"\r\n".join(lines) + b"\r\n"


def large_mails() -> Iterator[bytes]:
    """Patches and answers that are dear in different ways: noise, wide characters, a diff in an answer, short lines."""
    wide = DIFF + "+\U0001f600\r\n".encode()
    yield large_mail(1, b"[PATCH 1/2] noise", b"iso-8859-1", DIFF, None)
    yield large_mail(2, b"[PATCH 2/2] wide", b"utf-8", wide, b"+" + b"x" * 60)
    yield large_mail(4, b"Re: [PATCH 1/2] noise", b"utf-8", wide, b"+" + b"x" * 60)
    yield large_mail(5, b"Re: [PATCH 1/2] noise", b"utf-8", b"", b"a b")


class Imported(NamedTuple):
    """A data directory with the largest mails, and the most bytes that their import took."""

    data: Path
    most_bytes: int


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Imported:
    folder = tmp_path_factory.mktemp("memory")
    data, archive = folder / "data", folder / "large"
    names = ("--name=Large", "--listid=large.example.org", "--listemail=large@example.org")
    assert patchlog("project", "add", "large", *names, data=data).returncode == 0
    archive.mkdir()
    for number, raw in enumerate(large_mails()):
        (archive / f"{number}.eml").write_bytes(raw)
    return Imported(data, most_of("import", archive, data=data))


def most_of(*arguments: str | Path, data: Path) -> int:
    """Run a command to its good end, and give the most bytes that it and its processes took."""
    command = [sys.executable, "-m", "patchlog", *map(str, arguments), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    with process, watched(process.pid) as seen:
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(PATIENCE_SECONDS) == 0, said
    return seen.most_bytes


@pytest.mark.xdist_group("large mails")
def test_import_and_replay_of_the_largest_mails(imported: Imported, record_property: Note) -> None:
    replayed = most_of("replay", data=imported.data)
    record_property("met", f"import {imported.most_bytes // MIB} MiB, replay {replayed // MIB} MiB at most")
    assert imported.most_bytes < limit_of("tools")
    assert replayed < min(limit_of("tools"), limit_of("projector"))


@pytest.mark.xdist_group("large mails")
def test_several_who_ask_for_lists_and_mailboxes_of_the_largest_mails_at_once(
    imported: Imported, record_property: Note
) -> None:
    with running(imported.data) as up:
        eventually(lambda: caught_up(up))
        series = up.get_json("series/")["results"][0]["id"]
        (first, *_) = up.get_json("patches/?perpage=1")["results"]
        paths = [
            "/api/1.0/patches/?related=expand",
            f"/api/1.0/patches/{first['id']}/",
            f"/api/1.0/series/{series}/revisions/1/?related=expand",
            f"/api/1.0/series/{series}/revisions/1/mbox/",
            f"/api/1.0/patches/{first['id']}/comments/",
            f"/patch/{first['id']}/",
        ]
        sizes: dict[str, set[int]] = {path: set() for path in paths}

        def read(path: str) -> None:
            connection = http.client.HTTPConnection(*up.http, timeout=PATIENCE_SECONDS)
            connection.request("GET", path)
            response = connection.getresponse()
            size = 0
            while piece := response.read(1 << 20):
                size += len(piece)
            sizes[path].add(size if response.status == 200 else -response.status)
            connection.close()

        with watched(up.parts()["api"]) as seen, unread(up, paths[0], UNREAD):
            readers = [threading.Thread(target=read, args=(path,), daemon=True) for path in paths * 2]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join(PATIENCE_SECONDS)
    record_property("met", f"{seen.most_bytes // MIB} MiB at most; {sizes}")
    assert seen.most_bytes < limit_of("api")
    assert all(len(found) == 1 and min(found) > 0 for found in sizes.values())
    assert min(*sizes[paths[0]], *sizes[paths[2]], *sizes[paths[3]], *sizes[paths[4]]) > 1.5 * SIZE_BYTES


@contextmanager
def unread(up: Running, path: str, count: int) -> Iterator[None]:
    """Some who ask, and read nothing of what they get."""
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(up.http))
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        yield


@contextmanager
def receiving(data: Path) -> Iterator[tuple[int, int]]:
    """A receiver alone: its process and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "patchlog", "ingest", "--data", str(data), "--smtp", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: socket.create_connection(("127.0.0.1", port)).close() is None)
            yield process.pid, port
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def test_two_clients_that_send_five_of_the_largest_mails_each_at_once(tmp_path: Path, record_property: Note) -> None:
    raw = large_mail(1, b"[PATCH] noise", b"iso-8859-1", DIFF, None)
    answers: list[str] = []

    def send(host: str, port: int) -> None:
        client = Client(port, host).greet()
        while not (answer := client.send(raw)).startswith("250"):
            answers.append(answer[:3])
        answers.append("250")
        client.close()

    with receiving(tmp_path / "data") as (process, port):
        hosts = [f"127.0.0.{2 + number % CLIENTS}" for number in range(CLIENTS * EACH)]
        senders = [threading.Thread(target=send, args=(host, port), daemon=True) for host in hosts]
        with watched(process) as seen:
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join(PATIENCE_SECONDS)
    record_property("met", f"{seen.most_bytes // MIB} MiB at most; {answers.count('451')} mails were deferred")
    assert seen.most_bytes < limit_of("ingest")
    assert answers.count("250") == CLIENTS * EACH
    assert set(answers) <= {"250", "451"}
    log = open_log(f"sqlite:///{tmp_path}/data/log.db")
    position, kept = 0, 0
    while records := log.read(position):
        kept += sum(isinstance(record.fact, MailReceived) for record in records)
        position = records[-1].id
    log.close()
    assert kept == CLIENTS * EACH
