"""Readers who ask again for what they have: told that it is unchanged without making the answer again.

What an answer says follows from the request and the read model, and of that from the generation and the last record
folded into it. So where a request comes again, to the letter, and neither has moved, its answer is what it was: 304 and
the same headers. Nothing is kept of what a reader would be shown, and nothing is trusted that could have changed since.

Whoever names no credentials is told so before the app makes a request of what came; others when it is known who they
are, for a token also ends by the clock.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import falcon.asgi
from falcon.asgi import Request, Response

from api.door import refusal, straighten, why_refused
from api.meters import Meter
from projector.readmodel.generations import Basis, Reader

KNOWN_MAX = 4096
"""Requests that one worker remembers; their headers take about a KB each."""
PREFIX = "/api/1.0/"
UNCHANGED = "304 Not Modified"
BASIS = "patchlog.basis"
"""Where a scope has what was already looked up for it."""

Scope = dict[str, Any]
Asked = tuple[Any, ...]
"""All that a request says: who asks, for what, and every header, the tag that is asked about among them."""
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Known(NamedTuple):
    """That a request got 304, when the read model was like this. for_anyone: it needed no credentials.

    start: the message that begins the answer, with its headers.
    """

    basis: Basis
    template: str | None
    headers: dict[str, str]
    start: dict[str, Any]
    for_anyone: bool


class Revalidation:
    """Middleware of the app; the headers are made by what stands behind it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[Asked, Known] = {}

    def find(self, scope: Scope) -> Known | None:
        """That a request without credentials gets 304. Raises what reading raises."""
        known = self._known.get(_asked(scope))
        if known is None or not known.for_anyone:
            return None
        scope[BASIS] = basis = self._reader.basis()
        return known if known.basis.is_same(basis) else None

    async def process_resource(
        self, request: Request, response: Response, resource: object, params: dict[str, Any]
    ) -> None:
        request.context.asked = None
        if request.get_header("If-None-Match") is None or not _is_plain_read(request):
            return
        basis = request.scope.get(BASIS) or self._reader.basis()
        asked = _asked(request.scope)
        known = self._known.get(asked)
        if known is not None and known.basis.is_same(basis):
            response.status = UNCHANGED
            response.set_headers(known.headers)
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
        headers, for_anyone = response.headers, request.context.actor is None
        self._known[asked] = Known(basis, request.uri_template, headers, _start(headers), for_anyone)


class App(falcon.asgi.App[Any, Response]):
    """Falcon's app behind a door where those turn back who have the answer already.

    At the door nothing is traced: where requests are, nobody turns back before the routes.
    """

    def __init__(self, revalidation: Revalidation, meter: Meter, *, is_traced: bool, **options: Any) -> None:
        super().__init__(**options)
        self._revalidation, self._meter, self._is_traced = revalidation, meter, is_traced

    async def __call__(  # type: ignore[override]  # as Falcon's own does
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        started, known = time.perf_counter(), None
        if scope["type"] == "http":
            scope["headers"] = [(name, value) for name, value in scope["headers"]]  # it may be readable only once
            scope = straighten(scope)
            why_not = why_refused(scope)
            if why_not:
                for message in refusal(why_not):
                    await send(message)
                return
            known = None if self._is_traced else self._find(scope)
        if known is None:
            await super().__call__(scope, receive, send)
        elif (await receive())["type"] == "http.request":
            await send(known.start)
            await send(_END)
            self._meter.count(known.template, scope["method"], "304", started)

    def _find(self, scope: Scope) -> Known | None:
        try:
            return self._revalidation.find(scope)
        except Exception:
            return None  # the app looks too, and knows how to say what is wrong


def _is_plain_read(request: Request) -> bool:
    """Whether the read model alone makes the answer; one who waits for a change is not told that there is none."""
    return (
        request.method in ("GET", "HEAD")
        and request.scope["path"].startswith(PREFIX)
        and b"wait=" not in request.scope["query_string"]
    )


def _asked(scope: Scope) -> Asked:
    client = scope.get("client") or ("",)
    asked = (scope["method"], scope.get("scheme"), scope["path"], scope["query_string"], client[0])
    return (*asked, *scope["headers"])


def _start(headers: dict[str, str]) -> dict[str, Any]:
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 304, "headers": encoded}


_END = {"type": "http.response.body"}
