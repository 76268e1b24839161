"""Makes archives of every kind from mails of our own."""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from hashlib import sha1
from pathlib import Path


def mail(number: int, *, list_id: str = "demo.example.org", body: str = "Hello.\n") -> bytes:
    """A small mail; its topmost Received is `number` minutes after 2020-01-01 00:00:00 UTC."""
    fields = [
        f"Received: from a.example.org by b.example.org; Wed, 1 Jan 2020 {number // 60:02}:{number % 60:02}:00 +0000",
        f"From: Ann <ann@example.org>\nDate: Wed, 1 Jan 2020 00:00:00 +0000\nSubject: Mail {number}",
        f"Message-ID: <{number}@example.org>",
        *([f"List-Id: Demo <{list_id}>"] if list_id else []),
    ]
    return ("\n".join(fields) + "\n\n" + body).encode()


def mails(count: int) -> list[bytes]:
    return [mail(number) for number in range(1, count + 1)]


def mboxrd(messages: Iterable[bytes], separator: bytes = b"From mboxrd@z Thu Jan  2 03:04:05 2020") -> bytes:
    """Write messages, each of which is empty or ends with a line end, as an mbox."""
    return b"".join(
        separator + b"\n" + re.sub(rb"^(>*From )", rb">\1", message, flags=re.MULTILINE) + b"\n" for message in messages
    )


def git(repository: Path, *arguments: str, feed: bytes = b"") -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "--git-dir", str(repository), *arguments], input=feed, env=kept, check=True, capture_output=True
    )
    return done.stdout.decode().strip()


def make_repository(path: Path) -> Path:
    subprocess.run(["git", "init", "-q", "--bare", "-b", "master", str(path)], check=True, capture_output=True)
    return path


Commit = Sequence[tuple[str, bytes | None]]
"""The files that a commit writes; None: that it deletes."""


def add_commits(repository: Path, commits: Sequence[Commit], *, first_minute: int = 0) -> None:
    """Add commits to master by `git fast-import`, a minute apart from 2020-06-01 00:00 UTC."""
    tip = git(repository, "for-each-ref", "--format=%(objectname)", "refs/heads/master")
    stream = []
    for number, files in enumerate(commits):
        seconds = 1590969600 + 60 * (first_minute + number)
        stream.append(b"commit refs/heads/master\ncommitter A <a@example.org> %d +0200\ndata 1\nx\n" % seconds)
        if number == 0 and tip:
            stream.append(b"from %s\n" % tip.encode())
        for name, content in files:
            if content is None:
                stream.append(b"D %s\n" % name.encode())
            else:
                stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
    git(repository, "fast-import", "--quiet", "--force", feed=b"".join(stream))


def v2_commits(messages: Iterable[bytes]) -> list[Commit]:
    return [[("d", None), ("m", message)] for message in messages]


def v1_path(message: bytes) -> str:
    name = sha1(re.findall(rb"Message-ID: <(.*)>", message)[0]).hexdigest()
    return f"{name[:2]}/{name[2:]}"


def v1_commits(messages: Iterable[bytes]) -> list[Commit]:
    return [[(v1_path(message), message)] for message in messages]
