"""States of patches, series and tests (assembly, section 4)."""

from collections.abc import Sequence

import pytest

from projector.assembly.states import (
    STATES,
    find_state,
    series_state,
    state_of,
    summarise,
    worst_test_state,
)
from schemas.rest import StateCount


def test_the_states_have_their_ids() -> None:
    assert [(state.id, state.name, state.final) for state in STATES] == [
        (1, "New", False),
        (2, "Under Review", False),
        (3, "Accepted", True),
        (4, "Rejected", True),
        (5, "RFC", True),
        (6, "Not Applicable", True),
        (7, "Changes Requested", True),
        (8, "Awaiting Upstream", True),
        (9, "Superseded", True),
        (10, "Deferred", True),
    ]
    assert all(state_of(state.id) is state for state in STATES)


def test_there_is_no_eleventh_state() -> None:
    with pytest.raises(KeyError):
        state_of(11)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        pytest.param("New", 1, id="name"),
        pytest.param("under review", 2, id="any case"),
        pytest.param(" Not-Applicable ", 6, id="hyphen and white space"),
        pytest.param("changes   requested", 7, id="more white space"),
        pytest.param("10", 10, id="id"),
        pytest.param("11", None, id="no such id"),
        pytest.param("9" * 5000, None, id="a very long number"),
        pytest.param("³", None, id="no decimal number"),
        pytest.param("newest", None, id="no such name"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_states_are_found_by_name_or_id(text: str, id: int | None) -> None:
    state = find_state(text)
    assert (state.id if state is not None else None) == id


def test_states_are_counted_in_their_own_order() -> None:
    assert summarise([3, 1, 3, 9, 1, 3]) == [
        StateCount(2, "New", False),
        StateCount(3, "Accepted", True),
        StateCount(1, "Superseded", True),
    ]
    assert summarise([]) == []


@pytest.mark.parametrize(
    ("states", "is_complete", "expected"),
    [
        pytest.param([1, 1], True, "initial", id="all in the first state"),
        pytest.param([1, 1], False, "incomplete", id="a patch is missing"),
        pytest.param([3, 3], False, "incomplete", id="a patch is missing, the others final"),
        pytest.param([1, 2], True, "in progress", id="one under review"),
        pytest.param([2, 2], True, "in progress", id="all under review"),
        pytest.param([1, 3], True, "in progress", id="one accepted"),
        pytest.param([3, 4, 9], True, "done", id="all final"),
    ],
)
def test_the_state_of_a_series(states: Sequence[int], is_complete: bool, expected: str) -> None:
    assert series_state(states, is_complete=is_complete) == expected


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param(["success", "failure", "warning"], "failure", id="failure"),
        pytest.param(["success", "warning"], "warning", id="warning"),
        pytest.param(["info", "success"], "success", id="success over info"),
        pytest.param(["pending", "info"], "info", id="info over pending"),
        pytest.param(["pending"], "pending", id="pending"),
        pytest.param([], None, id="none"),
    ],
)
def test_the_worst_test_state(states: Sequence[str], expected: str | None) -> None:
    assert worst_test_state(states) == expected
