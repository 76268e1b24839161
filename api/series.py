"""One series, its revisions, and what hangs on them. What was merged or moved away redirects to where it is now."""

from functools import partial
from typing import TypeVar

import falcon
from falcon.asgi import Request, Response

from api.changes import change_series
from api.mailboxes import answer_mailbox
from api.parameters import read_link_tag, read_ordering, read_page
from api.reporting import report_on_revision
from api.request import parameters_of
from api.resource import Resource, Site, answer, answer_page, answer_versioned, is_expanded, redirect
from projector.readmodel.queries import (
    RevisionKey,
    get_revision,
    get_versioned_series,
    list_revisions,
    revision_mails,
    revision_moved_to,
    revision_results,
    series_moved_to,
)

Result = TypeVar("Result")


class SeriesResource(Resource):
    """One series; maintainers say who reviews it."""

    allow = "GET, PUT, PATCH, HEAD, OPTIONS"

    async def on_get(self, request: Request, response: Response, series: int) -> None:
        document = await self.site.read(partial(get_versioned_series, series_id=series, expand=is_expanded(request)))
        if document is None:
            raise await _moved_series(self.site, request, series, "")
        answer_versioned(response, document)

    async def on_patch(self, request: Request, response: Response, series: int) -> None:
        await change_series(self.site, request, response, series)

    on_put = on_patch


class RevisionsResource(Resource):
    """The revisions of a series, by version."""

    async def on_get(self, request: Request, response: Response, series: int) -> None:
        parameters = parameters_of(request)
        page = read_page(parameters.get("perpage"), parameters.get("page"))
        order = read_ordering(parameters.get("ordering"))
        expand = is_expanded(request)
        listed = await self.site.read(partial(list_revisions, series_id=series, order=order, page=page, expand=expand))
        if listed is None:
            raise await _moved_series(self.site, request, series, "revisions/")
        answer_page(request, response, self.site, listed, page)


class RevisionResource(Resource):
    """One revision."""

    async def on_get(self, request: Request, response: Response, series: int, version: int) -> None:
        key = RevisionKey(series, version)
        document = await self.site.read(partial(get_revision, key=key, expand=is_expanded(request)))
        answer(response, await _found(self.site, request, key, document, ""))


class RevisionMailboxResource(Resource):
    """The mbox of a revision, in the order in which its patches apply."""

    async def on_get(self, request: Request, response: Response, series: int, version: int) -> None:
        tag = read_link_tag(parameters_of(request).get("link"))
        key = RevisionKey(series, version)
        mailbox = await self.site.read(partial(revision_mails, key=key))
        mailbox = await _found(self.site, request, key, mailbox, "mbox/")
        answer_mailbox(request, response, self.site, mailbox, tag)


class RevisionResultsResource(Resource):
    """The test results of a revision: a bare array, by test name."""

    allow = "GET, POST, HEAD, OPTIONS"

    async def on_get(self, request: Request, response: Response, series: int, version: int) -> None:
        key = RevisionKey(series, version)
        results = await self.site.read(partial(revision_results, key=key))
        answer(response, await _found(self.site, request, key, results, "test-results/"))

    async def on_post(self, request: Request, response: Response, series: int, version: int) -> None:
        await report_on_revision(self.site, request, response, RevisionKey(series, version))


async def _moved_series(site: Site, request: Request, series_id: int, rest: str) -> Exception:
    """What to raise for a series that is not there."""
    target = await site.read(partial(series_moved_to, series_id=series_id))
    if target is None:
        return falcon.HTTPNotFound()
    return redirect(request, site, f"/api/1.0/series/{target}/{rest}")


async def _found(site: Site, request: Request, key: RevisionKey, document: Result | None, rest: str) -> Result:
    """The document of a revision. Raises a redirection or HTTPNotFound for None."""
    if document is not None:
        return document
    target = await site.read(partial(revision_moved_to, key=key))
    if target is None:
        raise falcon.HTTPNotFound
    raise redirect(request, site, f"/api/1.0/series/{target.series_id}/revisions/{target.version}/{rest}")
