"""The app: which path leads to which resource."""

from typing import Any

import falcon.asgi
from falcon.asgi import Request as FalconRequest
from falcon.asgi import Response

from api import patches, projects, series
from api.listing import EVENTS, PATCHES, SERIES, ListResource
from api.pages import views
from api.problems import add_handlers
from api.request import RecordId, Request
from api.resource import Resource, Site
from projector.readmodel.generations import Reader
from schemas.settings import Settings

App = falcon.asgi.App[Request, Response]


def create_app(settings: Settings, reader: Reader | None = None) -> App:
    """Make the app of one worker. It reads the live read model behind `settings.database_url`, or `reader`."""
    app = App(request_type=Request, middleware=[_CommonHeaders()])
    app.req_options.strip_url_path_trailing_slash = True
    app.router_options.converters["record"] = RecordId
    add_handlers(app)
    site = Site(reader or Reader(settings.database_url), settings.base_url)
    for path, resource in {**_api_routes(site), **_page_routes(site)}.items():
        app.add_route(path, resource)
    return app


def _api_routes(site: Site) -> dict[str, Resource]:
    routes: dict[str, Resource] = {
        "": projects.ApiResource(site),
        "/projects": projects.ProjectsResource(site),
        "/projects/{project}": projects.ProjectResource(site),
        "/projects/{project}/events": ListResource(site, EVENTS),
        "/projects/{project}/series": ListResource(site, SERIES),
        "/projects/{project}/patches": ListResource(site, PATCHES),
        "/series": ListResource(site, SERIES),
        "/series/{series:record}": series.SeriesResource(site),
        "/series/{series:record}/revisions": series.RevisionsResource(site),
        "/series/{series:record}/revisions/{version:record}": series.RevisionResource(site),
        "/series/{series:record}/revisions/{version:record}/mbox": series.RevisionMailboxResource(site),
        "/series/{series:record}/revisions/{version:record}/test-results": series.RevisionResultsResource(site),
        "/patches": ListResource(site, PATCHES),
        "/patches/{patch:record}": patches.PatchResource(site),
        "/patches/{patch:record}/mbox": patches.PatchMailboxResource(site),
        "/patches/{patch:record}/test-results": patches.PatchResultsResource(site),
    }
    return {f"/api/1.0{path}": resource for path, resource in routes.items()}


def _page_routes(site: Site) -> dict[str, Resource]:
    return {
        "/": views.FrontPage(site),
        "/project/{project}/series": views.ProjectPage(site),
        "/series/{series:record}": views.SeriesPage(site),
        "/patch/{patch:record}": views.PatchPage(site),
        "/patch/msgid/{message_id:path}": views.MessagePage(site),
    }


class _CommonHeaders:
    """The headers that every answer has."""

    async def process_response(
        self, request: FalconRequest, response: Response, resource: Any, succeeded: bool
    ) -> None:
        response.set_header("Vary", "Accept")
        response.set_header("Access-Control-Allow-Origin", "*")
        response.set_header("X-Content-Type-Options", "nosniff")
        if succeeded and isinstance(resource, Resource):
            response.set_header("Allow", resource.allow)
