"""The schemas of what is sent and answered: made from the structs of `schemas.rest`, and what these do not say."""

from collections.abc import Mapping
from typing import Any

import msgspec

from api.openapi.wording import DESCRIPTIONS, FIELDS
from schemas import rest

Schema = dict[str, Any]

LISTED = ("Project", "Series", "Revision", "Patch", "Comment")
"""What there are pages of."""
_STRUCTS = (
    rest.ApiDocument,
    rest.ProjectDocument,
    rest.SeriesDocument,
    rest.RevisionDocument,
    rest.PatchDocument,
    rest.EventDocument,
    rest.TestResultDocument,
    rest.CommentDocument,
    rest.ChangedPatch,
    rest.MatchedCommit,
    rest.StateCount,
    rest.ProblemDocument,
)
_TIME = {
    "type": "string",
    "description": "A time in UTC without an offset, ISO 8601; its fraction is left out where it is zero.",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?$",
    "examples": ["2026-03-02T10:00:05.013345"],
}
"""Not the format `date-time`: that asks for an offset (RFC 3339 section 5.6), and clients of this API read none."""
_FIELD_ERRORS = {
    "type": "object",
    "title": "FieldErrors",
    "description": "What is wrong with what was sent, field by field.",
    "minProperties": 1,
    "additionalProperties": {"type": "array", "items": {"type": "string"}, "minItems": 1},
    "examples": [{"state": ['"good" is not a valid choice.']}],
}


def ref(name: str) -> Schema:
    """A reference to a schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def make_schemas() -> dict[str, Schema]:
    """All schemas by name, in the order of the names."""
    _, found = msgspec.json.schema_components(_STRUCTS, ref_template="{name}")
    schemas = {_public(name): _finished(_public(name), schema) for name, schema in found.items()}
    pages = {f"{name}Page": _page(rest.ListDocument, ref(name)) for name in LISTED}
    events = _page(rest.ListDocument, ref("Event"))
    events["properties"]["count"] = {
        "type": ["integer", "null"],
        "description": FIELDS["EventPage.count"]["description"],
    }
    schemas |= {**pages, "EventPage": {**events, "title": "EventPage"}, "Time": _TIME, "FieldErrors": _FIELD_ERRORS}
    return dict(sorted(schemas.items()))


def _finished(name: str, raw: Any) -> Schema:
    """A struct's schema with what its types do not say."""
    schema: Schema = _rewritten(raw)
    schema["title"] = name
    schema["description"] = DESCRIPTIONS.get(name, schema["description"])
    for field, known in schema.get("properties", {}).items():
        more: Mapping[str, Any] = FIELDS.get(f"{name}.{field}", {})
        keeps = not {"type", "$ref", "anyOf", "oneOf", "enum"} & more.keys()
        schema["properties"][field] = {**(known if keeps else {}), **more}
    return schema


def _rewritten(node: Any) -> Any:
    """Times and references as we write them, descriptions as one line."""
    if isinstance(node, list):
        return [_rewritten(part) for part in node]
    if not isinstance(node, dict):
        return node
    if node.get("format") == "date-time":
        return ref("Time")
    if "$ref" in node:
        return ref(_public(node["$ref"]))
    node = {key: _rewritten(part) for key, part in node.items()}
    if isinstance(node.get("description"), str):
        node["description"] = " ".join(node["description"].split())
    return node


def _page(struct: type, items: Schema) -> Schema:
    (_, found) = msgspec.json.schema_components([struct])
    schema: Schema = _rewritten(next(iter(found.values())))
    schema["title"] = items["$ref"].rpartition("/")[2] + "Page"
    schema["description"] = "One page of a list, with the URLs of the pages beside it."
    schema["properties"]["count"]["description"] = "How many there are on all pages."
    schema["properties"]["results"] = {"type": "array", "items": items}
    return schema


def _public(name: str) -> str:
    """The name by which readers know a struct."""
    return name.removesuffix("Document")
