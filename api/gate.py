"""Finds out who asks: checks a password or a token's secret, and keeps out who guesses."""

import asyncio
import secrets
from collections.abc import Callable
from functools import partial
from hashlib import blake2b, sha256
from typing import Any

import falcon
from falcon.asgi import Request

from api.credentials import Credentials, Unreadable, read_credentials
from api.request import address_of, base_url_of, origin_of
from api.throttle import Throttle
from ingest.log import now_us
from projector.readmodel.generations import Reader
from projector.readmodel.queries import Actor, find_token, find_user, refuse_entry
from schemas.networks import site_of

CHALLENGES = ('Basic realm="patchlog", charset="UTF-8"', 'Bearer realm="patchlog"', 'Token realm="patchlog"')
WRONG = "Invalid username/password."
MISSING = "Authentication credentials were not provided."
SECRET_START = "patchlog_"
"""How the secrets of tokens begin, so that one given as a password is known for what it is."""
CHECKS_AT_ONCE = 2
"""A check of a password takes 64 MiB, and four threads of CPU for a while (argon2-cffi's defaults)."""
VERIFIED_MAX = 1000


class Gate:
    """Knows users by what the read model has; a password that was right is not worked out again for each request."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._throttle = Throttle()
        self._turns = asyncio.Semaphore(CHECKS_AT_ONCE)
        self._verified: set[bytes] = set()
        self._key = secrets.token_bytes(32)
        self._hasher: Any = None
        self._nobodys_hash = ""

    async def let_in(self, request: Request) -> None:
        """Find out who asks, for `actor_of`. Raises HTTPUnauthorized, HTTPTooManyRequests."""
        try:
            credentials = read_credentials(request.get_header("Authorization"))
        except Unreadable as error:
            raise _unauthorized(str(error)) from None
        request.context.actor = await self._check(request, credentials) if credentials is not None else None

    async def _check(self, request: Request, credentials: Credentials) -> Actor:
        address, account = site_of(address_of(request)), credentials.name or ""
        actor = self._find_known(credentials)
        if actor is None:
            self._refuse_guesser(address, account)
            actor = await self._find_by_password(credentials, partial(self._refuse_guesser, address, account))
        if actor is None:
            self._throttle.note_failure(address, account)
            raise _unauthorized(WRONG)
        refusal = refuse_entry(actor, now_us())
        if refusal is not None:
            raise _unauthorized(refusal)
        self._throttle.note_success(address, actor.user.name)
        return actor

    def _refuse_guesser(self, address: str, account: str) -> None:
        """Raises HTTPTooManyRequests for who came with too many wrong ones."""
        seconds = self._throttle.wait_seconds(address, account)
        if seconds is not None:
            detail = f"Too many wrong credentials; try again in {seconds} s."
            raise falcon.HTTPTooManyRequests(description=detail, retry_after=seconds)

    def _find_known(self, credentials: Credentials) -> Actor | None:
        """Who comes with a secret that nobody guesses, or a password that was found right before: let in always."""
        name, secret = credentials
        with self._reader.connect() as connection:
            if _is_token(credentials):
                actor = find_token(connection, sha256(secret.encode(errors="surrogateescape")).digest())
                return actor if actor is not None and name in (None, actor.user.name) else None
            known = find_user(connection, name or "")
        is_right = known is not None and self._mark(known.password_hash, secret) in self._verified
        return Actor(known.user) if known is not None and is_right else None

    async def _find_by_password(self, credentials: Credentials, refuse: Callable[[], None]) -> Actor | None:
        name, secret = credentials
        if name is None or _is_token(credentials):
            return None
        with self._reader.connect() as connection:
            known = find_user(connection, name)
        if await self._is_password(known.password_hash if known is not None else "", secret, refuse):
            return Actor(known.user) if known is not None else None
        return None

    def _mark(self, stored: str, password: str) -> bytes:
        """What a password that was right is known again by."""
        text = f"{stored} {password}".encode(errors="surrogateescape")
        return blake2b(text, key=self._key, digest_size=32).digest()

    async def _is_password(self, stored: str, password: str, refuse: Callable[[], None]) -> bool:
        """Whether a password has this hash. Nobody's takes as long to be wrong as somebody's.

        refuse: raises for who has guessed too often; asked when it is this one's turn, for others were before it.
        """
        mark = self._mark(stored, password)
        async with self._turns:
            refuse()
            right = await asyncio.get_running_loop().run_in_executor(None, self._verify, stored, password)
        if right:
            if len(self._verified) >= VERIFIED_MAX:
                self._verified.clear()
            self._verified.add(mark)
        return right

    def _verify(self, stored: str, password: str) -> bool:
        from argon2 import PasswordHasher
        from argon2.exceptions import Argon2Error, InvalidHashError

        if self._hasher is None:
            hasher = PasswordHasher()
            self._nobodys_hash = hasher.hash(secrets.token_urlsafe())
            self._hasher = hasher  # last, for whoever sees it in another thread needs nobody's hash too
        try:
            self._hasher.verify(stored or self._nobodys_hash, password)
        except (Argon2Error, InvalidHashError):
            return False
        return bool(stored)


def actor_of(request: Request) -> Actor | None:
    """Who asks; None for who does not say."""
    actor: Actor | None = request.context.actor
    return actor


def known_actor(request: Request, base_url: str) -> Actor:
    """Who asks for a change. Raises HTTPUnauthorized for who does not say, HTTPForbidden for another site's page.

    base_url: the URL that is configured. A browser sends its password along with what another site's page asks for;
    all of them say where that page is from, and newer ones what it is to us. A token has to be named by the page.
    """
    origin, is_ambient = request.get_header("Origin"), _is_ambient(request)
    is_foreign = is_ambient and origin is not None and origin.lower() != origin_of(base_url_of(request, base_url))
    has_token = not is_ambient and request.get_header("Authorization") is not None
    if is_foreign or (not has_token and request.get_header("Sec-Fetch-Site") in ("cross-site", "same-site")):
        raise falcon.HTTPForbidden(description="Requests from other sites are not taken.")
    actor = actor_of(request)
    if actor is None:
        raise _unauthorized(MISSING)
    return actor


def _is_ambient(request: Request) -> bool:
    """Whether a browser adds the credentials by itself, whichever page asks."""
    return (request.get_header("Authorization") or "").strip().lower().startswith("basic")


def _is_token(credentials: Credentials) -> bool:
    return credentials.name is None or credentials.secret.startswith(SECRET_START)


def _unauthorized(detail: str) -> falcon.HTTPUnauthorized:
    return falcon.HTTPUnauthorized(description=detail, challenges=CHALLENGES)
