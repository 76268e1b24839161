"""The lists of series, patches and events: of all projects, or of the one in the path."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from falcon.asgi import Request, Response

from api.feed import Deadline, answer_followed, read_cursor, read_wait
from api.filters import all_event_filters, event_filters, in_project, own_filters, patch_filters, series_filters
from api.gate import actor_of
from api.parameters import read_ordering, read_page
from api.projects import named_project
from api.request import CLIENT, parameters_of
from api.resource import Resource, Site, answer_page
from projector.readmodel.queries import (
    Connection,
    Filters,
    Followed,
    Listed,
    Ordering,
    Page,
    ProjectKey,
    follow_events,
    last_event_us,
    list_events,
    list_patches,
    list_series,
)

Result = TypeVar("Result")


class Asked(NamedTuple):
    """What a request asks of a list."""

    filters: Filters
    order: Ordering
    page: Page
    expand: bool


class Kind(NamedTuple):
    """What lists of one kind of object are made from."""

    read_filters: Callable[[dict[str, str]], dict[str, Any]]
    list_objects: Callable[..., Listed[Any]]
    known_total: Callable[[ProjectKey], int | None]


SERIES = Kind(series_filters, list_series, lambda project: project.series or 0)
PATCHES = Kind(patch_filters, list_patches, lambda project: project.patches or 0)
EVENTS = Kind(event_filters, list_events, lambda project: project.events)
ALL_EVENTS = Kind(all_event_filters, list_events, EVENTS.known_total)


class Feed(NamedTuple):
    """The feed of a project, or of all, and the time of its last event of any kind in microseconds since 1970."""

    project: ProjectKey | None
    last_event_us: int


class ListResource(Resource):
    """A list of objects of one kind."""

    def __init__(self, site: Site, kind: Kind) -> None:
        super().__init__(site)
        self._kind = kind

    async def on_get(self, request: Request, response: Response, project: str | None = None) -> None:
        asked = self._read(request)
        listed = await self._listed(asked, project)
        answer_page(request, response, self.site, listed, asked.page)

    def _read(self, request: Request) -> Asked:
        parameters = parameters_of(request)
        return Asked(
            own_filters(self._kind.read_filters(parameters), parameters, actor_of(request)),
            read_ordering(parameters.get("ordering")),
            read_page(parameters.get("perpage"), parameters.get("page")),
            parameters.get("related") == "expand",
        )

    async def _listed(self, asked: Asked, project: str | None) -> Listed[Any]:
        def query(connection: Connection, is_patient: bool) -> Listed[Any]:
            key = named_project(connection, project) if project is not None else None
            return self._list(connection, asked, key, is_patient)

        return await self.site.read(partial(query, is_patient=False), partial(query, is_patient=True))

    def _list(self, connection: Connection, asked: Asked, project: ProjectKey | None, is_patient: bool) -> Listed[Any]:
        list_objects = partial(self._kind.list_objects, expand=asked.expand, is_patient=is_patient)
        if project is None:
            return list_objects(connection, asked.filters, asked.order, asked.page)
        filters = in_project(asked.filters, project.id)
        known_total = self._kind.known_total(project) if len(filters) == 1 else None
        return list_objects(connection, filters, asked.order, asked.page, known_total=known_total)


class EventsResource(ListResource):
    """The events of a project, or of all: page by page, or behind a cursor; both can wait until there is something to
    show.
    """

    async def on_get(self, request: Request, response: Response, project: str | None = None) -> None:
        parameters = parameters_of(request)
        deadline = Deadline(read_wait(parameters.get("wait")))
        asked = self._read(request)
        if "after" in parameters:
            cursor = read_cursor(parameters["after"])
            answer_followed(request, response, self.site, await self._follow(asked, project, cursor, deadline))
            return
        look = partial(self._look, asked=asked, project=project)
        listed = await self._first(look, lambda listed: bool(listed.documents), deadline)
        answer_page(request, response, self.site, listed, asked.page)

    async def _follow(self, asked: Asked, project: str | None, cursor: int, deadline: Deadline) -> Followed:
        def look(connection: Connection, is_patient: bool) -> tuple[Followed, Feed]:
            feed, size = _feed(connection, project), asked.page.size
            filters = asked.filters if feed.project is None else in_project(asked.filters, feed.project.id)
            followed = follow_events(connection, filters, cursor, size, expand=asked.expand, is_patient=is_patient)
            return followed, feed

        return await self._first(look, lambda followed: bool(followed.documents), deadline)

    async def _first(
        self,
        look: Callable[..., tuple[Result, Feed]],
        is_enough: Callable[[Result], bool],
        deadline: Deadline,
    ) -> Result:
        """What is found at once, or else, while there is time, when the feed has another event."""
        short, patient = partial(look, is_patient=False), partial(look, is_patient=True)
        found, feed = await self.site.read(short, patient)
        if is_enough(found) or deadline.left_seconds <= 0:
            return found
        with self.site.waiting.one_for(CLIENT.get()):
            while not is_enough(found) and deadline.left_seconds > 0:
                project = feed.project.id if feed.project is not None else None
                if not await self.site.feeds.event_after(project, feed.last_event_us, deadline.left_seconds):
                    break
                found, feed = await self.site.read(short, patient)
        return found

    def _look(
        self, connection: Connection, is_patient: bool, asked: Asked, project: str | None
    ) -> tuple[Listed[Any], Feed]:
        """The page, and what is known of the feed in the same moment."""
        feed = _feed(connection, project)
        return self._list(connection, asked, feed.project, is_patient), feed


def _feed(connection: Connection, project: str | None) -> Feed:
    """The feed that a path names. Raises HTTPNotFound."""
    if project is None:
        return Feed(None, last_event_us(connection))
    key = named_project(connection, project)
    return Feed(key, key.last_event_us)
