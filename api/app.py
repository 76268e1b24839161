"""The app: which path leads to which resource."""

import asyncio
from typing import Any

import falcon
from falcon.asgi import Request as FalconRequest
from falcon.asgi import Response

from api import bulk, comments, patches, projects, reporting, series
from api.etags import answer_unchanged
from api.gate import Gate
from api.listing import ALL_EVENTS, EVENTS, PATCHES, SERIES, EventsResource, ListResource
from api.meters import HealthResource, Meter, MetricsResource, ReadinessResource
from api.openapi.resource import DocumentResource, ReferencePage
from api.pages import views
from api.problems import add_handlers
from api.request import BASED_ON, CLIENT, RecordId, client_of, request_type
from api.resource import SHOWN_HEADERS, Endpoint, Site
from api.revalidation import App, Revalidation
from api.spans import Spans
from ingest.tracing import is_traced
from projector.readmodel.generations import Reader
from schemas.networks import read_networks
from schemas.settings import Settings


def create_app(
    settings: Settings,
    reader: Reader | None = None,
    generation: int | None = None,
    room: asyncio.Event | None = None,
) -> App:
    """Make the app of one worker. It reads the live read model behind `settings.database_url`, or `reader`.

    Or it reads one generation, of which nothing can be changed. room: set while there is room for one more answer.
    """
    reader = reader or Reader(settings.database_url, generation)
    site = Site(reader, settings, room=room)
    meter, revalidation = Meter(), Revalidation(reader)
    middleware: list[Any] = [
        *([Spans()] if is_traced() else []),
        meter,
        *([_ReadOnly(generation)] if generation is not None else []),
        _LetIn(site.gate),
        revalidation,
        _CommonHeaders(site),
    ]
    app = App(revalidation, meter, is_traced=is_traced(), request_type=request_type(settings), middleware=middleware)
    app.req_options.strip_url_path_trailing_slash = True
    app.router_options.converters["record"] = RecordId
    add_handlers(app)
    networks = read_networks("metrics_clients", settings.metrics_clients)
    watched = {
        "/healthz": HealthResource(site),
        "/readyz": ReadinessResource(site),
        "/metrics": MetricsResource(site, meter, networks),
    }
    for path, resource in {**_api_routes(site), **_page_routes(site), **watched}.items():
        app.add_route(path, resource)
    return app


def _api_routes(site: Site) -> dict[str, Endpoint]:
    routes: dict[str, Endpoint] = {
        "": projects.ApiResource(site),
        "/openapi.json": DocumentResource(site),
        "/projects": projects.ProjectsResource(site),
        "/projects/{project}": projects.ProjectResource(site),
        "/projects/{project}/events": EventsResource(site, EVENTS),
        "/events": EventsResource(site, ALL_EVENTS),
        "/projects/{project}/series": ListResource(site, SERIES),
        "/projects/{project}/patches": ListResource(site, PATCHES),
        "/projects/{project}/patches/states": bulk.PatchStatesResource(site),
        "/projects/{project}/commits": bulk.CommitsResource(site),
        "/series": ListResource(site, SERIES),
        "/series/{series:record}": series.SeriesResource(site),
        "/series/{series:record}/revisions": series.RevisionsResource(site),
        "/series/{series:record}/revisions/{version:record}": series.RevisionResource(site),
        "/series/{series:record}/revisions/{version:record}/mbox": series.RevisionMailboxResource(site),
        "/series/{series:record}/revisions/{version:record}/test-results": series.RevisionResultsResource(site),
        "/series/{series:record}/revisions/{version:record}/newrevision": reporting.RerunResource(site),
        "/series/{series:record}/comments": comments.SeriesCommentsResource(site),
        "/patches": ListResource(site, PATCHES),
        "/patches/{patch:record}": patches.PatchResource(site),
        "/patches/{patch:record}/mbox": patches.PatchMailboxResource(site),
        "/patches/{patch:record}/test-results": patches.PatchResultsResource(site),
        "/patches/{patch:record}/comments": comments.PatchCommentsResource(site),
    }
    return {f"/api/1.0{path}": resource for path, resource in routes.items()}


def _page_routes(site: Site) -> dict[str, Endpoint]:
    return {
        "/": views.FrontPage(site),
        "/api/docs": ReferencePage(site),
        "/project/{project}/series": views.ProjectPage(site),
        "/series/{series:record}": views.SeriesPage(site),
        "/patch/{patch:record}": views.PatchPage(site),
        "/patch/msgid/{message_id:path}": views.MessagePage(site),
    }


class _ReadOnly:
    """Refuses every change, whoever asks for it."""

    def __init__(self, generation: int) -> None:
        self._why = (
            f"This is generation {generation} of the read model, which does not change;"
            " send changes to the API that serves the live one."
        )

    async def process_resource(
        self, request: FalconRequest, response: Response, resource: Any, params: dict[str, Any]
    ) -> None:
        if request.method not in ("GET", "HEAD", "OPTIONS") and hasattr(resource, f"on_{request.method.lower()}"):
            raise falcon.HTTPConflict(description=self._why)


class _LetIn:
    """Knows who asks, before anything else is done."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def process_resource(
        self, request: FalconRequest, response: Response, resource: Any, params: dict[str, Any]
    ) -> None:
        CLIENT.set(client_of(request))
        await self._gate.let_in(request)


class _CommonHeaders:
    """The headers that every answer has; one that is written piece by piece begins here."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def process_response(
        self, request: FalconRequest, response: Response, resource: Any, succeeded: bool
    ) -> None:
        shows_host = getattr(request.context, "shows_host", False)
        response.set_header("Vary", f"Accept, {BASED_ON}" if shows_host else "Accept")
        response.set_header("Access-Control-Allow-Origin", "*")
        response.set_header("Access-Control-Expose-Headers", SHOWN_HEADERS)
        response.set_header("X-Content-Type-Options", "nosniff")
        if succeeded and isinstance(resource, Endpoint):
            response.set_header("Allow", resource.allow)
            is_large = getattr(response.context, "write", None) is not None and request.method != "HEAD"
            if is_large:
                self._site.large.check(CLIENT.get())
            if request.method in ("GET", "HEAD"):
                answer_unchanged(request, response)
            if is_large and response.context.write is not None:
                response.stream = self._site.stream(response.context.write)
