"""One patch, and what hangs on it."""

from functools import partial

import falcon
from falcon.asgi import Request, Response

from api.changes import change_patch
from api.mailboxes import answer_mailbox
from api.parameters import read_link_tag
from api.reporting import report_on_patch
from api.request import parameters_of
from api.resource import Resource, answer, answer_versioned, is_expanded
from projector.readmodel.queries import get_versioned_patch, patch_mails, patch_results


class PatchResource(Resource):
    """One patch; maintainers and its submitter move it to another state."""

    allow = "GET, PUT, PATCH, HEAD, OPTIONS"

    async def on_get(self, request: Request, response: Response, patch: int) -> None:
        document = await self.site.read(partial(get_versioned_patch, patch_id=patch, expand=is_expanded(request)))
        if document is None:
            raise falcon.HTTPNotFound
        answer_versioned(response, document)

    async def on_patch(self, request: Request, response: Response, patch: int) -> None:
        await change_patch(self.site, request, response, patch)

    on_put = on_patch


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

    allow = "GET, POST, HEAD, OPTIONS"

    async def on_get(self, request: Request, response: Response, patch: int) -> None:
        results = await self.site.read(partial(patch_results, patch_id=patch))
        if results is None:
            raise falcon.HTTPNotFound
        answer(response, results)

    async def on_post(self, request: Request, response: Response, patch: int) -> None:
        await report_on_patch(self.site, request, response, patch)
