"""Changes to many patches at once: by their Message-IDs, or by the commits that they became."""

import re
from collections.abc import Sequence

import falcon
import msgspec
from falcon.asgi import Request, Response

from api.bodies import Body, as_json, read_body, read_bytes, read_object
from api.changes import read_state, refuse
from api.fields import Fields
from api.parameters import FieldError
from api.projects import named_project
from api.resource import Endpoint, answer
from api.writing import answer_accepted, asked_by
from projector.readmodel.queries import (
    ACCEPTED,
    Connection,
    Outcome,
    PatchTarget,
    SamePatch,
    get_project,
    patches_by_diff_id,
    patches_by_message_id,
    refuse_change,
    refuse_state,
)
from projector.readmodel.queries.outcomes import UNCHANGED
from schemas.fact import Fact
from schemas.fact import Request as Asked
from schemas.records import PatchStateChanged
from schemas.rest import ChangedPatch, MatchedCommit

PATCHES_MAX = 500
COMMITS_MAX = 1000
_LINES_TYPE = "text/plain"
_HEX = re.compile(r"[0-9a-f]{40}")


class _Bulk(Endpoint):
    """Writes many changes of one request as one append."""

    allow = "POST, OPTIONS"

    async def _write(
        self, request: Request, response: Response, facts: Sequence[Fact], asked: Asked, posted: bytes, path: str
    ) -> list[Outcome] | None:
        """What became of each; None where that was answered already, as the projector is behind."""
        outcomes = await self.site.writer.repeated(asked)
        if outcomes is None or len(outcomes) != len(facts):
            outcomes = await self.site.writer.write(facts)
        if outcomes is None:
            answer_accepted(response, self.site.url(request, path), posted)
        return outcomes


class PatchStatesResource(_Bulk):
    """Moves the patches with some Message-IDs to another state."""

    async def on_post(self, request: Request, response: Response, project: str) -> None:
        actor = self.site.known_actor(request)
        body = await read_body(request)
        fields = Fields(body)
        state = read_state(fields)
        ids = [id.strip().removeprefix("<").removesuffix(">") for id in fields.texts("message_ids", PATCHES_MAX)]
        fields.check()

        def look(connection: Connection) -> dict[str, PatchTarget]:
            return patches_by_message_id(connection, named_project(connection, project).id, ids)

        targets = await self.site.read(look)
        allowed = {
            id: target
            for id, target in targets.items()
            if refuse_state(actor, target.linkname, target.author or b"", state, target.own_states) is None
        }
        asked = asked_by(actor, request, body)
        patches = list(dict.fromkeys(target.patch for target in allowed.values()))
        facts = state_changes([(patch, state, "") for patch in patches], asked)
        path = f"/api/1.0/projects/{project}/patches/"
        outcomes = await self._write(request, response, facts, asked, as_json(body), path)
        if outcomes is not None:
            became = dict(zip(patches, outcomes, strict=True))
            answer(response, [_changed(id, targets.get(id), became) for id in ids])


class CommitsResource(_Bulk):
    """Takes note of commits: the patches that they came by are accepted."""

    async def on_post(self, request: Request, response: Response, project: str) -> None:
        actor = self.site.known_actor(request)
        type, raw = await read_bytes(request, falcon.MEDIA_JSON, _LINES_TYPE)
        commits = read_commits(type, raw)

        def look(connection: Connection) -> tuple[str, dict[str, SamePatch]]:
            key = named_project(connection, project)
            document = get_project(connection, str(key.id))
            assert document is not None
            refuse(refuse_change(actor, document.linkname))
            return document.linkname, patches_by_diff_id(connection, key.id, [commit.patch_id for commit in commits])

        _, found = await self.site.read(look)
        asked = asked_by(actor, request, Body(raw, {}))
        open_ones = {
            match.id: (match.id, ACCEPTED, commit.id)
            for commit in commits
            if (match := found.get(commit.patch_id)) is not None and not match.is_final
        }
        facts = state_changes(list(open_ones.values()), asked)
        posted = msgspec.json.encode({"commits": commits})
        outcomes = await self._write(request, response, facts, asked, posted, f"/api/1.0/projects/{project}/patches/")
        if outcomes is not None:
            became = dict(zip(open_ones, outcomes, strict=True))
            answer(response, [_matched(commit, found.get(commit.patch_id), became) for commit in commits])


class Commit(msgspec.Struct, frozen=True):
    """A commit's id, and what `git patch-id --stable` says of it."""

    id: str
    patch_id: str


def read_commits(type: str, raw: bytes) -> list[Commit]:
    """Read commits: the lines of `git patch-id` ("PATCH-ID COMMIT"), or JSON {"commits": [{"id", "patch_id"}]}.

    Raises FieldError, HTTPBadRequest.
    """
    if type != _LINES_TYPE:
        commits = _read_json(raw or b"{}")
    else:
        lines = [line.split() for line in raw.decode("ascii", "replace").splitlines() if line.strip()]
        commits = [Commit(words[1], words[0]) if len(words) == 2 else Commit("", "") for words in lines]
    if len(commits) > COMMITS_MAX:
        raise FieldError("commits", f"Expected at most {COMMITS_MAX} commits, came {len(commits)}.")
    for number, commit in enumerate(commits, start=1):
        if not _HEX.fullmatch(commit.id) or not _HEX.fullmatch(commit.patch_id):
            raise FieldError("commits", f"Commit {number}: expected id and patch_id, 40 hexadecimal digits each.")
    return commits


def _read_json(raw: bytes) -> list[Commit]:
    fields = read_object(raw)
    if "commits" not in fields:
        raise FieldError("commits", "This field is required.")
    try:
        return msgspec.convert(fields["commits"], list[Commit])
    except msgspec.ValidationError as error:
        raise FieldError("commits", f"{error}.") from None


def state_changes(changes: Sequence[tuple[int, str, str]], asked: Asked) -> list[Fact]:
    """The facts of one request: patch, state and commit of each."""
    return [
        PatchStateChanged(patch=patch, state=state, commit=commit, request=msgspec.structs.replace(asked, part=part))
        for part, (patch, state, commit) in enumerate(changes)
    ]


def _changed(message_id: str, target: PatchTarget | None, became: dict[int, Outcome]) -> ChangedPatch:
    if target is None:
        return ChangedPatch(message_id, None, "not-found")
    outcome = became.get(target.patch)
    return ChangedPatch(message_id, target.patch, outcome.status if outcome is not None else "forbidden")


def _matched(commit: Commit, match: SamePatch | None, became: dict[int, Outcome]) -> MatchedCommit:
    if match is None:
        return MatchedCommit(commit.id, None, "not-found")
    outcome = became.get(match.id)
    return MatchedCommit(commit.id, match.id, outcome.status if outcome is not None else UNCHANGED)
