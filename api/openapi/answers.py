"""The answers, each described once: those that documents come in, and those that say what went wrong."""

from typing import Any

from api.openapi.schemas import ref

Answer = dict[str, Any]

_PROBLEM = "application/problem+json"
_JSON = "application/json"
_ALLOW = {"Allow": {"$ref": "#/components/headers/Allow"}}
_ETAG = {"ETag": {"$ref": "#/components/headers/ETag"}}


def make_headers() -> dict[str, Answer]:
    """The headers of answers by name."""
    texts = {
        "ETag": "The tag of this answer, for `If-None-Match`; that of a series or a patch also for `If-Match`.",
        "Allow": "The methods that there are.",
        "Location": "The URL of what is meant.",
        "Retry-After": "After how many seconds to try again.",
        "WWW-Authenticate": "How to say who you are.",
    }
    schemas: dict[str, Answer] = {"Retry-After": {"type": "integer"}, "Location": {"type": "string", "format": "uri"}}
    headers: dict[str, Answer] = {
        name: {"description": text, "required": True, "schema": schemas.get(name, {"type": "string"})}
        for name, text in texts.items()
    }
    headers["Link"] = {
        "description": 'Of a request with `after`: the URL of what comes behind this, as `<URL>; rel="next"`. Ask '
        "there next, also when it is still empty.",
        "schema": {"type": "string"},
    }
    return headers


def make_answers() -> dict[str, Answer]:
    """The answers that operations refer to, by name."""
    headers = {name: {name: {"$ref": f"#/components/headers/{name}"}} for name in make_headers()}
    problems = {
        "Unauthorized": ("It is not known who asks, or the credentials are wrong.", headers["WWW-Authenticate"]),
        "Forbidden": ("Who asks may not do this.", {}),
        "NotFound": ("There is no such thing, or no such page of a list.", {}),
        "MethodNotAllowed": ("There is no such method here.", headers["Allow"]),
        "Conflict": ("It cannot be done to what is there, or the Idempotency-Key came with another request.", {}),
        "Redacted": ("What its mail said was redacted, and is no longer kept.", {}),
        "ChangedMeanwhile": ("It is no longer what `If-Match` says, or `If-Match` has no meaning here.", {}),
        "TooLarge": ("The body has more than 1 MiB.", {}),
        "UnsupportedType": ("The Content-Type is none of those described.", {}),
        "TooManyRequests": ("Too many wrong credentials came from here, or for this user.", headers["Retry-After"]),
        "Unavailable": ("The database or the log does not answer now; try again.", headers["Retry-After"]),
    }
    answers = {name: _problem(text, more) for name, (text, more) in problems.items()}
    content = {_JSON: {"schema": ref("FieldErrors")}, _PROBLEM: {"schema": ref("Problem")}}
    answers["BadRequest"] = {
        "description": "Fields that are wrong, by name, as application/json; what cannot be read at all, as "
        "application/problem+json.",
        "content": content,
    }
    answers["NotModified"] = {"description": "It is what `If-None-Match` says.", "headers": {**_ETAG, **_ALLOW}}
    answers["Moved"] = {"description": "It was merged into another series; go there.", "headers": headers["Location"]}
    answers["Methods"] = {"description": "Which methods there are.", "headers": _ALLOW}
    answers["Accepted"] = {
        "description": "It is written down, and will be done; `Location` says where that is to be seen. The body is "
        "what was sent.",
        "headers": headers["Location"],
        "content": {_JSON: {"schema": {"type": "object"}}},
    }
    return answers


def named(name: str) -> Answer:
    """A reference to an answer."""
    return {"$ref": f"#/components/responses/{name}"}


def shown(text: str, content: Answer, *headers: str, example: object = None) -> Answer:
    """The answer by which something is shown."""
    more = {name: {"$ref": f"#/components/headers/{name}"} for name in ("Allow", *headers)}
    return {"description": text, "headers": more, "content": content}


def as_json(schema: Answer, example: object = None) -> Answer:
    """The content of an answer or a body in JSON."""
    return {_JSON: {"schema": schema} if example is None else {"schema": schema, "example": example}}


def _problem(text: str, headers: Answer) -> Answer:
    return {"description": text, "headers": headers, "content": {_PROBLEM: {"schema": ref("Problem")}}}
