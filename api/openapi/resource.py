"""`/api/1.0/openapi.json`, and the page that shows it to people."""

from functools import cached_property

import falcon
from falcon.asgi import Request, Response

from api.openapi.document import BASE, make_document
from api.openapi.published import written
from api.openapi.telling import Reference, tell
from api.pages.render import show
from api.resource import Resource


class DocumentResource(Resource):
    """The description of the API for programs."""

    async def on_get(self, request: Request, response: Response) -> None:
        response.content_type = falcon.MEDIA_JSON
        response.data = self._document

    @cached_property
    def _document(self) -> bytes:
        return written(self.site.root)


class ReferencePage(Resource):
    """The description of the API for people."""

    async def on_get(self, request: Request, response: Response) -> None:
        url = self.site.url(request, BASE)
        show(response, "reference.html", root=self.site.root, url=url, reference=self._reference)

    @cached_property
    def _reference(self) -> Reference:
        return tell(make_document(self.site.root))
