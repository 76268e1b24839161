"""What people see: the projects, a project's series, a series, a patch."""

from functools import partial

import falcon
from falcon.asgi import Request, Response
from msgspec.structs import replace

from api.pages.render import show
from api.parameters import read_page
from api.projects import named_project
from api.request import parameters_of, with_page
from api.resource import Resource, redirect
from projector.readmodel.queries import (
    REVISIONS_MAX,
    Connection,
    Listed,
    Page,
    find_patch_by_message_id,
    get_project,
    list_projects,
    list_series,
    series_moved_to,
    view_patch,
    view_series,
)
from schemas.rest import ProjectDocument, SeriesDocument


class FrontPage(Resource):
    """The projects."""

    async def on_get(self, request: Request, response: Response) -> None:
        parameters = parameters_of(request)
        page = read_page(parameters.get("perpage") or "100", parameters.get("page"))
        listed = await self.site.read(partial(list_projects, order=(), page=page))
        neighbours = _neighbours(f"{self.site.root}/", page, listed.total)
        show(response, "front.html", root=self.site.root, projects=listed.documents, **neighbours)


class ProjectPage(Resource):
    """A project's series, the newest first."""

    async def on_get(self, request: Request, response: Response, project: str) -> None:
        parameters = parameters_of(request)
        page = read_page(parameters.get("perpage") or "50", parameters.get("page"))

        def query(connection: Connection) -> tuple[ProjectDocument | None, Listed[SeriesDocument]]:
            key = named_project(connection, project)
            filters = {"project": key.id}
            listed = list_series(connection, filters, (), page, expand=True, known_total=key.series or 0)
            return get_project(connection, str(key.id)), listed

        document, listed = await self.site.read(query)
        neighbours = _neighbours(self.site.root + request.scope["path"], page, listed.total)
        shown = {"project": document, "series": listed.documents, "total": listed.total}
        show(response, "project.html", root=self.site.root, **shown, **neighbours)


class SeriesPage(Resource):
    """A series with its revisions."""

    async def on_get(self, request: Request, response: Response, series: int) -> None:
        parameters = parameters_of(request)
        page = read_page(parameters.get("perpage") or str(REVISIONS_MAX), parameters.get("page"))
        page = replace(page, size=min(page.size, REVISIONS_MAX))
        view = await self.site.read(partial(view_series, series_id=series, page=page))
        if view is not None:
            neighbours = _neighbours(self.site.root + request.scope["path"], page, view.total)
            show(response, "series.html", root=self.site.root, view=view, series=view.series, **neighbours)
            return
        target = await self.site.read(partial(series_moved_to, series_id=series))
        if target is None:
            raise falcon.HTTPNotFound
        raise redirect(request, self.site, f"/series/{target}/")


class PatchPage(Resource):
    """A patch with its diff and what was said about it."""

    async def on_get(self, request: Request, response: Response, patch: int) -> None:
        parameters = parameters_of(request)
        page = read_page(parameters.get("perpage") or "50", parameters.get("page"))
        view = await self.site.read(partial(view_patch, patch_id=patch, page=page))
        if view is None:
            raise falcon.HTTPNotFound
        neighbours = _neighbours(self.site.root + request.scope["path"], page, view.comments_total)
        show(response, "patch.html", root=self.site.root, view=view, patch=view.patch, **neighbours)


class MessagePage(Resource):
    """Finds a patch by its Message-ID, with or without angle brackets; slashes in it are part of it."""

    async def on_get(self, request: Request, response: Response, message_id: str) -> None:
        message_id = message_id.strip().removeprefix("<").removesuffix(">")
        patch_id = await self.site.read(partial(find_patch_by_message_id, message_id=message_id))
        if patch_id is None:
            raise falcon.HTTPNotFound
        raise falcon.HTTPFound(self.site.url(request, f"/patch/{patch_id}/"))


def _neighbours(path: str, page: Page, total: int) -> dict[str, str | None]:
    """The links to the pages before and after this one."""
    page, size = page.of(total), {"perpage": str(page.size)}
    return {
        "previous": with_page(path, size, page.number - 1) if page.number > 1 else None,
        "following": with_page(path, size, page.number + 1) if total > page.size * page.number else None,
    }
