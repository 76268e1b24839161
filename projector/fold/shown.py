"""The rows of patches, cover letters and comments, made from what was read of their mails."""

from ingest.message.am import take_apart
from ingest.message.signature import without_signature
from projector.assembly.mail import COMMENT, COVER, PATCH, PULL_REQUEST, Mail
from projector.assembly.states import FIRST_STATE, find_state
from projector.readmodel import tables as t
from projector.readmodel.rows import Entry, PatchState
from projector.readmodel.working import WorkingSet
from schemas.mail import ParsedMail

SECOND_US = 1_000_000


class Reading:
    """A mail as it is folded: what was read from it, and its bytes."""

    __slots__ = ("parsed", "raw")

    def __init__(self, parsed: ParsedMail, raw: bytes) -> None:
        self.parsed, self.raw = parsed, raw


class ShownMails:
    """Writes what is shown of single mails."""

    def __init__(self, working: WorkingSet) -> None:
        self._working = working

    def person(self, mail: Mail, parsed: ParsedMail) -> int:
        """The id of a mail's author: the record that first named the address."""
        found = self._working.people.get(mail.author)
        if found is None:
            found = {"id": mail.id, "email": mail.author, "name": parsed.author.name}
            self._working.people.put(mail.author, found)
        return int(found["id"])

    def show(self, project: int, entry: Entry, reading: Reading) -> None:
        """Write the rows of a mail of the kind that it now is."""
        mail, parsed = entry.mail, reading.parsed
        author = self.person(mail, parsed)
        self._working.counts[f"mail:{entry.kind}"] += 1
        if entry.kind in (PATCH, PULL_REQUEST):
            self._show_patch(project, entry, reading, author)
        elif entry.kind == COVER:
            row = self._common(project, mail, author)
            self._working.add(t.cover, {**row, "subject": mail.title, "text": without_signature(parsed.message)})
        elif entry.kind == COMMENT:
            row = self._common(project, mail, author)
            parent = mail.references[-1] if mail.references else None
            self._working.add(
                t.comment,
                {
                    **row,
                    "target_id": entry.target,
                    "parent": parent,
                    "subject": parsed.subject,
                    "text": parsed.message,
                    "trailers": "\n".join(parsed.trailers),
                },
            )

    def hide(self, project: int, id: int, kind: str) -> None:
        """Take away the rows of a mail that turned out to be of another kind, or was replaced."""
        self._working.counts[f"mail:{kind}"] -= 1
        if kind in (PATCH, PULL_REQUEST):
            self._working.remove(t.patch, id)
            self._working.remove(t.patch_text, id)
            self._working.patches.drop(id)
            self._count_patch(project, -1)
        elif kind in (COVER, COMMENT):
            self._working.remove(t.cover if kind == COVER else t.comment, id)

    def retarget(self, entry: Entry) -> None:
        """Write that a comment is about something else than was thought."""
        for row in self._working.load(t.comment, entry.mail.id):
            self._working.add(t.comment, {**row, "target_id": entry.target})

    def _common(self, project: int, mail: Mail, author: int) -> dict[str, object]:
        return {
            "id": mail.id,
            "project_id": project,
            "message_id": mail.message_id,
            "author_id": author,
            "date_us": mail.date * SECOND_US,
        }

    def _show_patch(self, project: int, entry: Entry, reading: Reading, author: int) -> None:
        mail, parsed = entry.mail, reading.parsed
        first = find_state(parsed.first_state) or FIRST_STATE
        date_us = mail.date * SECOND_US
        state = PatchState(project, first.id, None, date_us)
        self._working.patches.put(mail.id, state)
        self._working.add(
            t.patch,
            {
                "id": mail.id,
                "project_id": project,
                "message_id": mail.message_id,
                "name": mail.name,
                "date_us": date_us,
                "last_updated_us": date_us,
                "submitter_id": author,
                "state": first.id,
                "series_id": None,
                "pull_url": parsed.pull_url if entry.kind == PULL_REQUEST else None,
                "test_state": None,
            },
        )
        am = take_apart(reading.raw, parsed)
        self._working.add(
            t.patch_text,
            {
                "patch_id": mail.id,
                "message": parsed.message,
                "content": parsed.diff if entry.kind == PATCH else None,
                "mbox_head": am.head,
                "mbox_body": am.body,
                "mbox_trailers_at": am.trailers_at,
            },
        )
        self._count_patch(project, 1)

    def _count_patch(self, project: int, n: int) -> None:
        self._working.counts["patch"] += n
        self._working.counts[f"patch:{project}"] += n
