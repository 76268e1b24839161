"""`/api/1.0/` and the projects."""

from functools import partial

import falcon
from falcon.asgi import Request, Response

from api.parameters import read_ordering, read_page
from api.request import parameters_of
from api.resource import Resource, answer, answer_page
from projector.readmodel.queries import Connection, ProjectKey, find_project, get_project, list_projects
from schemas.rest import ApiDocument

API_REVISION = 3


class ApiResource(Resource):
    """What the API says about itself."""

    async def on_get(self, request: Request, response: Response) -> None:
        answer(response, ApiDocument(API_REVISION))


class ProjectsResource(Resource):
    """All projects, by linkname."""

    async def on_get(self, request: Request, response: Response) -> None:
        parameters = parameters_of(request)
        page = read_page(parameters.get("perpage"), parameters.get("page"))
        order = read_ordering(parameters.get("ordering"))
        listed = await self.site.read(partial(list_projects, order=order, page=page))
        answer_page(request, response, self.site, listed, page)


class ProjectResource(Resource):
    """One project, by its linkname or id."""

    async def on_get(self, request: Request, response: Response, project: str) -> None:
        document = await self.site.read(partial(get_project, key=project))
        if document is None:
            raise falcon.HTTPNotFound
        answer(response, document)


def named_project(connection: Connection, key: str) -> ProjectKey:
    """The project that a path names. Raises HTTPNotFound."""
    project = find_project(connection, key)
    if project is None:
        raise falcon.HTTPNotFound
    return project
