"""What was said about patches and series by mail."""

from collections.abc import Callable
from functools import partial

import falcon
from falcon.asgi import Request, Response

from api.parameters import read_ordering, read_page
from api.request import parameters_of
from api.resource import Resource, Site, answer_page, is_expanded, redirect
from projector.readmodel.queries import Listed, list_patch_comments, list_series_comments, series_moved_to
from schemas.rest import CommentDocument


class PatchCommentsResource(Resource):
    """The comments on a patch, the oldest first."""

    async def on_get(self, request: Request, response: Response, patch: int) -> None:
        if not await _answer(self.site, request, response, partial(list_patch_comments, patch_id=patch)):
            raise falcon.HTTPNotFound


class SeriesCommentsResource(Resource):
    """The comments on all revisions of a series, the oldest first."""

    async def on_get(self, request: Request, response: Response, series: int) -> None:
        if not await _answer(self.site, request, response, partial(list_series_comments, series_id=series)):
            target = await self.site.read(partial(series_moved_to, series_id=series))
            if target is None:
                raise falcon.HTTPNotFound
            raise redirect(request, self.site, f"/api/1.0/series/{target}/comments/")


async def _answer(
    site: Site, request: Request, response: Response, list_comments: Callable[..., Listed[CommentDocument] | None]
) -> bool:
    """Answer with a page of comments; False where there is nothing that they could be on."""
    parameters = parameters_of(request)
    page = read_page(parameters.get("perpage"), parameters.get("page"))
    order = read_ordering(parameters.get("ordering"))
    listed = await site.read(partial(list_comments, order=order, page=page, expand=is_expanded(request)))
    if listed is not None:
        answer_page(request, response, site, listed, page)
    return listed is not None
