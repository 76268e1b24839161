"""Requests in traces: those that they name, or their own; and a change from the request to the record to its fold."""

from collections.abc import Iterator

import pytest
from falcon.testing import TestClient

from api.app import create_app
from projector.readmodel.generations import Reader
from schemas.records import PatchStateChanged
from tests.api.changing.conftest import Live
from tests.spans import Spans, is_child, said, spans_kept, trace_id

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"
READ = "GET /api/1.0/patches/{patch}"


@pytest.fixture
def spans() -> Iterator[Spans]:
    with spans_kept() as spans:
        yield spans


@pytest.fixture
def traced(live: Live, spans: Spans) -> Live:
    """The API as it is made where requests are traced."""
    live.client = TestClient(create_app(live.settings, Reader(live.settings.database_url)))
    return live


def test_request_goes_on_with_the_trace_that_it_names(traced: Live, spans: Spans) -> None:
    path = f"/patches/{traced.patches[0]}/"
    assert traced.call("GET", path, headers={"traceparent": PARENT, "tracestate": "vendor=1"}).status_code == 200
    assert traced.call("GET", path).status_code == 200
    assert traced.call("GET", path, headers={"traceparent": "nonsense"}).status_code == 200
    first, *others = spans.named(READ)
    assert first.parent is not None
    assert (f"{trace_id(first):032x}", f"{first.parent.span_id:016x}") == (TRACE, SPAN)
    assert first.get_span_context().trace_state.get("vendor") == "1"
    assert [span.parent for span in others] == [None, None]
    attributes = first.attributes or {}
    assert attributes["http.route"] == "/api/1.0/patches/{patch}"
    assert (attributes["http.request.method"], attributes["http.response.status_code"]) == ("GET", 200)


def test_what_leads_nowhere_has_a_span_too(traced: Live, spans: Spans) -> None:
    assert traced.call("GET", "/nothing/").status_code == 404
    assert spans.one("GET other").status.is_ok


def test_watching_is_not_traced(traced: Live, spans: Spans) -> None:
    assert [traced.client.simulate_get(path).status_code for path in ("/healthz", "/readyz/")] == [200, 200]
    assert spans.names() == []


def test_change_is_followed_from_the_request_to_its_fold(traced: Live, spans: Spans) -> None:
    path = f"/patches/{traced.patches[0]}/"
    changed = traced.call("PATCH", path, {"state": "accepted"}, by="max", headers={"traceparent": PARENT})
    assert changed.status_code == 200
    request, append = spans.one("PATCH /api/1.0/patches/{patch}"), spans.one("append")
    *_, fact = [one.fact for one in traced.log.read(0) if isinstance(one.fact, PatchStateChanged)]
    assert fact.request is not None and TRACE in fact.request.traceparent
    assert is_child(append, request)
    while not spans.named("fold"):
        traced.log.wait(traced.log.end(), 0.01)
    fold = spans.one("fold")
    assert is_child(fold, request) and said(fold, "record") == said(append, "record")


def test_nothing_is_traced_where_nobody_asked(live: Live) -> None:
    path = f"/patches/{live.patches[0]}/"
    changed = live.call("PATCH", path, {"state": "rejected"}, by="max", headers={"traceparent": PARENT})
    assert changed.status_code == 200
    *_, fact = [one.fact for one in live.log.read(0) if isinstance(one.fact, PatchStateChanged)]
    assert fact.request is not None and fact.request.traceparent == ""
