"""Says what went wrong: as JSON below /api, as a page elsewhere, and never how we are made."""

from typing import Any

import falcon
import msgspec
import structlog
from falcon.asgi import App, Request, Response

from api.pages.render import show
from api.parameters import FieldErrors, InvalidPage
from projector.readmodel.generations import NoReadModel, is_unavailable, why_unavailable
from projector.readmodel.queries import NoSuchPage, WasRedacted
from schemas.rest import ProblemDocument

RETRY_AFTER_SECONDS = 5

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_DETAILS = {
    falcon.HTTP_NOT_FOUND: "Not found.",
    falcon.HTTP_BAD_REQUEST: "The request cannot be understood.",
    falcon.HTTP_METHOD_NOT_ALLOWED: "Method not allowed.",
}
_REDACTED = "This was redacted: what its mail said is no longer kept."
_OUR_FAULT = "Something went wrong here; it was logged."


class TooSlow(Exception):
    """A query took too long and was stopped."""


def add_handlers(app: App[Any, Any]) -> None:
    """Let the app answer every exception by the functions below."""
    app.add_error_handler(Exception, _on_bug)
    app.add_error_handler(falcon.HTTPError, _on_http_error)
    app.add_error_handler(FieldErrors, _on_field_errors)
    app.add_error_handler(InvalidPage, _on_invalid_page)
    app.add_error_handler(NoSuchPage, _on_invalid_page)
    app.add_error_handler(WasRedacted, _on_redacted)
    app.add_error_handler(NoReadModel, _on_unavailable)
    app.add_error_handler(TooSlow, _on_unavailable)


async def _on_field_errors(request: Request, response: Response, error: FieldErrors, params: object) -> None:
    response.status = falcon.HTTP_BAD_REQUEST
    response.content_type = falcon.MEDIA_JSON
    response.data = msgspec.json.encode(error.errors)


async def _on_invalid_page(request: Request, response: Response, error: Exception, params: object) -> None:
    _write(request, response, falcon.HTTP_NOT_FOUND, "Invalid page.")


async def _on_redacted(request: Request, response: Response, error: Exception, params: object) -> None:
    _write(request, response, falcon.HTTP_GONE, _REDACTED)


async def _on_unavailable(request: Request, response: Response, error: Exception, params: object) -> None:
    response.set_header("Retry-After", str(RETRY_AFTER_SECONDS))
    _write(request, response, falcon.HTTP_SERVICE_UNAVAILABLE, str(error))


async def _on_http_error(request: Request, response: Response, error: falcon.HTTPError, params: object) -> None:
    headers = dict(error.headers or {})
    if "Allow" in headers:
        allowed = {method.strip() for method in headers["Allow"].split(",")}
        headers["Allow"] = ", ".join(method for method in _METHODS if method in allowed)
    response.set_headers(headers)
    status = falcon.code_to_http_status(error.status)
    _write(request, response, status, error.description or _DETAILS.get(status) or status)


async def _on_bug(request: Request, response: Response, error: Exception, params: object) -> None:
    """What no other handler takes: a database that is away or busy, else a mistake of ours."""
    log = structlog.get_logger()
    if is_unavailable(error):
        log.warning("database unavailable", method=request.method, path=request.path, error=why_unavailable(error))
        await _on_unavailable(request, response, TooSlow("The database does not answer; try again."), params)
        return
    log.error("request failed", method=request.method, path=request.path, exc_info=error)
    _write(request, response, falcon.HTTP_INTERNAL_SERVER_ERROR, _OUR_FAULT)


def _write(request: Request, response: Response, status: str, detail: str) -> None:
    response.status = status
    if request.path == "/api" or request.path.startswith("/api/"):
        response.content_type = "application/problem+json"
        response.data = msgspec.json.encode(ProblemDocument(detail))
    else:
        show(response, "problem.html", status=status, detail=detail)
