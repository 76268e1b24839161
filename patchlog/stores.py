"""How the commands open the log and the read model, whether or not `patchlog up` runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from patchlog.datadir import make_data_directory
from schemas.records import Record
from schemas.settings import Settings

if TYPE_CHECKING:
    from ingest.log import Log
    from projector.readmodel.generations import Reader

READ_AT_ONCE = 1000
WAIT_SECONDS = 5.0
PAUSE_SECONDS = 0.02


@contextmanager
def opened_log(settings: Settings, *, make: bool = False) -> Iterator["Log"]:
    """Open the log, and close it afterwards. Raises ValueError when there is none yet, unless it is to be made."""
    from ingest.log import open_log

    path = Path(settings.log_url.removeprefix("sqlite:///"))
    if settings.log_url.startswith("sqlite:///"):
        if make:
            make_data_directory(path.parent)
        elif not path.exists():
            raise ValueError(f"no log at {path}: start `patchlog up`, or name its directory with --data")
    log = open_log(settings.log_url, settings.max_mail_bytes)
    try:
        yield log
    finally:
        log.close()


@contextmanager
def opened_url(url: str, settings: Settings) -> Iterator["Log"]:
    """Open the log at a URL that somebody named, and close it afterwards. Raises ValueError when there is none."""
    from ingest.log import open_log

    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise ValueError(f"no log at {url}")
    log = open_log(url, settings.max_mail_bytes)
    try:
        yield log
    finally:
        log.close()


def all_records(log: "Log", after_id: int = 0) -> Iterator[Record]:
    """Every record behind after_id that is there now, in order."""
    end = log.end()
    while after_id < end and (records := log.read(after_id, READ_AT_ONCE)):
        yield from records
        after_id = records[-1].id


def wait_until_folded(reader: "Reader", record_id: int) -> bool:
    """Wait a few seconds until the read model has passed a record. False: it has not, or there is no read model."""
    from projector.readmodel.generations import NoReadModel
    from projector.readmodel.queries.status import read_position

    for _ in range(int(WAIT_SECONDS / PAUSE_SECONDS)):
        try:
            with reader.connect() as connection:
                if read_position(connection) >= record_id:
                    return True
        except NoReadModel:
            return False
        time.sleep(PAUSE_SECONDS)
    return False
