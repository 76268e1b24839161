"""Readers who ask again for what they have: told that it is unchanged without making the answer again.

What an answer says follows from the request and the read model, and of that from the generation and the last record
folded into it. So where a request comes again, to the letter, and neither has moved, its tag is what it was. Nothing is
kept of the answer, and nothing is trusted that could have changed since.
"""

from typing import Any

from falcon.asgi import Request, Response

from projector.readmodel.generations import Reader
from projector.readmodel.queries import Basis, read_basis

KNOWN_MAX = 4096
"""Requests that one worker remembers; their headers take about a KB each."""
PREFIX = "/api/1.0/"
UNCHANGED = "304 Not Modified"

Asked = tuple[Any, ...]
"""All that a request says: who asks, for what, and every header, the tag that is asked about among them."""


class Revalidation:
    """Middleware of the app; the tags are made by what stands behind it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[Asked, tuple[Basis, str]] = {}

    async def process_resource(
        self, request: Request, response: Response, resource: object, params: dict[str, Any]
    ) -> None:
        request.context.asked = None
        if request.get_header("If-None-Match") is None or not _is_plain_read(request):
            return
        with self._reader.connect() as connection:
            basis = read_basis(connection)
        asked = _asked(request)
        known = self._known.get(asked)
        if known is not None and known[0].is_same(basis):
            response.status = UNCHANGED
            response.set_header("ETag", known[1])
            response.complete = True
        else:
            request.context.asked = asked, basis  # as it was before the answer: that of later may be another

    async def process_response(self, request: Request, response: Response, resource: object, succeeded: bool) -> None:
        noted = getattr(request.context, "asked", None)
        if noted is None or response.status != UNCHANGED:
            return
        asked, basis = noted
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[asked] = basis, response.headers["etag"]


def _is_plain_read(request: Request) -> bool:
    """Whether the read model alone makes the answer; one who waits for a change is not told that there is none."""
    return (
        request.method in ("GET", "HEAD")
        and request.scope["path"].startswith(PREFIX)
        and b"wait=" not in request.scope["query_string"]
    )


def _asked(request: Request) -> Asked:
    scope = request.scope
    client = scope.get("client") or ("",)
    return (scope.get("scheme"), scope["path"], scope["query_string"], client[0], *request.headers.items())
