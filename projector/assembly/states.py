"""The states of patches, series and tests, and what follows from them (assembly, section 4)."""

from collections import Counter
from collections.abc import Iterable

import msgspec

from schemas.rest import StateCount


class State(msgspec.Struct, frozen=True):
    """A patch's state; final when no action is required any more."""

    id: int
    name: str
    final: bool


STATES = (
    State(1, "New", False),
    State(2, "Under Review", False),
    State(3, "Accepted", True),
    State(4, "Rejected", True),
    State(5, "RFC", True),
    State(6, "Not Applicable", True),
    State(7, "Changes Requested", True),
    State(8, "Awaiting Upstream", True),
    State(9, "Superseded", True),
    State(10, "Deferred", True),
)
FIRST_STATE = STATES[0]
ACCEPTED, SUPERSEDED = "Accepted", "Superseded"

_BY_ID = {state.id: state for state in STATES}
_BY_NAME = {state.name.lower().replace("-", " "): state for state in STATES}

TEST_STATES = ("failure", "warning", "success", "info", "pending")
"""States of test results, the worst first."""


ASKED_BY_MAIL = ("New", "Under Review", "RFC")
"""The states that a mail may ask for itself by a header: anybody can write one, so none that says it is decided."""
OWN_STATES = ("Superseded", "Rejected", "Deferred", "Not Applicable", "RFC", "Changes Requested")
"""The states that submitters may set on their own patches, unless their project says otherwise."""


def state_asked_by_mail(text: str) -> State:
    """The state of a new patch, by what its X-Patchwork-State says."""
    state = find_state(text)
    return state if state is not None and state.name in ASKED_BY_MAIL else FIRST_STATE


def state_of(id: int) -> State:
    """The state with this id. Raises KeyError for an id that is none."""
    return _BY_ID[id]


def find_state(text: str) -> State | None:
    """The state that is called so, in any case, with `-` or white space between words, or by id; None if none is."""
    words = " ".join(text.lower().replace("-", " ").split())
    if words.isascii() and words.isdecimal():
        return _BY_ID.get(int(words[:9]))
    return _BY_NAME.get(words)


def summarise(states: Iterable[int]) -> list[StateCount]:
    """Count patches by state, in the states' order."""
    counts = Counter(states)
    return [StateCount(counts[state.id], state.name, state.final) for state in STATES if counts[state.id]]


def series_state(states: Iterable[int], *, is_complete: bool) -> str:
    """The state of a series from the states of its newest revision's patches."""
    seen = set(states)
    if not is_complete:
        return "incomplete"
    if all(state_of(state).final for state in seen):
        return "done"
    return "initial" if seen == {FIRST_STATE.id} else "in progress"


def worst_test_state(states: Iterable[str]) -> str | None:
    """The worst of some test results; None when there are none."""
    seen = set(states)
    return next((state for state in TEST_STATES if state in seen), None)
