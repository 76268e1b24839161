"""Data directories filled with an archive, for what is measured on them."""

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.mailing import LIST_ADDRESS, LIST_ID, mails, write_mbox
from bench.processes import Cost, patchlog, run
from ingest.archive import open_archive
from ingest.archive.contract import OversizeMail
from ingest.log import open_log
from projector.live import BATCH, open_live
from projector.readmodel.generations import ReadModels
from schemas.settings import Settings

REAL_ARCHIVE = Path(__file__).resolve().parents[2] / "shared/mail/lists/b.a.t.m.a.n.lists.open-mesh.org.mbox.xz"
"""Seven years of one real list, where it is there."""
REAL_LIST_ID = "b.a.t.m.a.n.lists.open-mesh.org"
MAILS, QUICK_MAILS = 5000, 500


@dataclass(frozen=True)
class Filled:
    """A data directory whose log has an archive and all that was announced; its project is called `bench`.

    empty_replay: what a replay took when the log held nothing but the project.
    """

    settings: Settings
    mails: int
    raw_bytes: int
    imported: Cost
    empty_replay: Cost

    def log_bytes(self) -> int:
        return _size(self.settings.data, "log.db*")

    def read_model_bytes(self) -> int:
        return _size(self.settings.data, "readmodel.db.*")


@cache
def filled_by_our_own(quick: bool) -> Filled:
    """Filled with mail of our own making; done once."""
    folder = _folder()
    mbox = folder / "bench.mbox"
    count = QUICK_MAILS if quick else MAILS
    return _fill(folder / "data", mbox, LIST_ID, LIST_ADDRESS, count, write_mbox(mbox, mails(count)))


@cache
def filled_by_real_mail() -> Filled:
    """Filled with the real archive, which has to be there; done once."""
    found = [mail.raw for mail in open_archive(REAL_ARCHIVE, 1 << 30).mails() if not isinstance(mail, OversizeMail)]
    address = f"real@{REAL_LIST_ID}"
    return _fill(_folder() / "data", REAL_ARCHIVE, REAL_LIST_ID, address, len(found), sum(map(len, found)))


_folders: "list[tempfile.TemporaryDirectory[str]]" = []
"""Kept until the program ends."""


def _folder() -> Path:
    _folders.append(tempfile.TemporaryDirectory())
    return Path(_folders[-1].name)


def _fill(data: Path, archive: Path, list_id: str, address: str, count: int, raw_bytes: int) -> Filled:
    settings = Settings(data=str(data), database=os.environ.get("PATCHLOG_DATABASE", ""))
    if settings.database:  # an empty one, for one of the measurements by itself
        data.mkdir(parents=True)
        (data / "patchlog.toml").write_text(f'database = "{settings.database}"\n')
    names = ("--name", "Bench", "--listid", list_id, "--listemail", address)
    run(patchlog("project", "add", "bench", *names, "--data", data))
    empty_replay = run(patchlog("replay", "--data", data))
    imported = run(patchlog("import", archive, "--list-id", list_id, "--data", data))
    _project(settings)
    return Filled(settings, count, raw_bytes, imported, empty_replay)


def _project(settings: Settings) -> None:
    """Do what the live projector does until it has nothing more to announce."""
    log = open_log(settings.log_url)
    generation = open_live(log, ReadModels(settings.database_url))
    try:
        while True:
            if generation.fold(BATCH):
                continue
            facts = generation.announcements()
            if not facts:
                return
            log.append(facts)
    finally:
        generation.close()
        log.close()


def _size(folder: str, pattern: str) -> int:
    return sum(path.stat().st_size for path in Path(folder).glob(pattern))
