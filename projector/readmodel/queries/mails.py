"""The mails of a revision or a patch, ready to be written as an mbox, with the trailers that reviewers gave."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, select

from projector.readmodel.queries.large import DIFF, DIFF_BYTES, MESSAGE, LargeText, small
from projector.readmodel.queries.listing import WasRedacted
from projector.readmodel.queries.revisions import RevisionKey
from projector.readmodel.reading import Row, fetch_all, fetch_first
from projector.readmodel.tables import account, comment, patch, patch_text, person, revision, revision_patch, series
from schemas.mail import Commit, LimitedTrailer, MboxHeader, MboxMail, Sent, read_trailers
from schemas.mail import Mailbox as Address

COVER_TRAILERS = ("reviewed-by", "acked-by", "tested-by", "signed-off-by")
"""What a reviewer says of a cover letter with these, is said of every patch behind it; other trailers name one mail."""

_ORDER = re.compile(r"\[(?:[^\]]*,)?(\d+)/\d+[,\]]")
"""The order in a patch's name as shown: "[v2,1/3] net: fix"."""


class PatchMail(msgspec.Struct, frozen=True):
    """One patch of an mbox. trailers are those of its comments, then those of its cover letter's, each once.

    digest: of a large one, whose message and diff are not in it; has_bytes: whether its diff has bytes of its own.
    """

    patch_id: int
    mail: MboxMail
    trailers: tuple[str, ...]
    digest: str | None = None
    has_bytes: bool = False

    @property
    def message(self) -> LargeText:
        """The message of a large one."""
        return LargeText(MESSAGE, self.patch_id, self.digest or "")

    @property
    def diff(self) -> LargeText:
        """The diff of a large one."""
        return LargeText(DIFF_BYTES if self.has_bytes else DIFF, self.patch_id, self.digest or "")


class Mailbox(msgspec.Struct, frozen=True):
    """The mails of one download, in the order in which they apply, under the name of what they are.

    left_out: the patches among them that were redacted. ending: of a file's name, that of one patch or of a series.
    """

    name: str
    mails: list[PatchMail]
    left_out: tuple[int, ...] = ()
    ending: str = ".mbox"


def revision_mails(connection: Connection, key: RevisionKey) -> Mailbox | None:
    """The mails of a revision; None when there is no such revision. Three queries, however many patches.

    Raises WasRedacted where no patch of it has words any more.
    """
    parameters = {"series": key.series_id, "version": key.version}
    found = fetch_first(connection, _REVISION, parameters)
    if found is None:
        return None
    name, cover_id = found
    found_rows = fetch_all(connection, _REVISION_PATCHES, parameters)
    rows = [row for row in found_rows if not row[REDACTED]]
    left_out = tuple(row[0] for row in found_rows if row[REDACTED])
    if left_out and not rows:
        raise WasRedacted
    targets = [row[0] for row in rows]
    covers = [] if cover_id is None else [cover_id]
    return Mailbox(name, _with_trailers(rows, _trailers(connection, [*targets, *covers]), covers), left_out)


def patch_mails(connection: Connection, patch_id: int) -> Mailbox | None:
    """The mail of one patch; None when there is no such patch. Raises WasRedacted."""
    row = fetch_first(connection, _PATCH, {"patch_id": patch_id})
    if row is None:
        return None
    if row[REDACTED]:
        raise WasRedacted
    covers = [row[0] for row in fetch_all(connection, _COVERS, {"patch_id": patch_id})]
    mails = _with_trailers([row], _trailers(connection, [patch_id, *covers]), covers)
    return Mailbox(row[NAME], mails, ending=".patch")


def _trailers(connection: Connection, targets: Sequence[int]) -> dict[int, list[LimitedTrailer]]:
    """Trailers by what they were given to, in the order of the comments' dates."""
    given: dict[int, list[LimitedTrailer]] = {}
    for target_id, lines in fetch_all(connection, _TRAILERS, {"targets": targets}):
        given.setdefault(target_id, []).extend(read_trailers(lines))
    return given


def _with_trailers(
    rows: Iterable[Row], given: dict[int, list[LimitedTrailer]], covers: Sequence[int]
) -> list[PatchMail]:
    shared = [trailer for cover in covers for trailer in given.get(cover, []) if _is_shared(trailer)]
    return [
        PatchMail(
            row[0],
            _mail(*row[:DIGEST]),
            tuple(dict.fromkeys(_for_patch(row[NAME], given.get(row[0], []), shared))),
            *row[DIGEST:REDACTED],
        )
        for row in rows
    ]


def _is_shared(trailer: LimitedTrailer) -> bool:
    return trailer.text.partition(":")[0].lower() in COVER_TRAILERS and trailer.patches != ()


def _for_patch(name: str, own: Iterable[LimitedTrailer], shared: Iterable[LimitedTrailer]) -> Iterator[str]:
    """The trailers that are for the patch of a name: those that name some patches of the series, if it is one of them.

    own: given to the patch itself, where "for the driver bits" means a part of it.
    """
    found = _ORDER.match(name)
    order = int(found[1]) if found else 1
    yield from (trailer.text for trailer in own if not trailer.patches or order in trailer.patches)
    yield from (trailer.text for trailer in shared if trailer.patches is None or order in trailer.patches)


def _mail(
    id_: int, message_id: str, message: str | None, content: str | None, diff_bytes: bytes | None, *rest: Any
) -> MboxMail:
    diff = (content or "").encode() if diff_bytes is None else bytes(diff_bytes)
    *commit, sent, name, email, reviewer, emails = rest
    submitter = Address(name or "", email or "")
    (delegate, *_) = [*_read_emails(emails), reviewer] if reviewer is not None else [""]
    header = MboxHeader(id_, submitter, delegate, _read_sent(sent) if sent is not None else Sent())
    return MboxMail(message_id, Commit(*commit), message or "", diff, header)


_read_sent = msgspec.json.Decoder(Sent).decode
_read_emails = msgspec.json.Decoder(list[str]).decode


_MAIL_COLUMNS = (
    patch.c.id,
    patch.c.message_id,
    small(patch_text.c.message, patch_text.c.digest),
    small(patch_text.c.content, patch_text.c.digest),
    small(patch_text.c.diff_bytes, patch_text.c.digest),
    patch_text.c.commit_name,
    patch_text.c.commit_email,
    patch_text.c.commit_date,
    patch_text.c.commit_title,
    patch_text.c.commit_subject,
    patch_text.c.commit_message_start,
    patch_text.c.commit_message_end,
    patch_text.c.sent,
    person.c.name,
    person.c.email,
    account.c.name,
    account.c.emails,
    patch_text.c.digest,
    patch_text.c.diff_bytes.is_not(None),
    patch.c.redacted,
    patch.c.name,
)
NAME = len(_MAIL_COLUMNS) - 1
REDACTED = NAME - 1
"""Where a row says whether its patch was."""
DIGEST = REDACTED - 2
"""Where a row has what is said of a large one."""

_REVISION = select(revision.c.name, revision.c.cover_id).where(
    revision.c.series_id == bindparam("series"), revision.c.version == bindparam("version")
)
_REVISION_PATCHES = (
    select(*_MAIL_COLUMNS)
    .select_from(revision_patch)
    .join(patch, patch.c.id == revision_patch.c.patch_id)
    .outerjoin(patch_text, patch_text.c.patch_id == patch.c.id)
    .outerjoin(person, person.c.id == patch.c.submitter_id)
    .outerjoin(series, series.c.id == patch.c.series_id)
    .outerjoin(account, account.c.id == series.c.reviewer_id)
    .where(revision_patch.c.series_id == bindparam("series"), revision_patch.c.version == bindparam("version"))
    .order_by(revision_patch.c.number)
)
_PATCH = (
    select(*_MAIL_COLUMNS)
    .select_from(patch)
    .outerjoin(patch_text, patch_text.c.patch_id == patch.c.id)
    .outerjoin(person, person.c.id == patch.c.submitter_id)
    .outerjoin(series, series.c.id == patch.c.series_id)
    .outerjoin(account, account.c.id == series.c.reviewer_id)
    .where(patch.c.id == bindparam("patch_id"))
)
_COVERS = (
    select(revision.c.cover_id)
    .distinct()
    .join(
        revision_patch,
        (revision_patch.c.series_id == revision.c.series_id) & (revision_patch.c.version == revision.c.version),
    )
    .where(revision_patch.c.patch_id == bindparam("patch_id"), revision.c.cover_id.is_not(None))
    .order_by(revision.c.cover_id)
)
_TRAILERS = (
    select(comment.c.target_id, comment.c.trailers)
    .where(comment.c.target_id.in_(bindparam("targets", expanding=True)), comment.c.trailers != "")
    .order_by(comment.c.date_us, comment.c.id)
)
