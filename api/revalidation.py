"""Readers who ask again for what they have: told that it is unchanged without making the answer again.

What an answer says follows from the request and the read model, and of that from the generation and the last record
folded into it. So where a request comes again, to the letter, and neither has moved, its tag is what it was. Nothing is
kept of the answer, and nothing is trusted that could have changed since.
"""

from typing import Any, NamedTuple

from falcon.asgi import Request, Response
from sqlalchemy import Engine

from projector.readmodel.generations import Reader
from projector.readmodel.queries import Connection, read_position

KNOWN_MAX = 4096
"""Requests that one worker remembers; their headers take about a KB each."""
PREFIX = "/api/1.0/"
UNCHANGED = "304 Not Modified"

Asked = tuple[Any, ...]
"""All that a request says: who asks, for what, and every header, the tag that is asked about among them."""


class State(NamedTuple):
    """Of what an answer was made. The engine stands for the generation: each is opened anew."""

    engine: Engine
    position: int


class Revalidation:
    """Middleware of the app; the tags are made by what stands behind it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[Asked, tuple[State, str]] = {}

    async def process_resource(
        self, request: Request, response: Response, resource: object, params: dict[str, Any]
    ) -> None:
        request.context.asked = None
        if request.get_header("If-None-Match") is None or not _is_plain_read(request):
            return
        with self._reader.connect() as connection:
            state = state_of(connection)
        asked = _asked(request)
        known = self._known.get(asked)
        if known is not None and known[0].engine is state.engine and known[0].position == state.position:
            response.status = UNCHANGED
            response.set_header("ETag", known[1])
            response.complete = True
        else:
            request.context.asked = asked, state  # the state before the answer is made: a later one would be too late

    async def process_response(self, request: Request, response: Response, resource: object, succeeded: bool) -> None:
        noted = getattr(request.context, "asked", None)
        if noted is None or response.status != UNCHANGED:
            return
        asked, state = noted
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[asked] = state, response.headers["etag"]


def state_of(connection: Connection) -> State:
    """Of what an answer would be made in this transaction."""
    return State(connection.engine, read_position(connection))


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
