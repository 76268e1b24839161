"""Walks everything that can be read of the API: every list to its last page, every detail, every mbox, every page."""

import json
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from typing import Any, NamedTuple

import falcon.testing

from api.app import create_app
from projector.readmodel.generations import Reader
from schemas.settings import Settings

API = "/api/1.0"
KINDS = "series-new-revision,patch-state-change,pull-request-new,patch-new,comment-new,test-result,series-merged"


class Answer(NamedTuple):
    """What a GET was answered with: the status, the entity tag, where the next part of a feed is, and the body."""

    status: int
    tag: str
    link: str
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


Get = Callable[[str], Answer]
Walked = dict[str, Answer]


def walk(database_url: str) -> Walked:
    """Path -> answer, of every GET that the lists of a read model lead to."""
    reader = Reader(database_url)
    client = falcon.testing.TestClient(create_app(Settings(database=database_url), reader))

    def get(path: str) -> Answer:
        response = client.simulate_get(path)
        headers = response.headers
        return Answer(response.status_code, headers.get("etag", ""), headers.get("link", ""), response.content)

    walked = walk_by(get)
    reader.close()
    return walked


def walk_server(http: tuple[str, int]) -> Walked:
    """The same of a running server."""
    connection = HTTPConnection(*http, timeout=60)

    def get(path: str) -> Answer:
        connection.request("GET", path)
        response = connection.getresponse()
        header = response.getheader
        return Answer(response.status, header("ETag", ""), header("Link", ""), response.read())

    try:
        return walk_by(get)
    finally:
        connection.close()


def walk_by(get: Get) -> Walked:
    """Path -> answer, with each path asked once."""
    walked: Walked = {}

    def get_once(path: str) -> Answer:
        if path not in walked:
            walked[path] = get(path)
        return walked[path]

    for path in _paths(get_once):
        get_once(path)
    return walked


def _paths(get: Get) -> Iterator[str]:
    yield from ("/", f"{API}/", f"{API}/projects/")
    for project in _results(get, f"{API}/projects/"):
        yield from _project_paths(get, project)
    for series in _results(get, f"{API}/series/"):
        yield from _series_paths(get, f"{API}/series/{series['id']}")
        yield f"/series/{series['id']}/"
    for patch in _results(get, f"{API}/patches/"):
        detail = f"{API}/patches/{patch['id']}"
        yield from (f"{detail}/", f"{detail}/mbox/", f"{detail}/mbox/?link=Patchwork", f"{detail}/test-results/")
        yield from _pages(get, f"{detail}/comments/")
        yield f"/patch/{patch['id']}/"


def _project_paths(get: Get, project: dict[str, Any]) -> Iterator[str]:
    name = project["linkname"]
    detail = f"{API}/projects/{name}"
    yield from (f"{detail}/", f"{API}/projects/{project['id']}/", f"/project/{name}/series/")
    for path in ("series", "patches", "events"):
        yield from _pages(get, f"{detail}/{path}/")
    yield f"{detail}/series/?ordering=-last_updated&related=expand&state=initial"
    yield f"{detail}/series/?reviewer=null&test_state=success,failure,null"
    for query in ("ordering=name", "ordering=-submitter.name", "ordering=test_state", "ordering=reviewer", "name=E"):
        yield f"{detail}/series/?{query}"
        yield f"{detail}/patches/?{query}"
    yield f"{detail}/events/?ordering=event_time&since=2026-01-01&name=patch-state-change"
    yield f"{detail}/events/?name={KINDS}&related=expand&perpage=100"
    yield from _parts(get, f"{detail}/events/?after=0&perpage=3")
    yield from _parts(get, f"{detail}/events/?after=0&perpage=4&name={KINDS}")


def _series_paths(get: Get, detail: str) -> Iterator[str]:
    yield f"{detail}/"
    yield from _pages(get, f"{detail}/comments/")
    yield from _pages(get, f"{detail}/revisions/")
    for revision in _results(get, f"{detail}/revisions/"):
        place = f"{detail}/revisions/{revision['version']}"
        yield from (f"{place}/", f"{place}/mbox/", f"{place}/mbox/?link=Link", f"{place}/test-results/")


def _pages(get: Get, path: str) -> Iterator[str]:
    """The path, and that of each further page."""
    query = f"{path}?perpage=50&page="
    for number in range(1, 1000):
        yield f"{query}{number}"
        if get(f"{query}{number}").json()["next"] is None:
            return


def _parts(get: Get, path: str) -> Iterator[str]:
    """The path of a part of a feed, and that of each further part to the empty one."""
    yield path
    while get(path).json()["results"]:
        link = get(path).link.removeprefix("<").partition(">")[0]
        path = API + link.partition(API)[2]
        yield path


def _results(get: Get, path: str) -> Iterator[dict[str, Any]]:
    for page in _pages(get, path):
        yield from get(page).json()["results"]
