"""Reads an archive's mails as an import does, and the project that they are of."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ingest.archive import open_archive
from ingest.archive.contract import ArchivedMail
from ingest.archive.parsing import to_record
from ingest.receipt import parse_anyway
from schemas.records import MailReceived, ProjectAdded

MAIL_MAX_BYTES = 100 * 1024 * 1024
_LIST_POST = re.compile(rb"^list-post:[^\n]*mailto:([^>?\s]+@[^>?\s]+)", re.IGNORECASE | re.MULTILINE)
_TO = re.compile(rb"^to:[^\n]*?([\w.+-]+@[\w.-]+)", re.IGNORECASE | re.MULTILINE)
_NO_LIST = "list.invalid"


def read_list(path: Path) -> tuple[ProjectAdded, list[MailReceived]]:
    """All mails of an archive in its order, and the project of the list that most of them name.

    Raises ArchiveError.
    """
    source = f"import:{path}"
    facts = [
        to_record(mail.raw, mail.archived_at, source, "")
        for mail in open_archive(path, MAIL_MAX_BYTES).mails()
        if isinstance(mail, ArchivedMail)
    ]
    project = _project(facts)
    return project, [
        msgspec.structs.replace(
            fact, list_id=project.listid, parsed=fact.parsed or parse_anyway(fact.raw, fact.received_at)
        )
        for fact in facts
    ]


def _project(facts: Sequence[MailReceived]) -> ProjectAdded:
    lists = Counter(name for fact in facts if fact.parsed for name in fact.parsed.list_ids[:1])
    listid = lists.most_common(1)[0][0] if lists else _NO_LIST
    linkname = listid.partition(".")[0] or "list"
    heads = [fact.raw.partition(b"\n\n")[0] for fact in facts]
    return ProjectAdded(linkname=linkname, name=listid, listid=listid, listemail=_most_common(heads))


def _most_common(heads: Sequence[bytes]) -> str:
    """The list's address: where mails say that answers go, else whom most of them are to."""
    for pattern in (_LIST_POST, _TO):
        found = Counter(match[1].lower() for head in heads if (match := pattern.search(head)))
        if found:
            return found.most_common(1)[0][0].decode("ascii", "replace")
    return f"{_NO_LIST}@example.org"
