"""A repository with commits of every kind, sent by `git send-email` to a running `patchlog up`, and applied again."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.am.git import git
from tests.e2e.running import Running

LIST = "demo@example.org"
PATCHES = 5


def need_git_send_email() -> None:
    """Skip the test where it is not installed."""
    folder = subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=False).stdout.strip()
    if shutil.which("git-send-email", path=folder) is None:
        pytest.skip("git send-email is not installed (deploy/install-test-tools)")


def make_repository(folder: Path) -> Path:
    """A base commit with the tag `base`, and five commits on top of it."""
    git(folder, "init", "-q", "-b", "main")
    author, friend = "A. Author <a@example.org>", "Zoë Müller-Łódź <zoe@example.org>"
    _commit(folder, "begin", author, {"a.txt": b"one\ntwo\nthree\n", "old name.txt": b"kept\n" * 20})
    git(folder, "tag", "base")
    _commit(folder, "a: say two twice\n\nOnce is not enough.", author, {"a.txt": b"one\ntwo\ntwo\nthree\n"})
    _commit(folder, "add a picture", author, {"picture.png": bytes(range(256)) * 8})
    _commit(folder, "b: grüße\n\nÄpfel, Öl und Übel.", friend, {"b.txt": "grüße\n".encode()})
    lines = b"From me to you\n.\n..\n>From\n" + b"x" * 1500 + b"\n"
    _commit(folder, "From here to there\n\n---\nis a separator in a mail", author, {"c.txt": lines})
    git(folder, "mv", "old name.txt", "new name.txt")
    _commit(folder, "rename a file", author, {"d.txt": b"no line end"})
    return folder


def send(repository: Path, up: Running) -> None:
    """Make the mails of the five commits with a cover letter, and send them."""
    out = repository.parent / f"{repository.name}-out"
    git(repository, "format-patch", "-q", "--cover-letter", "-M", "-o", str(out), "base..main")
    cover = out / "0000-cover-letter.patch"
    text = cover.read_text().replace("*** SUBJECT HERE ***", "five things").replace("*** BLURB HERE ***", "Please.")
    cover.write_text(text)
    host, port = up.smtp
    server = (f"--smtp-server={host}", f"--smtp-server-port={port}", "--no-validate", "--confirm=never")
    addresses = ("--from=S. Ender <sender@example.org>", f"--to={LIST}", "--suppress-cc=all")
    git(repository, "send-email", "--quiet", *server, *addresses, str(out))


def clone(repository: Path, work: Path) -> Path:
    """A clone at `base`."""
    git(work.parent, "clone", "-q", "--branch", "base", str(repository), work.name)
    return work


def applied(repository: Path, work: Path, mailbox: bytes) -> Path:
    """A clone at `base` upon which `git am` put the mails."""
    git(clone(repository, work), "am", "-q", stdin=mailbox)
    return work


def _commit(folder: Path, message: str, author: str, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    git(folder, "add", "--all")
    git(folder, "commit", "-q", f"--author={author}", "-F", "-", stdin=message.encode())
