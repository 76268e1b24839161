"""The lists of series, patches and events: of all projects, or of the one in the path."""

from collections.abc import Callable
from typing import Any, NamedTuple

from falcon.asgi import Request, Response

from api.filters import event_filters, in_project, patch_filters, series_filters
from api.parameters import read_ordering, read_page
from api.projects import named_project
from api.request import parameters_of
from api.resource import Resource, Site, answer_page
from projector.readmodel.queries import (
    Connection,
    Filters,
    Listed,
    Ordering,
    Page,
    ProjectKey,
    list_events,
    list_patches,
    list_series,
)


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

_SCANNING = frozenset({"name", "states", "test_states", "reviewer"})
"""Filters that no index helps, so that the query may be long."""


class ListResource(Resource):
    """A list of objects of one kind."""

    def __init__(self, site: Site, kind: Kind) -> None:
        super().__init__(site)
        self._kind = kind

    async def on_get(self, request: Request, response: Response, project: str | None = None) -> None:
        parameters = parameters_of(request)
        asked = Asked(
            self._kind.read_filters(parameters),
            read_ordering(parameters.get("ordering")),
            read_page(parameters.get("perpage"), parameters.get("page")),
            parameters.get("related") == "expand",
        )

        def query(connection: Connection) -> Listed[Any]:
            return self._list(connection, asked, project)

        listed = await self.site.read(query, is_long=not _SCANNING.isdisjoint(asked.filters))
        answer_page(request, response, self.site, listed, asked.page)

    def _list(self, connection: Connection, asked: Asked, project: str | None) -> Listed[Any]:
        list_objects = self._kind.list_objects
        if project is None:
            return list_objects(connection, asked.filters, asked.order, asked.page, expand=asked.expand)
        key = named_project(connection, project)
        filters = in_project(asked.filters, key.id)
        known_total = self._kind.known_total(key) if len(filters) == 1 else None
        return list_objects(connection, filters, asked.order, asked.page, expand=asked.expand, known_total=known_total)
