"""A mailing list of our own making: series with cover letters, reviews and rerolls, the same for the same seed.

The mails have the shape that `git send-email` and a list give them, and a patch has 4.3 KB in the mean.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import NamedTuple

LIST_ID = "bench.example.org"
LIST_ADDRESS = "bench@lists.example.org"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = 60
SIZES = (1, 1, 1, 1, 2, 2, 3, 4, 5, 5, 7, 9)
"""Patches of a series."""
VERSIONS = (1, 1, 1, 2, 2, 3)
REVIEWED_SHARE = 0.5
WORDS = (
    "buffer", "queue", "timer", "lock", "index", "frame", "route", "cache", "entry", "table", "header",
    "packet", "device", "state", "count", "limit", "handle", "request", "answer", "session", "stream",
    "window", "flag", "offset", "length", "neighbour", "channel",
)  # fmt: skip
VERBS = ("fix", "avoid", "remove", "rename", "split", "count", "check", "bound", "move", "merge")


class GeneratedMail(NamedTuple):
    """One mail: its Message-ID, when it was sent, whether it has a diff, and its bytes with LF at line ends."""

    message_id: str
    date: datetime
    is_patch: bool
    raw: bytes


def mails(count: int, seed: int = 1) -> list[GeneratedMail]:
    """The first `count` mails of the list, in the order of their dates."""
    random = Random(seed)
    found: list[GeneratedMail] = []
    topic = 0
    while len(found) < count + count // 10:  # a topic's rerolls come days later: the list's end must not be thin
        topic += 1
        found += _topic(random, topic, START + timedelta(minutes=20 * topic))
    found.sort(key=lambda mail: (mail.date, mail.message_id))
    return found[:count]


def patches(count: int, seed: int = 2) -> list[GeneratedMail]:
    """`count` patches and nothing else."""
    return [mail for mail in mails(4 * count + 100, seed) if mail.is_patch][:count]


def write_list(path: Path, count: int, tenths: int = 1) -> int:
    """Write the list as an archive, or as so many equal parts of one, which end in `.0`, `.1` and so on; see below."""
    listed = mails(count)
    if tenths == 1:
        return write_mbox(path, listed)
    size = count // tenths
    parts = (listed[size * number : size * (number + 1)] for number in range(tenths))
    return sum(write_mbox(path.with_suffix(f".{number}"), part) for number, part in enumerate(parts))


def write_mbox(path: Path, listed: list[GeneratedMail]) -> int:
    """Write mails as an archive that `patchlog import` reads (mboxrd); gives the bytes of the mails alone."""
    with path.open("wb") as file:
        for mail in listed:
            file.write(b"From mboxrd@z Thu Jan  1 00:00:00 1970\n" + mail.raw + b"\n")
    return sum(len(mail.raw) for mail in listed)


class _Post(NamedTuple):
    """What the mails of one revision share."""

    author: str
    title: str
    tag: str
    size: int
    key: str
    sent: datetime
    answers: tuple[str, ...]


def _topic(random: Random, number: int, begun: datetime) -> Iterator[GeneratedMail]:
    """One piece of work from its first revision to its last, with what others say to it."""
    author = f"author{random.randrange(PEOPLE)}"
    size, title = random.choice(SIZES), _title(random)
    answers: tuple[str, ...] = ()
    for version in range(1, random.choice(VERSIONS) + 1):
        sent = begun + timedelta(days=3 * (version - 1), seconds=random.randrange(600))
        tag = f"PATCH v{version}" if version > 1 else "PATCH"
        post = _Post(author, title, tag, size, f"{sent:%Y%m%d%H%M%S}.{number}", sent, answers)
        posted = list(_revision(random, post))
        yield from posted
        yield from _reviews(random, posted)
        answers = (posted[0].message_id,) if random.random() < 0.3 else ()


def _revision(random: Random, post: _Post) -> Iterator[GeneratedMail]:
    answers = post.answers
    if post.size > 1:
        subject = f"[{post.tag} 0/{post.size}] {post.title}"
        text = f"{_prose(random, 5)}\n{post.author} ({post.size}):\n"
        text += "".join(f"  {post.title}, part {number}\n" for number in range(1, post.size + 1)) + "\n-- \n2.39.5\n"
        yield _mail(post.author, subject, f"{post.key}-0", post.sent, answers, text)
        answers = (*answers, _message_id(f"{post.key}-0", post.author))
    for number in range(1, post.size + 1):
        title = f"{post.title}, part {number}" if post.size > 1 else post.title
        tag = f"[{post.tag} {number}/{post.size}]" if post.size > 1 else f"[{post.tag}]"
        text = f"{_prose(random, 4)}\nSigned-off-by: {_mailbox(post.author)}\n---\n{_diff(random)}-- \n2.39.5\n\n"
        sent = post.sent + timedelta(seconds=number)
        yield _mail(post.author, f"{tag} {title}", f"{post.key}-{number}", sent, answers, text, is_patch=True)


def _reviews(random: Random, posted: list[GeneratedMail]) -> Iterator[GeneratedMail]:
    """Answers to some mails of a revision, and answers to answers."""
    for mail in posted:
        parent, references = mail, (posted[0].message_id,) if mail is not posted[0] else ()
        while random.random() < REVIEWED_SHARE:
            reviewer = f"author{random.randrange(PEOPLE)}"
            head, _, body = parent.raw.decode().partition("\n\n")
            subject = next(line for line in head.splitlines() if line.startswith("Subject: "))[9:]
            subject = subject if subject.startswith("Re: ") else f"Re: {subject}"
            quoted = "".join(f"> {line}\n" for line in body.splitlines()[: random.randrange(8, 40)])
            text = f"On {parent.date:%Y-%m-%d}, somebody wrote:\n{quoted}\n{_prose(random, 3)}\n"
            if random.random() < 0.5:
                text += f"Reviewed-by: {_mailbox(reviewer)}\n"
            references = (*references, parent.message_id)
            sent = parent.date + timedelta(hours=random.randrange(1, 30), seconds=random.randrange(3600))
            key = f"{sent:%Y%m%d%H%M%S}.{random.randrange(10**9)}"
            parent = _mail(reviewer, subject, key, sent, references, text)
            yield parent


def _mail(
    author: str,
    subject: str,
    key: str,
    sent: datetime,
    answers: tuple[str, ...],
    text: str,
    *,
    is_patch: bool = False,
) -> GeneratedMail:
    message_id = _message_id(key, author)
    head = [
        "Received: from mail.example.org (mail.example.org [192.0.2.25])",
        f"\tby lists.example.org (Postfix) with ESMTPS id {key.replace('.', '-')}",
        f"\tfor <{LIST_ADDRESS}>; {format_datetime(sent)}",
        f"From: {_mailbox(author)}",
        f"To: {LIST_ADDRESS}",
        "Cc: maintainer@example.org, Reviewer One <reviewer1@example.org>,",
        "\tReviewer Two <reviewer2@example.org>",
        f"Subject: {subject}",
        f"Date: {format_datetime(sent)}",
        f"Message-ID: <{message_id}>",
        "X-Mailer: git-send-email 2.39.5",
    ]
    if answers:
        head += [f"In-Reply-To: <{answers[-1]}>", "References: " + "\n ".join(f"<{name}>" for name in answers)]
    head += [
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=UTF-8",
        "Content-Transfer-Encoding: 8bit",
        f"List-Id: Measured work <{LIST_ID}>",
        f"List-Post: <mailto:{LIST_ADDRESS}>",
        "Precedence: list",
    ]
    return GeneratedMail(message_id, sent, is_patch, ("\n".join(head) + "\n\n" + text).encode())


def _message_id(key: str, author: str) -> str:
    return f"{key}-{author}@example.org"


def _mailbox(author: str) -> str:
    return (
        f"{author.capitalize()} Ämpel <{author}@example.org>"
        if author.endswith("7")
        else f"A. {author.capitalize()} <{author}@example.org>"
    )


def _title(random: Random) -> str:
    return f"{random.choice(WORDS)}: {random.choice(VERBS)} the {random.choice(WORDS)} of a {random.choice(WORDS)}"


def _prose(random: Random, lines: int) -> str:
    return "".join(" ".join(random.choices(WORDS, k=9)).capitalize() + ".\n" for _ in range(lines))


def _diff(random: Random) -> str:
    """Diffs of one to three files, with the stat above them."""
    stat, diffs = "", ""
    for _ in range(random.randrange(1, 4)):
        path = f"net/{random.choice(WORDS)}/{random.choice(WORDS)}-{random.choice(WORDS)}.c"
        hunks = [_hunk(random, 40 + 90 * place) for place in range(random.randrange(1, 5))]
        stat += f" {path} | {sum(hunk.count(chr(10)) - 7 for hunk in hunks)} +-\n"
        blobs = f"{random.randrange(16**12):012x}..{random.randrange(16**12):012x}"
        diffs += f"diff --git a/{path} b/{path}\nindex {blobs} 100644\n--- a/{path}\n+++ b/{path}\n" + "".join(hunks)
    return f"{stat}\n{diffs}"


def _hunk(random: Random, line: int) -> str:
    removed, added = random.randrange(0, 6), random.randrange(1, 9)
    head = f"@@ -{line},{6 + removed} +{line},{6 + added} @@ static int {_name(random)}(void)\n"
    marks = " " * 3 + "-" * removed + "+" * added + " " * 3
    return head + "".join(f"{mark}\t{_name(random)} = {_name(random)}({random.choice(WORDS)});\n" for mark in marks)


def _name(random: Random) -> str:
    return f"{random.choice(WORDS)}_{random.choice(WORDS)}"
