"""Which revision of a series is newer than another, and which of all is shown."""

from hypothesis import given
from hypothesis import strategies as st

from projector.assembly.newer import SAME_DAYS_SECONDS, Announced, Newest, Stand, is_newer

DAY = SAME_DAYS_SECONDS // 2
PLACES = st.builds(
    lambda reroll, days, name: ((reroll,), (days * DAY, name)),
    st.integers(1, 4),
    st.integers(0, 7),
    st.sampled_from("ab"),
)


@given(st.lists(st.tuples(st.integers(1, 9), PLACES), unique_by=lambda pair: pair[0]), PLACES)
def test_the_highest_number_of_what_is_newer_is_found(announced: list[tuple[int, Stand]], place: Stand) -> None:
    found = Announced()
    for number, stand in announced:
        found.add(number, stand)
    newer = [number for number, stand in announced if is_newer(stand, place)]
    assert found.newer(place) == max(newer, default=None)


@given(st.lists(PLACES, unique=True))
def test_what_is_shown_is_the_highest_of_the_last_two_days(places: list[Stand]) -> None:
    latest = max((place[1][0] for place in places), default=0)
    recent = [place for place in places if place[1][0] >= latest - SAME_DAYS_SECONDS]
    found = Newest((place, place) for place in places)
    assert found.get() == max(recent, default=None)
    assert all(not is_newer(place, found.get()) for place in places if found.get())
    assert found.get() is None or found.get() in found


def test_where_markers_are_begun_anew_the_later_is_newer() -> None:
    old: Stand = ((3,), (0, "a"))
    assert is_newer(((1,), (3 * DAY, "b")), old)
    assert not is_newer(old, ((1,), (3 * DAY, "b")))
    assert is_newer(old, ((1,), (2 * DAY, "b")))


def test_one_takes_the_place_of_another_that_stood_there() -> None:
    found = Newest([(((2,), (0, "a")), "old"), (((1,), (9 * DAY, "b")), "newest")])
    found.exchange("newest", "grown")
    found.exchange("gone", "never")
    assert found.get() == "grown"
    assert "old" in found
    assert "never" not in found
