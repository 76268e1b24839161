"""Postings without a cover letter (assembly, section 3)."""

import pytest

from tests.projector.assembly.build import Letter, posted

P1 = Letter("p1", "[PATCH 1/3] one")
P2 = Letter("p2", "[PATCH 2/3] two", "p1", at=1)
P3 = Letter("p3", "[PATCH 3/3] three", "p1", at=2)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param([Letter("p", "[PATCH] one")], ["1=p"], id="one patch"),
        pytest.param([Letter("p", "[PATCH 1/1] one")], ["1=p"], id="1/1"),
        pytest.param([Letter("p", "[PATCH v2 2/3] two")], ["2=p of 3 v2"], id="one of three"),
        pytest.param([Letter("p", "[PATCH] one, take 3")], ["1=p v3"], id="a closing reroll"),
        pytest.param([Letter("p", "[PATCH v2] one, take 3")], ["1=p v2"], id="a marker before a closing reroll"),
        pytest.param([Letter("p", "[PATCH 4/3] four")], ["4=p of 3"], id="beyond the total and alone"),
        pytest.param([P1, P2, P3], ["1=p1 2=p2 3=p3"], id="shallow"),
        pytest.param([P1, P2, Letter("p3", "[PATCH 3/3] three", "p1 p2", at=2)], ["1=p1 2=p2 3=p3"], id="deep"),
        pytest.param(
            [P1, Letter("p3", "[PATCH 3/3] three", "p1 p2")], ["1=p1 3=p3 of 3"], id="deep, the middle missing"
        ),
        pytest.param(
            [P1, P2, Letter("p3", "[PATCH 3/3] three", "p1", at=9000)], ["1=p1 2=p2 3=p3"], id="shallow, days later"
        ),
        pytest.param(
            [P1, P2, P3, Letter("x", "[PATCH 4/3] four", "p1"), Letter("y", "[PATCH 5/3] five", "p1 x")],
            ["1=p1 2=p2 3=p3 +x +y"],
            id="extras",
        ),
        pytest.param(
            [P1, P2, P3, Letter("x", "[PATCH 5/3] five", "p1", at=4), Letter("y", "[PATCH 4/3] four", "p1", at=5)],
            ["1=p1 2=p2 3=p3 +y +x"],
            id="extras, by their numbers",
        ),
        pytest.param(
            [P1, P2, P3, Letter("x", "[PATCH 4/3] four", "p1"), Letter("y", "[PATCH v2 4/3] four", "p1 x", at=60)],
            ["1=p1 2=p2 3=p3 +x", "4=y of 3 replacing v2"],
            id="an extra that is replaced",
        ),
        pytest.param(
            [Letter("x", "[PATCH 4/3] four", "gone"), Letter("y", "[PATCH 1/3] one", "gone", at=1)],
            ["1=y +x of 3"],
            id="an extra that was sent first",
        ),
        pytest.param(
            [P1, Letter("b", "[PATCH 2/3] two", "p1", at=1, by="bob")], ["1=p1 of 3", "2=b of 3"], id="two authors"
        ),
        pytest.param([P1, Letter("b", "[PATCH 2/4] two", "p1", at=1)], ["1=p1 of 3", "2=b of 4"], id="two totals"),
        pytest.param(
            [P1, Letter("b", "[PATCH v2 2/3] two", "p1", at=1, files=("b.c",))],
            ["1=p1 of 3", "2=b of 3 v2"],
            id="two rerolls",
        ),
    ],
)
def test_the_first_patch_opens_a_posting(letters: list[Letter], expected: list[str]) -> None:
    assert posted(letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            [Letter("a", "[PATCH 1/2] one", "gone"), Letter("b", "[PATCH 2/2] two", "gone", at=30)],
            ["1=a 2=b"],
            id="a mail that never came",
        ),
        pytest.param(
            [
                Letter("r", "a question", diff=False),
                Letter("a", "[PATCH 2/4] two", "r"),
                Letter("b", "[PATCH 4/4] four", "r"),
            ],
            ["2=a 4=b of 4"],
            id="a question, whatever their orders",
        ),
        pytest.param(
            [Letter("a", "[PATCH 1/2] one", "gone"), Letter("b", "[PATCH 2/2] two", "gone", at=31)],
            ["1=a of 2", "2=b of 2"],
            id="more than 30 minutes apart",
        ),
        pytest.param(
            [
                Letter("a", "[PATCH 1/2] one", "gone"),
                Letter("b", "[PATCH 1/2] one", "gone", at=1),
                Letter("c", "[PATCH 2/2] two", "gone", at=2),
                Letter("d", "[PATCH 2/2] two", "gone", at=3),
            ],
            ["1=a 2=d", "1=b 2=c"],
            id="twice: the newest posting that has the order free",
        ),
        pytest.param(
            [Letter("a", "[PATCH 1/2] one", "gone"), Letter("b", "[PATCH 2/2] two", "gone", at=1, by="bob")],
            ["1=a of 2", "2=b of 2"],
            id="two authors",
        ),
        pytest.param(
            [Letter("a", "[PATCH 1/2] one", "gone"), Letter("b", "[PATCH v2 2/2] two", "gone", at=1)],
            ["1=a of 2", "2=b of 2 v2"],
            id="two rerolls",
        ),
        pytest.param(
            [Letter("a", "[PATCH 1/2] one", "gone"), Letter("b", "[PATCH 2/3] two", "gone", at=1)],
            ["1=a of 2", "2=b of 3"],
            id="two totals",
        ),
        pytest.param(
            [
                Letter("c", "[PATCH v2 0/2] Work", "gone"),
                Letter("a", "[PATCH v2 1/2] one", "gone"),
                Letter("b", "[PATCH v2 2/2] two", "gone", at=1),
            ],
            ["c: 1=a 2=b v2"],
            id="the cover letter answers it too",
        ),
        pytest.param(
            [
                Letter("p", "[PATCH] work"),
                Letter("a", "[PATCH v2 1/2] one", "p", at=9),
                Letter("b", "[PATCH v2 2/2] two", "p", at=10),
            ],
            ["1=p", "1=a 2=b v2"],
            id="a patch",
        ),
    ],
)
def test_patches_that_answer_the_same_mail_are_one_posting(letters: list[Letter], expected: list[str]) -> None:
    assert posted(letters) == expected


def unthreaded(name: str, tags: str, at: float, by: str = "ada") -> Letter:
    return Letter(name, f"[PATCH {tags}] {name}", at=at, by=by)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param([unthreaded("b", "2/2", 30), unthreaded("a", "1/2", 0)], ["1=a 2=b"], id="two patches"),
        pytest.param(
            [unthreaded("c", "0/2", 2), unthreaded("a", "1/2", 0), unthreaded("b", "2/2", 1)],
            ["c: 1=a 2=b"],
            id="with a cover letter, the last by Date",
        ),
        pytest.param(
            [unthreaded("c", "0/2", 0), unthreaded("a", "1/2", 1), Letter("b", "[PATCH 2/2] b", "a", at=2)],
            ["c: 1=a 2=b"],
            id="a cover letter by itself",
        ),
        pytest.param(
            [unthreaded("c", "0/2", 0), Letter("a", "[PATCH 1/2] a", "c", at=1), unthreaded("b", "2/2", 2)],
            ["c: 1=a 2=b"],
            id="a patch by itself",
        ),
        pytest.param(
            [
                unthreaded("c", "0/2", 0),
                unthreaded("d", "0/2", 1),
                unthreaded("a", "1/2", 2),
                unthreaded("b", "2/2", 3),
            ],
            ["c: of 2", "d: 1=a 2=b"],
            id="two cover letters, the nearest",
        ),
        pytest.param(
            [unthreaded("a", "1/3", 0), unthreaded("b", "2/3", 29), unthreaded("c", "3/3", 58)],
            ["1=a 2=b 3=c"],
            id="each within 30 minutes of the one before",
        ),
        pytest.param(
            [unthreaded("a", "1/2", 0), unthreaded("b", "2/2", 31)], ["1=a of 2", "2=b of 2"], id="more than 30 minutes"
        ),
        pytest.param(
            [unthreaded("a", "1/2", 0), unthreaded("b", "2/2", 1, "bob")], ["1=a of 2", "2=b of 2"], id="two authors"
        ),
        pytest.param(
            [unthreaded("a", "1/2", 0), unthreaded("b", "v2 2/2", 1)], ["1=a of 2", "2=b of 2 v2"], id="two rerolls"
        ),
        pytest.param([unthreaded("a", "1/2", 0), unthreaded("b", "2/3", 1)], ["1=a of 2", "2=b of 3"], id="two totals"),
        pytest.param(
            [
                unthreaded("a", "1/2", 0),
                unthreaded("b", "1/2", 1),
                unthreaded("c", "2/2", 2),
                unthreaded("d", "2/2", 3),
            ],
            ["1=a 2=d", "1=b 2=c"],
            id="orders that clash: the nearest in time",
        ),
        pytest.param(
            [
                unthreaded("a", "net 1/2", 0),
                unthreaded("b", "usb 1/2", 1),
                unthreaded("c", "net 2/2", 2),
                unthreaded("d", "usb 2/2", 3),
            ],
            ["1=a 2=c", "1=b 2=d"],
            id="orders that clash: the same prefix",
        ),
        pytest.param(
            [unthreaded("a", "net 1/2", 0), unthreaded("b", "usb 2/2", 1)], ["1=a 2=b"], id="another prefix, if need be"
        ),
        pytest.param(
            [unthreaded("a", "1/2", 0), Letter("b", "[PATCH 2/2] b", "gone", at=1)],
            ["1=a of 2", "2=b of 2"],
            id="one names another mail",
        ),
        pytest.param(
            [unthreaded("a", "1/2", 0), unthreaded("b", "2/2", 1), unthreaded("x", "3/2", 2)],
            ["1=a 2=b +x"],
            id="an extra",
        ),
        pytest.param(
            [unthreaded("c", "0/1", 0), Letter("a", "[PATCH 1/1] a", "c", at=1), unthreaded("x", "2/1", 2)],
            ["c: 1=a", "2=x of 1"],
            id="no extra of what is threaded and has all its patches",
        ),
        pytest.param(
            [unthreaded("c", "0/1", 0), unthreaded("a", "1/1", 1)], ["c: 1=a"], id="a cover letter and its only patch"
        ),
        pytest.param(
            [
                unthreaded("a", "1/2", 0),
                Letter("x", "[PATCH 3/2] x", "a", at=1),
                unthreaded("c", "0/2", -1),
                unthreaded("b", "2/2", 2),
            ],
            ["c: 1=a 2=b +x"],
            id="an extra below one of them",
        ),
        pytest.param(
            [unthreaded("a", "1/2", 0), unthreaded("c", "0/2", 1), Letter("x", "[PATCH 3/2] x", "c", at=2)],
            ["c: 1=a +x of 2"],
            id="an extra below the cover letter",
        ),
    ],
)
def test_unthreaded_patches_find_together(letters: list[Letter], expected: list[str]) -> None:
    assert posted(letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            [Letter("a", "[PATCH v5] one"), Letter("b", "[PATCH v5.10] one", "a", at=9)],
            ["1=a v5", "1=b replacing v5.10"],
            id="behind v5 in one thread",
        ),
        pytest.param(
            [Letter("a", "[PATCH v5] one"), Letter("b", "[PATCH v5.10] one", at=9)],
            ["1=a v5", "1=b"],
            id="not behind v5 in another thread",
        ),
        pytest.param(
            [Letter("a", "[PATCH] one"), Letter("b", "[PATCH v5.10] one", "a", at=9)],
            ["1=a", "1=b replacing"],
            id="not behind v1",
        ),
        pytest.param(
            [Letter("a", "Re: [PATCH v5] one"), Letter("b", "[PATCH v5.10] one", "a", at=9)],
            ["1=b"],
            id="not behind an answer to something that never came",
        ),
        pytest.param(
            [Letter("a", "[PATCH v5] one"), Letter("b", "[PATCH v5.10 v6] one", "a", at=9)],
            ["1=a v5", "1=b replacing v6"],
            id="not beside a reroll",
        ),
        pytest.param(
            [Letter("a", "[PATCH v6] one"), Letter("b", "[PATCH v5.10] one", "a", at=9)],
            ["1=a v6", "1=b replacing v6"],
            id="not behind another version; what replaces a v6 is one",
        ),
    ],
)
def test_a_branch_token_is_a_reroll_where_the_thread_has_the_one_before(
    letters: list[Letter], expected: list[str]
) -> None:
    assert posted(letters) == expected
