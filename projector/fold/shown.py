"""The rows of patches, cover letters and comments, made from what was read of their mails."""

import msgspec

from ingest.message.marks import FROM_REWRITTEN
from ingest.message.signature import without_signature
from projector.assembly.diff_id import diff_id
from projector.assembly.mail import COMMENT, COVER, PATCH, PULL_REQUEST, Mail
from projector.assembly.redaction import REDACTED
from projector.assembly.states import state_asked_by_mail
from projector.fold.moment import Moment
from projector.fold.people import People
from projector.fold.reading import Reading
from projector.fold.superseding import Superseding
from projector.readmodel import tables as t
from projector.readmodel.large import digest_of_large
from projector.readmodel.rows import Entry, PatchState, Row
from projector.readmodel.working import WorkingSet
from schemas.mail import ParsedMail, Sent, bytes_of_diff, text_before_diff, write_trailers

SECOND_US = 1_000_000
REFERENCES_MAX_CHARS = 8192
"""What an mbox says of a mail's references."""

_NO_COVER: Row = {"subject": REDACTED, "text": REDACTED, "digest": None}
_NO_COMMENT: Row = {**_NO_COVER, "trailers": ""}


class ShownMails:
    """Writes what is shown of single mails."""

    def __init__(self, working: WorkingSet, people: People, superseding: Superseding) -> None:
        self._working, self._people, self._superseding = working, people, superseding

    def show(self, project: int, entry: Entry, reading: Reading) -> None:
        """Write the rows of a mail of the kind that it now is. The reading is one that a project has seen."""
        mail, parsed = entry.mail, reading.parsed
        self._working.counts[f"mail:{entry.kind}"] += 1
        if entry.kind in (PATCH, PULL_REQUEST):
            self._show_patch(project, entry, reading)
        elif entry.kind == COVER:
            words = _cover_words(reading)
            self._working.titles.seed(mail.id, words["subject"])
            self._working.add(t.cover, {**self._common(project, mail), **words})
        elif entry.kind == COMMENT:
            parent = mail.references[-1] if mail.references else None
            words = {
                "subject": parsed.subject,
                "text": parsed.message,
                "trailers": write_trailers(parsed),
                "digest": digest_of_large(parsed.message),
            }
            self._working.add(
                t.comment,
                {
                    **self._common(project, mail),
                    "target_id": entry.target,
                    "parent": parent,
                    **(_NO_COMMENT if reading.is_redacted else words),
                },
            )

    def redact(self, entry: Entry, moment: Moment) -> None:
        """Take the words out of the rows of a mail; a patch counts as updated. The rows are in the tables."""
        id = entry.mail.id
        if entry.kind in (PATCH, PULL_REQUEST):
            (row,) = self._working.load(t.patch, id)
            self._working.add(t.patch, {**row, **_patch_words(None, entry.kind)})
            self._working.remove(t.patch_text, id)
            self._update(id, moment)
        elif entry.kind in (COVER, COMMENT):
            table, nothing = (t.cover, _NO_COVER) if entry.kind == COVER else (t.comment, _NO_COMMENT)
            (row,) = self._working.load(table, id)
            self._working.add(table, {**row, **nothing})
        if entry.kind in (PATCH, PULL_REQUEST, COVER):
            self._working.titles.seed(id, REDACTED)

    def _update(self, id: int, moment: Moment) -> None:
        state = self._working.patches.get(id)
        assert state is not None, f"patch {id}: expected a row, found none"
        state.last_updated_us, state.changed = moment.time_us, moment.record
        self._working.patches.put(id, state)

    def hide(self, project: int, id: int, kind: str) -> None:
        """Take away the rows of a mail that turned out to be of another kind, or was replaced."""
        self._working.counts[f"mail:{kind}"] -= 1
        if kind in (PATCH, PULL_REQUEST):
            self._working.remove(t.patch, id)
            self._working.remove(t.patch_text, id)
            self._working.patches.drop(id)
            self._superseding.forget(id)
            self._count_patch(project, -1)
        elif kind in (COVER, COMMENT):
            self._working.remove(t.cover if kind == COVER else t.comment, id)

    def retarget(self, entry: Entry) -> None:
        """Write that a comment is about something else than was thought."""
        for row in self._working.load(t.comment, entry.mail.id):
            self._working.add(t.comment, {**row, "target_id": entry.target})

    def _common(self, project: int, mail: Mail) -> dict[str, object]:
        return {
            "id": mail.id,
            "project_id": project,
            "message_id": mail.message_id,
            "author_id": self._people.id_of(mail.author),
            "date_us": mail.date * SECOND_US,
        }

    def _show_patch(self, project: int, entry: Entry, reading: Reading) -> None:
        mail, parsed = entry.mail, reading.parsed
        first = state_asked_by_mail(parsed.first_state)
        date_us = mail.date * SECOND_US
        state = PatchState(project, first.id, None, date_us, None, mail.record)
        self._working.patches.put(mail.id, state)
        self._working.add(
            t.patch,
            {
                "id": mail.id,
                "project_id": project,
                "message_id": mail.message_id,
                "date_us": date_us,
                "last_updated_us": date_us,
                "submitter_id": self._people.id_of(mail.author),
                "state": first.id,
                "series_id": None,
                "test_state": None,
                "changed_id": mail.record,
                "verified": mail.is_verified,
                **_patch_words(None if reading.is_redacted else reading, entry.kind),
                "diff_id": diff_id(bytes_of_diff(parsed)) if parsed.diff else None,
            },
        )
        if not reading.is_redacted:
            self._working.add(t.patch_text, _patch_text(mail.id, parsed, entry.kind))
        self._working.titles.seed(mail.id, _title(reading))
        self._count_patch(project, 1)

    def _count_patch(self, project: int, n: int) -> None:
        self._working.counts["patch"] += n
        self._working.counts[f"patch:{project}"] += n


def _title(reading: Reading) -> str:
    assert reading.subject is not None, "expected a mail that a project has seen"
    return REDACTED if reading.is_redacted else reading.subject.title


def _cover_words(reading: Reading) -> Row:
    if reading.is_redacted:
        return _NO_COVER
    text = without_signature(reading.parsed.message).rstrip("\n")
    return {"subject": _title(reading), "text": text, "digest": digest_of_large(text)}


def _patch_text(id: int, parsed: ParsedMail, kind: str) -> Row:
    """The text of a patch or pull request, and the commit that it makes: all that its mbox is written from."""
    commit = parsed.commit
    assert commit is not None, f"mail {id}: expected a commit, for it is a {kind}"
    message, content = text_before_diff(parsed), parsed.diff if kind == PATCH else None
    diff_bytes = parsed.diff_bytes or None
    marks = [{"kind": mark.kind, "text": mark.text} for mark in parsed.marks]
    return {
        "patch_id": id,
        "message": message,
        "content": content,
        "diff_bytes": diff_bytes,
        "commit_name": commit.name,
        "commit_email": commit.email,
        "commit_date": commit.date,
        "commit_title": commit.title,
        "commit_subject": commit.subject,
        "commit_message_start": commit.message_start,
        "commit_message_end": commit.message_end,
        "marks": msgspec.json.encode(marks).decode() if marks else None,
        "is_doubtful": any(mark.kind != FROM_REWRITTEN for mark in parsed.marks),
        "digest": digest_of_large(message, content, diff_bytes),
        "sent": msgspec.json.encode(_sent(parsed)).decode(),
    }


def _sent(parsed: ParsedMail) -> Sent:
    """To whom a mail was sent, and where; of many references the nearest."""
    length, references = 0, list[str]()
    for reference in reversed(parsed.references):
        length += len(reference)
        if length > REFERENCES_MAX_CHARS:
            break
        references.append(reference)
    list_id = next((id for id in parsed.list_ids if "@" not in id), "")
    return Sent(parsed.to, parsed.cc, tuple(reversed(references)), list_id)


def _patch_words(reading: Reading | None, kind: str) -> Row:
    """What the row of a patch or pull request says in words; None: of one that has none any more."""
    if reading is None:
        url = REDACTED if kind == PULL_REQUEST else None
        return {"name": REDACTED, "pull_url": url, "diff_id": None, "redacted": True}
    assert reading.subject is not None, "expected a mail that a project has seen"
    return {"name": reading.subject.name, "pull_url": reading.parsed.pull_url, "redacted": False}
