"""Turns the OpenAPI document into what the page shows: everything in its place, no references left."""

import json
from dataclasses import dataclass
from typing import Any

from api.openapi.document import BASE, Document

_HIDDEN_METHODS = ("head", "options")
"""The page says once that they are there."""


@dataclass(frozen=True)
class Line:
    """A parameter, a field or a header: what it is called, what kind of value it has, what is to be said."""

    name: str
    kind: str
    text: str
    is_required: bool = False
    target: str | None = None
    """The schema that tells more."""


@dataclass(frozen=True)
class Reply:
    """One answer: its status, what it says, what it comes as."""

    status: str
    text: str
    types: tuple[str, ...]
    headers: tuple[str, ...]
    schema: Line | None


@dataclass(frozen=True)
class Told:
    """One operation."""

    name: str
    method: str
    path: str
    summary: str
    text: str
    parameters: tuple[Line, ...]
    types: tuple[str, ...]
    body_text: str
    fields: tuple[Line, ...]
    replies: tuple[Reply, ...]
    example: str
    """A curl command, with {url} where the API's URL belongs."""


@dataclass(frozen=True)
class Chapter:
    """A tag with its operations."""

    name: str
    text: str
    operations: tuple[Told, ...]


@dataclass(frozen=True)
class Shape:
    """A schema with its fields."""

    name: str
    text: str
    fields: tuple[Line, ...]


@dataclass(frozen=True)
class Reference:
    """The whole page. intro: paragraphs, and lists of points."""

    intro: tuple[str | tuple[str, ...], ...]
    chapters: tuple[Chapter, ...]
    shapes: tuple[Shape, ...]


def tell(document: Document) -> Reference:
    """Tell what a document says."""
    teller = _Teller(document["components"])
    told = [
        (written["tags"][0], teller.operation(method, path, written))
        for path, methods in document["paths"].items()
        for method, written in methods.items()
        if method not in _HIDDEN_METHODS
    ]
    chapters = tuple(
        Chapter(tag["name"], tag["description"], tuple(each for name, each in told if name == tag["name"]))
        for tag in document["tags"]
    )
    shapes = tuple(teller.shape(name, schema) for name, schema in document["components"]["schemas"].items())
    return Reference(_paragraphs(document["info"]["description"]), chapters, shapes)


def _paragraphs(text: str) -> tuple[str | tuple[str, ...], ...]:
    parts = [part.strip() for part in text.split("\n\n")]
    return tuple(tuple(_points(part)) if part.startswith("- ") else " ".join(part.split()) for part in parts)


def _points(part: str) -> list[str]:
    return [" ".join(point.split()) for point in f"\n{part}".split("\n- ")[1:]]


class _Teller:
    """Follows the references into the components."""

    def __init__(self, components: Document) -> None:
        self._components = components

    def operation(self, method: str, path: str, written: Document) -> Told:
        parameters = [self._followed(each) for each in written.get("parameters", ())]
        body = self._followed(written.get("requestBody", {}))
        types = tuple(body.get("content", {}))
        schema = body["content"][types[0]]["schema"] if types else {}
        return Told(
            written["operationId"],
            method.upper(),
            f"{BASE}{path}",
            written["summary"],
            written.get("description", ""),
            tuple(self._parameter(each) for each in parameters),
            types,
            body.get("description", ""),
            self._fields(schema),
            tuple(self._reply(status, self._followed(each)) for status, each in written["responses"].items()),
            _curl(method, path, parameters, body.get("content", {})),
        )

    def shape(self, name: str, schema: Document) -> Shape:
        text = schema.get("description", "")
        return Shape(name, text, self._fields(schema))

    def _parameter(self, each: Document) -> Line:
        place = {"path": "path", "query": "query", "header": "header"}[each["in"]]
        kind = f"{place}, {self._kind(each['schema'])}"
        return Line(each["name"], kind, each["description"], each.get("required", False))

    def _fields(self, schema: Document) -> tuple[Line, ...]:
        required = schema.get("required", ())
        return tuple(self._field(name, part, name in required) for name, part in schema.get("properties", {}).items())

    def _field(self, name: str, part: Document, is_required: bool) -> Line:
        text = part.get("description", "")
        return Line(name, self._kind(part), text, is_required, _target(part))

    def _reply(self, status: str, each: Document) -> Reply:
        content = each.get("content", {})
        schema = next(iter(content.values()))["schema"] if content else None
        line = Line("", self._kind(schema), "", target=_target(schema)) if schema else None
        return Reply(status, each["description"], tuple(content), tuple(each.get("headers", {})), line)

    def _kind(self, schema: Document) -> str:
        """What values a schema takes, in few words."""
        if "$ref" in schema:
            return _name(schema["$ref"])
        if "enum" in schema:
            return " | ".join("null" if word is None else str(word) for word in schema["enum"])
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return " or ".join(self._kind(each) for each in schema[several])
        type = schema.get("type", "any")
        if type == "array":
            return f"list of {self._kind(schema.get('items', {}))}"
        return " or ".join(type) if isinstance(type, list) else str(type)

    def _followed(self, each: Document) -> Document:
        if "$ref" not in each:
            return each
        _, _, kind, name = each["$ref"].split("/")
        found: Document = self._components[kind][name]
        return found


def _target(schema: Document) -> str | None:
    """The one schema that a schema leads to."""
    parts = (schema, schema.get("items", {}), *schema.get("anyOf", ()))
    return next((_name(part["$ref"]) for part in parts if "$ref" in part), None)


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _curl(method: str, path: str, parameters: list[Document], content: Document) -> str:
    """A command that does it, with the examples that the document gives."""
    for each in parameters:
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(each["example"]))
    words = ["curl", "-s"]
    if method != "get":
        words += ["-X", method.upper(), "-H", "'Authorization: Token patchlog_...'"]
    example: Any = content.get("application/json", {}).get("example")
    if example is None:
        return " ".join([*words, f"'{{url}}{path}'"])
    posted = ("-H 'Content-Type: application/json'", f"-d '{json.dumps(example)}'")
    return " \\\n  ".join([" ".join(words), *posted, f"'{{url}}{path}'"])
