"""Imports archives of mail: mbox, maildir, folders of .eml files, public-inbox.

open_archive(path)                    what it is, and its mails in order
find_earlier(log, source_of(path))    where the last import of it stopped, by what the log says
import_archive(log, archive, earlier) the rest of its mails, through the same receipt as SMTP's
"""

from ingest.archive.contract import Archive, ArchiveError
from ingest.archive.detect import open_archive
from ingest.archive.earlier import Earlier, find_earlier, source_of
from ingest.archive.run import Outcome, Progress, import_archive

__all__ = [
    "Archive", "ArchiveError", "Earlier", "Outcome", "Progress", "find_earlier", "import_archive", "open_archive",
    "source_of",
]  # fmt: skip
