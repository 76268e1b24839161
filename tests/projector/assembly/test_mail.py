"""What a mail is by itself (assembly, section 1)."""

from datetime import UTC, datetime

import msgspec
import pytest

from projector.assembly.keys import FILE_KEY_BYTES, key, keys_of
from projector.assembly.mail import read_mail, read_subject
from schemas.mail import Mailbox
from tests.projector.assembly.build import PROJECT, Letter, read

PULL = "https://example.org/linux.git for-next"


@pytest.mark.parametrize(
    ("letter", "kind"),
    [
        pytest.param(Letter("a", "[PATCH] x"), "patch", id="tagged diff"),
        pytest.param(Letter("a", "[net] x", "b"), "patch", id="any bracket tag, also in an answer"),
        pytest.param(Letter("a", "x"), "patch", id="diff that answers nothing"),
        pytest.param(Letter("a", "x", "b"), "comment", id="untagged diff in an answer"),
        pytest.param(Letter("a", "[Demo] x", "b"), "comment", id="the list's bracket is no tag"),
        pytest.param(Letter("a", "Re: [PATCH] x", "b", diff=True), "comment", id="an answer, whatever it contains"),
        pytest.param(
            Letter("a", "[Demo] Re: [PATCH] x", diff=True), "comment", id="an answer behind the list's bracket"
        ),
        pytest.param(Letter("a", "Re: [PATCH 0/2] x", "b"), "comment", id="an answer to a cover letter"),
        pytest.param(Letter("a", "[PATCH 0/2] x"), "cover", id="order 0"),
        pytest.param(Letter("a", "[PATCH 00/12] x", "b"), "cover", id="order 0 in an answer"),
        pytest.param(Letter("a", "[PATCH 0/2] x", pull_url=PULL), "cover", id="cover letter with a pull request in it"),
        pytest.param(Letter("a", "[PATCH 0/2] x", diff=True), "patch", id="order 0 with a diff, until it is answered"),
        pytest.param(Letter("a", "[GIT PULL] x", diff=False, pull_url=PULL), "pull-request", id="pull request"),
        pytest.param(Letter("a", "[GIT PULL] x", diff=True, pull_url=PULL), "patch", id="pull request with a diff"),
        pytest.param(
            Letter("a", "Re: [GIT PULL] x", diff=False, pull_url=PULL), "comment", id="answer that quotes one"
        ),
        pytest.param(Letter("a", "x", "b", diff=False), "comment", id="answer without Re"),
        pytest.param(Letter("a", "[PATCH] x", diff=False), "other", id="neither diff nor references"),
        pytest.param(Letter("a", "[PATCH] x", hint="ignore"), "ignored", id="hint: ignore"),
        pytest.param(Letter("a", "[PATCH] x", hint="comment"), "comment", id="hint: comment"),
        pytest.param(Letter("a", "[PATCH] x", hint="whatever"), "patch", id="a hint that nobody knows"),
    ],
)
def test_kinds(letter: Letter, kind: str) -> None:
    (mail,) = read([letter])
    assert mail.kind == kind


@pytest.mark.parametrize(
    ("letter", "may_be"),
    [
        pytest.param(Letter("a", "new feature", diff=False), True, id="untagged root without a diff"),
        pytest.param(Letter("a", "[Demo] new feature", diff=False), True, id="with the list's bracket"),
        pytest.param(Letter("a", "new feature", diff=False, hint="whatever"), True, id="a hint that nobody knows"),
        pytest.param(Letter("a", "new feature", "b", diff=False), False, id="untagged answer"),
        pytest.param(Letter("a", "[RFC] new feature", diff=False), True, id="tagged without an order"),
        pytest.param(Letter("a", "[PATCHSET 3/9] x", "b", diff=False), True, id="nested"),
        pytest.param(Letter("a", "[PATCHSET 3/9] x", "b", diff=True), False, id="nested, with a diff"),
        pytest.param(Letter("a", "[PATCH 3/0] x", diff=False), False, id="of none"),
        pytest.param(Letter("a", "[PATCH 0/3] x", diff=False), False, id="a cover letter is one already"),
        pytest.param(Letter("a", "Re: new feature", diff=False), False, id="answer by its subject"),
        pytest.param(Letter("a", "new feature", diff=False, hint="comment"), False, id="forced to be a comment"),
        pytest.param(Letter("a", "[PATCH 1/3] Work", diff=False), True, id="numbered like the first patch"),
        pytest.param(Letter("a", "new feature", diff=False, hint="ignore"), False, id="dropped"),
    ],
)
def test_may_be_cover_once_a_series_answers_it(letter: Letter, may_be: bool) -> None:
    (mail,) = read([letter])
    assert mail.may_be_cover is may_be


def test_an_old_address_counts_as_the_new_one() -> None:
    project = msgspec.structs.replace(PROJECT, author_aliases={"ada@example.org": "ada@example.net"})
    (mail,) = read([Letter("a", "[PATCH] x")], project)
    assert mail.author == key("ada@example.net")
    (other,) = read([Letter("b", "[PATCH] x", by="bob")], project)
    assert other.author == key("bob@example.org")


@pytest.mark.parametrize(
    ("tokens", "reroll", "branch"),
    [
        pytest.param(None, None, (5, 10), id="the long-term kernels, where the project says nothing"),
        pytest.param((), (5, 10), None, id="none"),
        pytest.param(("V5.10",), None, (5, 10), id="its own, in any case"),
    ],
)
def test_a_project_lists_its_branch_tokens(
    tokens: tuple[str, ...] | None, reroll: tuple[int, ...] | None, branch: tuple[int, ...] | None
) -> None:
    project = msgspec.structs.replace(PROJECT, branch_tokens=tokens)
    (mail,) = read([Letter("a", "[PATCH v5.10] x")], project)
    assert (mail.reroll, mail.branch_reroll) == (reroll, branch)


def test_a_projects_names_and_tags_are_not_shown() -> None:
    project = msgspec.structs.replace(PROJECT, linkname="d", subject_prefix_tags=("Tools",))
    text = "[D] [demo] [PATCH tools net] x"
    (mail,) = read([Letter("a", text)], project)
    subject = read_subject(text, project)
    assert (subject.name, subject.title, mail.prefix) == ("[net] x", "x", ("net",))


def test_what_is_read_is_kept() -> None:
    date = datetime(2024, 3, 1, 12, 0, 5, tzinfo=UTC)
    parsed = msgspec.structs.replace(
        Letter("a", "[PATCH v2 1/2] Fix v2", "b c", files=("x", "y"), change_id="i", supersedes=("s",)).parsed(),
        author=Mailbox("Ada", "ada@example.org"),
        date=date,
        depends_on=("message-id:d",),
        delegate=" Max",
    )
    mail = read_mail(7, parsed, PROJECT, "smtp", 9)
    assert (mail.id, mail.record, mail.source, mail.received) == (7, 7, "smtp", 9)
    assert (mail.message_id, mail.references, mail.order) == ("a", ("b", "c"), (int(date.timestamp()), "a"))
    assert (mail.number, mail.total, mail.reroll, mail.name_key) == (1, 2, (2,), key("fix"))
    assert (mail.closing, mail.delegate) == ((2,), key("max"))
    assert mail.files == (key("x", FILE_KEY_BYTES), key("y", FILE_KEY_BYTES))
    assert (mail.change_id, mail.supersedes) == ("i", ("s",))
    assert (mail.depends_on, mail.said) == (("message-id:d",), keys_of(parsed, "Fix v2").said)
