"""Counts requests, and answers /healthz, /readyz and /metrics."""

import os
import time
from typing import Any

import falcon
from falcon.asgi import Request, Response

from api.labels import METHODS, method_of, route_of
from api.meter_files import VARIABLE
from api.request import address_of
from api.resource import Resource, Site
from projector.readmodel.generations import NoReadModel, is_unavailable
from projector.readmodel.queries.status import read_position
from schemas.networks import Networks, is_inside

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0)


class Meter:
    """Measures how long each request takes, by its route's template, method and status. Middleware of the app.

    The client library is loaded here, in each worker, as it decides then whether workers count together.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Histogram
        from prometheus_client.exposition import generate_latest
        from prometheus_client.metrics_core import GaugeMetricFamily
        from prometheus_client.multiprocess import MultiProcessCollector

        own = CollectorRegistry()
        self._render, self._family, self._new_registry = generate_latest, GaugeMetricFamily, CollectorRegistry
        self._seconds = Histogram(
            "patchlog_http_request_seconds",
            "How long requests took until their answer was ready; with wait=, how long they waited too.",
            ["route", "method", "status"],
            buckets=BUCKETS,
            registry=own,
        )
        self._children: dict[tuple[str | None, str, str], Any] = {}
        self._registry = own
        if os.environ.get(VARIABLE):
            self._registry = CollectorRegistry()
            MultiProcessCollector(self._registry)  # type: ignore[no-untyped-call]

    async def process_request(self, request: Request, response: Response) -> None:
        request.context.started = time.perf_counter()

    async def process_response(self, request: Request, response: Response, resource: object, succeeded: bool) -> None:
        self.count(request.uri_template, request.method, str(response.status)[:3], request.context.started)

    def count(self, template: str | None, method: str, status: str, started: float) -> None:
        """Count one request that ends now. started: by `time.perf_counter`."""
        child = self._children.get((template, method, status)) or self._child(template, method, status)
        child.observe(time.perf_counter() - started)

    def text(self, position: int | None) -> bytes:
        """What all workers counted, in Prometheus' text format, and how far the read model is; None: it is away."""
        shown: list[tuple[str, str, float]] = [
            ("patchlog_database_reachable", "Whether the read model answers.", position is not None)
        ]
        if position is not None:
            shown.append(("patchlog_projector_position", "Id of the last record that was folded.", position))
        looked_up = self._new_registry()
        for name, text, value in shown:
            looked_up.register(_Found(self._family(name, text, value)))
        return self._render(self._registry) + self._render(looked_up)

    def _child(self, template: str | None, method: str, status: str) -> Any:
        child = self._seconds.labels(route_of(template), method_of(method), status)
        if method in METHODS:
            self._children[template, method, status] = child
        return child


class _Found:
    """One figure that was looked up."""

    def __init__(self, family: Any) -> None:
        self._family = family

    def collect(self) -> Any:
        return [self._family]


class HealthResource(Resource):
    """Whether this worker answers: it does."""

    async def on_get(self, request: Request, response: Response) -> None:
        _say(response, falcon.HTTP_OK, "ok")


class ReadinessResource(Resource):
    """Whether there is a read model to answer from."""

    async def on_get(self, request: Request, response: Response) -> None:
        try:
            await self.site.read(read_position)
        except NoReadModel as error:
            _say(response, falcon.HTTP_SERVICE_UNAVAILABLE, str(error))
        except Exception as error:
            if not is_unavailable(error):
                raise
            _say(response, falcon.HTTP_SERVICE_UNAVAILABLE, "the read model is away or busy")
        else:
            _say(response, falcon.HTTP_OK, "ok")


class MetricsResource(Resource):
    """The figures of all workers, for those addresses alone that may have them."""

    def __init__(self, site: Site, meter: Meter, networks: Networks) -> None:
        super().__init__(site)
        self._meter, self._networks = meter, networks

    async def on_get(self, request: Request, response: Response) -> None:
        if not is_inside(address_of(request), self._networks):
            raise falcon.HTTPForbidden(description="The setting metrics_clients does not name your address.")
        response.content_type = "text/plain; version=0.0.4; charset=utf-8"
        response.data = self._meter.text(await self._position())

    async def _position(self) -> int | None:
        try:
            return await self.site.read(read_position)
        except NoReadModel:
            return None
        except Exception as error:
            if not is_unavailable(error):
                raise
            return None


def _say(response: Response, status: str, text: str) -> None:
    response.status = status
    response.content_type = falcon.MEDIA_TEXT
    response.text = f"{text}\n"
