"""One patch, and what hangs on it."""

from functools import partial

import falcon
from falcon.asgi import Request, Response

from api.mailboxes import answer_mailbox
from api.parameters import read_link_tag
from api.request import parameters_of
from api.resource import Resource, answer, is_expanded
from projector.readmodel.queries import get_patch, patch_mails, patch_results


class PatchResource(Resource):
    """One patch."""

    async def on_get(self, request: Request, response: Response, patch: int) -> None:
        document = await self.site.read(partial(get_patch, patch_id=patch, expand=is_expanded(request)))
        if document is None:
            raise falcon.HTTPNotFound
        answer(response, document)


class PatchMailboxResource(Resource):
    """The mbox of a patch."""

    async def on_get(self, request: Request, response: Response, patch: int) -> None:
        tag = read_link_tag(parameters_of(request).get("link"))
        mailbox = await self.site.read(partial(patch_mails, patch_id=patch))
        if mailbox is None:
            raise falcon.HTTPNotFound
        answer_mailbox(request, response, self.site, mailbox, tag)


class PatchResultsResource(Resource):
    """The test results of a patch: a bare array, by test name."""

    async def on_get(self, request: Request, response: Response, patch: int) -> None:
        results = await self.site.read(partial(patch_results, patch_id=patch))
        if results is None:
            raise falcon.HTTPNotFound
        answer(response, results)
