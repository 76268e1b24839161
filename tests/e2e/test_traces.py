"""A mail's trace through all processes, as a collector of OTLP over HTTP gets it; and one that gets nothing."""

import http.client
import http.server
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.e2e.running import Running, eventually, patchlog, running
from tests.projector.fold.mailing import mail

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    """Takes what is exported. Spans are kept by their service and name."""

    def __init__(self) -> None:
        self.spans: dict[tuple[str, str], list[Span]] = {}
        self.is_up = True

    def take(self, body: bytes) -> None:
        request = ExportTraceServiceRequest.FromString(body)
        for part in request.resource_spans:
            (service,) = (one.value.string_value for one in part.resource.attributes if one.key == "service.name")
            for scope in part.scope_spans:
                for span in scope.spans:
                    self.spans.setdefault((service, span.name), []).append(span)


@contextmanager
def collecting() -> Iterator[tuple[Collector, str]]:
    """A collector, and its endpoint."""
    collector = Collector()

    class Take(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if collector.is_up:
                collector.take(body)
            self.send_response(200 if collector.is_up else 503)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Take)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """What patchlog's processes that are started from here on export to."""
    with collecting() as (collector, endpoint):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        yield collector


def add_project(data: Path) -> None:
    added = ("--name", "Demo", "--listid", "demo.example.org", "--listemail", "demo@example.org")
    assert patchlog("project", "add", "demo", *added, data=data).returncode == 0


def deliver(up: Running) -> None:
    with smtplib.SMTP(*up.smtp, timeout=60) as client:
        client.sendmail("ada@example.org", ["demo@example.org"], mail("[PATCH] net: fix", "a").raw)


def is_listed(up: Running) -> bool:
    return bool(up.get_json("projects/demo/series/")["results"])


def test_mail_is_followed_through_all_processes(tmp_path: Path, collector: Collector) -> None:
    add_project(tmp_path / "data")
    with running(tmp_path / "data") as up:
        deliver(up)
        fold = eventually(lambda: collector.spans.get(("patchlog-projector", "fold")))[0]
        receive = eventually(lambda: collector.spans.get(("patchlog-ingest", "receive")))[0]
        (append,) = eventually(lambda: collector.spans.get(("patchlog-ingest", "append")))
        assert fold.trace_id == append.trace_id == receive.trace_id
        assert fold.parent_span_id == append.parent_span_id == receive.span_id
        assert receive.start_time_unix_nano <= append.start_time_unix_nano <= fold.end_time_unix_nano

        connection = http.client.HTTPConnection(*up.http, timeout=10)
        connection.request("GET", "/api/1.0/series/", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
        assert connection.getresponse().status == 200
        connection.close()
        asked = eventually(lambda: collector.spans.get(("patchlog-api", "GET /api/1.0/series")))[0]
        assert (asked.trace_id.hex(), asked.parent_span_id.hex()) == (TRACE, PARENT)
        assert up.stop() == 0


def test_collector_that_fails_holds_up_no_mail(tmp_path: Path, collector: Collector) -> None:
    collector.is_up = False
    add_project(tmp_path / "data")
    with running(tmp_path / "data") as up:
        deliver(up)
        eventually(lambda: is_listed(up))
        assert up.stop() == 0
        assert not collector.spans


def test_spans_that_wait_are_sent_at_the_end(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
    add_project(tmp_path / "data")
    with running(tmp_path / "data") as up:
        deliver(up)
        eventually(lambda: is_listed(up))
        assert not collector.spans
        assert up.stop() == 0
    assert {"patchlog-ingest", "patchlog-projector", "patchlog-api"} == {service for service, _ in collector.spans}
