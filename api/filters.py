"""Makes filters for the queries out of the parameters of a request.

A parameter that is empty filters nothing, nor does an unknown value of submitter, reviewer, state or test_state. An id
that cannot be one, and text where the id of a project, a series or a patch is wanted, match nothing.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from api.parameters import read_id, read_list, read_time, read_words
from projector.readmodel.queries import EVENT_NAMES, TEST_STATES, Actor, Filters, find_state
from schemas.rest import SERIES_STATES

Value = TypeVar("Value")

_TIMES = ("submitted_since", "submitted_before", "updated_since", "updated_before")
NOBODY = -1
"""The id of no user."""
NO_EVENT = "none"
"""The name of no kind of event."""


def series_filters(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Filters for `queries.list_series`. Raises FieldError for a time that cannot be read."""
    filters = _common_filters(parameters)
    reviewer = parameters.get("reviewer", "")
    if reviewer == "null":
        filters["reviewer"] = 0
    elif reviewer == "self":
        filters["reviewer"] = NOBODY
    elif (reviewer_id := read_id(reviewer)) is not None:
        filters["reviewer"] = reviewer_id or NOBODY
    states = _once(state for state in read_words(parameters.get("state", "")) if state in SERIES_STATES)
    if states:
        filters["states"] = states
    test_states = read_words(parameters.get("test_state", ""))
    known = _once("" if state == "null" else state for state in test_states if state in (*TEST_STATES, "null"))
    if known:
        filters["test_states"] = known
    return filters


def patch_filters(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Filters for `queries.list_patches`. A state is a number or a name. Raises FieldError."""
    filters = _common_filters(parameters)
    found = (find_state(state) for state in read_words(parameters.get("state", "")))
    states = _once(state.id for state in found if state is not None)
    if states:
        filters["states"] = states
    return filters


def event_filters(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Filters for `queries.list_events`. Raises FieldError."""
    filters: dict[str, Any] = {}
    names = read_list(parameters.get("name", ""))
    if names:
        filters["names"] = _once(name for name in names if name in EVENT_NAMES) or [NO_EVENT]
    for field in ("series", "patch"):
        if parameters.get(field):
            filters[field] = read_id(parameters[field]) or 0
    if parameters.get("since"):
        filters["since"] = read_time("since", parameters["since"])
    return filters


def own_filters(filters: dict[str, Any], parameters: Mapping[str, str], actor: Actor | None) -> dict[str, Any]:
    """Put who asks in the place of `self`. Nothing is the own of somebody who does not say who they are."""
    if "emails" in filters:
        filters["emails"] = list(actor.user.emails) if actor is not None else []
    if "reviewer" in filters and parameters["reviewer"] == "self":
        filters["reviewer"] = actor.user.id if actor is not None else NOBODY
    return filters


def in_project(filters: Filters, project_id: int) -> Filters:
    """Confine filters to a project. Those that name another one match nothing."""
    return {**filters, "project": project_id if filters.get("project", project_id) == project_id else 0}


def _once(values: Iterable[Value]) -> list[Value]:
    """Each value once, where it comes first: to ask for one again and again finds no more, and takes longer."""
    return list(dict.fromkeys(values))


def _common_filters(parameters: Mapping[str, str]) -> dict[str, Any]:
    filters: dict[str, Any] = {}
    if parameters.get("project"):
        filters["project"] = read_id(parameters["project"]) or 0
    submitter = read_id(parameters.get("submitter", ""))
    if submitter is not None:
        filters["submitter"] = submitter
    elif parameters.get("submitter") == "self":
        filters["emails"] = []
    if parameters.get("name"):
        filters["name"] = parameters["name"]
    if parameters.get("msgid"):
        filters["msgid"] = parameters["msgid"].strip().removeprefix("<").removesuffix(">")
    for field in _TIMES:
        if parameters.get(field):
            filters[field] = read_time(field, parameters[field])
    return filters
