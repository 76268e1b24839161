"""Walks everything that can be read of the API: every list to its last page, every detail, every mbox, every page."""

from collections.abc import Iterator
from typing import Any

import falcon.testing

from api.app import create_app
from projector.readmodel.generations import Reader
from schemas.settings import Settings

API = "/api/1.0"


def walk(database_url: str) -> dict[str, tuple[int, bytes]]:
    """Path -> status and body, of every GET that the lists lead to."""
    reader = Reader(database_url)
    client = falcon.testing.TestClient(create_app(Settings(database=database_url), reader))
    found: dict[str, tuple[int, bytes]] = {}
    for path in _paths(client):
        response = client.simulate_get(path)
        found[path] = (response.status_code, response.content)
    reader.close()
    return found


def _paths(client: falcon.testing.TestClient) -> Iterator[str]:
    yield from ("/", f"{API}/", f"{API}/projects/")
    for project in _results(client, f"{API}/projects/"):
        name = project["linkname"]
        yield from (f"{API}/projects/{name}/", f"{API}/projects/{project['id']}/", f"/project/{name}/series/")
        for path in ("series", "patches", "events"):
            yield from _pages(client, f"{API}/projects/{name}/{path}/")
        yield f"{API}/projects/{name}/series/?ordering=-last_updated&related=expand&state=initial"
        yield f"{API}/projects/{name}/events/?ordering=event_time&since=2026-01-01&name=patch-state-change"
    for series in _results(client, f"{API}/series/"):
        yield from _series_paths(client, f"{API}/series/{series['id']}")
        yield f"/series/{series['id']}/"
    for patch in _results(client, f"{API}/patches/"):
        detail = f"{API}/patches/{patch['id']}"
        yield from (f"{detail}/", f"{detail}/mbox/", f"{detail}/mbox/?link=Patchwork", f"{detail}/test-results/")
        yield f"/patch/{patch['id']}/"


def _series_paths(client: falcon.testing.TestClient, detail: str) -> Iterator[str]:
    yield f"{detail}/"
    yield from _pages(client, f"{detail}/revisions/")
    for revision in _results(client, f"{detail}/revisions/"):
        place = f"{detail}/revisions/{revision['version']}"
        yield from (f"{place}/", f"{place}/mbox/", f"{place}/mbox/?link=Link", f"{place}/test-results/")


def _pages(client: falcon.testing.TestClient, path: str) -> Iterator[str]:
    """The path, and that of each further page."""
    query = f"{path}?perpage=50&page="
    for number in range(1, 1000):
        yield f"{query}{number}"
        if client.simulate_get(f"{query}{number}").json["next"] is None:
            return


def _results(client: falcon.testing.TestClient, path: str) -> Iterator[dict[str, Any]]:
    for page in _pages(client, path):
        yield from client.simulate_get(page).json["results"]
