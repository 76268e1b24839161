"""What is shown of any mail is what `git am` applies of its mbox, and nothing else: asked of git itself.

PATCHLOG_HOSTILE_MAILS is how many mails are made; a campaign makes many thousands.
"""

import os
import shutil
import subprocess
from base64 import encodebytes
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from quopri import encodestring

import pytest

from api.mbox import compose
from ingest.message.commit import clean_subject
from ingest.message.parse import parse
from schemas.mail import ParsedMail, bytes_of_diff, text_before_diff
from tests.e2e.am.git import environment, git
from tests.e2e.am.hostile import hostile_mail
from tests.e2e.am.post import as_shown

MAILS = int(os.environ.get("PATCHLOG_HOSTILE_MAILS", "300"))
FIRST = int(os.environ.get("PATCHLOG_HOSTILE_FIRST", "0"))
RECEIVED_AT = datetime(2027, 1, 1, tzinfo=UTC)
DIFF = b"diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1,3 +1,4 @@\n one\n+more\n two\n three\n"
HEADER = (
    b"From: Ann <ann@example.org>\nDate: Sat, 28 Nov 2026 20:37:00 +0130\nSubject: [PATCH] net: a title\n"
    b"Content-Type: multipart/mixed; boundary=b\n"
)
BYPASS = Path(__file__).parents[4] / "shared/mail/bypass"


@dataclass(frozen=True)
class Applied:
    """The commit that git made. message has no blank lines at its ends."""

    tree: str
    name: str
    email: str
    date: str
    title: str
    message: str


class Repository:
    """A repository with two files, upon which patches are applied again and again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = b""
        git(folder, "init", "-q", "-b", "main")
        git(folder, "config", "gc.auto", "0")  # it would go on in the background, and hold the index
        (folder / "a.txt").write_text("one\ntwo\nthree\n")
        (folder / "b.txt").write_text("alpha\nbeta\ngamma\n")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "base")
        self.base = git(folder, "rev-parse", "HEAD").decode().strip()

    def am(self, mbox: bytes) -> Applied | None:
        """What `git am` makes of an mbox; None where it does not apply."""
        done = self._run("am", "-q", stdin=mbox)
        self.said = done.stderr
        if done.returncode != 0:
            self._run("am", "--abort")
            self._reset()
            return None
        form = "--format=%T%x00%an%x00%ae%x00%aI%x00%s%x00%B"
        fields = git(self.folder, "log", "-1", "--encoding=UTF-8", form).decode("utf-8", "replace").split("\0")
        self._reset()
        return Applied(*fields[:5], fields[5].strip("\n"))

    def apply(self, diff: bytes) -> str | None:
        """The tree that `git apply` makes of a diff; None where it does not apply."""
        is_applied = self._run("apply", "--index", "--whitespace=nowarn", stdin=diff).returncode == 0
        tree = git(self.folder, "write-tree").decode().strip() if is_applied else None
        self._reset()
        return tree

    def tidied(self, message: str) -> str:
        """A message as git tidies it before it commits."""
        return git(self.folder, "stripspace", stdin=message.encode("utf-8", "replace")).decode().strip("\n")

    def _reset(self) -> None:
        (self.folder / ".git/index.lock").unlink(missing_ok=True)  # some diffs make git stop at an assertion
        shutil.rmtree(self.folder / ".git/rebase-apply", ignore_errors=True)
        git(self.folder, "reset", "-q", "--hard", self.base)
        git(self.folder, "clean", "-q", "-f", "-d")

    def _run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["git", *arguments], cwd=self.folder, input=stdin, env=environment(self.folder), capture_output=True
        )


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return Repository(tmp_path_factory.mktemp("hostile"))


def differences(repository: Repository, mail: bytes) -> Iterator[str]:
    """What is wrong with how a mail is shown: what is applied of its mbox and was not shown, or the other way."""
    parsed = parse(mail, RECEIVED_AT)
    if not parsed.diff or parsed.commit is None:
        return
    mbox = compose([(as_shown(parsed), ())])
    made = repository.am(mbox)
    content = bytes_of_diff(parsed)
    tree = repository.apply(content)
    if parsed.diff.count("\n") != content.count(b"\n"):
        yield "content is not line for line what is applied"
    if made is None:
        if tree is not None and _says_something(parsed):
            yield "the diff applies, the mbox does not"
    else:
        if made.tree != tree:
            yield "another tree than that of the diff alone"
        commit = parsed.commit
        shown = (commit.name, commit.email, commit.date, commit.title)
        if (made.name, made.email, made.date.replace("Z", "+00:00"), made.title) != shown:
            yield f"shown {shown}, made {made}"
        message = repository.tidied(
            f"{_title(parsed)}{text_before_diff(parsed)[commit.message_start : commit.message_end]}"
        )
        if made.message != message:
            yield f"message shown {message!r}, made {made.message!r}"
    if not parsed.marks:
        sent = repository.am(mail)
        if sent != made and not (sent is None and repository.said.startswith(b"error: cannot convert from")):
            yield f"unmarked, and git makes {sent} of it as it was sent, {made} of our mbox"


def _title(parsed: ParsedMail) -> str:
    """The title, if it is not the message's own first paragraph."""
    assert parsed.commit is not None
    return f"{parsed.commit.title}\n\n" if clean_subject(parsed.commit.subject) else ""


def _says_something(parsed: ParsedMail) -> bool:
    """git refuses a commit without an address, as it does one without a message."""
    return bool(parsed.commit and parsed.commit.title and "@" in parsed.commit.email)


def test_what_is_shown_of_a_hostile_mail_is_what_is_applied(repository: Repository) -> None:
    wrong = {
        seed: found
        for seed in range(FIRST, FIRST + MAILS)
        if (found := list(differences(repository, hostile_mail(seed))))
    }
    assert wrong == {}


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable", "base64"])
@pytest.mark.parametrize(
    "first",
    [b"Hi,\n", b"Hi,", b"Hi,\n\n", b"\nHi,\n", b"[x]\n", b"", b"Hi=", b"Hi,\n---\n", DIFF, DIFF[:-1], DIFF[:-8]],
)
def test_texts_in_several_parts_are_put_together_as_git_does(
    repository: Repository, first: bytes, encoding: str
) -> None:
    """The next part goes on with the message, begins the diff, or says something else."""
    encode = {"7bit": bytes, "quoted-printable": encodestring, "base64": encodebytes}[encoding]
    head = HEADER + f"\n--b\nContent-Transfer-Encoding: {encoding}\n\n".encode() + encode(first)
    seconds = (b"Why.\n---\n" + DIFF, b"\nWhy.\n" + DIFF, DIFF, b" three\n", b"more", b"")
    mails = [head + b"\n--b\n\n" + second + b"\n--b--\n" for second in seconds]
    assert [list(differences(repository, mail)) for mail in mails] == [[] for _ in seconds]
    assert any(parse(mail, RECEIVED_AT).diff for mail in mails)


@pytest.mark.skipif(not BYPASS.is_dir(), reason="needs the hostile mails at ../shared/mail/bypass")
def test_what_is_shown_of_the_hostile_mails_that_are_kept_is_what_is_applied(repository: Repository) -> None:
    wrong = {path.name: list(differences(repository, path.read_bytes())) for path in sorted(BYPASS.glob("*.eml"))}
    assert wrong == {name: [] for name in wrong}
    assert len(wrong) >= 9
