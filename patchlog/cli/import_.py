"""`patchlog import`: puts an archive's mails on the log, and shows how far it is."""

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from patchlog.cli.times import read_time
from patchlog.terminal import tell
from schemas.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar

    from ingest.archive import Archive, Earlier, Outcome, Progress

LINE_SECONDS = 5.0
"""How often progress is told where there is no terminal to draw a bar on."""
PROCESSES_MAX = 4
LONG_LOG = 50_000
"""Records that take seconds to look through, if nothing was ever imported from this archive."""


@click.command("import", short_help="Import the mails of an archive.")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--list-id", metavar="ID", default="", help="The list the archive is of, for mails that do not name it.")
@click.option("--since", metavar="TIME", help="Only mails received at or after an ISO date or time (UTC).")
@click.pass_obj
def import_command(settings: Settings, path: Path, list_id: str, since: str | None) -> None:
    """Import the mails of an archive: mbox, maildir, .eml files or a public-inbox.

    An mbox may be packed with gzip, bzip2, xz or zstd; the monthly files of pipermail are such.

    What was stopped goes on where it stopped when it is run again, and of an archive that grew only the new mails are
    taken.

    \b
    Example: patchlog import demo.mbox.xz --list-id demo.example.org
    """
    from ingest.archive import ArchiveError
    from ingest.disk import DiskShort
    from ingest.log import LogError

    list_id = _checked(list_id)
    moment = None if since is None else read_time("--since", since)
    told = _Told()
    try:
        with _interruptible(), alone(Path(settings.data), path):
            outcome = _import(settings, path, list_id, moment, told)
    except KeyboardInterrupt:
        told.look_again(settings)
        raise click.ClickException(f"stopped, {told.so_far()}") from None
    except (ArchiveError, DiskShort, LogError) as error:
        raise click.ClickException(f"{error}; {told.so_far()}" if told.new else str(error)) from None
    _report(outcome, path)


class _Told:
    """How many new mails are durable, for whatever is said at the end."""

    def __init__(self) -> None:
        self.new = 0
        self.begun: Earlier | None = None

    def look_again(self, settings: Settings) -> None:
        """Count by the log, which has been closed: a batch may have been on its way when Ctrl-C came."""
        from ingest.archive import find_earlier
        from ingest.log import open_log

        if self.begun is None:
            return
        log = open_log(settings.log_url, settings.max_mail_bytes)
        try:
            now = find_earlier(log, self.begun.archive, self.begun.list_id)
        finally:
            log.close()
        self.new = now.mails - self.begun.mails

    def so_far(self) -> str:
        return f"{_mails(self.new)} recorded; run the same command again to go on from there"


def _checked(list_id: str) -> str:
    """The list id bare and lower case, as mails name it: given as `<demo.example.org>` or without brackets."""
    bare = list_id.strip().removeprefix("<").removesuffix(">").lower()
    if list_id and (not bare or any(character.isspace() or character in "<>:" for character in bare)):
        raise click.BadParameter(
            f"expected a list id such as demo.example.org, came {list_id!r}", param_hint="'--list-id'"
        )
    return bare


def _import(settings: Settings, path: Path, list_id: str, since: datetime | None, told: _Told) -> "Outcome":
    from ingest.archive import find_earlier, import_archive, open_archive, source_of
    from ingest.disk import Disk
    from ingest.log import log_folder, open_log

    archive = open_archive(path, settings.max_mail_bytes)
    log = open_log(settings.log_url, settings.max_mail_bytes)
    try:
        if log.end() > LONG_LOG:
            click.echo("looking through the log for an earlier import ...", err=True)
        earlier = find_earlier(log, source_of(path), list_id)
        told.begun = earlier
        tell(_beginning(path, archive, earlier, list_id))
        processes = min(os.cpu_count() or 1, PROCESSES_MAX)
        with _shown(archive) as show:

            def on_progress(progress: "Progress") -> None:
                told.new = progress.new
                show(progress)

            processes = processes if processes > 1 else 0
            return import_archive(
                log,
                archive,
                earlier,
                since=since,
                processes=processes,
                disk=Disk(log_folder(settings.log_url), settings.disk_reserve_bytes),
                on_progress=on_progress,
            )
    finally:
        log.close()


def _beginning(path: Path, archive: "Archive", earlier: "Earlier", list_id: str) -> str:
    line = f"{path}: {archive.kind}"
    if earlier.list_id and not list_id:
        line += f", as mail of {earlier.list_id} as before"
    return f"{line}, going on behind mail {earlier.mails}" if earlier.last else line


def _report(outcome: "Outcome", path: Path) -> None:
    for mail in outcome.oversize:
        click.echo(
            f"{path}: left out the mail at {mail.where}: {mail.size_bytes} bytes, more than max_mail_bytes", err=True
        )
    if not outcome.new:
        tell(f"nothing new: all {_mails(outcome.mails)} of {path} are on the log")
        return
    tell(f"{_mails(outcome.new)} recorded, {outcome.mails} of {path} in all")
    if outcome.nameless:
        tell(
            f"{outcome.nameless} of them name no list: if they stay dead letters, import again with --list-id", err=True
        )


def _mails(count: int) -> str:
    return "1 mail" if count == 1 else f"{count} mails"


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM stop an import as Ctrl-C does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def alone(data: Path, path: Path) -> Iterator[None]:
    """Keep a second import of the same archive out: both would append the same mails.

    The lock is on one byte of a file in the data directory, chosen by the archive, and goes with the process however
    it ends; the processes it started do not inherit it.
    """
    from ingest.archive import source_of
    from patchlog.datadir import make_data_directory

    make_data_directory(data)
    with (data / "import.lock").open("ab") as lock:
        place = int(source_of(path)[-8:], 16)
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except (BlockingIOError, PermissionError):
            raise click.ClickException(f"{path}: another import of it is running") from None
        yield


@contextmanager
def _shown(archive: "Archive") -> Iterator[Callable[["Progress"], None]]:
    """Show how far an import is: a bar on a terminal, else a line now and then. Both are told on standard error."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(archive)
        return
    with _bar(console, archive.unit) as bar:
        task = bar.add_task("", total=archive.size, mails=0, rate="")
        begun = time.monotonic()

        def show(progress: "Progress") -> None:
            rate = progress.new / max(time.monotonic() - begun, 1e-3)
            bar.update(task, completed=progress.done, mails=progress.new, rate=f"{rate:.0f} mails/s")

        yield show


def _bar(console: "Console", unit: str) -> "Bar":
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    size = DownloadColumn() if unit == "bytes" else MofNCompleteColumn()
    mails = TextColumn("{task.fields[mails]} mails")
    return Bar(BarColumn(), size, mails, TextColumn("{task.fields[rate]}"), TimeRemainingColumn(), console=console)


def _lines(archive: "Archive") -> Callable[["Progress"], None]:
    begun = told = time.monotonic()

    def show(progress: "Progress") -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= LINE_SECONDS:
            told = now
            share = 100 * progress.done // max(archive.size, 1)
            click.echo(f"{share} %, {progress.new} mails, {progress.new / (now - begun):.0f} mails/s", err=True)

    return show
