"""The OpenAPI document as a whole: `make_document` puts together what the files beside this one say."""

from typing import Any

from api.openapi.answers import make_answers, make_headers
from api.openapi.bodies import make_bodies
from api.openapi.operation import head_of, options_of
from api.openapi.operations import TAGS, all_operations
from api.openapi.parameters import make_parameters
from api.openapi.schemas import make_schemas

Document = dict[str, Any]

BASE = "/api/1.0"
_METHODS = ("get", "post", "patch", "put", "head", "options")
_DESCRIPTION = """\
Patches of mailing lists as series, revisions and patches, in the Patchwork REST API (revision 3) and some more.

- Paths end with a slash; without it they work too. Times are in UTC, without an offset.
- Lists come in pages: `next` is the URL of the next page, null on the last.
- Anybody may read. To change something, send `Authorization: Token SECRET` (or `Bearer`), or a user's name and password
  by Basic. Wrong credentials are refused with 401 for reading too.
- Every GET has an `ETag`: send it back as `If-None-Match`, and 304 comes while nothing changed. Sent as `If-Match` with
  a change, it makes sure that nobody else changed the thing meanwhile.
- A POST with an `Idempotency-Key` of yours can be sent again safely when its answer got lost.
- A change is answered when it is to be seen everywhere. If that takes too long, 202 comes: it is written down, and will
  be done.
- What goes wrong is said in `detail` (application/problem+json); of fields that are wrong there is a list of sentences
  each (application/json). A method that is not described gets 405 and `Allow`. OPTIONS works at every path, HEAD
  wherever GET does.
"""


def make_document(root: str = "") -> Document:
    """Describe the API in OpenAPI 3.1. root: the path that stands before all paths of ours, "" where none does."""
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Patchlog",
            "version": "1.0",
            "summary": "Patches of mailing lists, for people and for CI systems",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"{root}{BASE}"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": [{}, {"token": []}, {"bearer": []}, {"basic": []}],
        "paths": _make_paths(),
        "components": {
            "schemas": make_schemas(),
            "parameters": make_parameters(),
            "requestBodies": make_bodies(),
            "responses": make_answers(),
            "headers": make_headers(),
            "securitySchemes": _security(),
        },
    }


def _make_paths() -> dict[str, Document]:
    paths: dict[str, Document] = {}
    for operation in all_operations():
        paths.setdefault(operation.path, {})[operation.method] = operation.write()
    for path, methods in paths.items():
        if "get" in methods:
            methods["head"] = head_of(methods["get"])
        first = next(iter(methods.values()))
        methods["options"] = options_of(path, first["tags"][0], first["operationId"])
        paths[path] = {method: methods[method] for method in _METHODS if method in methods}
    return paths


def _security() -> dict[str, Document]:
    token = "`Token SECRET`, with the secret that `patchlog token issue` printed."
    return {
        "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": token},
        "bearer": {"type": "http", "scheme": "bearer", "description": "The same secret as `Bearer SECRET`."},
        "basic": {"type": "http", "scheme": "basic", "description": "The name and the password of a user."},
    }
