"""Trailers that somebody gave: whole ones, and nothing else."""

import pytest

from ingest.message.given import read_given
from schemas.mail import LimitedTrailer, read_trailers, write_trailers
from tests.ingest.message.test_parse import read

ADA = "Ada <ada@example.org>"
GRACE = "grace@example.org"


def given(text: str, behind: str = "", *, has_diff: bool = False, author: str | None = GRACE) -> list[str]:
    return [trailer.text for trailer in read_given(text, behind, author, has_diff=has_diff)]


def limited(text: str) -> list[tuple[int, ...] | None]:
    return [trailer.patches for trailer in read_given(text, "", GRACE, has_diff=False)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(f"reviewed-BY:{ADA} \n", f"Reviewed-by: {ADA}", id="in any case"),
        pytest.param(f"Acked-by: {ADA}", f"Acked-by: {ADA}", id="no line end"),
        pytest.param(f"Tested-by: {ADA}.\n", f"Tested-by: {ADA}", id="a point"),
        pytest.param("Reported-by: ada@example.org\n", "Reported-by: ada@example.org", id="an address alone"),
        pytest.param("Nacked-by: Ada L ada@example.org\n", "Nacked-by: Ada L ada@example.org", id="bare behind a name"),
        pytest.param("Acked-by: Ada (ada@example.org)\n", "Acked-by: Ada (ada@example.org)", id="in parentheses"),
        pytest.param('Acked-by: "L, A" <a@example.org>\n', 'Acked-by: "L, A" <a@example.org>', id="a quoted name"),
        pytest.param("Acked-by: A (X) <a@example.org>\n", "Acked-by: A (X) <a@example.org>", id="a company"),
        pytest.param("Acked-by: A <a@b.c>, B <b@b.c>\n", "Acked-by: A <a@b.c>, B <b@b.c>", id="two people"),
        pytest.param(f"Acked-by: {ADA} # net\n", f"Acked-by: {ADA} # net", id="a remark"),
        pytest.param(f"Acked-by: {ADA} (for net)\n", f"Acked-by: {ADA} (for net)", id="a remark in parentheses"),
        pytest.param(f"Acked-by: {ADA}\n  [net only]\n", f"Acked-by: {ADA} [net only]", id="a remark, folded"),
        pytest.param(f"Acked-by: {ADA}\nThanks\n", f"Acked-by: {ADA}", id="text below"),
        pytest.param(f"Acked-by: {ADA} \nThanks\n", f"Acked-by: {ADA}", id="text below, a space behind"),
        pytest.param(f"Acked-by: {ADA}\n  Thanks\n", f"Acked-by: {ADA}", id="text below, indented"),
        pytest.param(
            "Acked-by: Ada of\n the long name\n <ada@example.org>\n",
            "Acked-by: Ada of the long name <ada@example.org>",
            id="folded twice",
        ),
        pytest.param("Acked-by: Ada\n<ada@example.org>\n", f"Acked-by: {ADA}", id="the next line is the address"),
        pytest.param("Acked-by: Ada \n<ada@example.org> \nThanks\n", f"Acked-by: {ADA}", id="flowed"),
        pytest.param(
            "Acked-by: Ada Maria\nLovelace <ada@example.org>\n",
            "Acked-by: Ada Maria Lovelace <ada@example.org>",
            id="wrapped in the name",
        ),
        pytest.param(
            "Acked-by: Ada <ada@example.org<mailto:ada@example.org>>\n", f"Acked-by: {ADA}", id="doubled by a mailer"
        ),
        pytest.param(
            "Acked-by: Ada <ada@example.org> <mailto:ada@example.org>\n", f"Acked-by: {ADA}", id="doubled behind"
        ),
        pytest.param(
            "Acked-by: Ada <ada@example.org\n<mailto:ada@example.org>>\n", f"Acked-by: {ADA}", id="doubled and wrapped"
        ),
        pytest.param("Acked-by: Ada <mailto:ada@example.org>\n", f"Acked-by: {ADA}", id="mailto"),
        pytest.param("Fixes: 012abc\n", "Fixes: 012abc", id="six digits"),
        pytest.param('Fixes: 0123456789ab ("net: x")\n', 'Fixes: 0123456789ab ("net: x")', id="a title"),
        pytest.param("Fixes: 0123456789ab ('net: x')\n", "Fixes: 0123456789ab ('net: x')", id="other quotes"),
        pytest.param("Fixes: 0123456789ab (net: x (y))\n", "Fixes: 0123456789ab (net: x (y))", id="no quotes"),
        pytest.param('Fixes: commit 0123456789ab ("x")\n', 'Fixes: commit 0123456789ab ("x")', id="commit"),
        pytest.param("Fixes: 0123456789ab net: x\n", "Fixes: 0123456789ab net: x", id="a bare title"),
        pytest.param(
            'Fixes: 0123456789ab ("x") # v5.10\n', 'Fixes: 0123456789ab ("x") # v5.10', id="a remark on a commit"
        ),
        pytest.param(
            'Fixes: 0123456789ab ("net: a\nb")\n', 'Fixes: 0123456789ab ("net: a b")', id="wrapped in the title"
        ),
        pytest.param('Fixes: 0123456789ab\n("net: a")\n', 'Fixes: 0123456789ab ("net: a")', id="wrapped before it"),
        pytest.param("Fixes: 0123456789ab\n(or is it?)\n", "Fixes: 0123456789ab", id="a remark below"),
        pytest.param('Fixes: 0123456789ab\n  ("net: a")\n', 'Fixes: 0123456789ab ("net: a")', id="a title, folded"),
        pytest.param(
            'Fixes: 0123456789ab ("net:\n a\n b\n c")\n', 'Fixes: 0123456789ab ("net: a b c")', id="three lines"
        ),
        pytest.param(
            "Signed-off-by: Grace <Grace@example.org>\n", "Signed-off-by: Grace <Grace@example.org>", id="own"
        ),
    ],
)
def test_what_is_whole_is_a_trailer(text: str, expected: str) -> None:
    assert given(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Fixes: ?\n", id="a question"),
        pytest.param("Fixes: which commit?\n", id="a question in words"),
        pytest.param("Fixes: 01234\n", id="too few digits"),
        pytest.param("Fixes: defaced the code\n", id="a word of hexadecimal digits"),
        pytest.param("Fixes: 0123456789ab?\n", id="a commit in question"),
        pytest.param("Fixes: 0123456789ab is wrong\n", id="prose behind a commit"),
        pytest.param("Fixes: 0123456789ab is net: wrong?\n", id="a question behind a commit"),
        pytest.param("Fixes: https://example.org/1\n", id="a URL"),
        pytest.param("Fixes: #123\n", id="a bug"),
        pytest.param('Fixes: 0123456789ab ("net: a\n\nThanks\n', id="cut in the title"),
        pytest.param('Fixes: 0123456789ab ("net: a\n> b")\n', id="cut by a quote"),
        pytest.param('Fixes: 0123456789ab ("net: a\nAcked-by: x\n', id="cut by another trailer"),
        pytest.param('Fixes: 0123456789ab ("net:\na\nb\nc\nd")\n', id="wrapped too often"),
        pytest.param('Fixes: 0123456789ab ("net: a', id="cut at the end"),
        pytest.param("Reviewed-by: tags from v1 were dropped, why?\n", id="prose"),
        pytest.param("Reviewed-by: was it dropped?\nAda <ada@example.org>\n", id="prose above an address"),
        pytest.param("Reviewed-by: Ada\n", id="a name alone"),
        pytest.param(f"Reviewed-by: {ADA} was missing\n", id="prose behind a person"),
        pytest.param("Tested-by: running it with ada@example.org\n", id="prose before an address"),
        pytest.param("Reviewed-by: Ada <ada@example.\norg>\n", id="cut in the address"),
        pytest.param("Reviewed-by: Ada <>\n", id="no address"),
        pytest.param("Reviewed-by:\n", id="nothing"),
        pytest.param(f"> Reviewed-by: {ADA}\n", id="quoted"),
        pytest.param(f" Reviewed-by: {ADA}\n", id="indented"),
        pytest.param("Reviewed-by: " + "x" * 2000 + f" {ADA}\n", id="too long"),
        pytest.param("Reviewed-by: " + "x" * 300 + f"\n{ADA}\n", id="too long to go on"),
        pytest.param("Signed-off-by: Rob <rob@example.org>\n", id="somebody else signed"),
        pytest.param(f"Cc: {ADA}\n", id="no trailer of ours"),
    ],
)
def test_what_is_not_whole_stays_out(text: str) -> None:
    assert given(text) == []


def test_a_cut_one_does_not_hide_the_next() -> None:
    assert given(f"Tested-by: Ada\nAcked-by: {ADA}\nAcked-by: {ADA}\n") == [f"Acked-by: {ADA}"]


def test_a_line_that_goes_on_with_a_trailer_is_none() -> None:
    assert given('Fixes: 0123456789ab ("net: a\n Fixes: b")\n') == ['Fixes: 0123456789ab ("net: a Fixes: b")']


PROPOSED = "Reported-by: Rob <rob@example.org>\nSigned-off-by: Grace <grace@example.org>\n"


@pytest.mark.parametrize(
    "proposal",
    [
        pytest.param("-- >8 --\nSubject: [PATCH] x\n\n" + PROPOSED + "---\n", id="scissors"),
        pytest.param("-->8--\n" + PROPOSED, id="scissors without spaces"),
        pytest.param("--- 8< --- cut here --- 8< ---\n" + PROPOSED, id="scissors, cut here"),
        pytest.param("Subject: x\n\n" + PROPOSED + "---\n", id="a title"),
        pytest.param("From: Grace <grace@example.org>\nSubject: x\n\n" + PROPOSED, id="an author and a title"),
        pytest.param(
            f"From {'0' * 40} Mon Sep 17 00:00:00 2001\nFrom: G <g@x>\nDate: x\n\n" + PROPOSED, id="format-patch"
        ),
        pytest.param("like this:\n\n" + PROPOSED + "---\n f | 1 +\n\n", id="above the line that ends a message"),
        pytest.param("like this:\n\n" + PROPOSED + "\n", id="signed right above the diff"),
        pytest.param("like this:\n\n" + PROPOSED + " (net)\n---\n", id="a folded trailer"),
        pytest.param(PROPOSED + "---\n", id="nothing before"),
    ],
)
def test_trailers_of_a_patch_that_an_answer_proposes_are_that_patch_s(proposal: str) -> None:
    assert given(f"Acked-by: {ADA}\n\n{proposal}", has_diff=True) == [f"Acked-by: {ADA}"]
    assert given(proposal, f"Tested-by: {ADA}\n", has_diff=True) == [f"Tested-by: {ADA}"]


def test_of_the_trailers_above_the_line_that_ends_a_message_the_last_thousand_are_a_proposal_s() -> None:
    text = f"Acked-by: {ADA}\n" + "Cc: x\n" * 999 + f"Acked-by: Bo <b@c.d>\nTested-by: {ADA}\n---\n"
    assert given(text, has_diff=True) == [f"Acked-by: {ADA}"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Acked-by: " + "a@" * 400 + "\n", id="many addresses without a space"),
        pytest.param("Acked-by: " + "A <a@b.c>, " * 80 + "\n", id="too many people"),
        pytest.param("Acked-by: " + "a@b<mailto:" * 90 + "\n", id="many mailtos"),
        pytest.param("Fixes: 0123456 (" + '"' * 900 + "\n", id="many quotes"),
    ],
)
def test_a_long_line_costs_little_and_is_none(text: str) -> None:
    """Each would take a second where what is read had several ways to be read."""
    assert given(text * 1000) == []


def test_of_a_mail_that_is_no_answer_nothing_is_a_proposal() -> None:
    assert given(PROPOSED + "---\n", has_diff=True, author=None) == ["Reported-by: Rob <rob@example.org>"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"I cut with >8 or 8<\n>8 is a mark\n\nAcked-by: {ADA}\n", id="scissors in prose"),
        pytest.param(f"8<\n\nAcked-by: {ADA}\n", id="scissors without a line"),
        pytest.param(f"Subject: the subject is odd\n\nAcked-by: {ADA}\n", id="a title where no diff follows"),
    ],
)
def test_what_only_looks_like_a_proposal_is_none(text: str) -> None:
    assert given(text) == [f"Acked-by: {ADA}"]


def test_a_trailer_above_a_suggested_change_counts() -> None:
    assert given(f"Acked-by: {ADA}\n\nBut squash this:\n\n", has_diff=True) == [f"Acked-by: {ADA}"]
    assert given(f"Acked-by: {ADA}\n\n", has_diff=True) == [f"Acked-by: {ADA}"]


@pytest.mark.parametrize(
    ("line", "patches"),
    [
        pytest.param("For patches 1 and 2:", (1, 2), id="two"),
        pytest.param("for patch 3:", (3,), id="one"),
        pytest.param("Patches 1-3:", (1, 2, 3), id="from and to"),
        pytest.param("For patches 1 to 3, and 5:", (1, 2, 3, 5), id="in words"),
        pytest.param("For the patches #1, #2 & #4", (1, 2, 4), id="numbers"),
        pytest.param("For 1/5 and 2/5:", (1, 2), id="as in the subjects"),
        pytest.param("On patches 1..3 (with the nit):", (1, 2, 3), id="more words"),
        pytest.param("For the first two patches:", (1, 2), id="the first two"),
        pytest.param("For the first patch:", (1,), id="the first"),
        pytest.param("For the driver patches:", (), id="nobody can tell"),
        pytest.param("For this patch:", None, id="this one"),
        pytest.param("For the series:", None, id="the series"),
        pytest.param("For all patches:", None, id="all"),
        pytest.param("2.", None, id="a number of a list"),
        pytest.param("For patches 1 and 2 I am not sure", None, id="prose"),
    ],
)
def test_the_line_above_says_for_which_patches_a_trailer_is(line: str, patches: tuple[int, ...] | None) -> None:
    assert limited(f"{line}\nAcked-by: {ADA}\n") == [patches]
    assert limited(f"Hi\n\n{line}\n\nAcked-by: {ADA}\n") == [patches]


def test_what_patches_trailers_are_for_goes_on_to_the_next_words() -> None:
    text = (
        f"Acked-by: A <a@b.c>\nFor patches 1 and 2:\nAcked-by: {ADA}\nCc: Z <z@b.c>\nTested-by: {ADA}\n\nFor patch 3:\n"
        f"Nacked-by: {ADA}\n\nThanks.\n\nReported-by: {ADA}\n"
    )
    assert limited(text) == [None, (1, 2), (1, 2), (3,), None]


@pytest.mark.parametrize(
    "remark", ["# patches 1 and 3", "(patches 1, 3)", "[for patch 1/4 and 3/4]", "on patch #1 and #3."]
)
def test_a_remark_says_for_which_patches_a_trailer_is(remark: str) -> None:
    (trailer,) = read_given(f"Acked-by: {ADA} {remark}\n", "", GRACE, has_diff=False)
    assert trailer == LimitedTrailer(f"Acked-by: {ADA} {remark.rstrip('.')}", (1, 3))


def test_a_thousand_lines_are_read() -> None:
    assert len(given("".join(f"Acked-by: {number}@x.y\n" for number in range(1100)))) == 1000


def test_a_range_has_an_end() -> None:
    assert limited(f"For patches 1-9999:\nAcked-by: {ADA}\n") == [tuple(range(1, 1002))]


def test_trailers_are_written_and_read_again() -> None:
    mail = read(
        f"Subject: Re: x\n\nAcked-by: {ADA}\n\nFor patches 1 and 2:\nTested-by: {ADA}\n\nFor the net bits:\n"
        f"Nacked-by: {ADA}\n"
    )
    assert mail.trailers == (f"Acked-by: {ADA}",)
    assert read_trailers(write_trailers(mail)) == [
        LimitedTrailer(f"Acked-by: {ADA}"),
        LimitedTrailer(f"Tested-by: {ADA}", (1, 2)),
        LimitedTrailer(f"Nacked-by: {ADA}", ()),
    ]
