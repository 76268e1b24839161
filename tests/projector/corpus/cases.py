"""The cases of tests/corpus: a short mbox each, and beside it what is expected of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ingest.archive.mbox import separator_time, split

FOLDER = Path(__file__).parents[2] / "corpus"
MAIL_MAX_BYTES = 1 << 20
RECEIVED = datetime(2025, 12, 31, tzinfo=UTC)
"""When all mails are received, in every order but the file's: so that nothing is over before the end."""


class Delivery(NamedTuple):
    """A mail's bytes, and when it is received: in the order of the file, when its separator line says."""

    raw: bytes
    received_at: datetime


class ExpectedRevision(msgspec.Struct, forbid_unknown_fields=True):
    """One revision: its patches in order, extras last. version: in the order of the file, where it is not its place."""

    patches: list[str]
    cover: str | None = None
    complete: bool = True
    version: int | None = None


class ExpectedSeries(msgspec.Struct, forbid_unknown_fields=True):
    """A series with its revisions by Date. n_patches and state are compared where they are given."""

    name: str
    revisions: list[ExpectedRevision]
    n_patches: int | None = None
    state: str | None = None


class ExpectedLink(msgspec.Struct, forbid_unknown_fields=True):
    """The posting of a mail is the next revision of the one that has the mail `to`, by this rule (1 to 5)."""

    to: str
    rule: int


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """What is expected of an mbox. Mails are named by Message-ID, one without by `none:` and its subject.

    series: all of them, in any order. The others are compared for the mails that are named: comments: what each is
    about; kinds; names: of patches as shown; links: null for a posting that begins a series; parsed: fields of
    ParsedMail. pulls: all that was announced as a pull request. counts: of the table of that name. may_follow: all
    series that may follow another one under another title, each by a patch of it.
    """

    about: str
    series: list[ExpectedSeries]
    comments: dict[str, str | None] = {}
    kinds: dict[str, str] = {}
    names: dict[str, str] = {}
    links: dict[str, ExpectedLink | None] = {}
    parsed: dict[str, dict[str, Any]] = {}
    pulls: list[str] = []
    counts: dict[str, int] = {}
    may_follow: dict[str, str] = {}


def case_names() -> list[str]:
    """The cases, by the names of their files."""
    return sorted(path.stem for path in FOLDER.glob("*.mbox"))


def read_case(name: str) -> tuple[Case, list[Delivery]]:
    """What is expected, and the mails in the order of the file."""
    case = msgspec.json.decode((FOLDER / f"{name}.json").read_bytes(), type=Case)
    return case, read_mbox((FOLDER / f"{name}.mbox").read_bytes())


def read_mbox(content: bytes) -> list[Delivery]:
    """The mails of an mboxrd file, in its order."""
    pieces = split([content], 0, MAIL_MAX_BYTES)
    return [
        Delivery(piece.body, separator_time(piece.separator) or RECEIVED) for piece in pieces if piece.body is not None
    ]
