"""A posting does not wait for a patch that X-Patchwork-Hint dropped."""

import pytest

from tests.projector.assembly.build import DAY, Letter, posted

COVER = Letter("c", "[PATCH 0/3] Work")
ONE = Letter("1", "[PATCH 1/3] one", "c", at=1)
TWO = Letter("2", "[PATCH 2/3] two", "c", at=2)
THREE = Letter("3", "[PATCH 3/3] three", "c", at=3)


def ignored(name: str, subject: str, answers: str = "c", at: float = 2, by: str = "ada") -> Letter:
    return Letter(name, subject, answers, at=at, by=by, hint="ignore")


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        pytest.param(ignored("i", "[PATCH 2/3] two"), "c: 1=1 3=3", id="below the cover letter"),
        pytest.param(ignored("i", "[PATCH 2/3] two", "c 1"), "c: 1=1 3=3", id="below a patch"),
        pytest.param(ignored("i", "[PATCH 2/3] two", at=2 * DAY), "c: 1=1 3=3", id="sent later"),
        pytest.param(ignored("i", "[PATCH 2/3] two", by="bob"), "c: 1=1 3=3 of 3", id="by another author"),
        pytest.param(ignored("i", "[PATCH v2 2/3] two"), "c: 1=1 3=3 of 3", id="of another reroll"),
        pytest.param(ignored("i", "[PATCH 2/4] two"), "c: 1=1 3=3 of 3", id="of another total"),
        pytest.param(ignored("i", "[PATCH 3/3] three"), "c: 1=1 3=3 of 3", id="of an order that is there"),
        pytest.param(ignored("i", "[PATCH] two"), "c: 1=1 3=3 of 3", id="without an order"),
        pytest.param(ignored("i", "[PATCH 2/3] two", ""), "c: 1=1 3=3 of 3", id="that names no other"),
        pytest.param(Letter("i", "Re: [PATCH 2/3] two", "c"), "c: 1=1 3=3 of 3", id="no ignored one"),
    ],
)
def test_an_ignored_patch_of_a_series_with_a_cover_letter(letter: Letter, expected: str) -> None:
    assert posted([COVER, ONE, THREE, letter]) == [expected]


def test_two_of_them_and_the_cover_letter() -> None:
    assert posted([COVER, ignored("i", "[PATCH 1/3] one"), ignored("j", "[PATCH 3/3] three"), TWO]) == ["c: 2=2"]
    assert posted([ignored("c", "[PATCH 0/3] Work", ""), ONE, TWO, THREE]) == ["1=1 2=2 3=3"]
    assert posted([ignored("c", "[PATCH 0/3] Work", ""), ONE, ignored("i", "[PATCH 2/3] two"), THREE]) == ["1=1 3=3"]


def test_a_series_without_a_cover_letter() -> None:
    first, second = Letter("1", "[PATCH 1/3] one"), Letter("2", "[PATCH 2/3] two", "1", at=1)
    last = ignored("3", "[PATCH 3/3] three", "1", at=2)
    assert posted([first, second, last]) == ["1=1 2=2"]
    opener = ignored("1", "[PATCH 1/3] one", "", at=0)
    assert posted([opener, second, Letter("3", "[PATCH 3/3] three", "1", at=2)]) == ["2=2 3=3"]
    assert posted([opener, second, Letter("3", "[PATCH 3/3] three", "1 2", at=2)]) == ["2=2 3=3"]
    assert posted([first, ignored("2", "[PATCH 2/3] two", "1"), Letter("3", "[PATCH 3/3] three", "1 2", at=3)]) == [
        "1=1 3=3"
    ]


def test_only_in_one_run_where_both_answer_the_same() -> None:
    mails = [Letter("1", "[PATCH 1/2] one", "gone"), ignored("i", "[PATCH 2/2] two", "gone", at=20)]
    assert posted(mails) == ["1=1"]
    assert posted([mails[0], ignored("i", "[PATCH 2/2] two", "gone", at=40)]) == ["1=1 of 2"]


def test_of_two_sets_the_one_that_it_answers_then_the_nearest() -> None:
    again = [Letter("d", "[PATCH 0/2] Work", "c", at=90), Letter("d1", "[PATCH 1/2] one", "c d", at=91)]
    first = [Letter("c", "[PATCH 0/2] Work"), Letter("1", "[PATCH 1/2] one", "c", at=1)]
    assert posted([*first, *again, ignored("i", "[PATCH 2/2] two", "c d", at=2)]) == ["c: 1=1 of 2", "d: 1=d1"]
    sets = [Letter(name, "[PATCH 1/2] one", "gone", at=at) for name, at in (("a", 0), ("b", 45))]
    assert posted([*sets, ignored("i", "[PATCH 2/2] two", "gone", at=20)]) == ["1=a", "1=b of 2"]


def test_a_copy_of_what_is_complete_is_complete() -> None:
    mails = [COVER, ONE, THREE, ignored("i", "[PATCH 2/3] two"), Letter("n", "[PATCH v2 3/3] three", "c 3", at=90)]
    assert posted(mails) == ["c: 1=1 3=3", "3=n of 3 replacing v2"]
