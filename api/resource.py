"""What all resources share: reading from the live read model, and answering with JSON."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import falcon
import msgspec
from falcon.asgi import Request, Response

from api.gate import Gate, known_actor
from api.pieces import PIECE_BYTES, Pieces, ReadPiece, TextGone, json_pieces
from api.problems import TooSlow
from api.progress import FEED_LOOK_SECONDS, RECORD_LOOK_SECONDS, Progress
from api.request import CLIENT, base_url_of, parameters_of, with_page
from api.sharing import LARGE, Budget, Places, Turns
from api.writing import Writer
from ingest.log import open_log
from projector.readmodel.generations import Reader
from projector.readmodel.queries import (
    Actor,
    Connection,
    LargeText,
    Listed,
    NeedsPatience,
    Page,
    Versioned,
    in_short,
    interrupt,
    read_piece,
    split_large,
)
from schemas.rest import ListDocument
from schemas.settings import Settings

Result = TypeVar("Result")

LONG_QUERIES_MAX = 4
"""How many long queries one worker runs at the same time; the others wait."""
LONG_QUERY_SECONDS_MAX = 10.0
INTERRUPT_AGAIN_SECONDS = 0.05
STATEMENT_MS_MAX = 5
"""How long the event loop waits for one statement of PostgreSQL; what takes longer is asked again in a thread."""
LARGE_ANSWERS_MAX = 40
"""Answers with large texts that one worker writes at a time; of one client a quarter."""

ASKED_HEADERS = "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match"
"""What scripts of other sites' pages may send: a browser asks before it lets them (Fetch standard, CORS)."""
SHOWN_HEADERS = "ETag, Link, Location"
"""What such scripts may read of an answer, beside what they always may."""

_ENCODER = msgspec.json.Encoder()


class Site:
    """What resources need: the read model, the log, who is who, the configured URL, and turns for long queries."""

    def __init__(
        self,
        reader: Reader,
        settings: Settings,
        *,
        long_query_seconds_max: float = LONG_QUERY_SECONDS_MAX,
        statement_ms_max: int | None = None,
        room: asyncio.Event | None = None,
    ) -> None:
        self._room = room or _always()
        self._reader = reader
        self._base_url = settings.base_url
        self.gate = Gate(reader)
        self.feeds = Progress(reader, FEED_LOOK_SECONDS)
        self.written = Progress(reader, RECORD_LOOK_SECONDS)
        self.write_wait_seconds = settings.write_wait_seconds
        self.writer = Writer(
            reader,
            self.written,
            partial(open_log, settings.log_url, settings.max_mail_bytes),
            settings.write_wait_seconds,
        )
        self.root = urlsplit(settings.base_url).path.rstrip("/")
        """The path that stands before every path of ours in the reader's eyes; "" unless the configured URL has one."""
        self._long_query_seconds_max = long_query_seconds_max
        self._statement_ms_max = STATEMENT_MS_MAX if statement_ms_max is None else statement_ms_max
        self._turns = Turns(LONG_QUERIES_MAX)
        self._budget = Budget(settings.http_client_query_seconds)
        self.summary_max = settings.summary_max_length
        self.waiting = Places(settings.http_waits_max, settings.http_client_waits_max)
        """Where requests wait for something to happen."""
        self.large = Places(LARGE_ANSWERS_MAX, LARGE_ANSWERS_MAX // 4, LARGE)
        """Answers that are written piece by piece."""
        self.long_message = asyncio.Semaphore(1)
        """Had by the answer that has a long message in memory, as it writes an mbox."""

    def known_actor(self, request: Request) -> Actor:
        """Who asks for a change. Raises as `gate.known_actor` does."""
        return known_actor(request, self._base_url)

    def url(self, request: Request, path: str) -> str:
        """The whole URL of a path that begins with a slash."""
        return base_url_of(request, self._base_url) + path

    async def read(
        self, query: Callable[[Connection], Result], patiently: Callable[[Connection], Result] | None = None
    ) -> Result:
        """Run a query on the live read model: where it is called if it is short, else in a thread, for a limited time.

        Waits while answers that nobody reads are being let go; what a short query gives is made an answer of before
        another begins. One that says that it takes patience, or takes too long, is asked in a thread, in the words of
        `patiently` where they are given. Raises NoReadModel, TooSlow for a long one that
        was stopped, and HTTPTooManyRequests where the client's long ones took too much.
        """
        while not self._room.is_set():
            await self._room.wait()
        try:
            with self._reader.connect(self._statement_ms_max) as connection, in_short(connection):
                return query(connection)
        except NeedsPatience:
            pass
        return await self.read_patiently(patiently or query)

    async def read_patiently(self, query: Callable[[Connection], Result]) -> Result:
        """Run a query that takes long; raises as `read` does."""
        client = CLIENT.get()
        self._budget.check(client)
        async with self._turns.one_of(client):
            self._budget.check(client)  # what it asked for before may have been run while it waited
            with self._reader.connect() as connection:
                return await _run_long(
                    connection, query, self._long_query_seconds_max, partial(self._budget.spend, client)
                )

    async def read_piece(self, text: LargeText, start: int) -> bytes:
        """A part of a large text; b"" behind its end. Raises TextGone where it is another one now."""
        query = partial(read_piece, text=text, start=start, size_bytes=PIECE_BYTES)
        async with self._turns.one_of(CLIENT.get()):
            with self._reader.connect() as connection:
                piece = await _run_long(connection, query, self._long_query_seconds_max, lambda seconds: None)
        if piece is None:
            raise TextGone(f"{text.kind} {text.id}")
        return piece

    async def stream(self, write: Callable[[ReadPiece], Pieces]) -> Pieces:
        """Give an answer piece by piece, in a place for such answers."""
        with self.large.one_for(CLIENT.get()):
            async for piece in write(self.read_piece):
                yield piece


class Endpoint:
    """The base of all that a path leads to. `allow` names its methods."""

    allow = "OPTIONS"

    def __init__(self, site: Site) -> None:
        self.site = site

    async def on_options(self, request: Request, response: Response, **path: Any) -> None:
        response.set_header("Allow", self.allow)
        response.set_header("Access-Control-Allow-Methods", self.allow)
        response.set_header("Access-Control-Allow-Headers", ASKED_HEADERS)


class Resource(Endpoint):
    """What can be read. A subclass has `on_get`."""

    allow = "GET, HEAD, OPTIONS"
    on_get: Callable[..., Coroutine[Any, Any, None]]

    async def on_head(self, request: Request, response: Response, **path: Any) -> None:
        await self.on_get(request, response, **path)


def answer(response: Response, document: Any) -> None:
    """Answer with a document as JSON."""
    response.content_type = falcon.MEDIA_JSON
    written = _ENCODER.encode(document)
    apart = split_large(written)
    if apart is None:
        response.data = written
        return
    told, parts = apart
    answer_in_pieces(response, told, partial(json_pieces, parts=parts))


def answer_in_pieces(response: Response, told: bytes, write: Callable[[ReadPiece], Pieces]) -> None:
    """Answer with what `write` gives, for which it reads the pieces of large texts. told: what tells all that it says.

    The app begins to write when it knows that the reader has not got it already.
    """
    response.context.told, response.context.write = told, write


def answer_versioned(response: Response, found: Versioned[Any]) -> None:
    """Answer with a document that can be changed; its tag says of which version it is."""
    response.context.version = found.version
    answer(response, found.document)


def answer_page(request: Request, response: Response, site: Site, listed: Listed[Any], page: Page) -> None:
    """Answer with one page of a list, with URLs of its neighbours that keep all parameters."""
    page = page.of(listed.total)
    last_shown = page.size * page.number
    following = _neighbour(request, site, page.number + 1) if listed.total > last_shown else None
    previous = _neighbour(request, site, page.number - 1) if page.number > 1 else None
    answer(response, ListDocument(listed.total, following, previous, listed.documents))


def redirect(request: Request, site: Site, path: str) -> falcon.HTTPMovedPermanently:
    """The answer that sends the reader to where something moved, with the same query."""
    query = f"?{request.query_string}" if request.query_string else ""
    return falcon.HTTPMovedPermanently(site.url(request, path) + query)


def is_expanded(request: Request) -> bool:
    return parameters_of(request).get("related") == "expand"


def _neighbour(request: Request, site: Site, number: int) -> str:
    return site.url(request, with_page(request.scope["path"], parameters_of(request), number))


def _always() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


async def _run_long(
    connection: Connection, query: Callable[[Connection], Result], seconds_max: float, spend: Callable[[float], None]
) -> Result:
    """Whatever happens, the thread is done with the connection when this returns, and what it took is spent."""
    clock = time.thread_time if connection.dialect.name == "sqlite" else time.perf_counter
    """SQLite works in this thread; of another server it can only be told how long it was waited for."""
    spent = 0.0

    def timed() -> Result:
        nonlocal spent
        begun = clock()
        try:
            return query(connection)
        finally:
            spent = clock() - begun

    work = asyncio.get_running_loop().run_in_executor(None, timed)
    try:
        done, _ = await asyncio.wait([work], timeout=seconds_max)
        if not done:
            raise TooSlow("The query takes too long; ask for less.")
        return work.result()
    finally:
        while not work.done():  # again, for an interrupt between two statements stops neither
            interrupt(connection)
            await asyncio.wait([work], timeout=INTERRUPT_AGAIN_SECONDS)
        if not work.cancelled():
            work.exception()  # whoever waits for the answer has one already
        spend(spent)
