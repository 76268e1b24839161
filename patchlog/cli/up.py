"""`patchlog up`: all parts in one command, on one machine."""

import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patchlog.cli.group import setting
from schemas.settings import Settings

if TYPE_CHECKING:
    from patchlog.address import Address
    from patchlog.supervise import Part

WAIT_SECONDS = 15.0
"""After this long without an answer, `up` says what it is waiting for, and goes on waiting."""


@click.command("up", params=[
    setting("smtp", "HOST:PORT", "Where mail is received."),
    setting("lmtp", "HOST:PORT or PATH", "Where mail is received by LMTP too."),
    setting("http", "HOST:PORT", "Where the REST API is served."),
])  # fmt: skip
@click.pass_obj
def up_command(settings: Settings) -> None:
    """Run everything: receive mail, project it, serve it.

    Starts the parts ingest, projector and api, restarts one that dies, and prints their logs. Ctrl-C stops them.

    \b
    Example: patchlog up --data /var/lib/patchlog --smtp 127.0.0.1:8025
    """
    if settings.log_format == "json":
        from ingest.journal import keep_journal

        keep_journal(settings.log_format)
    from patchlog.address import claim, parse_address
    from patchlog.datadir import hold_data_directory, make_data_directory

    data = Path(settings.data)
    make_data_directory(data)
    hold_data_directory(data)
    smtp = claim("SMTP", parse_address("smtp", settings.smtp))
    http = claim("HTTP", parse_address("http", settings.http))
    os.environ.update(PATCHLOG_DATA=settings.data, PATCHLOG_SMTP=str(smtp), PATCHLOG_HTTP=str(http))
    if settings.lmtp:
        os.environ["PATCHLOG_LMTP"] = settings.lmtp
    sys.exit(_Up(settings, smtp, http).run())


class _Up:
    """One run of `patchlog up`: the supervision, and what people are told about it."""

    def __init__(self, settings: Settings, smtp: "Address", http: "Address") -> None:
        from patchlog.supervise import Supervision

        self._settings, self._smtp, self._http = settings, smtp, http
        self._write_line = _write_object if settings.log_format == "json" else _write_line
        self._supervision = Supervision(parts(os.getpid()), self._write_line)
        self._supervision.on_exit = self._part_ended
        self._ready = self._failed = False

    def run(self) -> int:
        threading.Thread(target=self._greet, name="ready", daemon=True).start()
        self._supervision.run()
        return 1 if self._failed else 0

    def _part_ended(self, name: str) -> None:
        # A projector that stopped at a record has said why; mail is taken and the API serves all the same.
        if not self._ready and not self._failed and name != "projector":
            self._failed = True
            self._write_line("up", f"{name} could not start; stopping".encode())
            self._supervision.stop()

    def _greet(self) -> None:
        from patchlog.ready import wait_until_open
        from patchlog.welcome import ready_text
        from schemas.networks import read_networks

        proxies = read_networks("smtp_proxies", self._settings.smtp_proxies)
        while not (readiness := wait_until_open(self._smtp, self._http, WAIT_SECONDS, proxies)).open:
            for door, answer in (("SMTP", readiness.smtp), ("HTTP", readiness.http)):
                if answer:
                    self._write_line("up", f"still waiting for {door}: {answer}".encode())
        self._ready = True
        if self._settings.log_format == "json":
            _write_object("up", f"ready: SMTP on {self._smtp}, HTTP on {self._http}".encode())
            return
        click.echo(ready_text(self._settings.data, self._smtp, self._http, fresh=readiness.projects == 0))


def parts(up_pid: int) -> tuple["Part", ...]:
    """The three parts in the order in which they stop: first nothing new comes in, last everything is projected."""
    from patchlog.supervise import Part

    def command(name: str) -> tuple[str, ...]:
        return (sys.executable, "-P", "-m", "patchlog", name, "--parent", str(up_pid))

    return (
        Part("ingest", command("ingest"), stop_seconds=10),
        Part("api", command("api"), stop_seconds=15),
        Part("projector", command("projector"), stop_seconds=10),
    )


def _write_object(name: str, line: bytes) -> None:
    """Write what a part printed as a JSON object that names the part, whatever it was."""
    import msgspec

    try:
        told = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
        _write(msgspec.json.encode({"part": name, **told}))
    except msgspec.DecodeError:
        from ingest.journal import shown

        event = shown(line.decode(errors="backslashreplace"))
        _write(msgspec.json.encode({"part": name, "level": "info", "event": event}))


def _write_line(name: str, line: bytes) -> None:
    from ingest.journal import shown

    _write(f"[{name}] {shown(line.decode(errors='backslashreplace'))}".encode())


def _write(line: bytes) -> None:
    try:
        sys.stderr.buffer.write(line + b"\n")
        sys.stderr.buffer.flush()
    except BrokenPipeError:  # nobody reads it any more: that is no reason to stop receiving mail
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stderr.fileno())
