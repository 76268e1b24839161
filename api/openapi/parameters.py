"""The parameters of paths, queries and headers, each described once."""

from typing import Any

from api.feed import WAIT_SECONDS_MAX
from api.parameters import LAST_PAGE, PERPAGE, PERPAGE_MAX
from api.writing import KEY_LENGTH_MAX
from projector.readmodel.queries import EVENT_NAMES, RECORD_ID_MAX, TEST_STATES
from schemas.rest import SERIES_STATES

Parameter = dict[str, Any]

_ID = {"type": "integer", "minimum": 1, "maximum": RECORD_ID_MAX}
_TEXT = {"type": "string"}
_TIME = "An ISO 8601 date or time, in UTC unless it has an offset."

PAGING = ("perpage", "page", "ordering")
SUBMITTED = ("submitted_since", "submitted_before", "updated_since", "updated_before")
OF_SERIES = ("name", "submitter", "reviewer", "series_state", "test_state", "msgid", *SUBMITTED)
OF_PATCHES = ("name", "submitter", "patch_state", "msgid", *SUBMITTED)
OF_EVENTS = ("since", "event_name", "rebuilt", "event_series", "event_patch", "after", "wait")
REFUSABLE = frozenset({*SUBMITTED, "since", "after", "wait", "link", "rebuilt"})
"""A value of these that cannot be read is answered by 400; with any other filter it finds nothing."""


def make_parameters() -> dict[str, Parameter]:
    """All parameters by the names under which operations refer to them."""
    return {**_in_paths(), **_of_lists(), **_filters(), **_of_the_feed(), **_in_headers()}


def _in_paths() -> dict[str, Parameter]:
    return {
        "project": _in_path("project", "The linkname of a project, or its id.", _TEXT, "intel-gfx"),
        "series": _in_path("series", "The id of a series.", _ID, 47),
        "version": _in_path("version", "The number of a revision, from 1 on.", _ID, 1),
        "patch": _in_path("patch", "The id of a patch.", _ID, 120),
    }


def _of_lists() -> dict[str, Parameter]:
    size = {"type": "integer", "minimum": 1, "default": PERPAGE}
    more = f"How many to a page: at most {PERPAGE_MAX} are given; what is no such number is taken as {PERPAGE}."
    return {
        "perpage": _in_query("perpage", more, size),
        "page": _in_query(
            "page",
            "Which page, by its number or as `last`; one that is not there is answered by 404.",
            {"anyOf": [_ID, {"type": "string", "enum": [LAST_PAGE]}], "default": 1},
        ),
        "ordering": _in_query(
            "ordering",
            "A field, with `-` in front of it the other way round, or a comma list of such. An unknown one counts "
            "for nothing.",
            _TEXT,
            "-last_updated",
        ),
        "related": _in_query(
            "related", "`expand` puts the objects in the place of their ids.", {"type": "string", "enum": ["expand"]}
        ),
        "link": _in_query(
            "link",
            "Add the URL of each patch's page to its commit message, behind this tag.",
            {"type": "string", "pattern": "^([A-Za-z][A-Za-z0-9-]{0,63})?$"},
            "Patchwork",
        ),
    }


def _filters() -> dict[str, Parameter]:
    list_of = "A comma list of "
    unknown = " What names none of them gives an empty list."
    return {
        "filter_project": _in_query("project", "Those of the project with this id.", _ID),
        "name": _in_query("name", "Those whose name contains this text, in any case.", _TEXT),
        "submitter": _in_query("submitter", "The id of a person, or `self` for who asks." + unknown, _TEXT, "self"),
        "reviewer": _in_query(
            "reviewer", "The id of a user, `self` for who asks, or `null` for none." + unknown, _TEXT, "null"
        ),
        "series_state": _in_query("state", list_of + ", ".join(SERIES_STATES) + "." + unknown, _TEXT, "initial"),
        "patch_state": _in_query("state", list_of + "states, by name or by id." + unknown, _TEXT, "new,under-review"),
        "test_state": _in_query(
            "test_state", list_of + ", ".join((*TEST_STATES, "null")) + "." + unknown, _TEXT, "null"
        ),
        "msgid": _in_query("msgid", "The one with a mail that has this Message-ID.", _TEXT),
        "submitted_since": _time("submitted_since", "Those submitted later than this."),
        "submitted_before": _time("submitted_before", "Those submitted then or earlier."),
        "updated_since": _time("updated_since", "Those updated later than this."),
        "updated_before": _time("updated_before", "Those updated then or earlier."),
    }


def _of_the_feed() -> dict[str, Parameter]:
    names = ", ".join(EVENT_NAMES)
    after = "Follow the feed: the events behind the one with this id, the oldest first; 0 for all there are."
    wait = f"Where there is nothing, wait so many seconds for it; more than {WAIT_SECONDS_MAX:.0f} count as that."
    return {
        "since": _time("since", "Those later than this; the `event_time` of the last one that was seen fits."),
        "event_name": _in_query(
            "name",
            f"A comma list of {names}. Without it there are the first three kinds.",
            _TEXT,
            "series-new-revision",
        ),
        "rebuilt": _in_query(
            "rebuilt",
            "Whether those of the kinds asked for come, too, that were found only when a replay read old mail by newer "
            "rules. Their `parameters` have `rebuilt`; nothing is to be set off by them.",
            {"type": "boolean", "default": False},
        ),
        "event_series": _in_query("series", "Those of the series with this id.", _ID),
        "event_patch": _in_query("patch", "Those of the patch with this id.", _ID),
        "after": _in_query("after", after, {**_ID, "minimum": 0}),
        "wait": _in_query("wait", wait, {"type": "integer", "minimum": 0, "maximum": int(WAIT_SECONDS_MAX)}),
    }


def _in_headers() -> dict[str, Parameter]:
    return {
        "If-None-Match": _in_header(
            "If-None-Match", "The `ETag` of an earlier answer: if it would be the same, 304 comes without it."
        ),
        "If-Match": _in_header(
            "If-Match", "The `ETag` of what was read: if somebody changed it since, nothing is done, and 412 comes."
        ),
        "Idempotency-Key": _in_header(
            "Idempotency-Key",
            "A text of your own. A request that comes again with the same key has no further effect, and is answered "
            "as the first one was.",
            {"maxLength": KEY_LENGTH_MAX},
        ),
    }


def _in_path(name: str, description: str, schema: Parameter, example: object) -> Parameter:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }


def _in_query(name: str, description: str, schema: Parameter, example: object = None) -> Parameter:
    parameter = {"name": name, "in": "query", "description": description, "schema": schema}
    return parameter if example is None else {**parameter, "example": example}


def _time(name: str, description: str) -> Parameter:
    return _in_query(name, f"{description} {_TIME}", _TEXT, "2026-03-02T10:00:05.013345")


def _in_header(name: str, description: str, more: Parameter | None = None) -> Parameter:
    return {"name": name, "in": "header", "description": description, "schema": {**_TEXT, **(more or {})}}
