"""Data directories filled with an archive, for what is measured on them."""

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.mailing import LIST_ADDRESS, LIST_ID, write_list
from bench.processes import Cost, apart, patchlog, run
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
class Archive:
    """A list's mail in one file."""

    path: Path
    list_id: str
    address: str
    mails: int
    raw_bytes: int


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


def filled_by_our_own(quick: bool, database: str = "") -> Filled:
    """Filled with as much mail of our own making as most measurements take."""
    return filled(QUICK_MAILS if quick else MAILS, database)


@cache
def filled(count: int, database: str = "") -> Filled:
    """Filled with mail of our own making; the read model in an empty database, or in SQLite. Done once for each."""
    folder = new_folder()
    mbox = folder / "bench.mbox"
    archive = Archive(mbox, LIST_ID, LIST_ADDRESS, count, apart(write_list, mbox, count))
    return _fill(folder / "data", archive, database)


@cache
def filled_by_real_mail(database: str = "") -> Filled:
    """Filled with the real archive, which has to be there; see above."""
    found = [mail.raw for mail in open_archive(REAL_ARCHIVE, 1 << 30).mails() if not isinstance(mail, OversizeMail)]
    archive = Archive(REAL_ARCHIVE, REAL_LIST_ID, f"real@{REAL_LIST_ID}", len(found), sum(map(len, found)))
    return _fill(new_folder() / "data", archive, database)


_folders: "list[tempfile.TemporaryDirectory[str]]" = []


def new_folder() -> Path:
    """A folder that stays until the program ends."""
    _folders.append(tempfile.TemporaryDirectory())
    return Path(_folders[-1].name)


def _fill(data: Path, archive: Archive, database: str) -> Filled:
    settings = Settings(data=str(data), database=database)
    if database:
        data.mkdir(parents=True)
        (data / "patchlog.toml").write_text(f'database = "{database}"\n')
    names = ("--name", "Bench", "--listid", archive.list_id, "--listemail", archive.address)
    run(patchlog("project", "add", "bench", *names, "--data", data))
    empty_replay = run(patchlog("replay", "--data", data))
    imported = run(patchlog("import", archive.path, "--list-id", archive.list_id, "--data", data))
    fold_all(settings)
    return Filled(settings, archive.mails, archive.raw_bytes, imported, empty_replay)


def fold_all(settings: Settings) -> None:
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
