"""Test results that a CI system posts, and reruns that it is asked for."""

from functools import partial
from typing import NamedTuple

import falcon
import msgspec
from falcon.asgi import Request, Response

from api.bodies import Body, as_json, read_body
from api.changes import found, refuse
from api.feed import Deadline
from api.fields import Fields
from api.resource import Endpoint, Site, answer
from api.writing import answer_accepted, asked_by, check_outcome
from projector.readmodel.queries import (
    TEST_STATES,
    Actor,
    Announced,
    Connection,
    Outcome,
    RevisionKey,
    get_revision,
    patch_target,
    refuse_change,
    refuse_report,
    revision_announced,
    revision_moved_to,
    revision_target,
)
from schemas.records import RerunRequested, TestResultReported
from schemas.rest import MadeRevision, RevisionDocument


async def report_on_revision(site: Site, request: Request, response: Response, key: RevisionKey) -> None:
    """Take a result of a revision, and answer with it as it is stored."""
    actor = site.known_actor(request)
    body = await read_body(request)
    target = found(await site.read(partial(revision_target, key=key)))
    fact = msgspec.structs.replace(
        _read_report(site, actor, target.linkname, request, body),
        target="revision",
        patches=target.patches,
        rerun=target.rerun,
        series=target.series,
        revision=target.version,
    )
    path = f"/api/1.0/series/{target.series}/revisions/{target.version}/test-results/"
    await _report(site, request, response, fact, body, path)


async def report_on_patch(site: Site, request: Request, response: Response, patch: int) -> None:
    """Take a result of a patch, and answer with it as it is stored."""
    actor = site.known_actor(request)
    body = await read_body(request)
    target = found(await site.read(partial(patch_target, patch_id=patch)))
    fact = msgspec.structs.replace(
        _read_report(site, actor, target.linkname, request, body), target="patch", patches=(patch,)
    )
    await _report(site, request, response, fact, body, f"/api/1.0/patches/{patch}/test-results/")


class RerunResource(Endpoint):
    """Has a revision tested again: a copy of it becomes the series' next revision, and is announced."""

    allow = "POST, OPTIONS"

    async def on_post(self, request: Request, response: Response, series: int, version: int) -> None:
        actor = self.site.known_actor(request)
        body = await read_body(request)
        target = found(await self.site.read(partial(revision_target, key=RevisionKey(series, version))))
        refuse(refuse_change(actor, target.linkname, target.author or b""))
        if not target.complete:
            raise falcon.HTTPConflict(description=f"Revision {target.version} is not complete.")
        fact = RerunRequested(
            patches=target.patches,
            rerun=target.rerun,
            series=target.series,
            revision=target.version,
            request=asked_by(actor, request, body),
        )
        deadline = Deadline(self.site.write_wait_seconds)
        outcome = await write_once(self.site, fact)
        made = await self._on_the_feed(outcome, deadline) if outcome is not None else None
        if made is None:
            path = f"/api/1.0/series/{target.series}/revisions/"
            answer_accepted(response, self.site.url(request, path), as_json(body))
            return
        response.status = falcon.HTTP_CREATED
        path = f"/api/1.0/series/{made.key.series_id}/revisions/{made.key.version}/"
        response.set_header("Location", self.site.url(request, path))
        answer(response, made.document)

    async def _on_the_feed(self, outcome: Outcome, deadline: Deadline) -> "_Made | None":
        """The new revision, once its event is on the feed; None where that takes too long."""
        place = msgspec.json.decode(outcome.document or "", type=MadeRevision)
        look = partial(_revision_at, key=RevisionKey(place.series, place.version))
        made = await self.site.read(look)
        while not made.announced.is_announced:
            feed = made.announced
            if not await self.site.written.event_after(feed.project_id, feed.last_event_us, deadline.left_seconds):
                return None
            made = await self.site.read(look)
        return made


class _Made(NamedTuple):
    """A revision that was made, where it is by now."""

    key: RevisionKey
    document: RevisionDocument
    announced: Announced


async def write_once(site: Site, fact: TestResultReported | RerunRequested) -> Outcome | None:
    """What became of a fact, or of an earlier one of the same request; None where the projector is behind."""
    assert fact.request is not None
    outcomes = await site.writer.repeated(fact.request)
    if outcomes is None:
        outcomes = await site.writer.write([fact])
    if outcomes is None:
        return None
    (outcome,) = outcomes
    check_outcome(outcome)
    return outcome


def _read_report(site: Site, actor: Actor, linkname: str, request: Request, body: Body) -> TestResultReported:
    """Read a result, of nothing yet, and check that it may be reported: who says it, then what it says."""
    fields = Fields(body)
    fact = TestResultReported(
        target="",
        patches=(),
        test_name=fields.name("test_name"),
        state=fields.choice("state", TEST_STATES),
        url=fields.url("url"),
        summary=fields.optional("summary", site.summary_max),
        request=asked_by(actor, request, body),
    )
    refuse(refuse_report(actor, linkname, fact.test_name))
    fields.check()
    return fact


async def _report(
    site: Site, request: Request, response: Response, fact: TestResultReported, body: Body, path: str
) -> None:
    outcome = await write_once(site, fact)
    if outcome is None:
        answer_accepted(response, site.url(request, path), msgspec.json.encode(_posted(fact)))
        return
    response.status = falcon.HTTP_CREATED
    response.set_header("Location", site.url(request, path))
    response.content_type = falcon.MEDIA_JSON
    response.data = (outcome.document or "").encode()


def _posted(fact: TestResultReported) -> dict[str, object]:
    fields = {"test_name": fact.test_name, "state": fact.state, "url": fact.url, "summary": fact.summary}
    return {name: value for name, value in fields.items() if value is not msgspec.UNSET}


def _revision_at(connection: Connection, key: RevisionKey) -> _Made:
    """The revision that was put at a place, wherever it is by now."""
    announced = revision_announced(connection, key)  # first: what comes between the two is not waited for
    if announced is None:
        key = revision_moved_to(connection, key) or key
        announced = revision_announced(connection, key)
    return _Made(key, found(get_revision(connection, key)), found(announced))
