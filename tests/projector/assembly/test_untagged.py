"""A series of which one mail lost its tag is whole; an untagged diff elsewhere stays what it is."""

import pytest

from projector.assembly.keys import keys_of
from projector.assembly.kinds import why_kind
from projector.assembly.posting import assemble
from projector.assembly.subject import parse_subject
from tests.projector.assembly.build import Letter, describe, read

COVER = Letter("c", "[PATCH 0/3] Work")
ONE, TWO, THREE = (Letter(f"p{n}", f"[PATCH {n}/3] part {n}", "c") for n in (1, 2, 3))
LOST = Letter("x", "part two", "c", at=1, diff=True)


def postings(*letters: Letter) -> list[str]:
    mails = read(letters)
    names = {mail.id: mail.message_id for mail in mails}
    found = [describe(posting, names) for posting in assemble(mails).postings]
    assert found == [describe(posting, names) for posting in assemble(mails[::-1]).postings]
    return found


def test_the_patch_that_a_series_lacks_is_the_one_without_a_tag() -> None:
    assert postings(COVER, ONE, LOST, THREE) == ["c: 1=p1 2=x 3=p3"]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            (Letter("a", "[PATCH v2 1/2] one"), Letter("x", "two", "a", diff=True)), "1=a 2=x v2", id="below the first"
        ),
        pytest.param(
            (Letter("x", "one", diff=True), Letter("b", "[PATCH 2/2] two", "x")), "1=x 2=b", id="the first one itself"
        ),
        pytest.param(
            (
                Letter("a", "[PATCH 1/3] one"),
                Letter("x", "two", "a", diff=True),
                Letter("b", "[PATCH 3/3] three", "x"),
            ),
            "1=a 2=x 3=b",
            id="each answers the one before",
        ),
        pytest.param((ONE, LOST, THREE), "1=p1 2=x 3=p3", id="the cover never came"),
        pytest.param(
            (
                Letter("q", "Re: why?"),
                *(Letter(f"b{n}", f"[PATCH {n}/3] {n}", "q") for n in (1, 3)),
                Letter("x", "2", "q", diff=True),
            ),
            "1=b1 2=x 3=b3",
            id="below another mail",
        ),
    ],
)
def test_however_the_series_is_threaded(letters: tuple[Letter, ...], expected: str) -> None:
    assert postings(*letters) == [expected]


@pytest.mark.parametrize(
    "letters",
    [
        pytest.param((COVER, ONE, TWO, THREE, LOST), id="the series lacks none"),
        pytest.param((COVER, ONE, LOST), id="it lacks two"),
        pytest.param((COVER, ONE, THREE, LOST, Letter("y", "other", "c", diff=True)), id="two could be it"),
        pytest.param((COVER, ONE, THREE, Letter("x", "Re: part two", "c", diff=True)), id="an answer"),
        pytest.param((COVER, ONE, THREE, Letter("x", "two", "c", diff=True, by="bob")), id="by somebody else"),
        pytest.param((COVER, ONE, THREE, Letter("x", "two", "c", diff=True, at=40)), id="later than the run"),
        pytest.param((COVER, ONE, THREE, Letter("x", "two", "c", diff=True, hint="comment")), id="a hint"),
        pytest.param((COVER, ONE, THREE, Letter("x", "two", "c", diff=False)), id="no diff"),
        pytest.param(
            (COVER, ONE, THREE, Letter("r", "Re: part", "c", by="bob"), Letter("x", "two", "r", diff=True)),
            id="in a discussion",
        ),
        pytest.param(
            (COVER, ONE, THREE, Letter("r", "Re: part", "c"), Letter("x", "two", "r", diff=True)),
            id="in an own discussion",
        ),
        pytest.param((Letter("a", "[PATCH] one"), Letter("x", "two", "a", diff=True)), id="no series"),
        pytest.param(
            (
                *(Letter(f"p{n}", f"[PATCH {n}/3] part {n}", "c") for n in (1, 3)),
                *(Letter(f"q{n}", f"[PATCH {n}/4] part {n}", "c") for n in (1, 3, 4)),
                LOST,
            ),
            id="of two series",
        ),
    ],
)
def test_other_untagged_diffs_stay_what_they_are(letters: tuple[Letter, ...]) -> None:
    mails = read(letters)
    names = {mail.message_id: mail for mail in mails}
    assert assemble(mails).kinds[names["x"].id] == "comment"


def test_why_is_said_in_words() -> None:
    parsed = LOST.parsed()
    said = why_kind(parsed, parse_subject(LOST.subject), keys_of(parsed, LOST.subject), "patch")
    assert said == "it has a diff and is the one that its author's series lacks, whose tag it lost"
