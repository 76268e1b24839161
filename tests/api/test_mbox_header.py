"""The header of a mail in an mbox: git reads in it what was written, whatever the values are."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.mbox_header import write_header, write_mailbox
from ingest.message.commit import clean_subject, read_git_author, sane_name
from schemas.mail import Commit
from tests.e2e.am.git import git

DATE = "2021-03-01T10:00:00+01:00"


def header(subject: str = "[PATCH] x", message_id: str = "1@example.org") -> bytes:
    return write_header(Commit("Ann", "a@b.c", DATE, "x", subject, 0, 0), message_id)


@pytest.mark.parametrize(
    ("name", "email", "written"),
    [
        pytest.param("Ann", "A@example.org", b"Ann <A@example.org>", id="plain"),
        pytest.param('A. "B", \\', "a@b.c", b'"A. \\"B\\", \\\\" <a@b.c>', id="a name to be quoted"),
        pytest.param("Zoë B", "a@b.c", b"=?utf-8?q?Zo=C3=AB?= B <a@b.c>", id="a name to be encoded"),
        pytest.param("", "", b" <>", id="nothing"),
        pytest.param("(A)", "a@b.c", b'"((A))" <a@b.c>', id="brackets, of which git takes a pair off"),
        pytest.param("(A)", "", b'"(A)" <>', id="brackets without an address, of which git takes none off"),
        pytest.param("(Ä", "a@b.c", b'=?utf-8?q?=22=28=C3=84=22?= <a@b.c>', id="an open comment to be encoded"),
        pytest.param("A", "=?utf-8?q?x?=@b.c", b"=?utf-8?q?A_=3C=3D=3Futf=2D8=3Fq=3Fx=3F=3D=40b=2Ec=3E?=",
                     id="an address like an encoded word"),
        pytest.param("A", "ä@b.c", b"A =?utf-8?q?=3C=C3=A4=40b=2Ec=3E?=", id="an address that is not ASCII"),
    ],
)  # fmt: skip
def test_mailbox(name: str, email: str, written: bytes) -> None:
    assert write_mailbox(name, email) == written


@pytest.mark.parametrize(
    ("subject", "written"),
    [
        pytest.param("[PATCH 1/2] plain", b"[PATCH 1/2] plain", id="ASCII"),
        pytest.param("größe x", b"=?utf-8?q?gr=C3=B6=C3=9Fe?= x", id="not ASCII"),
        pytest.param(
            "a größe b é c", b"a =?utf-8?q?gr=C3=B6=C3=9Fe_b_=C3=A9?= c", id="from the first odd word to the last"
        ),
        pytest.param("a =? b", b"=?utf-8?q?a_=3D=3F_b?=", id="what looks like an encoded word"),
        pytest.param("a\rb\0c\nFrom: d", b"a b c From: d", id="control characters"),
        pytest.param("", b"", id="empty"),
    ],
)
def test_subject(subject: str, written: bytes) -> None:
    assert b"\nSubject: " + written + b"\n" in header(subject)


@pytest.mark.parametrize("subject", ["word " * 300, "x" * 2000, "ä" * 5000])
def test_a_long_subject_is_folded(subject: str) -> None:
    assert max(map(len, header(subject).split(b"\n"))) <= 998


@pytest.mark.parametrize(
    ("message_id", "written"),
    [("é 1@x", b"<?1@x>"), ("x" * 1000, b"<" + b"x" * 900 + b">"), ("1@example.org", b"<1@example.org>")],
)
def test_message_id_is_seven_bit(message_id: str, written: bytes) -> None:
    assert header(message_id=message_id).endswith(b"\nMessage-ID: " + written + b"\n")


NAMES = st.text(st.sampled_from('abÄ山"\\()<>@.,;: =?_-[]\t') | st.characters(codec="utf-8", exclude_categories=["Cc"]),
                max_size=30)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(NAMES, NAMES)
def test_git_reads_what_was_written(tmp_path_factory: pytest.TempPathFactory, spelled: str, subject: str) -> None:
    folder = tmp_path_factory.getbasetemp()
    name, email = read_git_author(" ".join(f"{spelled} <a@example.org>".split()))
    title = clean_subject(" ".join(subject.split()))
    commit = Commit(sane_name(name, email), email, DATE, title, "[PATCH] " + title, 0, 0)
    assert said(folder, write_header(commit, "1@example.org")) == (commit.name, commit.email, title)


def said(folder: Path, head: bytes) -> tuple[str, str, str]:
    mail = head + b"Content-Type: text/plain; charset=utf-8\n\nText.\n---\ndiff --git a/x b/x\nold mode 1\n"
    lines = git(folder, "mailinfo", "message", "patch", stdin=mail).decode().split("\n")
    fields = dict(line.split(": ", 1) for line in lines if ": " in line)
    return fields["Author"], fields["Email"], fields.get("Subject", "")
