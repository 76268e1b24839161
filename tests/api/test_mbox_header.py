"""The header of a mail in an mbox: git reads in it what was written, whatever the values are."""

from email import message_from_bytes, policy
from email.headerregistry import AddressHeader
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.mbox_header import write_header, write_mailbox, write_told
from ingest.message.commit import clean_subject, read_git_author, sane_name
from schemas.mail import Commit, Mailbox, MboxHeader, Sent
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


NOBODY = Mailbox("", "")
ADA, ZOE = Mailbox("Ada A.", "ada@example.org"), Mailbox("Zoë, Ann", "zoe@example.org")


def told(submitter: Mailbox = NOBODY, delegate: str = "", sent: Sent = Sent()) -> bytes:  # noqa: B008  # immutable
    return write_told(MboxHeader(7, submitter, delegate, sent))


@pytest.mark.parametrize(
    ("fields", "written"),
    [
        pytest.param(told(), b"", id="nothing"),
        pytest.param(told(ADA), b'X-Patchwork-Submitter: "Ada A." <ada@example.org>\n', id="submitter"),
        pytest.param(told(Mailbox("Ada", "")), b"", id="submitter without an address"),
        pytest.param(told(delegate="max@example.org"), b"X-Patchwork-Delegate: max@example.org\n", id="delegate"),
        pytest.param(told(delegate="Mäx\nX: y"), b"X-Patchwork-Delegate: =?utf-8?q?M=C3=A4x?= X: y\n", id="by name"),
        pytest.param(
            told(sent=Sent((ADA, ZOE), (Mailbox("", "b@b.c"),))),
            b'To: "Ada A." <ada@example.org>,\n =?utf-8?q?Zo=C3=AB=2C_Ann?= <zoe@example.org>\nCc: b@b.c\n',
            id="recipients, a line each",
        ),
        pytest.param(
            told(sent=Sent(references=("a@b", "c@d"))),
            b"In-Reply-To: <c@d>\nReferences: <a@b>\n <c@d>\n",
            id="references",
        ),
        pytest.param(
            told(sent=Sent(references=("a@b", "ä@d"))), b"References: <a@b>\n", id="a parent that is not ASCII"
        ),
        pytest.param(told(sent=Sent(references=("a>b", "x" * 901, "a b"))), b"", id="references that are none"),
        pytest.param(told(sent=Sent(list_id="net.example.org")), b"List-Id: <net.example.org>\n", id="list"),
        pytest.param(told(sent=Sent(list_id="nets net")), b"", id="a list's id with a blank"),
        pytest.param(
            told(sent=Sent((Mailbox("=?utf-8?q?x?=", "a@b.c"), Mailbox(" \0\r\n", "c@d.e")))),
            b"To: =?utf-8?q?=3D=3Futf=2D8=3Fq=3Fx=3F=3D?= <a@b.c>,\n c@d.e\n",
            id="names like encoded words, and of nothing",
        ),
    ],
)
def test_fields_that_git_passes_over(fields: bytes, written: bytes) -> None:
    assert fields == b"X-Patchwork-Id: 7\n" + written


@pytest.mark.parametrize(
    "address",
    ["a@b.c\nX: y", "a@b.c>, <e@f", "a b@c.d", "ä@b.c", "a@b@c", "a", "a@" + "b" * 400, "=?utf-8?q?x?=@b.c", 'a"@b.c',
     "a,b@c.d", "a(b)@c.d", "a@b.c\x7f", "a;b@c.d", ""],
)  # fmt: skip
def test_an_address_that_a_reader_could_take_for_another_is_left_out(address: str) -> None:
    assert told(Mailbox("A", address), sent=Sent((Mailbox("A", address), ADA), (Mailbox("", address),))) == (
        b'X-Patchwork-Id: 7\nTo: "Ada A." <ada@example.org>\n'
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES | st.text(max_size=400), min_size=1, max_size=4))
def test_readers_of_mail_find_who_was_written(names: list[str]) -> None:
    """The standard library reads the names and addresses that were written, and every line is 7-bit and short."""
    people = tuple(Mailbox(name, f"a{number}@example.org") for number, name in enumerate(names))
    head = told(people[0], sent=Sent(people, people))
    assert max(map(len, head.split(b"\n"))) <= 998
    assert all(32 <= byte < 127 or byte == 10 for byte in head)
    lines = head.removesuffix(b"\n").split(b"\n")
    assert [line.partition(b":")[0] for line in lines if not line.startswith(b" ")] == [
        b"X-Patchwork-Id", b"X-Patchwork-Submitter", b"To", b"Cc",
    ]  # fmt: skip
    assert all(line.strip() for line in lines)
    field = message_from_bytes(head + b"\n", policy=policy.default)["To"]
    assert isinstance(field, AddressHeader)
    assert [address.addr_spec for address in field.addresses] == [mailbox.email for mailbox in people]
