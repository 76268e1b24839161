"""Postings with a cover letter (assembly, section 3)."""

import pytest

from projector.assembly.keys import FILE_KEY_BYTES, key
from projector.assembly.posting import assemble
from tests.projector.assembly.build import Letter, posted, read

C = Letter("c", "[PATCH 0/2] Work")
P1 = Letter("p1", "[PATCH 1/2] one", "c", at=1)
P2 = Letter("p2", "[PATCH 2/2] two", "c", at=2)


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param([C], ["c: of 2"], id="a cover letter opens a posting"),
        pytest.param([C, P1], ["c: 1=p1 of 2"], id="one is missing"),
        pytest.param([C, P1, P2], ["c: 1=p1 2=p2"], id="shallow"),
        pytest.param([C, P1, Letter("p2", "[PATCH 2/2] two", "c p1", at=2)], ["c: 1=p1 2=p2"], id="deep"),
        pytest.param([C, P1, Letter("p2", "[PATCH 2/2] two", "c p1", at=-2)], ["c: 1=p1 2=p2"], id="deep, wrong clock"),
        pytest.param(
            [C, Letter("p2", "[PATCH 2/2] two", "c p1", at=2)], ["c: 2=p2 of 2"], id="deep, over a mail that never came"
        ),
        pytest.param(
            [C, P1, Letter("r", "Re: [PATCH 1/2] one", "c p1"), Letter("p2", "[PATCH 2/2] two", "c p1 r", at=9000)],
            ["c: 1=p1 2=p2"],
            id="days later, under a comment",
        ),
        pytest.param(
            [C, P1, Letter("p2", "[PATCH 2/2] two", "c", at=2, by="bob")], ["c: 1=p1 2=p2"], id="sent by somebody else"
        ),
        pytest.param(
            [C, P1, Letter("p2", "[PATCH 2/2] two", "c p1", at=2, by="bob")],
            ["c: 1=p1 2=p2"],
            id="deep, sent by somebody else",
        ),
        pytest.param([Letter("r", "Re: a question", at=-9), C, P1, P2], ["c: 1=p1 2=p2"], id="behind a comment"),
        pytest.param(
            [
                Letter("c", "[PATCH 0/2] Work", "gone"),
                Letter("p1", "[PATCH 1/2] one", "gone c", at=1),
                Letter("p2", "[PATCH 2/2] two", "gone", at=2),
            ],
            ["c: 1=p1 of 2", "2=p2 of 2"],
            id="what stands beside a cover letter with patches is not of it",
        ),
        pytest.param(
            [C, P1, P2, Letter("x", "[PATCH 3/2] more", "c", at=3), Letter("y", "[PATCH 4/2] even more", "c x", at=4)],
            ["c: 1=p1 2=p2 +x +y"],
            id="numbered beyond the total: extras, also of one another",
        ),
        pytest.param(
            [C, P1, Letter("x", "[PATCH 3/2] more", "c p1", at=3)], ["c: 1=p1 +x of 2"], id="an extra fills no place"
        ),
        pytest.param(
            [C, P1, P2, Letter("q", "[PATCH 1/3] other", "c", at=3)],
            ["c: 1=p1 2=p2", "1=q of 3"],
            id="another total is another posting",
        ),
        pytest.param(
            [C, P1, P2, Letter("q", "[PATCH] fix", "c", at=3)],
            ["c: 1=p1 2=p2", "1=q"],
            id="unnumbered is another posting",
        ),
        pytest.param(
            [C, P1, P2, Letter("f", "[PATCH] fix", "c p1", at=3), Letter("g", "[PATCH 2/2] two", "c p1 f", at=4)],
            ["c: 1=p1 2=p2", "1=f", "2=g of 2"],
            id="what answers another posting is not of this one",
        ),
        pytest.param([Letter("c", "[PATCH 0/0] Nothing")], ["c: of 0"], id="of none"),
        pytest.param(
            [C, Letter("e", "[PATCH 2/2] two", "c", at=-9, by="eve"), P1, P2],
            ["2=e of 2", "c: 1=p1 2=p2"],
            id="the author's own go first, whatever Date another one has",
        ),
        pytest.param(
            [C, P1, Letter("e", "[PATCH 2/2] two", "c", at=9, by="eve")], ["c: 1=p1 2=e"], id="another author fills it"
        ),
        pytest.param(
            [C, P1, P2, Letter("e", "[PATCH 3/2] three", "c", at=9, by="eve")],
            ["c: 1=p1 2=p2", "3=e of 2"],
            id="another author's extra is none",
        ),
    ],
)
def test_a_cover_letter_takes_what_is_below_it(letters: list[Letter], expected: list[str]) -> None:
    assert posted(letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            [Letter("c", "[PATCH v3 0/2] Work"), P1, P2], ["c: 1=p1 2=p2 v3"], id="only the cover letter says v3"
        ),
        pytest.param(
            [C, Letter("p1", "[PATCH v3 1/2] one", "c"), Letter("p2", "[PATCH v3 2/2] two", "c")],
            ["c: 1=p1 2=p2 v3"],
            id="only the patches say v3",
        ),
        pytest.param(
            [Letter("c", "[PATCH v2 0/2] Work"), Letter("p1", "[PATCH v2 1/2] one", "c"), P2],
            ["c: 1=p1 2=p2 v2"],
            id="half of them say v2",
        ),
        pytest.param(
            [Letter("c", "[PATCH v2 0/2] Work"), Letter("p1", "[PATCH v1 1/2] one", "c"), P2],
            ["c: 1=p1 2=p2 v2"],
            id="one says v1, which is less than the cover letter says",
        ),
        pytest.param(
            [C, Letter("a", "[PATCH v2 1/2] one", "c"), P1, P2],
            ["1=a of 2 replacing v2", "c: 1=p1 2=p2"],
            id="those with the same marker go first",
        ),
        pytest.param(
            [C, Letter("a", "[PATCH v3 1/2] one", "c", at=2), Letter("b", "[PATCH v2 1/2] one", "c", at=1), P2],
            ["c: 1=b 2=p2 v2", "1=a of 2 replacing v3"],
            id="then the others by Date",
        ),
        pytest.param(
            [C, P1, Letter("p2", "[PATCH v2 2/2] two", "c", at=31)],
            ["c: 1=p1 2=p2 v2"],
            id="within 30 minutes of the one before",
        ),
        pytest.param(
            [C, P1, Letter("p2", "[PATCH v2 2/2] two", "c", at=32)],
            ["c: 1=p1 of 2", "2=p2 of 2 v2"],
            id="not after more than 30 minutes",
        ),
        pytest.param(
            [C, P1, Letter("p2", "[PATCH v2 2/2] two", "c", at=2, by="bob")],
            ["c: 1=p1 of 2", "2=p2 of 2 v2"],
            id="not by another author",
        ),
        pytest.param(
            [C, P1, Letter("p2", "[PATCH v2 2/3] two", "c", at=2)],
            ["c: 1=p1 of 2", "2=p2 of 3 v2"],
            id="not of another total",
        ),
        pytest.param(
            [C, P1, Letter("p2", "[PATCH v2 3/2] two", "c", at=2)],
            ["c: 1=p1 of 2", "3=p2 of 2 v2"],
            id="not beyond the total",
        ),
        pytest.param(
            [C, P1, Letter("p2", "[PATCH v2 2/2] two", "c p1", at=2, files=("b.c",))],
            ["c: 1=p1 of 2", "2=p2 of 2 v2"],
            id="not below a patch",
        ),
    ],
)
def test_people_forget_to_bump_half_of_the_markers(letters: list[Letter], expected: list[str]) -> None:
    assert posted(letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            [C, Letter("p1", "[PATCH 1/3] one", "c"), Letter("p2", "[PATCH 3/3] three", "c", at=29)],
            ["c: 1=p1 3=p2 of 3"],
            id="then that total counts",
        ),
        pytest.param(
            [C, Letter("p1", "[PATCH 1/1] one", "c"), Letter("x", "[PATCH 2/1] two", "c")],
            ["c: 1=p1 +x"],
            id="also with an extra",
        ),
        pytest.param(
            [C, Letter("p1", "[PATCH 1/3] one", "c"), Letter("q", "[PATCH 1/3] one again", "c", at=1)],
            ["c: 1=p1 of 3", "1=q of 3 replacing"],
            id="an order that is taken is taken",
        ),
        pytest.param(
            [C, Letter("p1", "[PATCH 1/3] one", "c"), Letter("p2", "[PATCH 2/3] two", "c p1")],
            ["c: 1=p1 2=p2 of 3"],
            id="what is below then joins",
        ),
        pytest.param(
            [C, Letter("p1", "[PATCH 1/3] one", "c"), Letter("q", "[PATCH 1/4] one", "c", at=1)],
            ["c: of 2", "1=p1 of 3", "1=q of 4"],
            id="not of two other totals",
        ),
        pytest.param(
            [C, Letter("p1", "[PATCH 1/1] one", "c", at=31)], ["c: of 2", "1=p1"], id="not after more than 30 minutes"
        ),
        pytest.param(
            [C, Letter("p1", "[PATCH 1/1] one", "c", by="bob")], ["c: of 2", "1=p1"], id="not of another author"
        ),
        pytest.param(
            [C, Letter("r", "Re: [PATCH 0/2] Work", "c"), Letter("p1", "[PATCH 1/1] one", "c r")],
            ["c: of 2", "1=p1"],
            id="not below a comment",
        ),
        pytest.param(
            [Letter("c", "[PATCH 0/1] Work"), Letter("p", "[PATCH] one", "c")], ["c: 1=p"], id="0/1, unnumbered"
        ),
        pytest.param(
            [Letter("c", "[PATCH 0/1] Work"), Letter("p", "[PATCH] one", "c"), Letter("q", "[PATCH] two", "c", at=1)],
            ["c: 1=p", "1=q"],
            id="0/1, the first of two unnumbered ones",
        ),
        pytest.param(
            [Letter("c", "[PATCH 0/1] Work"), Letter("p", "[PATCH] one", "c", at=31)],
            ["c: of 1", "1=p"],
            id="0/1, unnumbered, too late",
        ),
        pytest.param([C, Letter("p", "[PATCH] one", "c")], ["c: of 2", "1=p"], id="0/2, unnumbered"),
    ],
)
def test_a_cover_letter_without_patches_takes_others(letters: list[Letter], expected: list[str]) -> None:
    assert posted(letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            [Letter("c", "Work", diff=False), P1, P2], ["c: 1=p1 2=p2"], id="untagged root that 1..n answer"
        ),
        pytest.param(
            [Letter("c", "Work (v2)", diff=False), P1, P2], ["c: 1=p1 2=p2 v2"], id="untagged root that says v2"
        ),
        pytest.param(
            [Letter("c", "Work", diff=False), Letter("p1", "[PATCH v2 1/2] one", "c"), P2],
            ["c: 1=p1 2=p2 v2"],
            id="untagged root, mixed markers",
        ),
        pytest.param([Letter("c", "Work", diff=False), P1], ["1=p1 of 2"], id="untagged, 2 of 2 is missing"),
        pytest.param(
            [Letter("c", "Work", diff=False), P1, Letter("p2", "[PATCH 2/2] two", "c p1")],
            ["1=p1 2=p2"],
            id="untagged, not all of them answer it directly",
        ),
        pytest.param([Letter("c", "Work", diff=False, by="bob"), P1, P2], ["1=p1 2=p2"], id="untagged, another author"),
        pytest.param(
            [Letter("c", "Work", diff=False, at=-30), P1, P2], ["c: 1=p1 2=p2"], id="untagged, sent long before"
        ),
        pytest.param([Letter("c", "Work", "b", diff=False), P1, P2], ["1=p1 2=p2"], id="untagged, not a root"),
        pytest.param(
            [Letter("c", "Work", diff=False), P1, P2, Letter("x", "[PATCH 3/2] extra", "c")],
            ["c: 1=p1 2=p2 +x"],
            id="untagged, with an extra",
        ),
        pytest.param(
            [Letter("c", "Work", diff=False), P1, P2, Letter("q", "[PATCH 1/1] q", "c", at=3),
             Letter("f", "[PATCH] f", "c", at=4)],
            ["c: 1=p1 2=p2", "1=q", "1=f"],
            id="untagged, the largest of two series",
        ),
        pytest.param(
            [Letter("c", "[PATCHSET 3/9] Work", "root", diff=False), P1, P2], ["c: 1=p1 2=p2"], id="nested cover"
        ),
        pytest.param(
            [Letter("root", "[PATCH 0/9] All", at=-1), Letter("c", "[PATCHSET 3/9] Work", "root", diff=False),
             Letter("p1", "[PATCH 1/1] one", "root c", at=1)],
            ["root: of 9", "c: 1=p1"],
            id="nested cover below a cover",
        ),
        pytest.param([Letter("c", "[RFC] Work", diff=False), P1, P2], ["c: 1=p1 2=p2"], id="tagged without an order"),
        pytest.param(
            [Letter("c", "[PATCH 0/2] Work", diff=True), P1],
            ["c: 1=p1 of 2"], id="order 0 with a diff, answered"),
        pytest.param([Letter("c", "[PATCH 0/2] Work", diff=True)], ["1=c"], id="order 0 with a diff, not answered"),
        pytest.param(
            [Letter("c", "[PATCH 0/2] Work", diff=True), Letter("f", "[PATCH] fix", "c", at=1)],
            ["1=c", "1=f"],
            id="order 0 with a diff, answered without a number",
        ),
    ],
)  # fmt: skip
def test_other_kinds_of_cover(letters: list[Letter], expected: list[str]) -> None:
    assert posted(letters) == expected


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        pytest.param(
            [C, P1, P2, Letter("q2", "[PATCH 2/2] second", "c", at=99)],
            ["c: 1=p1 2=p2", "2=q2 of 2 replacing"],
            id="one is a partial reroll",
        ),
        pytest.param(
            [C, P1, P2, Letter("q1", "[PATCH 1/2] one", "c", at=99), Letter("q2", "[PATCH 2/2] two", "c", at=100)],
            ["c: 1=p1 2=p2", "c: 1=q1 2=q2"],
            id="two are a posting with the same cover",
        ),
        pytest.param(
            [C, P1, P2, Letter("q1", "[PATCH 1/2] one", "c", at=99), Letter("q2", "[PATCH 2/2] two", "c q1", at=100)],
            ["c: 1=p1 2=p2", "c: 1=q1 2=q2"],
            id="two, deep",
        ),
        pytest.param(
            [C, P1, Letter("q1", "[PATCH 1/2] one", "c", at=99), Letter("q2", "[PATCH 2/2] two", "c q1", at=100)],
            ["c: 1=p1 of 2", "c: 1=q1 2=q2"],
            id="two, deep, where an order is free",
        ),
        pytest.param(
            [C, P1, Letter("q1", "[PATCH 1/2] one", "c", at=99), Letter("q2", "[PATCH 2/2] two", "c q1", at=199)],
            ["c: 1=p1 of 2", "c: 1=q1 2=q2"],
            id="two, deep, the second long after",
        ),
        pytest.param(
            [C, P1, P2, Letter("q1", "[PATCH 1/2] one", "c", at=99), Letter("q2", "[PATCH 2/2] two", "c", at=130)],
            ["c: 1=p1 2=p2", "1=q1 of 2 replacing", "2=q2 of 2 replacing"],
            id="one and another, more than 30 minutes later",
        ),
        pytest.param(
            [C, P1, P2, Letter("q1", "[PATCH 1/2] one", "c", at=9),
             Letter("q2", "[PATCH 2/2] two", "c", at=9, by="bob")],
            ["c: 1=p1 2=p2", "1=q1 of 2 replacing", "2=q2 of 2"],
            id="one each of two authors",
        ),
        pytest.param(
            [C, P1, P2, Letter("q", "[PATCH 1/2] one", "c", at=9), Letter("r", "[PATCH 1/2] one", "c", at=10)],
            ["c: 1=p1 2=p2", "1=q of 2 replacing", "1=r of 2 replacing"],
            id="one twice",
        ),
        pytest.param(
            [C, P1, P2, Letter("q", "[PATCH 1/2] other", "c", at=9, by="bob")],
            ["c: 1=p1 2=p2", "1=q of 2"],
            id="somebody else's patch of another name replaces nothing",
        ),
        pytest.param(
            [C, P1, P2, Letter("q", "[PATCH 5.4 1/2] one", "c", at=9)],
            ["c: 1=p1 2=p2", "1=q of 2 replacing"],
            id="one kernel is named",
        ),
        pytest.param(
            [Letter("c", "[PATCH 5.10 0/2] Work"), Letter("p", "[PATCH 5.10 1/2] one", "c"),
             Letter("q", "[PATCH 5.4 1/2] one", "c", at=9)],
            ["c: 1=p of 2", "1=q of 2"],
            id="two kernels are named",
        ),
        pytest.param(
            [C, P1, P2, Letter("q2", "[PATCH v2 2/2] two", "c", at=99)],
            ["c: 1=p1 2=p2", "2=q2 of 2 replacing v2"],
            id="one of another reroll",
        ),
        pytest.param(
            [C, P1, P2, Letter("q1", "[PATCH v2 1/2] one", "c", at=9),
             Letter("q2", "[PATCH v2 2/2] two", "c q1", at=9)],
            ["c: 1=p1 2=p2", "c: 1=q1 2=q2 v2"],
            id="two of another reroll",
        ),
        pytest.param(
            [Letter("c", "[PATCH v2 0/2] Work"), Letter("p1", "[PATCH v2 1/2] one", "c", at=1),
             Letter("q", "[PATCH v2 1/2] one", "c", at=9)],
            ["c: 1=p1 of 2 v2", "1=q of 2 replacing v2"],
            id="of a v2",
        ),
        pytest.param(
            [C, P1, P2, Letter("q", "[PATCH 1/2] one, again", "c p1", at=9),
             Letter("r", "[PATCH 2/2] two", "c p1 q", at=9)],
            ["c: 1=p1 2=p2", "c: 1=q 2=r"],
            id="an answer to the holder, with one that answers it",
        ),
    ],
)  # fmt: skip
def test_orders_that_are_taken(letters: list[Letter], expected: list[str]) -> None:
    assert posted(letters) == expected


SENT_AGAIN_BELOW = [
    Letter("c", "[PATCH 0/3] Work"),
    Letter("p1", "[PATCH 1/3] one", "c", at=1),
    Letter("p2", "[PATCH 2/3] two", "c p1", at=2),
    Letter("q1", "[PATCH 1/3] one", "c p1 p2", at=3),
    Letter("q2", "[PATCH 2/3] two", "c p1 p2 q1", at=4),
]


@pytest.mark.parametrize(
    ("above", "answers"),
    [
        pytest.param("c p1 p2 q1 q2", ["q2", "q1", "c"], id="what was sent again"),
        pytest.param("c p1 p2 q1", ["q1", "c"], id="the first that was sent again"),
        pytest.param("c p1 p2", ["c"], id="what was sent before, which stands above what was sent again for it"),
        pytest.param("c", ["c"], id="the cover letter"),
    ],
)
def test_what_was_sent_again_below_what_it_was_sent_for_does_not_stand_above_itself(
    above: str, answers: list[str]
) -> None:
    letters = [*SENT_AGAIN_BELOW, Letter("x", "[PATCH] other", above, at=50, by="eve")]
    first, other = assemble(read(letters)).postings
    assert [letters[id - 1].name for id in first.mails] == ["c", "q1", "q2"]
    assert [letters[id - 1].name for id in other.answers] == answers


def test_what_was_sent_again_beside_what_it_was_sent_for_stands_above_the_answers_to_that() -> None:
    beside = [Letter("q1", "[PATCH 1/3] one", "c", at=3), Letter("q2", "[PATCH 2/3] two", "c", at=4)]
    letters = [*SENT_AGAIN_BELOW[:3], *beside, Letter("x", "[PATCH] other", "c p1 p2", at=50, by="eve")]
    _, other = assemble(read(letters)).postings
    assert [letters[id - 1].name for id in other.answers] == ["q2", "c"]


def test_what_a_cover_says_of_its_posting() -> None:
    letters = [
        Letter("c", "[PATCH net-next 0/1] Work: part 3", at=2, supersedes=("old",)),
        Letter("p", "[PATCH net-next 1/1] one", "c", at=1, files=("x.c",), change_id="id"),
    ]
    (posting,) = assemble(read(letters)).postings
    assert (posting.id, posting.cover, posting.mails, posting.submitter) == (1, 1, (1, 2), 1)
    assert (posting.is_named, posting.name_key) == (True, key("workpart3"))
    assert (posting.first, posting.prefix, posting.files) == ("p", ("net",), (key("x.c", FILE_KEY_BYTES),))
    assert (posting.change_ids, posting.supersedes) == (("id",), ("old",))
    assert (posting.received, posting.source, posting.author) == (posting.date + 60, "smtp", key("ada@example.org"))
    assert (posting.is_full, posting.is_numbered, posting.total) == (True, True, 1)


def test_a_posting_keeps_the_id_that_it_was_found_by() -> None:
    mails = read([P2, C, P1])
    assert [posting.id for posting in assemble(mails).postings] == [1]
    assert [posting.id for posting in assemble(mails, anchors=[3, 7]).postings] == [3]
    assert [posting.id for posting in assemble(mails, anchors=[3, 2]).postings] == [2]


def test_kinds_and_targets_are_those_that_the_others_show() -> None:
    letters = [
        Letter("c", "Work", diff=False),
        P1,
        P2,
        Letter("r", "Re: [PATCH 1/2] one", "c p1"),
        Letter("s", "Re: [PATCH 1/2] one", "c p1 r"),
        Letter("t", "Re: Work", "c"),
        Letter("u", "Re: something else", "gone"),
    ]
    assembled = assemble(read(letters))
    assert assembled.kinds == {
        1: "cover",
        2: "patch",
        3: "patch",
        4: "comment",
        5: "comment",
        6: "comment",
        7: "comment",
    }
    assert assembled.targets == {4: 2, 5: 2, 6: 1, 7: None}
