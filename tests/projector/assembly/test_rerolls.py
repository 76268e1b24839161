"""Partial rerolls: replacements of single patches (assembly, section 3)."""

import pytest

from projector.assembly.keys import key
from projector.assembly.posting import ANSWERS_MAX, PostedPatch, assemble
from tests.projector.assembly.build import Letter, posted, read

C = Letter("c", "[PATCH 0/3] Work")
P1 = Letter("p1", "[PATCH 1/3] one", "c", at=1, files=("1.c",))
P2 = Letter("p2", "[PATCH 2/3] two", "c", at=2, files=("2.c",))
P3 = Letter("p3", "[PATCH 3/3] three", "c", at=3, files=("3.c",))
SET = [C, P1, P2, P3]
SHOWN = "c: 1=p1 2=p2 3=p3"


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param([Letter("q", "[PATCH] two", "c p2", at=9)], ["2=q replacing"], id="the same name"),
        pytest.param(
            [Letter("q", "[PATCH] Two (v2)", "c p2", at=9)], ["2=q replacing v2"], id="the same name but for v2"
        ),
        pytest.param([Letter("q", "[PATCH] two", "c p2", at=9, by="bob")], ["1=q"], id="somebody else's"),
        pytest.param(
            [Letter("q", "[PATCH v2] two", "c p2", at=9, by="bob")],
            ["2=q replacing v2"],
            id="somebody else's with a higher marker",
        ),
        pytest.param(
            [Letter("r", "Re: [PATCH 2/3] two", "c p2"), Letter("q", "[PATCH] two", "c p2 r", at=9)],
            ["2=q replacing"],
            id="in reply to a comment",
        ),
        pytest.param(
            [Letter("q", "[PATCH] two", "c p2 gone", at=9)], ["2=q replacing"], id="in reply to a lost comment"
        ),
        pytest.param([Letter("q", "[PATCH 2/3] 2nd", "c p2", at=9)], ["2=q of 3 replacing"], id="the same x/n"),
        pytest.param(
            [Letter("q", "[PATCH 2/3] 2nd", "c p2", at=9, by="bob")], ["2=q of 3"], id="the same x/n, somebody else"
        ),
        pytest.param(
            [Letter("q", "[PATCH v2] 2nd", "c p2", at=9, files=("2.c", "4.c"))],
            ["2=q replacing v2"],
            id="a higher reroll and a file in common",
        ),
        pytest.param(
            [Letter("q", "[PATCH v2] all of it", "c p2", at=9, files=("1.c", "2.c", "3.c"))],
            ["1=q v2"],
            id="made of several patches",
        ),
        pytest.param(
            [Letter("q", "[PATCH v2] two", "c p2", at=9, files=("2.c", "3.c"))],
            ["1=q v2"],
            id="made of several, under the name of one",
        ),
        pytest.param(
            [Letter("q", "[PATCH v2 2/3] two", "c p2", at=9, files=("2.c", "3.c"))],
            ["2=q of 3 replacing v2"],
            id="one of x/n that touches a file of another one",
        ),
        pytest.param(
            [Letter("q", "[PATCH v2] 2nd", "c p2", at=9, files=("4.c",))],
            ["1=q v2"],
            id="a higher reroll, no file in common",
        ),
        pytest.param(
            [Letter("q", "[PATCH] fix two", "c p2", at=9, files=("2.c",))],
            ["1=q"],
            id="a file in common, no higher reroll",
        ),
        pytest.param(
            [Letter("q", "[PATCH v2] 2nd", "c p2", at=9, files=("2.c",), by="bob")],
            ["1=q v2"],
            id="a robot's suggestion",
        ),
        pytest.param([Letter("q", "[PATCH 5.4] two", "c p2", at=9)], ["2=q replacing"], id="for a kernel"),
        pytest.param(
            [Letter("q", "[PATCH v3 2/3] two", "c p2", at=9)], ["2=q of 3 replacing v3"], id="x where n is the same"
        ),
        pytest.param(
            [Letter("q", "[PATCH v3 3/3] two", "c p2", at=9)],
            ["3=q of 3 replacing v3"],
            id="another x where n is the same",
        ),
        pytest.param(
            [Letter("q", "[PATCH v3 1/1] two", "c p2", at=9)],
            ["2=q replacing v3"],
            id="the place of its target, n differs",
        ),
        pytest.param(
            [Letter("q", "[PATCH v2 1/2] two", "c p2", at=9)], ["2=q of 2 replacing v2"], id="n differs, incomplete"
        ),
        pytest.param(
            [Letter("q", "[PATCH v2 1/2] two", "c p2", at=9), Letter("r", "[PATCH v2 2/2] more", "c p2 q", at=10)],
            ["1=q 2=r v2"],
            id="n differs, full: a posting of its own",
        ),
        pytest.param(
            [Letter("q", "[PATCH] two", "c p2", at=9), Letter("r", "[PATCH] two", "c p2 q", at=19)],
            ["2=q replacing", "2=r replacing"],
            id="a replacement of a replacement",
        ),
        pytest.param(
            [Letter("q", "[PATCH v2] two", "c p2", at=9), Letter("r", "[PATCH] two", "c p2 q", at=19)],
            ["2=q replacing v2", "2=r replacing v2"],
            id="a replacement of a v2 that says no reroll",
        ),
        pytest.param(
            [Letter("q", "[PATCH v2] two", "c p2", at=9), Letter("r", "[PATCH v3 3/3] three", "c p2 q", at=19)],
            ["2=q replacing v2", "3=r of 3 replacing v3"],
            id="another patch's replacement below a replacement",
        ),
        pytest.param(
            [Letter("q", "[PATCH v2 2/3] two", "c", at=9), Letter("r", "[PATCH v2] three", "c q p3", at=10)],
            ["2=q of 3 replacing v2", "3=r replacing v2"],
            id="one that answers the cover letter",
        ),
    ],
)
def test_a_partial_reroll_takes_the_place_of_a_patch(letters: list[Letter], expected: list[str]) -> None:
    assert posted([*SET, *letters]) == [SHOWN, *expected]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            [Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60), Letter("q2", "[PATCH v2 2/3] two", "c p2", at=62)],
            ["1=q1 2=q2 of 3 replacing v2"],
            id="two, two minutes apart",
        ),
        pytest.param(
            [Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60), Letter("q2", "[PATCH v2 2/3] two", "c p2", at=62.1)],
            ["1=q1 of 3 replacing v2", "2=q2 of 3 replacing v2"],
            id="two, more than two minutes apart",
        ),
        pytest.param(
            [Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60), Letter("q2", "[PATCH v3 2/3] two", "c p2", at=61)],
            ["1=q1 of 3 replacing v2", "2=q2 of 3 replacing v3"],
            id="two rerolls",
        ),
        pytest.param(
            [
                Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60),
                Letter("q2", "[PATCH v2 2/3] two", "c p2", at=61, by="bob"),
            ],
            ["1=q1 of 3 replacing v2", "2=q2 of 3 replacing v2"],
            id="two authors",
        ),
        pytest.param(
            [Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60), Letter("q2", "[PATCH v2] two", "c p2", at=61)],
            ["1=q1 of 3 replacing v2", "2=q2 replacing v2"],
            id="one says no x/n",
        ),
        pytest.param(
            [Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60), Letter("r1", "[PATCH v2 1/3] one", "c p1 q1", at=61)],
            ["1=q1 of 3 replacing v2", "1=r1 of 3 replacing v2"],
            id="the same place twice",
        ),
        pytest.param(
            [
                Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60),
                Letter("q2", "[PATCH v2 2/3] two", "c p2", at=61),
                Letter("q3", "[PATCH v2 3/3] three", "c p3", at=62),
            ],
            ["c: 1=q1 2=q2 3=q3 v2"],
            id="all, each in reply to its predecessor: a full posting with the same cover letter",
        ),
        pytest.param(
            [
                Letter("q1", "[PATCH v2 1/2] one", "c p1", at=60),
                Letter("q2", "[PATCH v2 2/2] two", "c p2", at=61),
            ],
            ["1=q1 2=q2 v2"],
            id="all of another total: a full posting of its own",
        ),
        pytest.param(
            [
                Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60),
                Letter("q2", "[PATCH v2 2/3] two", "c p1 q1", at=61),
            ],
            ["1=q1 2=q2 of 3 replacing v2"],
            id="two, deep",
        ),
        pytest.param(
            [
                Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60),
                Letter("x", "[PATCH v2 4/3] four", "c p1 q1", at=61),
                Letter("q2", "[PATCH v2 2/3] two", "c p2", at=62),
            ],
            ["1=q1 2=q2 +x of 3 replacing v2"],
            id="with an extra",
        ),
        pytest.param(
            [
                Letter("q1", "[PATCH v2 1/4] two", "c p2", at=60),
                Letter("q2", "[PATCH v2 2/4] three", "c p3", at=61),
            ],
            ["2=q1 3=q2 of 4 replacing v2"],
            id="of another total, each at the place of its own target",
        ),
        pytest.param(
            [
                Letter("q1", "[PATCH v2 1/2] one", "c p1", at=60),
                Letter("q2", "[PATCH v2 2/2] two", "c p2", at=61),
                Letter("r", "[PATCH v3 2/2] one", "c p1 q1", at=120),
            ],
            ["1=q1 2=q2 v2", "2=r of 2 replacing v3"],
            id="one of a posting that two replacements became, with its total",
        ),
    ],
)
def test_replacements_of_one_run_are_one_posting(letters: list[Letter], expected: list[str]) -> None:
    assert posted([*SET, *letters]) == [SHOWN, *expected]


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            [Letter("a", "[PATCH] fix"), Letter("b", "[PATCH v2] fix", "a", at=9)],
            ["1=a", "1=b replacing v2"],
            id="of a single patch",
        ),
        pytest.param(
            [Letter("a", "[PATCH v2] fix"), Letter("b", "[PATCH] fix", "a", at=9)],
            ["1=a v2", "1=b replacing v2"],
            id="without a marker it is of the reroll that it replaces",
        ),
        pytest.param(
            [Letter("a", "[PATCH 5.10] fix"), Letter("b", "[PATCH 5.4] fix", "a", at=9)],
            ["1=a", "1=b"],
            id="not for another stable kernel",
        ),
        pytest.param(
            [Letter("a", "[PATCH] fix"), Letter("b", "[PATCH] next thing", "a", at=9)],
            ["1=a", "1=b"],
            id="not the next patch",
        ),
        pytest.param(
            [Letter("a", "[PATCH 1/3] same", at=0), Letter("b", "[PATCH 2/3] same", "a", at=1)],
            ["1=a 2=b of 3"],
            id="not of its own posting",
        ),
        pytest.param(
            [
                Letter("a", "[PATCH 1/2] one"),
                Letter("b", "[PATCH 2/2] two", "a", at=1),
                Letter("d", "[PATCH v2 2/2] deux", "a", at=60, files=("d.c",)),
            ],
            ["1=a 2=b", "2=d of 2 replacing v2"],
            id="its order is taken, and it answers another patch",
        ),
        pytest.param(
            [
                Letter("a", "[PATCH 1/2] one"),
                Letter("b", "[PATCH 2/2] two", "a", at=1),
                Letter("d", "[PATCH 1/2] one", "a", at=60),
                Letter("e", "[PATCH 2/2] two", "a d", at=61),
            ],
            ["1=a 2=b", "1=d 2=e"],
            id="a full resend without a cover letter",
        ),
    ],
)
def test_without_a_cover_letter(letters: list[Letter], expected: list[str]) -> None:
    assert posted(letters) == expected


def test_nothing_joins_or_leaves_what_was_announced() -> None:
    late = [Letter("q1", "[PATCH v2 1/3] one", "c p1", at=60), Letter("q2", "[PATCH v2 2/3] two", "c p2", at=61)]
    apart = ["1=q1 of 3 replacing v2", "2=q2 of 3 replacing v2"]
    assert posted([*SET, *late], announced=[("q1",)]) == [SHOWN, *apart]
    assert posted([*SET, *late], announced=[("q1",), ("q2",)]) == [SHOWN, *apart]
    assert posted([*SET, *late], announced=[("q1", "q2")]) == [SHOWN, "1=q1 2=q2 of 3 replacing v2"]


def test_dates_that_contradict_the_answers_end_in_a_posting_all_the_same() -> None:
    letters = [
        Letter("x", "[PATCH v2 1/3] one", "c p1", at=65),
        Letter("y", "[PATCH v2 1/3] one", "c p1 x", at=70),
        Letter("z", "[PATCH v2 2/3] one", "c p1 x y", at=60),
    ]
    assert posted([*SET, *letters]) == [SHOWN, "1=y 2=z of 3 replacing v2", "1=x of 3 replacing v2"]


def test_a_posting_names_what_it_answers_nearest_first() -> None:
    letters = [*SET, Letter("r", "Re: [PATCH 2/3] two", "c p2"), Letter("q", "[PATCH v2 3/3] three", "c p2 r", at=60)]
    assembled = assemble(read(letters))
    assert [posting.answers for posting in assembled.postings] == [(), (4, 3, 1)]


def test_an_extra_of_a_cover_letter_is_replaced_like_a_patch() -> None:
    letters = [*SET, Letter("x", "[PATCH 4/3] four", "c", at=4), Letter("q", "[PATCH v2 4/3] four", "c x", at=60)]
    assert posted(letters) == [f"{SHOWN} +x", "4=q of 3 replacing v2"]


def test_a_replacement_names_its_patch() -> None:
    assembled = assemble(read([*SET, Letter("q", "[PATCH v2] Two", "c p2", at=60)]))
    assert [posting.patches for posting in assembled.postings[1:]] == [(PostedPatch(2, 5, key("two")),)]


def test_a_posting_does_not_answer_itself() -> None:
    letters = [
        *SET,
        Letter("m", "[PATCH v2 1/3] one", "c p1", at=70),
        Letter("n", "[PATCH v3] one", "c p1 m", at=75),
        Letter("k", "[PATCH v2 2/3] one", "c p1 m n", at=69),
    ]
    assert posted(letters) == [SHOWN, "1=m 2=k of 3 replacing v2", "1=n replacing v3"]
    assert [posting.answers for posting in assemble(read(letters)).postings] == [(), (6, 2, 1), (5, 2, 1)]


def test_a_posting_names_the_nearest_of_what_it_answers() -> None:
    names = [f"m{number:03}" for number in range(120)]
    letters = [
        Letter(name, f"[PATCH] {name}", names[number - 1] if number else "", at=number)
        for number, name in enumerate(names)
    ]
    assert assemble(read(letters)).postings[-1].answers == tuple(range(119, 119 - ANSWERS_MAX, -1))


def test_a_pull_request_above_is_nothing_that_a_posting_answers() -> None:
    letters = [
        Letter("pr", "[GIT PULL] x", diff=False, pull_url="https://example.org/x.git y"),
        Letter("a", "[PATCH] one", "pr", at=1),
        Letter("b", "[PATCH] two", "pr a", at=2),
    ]
    assert [posting.answers for posting in assemble(read(letters)).postings] == [(), (2,)]


@pytest.mark.parametrize("tag", ["PATCH v2", "PATCH v2 2/3"])
@pytest.mark.parametrize(("other", "is_replacing"), [("2.c", True), ("3.c", False)])
def test_what_is_replaced_already_is_none_of_several(tag: str, other: str, is_replacing: bool) -> None:
    """The file that a replacement left is touched again: it is still one patch's."""
    again = Letter("q", f"[{tag}] two", "c p2", at=9, files=("5.c",))
    third = Letter("r", "[PATCH v3] two", "c p2 q", at=19, files=("5.c", other))
    assert posted([*SET, again, third])[-1] == ("2=r replacing v3" if is_replacing else "1=r v3")


def test_a_single_patch_that_is_replaced_twice_was_not_made_of_several() -> None:
    letters = [
        Letter("a", "[PATCH 1/1] one", files=("1.c",)),
        Letter("b", "[PATCH v2 1/1] one", "a", at=9, files=("2.c",)),
        Letter("d", "[PATCH v3] one", "b", at=19, files=("1.c", "2.c")),
    ]
    assert posted(letters)[-1] == "1=d replacing v3"
