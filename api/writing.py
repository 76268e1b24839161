"""Writes what a request asks for: a record on the log, and an answer from what the projector made of it."""

import asyncio
from collections.abc import Callable, Sequence
from hashlib import blake2b

import falcon
from falcon.asgi import Request, Response

from api.bodies import Body
from api.etags import read_if_match
from api.gate import CHALLENGES
from api.parameters import FieldError
from api.progress import Progress
from api.spans import span_of
from ingest.log import Log, LogError
from ingest.tracing import go_on, traceparent_of
from projector.readmodel.generations import Reader
from projector.readmodel.queries import Actor, Outcome, came_before, read_outcomes
from projector.readmodel.queries.outcomes import (
    CHANGED_MEANWHILE,
    CONFLICT,
    FORBIDDEN,
    KEY_REUSED,
    TARGET_GONE,
    UNAUTHORIZED,
)
from schemas.fact import Fact
from schemas.fact import Request as Asked

KEY_LENGTH_MAX = 255
_REFUSALS: dict[str, Callable[..., falcon.HTTPError]] = {
    TARGET_GONE: falcon.HTTPNotFound,
    CONFLICT: falcon.HTTPConflict,
    KEY_REUSED: falcon.HTTPConflict,
    FORBIDDEN: falcon.HTTPForbidden,
    CHANGED_MEANWHILE: falcon.HTTPPreconditionFailed,
}
RETRY_AFTER_SECONDS = 5


class Writer:
    """The log of one worker, opened when something is written for the first time."""

    def __init__(self, reader: Reader, progress: Progress, open_log: Callable[[], Log], wait_seconds: float) -> None:
        self._reader, self._progress = reader, progress
        self._open_log, self._wait_seconds = open_log, wait_seconds
        self._log: Log | None = None
        self._opening = asyncio.Lock()

    async def write(self, facts: Sequence[Fact]) -> list[Outcome] | None:
        """Append facts, wait until they were folded and give what became of each, in their order.

        None where the projector is behind: they are on the log, and will be folded. Raises HTTPServiceUnavailable
        where they are perhaps not written.
        """
        try:
            with go_on("append", "producer", traceparent_of(facts[0]) if facts else "") as span:
                ids = await asyncio.wrap_future((await self._opened()).submit(facts))
                span.set(record=ids[-1] if ids else None, records=len(ids))
        except LogError as error:
            raise falcon.HTTPServiceUnavailable(description=str(error), retry_after=RETRY_AFTER_SECONDS) from None
        if not ids:
            return []
        if not await self._progress.folded(ids[-1], self._wait_seconds):
            return None
        with self._reader.connect() as connection:
            return read_outcomes(connection, ids)

    async def repeated(self, asked: Asked) -> list[Outcome] | None:
        """What became of a request that came before with the same key; None where it is new. Raises HTTPConflict."""
        if not asked.key:
            return None
        with self._reader.connect() as connection:
            before = came_before(connection, asked.user, asked.key)
            if any(known.digest != asked.digest for known in before):
                raise falcon.HTTPConflict(description=f"The key {asked.key!r} came before, with another request.")
            return read_outcomes(connection, [known.record for known in before]) if before else None

    async def _opened(self) -> Log:
        """The log. To open it can take seconds, while brokers are looked for, so that is done in a thread."""
        async with self._opening:
            if self._log is None:
                self._log = await asyncio.get_running_loop().run_in_executor(None, self._open_log)
            return self._log


def asked_by(actor: Actor, request: Request, body: Body) -> Asked:
    """What a request says of itself, for the records that it makes. Raises FieldError, HTTPPreconditionFailed."""
    key = request.get_header("Idempotency-Key") or "" if request.method == "POST" else ""
    if len(key) > KEY_LENGTH_MAX or not key.isprintable():
        raise FieldError("Idempotency-Key", f"Expected at most {KEY_LENGTH_MAX} printable characters.")
    if_match = read_if_match(request.get_header("If-Match"))
    if if_match is not None and request.method == "POST":
        raise falcon.HTTPPreconditionFailed(description="If-Match is for PUT and PATCH.")
    digest = blake2b(f"{request.method} {request.path}\n".encode() + body.raw, digest_size=16).digest() if key else b""
    return Asked(
        user=actor.user.id,
        token=actor.token.id if actor.token is not None else None,
        if_match=if_match,
        key=key,
        digest=digest,
        traceparent=span_of(request).traceparent,
    )


def check_outcome(outcome: Outcome) -> None:
    """Raise the answer that a refusal has."""
    error = _REFUSALS.get(outcome.status)
    if error is not None:
        raise error(description=outcome.detail)
    if outcome.status == UNAUTHORIZED:
        raise falcon.HTTPUnauthorized(description=outcome.detail, challenges=CHALLENGES)


def answer_accepted(response: Response, location: str, posted: bytes) -> None:
    """Answer that it is written, and will be done: the projector is behind."""
    response.status = falcon.HTTP_ACCEPTED
    response.set_header("Location", location)
    response.content_type = falcon.MEDIA_JSON
    response.data = posted
