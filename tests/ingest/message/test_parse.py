"""Whole mails, and all that is read from them."""

from datetime import UTC, datetime

import msgspec
import pytest

from ingest.message import parse, received_time
from schemas.mail import Commit, Mailbox, ParsedMail

RECEIPT = datetime(2024, 5, 2, 12, 0, 0, 5, tzinfo=UTC)
HEAD = """\
Received: from a.example.org by b.example.org; Thu, 2 May 2024 11:59:00 +0000
From: Jane Doe <jane@example.org>
Subject: [PATCH v2 1/2] net: fix
 the leak
Date: Thu, 2 May 2024 13:00:00 +0200
Message-ID: <p1@example.org>
In-Reply-To: <p0@example.org>
References: <q@example.org> <p0@example.org>
To: "Nets, all" <net@lists.example.org>
Cc: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>,
	Bob@Example.org
List-Id: Nets <net.lists.example.org>
X-Patchwork-Hint: Ignore
X-Patchwork-State: Under Review
X-Patchwork-Delegate: joe@example.org
"""
DIFF = """\
diff --git a/net/x.c b/net/x.c
index 1..2 100644
--- a/net/x.c
+++ b/net/x.c
@@ -1,2 +1,2 @@
 a
-b
+c
"""
LOG = """\
The leak leaks.

Fixes: 0123456 ("net: leak")
Reviewed-by: Joe <joe@example.org>
---
 net/x.c | 2 +-

"""
TAIL = "base-commit: 0123456789abcdef\nchange-id: 2024-leak-1\n-- \n2.45\n\n___\nnet mailing list\n"


def read(text: str) -> ParsedMail:
    return parse(text.encode(), RECEIPT)


def test_a_patch() -> None:
    mail = read(f"{HEAD}\n{LOG}{DIFF}{TAIL}")
    assert len(mail.content_hash) == 16
    assert msgspec.structs.replace(mail, content_hash=b"") == ParsedMail(
        message_id="p1@example.org",
        references=("q@example.org", "p0@example.org"),
        subject="[PATCH v2 1/2] net: fix the leak",
        author=Mailbox("Jane Doe", "jane@example.org"),
        date=datetime(2024, 5, 2, 11, 0, tzinfo=UTC),
        list_ids=("net.lists.example.org",),
        hint="ignore",
        first_state="Under Review",
        delegate="joe@example.org",
        message=LOG,
        diff=DIFF,
        commit=Commit(
            name="Jane Doe",
            email="jane@example.org",
            date="2024-05-02T13:00:00+02:00",
            title="net: fix the leak",
            subject="[PATCH v2 1/2] net: fix the leak",
            message_start=0,
            message_end=LOG.index("---"),
        ),
        to=(Mailbox("Nets, all", "net@lists.example.org"),),
        cc=(Mailbox("Zoë", "zoe@example.org"), Mailbox("", "bob@example.org")),
        files=("net/x.c",),
        change_id="2024-leak-1",
        base_commit="0123456789abcdef",
        trailers=('Fixes: 0123456 ("net: leak")', "Reviewed-by: Joe <joe@example.org>"),
        content_hash=b"",
    )


def test_nothing_at_all() -> None:
    mail = read("")
    name = f"{mail.content_hash.hex()}@patchlog.invalid"
    assert mail == ParsedMail(
        message_id=name,
        message_id_derived=True,
        author=Mailbox("", ""),
        date=datetime(2024, 5, 2, 12, 0, tzinfo=UTC),
        date_from="receipt",
        content_hash=mail.content_hash,
    )


@pytest.mark.parametrize("subject", ["Re: [PATCH] x", "[net] RE: x", "[a] [b]Fwd: AW[2]: x", "SV : x"])
def test_the_message_of_an_answer_is_all_its_text(subject: str) -> None:
    mail = read(f"Subject: {subject}\n\nI would do\n{DIFF}and that is all.\n")
    assert mail.message == f"I would do\n{DIFF}and that is all.\n"
    assert mail.diff == DIFF
    assert mail.files == ("net/x.c",)


@pytest.mark.parametrize("subject", ["Regarding: x", "[PATCH] Re-read: x", "Fwd: [PATCH] x", "Redo: x"])
def test_other_subjects_are_no_answers(subject: str) -> None:
    assert read(f"Subject: {subject}\n\nI did\n{DIFF}-- \nJ\n").message == "I did\n"


def test_trailers_in_a_diff_are_data() -> None:
    diff = DIFF.replace("@@ -1,2 +1,2 @@\n a", "@@ -1,2 +1,2 @@\n Acked-by: Nobody")
    given = read(f"Subject: x\n\nAcked-by: J <j@example.org>\n{diff}Tested-by: J <j@example.org>\n").trailers
    assert given == ("Acked-by: J <j@example.org>", "Tested-by: J <j@example.org>")


def test_a_pull_request() -> None:
    text = "The following changes since commit 01:\n\nare available in the Git repository at:\n\n"
    text += "  git://example.org/x.git tags/v1\n\n"
    assert read(f"Subject: [PULL] x\n\n{text}").pull_url == "git://example.org/x.git tags/v1"
    assert read(f"Subject: [PULL] x\n\n{text}{DIFF}").pull_url == "git://example.org/x.git tags/v1"


def test_links_to_earlier_versions() -> None:
    mail = read("Subject: [PATCH v2 0/1] x\n\nSupersedes: <a@example.org>\nv1: https://e.org/b@x\nDepends-on: <c@x>\n")
    assert mail.supersedes == ("a@example.org", "b@x")
    assert mail.depends_on == ("message-id:c@x",)


def test_space_stuffing_is_undone() -> None:
    flowed = "Subject: x\nContent-Type: text/plain; format=flowed\n\n"
    assert read(f"{flowed} From me\n  to you\n").message == "From me\n to you\n"
    mail = read(f"{flowed} From me\n{DIFF.replace(chr(10) + ' a', chr(10) + '  a')}")
    assert (mail.message, mail.diff) == ("From me\n", DIFF)
    assert read(f"Subject: Re: x\n{flowed[11:]} From me\n{DIFF}").message == f" From me\n{DIFF}", "taken as it is"


def test_a_cr_stays_in_the_diff_alone() -> None:
    diff = DIFF.replace("-b\n+c\n", "-b\r\n+c\r\n")
    quoted = diff.replace("\r", "=0D")
    mail = read(f"Subject: x\nContent-Transfer-Encoding: quoted-printable\n\nfix=0D\n{quoted}")
    assert (mail.message, mail.diff) == ("fix\n", diff)
    assert read(f"Subject: x\n\nfix\r\n{diff}").diff == DIFF
    assert read("Subject: x\n\nfix\r\nit\r\n").message == "fix\nit\n"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(f"{HEAD}\n{LOG}{DIFF}{TAIL}", id="patch"),
        pytest.param(f"{HEAD}\n{LOG}{DIFF.replace('+c', '+c' + chr(13) + 'd')}{TAIL}", id="a file's CR"),
        pytest.param(f"From x Mon May 1\n{HEAD}Content-Type: text/plain; charset=utf-8\n\nä\n", id="mail folder"),
        pytest.param(
            f"{HEAD}Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b\n\n{DIFF}\n--b--\n", id="multipart"
        ),
        pytest.param(f"{HEAD}Content-Transfer-Encoding: quoted-printable\n\nx=\ny=0D\n", id="quoted-printable"),
        pytest.param(f"{HEAD}Content-Transfer-Encoding: base64\n\nZGlm\nZgo=\n", id="base64"),
        pytest.param(f"{HEAD}no blank line\n", id="no blank line"),
    ],
)
def test_crlf_and_lf_give_the_same(raw: str) -> None:
    assert read(raw.replace("\n", "\r\n")) == read(raw)


def test_trace_fields_do_not_change_the_hash() -> None:
    first, second = read(f"{HEAD}\nx\n"), read(f"Received: by c; now\nX-Spam: 1\nTo: y@example.org\n{HEAD}\nx\n")
    assert first.content_hash == second.content_hash


@pytest.mark.parametrize(
    ("old", "new"),
    [("Jane", "Joan"), ("jane@", "joan@"), ("13:00:00", "13:00:01"), ("the leak", "a leak"), ("\nx\n", "\ny\n")],
)
def test_what_the_author_wrote_changes_the_hash(old: str, new: str) -> None:
    text = f"{HEAD}\nx\n"
    assert read(text).content_hash != read(text.replace(old, new)).content_hash


def test_a_mail_without_an_id_has_the_same_derived_one_whenever_it_comes() -> None:
    raw = b"From: a@example.org\nDate: Fri, 1 Jan 2038 00:00:00 +0000\n\nx\n"
    first, second = parse(raw, RECEIPT), parse(b"Received: by x; y\n" + raw, datetime(2025, 1, 1, tzinfo=UTC))
    assert first.message_id == second.message_id == f"{first.content_hash.hex()}@patchlog.invalid"
    assert (first.date_from, first.message_id_derived) == ("receipt", True)
    assert first.date != second.date


def test_a_munged_author_is_found_in_the_text() -> None:
    mail = read(
        "From: Jane via net <net@l.example.org>\nList-Id: <net.l.example.org>\n\nFrom: Jane <j@example.org>\n\nx"
    )
    assert mail.author == Mailbox("Jane", "j@example.org")


def test_a_diff_that_is_attached() -> None:
    mail = read(
        "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/octet-stream\n"
        f"Content-Disposition: attachment; filename=x.patch\n\nFrom 01 Mon\nSubject: y\n\n{DIFF}-- \n2\n"
        "--b\n\nsee above\n--b--\n"
    )
    assert mail.message == "see above\nFrom 01 Mon\nSubject: y\n\n"
    assert mail.diff == DIFF


def test_received_time() -> None:
    assert received_time(f"{HEAD}\nx".replace("\n", "\r\n").encode()) == datetime(2024, 5, 2, 11, 59, tzinfo=UTC)
    assert received_time(b"Subject: x\n\nReceived: by x; Thu, 2 May 2024 11:59:00 +0000\n") is None
