"""What is left of a mail without its words is seen as the mail was."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.receipt import receive
from projector.assembly.keys import FILE_KEY_BYTES, KEY_BYTES, key
from projector.assembly.mail import read_mail
from projector.assembly.redaction import stub_of, without_words
from projector.assembly.subject import parse_subject, tags_of, title_of
from schemas.mail import Mailbox
from schemas.records import MailReceived, MailStub
from tests.projector.assembly.build import PROJECT, START, Letter

LETTERS = [
    Letter("a", "[PATCH v2 3/7] net: fix leak (v3)", "b c", change_id="x", supersedes=("y@z",)),
    Letter("a", "Re: [demo] [PATCH net-next] net: fix leak", "b"),
    Letter("a", "[PATCH 0/3] Work"),
    Letter("a", "[PATCH 1/3] Work", diff=False),
    Letter("a", "please pull", diff=False, pull_url="https://example.org main"),
    Letter("a", "[PATCH] x", hint="ignore"),
    Letter("a", "[PATCH] x", hint="Comment"),
    Letter("a", "", diff=False),
]
WORD = "quartz"


def fact_of(letter: Letter) -> MailReceived:
    """A record of a letter, in whose every text a word stands."""
    parsed = msgspec.structs.replace(
        letter.parsed(),
        subject=f"{letter.subject} {WORD}" if letter.subject else "",
        author=Mailbox(WORD, f"{WORD}@example.org"),
        message=f"{WORD}\n",
        hint=letter.hint or WORD,
        first_state=WORD,
        delegate=WORD,
        base_commit=WORD,
        trailers=(f"Acked-by: {WORD}",),
        list_ids=("demo.lists.example.org",),
    )
    raw = f"Subject: {letter.subject} {WORD}\n\n{WORD}\n".encode()
    fact = receive(raw, source="smtp", received_at=START, envelope_sender=f"{WORD}@a", recipients=(f"{WORD}@B",))
    return msgspec.structs.replace(fact, parsed=parsed)


def stub(fact: MailReceived) -> MailStub:
    assert fact.parsed is not None
    return stub_of(fact, fact.parsed, b"d" * 32)


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.subject or "no subject")
@pytest.mark.parametrize("aliases", [{}, {f"{WORD}@example.org": "new@example.org"}], ids=["", "aliased"])
def test_a_stub_is_seen_as_its_mail(letter: Letter, aliases: dict[str, str]) -> None:
    project = msgspec.structs.replace(PROJECT, author_aliases=aliases)
    fact = fact_of(letter)
    left = stub(fact)
    assert fact.parsed is not None
    seen = read_mail(1, fact.parsed, project, "smtp", 5)
    assert read_mail(1, left.parsed, project, "smtp", 5, keys=left.keys) == seen


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.subject or "no subject")
def test_a_stub_has_no_words(letter: Letter) -> None:
    left = stub(fact_of(letter))
    assert WORD.encode() not in msgspec.msgpack.encode(left)
    assert (left.received_at, left.source, left.digest) == (START, "smtp", b"d" * 32)
    assert left.recipients == (key(f"{WORD}@b"),), "whom it was sent to is found by key, in lower case"


def test_a_state_and_a_hint_that_mean_something_stay() -> None:
    parsed = msgspec.structs.replace(LETTERS[0].parsed(), first_state="under-review", hint="comment")
    wordless, _ = without_words(parsed)
    assert (wordless.first_state, wordless.hint) == ("Under Review", "comment")


def test_without_words_twice_is_without_words_once() -> None:
    wordless, _ = without_words(LETTERS[1].parsed())
    assert without_words(wordless)[0] == wordless


def test_keys_have_the_size_that_is_said_and_nothing_has_none() -> None:
    assert (len(key("x")), len(key("x", FILE_KEY_BYTES)), key("")) == (KEY_BYTES, 8, b"")


PIECES = ["Re: ", "AW:", "fwd: ", "[PATCH]", "[v2,1/3]", "[RFC PATCH net-next 0/2]", "[", "]", " ", "net: x", "(v2)",
          "[demo]", "[PATCHv3]", "[v6.1]", "回复：", "[1 of 2]", "[]", "x\u00a0"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join) | st.text(max_size=40))
def test_tags_are_read_as_those_of_the_whole_subject(text: str) -> None:
    whole, tags = parse_subject(text, {"demo"}), parse_subject(tags_of(text), {"demo"})
    assert tags == msgspec.structs.replace(whole, title="", name=tags.name)
    assert tags.name == whole.name.removesuffix(whole.title).rstrip()
    assert title_of(whole.name) == whole.title


def test_hints_are_read_in_lower_case_alone() -> None:
    hints: Iterable[str] = ("ignore", "comment", "IGNORE", "something")
    kept = [without_words(msgspec.structs.replace(LETTERS[0].parsed(), hint=hint))[0].hint for hint in hints]
    assert kept == ["ignore", "comment", "", ""]
