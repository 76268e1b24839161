"""One thing that the API does, and how it is written in OpenAPI."""

from dataclasses import dataclass
from typing import Any

from api.openapi.answers import Answer, as_json, named, shown
from api.openapi.parameters import PAGING, REFUSABLE
from api.openapi.schemas import ref

LIST = PAGING
EXPANDED_LIST = (*PAGING, "related")
_ALWAYS = {"401": "Unauthorized", "429": "TooManyRequests", "503": "Unavailable"}
"""Wrong credentials are refused whatever is asked for."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What a method does at a path. `answers` are those of success; those of failure follow from the other fields."""

    method: str
    path: str
    tag: str
    name: str
    summary: str
    text: str = ""
    query: tuple[str, ...] = ()
    body: str = ""
    is_repeatable: bool = False
    """Whether it takes an Idempotency-Key."""
    moves: bool = False
    """Whether what it is about may have been merged into something else."""
    is_redactable: bool = False
    """Whether what it is about may have lost all that could be shown."""
    answers: dict[str, Answer]

    @property
    def is_writing(self) -> bool:
        return self.method in ("post", "put", "patch")

    def write(self) -> dict[str, Any]:
        """The Operation Object (OpenAPI 3.1, section 4.8.10)."""
        written: dict[str, Any] = {"operationId": self.name, "tags": [self.tag], "summary": self.summary}
        if self.text:
            written["description"] = self.text
        names = [*_placeholders(self.path), *self.query, *self._headers()]
        if names:
            written["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in names]
        if self.body:
            written["requestBody"] = {"$ref": f"#/components/requestBodies/{self.body}"}
        refusals = {status: named(name) for status, name in self._refusals().items()}
        written["responses"] = dict(sorted({**self.answers, **refusals}.items()))
        if self.is_writing:
            written["security"] = [{"token": []}, {"bearer": []}, {"basic": []}]
        return written

    def _headers(self) -> tuple[str, ...]:
        if not self.is_writing:
            return ("If-None-Match",)
        return ("Idempotency-Key",) if self.method == "post" else ("If-Match",)

    def _refusals(self) -> dict[str, str]:
        refusals = dict(_ALWAYS)
        if "{" in self.path or "page" in self.query:
            refusals["404"] = "NotFound"
        if self.is_writing:
            refusals |= {"202": "Accepted", "400": "BadRequest", "403": "Forbidden", "412": "ChangedMeanwhile"}
            refusals |= {"413": "TooLarge", "415": "UnsupportedType"}
        else:
            refusals["304"] = "NotModified"
        if self.is_repeatable:
            refusals["409"] = "Conflict"
        if REFUSABLE.intersection(self.query):
            refusals["400"] = "BadRequest"
        if self.is_redactable:
            refusals["410"] = "Redacted"
        if self.moves:
            refusals["301"] = "Moved"
        return refusals


def page(kind: str, *headers: str) -> dict[str, Answer]:
    """Success is a page of a list."""
    return {"200": shown("A page of the list.", as_json(ref(f"{kind}Page")), "ETag", *headers)}


def one(kind: str) -> dict[str, Answer]:
    """Success is one object."""
    return {"200": shown(f"The {kind.lower()}.", as_json(ref(kind)), "ETag")}


def array(kind: str, text: str, *headers: str) -> dict[str, Answer]:
    """Success is a bare array."""
    return {"200": shown(text, as_json({"type": "array", "items": ref(kind)}), *headers)}


def mbox() -> dict[str, Answer]:
    """Success is an mbox."""
    content = {"text/plain": {"schema": {"type": "string"}}}
    return {"200": shown("An mbox, 7-bit, for `git am`.", content, "ETag")}


def head_of(reading: dict[str, Any]) -> dict[str, Any]:
    """The HEAD operation beside a GET operation: the same without content."""
    answers: dict[str, Any] = {}
    for status, found in reading["responses"].items():
        answers[status] = {key: part for key, part in found.items() if key != "content"}
    name = reading["operationId"]
    return {**reading, "operationId": f"{name}Head", "summary": f"{reading['summary']}: the headers alone"} | {
        "responses": answers
    }


def options_of(path: str, tag: str, name: str) -> dict[str, Any]:
    """The OPTIONS operation of a path."""
    written: dict[str, Any] = {"operationId": f"{name}Options", "tags": [tag], "summary": "Which methods there are"}
    names = _placeholders(path)
    if names:
        written["parameters"] = [{"$ref": f"#/components/parameters/{name}"} for name in names]
    answers = {**_ALWAYS, "200": "Methods", **({"404": "NotFound"} if names else {})}
    return written | {"responses": {status: named(answer) for status, answer in sorted(answers.items())}}


def _placeholders(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
