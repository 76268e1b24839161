"""Mails of our own making, shaped as `git send-email` shapes them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from ingest.receipt import receive
from schemas.fact import Fact
from schemas.records import MailReceived

_COVER_TAG = re.compile(r"\[(?:[^]]*[^]\d])?0+/\d+\]")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
AUTHOR = "Ada Author <ada@example.org>"
OTHER = "Otto Other <otto@example.org>"
LIST_ID = "demo.example.org"


def diff(path: str = "net/leak.c", line: str = "free(buffer);") -> str:
    """A diff of one file."""
    return (
        f"---\n {path} | 1 +\n 1 file changed, 1 insertion(+)\n\n"
        f"diff --git a/{path} b/{path}\nindex 1111111..2222222 100644\n--- a/{path}\n+++ b/{path}\n"
        f"@@ -1,2 +1,3 @@\n one\n+{line}\n two\n-- \n2.39.5\n"
    )


def mail(
    subject: str,
    id: str,
    *,
    answers: str | Sequence[str] = (),
    minute: float = 0,
    author: str = AUTHOR,
    body: str = "",
    has_diff: bool | None = None,
    path: str = "net/leak.c",
    line: str = "",
    list_id: str = LIST_ID,
    received: datetime | None = None,
    source: str = "smtp",
    headers: str = "",
) -> MailReceived:
    """One mail, received at START unless said otherwise; `answers` are its references, oldest first.

    Without has_diff, what is tagged, is no answer and is no cover letter (0/n) has a diff.
    """
    references = [answers] if isinstance(answers, str) else list(answers)
    is_patch = "[" in subject and not subject.lower().startswith("re:") and _COVER_TAG.search(subject) is None
    text = body or f"{subject.partition('] ')[2] or subject}.\n"
    if is_patch if has_diff is None else has_diff:
        text += "\nSigned-off-by: Ada Author <ada@example.org>\n" + diff(path, line or f"call({subject!r});")
    head = [
        f"From: {author}",
        f"Subject: {subject}",
        f"Date: {format_datetime(START + timedelta(minutes=minute))}",
        f"Message-ID: <{id}@example.org>",
        f"List-Id: <{list_id}>",
    ]
    if references:
        head.append(f"In-Reply-To: <{references[-1]}@example.org>")
        head.append("References: " + " ".join(f"<{name}@example.org>" for name in references))
    raw = "\n".join(head) + "\n" + headers + "\n" + text
    return receive(
        raw.encode(), source=source, received_at=received or START, envelope_sender="list@example.org", recipients=()
    )


def series(
    id: str,
    total: int,
    *,
    name: str = "net: fix leaks",
    marker: str = "",
    minute: float = 0,
    answers: str | Sequence[str] = (),
    author: str = AUTHOR,
    threading: str = "shallow",
    has_cover: bool = True,
    patch_names: Sequence[str] | None = None,
    source: str = "smtp",
) -> list[Fact]:
    """A series as one `git send-email` sends it: mails ID-0 (the cover letter), ID-1, ..., a second apart.

    threading: "shallow" (all answer the first), "deep" (each answers the one before) or "none".
    """
    references = [answers] if isinstance(answers, str) else list(answers)
    tag = f"PATCH {marker} " if marker else "PATCH "
    names = patch_names or [f"net: part {number}" for number in range(1, total + 1)]
    mails: list[Fact] = []
    above: list[str] = []
    for number in range(0 if has_cover else 1, total + 1):
        title = name if number == 0 else names[number - 1]
        mails.append(
            mail(
                f"[{tag}{number}/{total}] {title}",
                f"{id}-{number}",
                answers=references + (above if threading != "none" else []),
                minute=minute + number / 60,
                author=author,
                path=f"net/part{number}.c",
                source=source,
            )
        )
        if threading == "deep" or not above:
            above = [*above, f"{id}-{number}"]
    return mails


def answer(
    id: str, to: str | Sequence[str], *, minute: float = 5, body: str = "Looks good.\n", author: str = OTHER
) -> Fact:
    """A reviewer's answer; `to` are its references, oldest first."""
    return mail("Re: [PATCH] net: something", id, answers=to, minute=minute, body=body, author=author)
