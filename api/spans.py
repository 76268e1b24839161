"""Traces requests: a span each, in the trace that the request names, or in one of its own."""

from falcon.asgi import Request, Response

from api.labels import method_of, route_of
from ingest.tracing import UNTRACED, Span, Value, answer_trace

FAILED = 500
WATCHED = frozenset(("/healthz", "/readyz", "/metrics"))
"""What is asked every few seconds by those who watch over us; not traced."""


def span_of(request: Request) -> Span:
    """The request's span."""
    span: Span = getattr(request.context, "span", UNTRACED)
    return span


class Spans:
    """Middleware of the app, where anything is traced: the first, so that a span has all that is done."""

    async def process_request(self, request: Request, response: Response) -> None:
        if request.path in WATCHED:
            return
        parent, state = (request.get_header(name) or "" for name in ("traceparent", "tracestate"))
        request.context.span = answer_trace(method_of(request.method), parent, state)

    async def process_response(self, request: Request, response: Response, resource: object, succeeded: bool) -> None:
        status, route = int(str(response.status)[:3]), route_of(request.uri_template)
        said: dict[str, Value] = {
            "http.request.method": method_of(request.method),
            "http.route": route,
            "http.response.status_code": status,
        }
        with span_of(request) as span:
            span.rename(f"{method_of(request.method)} {route}")
            span.set(**said)
            if status >= FAILED:
                span.fail(str(status))
