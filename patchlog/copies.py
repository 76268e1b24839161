"""Two mails with one Message-ID side by side, as they are read from the log."""

from collections.abc import Iterator
from difflib import unified_diff

import click
import msgspec

from patchlog.stores import opened_log
from projector.fold.reading import Reading, Received, reading_of
from projector.fold.redacting import Redactions
from projector.readmodel.generations import Reader
from projector.readmodel.queries.copies import find_copies
from projector.readmodel.working import WorkingSet
from schemas.settings import Settings


class ReadCopy(msgspec.Struct, frozen=True):
    """A copy as it is read: the record that it came as."""

    record: int
    reading: Reading


def read_copy(settings: Settings, record: int) -> tuple[ReadCopy, ReadCopy]:
    """A copy that does not count, and the mail that is shown in its place. Raises ClickException where it is none."""
    reader, working = Reader(settings.database_url), WorkingSet()
    with opened_log(settings) as log, reader.connect() as connection:
        copy = find_copies(connection, (record,)).get(record)
        if copy is None:
            raise click.ClickException(f"record {record} is no copy that differs from another mail")
        working.connection = connection
        redactions = Redactions(working)
        redactions.load()
        thread = working.thread_of(copy.mail)
        assert thread is not None, f"mail {copy.mail}: expected a thread, found none"
        shown = thread.entries[copy.mail].mail.record
        read = {}
        for found in log.get([record, shown]):
            assert isinstance(found.fact, Received), f"record {found.id}: expected a mail"
            read[found.id] = ReadCopy(found.id, reading_of(found.id, found.fact, redactions))
    reader.close()
    return read[record], read[shown]


def differing_lines(shown: ReadCopy, copy: ReadCopy) -> Iterator[str]:
    """The lines in which a copy differs from what is shown, as a unified diff."""
    yield from unified_diff(
        _lines(shown), _lines(copy), f"record {shown.record}", f"record {copy.record}", n=3, lineterm=""
    )


def _lines(copy: ReadCopy) -> list[str]:
    parsed = copy.reading.parsed
    head = [f"From: {parsed.author.name} <{parsed.author.email}>", f"Subject: {parsed.subject}", ""]
    return head + parsed.message.splitlines() + parsed.diff.splitlines()
