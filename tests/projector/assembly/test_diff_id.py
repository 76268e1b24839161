"""The patch id of a diff is what `git patch-id --stable` says, whatever was changed and however it was sent."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.message import parse
from projector.assembly.diff_id import diff_id
from schemas.mail import bytes_of_diff
from tests.ingest.message.test_real_mail import NOW, list_mail

DIFF = b"diff --git a/f b/f\nindex 1111111..2222222 100644\n--- a/f\n+++ b/f\n@@ -1,2 +1,3 @@ f()\n one\n+two\n three\n"
Tree = Mapping[str, tuple[bytes, bool]]
"""Contents of files by name, and whether they are executable."""


def git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    environment = {
        **os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
    }  # fmt: skip
    command = ["git", "-C", str(folder), "-c", "core.autocrlf=false", *arguments]
    return subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True, env=environment).stdout


def git_says(text: bytes) -> str | None:
    """The first id that git gives."""
    words = subprocess.run(["git", "patch-id", "--stable"], input=text, stdout=subprocess.PIPE, check=True).stdout
    return words.split()[0].decode() if words else None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"no diff here\n", id="no diff"),
        pytest.param(DIFF, id="diff alone"),
        pytest.param(b"Text.\n---\n f | 1 +\n\n" + DIFF + b"-- \n2.39.5\n", id="mail"),
        pytest.param(DIFF + b"\n_____\nlist mailing list\n", id="footer without a signature"),
        pytest.param(DIFF.replace(b"\n three\n", b"\n three"), id="cut off in its last line"),
        pytest.param(DIFF.replace(b" three\n", b""), id="a line is missing"),
        pytest.param(DIFF + b"+four\n", id="a line too many"),
        pytest.param(DIFF.replace(b" one", b"-one\n-more"), id="more removed than was said"),
        pytest.param(DIFF.replace(b" one", b""), id="empty line for an empty context line"),
        pytest.param(DIFF.replace(b"+two", b"+t\0wo\0"), id="NUL"),
        pytest.param(DIFF.replace(b"+two", b"+\x0btw\x0co"), id="form feed and vertical tab are no white space"),
        pytest.param(DIFF + b"\\ No newline at end of file\n" + DIFF, id="no newline, and another file"),
        pytest.param(DIFF + b"\\ short\n", id="short line with a backslash"),
        pytest.param(DIFF + b"@@ -7 +8 @@\n-a\n+b\n@@ -x +y @@\n", id="hunks of one line, and a broken head"),
        pytest.param(DIFF.replace(b"@@ -1,2", b"0" * 40 + b"\n@@ -1,2"), id="a commit's name ends it"),
        pytest.param(DIFF.replace(b"index", b"old mode 100644\nnew mode 100755\nindex"), id="modes"),
        pytest.param(DIFF.replace(b"index 1111111..2222222", b"index nonsense"), id="index without names"),
        pytest.param(b"diff --git a/e b/e\nold mode 100644\nnew mode 100755\n" + DIFF, id="mode alone before a file"),
        pytest.param(
            b"diff --git a/b b/b\nindex 123..456 100644\nGIT binary patch\nliteral 1\nIcmZPo000310RR91\n\n"
            + DIFF
            + DIFF,
            id="binary before files",
        ),
        pytest.param(DIFF + b"diff --git a/b b/b\nindex 123..456\nBinary files a/b and b/b differ\n", id="binary last"),
        pytest.param(b"Index: f\n===\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n", id="no diff line"),
        pytest.param(b"diff -u f.orig f\n--- f.orig\n+++ f\n@@ -1 +1 @@\n-a\n+b\n", id="diff without git"),
    ],
)
def test_git_says_the_same(text: bytes) -> None:
    assert diff_id(text) == git_says(text)


def test_white_space_and_line_numbers_make_no_difference() -> None:
    moved = DIFF.replace(b"-1,2 +1,3", b"-10,2 +11,3").replace(b"one", b"o n\te")
    assert diff_id(moved) == diff_id(DIFF)


LINES = st.lists(
    st.sampled_from([b"one", b"two", b"-- ", b"@@ -1 +1 @@", b"diff a", b"\\ No newline", b"", b" x\t", b"\f"])
)
ENDS = st.sampled_from([b"\n", b"\r\n"])
TEXTS = st.builds(lambda lines, end, last: end.join(lines) + last, LINES, ENDS, st.sampled_from([b"", b"\n"]))
CONTENTS = st.one_of(TEXTS, TEXTS, st.sampled_from([b"", b"\0binary", b"\0other\n", b"long\n" * 40, b"long\n" * 39]))
NAMES = st.sampled_from(["a", "b", "with space", "ä", 'quo"te', "tab\there", "deep/er", "deep/est", "z\\"])
TREES = st.dictionaries(NAMES, st.tuples(CONTENTS, st.booleans()), max_size=5)


def commit(folder: Path, tree: Tree) -> None:
    git(folder, "rm", "-rqf", "--ignore-unmatch", ".")
    for name, (content, is_executable) in tree.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o755 if is_executable else 0o644)
    git(folder, "add", "-A", ".")
    git(folder, "commit", "-q", "--allow-empty", "-m", "change\n\nwhy\n")


@settings(deadline=None, max_examples=40)
@given(before=TREES, after=TREES)
def test_a_commit_and_its_mail_have_one_id(before: Tree, after: Tree) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        git(folder, "init", "-q")
        commit(folder, before)
        commit(folder, after)
        sent = git(folder, "format-patch", "--stdout", "--full-index", "--binary", "-1", "HEAD")
        log = git(folder, "log", "-p", "-1", "--full-index", "--binary", "HEAD")
        assert diff_id(sent.partition(b"\n---\n")[2]) == git_says(sent)
        assert git_says(sent) == git_says(log)


EVERY = 7
"""Every seventh patch, to hold the time."""


@pytest.mark.usefixtures("real_mail")
def test_real_mail() -> None:
    texts = [bytes_of_diff(parsed) for raw in list_mail() if (parsed := parse(raw, NOW)).diff][::EVERY]
    differ = [text for text in texts if git_says(text) != diff_id(text)]
    assert (len(texts) > 300, differ) == (True, [])
