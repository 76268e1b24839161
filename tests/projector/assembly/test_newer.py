"""Which announced revision of a series stands above another."""

from hypothesis import given
from hypothesis import strategies as st

from projector.assembly.newer import Announced

PLACES = st.integers(0, 5).map(lambda order: ((1,), (order, "a")))


@given(st.lists(st.tuples(st.integers(1, 9), PLACES), unique_by=lambda pair: pair[0]), PLACES)
def test_the_highest_number_above_is_found(
    announced: list[tuple[int, tuple[tuple[int], tuple[int, str]]]], place
) -> None:
    found = Announced()
    for number, stand in announced:
        found.add(number, stand)
    assert found.above(place) == max((number for number, stand in announced if stand > place), default=None)
