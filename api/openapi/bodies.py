"""What may be sent: as JSON, as a form with the same fields, or as the lines that git writes."""

from typing import Any

from api.bodies import FORM, FORM_FIELDS_MAX
from api.bulk import COMMITS_MAX, PATCHES_MAX
from api.fields import NAME_LENGTH_MAX, URL_LENGTH_MAX
from projector.readmodel.queries import RECORD_ID_MAX, STATES, TEST_STATES
from schemas.settings import Settings

Body = dict[str, Any]

_STATE = {
    "enum": [*(state.name for state in STATES), *(state.id for state in STATES)],
    "description": "A state by its name, in any case, or by its id: "
    + ", ".join(f"{state.id} {state.name}" for state in STATES)
    + ".",
    "examples": ["Accepted", 3],
}
_HASH = {"type": "string", "pattern": "^[0-9a-f]{40}$"}


def make_bodies() -> dict[str, Body]:
    """The bodies that operations refer to, by name."""
    commits, lines = _commits()
    return {
        "TestResult": _either(_test_result(), _EXAMPLE_RESULT),
        "SeriesChange": _either(_series_change(), {"reviewer": 12}, is_required=False),
        "PatchChange": _either(_object({"state": _STATE}), {"state": "Under Review"}, is_required=False),
        "PatchStates": _either(_patch_states(), {"state": "Accepted", "message_ids": ["20260302.1@example.org"]}),
        "Commits": {"required": True, "content": {"application/json": commits, "text/plain": lines}},
        "Rerun": {"description": "Nothing is needed.", "content": {"application/json": {"schema": _object({})}}},
    }


_EXAMPLE_RESULT = {
    "test_name": "checkpatch",
    "state": "success",
    "url": "https://ci.example.org/logs/47/checkpatch.log",
    "summary": "total: 0 errors, 0 warnings, 10 lines checked",
}


def _test_result() -> Body:
    fields = {
        "test_name": {
            "type": "string",
            "minLength": 1,
            "maxLength": NAME_LENGTH_MAX,
            "pattern": r"[^\s\x1c-\x1f\x85]",
            "description": "Which test. Of each there is one result; what is posted again replaces it.",
        },
        "state": {"type": "string", "enum": list(TEST_STATES)},
        "url": {
            "type": ["string", "null"],
            "format": "uri",
            "pattern": r"^(http|https|ftp|ftps)://[^/\s]",
            "maxLength": URL_LENGTH_MAX,
            "description": "Where the whole log is. Left out, it stays as it was; null takes it away.",
        },
        "summary": {
            "type": ["string", "null"],
            "maxLength": Settings().summary_max_length,
            "description": "A few words for people. Left out, it stays as it was; null takes it away.",
        },
    }
    return _object(fields, "test_name", "state")


def _series_change() -> Body:
    reviewer = {
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": RECORD_ID_MAX,
        "description": "The id of the user who reviews it, or null for nobody.",
    }
    return _object({"reviewer": reviewer})


def _patch_states() -> Body:
    ids = {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": PATCHES_MAX,
        "description": "The Message-IDs of the patches' mails, with or without angle brackets.",
    }
    return _object({"state": _STATE, "message_ids": ids}, "state", "message_ids")


def _commits() -> tuple[Body, Body]:
    commit = _object({"id": _HASH, "patch_id": _HASH}, "id", "patch_id")
    listed = {
        "type": "array",
        "items": commit,
        "maxItems": COMMITS_MAX,
        "description": "Commits with what `git patch-id --stable` says of them.",
    }
    example = {"commits": [{"id": "5b" * 20, "patch_id": "0c" * 20}]}
    lines = {"type": "string", "description": "The lines that `git patch-id --stable` writes.", "pattern": _LINES}
    return (
        {"schema": _object({"commits": listed}, "commits"), "example": example},
        {"schema": lines, "example": f"{'0c' * 20} {'5b' * 20}\n"},
    )


_LINES = r"^([0-9a-f]{40} [0-9a-f]{40}\n)*$"


def _object(fields: Body, *required: str) -> Body:
    schema: Body = {"type": "object", "properties": fields}
    return {**schema, "required": list(required)} if required else schema


def _either(schema: Body, example: Body, *, is_required: bool = True) -> Body:
    """JSON, or a form with the same fields."""
    described = f"A form has at most {FORM_FIELDS_MAX} fields; there an empty one is null."
    form = {**schema, "properties": {name: _in_form(field) for name, field in schema["properties"].items()}}
    content = {"application/json": {"schema": schema, "example": example}, FORM: {"schema": form, "example": example}}
    return {"description": described, "required": is_required, "content": content}


def _in_form(field: Body) -> Body:
    """A field as a form has it, where nothing but text can be: null is the empty one."""
    types = field.get("type")
    if types == "array":
        return {**field, "minItems": 1}
    if not isinstance(types, list):
        return field
    return {"anyOf": [{**field, "type": types[0]}, {"const": ""}], "description": field["description"]}
