"""The OpenAPI document: it is valid, it has every route and no other, and the one that is published is the same."""

from pathlib import Path
from typing import Any

import jsonschema_rs
import schemathesis
from falcon import inspect
from falcon.testing import TestClient

from api.app import create_app
from api.openapi.document import BASE, make_document
from api.openapi.published import written
from schemas.settings import Settings
from tests.api.test_pages import show, words

PUBLISHED = Path(__file__).resolve().parents[3] / "schemas" / "published" / "openapi.json"
URL = f"{BASE}/openapi.json"


def test_document_is_served_with_a_tag(client: TestClient) -> None:
    result = client.simulate_get(URL)
    assert (result.status_code, result.headers["content-type"]) == (200, "application/json")
    assert result.json == make_document()
    again = client.simulate_get(URL, headers={"If-None-Match": result.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_published_document_is_the_one_that_is_served() -> None:
    assert PUBLISHED.read_bytes() == written(), "make openapi"


def test_document_is_valid_openapi() -> None:
    schemathesis.openapi.from_dict(make_document()).validate()


def test_every_route_and_method_is_in_the_document_and_no_other() -> None:
    app = create_app(Settings())
    routes = {
        (_as_documented(route.path), method.method)
        for route in inspect.inspect_routes(app)
        for method in route.methods
        if route.path.startswith(BASE) and not method.internal
    }
    documented = {(path, method.upper()) for path, methods in make_document()["paths"].items() for method in methods}
    assert documented == routes


def test_methods_are_those_that_a_route_allows(client: TestClient) -> None:
    values = {"project": "widgets", "series": 20, "version": 2, "patch": 31}
    for path, methods in make_document()["paths"].items():
        allow = client.simulate_options(BASE + path.format(**values)).headers["allow"]
        assert set(allow.lower().split(", ")) == set(methods), path


def test_every_component_is_used() -> None:
    text = written().decode()
    unused = [
        (kind, name)
        for kind, components in make_document()["components"].items()
        for name in components
        if f'"#/components/{kind}/{name}"' not in text
    ]
    assert unused == [
        ("responses", "MethodNotAllowed"),  # of methods that are not there, which no operation can say
        *(("securitySchemes", name) for name in ("token", "bearer", "basic")),
    ]


def test_schemas_are_valid_json_schemas() -> None:
    document = make_document()
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name


def test_examples_are_what_their_schemas_say() -> None:
    document = make_document()
    for body in document["components"]["requestBodies"].values():
        for content in body["content"].values():
            if "example" in content:
                assert _fits(content["schema"], content["example"], document)
    for parameter in document["components"]["parameters"].values():
        if "example" in parameter:
            assert _fits(parameter["schema"], parameter["example"], document), parameter["name"]


def test_server_of_the_document_is_below_the_configured_url(database: str) -> None:
    client = TestClient(create_app(Settings(database=database, base_url="https://example.org/lists/")))
    assert client.simulate_get(URL).json["servers"] == [{"url": "/lists/api/1.0"}]


def test_page_tells_every_operation_with_an_example(client: TestClient) -> None:
    page = show(client, "/api/docs")
    text = words(page)
    for path, methods in make_document()["paths"].items():
        for method, operation in methods.items():
            if method not in ("head", "options"):
                assert f"{method.upper()} {BASE}{path}" in text
                assert operation["summary"].replace("`", "") in text
    assert "curl -s 'https://patches.example.org/api/1.0/series/47/'" in text


def test_links_within_the_page_lead_somewhere(client: TestClient) -> None:
    page = show(client, "/api/docs")
    ids = [element.attrib["id"] for element in page.iter() if "id" in element.attrib]
    assert len(ids) == len(set(ids))
    links = {element.attrib["href"] for element in page.iter() if element.attrib.get("href", "").startswith("#")}
    assert {link[1:] for link in links} <= set(ids)


def _as_documented(route: str) -> str:
    path = route.removeprefix(BASE).replace(":record}", "}")
    return path if path.endswith(".json") else f"{path}/"


def _fits(schema: dict[str, Any], value: Any, document: dict[str, Any]) -> bool:
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})
    return validator.is_valid(value)
