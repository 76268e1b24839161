"""What changes of a series or a patch: its reviewer, its state."""

from functools import partial
from typing import TypeVar

import falcon
from falcon.asgi import Request, Response

from api.bodies import Body, as_json, read_body
from api.fields import Fields
from api.resource import Site, answer_versioned, is_expanded
from api.writing import answer_accepted, asked_by, check_outcome
from projector.readmodel.queries import (
    Actor,
    Connection,
    PatchTarget,
    SeriesTarget,
    WasRedacted,
    find_state,
    get_versioned_patch,
    get_versioned_series,
    has_user,
    patch_target,
    refuse_change,
    refuse_state,
    series_target,
)
from schemas.fact import Fact
from schemas.records import PatchStateChanged, SeriesChanged

Target = TypeVar("Target")


async def change_series(site: Site, request: Request, response: Response, series: int) -> None:
    """Change the reviewer of a series, and answer with the series as it is then."""
    actor = site.known_actor(request)
    body = await read_body(request)

    def look(connection: Connection) -> SeriesTarget:
        target = found(series_target(connection, series))
        refuse(refuse_change(actor, target.linkname))
        return target

    target = await site.read(look)
    fields = Fields(body)
    facts: list[Fact] = []
    if fields.has("reviewer"):
        reviewer = fields.id("reviewer")
        if reviewer is not None and not await site.read(partial(has_user, id=reviewer)):
            fields.complain("reviewer", f"There is no user {reviewer}.")
        fields.check()
        asked = asked_by(actor, request, body)
        facts.append(SeriesChanged(mail=target.mail, series=target.series, reviewer=reviewer, request=asked))
    if await write_change(site, request, response, facts, body, f"/api/1.0/series/{target.series}/"):
        document = await site.read(partial(get_versioned_series, series_id=target.series, expand=is_expanded(request)))
        answer_versioned(response, found(document))


async def change_patch(site: Site, request: Request, response: Response, patch: int) -> None:
    """Change the state of a patch, and answer with the patch as it is then."""
    actor = site.known_actor(request)
    body = await read_body(request)
    target = await site.read(partial(_changeable_patch, actor=actor, patch=patch))
    fields = Fields(body)
    facts: list[Fact] = []
    if fields.has("state"):
        state = read_state(fields)
        fields.check()
        refuse(refuse_state(actor, target.linkname, target.author or b"", state, target.own_states))
        facts.append(PatchStateChanged(patch=patch, state=state, request=asked_by(actor, request, body)))
    if await write_change(site, request, response, facts, body, f"/api/1.0/patches/{patch}/"):
        document = await site.read(partial(get_versioned_patch, patch_id=patch, expand=is_expanded(request)))
        answer_versioned(response, found(document))


def read_state(fields: Fields) -> str:
    """The name of the state that a body names, by name or by id; complains of one that is none."""
    text = fields.required("state")
    state = find_state(text)
    if state is None and text.strip():
        fields.complain("state", f'"{text[:100]}" is not a valid choice.')
    return state.name if state is not None else ""


def refuse(refusal: str | None) -> None:
    """Raise HTTPForbidden where there is a refusal."""
    if refusal is not None:
        raise falcon.HTTPForbidden(description=refusal)


def found(target: Target | None) -> Target:
    """What was looked for. Raises HTTPNotFound where it is None."""
    if target is None:
        raise falcon.HTTPNotFound
    return target


def _changeable_patch(connection: Connection, actor: Actor, patch: int) -> PatchTarget:
    """Raises WasRedacted for a patch of which nothing could be shown afterwards."""
    target = found(patch_target(connection, patch))
    refuse(refuse_state(actor, target.linkname, target.author or b"", None, target.own_states))
    if target.redacted:
        raise WasRedacted
    return target


async def write_change(
    site: Site, request: Request, response: Response, facts: list[Fact], body: Body, path: str
) -> bool:
    """Write facts; False where the projector is behind, and that was answered. Raises what a refusal is answered by."""
    outcomes = await site.writer.write(facts)
    if outcomes is None:
        answer_accepted(response, site.url(request, path), as_json(body))
        return False
    for outcome in outcomes:
        check_outcome(outcome)
    return True
