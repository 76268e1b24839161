"""When anything is traced, what a span says, and what becomes of spans that nobody takes."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog.testing
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter

from ingest import tracing
from ingest.tracing import UNTRACED, begin_trace, go_on, is_asked_for, is_traced, start_tracing, stop_tracing, tell
from tests.spans import is_child, said, spans_kept

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
LEFT_OUT = PARENT[:-1] + "0"


@pytest.mark.parametrize(
    ("environment", "is_asked"),
    [
        pytest.param({}, False, id="nobody asks"),
        pytest.param({"OTEL_TRACES_EXPORTER": "otlp"}, True, id="an exporter"),
        pytest.param({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, True, id="an endpoint"),
        pytest.param({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, True, id="one for traces"),
        pytest.param({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}, False, id="none"),
        pytest.param({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, False, id="disabled"),
        pytest.param({"OTEL_SERVICE_NAME": "mail"}, False, id="a name alone"),
    ],
)
def test_environment_asks_for_traces(environment: dict[str, str], is_asked: bool) -> None:
    assert is_asked_for(environment) is is_asked


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        pytest.param({"OTEL_TRACES_EXPORTER": "zipkin"}, "expected otlp or none, came 'zipkin'", id="exporter"),
        pytest.param(
            {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "expected http/protobuf, came 'grpc'",
            id="protocol",
        ),
    ],
)
def test_what_cannot_be_had_is_said_and_nothing_is_traced(environment: dict[str, str], why: str) -> None:
    with structlog.testing.capture_logs() as lines:
        start_tracing("ingest", environment)
    assert [line["event"] for line in lines] == ["nothing is traced"] and why in lines[0]["why"]
    assert not is_traced() and begin_trace("receive", "server") is UNTRACED


def test_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with structlog.testing.capture_logs() as lines:
        start_tracing("ingest", {"OTEL_TRACES_EXPORTER": "otlp"})
    assert "pip install patchlog[tracing]" in lines[0]["why"] and not is_traced()


def test_nothing_is_traced_by_itself() -> None:
    span = begin_trace("receive", "server")
    assert (span, span.child("append"), go_on("fold", "consumer", PARENT)) == (UNTRACED, UNTRACED, UNTRACED)
    with span as same:
        same.set(answer="250")
    assert (same.traceparent, tracing.now_ns()) == ("", 0)


def test_library_is_not_loaded_where_nobody_asks() -> None:
    parts = "import sys, ingest.app, projector.app, api.app, ingest.tracing as tracing; tracing.start_tracing('api')"
    looked = f"{parts}; sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    assert subprocess.run([sys.executable, "-c", looked], env=kept, check=False).returncode == 0


def test_trace_is_gone_on_with_elsewhere() -> None:
    with spans_kept() as spans:
        with begin_trace("receive", "server") as span, span.child("append", "producer") as part:
            part.set(record=7, message_id=None, list="\udcff" + "x" * 1000)
            named = span.traceparent
        tell("fold", "consumer", named, 1_000, outcome="patch")
        tell("fold", "consumer", "", 1_000)
        tell("fold", "consumer", "00-nonsense", 1_000)
    receive, append, fold = spans.one("receive"), spans.one("append"), spans.one("fold")
    assert receive.parent is None and is_child(append, receive) and is_child(fold, receive)
    assert (said(append, "record"), said(append, "message_id")) == (7, None)
    assert said(append, "list") == "?" + "x" * (tracing.TEXT_MAX - 1)
    assert (fold.start_time, said(fold, "outcome")) == (1_000, "patch")


def test_trace_that_the_sampler_leaves_out_is_named_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with spans_kept() as spans, go_on("append", "producer", LEFT_OUT) as span:
        assert span.traceparent == ""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    with spans_kept() as none, begin_trace("receive", "server") as span:
        assert span.traceparent == ""
    assert (spans.names(), none.names()) == ([], [])


def test_what_fails_says_so() -> None:
    with spans_kept() as spans, pytest.raises(KeyError), begin_trace("receive", "server"):
        raise KeyError("x")
    assert spans.one("receive").status.description == "KeyError"


class Stuck(SpanExporter):
    """Takes spans, and never comes back."""

    def __init__(self) -> None:
        self.taken, self.free = threading.Event(), threading.Event()

    def export(self, spans: object) -> None:  # type: ignore[override]
        self.taken.set()
        self.free.wait()


def test_exporter_that_never_answers_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "STOP_SECONDS", 0.01)
    stuck = Stuck()
    tracing.trace_with(BatchSpanProcessor(stuck, max_queue_size=4, max_export_batch_size=2), "tests")
    for _ in range(100):
        with begin_trace("receive", "server") as span:
            assert span.traceparent
    assert stuck.taken.wait(30)
    stop_tracing()
    assert not is_traced()
    stuck.free.set()


@contextmanager
def refusing() -> Iterator[int]:
    """A collector that refuses everything, on a port."""

    class Refuse(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(400)
            self.end_headers()

        def log_message(self, *words: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refuse)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_spans_that_a_collector_refuses_are_a_line_in_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as port, structlog.testing.capture_logs() as lines:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}"}
        monkeypatch.setenv(*next(iter(environment.items())))
        start_tracing("ingest", environment)
        with begin_trace("receive", "server"):
            pass
        stop_tracing()
    assert {line["event"] for line in lines} == {"spans not sent"}, lines
