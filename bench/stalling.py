"""Mails that are large, or made to be dear, and what the other sessions of a receiver notice of them."""

import contextlib
import json
import smtplib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure
from bench.heartbeat import Pause, longest
from bench.mailing import LIST_ADDRESS, LIST_ID, patches
from bench.processes import apart, free_port, patchlog, run, serving, stores

LARGE_BYTES, SMALL_BYTES = 23_000_000, 131_072
"""The second is the largest that is read where it arrives."""
LOOP_MS_MAX, ANSWER_MS_MAX = 50.0, 100.0
CALM_SECONDS, NOOP_SECONDS, MAIL_SECONDS = 3.0, 0.004, 0.02
AFTER_SECONDS = 0.7
"""What a mail leaves to be done may come after its answer."""
MS = 1000.0
HEAD = (
    f"From: Ada <ada@example.org>\r\nTo: {LIST_ADDRESS}\r\nSubject: [PATCH] net: bound the queue\r\n"
    "Date: Mon, 02 Mar 2026 09:00:00 +0000\r\nMessage-ID: <stalling@example.org>\r\n"
    f"List-Id: <{LIST_ID}>\r\n"
).encode()


def kinds(size: int) -> dict[str, bytes]:
    """Mails of so many bytes."""

    def filled(unit: bytes, head: bytes = HEAD + b"\r\n") -> bytes:
        return head + unit * ((size - len(head)) // len(unit))

    multipart = b"Content-Type: multipart/mixed; boundary=b\r\n"
    levels = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(size // 50)
    )
    return {
        "lines of -": filled(b"-\r\n"),
        "lines of a dot, doubled on the way": filled(b".\r\n"),
        "one line": filled(b"x"),
        "diffs of one line": filled(b"diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n"),
        "format=flowed": filled(b"a \r\n", HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n"),
        "parts": filled(b"--b\r\n\r\n", HEAD + multipart + b"\r\n"),
        "parts in parts": HEAD + levels[: size - len(HEAD)],
        "header fields": filled(b"a:\r\n", HEAD),
        "one header field": filled(b" <a@b>\r\n", HEAD + b"References:"),
    }


@dataclass
class Heard:
    """Answers to others: when each was asked for, by time.monotonic(), and how long it took."""

    commands: list[tuple[float, float]] = field(default_factory=list)
    mails: list[tuple[float, float]] = field(default_factory=list)


def figures() -> Iterator[Figure]:
    """The receiver's longest pause, and the answers to the others, for each mail, and while none comes."""
    with tempfile.TemporaryDirectory() as folder:
        sent, heard, pauses = _observe(Path(folder))
    for name, (begun, end) in sent.items():
        pause = longest(pauses, begun, end)
        yield Figure(f"receiver's loop, longest pause: {name}", MS * pause.seconds, "ms", at_most=LOOP_MS_MAX)
        yield Figure("    of that at work", MS * pause.cpu_seconds, "ms CPU")
        for what, answers in (("commands", heard.commands), ("mails", heard.mails)):
            yield from _answers(f"    {what} of others answered", [took for at, took in answers if begun <= at <= end])


def _answers(what: str, seconds: list[float]) -> Iterator[Figure]:
    ordered = sorted(seconds)
    if ordered:
        yield Figure(f"{what}, {len(ordered)}: p50", MS * ordered[len(ordered) // 2], "ms")
        yield Figure(f"{what}: p99", MS * ordered[len(ordered) * 99 // 100], "ms")
        yield Figure(f"{what}: the slowest", MS * ordered[-1], "ms", at_most=ANSWER_MS_MAX)


def _observe(folder: Path) -> tuple[dict[str, tuple[float, float]], Heard, list[Pause]]:
    """Send all; gives from when to when each was on its way, what others heard, and the pauses of the loop."""
    port, notes = free_port(), folder / "pauses.json"
    run(patchlog("log", "init", "--data", folder / "data"), stores())
    command = [sys.executable, "-m", "bench.heartbeat", str(folder / "data"), f"127.0.0.1:{port}", str(notes)]
    heard, sent = Heard(), {}
    with serving(command, port, settings=stores()), _others(port, heard):
        begun = time.monotonic()
        time.sleep(CALM_SECONDS)
        sent["no such mail"] = (begun, time.monotonic())
        for size, said in ((LARGE_BYTES, "23 MB"), (SMALL_BYTES, "128 KiB")):
            for name in kinds(0):
                begun, end = apart(send, port, name, size)
                time.sleep(AFTER_SECONDS)
                sent[f"{said}, {name}"] = (begun, end + AFTER_SECONDS)
    pauses = [Pause(*each) for each in json.loads(notes.read_text())]
    return sent, heard, pauses


def send(port: int, name: str, size: int) -> tuple[float, float]:
    """Send one mail of a kind, in the process where this is called; gives when it began and when it was answered."""
    raw = kinds(size)[name]
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as connection:
        _begin(connection)
        begun = time.monotonic()
        code, said = connection.data(raw)
        assert code == 250, (name, code, said)
        return begun, time.monotonic()


@contextlib.contextmanager
def _others(port: int, heard: Heard) -> Iterator[None]:
    """Two more sessions: one says NOOP, one sends small mails."""
    done = threading.Event()
    raws = [mail.raw for mail in patches(200)]

    def ask() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as connection:
            connection.ehlo()
            while not done.wait(NOOP_SECONDS):
                begun = time.monotonic()
                connection.noop()
                heard.commands.append((begun, time.monotonic() - begun))

    def deliver() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=60) as connection:
            connection.ehlo()
            while not done.wait(MAIL_SECONDS):
                begun = time.monotonic()
                _begin(connection)
                code, said = connection.data(raws[len(heard.mails) % len(raws)])
                assert code == 250, (code, said)
                heard.mails.append((begun, time.monotonic() - begun))

    threads = [threading.Thread(target=work) for work in (ask, deliver)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def _begin(connection: smtplib.SMTP) -> None:
    connection.ehlo_or_helo_if_needed()
    connection.mail("sender@example.org")
    connection.rcpt(LIST_ADDRESS)
