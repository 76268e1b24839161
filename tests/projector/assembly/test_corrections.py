"""Which joins of series stay when operators cut others (assembly, section 4)."""

import pytest

from projector.assembly.corrections import Cut, Join, below_of, kept_joins

TARGETS = {1: None, 2: 1, 3: 2, 4: 2, 7: None, 8: 7}
"""1 <- 2 <- 3 and 4, and 7 <- 8: each posting with what it links to."""


@pytest.mark.parametrize(
    ("posting", "below"),
    [
        pytest.param(1, {1, 2, 3, 4}, id="the first"),
        pytest.param(2, {2, 3, 4}, id="one in the middle"),
        pytest.param(3, {3}, id="the last"),
        pytest.param(9, {9}, id="one that links to nothing and is not linked to"),
    ],
)
def test_below_a_posting_is_all_that_links_to_it(posting: int, below: set[int]) -> None:
    assert below_of(TARGETS, posting) == below


def test_postings_that_link_in_a_circle_are_all_below_each_other() -> None:
    assert below_of({1: 2, 2: 3, 3: 1}, 1) == {1, 2, 3}


@pytest.mark.parametrize(
    ("joins", "cuts", "kept"),
    [
        pytest.param([Join(10, 3, 8)], [], [10], id="no cut"),
        pytest.param([], [Cut(11, 2)], [], id="no join"),
        pytest.param([Join(10, 1, 8)], [Cut(11, 1)], [], id="a cut of one end"),
        pytest.param([Join(10, 8, 1)], [Cut(11, 1)], [], id="a cut of the other end"),
        pytest.param([Join(10, 3, 8)], [Cut(11, 2)], [], id="a cut that one end is below"),
        pytest.param([Join(10, 3, 4)], [Cut(11, 2)], [10], id="a cut that both ends are below"),
        pytest.param([Join(10, 1, 8)], [Cut(11, 2)], [10], id="a cut that no end is below"),
        pytest.param([Join(12, 3, 8)], [Cut(11, 2)], [12], id="a cut before the join"),
        pytest.param([Join(10, 3, 8), Join(12, 3, 8)], [Cut(11, 2)], [12], id="joined anew behind the cut"),
        pytest.param([Join(10, 1, 8), Join(11, 3, 8)], [Cut(12, 3), Cut(13, 7)], [], id="two cuts"),
    ],
)
def test_a_later_cut_undoes_a_join_with_one_end_on_its_side(
    joins: list[Join], cuts: list[Cut], kept: list[int]
) -> None:
    assert [join.id for join in kept_joins(TARGETS, joins, cuts)] == kept
