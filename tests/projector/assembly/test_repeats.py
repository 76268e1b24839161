"""A mail that only repeats the patch that it answers is a comment; whatever proposes something is a patch."""

import msgspec
import pytest

from projector.assembly.posting import assemble
from tests.projector.assembly.build import Letter, read

ADA = Letter("a", "[PATCH net v2 1/2] one", content="same")


def kind(answer: Letter, above: Letter = ADA) -> str:
    mails = read([above, answer])
    return assemble(mails).kinds[2]


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        pytest.param("[PATCH net v2 1/2] one", "comment", id="the same subject"),
        pytest.param("[PATCH net 1/2] one", "comment", id="without its marker"),
        pytest.param("[PATCH net] One, again", "comment", id="under another title, without an order"),
        pytest.param("[tip: net/core] one", "comment", id="a bot's tag"),
        pytest.param("[net-next] one", "comment", id="the tag of a tree"),
        pytest.param("[PATCH net v3 1/2] one", "patch", id="with a higher marker"),
        pytest.param("[PATCH net] one v3", "patch", id="with a higher marker behind it"),
        pytest.param("[PATCH net 2/2] one", "patch", id="with another order"),
        pytest.param("[PATCH net 1/3] one", "patch", id="of another series"),
        pytest.param("[PATCH xdp 1/2] one", "patch", id="for another tree"),
        pytest.param("[PATCH net 5.10 1/2] one", "patch", id="for a stable kernel"),
        pytest.param("[5.10.y] one", "patch", id="for a stable kernel, without PATCH"),
        pytest.param("[stable] one", "patch", id="for stable kernels"),
        pytest.param("[PATCH RESEND net v2 1/2] one", "patch", id="sent again"),
    ],
)
def test_another_author_answers_with_the_same_diff(subject: str, expected: str) -> None:
    assert kind(Letter("b", subject, "a", by="bob", content="same")) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(Letter("b", "[tip: x] one", "a", by="bot", notice="applied"), "comment", id="under its title"),
        pytest.param(Letter("b", "[tip: x] two", "a", by="bot", notice="applied"), "patch", id="under another title"),
        pytest.param(Letter("b", "[PATCH net 1/2] one", "a", by="bot", notice="committed"), "comment", id="in its tag"),
        pytest.param(Letter("b", "[PATCH x 1/2] one", "a", by="bot", notice="committed"), "patch", id="another tag"),
        pytest.param(Letter("b", "[tip: x] two", "a", by="bot", notice="committed"), "comment", id="it says so"),
        pytest.param(Letter("b", "[tip: x] two", by="bot", notice="committed"), "other", id="to nobody"),
        pytest.param(Letter("b", "two", by="bot", notice="bug"), "other", id="a bug tracker"),
        pytest.param(Letter("b", "[PATCH] two", "a", by="bot", notice="bug"), "comment", id="a bug tracker's answer"),
        pytest.param(Letter("b", "[tip: x] one", "a", by="ada", notice="applied"), "patch", id="the author himself"),
        pytest.param(Letter("b", "[PATCH net 1/2] one", "a", by="bob"), "patch", id="another diff"),
        pytest.param(
            Letter("b", "[PATCH net 1/2] one", "gone", by="bob", content="same"), "patch", id="to what is not there"
        ),
        pytest.param(Letter("b", "[PATCH net 1/2] one", "a", content="same"), "patch", id="the same author"),
    ],
)
def test_what_else_counts(answer: Letter, expected: str) -> None:
    assert kind(answer) == expected


def test_only_a_patch_is_repeated() -> None:
    again = Letter("b", "[PATCH] x", "a", by="bob", content="same")
    assert kind(again, Letter("a", "[PATCH 0/2] x")) == "patch"
    assert kind(again, Letter("a", "Re: [PATCH] x", diff=True, content="same")) == "patch"


def test_one_of_which_nobody_knows_the_words_repeats_nothing() -> None:
    mails = [msgspec.structs.replace(mail, said=()) for mail in read([ADA, Letter("b", "[net] one", "a", by="bob")])]
    assert assemble(mails).kinds[2] == "patch"


def test_what_answers_it_is_about_the_patch() -> None:
    again = Letter("b", "[net] one", "a", by="bob", content="same")
    further = Letter("c", "[net] one", "a b", by="max", content="same")
    mails = read([ADA, again, further, Letter("d", "Re: one", "a b c")])
    assembled = assemble(mails)
    assert assembled.targets == {2: 1, 3: 1, 4: 1}
    assert [posting.mails for posting in assembled.postings] == [(1,)]
