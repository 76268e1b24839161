"""What every kind of archive gives: its mails in order, each with the place where an import goes on behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from schemas.records import ArchivePlace


class ArchiveError(Exception):
    """An archive cannot be read, or not on from here; the message says what was expected, what came and where."""


class PlaceLost(Exception):
    """The archive does not hold the mail where it was, or cannot be entered there: it has to be read from its start."""


@dataclass(frozen=True, slots=True)
class ArchivedMail:
    """One mail: its bytes as they were before the archive wrapped them, and key and place of its ArchivePlace.

    archived_at is the time the archive gives (aware UTC): the separator line's, the commit's, the file name's; None
    where it gives none. done is how much of the archive's `size` has been read with this mail.
    """

    raw: bytes
    key: str
    place: str
    archived_at: datetime | None
    done: int


@dataclass(frozen=True, slots=True)
class OversizeMail:
    """A mail above the limit, which was not read into memory: where it is, for people, and its size in bytes."""

    where: str
    size_bytes: int
    done: int


class Archive(Protocol):
    """Mails in a file or a folder. Nothing is written to it, and it may grow between two imports."""

    kind: str
    """What it is, for people: "mbox (xz)"."""
    size: int
    """What `done` ends at."""
    unit: str
    """What `size` counts: "bytes" or "commits"."""

    def mails(self, after: ArchivePlace | None = None) -> Iterator[ArchivedMail | OversizeMail]:
        """Give the mails behind the one at `after` (None: all), always in the same order.

        Raises PlaceLost before the first mail if it cannot go on from there; ArchiveError when the archive is broken,
        after every mail before the break.
        """
        ...
