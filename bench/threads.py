"""Threads of our own making: posted again and again in reply, and talked about in between."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIST_ID = "bench.example.org"
POSTED_EACH = 10
"""One mail in so many is a patch or a cover letter."""
PATCHES = 9
REFERENCES_MAX = 20
DIFF = "diff --git a/net/{0}.c b/net/{0}.c\nindex 1111111..2222222 100644\n--- a/net/{0}.c\n+++ b/net/{0}.c\n" + (
    "@@ -1,3 +1,4 @@\n one\n+\tbuffer = queue_get(table, entry);\n two\n three\n" * 55
)
TEXT = "> +\tbuffer = queue_get(table, entry);\n\nWhat if the table is full here?\n" * 12


def one_thread(mails: int, seed: int = 1) -> list[bytes]:
    """One thread: series of nine patches with a cover letter, each in reply to the one before, with comments between.

    One mail in ten is a patch or a cover letter. Mails come in the order of their dates.
    """
    random = Random(seed)
    thread = _Thread("big")
    while len(thread.raws) < mails:
        _post(thread, PATCHES)
        for _ in range((POSTED_EACH - 1) * (PATCHES + 1)):
            _comment(thread, random)
    return thread.raws[:mails]


def small_threads(mails: int, seed: int = 1) -> list[bytes]:
    """Threads of ten: a patch and nine comments."""
    random = Random(seed)
    raws: list[bytes] = []
    while len(raws) < mails:
        thread = _Thread(f"small{len(raws)}", minute=10 * len(raws))
        _post(thread, 1)
        for _ in range(POSTED_EACH - 1):
            _comment(thread, random)
        raws += thread.raws
    return raws[:mails]


class _Thread:
    """A thread as it grows: its mails, and the references that an answer to each has."""

    def __init__(self, name: str, minute: int = 0) -> None:
        self.name, self.minute, self.version = name, minute, 0
        self.raws: list[bytes] = []
        self.references: list[tuple[str, ...]] = []

    def add(self, author: str, subject: str, above: tuple[str, ...], body: str) -> tuple[str, ...]:
        """Add a mail, and give the references of its answers."""
        message_id = f"{self.name}-{len(self.raws)}@example.org"
        self.minute += 1
        head = f"From: {author} <{author}@example.org>\nTo: bench@lists.example.org\nSubject: {subject}\n"
        head += f"Date: {format_datetime(START + timedelta(minutes=self.minute))}\nMessage-ID: <{message_id}>\n"
        if above:
            head += f"In-Reply-To: <{above[-1]}>\nReferences: " + "\n ".join(f"<{name}>" for name in above) + "\n"
        head += f"List-Id: <{LIST_ID}>\n\n"
        self.raws.append((head + body).encode())
        self.references.append((*above, message_id)[-REFERENCES_MAX:])
        return self.references[-1]


def _post(thread: _Thread, patches: int) -> None:
    """The next version of a series, in reply to the one before; a single patch has no cover letter."""
    thread.version += 1
    tag = f"PATCH v{thread.version}" if thread.version > 1 else "PATCH"
    above = thread.references[0] if thread.references else ()
    if patches > 1:
        above = thread.add("ada", f"[{tag} 0/{patches}] {thread.name}: bound the queue", above, TEXT)
    for number in range(1, patches + 1):
        place = f" {number}/{patches}" if patches > 1 else ""
        body = f"Part {number}.\n\nSigned-off-by: Ada <ada@example.org>\n---\n{DIFF.format(number)}-- \n2.39.5\n"
        thread.add("ada", f"[{tag}{place}] {thread.name}: part {number}", above, body)


def _comment(thread: _Thread, random: Random) -> None:
    """An answer to one of the mails of the last hours, whichever it is."""
    above = random.choice(thread.references[-50:])
    thread.add(f"reviewer{random.randrange(9)}", f"Re: [PATCH] {thread.name}", above, TEXT)
