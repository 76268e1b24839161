"""Makes filters for the queries out of the parameters of a request.

A parameter that is empty filters nothing. A value that names nothing matches nothing, so that a typo never makes a
client act on all there is; in a comma list the values that name something count.
"""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from api.parameters import read_flag, read_id, read_list, read_time, read_words
from projector.readmodel.queries import EVENT_NAMES, TEST_STATES, Actor, Filters, find_state
from schemas.rest import SERIES_STATES

Value = TypeVar("Value")

_TIMES = ("submitted_since", "submitted_before", "updated_since", "updated_before")
NOBODY = -1
"""The id of no user."""
NO_EVENT = "none"
"""The name of no kind of event."""
NO_SERIES_STATE = "none"
"""The name of no state of a series, and of no test state."""
NO_PATCH_STATE = -1
"""The number of no state of a patch."""


def series_filters(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Filters for `queries.list_series`. Raises FieldError for a time that cannot be read."""
    filters = _common_filters(parameters)
    reviewer = parameters.get("reviewer")
    if reviewer:
        filters["reviewer"] = 0 if reviewer == "null" else read_id(reviewer) or NOBODY
    if state := parameters.get("state"):
        filters["states"] = _once(each for each in read_words(state) if each in SERIES_STATES) or [NO_SERIES_STATE]
    if test_state := parameters.get("test_state"):
        known = (each for each in read_words(test_state) if each in (*TEST_STATES, "null"))
        filters["test_states"] = _once("" if each == "null" else each for each in known) or [NO_SERIES_STATE]
    return filters


def patch_filters(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Filters for `queries.list_patches`. A state is a number or a name. Raises FieldError."""
    filters = _common_filters(parameters)
    if wanted := parameters.get("state"):
        words = (word for word in read_words(wanted) if not word.startswith(" "))  # -1 is no number of a state
        found = map(find_state, words)
        filters["states"] = _once(state.id for state in found if state is not None) or [NO_PATCH_STATE]
    return filters


def event_filters(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Filters for `queries.list_events`. Raises FieldError."""
    filters: dict[str, Any] = {}
    if read_flag("rebuilt", parameters.get("rebuilt")):
        filters["rebuilt"] = True
    if names := parameters.get("name"):
        filters["names"] = _once(name for name in read_list(names) if name in EVENT_NAMES) or [NO_EVENT]
    for field in ("series", "patch"):
        if parameters.get(field):
            filters[field] = read_id(parameters[field]) or 0
    if parameters.get("since"):
        filters["since"] = read_time("since", parameters["since"])
    return filters


def all_event_filters(parameters: Mapping[str, str]) -> dict[str, Any]:
    """Filters for `queries.list_events` of all projects. Raises FieldError."""
    return {**event_filters(parameters), **_project_filter(parameters)}


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
    filters = _project_filter(parameters)
    submitter = parameters.get("submitter")
    if submitter == "self":
        filters["emails"] = []
    elif submitter:
        filters["submitter"] = read_id(submitter) or NOBODY
    if parameters.get("name"):
        filters["name"] = parameters["name"]
    if parameters.get("msgid"):
        filters["msgid"] = parameters["msgid"].strip().removeprefix("<").removesuffix(">")
    for field in _TIMES:
        if parameters.get(field):
            filters[field] = read_time(field, parameters[field])
    return filters


def _project_filter(parameters: Mapping[str, str]) -> dict[str, Any]:
    return {"project": read_id(parameters["project"]) or 0} if parameters.get("project") else {}
